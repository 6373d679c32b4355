//! What forks are like, and that they are what their moods say.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a fork that cannot be made fails its test")]

use std::collections::{BTreeMap, BTreeSet};

use exeunt_auth::{AuthEvent, ServerSignatures, StateMap, check_by_auth_events, check_state};
use exeunt_event::{Event, EventId};
use exeunt_forks::{Bulk, Fork, Mood, bulk, cyclic_versions, forks};
use exeunt_regressions::proptest::prelude::*;
use exeunt_regressions::proptest::strategy::ValueTree;
use exeunt_regressions::proptest::test_runner::TestRunner;
use exeunt_version::{RoomVersion, StateResolution};

const MOODS: [Mood; 3] = [Mood::Honest, Mood::Hostile, Mood::Broken];

fn versions() -> Vec<RoomVersion> {
    RoomVersion::all().chain(cyclic_versions()).collect()
}

fn of_any_version(mood: Mood) -> impl Strategy<Value = Fork> {
    prop::sample::select(versions()).prop_flat_map(move |version| forks(&version, mood))
}

fn of_any_mood() -> impl Strategy<Value = Fork> {
    prop::sample::select(&MOODS[..]).prop_flat_map(of_any_version)
}

/// The first forks of a mood by a fixed seed.
fn sample(version: &RoomVersion, mood: Mood, count: usize) -> Vec<Fork> {
    let config = exeunt_regressions::config!();
    let algorithm = config.rng_algorithm;
    let mut runner = TestRunner::new_with_rng(
        config,
        exeunt_regressions::proptest::test_runner::TestRng::deterministic_rng(algorithm),
    );
    let strategy = forks(version, mood);
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

fn is_in_conflict(fork: &Fork) -> bool {
    let sets = fork.state_sets.iter().map(|set| set.iter().collect::<BTreeSet<_>>());
    sets.collect::<BTreeSet<_>>().len() > 1
}

/// Whether each event is allowed by the events that it cites.
fn verdicts(fork: &Fork) -> Vec<bool> {
    let by_id: BTreeMap<&EventId, &Event> =
        fork.events.iter().map(|event| (event.event_id(), event)).collect();
    let find = |id: &EventId| by_id.get(id).map(|event| AuthEvent { event, rejected: false });
    let check = |event| {
        check_by_auth_events(&fork.version, event, find, ServerSignatures::Satisfied).unwrap()
    };
    fork.events.iter().map(|event| check(event).is_allowed()).collect()
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 300))]

    #[test]
    fn every_event_is_of_the_format_of_its_version(fork in of_any_mood()) {
        for event in &fork.events {
            let version = &fork.version;
            let again = Event::parse(event.text().as_bytes(), version).unwrap();
            prop_assert_eq!(&again, event);
            if fork.version.id() != "12-sent" {
                let format = exeunt_event::format::check(event, version);
                prop_assert_eq!(format, Ok(()), "{}", event.text());
            }
        }
    }

    #[test]
    fn states_are_made_of_the_events_with_one_for_each_key(fork in of_any_mood()) {
        prop_assert!((2..6).contains(&fork.state_sets.len()));
        for set in &fork.state_sets {
            let mut keys = BTreeSet::new();
            for id in set {
                let event = fork.event(id).unwrap();
                prop_assert!(keys.insert((event.event_type(), event.state_key().unwrap())));
            }
        }
    }

    #[test]
    fn unbroken_forks_cite_earlier_events(
        fork in prop::sample::select(&MOODS[..2]).prop_flat_map(of_any_version),
    ) {
        let mut seen = BTreeSet::new();
        for event in &fork.events {
            let cited = event.auth_events().iter().chain(event.prev_events());
            prop_assert!(cited.clone().all(|id| seen.contains(id)), "{}", event.text());
            prop_assert!(seen.insert(event.event_id()));
        }
    }
}

#[test]
fn honest_events_are_allowed_by_what_they_cite() {
    let (mut allowed, mut all) = (0, 0);
    for version in RoomVersion::all() {
        for fork in sample(&version, Mood::Honest, 60) {
            let verdicts = verdicts(&fork);
            all += verdicts.len();
            allowed += verdicts.iter().filter(|is_allowed| **is_allowed).count();
        }
    }
    assert!(allowed * 100 >= all * 99, "{allowed} of {all}");
}

#[test]
fn most_forks_are_in_conflict() {
    for mood in MOODS {
        let forks = sample(&RoomVersion::specified("11").unwrap(), mood, 400);
        let conflicts = forks.iter().filter(|fork| is_in_conflict(fork)).count();
        assert!((280..400).contains(&conflicts), "{mood:?}: {conflicts}");
        let rejected = forks.iter().filter(|fork| !fork.rejected.is_empty()).count();
        assert_eq!(rejected > 0, mood != Mood::Honest);
    }
}

#[test]
fn hostile_events_are_often_rejected_and_often_not() {
    let forks = sample(&RoomVersion::specified("11").unwrap(), Mood::Hostile, 200);
    let verdicts: Vec<_> = forks.iter().flat_map(verdicts).collect();
    let allowed = verdicts.iter().filter(|is_allowed| **is_allowed).count();
    let share = allowed * 100 / verdicts.len();
    assert!((60..95).contains(&share), "{share} in 100 are allowed");
}

#[test]
fn every_kind_of_event_is_there() {
    let forks = sample(&RoomVersion::specified("10").unwrap(), Mood::Honest, 300);
    let mut kinds = BTreeMap::<String, usize>::new();
    for event in forks.iter().flat_map(|fork| &fork.events) {
        let object = event.object();
        let content = object.get("content").unwrap().as_object().unwrap();
        let kind = ["membership", "join_rule"].into_iter().find_map(|key| content.get(key));
        let is_own = event.state_key() == Some(event.sender().as_str());
        let is_proven = content.contains_key("third_party_invite");
        let kind = kind.and_then(|kind| kind.as_str()).unwrap_or_default();
        let kind = format!("{} {kind} {is_own} {is_proven}", event.event_type());
        *kinds.entry(kind).or_default() += 1;
    }
    for expected in [
        "m.room.member join true false",
        "m.room.member leave true false",
        "m.room.member leave false false",
        "m.room.member ban false false",
        "m.room.member invite false false",
        "m.room.member invite false true",
        "m.room.member knock true false",
        "m.room.power_levels  false false",
        "m.room.join_rules public false false",
        "m.room.join_rules invite false false",
        "m.room.join_rules knock_restricted false false",
        "m.room.topic  false false",
        "m.room.third_party_invite  false false",
        "m.room.message  false false",
        "org.example.widget  true false",
    ] {
        assert!(kinds.get(expected).is_some_and(|count| *count >= 5), "{expected}: {kinds:#?}");
    }
}

#[test]
fn broken_forks_lack_events_and_have_cycles_and_doubles() {
    for version in cyclic_versions() {
        let (mut dangling, mut own, mut later, mut doubles) = (0, 0, 0, 0);
        for fork in sample(&version, Mood::Broken, 200) {
            let mut seen = BTreeMap::new();
            for event in &fork.events {
                let cites = |is: &dyn Fn(&EventId) -> bool| event.auth_events().iter().any(is);
                dangling += usize::from(cites(&|id| fork.event(id).is_none()));
                own += usize::from(cites(&|id| id == event.event_id()));
                later += usize::from(cites(&|id| !seen.contains_key(id)));
                let before = seen.insert(event.event_id(), event.text());
                doubles += usize::from(before.is_some_and(|before| before != event.text()));
            }
        }
        assert!(dangling > 10 && own > 10 && later > dangling && doubles > 10);
    }
}

#[test]
fn the_cyclic_versions_have_each_an_algorithm() {
    let algorithms = cyclic_versions().map(|version| version.capabilities.state_resolution);
    assert_eq!(algorithms, [StateResolution::V1, StateResolution::V2, StateResolution::V2_1]);
}

#[test]
fn the_same_seed_makes_the_same_forks() {
    for version in versions() {
        for mood in MOODS {
            let forks =
                |_| sample(&version, mood, 3).iter().map(|fork| format!("{fork:?}")).collect();
            let [one, other]: [Vec<String>; 2] = std::array::from_fn(forks);
            assert_eq!(one, other);
        }
    }
}

#[test]
fn bulk_has_the_shape_asked_for_and_is_allowed() {
    for version in ["2", "6", "11", "12"].map(|id| RoomVersion::specified(id).unwrap()) {
        for (forks, power_levels_every, users) in
            [(2, None, 20), (8, Some(100), 20), (2, Some(10), 1_000), (3, Some(1), 1)]
        {
            let shape = Bulk { conflicted: 300, forks, power_levels_every, users };
            let fork = bulk(&version, shape);
            assert!(verdicts(&fork).into_iter().all(|is_allowed| is_allowed));
            assert_eq!(fork.state_sets.len(), forks);
            let common = bulk(&version, Bulk { conflicted: 0, ..shape }).events;
            assert_eq!(fork.events[..common.len()], common);
            let later = &fork.events[common.len()..];
            assert_eq!(later.len(), 300);
            let in_states: BTreeSet<_> = fork.state_sets.iter().flatten().collect();
            let unused = later.iter().filter(|event| !in_states.contains(event.event_id()));
            for event in unused {
                assert_eq!(event.event_type().as_str(), "m.room.power_levels");
            }
            assert_eq!(bulk(&version, shape).events, fork.events);
        }
    }
}

/// The states at the ends of bulk's branches allow what the branches went on to do.
#[test]
fn bulk_is_allowed_by_the_state_of_its_branch() {
    let version = RoomVersion::specified("11").unwrap();
    let shape = Bulk { conflicted: 200, forks: 1, power_levels_every: Some(9), users: 20 };
    let fork = bulk(&version, shape);
    let mut state = StateMap::new();
    for event in &fork.events {
        let verdict = check_state(&version, event, &state, ServerSignatures::Satisfied);
        assert!(verdict.is_allowed(), "{event:?}: {verdict:?}");
        state.insert(event.clone());
    }
}
