//! The reference state machine: what it gives is a history, whatever is left out of it.

#![cfg(feature = "state-machine")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use exeunt_event::signatures::{Keys, PublishedKey};
use exeunt_generate::Mood;
use exeunt_generate::reference::{Expected, Hostile, Plausible, RoomReference, Rooms, Transition};
use exeunt_regressions::proptest::prelude::*;
use exeunt_regressions::proptest::strategy::ValueTree;
use exeunt_regressions::proptest::test_runner::TestRunner;
use exeunt_room::{Context, Outcome, Room, Standing};
use exeunt_version::RoomVersion;
use proptest_state_machine::ReferenceStateMachine;

/// Hostile rooms whose events are signed.
struct Signed;

impl Rooms for Signed {
    fn mood() -> Mood {
        Mood::Hostile
    }

    fn are_signed() -> bool {
        true
    }
}

/// A history: the beginning, and what happens.
fn histories<R: Rooms>() -> impl Strategy<Value = (Expected, Vec<Transition>)> {
    RoomReference::<R>::sequential_strategy(1..40).prop_map(|(begin, steps, _)| (begin, steps))
}

/// The end of it, of which every step was possible.
fn end<R: Rooms>((begin, steps): &(Expected, Vec<Transition>)) -> Expected {
    steps.iter().fold(begin.clone(), |expected, step| {
        assert!(RoomReference::<R>::preconditions(&expected, step));
        RoomReference::<R>::apply(expected, step)
    })
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 48))]

    #[test]
    fn each_transition_is_an_event_that_arrives(history in histories::<Hostile>()) {
        let expected = end::<Hostile>(&history);
        prop_assert_eq!(expected.arrivals().len(), history.1.len());

        let mut room = Room::new(expected.version().clone());
        for arrival in expected.arrivals() {
            let (next, receipt) = room.receive(arrival.pdu(), Context::default());
            prop_assert_eq!(receipt.outcome, Outcome::Decided(arrival.standing().clone()));
            prop_assert!(!receipt.redacted);
            room = next;
        }
        prop_assert_eq!(room.fingerprint(), expected.room().fingerprint());
        let story = expected.to_string();
        for arrival in expected.arrivals() {
            prop_assert!(story.contains(arrival.event_id()));
        }
    }

    #[test]
    fn who_keeps_to_the_rules_is_not_rejected(history in histories::<Plausible>()) {
        for arrival in end::<Plausible>(&history).arrivals() {
            prop_assert!(!arrival.standing().is_rejected());
        }
    }

    #[test]
    fn an_event_changes_one_entry_of_the_state(history in histories::<Hostile>()) {
        let expected = end::<Hostile>(&history);
        for arrival in expected.arrivals() {
            let (mut state, event) = (expected.state_before(arrival), arrival.event());
            if let Some(key) = event.state_key()
                && !arrival.standing().is_rejected()
            {
                let key = (event.event_type().to_string(), key.to_owned());
                state.insert(key, arrival.event_id().to_owned());
            }
            prop_assert_eq!(state, expected.state_after(arrival));
        }
    }

    #[test]
    fn what_is_left_when_events_are_left_out_is_a_history(
        history in histories::<Plausible>(),
        left_out in any::<u64>(),
    ) {
        let (begin, steps) = history;
        let kept = steps.iter().enumerate().filter(|(at, _)| left_out >> (at % 64) & 1 == 0);
        let mut expected = begin;
        let mut count = 0;
        for (_, step) in kept {
            if RoomReference::<Plausible>::preconditions(&expected, step) {
                expected = RoomReference::<Plausible>::apply(expected, step);
                count += 1;
                let last = expected.last().unwrap();
                prop_assert!(!last.standing().is_rejected());
                let cited = last.event().prev_events().iter().chain(last.event().auth_events());
                for id in cited {
                    prop_assert!(expected.room().record(id).is_some());
                }
            } else {
                // What is not possible changes nothing.
                let after = RoomReference::<Plausible>::apply(expected.clone(), step);
                prop_assert_eq!(after.room().fingerprint(), expected.room().fingerprint());
            }
        }
        prop_assert_eq!(expected.arrivals().len(), count);
        prop_assert_eq!(expected.room().pending().count(), 0);
    }

    #[test]
    fn signed_events_have_the_signatures_that_they_need(history in histories::<Signed>()) {
        let expected = end::<Signed>(&history);
        let mut keys = Keys::new();
        for key in expected.signing_keys() {
            let published = PublishedKey {
                key: key.verifying_key(expected.version().readings.ed25519).unwrap(),
                valid_until_ts: None,
                expired_ts: None,
            };
            keys.insert(key.server(), key.key_id(), published);
        }
        let context = Context { keys: Some(&keys) };
        let mut room = Room::new(expected.version().clone());
        for arrival in expected.arrivals() {
            let (next, receipt) = room.receive(arrival.pdu(), context);
            prop_assert_eq!(receipt.outcome, Outcome::Decided(arrival.standing().clone()));
            room = next;
        }
    }
}

/// How many of fifty histories have something.
fn share<R: Rooms>(has: impl Fn(&Expected) -> bool) -> usize {
    let mut runner = TestRunner::new(exeunt_regressions::config!());
    let histories = histories::<R>();
    let drawn = (0..50).map(|_| histories.new_tree(&mut runner).unwrap().current());
    drawn.filter(|history| has(&end::<R>(history))).count()
}

fn has_forked(expected: &Expected) -> bool {
    let mut states = expected.arrivals().filter(|arrival| arrival.event().prev_events().len() > 1);
    states.next().is_some()
}

#[test]
fn histories_fork_and_events_fail() {
    let forks = share::<Plausible>(has_forked);
    assert!(forks >= 20, "{forks} of 50 plausible histories fork and merge");
    let soft_failed = share::<Plausible>(|expected| {
        expected.arrivals().any(|arrival| matches!(arrival.standing(), Standing::SoftFailed(_)))
    });
    assert!(soft_failed >= 7, "{soft_failed} of 50 plausible histories have soft failures");
    let rejected = share::<Hostile>(|expected| {
        expected.arrivals().any(|arrival| arrival.standing().is_rejected())
    });
    assert!(rejected >= 25, "{rejected} of 50 hostile histories have rejected events");
}

#[test]
fn every_version_comes_up() {
    let mut runner = TestRunner::new(exeunt_regressions::config!());
    let begin = RoomReference::<Plausible>::init_state();
    let mut left: Vec<String> = RoomVersion::SPECIFIED.map(ToOwned::to_owned).to_vec();
    for _ in 0..2_000 {
        let drawn = begin.new_tree(&mut runner).unwrap().current();
        left.retain(|id| id != drawn.version().id());
    }
    assert!(left.is_empty(), "{left:?}");
}
