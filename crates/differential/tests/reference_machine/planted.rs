//! That bugs are found: rooms with one planted, and how few events show it.

use exeunt_differential::Pdu;
use exeunt_generate::reference::{Expected, RoomReference, Transition};
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};
use ruma_state_res::Event as _;

use crate::against_ruma::{OfVersion, expected_verdict};
use crate::ruma_room::{RumaRoom, Verdict};

/// Takes rejected events into the state.
const TAKES_REJECTED: u8 = 0;
/// Never soft-fails.
const NEVER_SOFT_FAILS: u8 = 1;
/// Checks an event against its auth events alone.
const TRUSTS_AUTH_EVENTS: u8 = 2;
/// Checks an event against states alone.
const FORGETS_AUTH_EVENTS: u8 = 3;
/// Leaves soft-failed events out of the states after them.
const LEAVES_SOFT_FAILED_OUT: u8 = 4;
/// Takes the state after one of the prev events for the state before the event.
const RESOLVES_NOTHING: u8 = 5;

struct Planted<const BUG: u8, const HOSTILE: bool>;

impl<const BUG: u8, const HOSTILE: bool> StateMachineTest for Planted<BUG, HOSTILE> {
    type SystemUnderTest = RumaRoom;
    type Reference = RoomReference<OfVersion<11, HOSTILE>>;

    fn init_test(expected: &Expected) -> RumaRoom {
        RumaRoom::new(expected.version().id())
    }

    fn apply(mut room: RumaRoom, expected: &Expected, _: Transition) -> RumaRoom {
        let arrival = expected.last().unwrap();
        let verdict = receive(&mut room, BUG, arrival.event_id(), arrival.pdu());
        assert_eq!(verdict, expected_verdict(arrival), "{expected}");
        assert_eq!(
            room.state_after(arrival.event_id()),
            expected.state_after(arrival),
            "{expected}"
        );
        assert_eq!(room.current_state(), expected.current_state(), "{expected}");
        room
    }
}

fn receive(room: &mut RumaRoom, bug: u8, id: &str, pdu: &[u8]) -> Verdict {
    let json = serde_json::from_slice(pdu).unwrap();
    let event = Pdu::new(&json, id, false);
    let before = match bug {
        RESOLVES_NOTHING => room.resolve(event.prev_events().take(1)),
        _ => room.resolve(event.prev_events()),
    };
    let verdict = match (bug, room.verdict(&event, &before)) {
        (NEVER_SOFT_FAILS, Verdict::SoftFailed) => Verdict::Accepted,
        (TRUSTS_AUTH_EVENTS, Verdict::Rejected) if room.check_auth_events(&event).is_ok() => {
            Verdict::Accepted
        }
        (FORGETS_AUTH_EVENTS, Verdict::Rejected) if room.check(&event, &before).is_ok() => {
            Verdict::Accepted
        }
        (_, verdict) => verdict,
    };
    let kept = match (bug, verdict) {
        (TAKES_REJECTED, Verdict::Rejected) => Verdict::SoftFailed,
        (LEAVES_SOFT_FAILED_OUT, Verdict::SoftFailed) => Verdict::Rejected,
        (_, verdict) => verdict,
    };
    room.keep(Pdu::new(&json, id, verdict == Verdict::Rejected), before, kept);
    verdict
}

/// Of how many events the smallest history is that shows the bug, with those that begin the room:
/// of several that were found, as which one can be made smallest is luck.
fn events_to_show<const BUG: u8, const HOSTILE: bool>() -> usize {
    (0..6).map(events_of_one::<BUG, HOSTILE>).min().unwrap()
}

fn events_of_one<const BUG: u8, const HOSTILE: bool>(seed: u8) -> usize {
    type Reference<const HOSTILE: bool> = RoomReference<OfVersion<11, HOSTILE>>;
    // The same histories each time: what they shrink to is a fact.
    let config = Config {
        failure_persistence: None,
        cases: 2_000,
        max_shrink_iters: 4_096,
        ..exeunt_regressions::config!()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(config.clone(), rng);
    let histories = Reference::<HOSTILE>::sequential_strategy(1..40);
    let found = runner.run(&histories, |(expected, transitions, seen)| {
        Planted::<BUG, HOSTILE>::test_sequential(config.clone(), expected, transitions, seen);
        Ok(())
    });
    match found {
        Err(TestError::Fail(_, (expected, transitions, _))) => {
            let expected = transitions.iter().fold(expected, Reference::<HOSTILE>::apply);
            println!("{} events\n{transitions:#?}\n{expected}", transitions.len());
            transitions.len()
        }
        other => panic!("the bug is not found: {other:?}"),
    }
}

#[test]
fn taking_rejected_events_into_the_state_is_found() {
    assert!(events_to_show::<TAKES_REJECTED, true>() <= 4);
}

#[test]
fn never_soft_failing_is_found() {
    assert!(events_to_show::<NEVER_SOFT_FAILS, false>() <= 9);
}

#[test]
fn trusting_auth_events_is_found() {
    assert!(events_to_show::<TRUSTS_AUTH_EVENTS, true>() <= 6);
}

#[test]
fn forgetting_auth_events_is_found() {
    assert!(events_to_show::<FORGETS_AUTH_EVENTS, true>() <= 6);
}

#[test]
fn leaving_soft_failed_events_out_is_found() {
    assert!(events_to_show::<LEAVES_SOFT_FAILED_OUT, false>() <= 7);
}

#[test]
fn not_resolving_is_found() {
    assert!(events_to_show::<RESOLVES_NOTHING, false>() <= 9);
}
