//! What honest users' servers send, and what the rules make of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use exeunt_auth::Selection;
use exeunt_event::EventId;
use exeunt_generate::{Campaign, Mood, Size, play};
use exeunt_laws::History;
use exeunt_room::{Input, Outcome, Standing};
use exeunt_version::RoomVersion;

fn sample(mood: Mood, count: u64) -> Vec<History> {
    let campaign = Campaign {
        versions: RoomVersion::all().collect(),
        moods: vec![mood],
        laws: Vec::new(),
        seed: 3,
        size: Size { steps: (12, 24), servers: (2, 4) },
    };
    let played = |number| {
        let (version, script) = campaign.script(number).unwrap();
        play(version, &script)
    };
    (0..count).map(played).collect()
}

/// Of the steps by which a server takes in what it sends itself, how they were decided.
fn outcomes(histories: &[History]) -> Vec<&Outcome> {
    let steps = histories.iter().flat_map(|history| &history.steps);
    steps
        .filter(|step| matches!(step.input, Input::Sent(_)))
        .map(|step| &step.receipt.outcome)
        .collect()
}

fn share<T>(of: &[T], is: impl Fn(&T) -> bool) -> f64 {
    let count = |number: usize| f64::from(u32::try_from(number).unwrap());
    count(of.iter().filter(|it| is(it)).count()) / count(of.len())
}

#[test]
fn honest_events_cite_what_the_selection_names() {
    let mut compared = 0;
    for history in sample(Mood::Plausible, 60) {
        for step in history.steps.iter().filter(|step| matches!(step.input, Input::Sent(_))) {
            let event = step.event.as_ref().unwrap();
            let room = &history.servers[step.server].room;
            let Some(before) = room.state_before(event.event_id()) else { continue };
            let selection = Selection::new(event, &history.version);
            let selected = selection.events(room.view(before));
            let mut named: Vec<&EventId> = selected.iter().map(|event| event.event_id()).collect();
            let mut cited: Vec<&EventId> = event.auth_events().iter().collect();
            named.sort_unstable();
            cited.sort_unstable();
            assert_eq!(cited, named, "{}", event.text());
            compared += 1;
        }
    }
    assert!(compared > 1_000, "{compared}");
}

#[test]
fn honest_events_are_mostly_accepted_and_hostile_ones_often_not() {
    let (plausible, hostile) = (sample(Mood::Plausible, 48), sample(Mood::Hostile, 48));
    let (plausible, hostile) = (outcomes(&plausible), outcomes(&hostile));
    let is_accepted = |outcome: &&Outcome| matches!(outcome, Outcome::Decided(Standing::Accepted));
    let is_rejected =
        |outcome: &&Outcome| matches!(outcome, Outcome::Decided(Standing::Rejected(_)));
    let (accepted, rejected) = (share(&plausible, is_accepted), share(&hostile, is_rejected));
    assert!(accepted > 0.98, "{accepted} of the honest events are accepted");
    assert!((0.1..0.25).contains(&rejected), "{rejected} of the hostile events are rejected");
}

#[test]
fn histories_have_forks_conflicts_and_soft_failures() {
    for (mood, rejections) in [(Mood::Plausible, 0.05..0.25), (Mood::Hostile, 0.5..0.8)] {
        let campaign = Campaign {
            versions: vec![RoomVersion::specified("11").unwrap()],
            moods: vec![mood],
            laws: Vec::new(),
            seed: 3,
            size: Size::default(),
        };
        let mut report = campaign.report();
        (0..192).for_each(|number| campaign.run(number, &mut report));
        let shape = report.versions[0].shape;
        let of = |count: u64| {
            f64::from(u32::try_from(count).unwrap())
                / f64::from(u32::try_from(shape.histories).unwrap())
        };
        assert!(of(shape.forks) > 0.5, "{mood:?}: {shape:?}");
        assert!(of(shape.conflicts) > 0.48, "{mood:?}: {shape:?}");
        assert!(of(shape.soft_failures) > 0.2, "{mood:?}: {shape:?}");
        assert!(rejections.contains(&of(shape.rejections)), "{mood:?}: {shape:?}");
    }
}
