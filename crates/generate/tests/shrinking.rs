//! Counterexamples become small, and stay what they are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::collections::BTreeMap;

use exeunt_generate::{Campaign, Mood, Script, Size, play, shrink};
use exeunt_laws::{Expected, Law, all, ask, law};
use exeunt_version::RoomVersion;

fn campaign(version: &str, laws: Vec<&'static Law>) -> Campaign {
    Campaign {
        versions: vec![RoomVersion::specified(version).unwrap()],
        moods: Mood::ALL.into(),
        laws,
        seed: 0,
        size: Size::default(),
    }
}

fn breaks(version: &RoomVersion, law: &Law, script: &Script) -> bool {
    ask([law], &play(version, script))[0].broken.is_some()
}

#[test]
fn what_is_left_breaks_the_law_and_cannot_do_without_any_step() {
    for (version, id) in [("11", "R7"), ("12", "R5"), ("11", "F1a"), ("1", "R5")] {
        let (law, campaign) = (law(id).unwrap(), campaign(version, Vec::new()));
        let version = &campaign.versions[0];
        let scripts = (0..).map(|number| campaign.script(number).unwrap().1);
        for script in scripts.filter(|script| breaks(version, law, script)).take(2) {
            let small = shrink(&script, 10_000, |script| breaks(version, law, script));
            assert!(breaks(version, law, &small), "{id}: {small:?}");
            assert!(small.steps.len() <= script.steps.len());
            assert!(
                play(version, &small).events().len() <= play(version, &script).events().len(),
                "{id}: {small:?} of {script:?}"
            );
            for at in 0..small.steps.len() {
                let mut shorter = small.clone();
                shorter.steps.remove(at);
                assert!(!breaks(version, law, &shorter), "{id}: {small:?} without step {at}");
            }
        }
    }
}

#[test]
fn no_more_scripts_are_tried_than_one_says() {
    let script = campaign("11", Vec::new()).script(0).unwrap().1;
    for most in [0, 1, 20] {
        let tried = Cell::new(0);
        let small = shrink(&script, most, |_| {
            tried.set(tried.get() + 1);
            false
        });
        assert_eq!((tried.get(), &small), (most, &script));
    }
    // Where anything goes nothing is left.
    assert_eq!(shrink(&script, 10_000, |_| true).steps, []);
}

/// Broken once in hundreds of histories, or thousands, or seldom by the smallest: a run tries so
/// many, this test does not.
const RARE: [&str; 10] = ["R5", "R6", "R7", "R8", "R12", "R12a", "R13", "R13a", "F13", "S13"];

#[test]
fn laws_that_fail_do_so_in_histories_as_small_as_they_say() {
    for id in ["1", "11", "12"] {
        let version = RoomVersion::specified(id).unwrap();
        let laws: Vec<&'static Law> = all().filter(|law| !RARE.contains(&law.id)).collect();
        let campaign = campaign(id, laws);
        // By size, the histories that break each law.
        let mut broken: BTreeMap<&str, Vec<(usize, u64)>> = BTreeMap::new();
        for number in 0..300 {
            let history = play(&version, &campaign.script(number).unwrap().1);
            let tallies = ask(campaign.laws.iter().copied(), &history);
            for (law, tally) in campaign.laws.iter().zip(tallies) {
                if tally.broken.is_some() {
                    broken.entry(law.id).or_default().push((history.events().len(), number));
                }
            }
        }
        for law in &campaign.laws {
            let mut broken = broken.remove(law.id).unwrap_or_default();
            let Expected::Fails { events, .. } = (law.expected)(&version) else {
                assert!(broken.is_empty(), "{} in version {id}: {broken:?}", law.id);
                continue;
            };
            broken.sort_unstable();
            let small = broken.iter().take(6).any(|(_, number)| {
                let small = campaign.counterexample(law, *number, 2_000).unwrap();
                small.history.events().len() <= events
            });
            let is_small = small || {
                let small = campaign.short_counterexample(law, 0, events, 2_000);
                small.is_some_and(|small| small.events() <= events)
            };
            assert!(is_small, "{} in version {id}: none of {events} events", law.id);
        }
    }
}

#[test]
fn short_histories_break_rare_laws_as_small_as_they_say() {
    for (id, version) in [("R5", "7"), ("R7", "1"), ("R8", "9"), ("R8", "12"), ("S13", "5")] {
        let law = law(id).unwrap();
        // Among others, so that places of versions count.
        let mut campaign = campaign("11", vec![law]);
        campaign.versions.push(RoomVersion::specified(version).unwrap());
        let version = &campaign.versions[1];
        let Expected::Fails { events, .. } = (law.expected)(version) else { panic!("{id} holds") };
        let small = || campaign.short_counterexample(law, 1, events, 1_500).unwrap();
        let found = small();
        assert!(found.events() <= events, "{id}: {}", found.events());
        assert_eq!(found.history.version.id(), version.id());
        assert!(breaks(version, law, &found.script));
        // The number is of the script that it was made of.
        assert_eq!(campaign.script(found.number).unwrap().0.id(), version.id());
        let again = campaign.counterexample(law, found.number, 1_500).unwrap();
        assert_eq!(again.script, found.script);
        assert_eq!(small().script, found.script);
    }
}

/// A redaction means another event once events are left out, and whoever redacts first need not be in
/// the room after it.
#[test]
fn what_is_redacted_is_found_again_when_events_are_left_out() {
    let law = law("F13").unwrap();
    let versions: Vec<RoomVersion> = RoomVersion::all().collect();
    for (seed, number) in [(2, 418), (9, 9_946)] {
        let laws = vec![law];
        let (versions, moods) = (versions.clone(), Mood::ALL.into());
        let campaign = Campaign { versions, moods, laws, seed, size: Size::default() };
        let small = campaign.counterexample(law, number, 1_500).unwrap();
        let Expected::Fails { events, .. } = (law.expected)(&small.history.version) else {
            panic!("F13 holds")
        };
        assert!(small.events() <= events, "{number}: {} of {events}", small.events());
    }
}

#[test]
fn of_short_histories_those_are_made_small_that_break_a_law_for_another_reason() {
    let law = law("S13").unwrap();
    let versions: Vec<RoomVersion> = RoomVersion::all().collect();
    let place = versions.iter().position(|it| it.id() == "5").unwrap();
    let (moods, laws) = (Mood::ALL.into(), vec![law]);
    let campaign = Campaign { versions, moods, laws, seed: 10, size: Size::default() };
    let small = campaign.short_counterexample(law, place, 2, 1_500).unwrap();
    assert_eq!(small.events(), 2);
}
