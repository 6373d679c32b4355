//! Random forks of rooms: test data for state resolution.
//!
//! A [`Fork`] is a bag of events and some states made of them. [`forks`] makes random small ones,
//! [`bulk`] large ones of a given shape. The events are real PDUs of the room version, with dummy
//! hashes and signatures. Nothing here decides a permission or resolves a state: rooms are played
//! by a simple simulation, which is right about most events and need not be about any.
//!
//! ```
//! use exeunt_forks::{Mood, forks};
//! use exeunt_regressions::proptest::prelude::*;
//! use exeunt_version::RoomVersion;
//!
//! proptest! {
//!     #![proptest_config(exeunt_regressions::config!(cases = 4))]
//!
//!     // In a test file, with `#[test]` above it.
//!     fn states_are_made_of_events(
//!         fork in forks(&RoomVersion::specified("11").unwrap(), Mood::Honest),
//!     ) {
//!         prop_assert!(fork.state_sets.iter().flatten().all(|id| fork.event(id).is_some()));
//!     }
//! }
//! # states_are_made_of_events();
//! ```

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "test data that cannot be made fails its test"
)]

mod breakage;
mod bulk;
mod levels;
mod mischief;
mod play;
mod room;
mod script;

use std::fmt;

use exeunt_event::{Event, EventId};
use exeunt_version::RoomVersion;
use proptest::prelude::*;

pub use bulk::{Bulk, bulk};

/// Events of a room, and states made of them.
#[derive(Clone)]
pub struct Fork {
    /// The room version.
    pub version: RoomVersion,
    /// The events, each after those that it cites, but for broken forks.
    pub events: Vec<Event>,
    /// Those of the events that count as rejected on receipt.
    pub rejected: Vec<EventId>,
    /// The states: the events in them, at most one for each type and state key.
    pub state_sets: Vec<Vec<EventId>>,
}

/// How the users of a room behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Everybody keeps to the rules, as far as a simple simulation knows them. The states are those
    /// of branches at some points.
    Honest,
    /// Users and servers lie: about citations, times, depths, contents and states, and events
    /// count as rejected at random. But every event cites only earlier ones, and all are there.
    Hostile,
    /// The same, and the bag of events is damaged: events are missing or there twice. In room
    /// versions with [sent](exeunt_version::EventIds::Sent) event IDs, there are also auth cycles,
    /// and different events of the same ID, of which the first counts.
    Broken,
}

/// Random forks of rooms of that version.
pub fn forks(version: &RoomVersion, mood: Mood) -> impl Strategy<Value = Fork> + use<> {
    let version = version.clone();
    script::scripts(mood).prop_map(move |script| play::play(&version, &script))
}

/// A version for each state resolution algorithm (v1, v2 and v2.1, in this order) in which event
/// IDs are sent, so that auth events may form cycles.
pub fn cyclic_versions() -> [RoomVersion; 3] {
    let specified = |id| RoomVersion::specified(id).expect("the version is a specified one");
    let sent = RoomVersion::from_toml("id = \"12-sent\"\nbase = \"12\"\nevent_ids = \"sent\"");
    [specified("1"), specified("2"), sent.expect("the definition is well-formed")]
}

impl Fork {
    /// The event of that ID: of several the first.
    pub fn event(&self, id: &EventId) -> Option<&Event> {
        self.events.iter().find(|event| event.event_id() == id)
    }

    /// Whether the event counts as rejected.
    pub fn is_rejected(&self, id: &EventId) -> bool {
        self.rejected.contains(id)
    }
}

/// The events by their places, which is what one wants to see of a small fork.
impl fmt::Debug for Fork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |id: &EventId| {
            let at = self.events.iter().position(|event| event.event_id() == id);
            at.map_or_else(|| "?".to_owned(), |at| at.to_string())
        };
        let places = |ids: &[EventId]| ids.iter().map(place).collect::<Vec<_>>().join(" ");
        writeln!(f, "room version {}", self.version)?;
        for (at, event) in self.events.iter().enumerate() {
            write!(f, "{at:3} {} {}", event.event_id(), event.event_type())?;
            if let Some(key) = event.state_key() {
                write!(f, " {key:?}")?;
            }
            let object = event.object();
            let content = object
                .get("content")
                .map(|content| content.to_canonical(self.version.readings.lenient_numbers));
            writeln!(
                f,
                " by {} at {} depth {} cites [{}]{} {}",
                event.sender(),
                event.origin_server_ts(),
                event.depth(),
                places(event.auth_events()),
                if self.is_rejected(event.event_id()) { " rejected" } else { "" },
                content.unwrap_or_default(),
            )?;
        }
        self.state_sets.iter().try_for_each(|set| writeln!(f, "state [{}]", places(set)))
    }
}
