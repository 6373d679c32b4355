//! A reference state machine: a homeserver tests its own rooms against these.
//!
//! [`RoomReference`] is a [`ReferenceStateMachine`]. Its transitions are events as they arrive at a
//! homeserver over federation: a room is created, users of several servers come and go, some of
//! them do not know yet what others did, so that the history forks and merges, and in the hostile
//! mood they lie. Its state, [`Expected`], says of the last event what the specification makes of
//! it, and what the room is then. The system under test takes the same event, and is compared:
//!
//! ```
//! use exeunt_generate::reference::{Expected, Plausible, RoomReference, Transition};
//! use exeunt_room::{Context, Room};
//! use proptest_state_machine::{StateMachineTest, prop_state_machine};
//!
//! struct MyTest;
//!
//! impl StateMachineTest for MyTest {
//!     // This would be a room of your own; here it is the model's.
//!     type SystemUnderTest = Room;
//!     type Reference = RoomReference<Plausible>;
//!
//!     fn init_test(expected: &Expected) -> Room {
//!         Room::new(expected.version().clone())
//!     }
//!
//!     fn apply(room: Room, expected: &Expected, _: Transition) -> Room {
//!         let Some(arrival) = expected.last() else { return room };
//!         let (room, _) = room.receive(arrival.pdu(), Context::default());
//!         let standing = room.record(arrival.event().event_id()).map(|record| record.standing());
//!         assert_eq!(standing, Some(arrival.standing()), "{expected}");
//!         assert_eq!(room.current_state().len(), expected.current_state().len(), "{expected}");
//!         room
//!     }
//! }
//!
//! prop_state_machine! {
//!     #![proptest_config(exeunt_regressions::config!(cases = 8))]
//!
//!     // In a test file, with `#[test]` above it.
//!     fn rooms_are_as_expected(sequential 1..20 => MyTest);
//! }
//! # rooms_are_as_expected();
//! ```
//!
//! A failure shrinks to a few events: one may be left out, with its followers following what it
//! followed; servers, lies and what somebody did not know of go as well. What is left is still a
//! history of its mood.

mod choice;
mod expected;
mod signing;
mod story;
mod transition;

use std::marker::PhantomData;

use exeunt_version::RoomVersion;
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

use crate::{Mood, Size, scripts};

pub use expected::{Arrival, Expected, StateMap};
pub use transition::Transition;

/// Which rooms a [`RoomReference`] is about.
///
/// ```
/// use exeunt_generate::{Mood, reference::Rooms};
/// use exeunt_version::RoomVersion;
///
/// /// Liars in the two newest versions.
/// struct Newest;
///
/// impl Rooms for Newest {
///     fn mood() -> Mood {
///         Mood::Hostile
///     }
///
///     fn versions() -> Vec<RoomVersion> {
///         RoomVersion::all().skip(10).collect()
///     }
/// }
/// # assert_eq!(Newest::versions().len(), 2);
/// ```
pub trait Rooms: 'static {
    /// How users and servers behave.
    fn mood() -> Mood;

    /// The room versions, at least one; each history is of one of them. Readings that the system
    /// under test has chosen otherwise are set here.
    fn versions() -> Vec<RoomVersion> {
        RoomVersion::all().collect()
    }

    /// The fewest and the most servers, at least two and at most eight.
    fn servers() -> (u8, u8) {
        (2, 4)
    }

    /// Whether events are signed: [`Expected::signing_keys`] has the keys. Otherwise they have no
    /// signatures, and are to be taken as if they had good ones.
    fn are_signed() -> bool {
        false
    }
}

/// Rooms of all specified versions, in which everybody keeps to the rules: no event is rejected, as
/// its sender's server would not have sent it; some are soft-failed, as it did not know better.
#[derive(Clone, Copy, Debug)]
pub struct Plausible;

impl Rooms for Plausible {
    fn mood() -> Mood {
        Mood::Plausible
    }
}

/// Rooms of all specified versions, in which users and servers lie.
#[derive(Clone, Copy, Debug)]
pub struct Hostile;

impl Rooms for Hostile {
    fn mood() -> Mood {
        Mood::Hostile
    }
}

/// The reference state machine of rooms: see [the module](self).
#[derive(Clone, Copy, Debug)]
pub struct RoomReference<R>(PhantomData<fn() -> R>);

impl<R: Rooms> ReferenceStateMachine for RoomReference<R> {
    type State = Expected;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Expected> {
        let size = Size { steps: (0, 0), servers: R::servers() };
        let rooms = (prop::sample::select(R::versions()), scripts::setup(R::mood(), size));
        rooms
            .prop_map(|(version, setup)| Expected::new(version, R::mood(), setup, R::are_signed()))
            .boxed()
    }

    fn transitions(expected: &Expected) -> BoxedStrategy<Transition> {
        choice::transitions(expected)
    }

    fn apply(expected: Expected, transition: &Transition) -> Expected {
        expected.after(transition)
    }

    fn preconditions(expected: &Expected, transition: &Transition) -> bool {
        expected.is_possible(transition)
    }
}
