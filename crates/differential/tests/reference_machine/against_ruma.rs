//! Rooms on ruma, event by event beside the model's.

use exeunt_generate::Mood;
use exeunt_generate::reference::{Arrival, Expected, RoomReference, Rooms, Transition};
use exeunt_room::Standing;
use exeunt_version::{
    NullThirdPartyInvite, PowerEventChain, PowerEvents, Readings, RecognisedVersion,
    RejectedInResolution, RoomVersion,
};
use proptest::test_runner::Config;
use proptest_state_machine::{StateMachineTest, prop_state_machine};

use crate::ruma_room::{RumaRoom, Verdict};

/// Rooms of a version, where the text can be read in more than one way as ruma reads it.
pub(crate) struct OfVersion<const ID: usize, const HOSTILE: bool>;

impl<const ID: usize, const HOSTILE: bool> Rooms for OfVersion<ID, HOSTILE> {
    fn mood() -> Mood {
        if HOSTILE { Mood::Hostile } else { Mood::Plausible }
    }

    fn versions() -> Vec<RoomVersion> {
        let readings = Readings {
            recognised_version: RecognisedVersion::Caller,
            null_third_party_invite: NullThirdPartyInvite::Absent,
            power_event_chain: PowerEventChain::Conflicted,
            power_events: PowerEvents::Synapse,
            rejected_in_resolution: RejectedInResolution::Powerless,
            ..Readings::default()
        };
        vec![RoomVersion::specified(&ID.to_string()).unwrap().with_readings(readings)]
    }
}

struct AgainstRuma<const ID: usize, const HOSTILE: bool>;

impl<const ID: usize, const HOSTILE: bool> StateMachineTest for AgainstRuma<ID, HOSTILE> {
    type SystemUnderTest = RumaRoom;
    type Reference = RoomReference<OfVersion<ID, HOSTILE>>;

    fn init_test(expected: &Expected) -> RumaRoom {
        RumaRoom::new(expected.version().id())
    }

    fn apply(mut room: RumaRoom, expected: &Expected, _: Transition) -> RumaRoom {
        let arrival = expected.last().unwrap();
        let verdict = room.receive(arrival.event_id(), arrival.pdu());
        assert_eq!(verdict, expected_verdict(arrival), "{expected}");
        assert_eq!(
            room.state_after(arrival.event_id()),
            expected.state_after(arrival),
            "the state after the last event differs: {expected}"
        );
        room
    }

    fn check_invariants(room: &RumaRoom, expected: &Expected) {
        let extremities = expected.forward_extremities();
        assert_eq!(room.forward_extremities(), extremities, "{expected}");
        assert_eq!(room.current_state(), expected.current_state(), "{expected}");
    }
}

/// What the specification makes of an event.
pub(crate) fn expected_verdict(arrival: &Arrival) -> Verdict {
    match arrival.standing() {
        Standing::Accepted => Verdict::Accepted,
        Standing::SoftFailed(_) => Verdict::SoftFailed,
        Standing::Rejected(_) => Verdict::Rejected,
    }
}

macro_rules! rooms_are_alike {
    ($($plausible:ident $hostile:ident $id:literal)+) => {
        prop_state_machine! {
            #![proptest_config(Config {
                max_shrink_iters: 4_096,
                ..exeunt_regressions::config!(cases = 20)
            })]

            $(
                #[test]
                fn $plausible(sequential 1..40 => AgainstRuma<$id, false>);

                #[test]
                fn $hostile(sequential 1..40 => AgainstRuma<$id, true>);
            )+
        }
    };
}

// ruma has no state resolution for version 1.
rooms_are_alike! {
    plausible_rooms_of_version_2 hostile_rooms_of_version_2 2
    plausible_rooms_of_version_3 hostile_rooms_of_version_3 3
    plausible_rooms_of_version_4 hostile_rooms_of_version_4 4
    plausible_rooms_of_version_5 hostile_rooms_of_version_5 5
    plausible_rooms_of_version_6 hostile_rooms_of_version_6 6
    plausible_rooms_of_version_7 hostile_rooms_of_version_7 7
    plausible_rooms_of_version_8 hostile_rooms_of_version_8 8
    plausible_rooms_of_version_9 hostile_rooms_of_version_9 9
    plausible_rooms_of_version_10 hostile_rooms_of_version_10 10
    plausible_rooms_of_version_11 hostile_rooms_of_version_11 11
    plausible_rooms_of_version_12 hostile_rooms_of_version_12 12
}
