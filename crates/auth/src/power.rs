//! How much power a user has, and how much a thing needs.

use std::fmt;

use exeunt_event::content::{Content, Level, PowerLevels, Property};
use exeunt_event::{Event, EventType};
use exeunt_version::{Creator, Mutant, RoomVersion};

use crate::state::{State, View};

/// A power level, or that of the creators of version 12, which is above every level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Power {
    /// A level.
    Level(Level),
    /// Above every level.
    Infinite,
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(level) => write!(f, "{level}"),
            Self::Infinite => f.write_str("infinite"),
        }
    }
}

/// The power of a user in a state. One without a create event knows of no creator.
#[allow(clippy::needless_pass_by_value, reason = "a state is a reference, or as cheap as one")]
pub fn power<'a>(version: &RoomVersion, state: impl State<'a>, user: &str) -> Power {
    if let Some(view) = View::new(version, &state) {
        return view.power(user);
    }
    Power::Level(match state.entry(&EventType::PowerLevels, "").map(Event::content) {
        Some(Content::PowerLevels(levels)) => levels.user(user),
        _ => Property::UsersDefault.default_level(),
    })
}

/// The creator's level in versions 1 to 11 while there are no power levels.
const CREATOR_WITHOUT_LEVELS: Level = 100;

impl<'a> View<'_, 'a> {
    /// Whether the user created the room: one user up to version 11, perhaps several after.
    pub(crate) fn is_creator(&self, user: &[u8]) -> bool {
        let is_additional = || {
            let mut listed = self.create.additional_creators.listed().iter();
            listed.any(|creator| creator.as_bytes() == user)
        };
        let is_sender = || self.create_event.sender().as_bytes() == user;
        match self.version.capabilities.creator {
            Creator::Property => {
                self.create.creator.as_ref().is_some_and(|creator| creator.as_bytes() == user)
            }
            Creator::Sender => is_sender(),
            Creator::Privileged => is_sender() || is_additional(),
        }
    }

    /// The power of a user.
    pub(crate) fn power(&self, user: &str) -> Power {
        self.power_by(user.as_bytes(), |levels| levels.user(user))
    }

    /// The power of the sender of the event under check.
    pub(crate) fn sender_power(&self, event: &Event) -> Power {
        let level = |levels| self.state.sender_level(levels, event);
        self.power_by(event.sender().as_bytes(), level)
    }

    fn power_by(&self, user: &[u8], level: impl FnOnce(&'a PowerLevels) -> Level) -> Power {
        if self.version.capabilities.creator == Creator::Privileged && self.is_creator(user) {
            return Power::Infinite;
        }
        Power::Level(match self.power_levels() {
            Some(levels) => level(levels),
            None if self.version.is_mutant(Mutant::EverybodyHasPower) => CREATOR_WITHOUT_LEVELS,
            None if self.version.is_mutant(Mutant::CreatorWithoutPower) => 0,
            None if self.is_creator(user) => CREATOR_WITHOUT_LEVELS,
            None => Property::UsersDefault.default_level(),
        })
    }

    /// The ban, kick, invite or redact level.
    pub(crate) fn level(&self, property: Property) -> Power {
        let default = match property {
            Property::Invite if self.version.is_mutant(Mutant::InviteLevelFifty) => 50,
            property => property.default_level(),
        };
        let set = self.power_levels().and_then(|levels| levels.property(property).level());
        Power::Level(set.unwrap_or(default))
    }

    /// The *required power level* of an event type.
    pub(crate) fn required(&self, event_type: &EventType, is_state: bool) -> Power {
        let default = if is_state { Property::StateDefault } else { Property::EventsDefault };
        Power::Level(match self.power_levels() {
            Some(levels) => levels.required(event_type.as_bytes(), is_state),
            None if is_state && self.version.is_mutant(Mutant::StateLevelZero) => 0,
            None => default.default_level(),
        })
    }
}
