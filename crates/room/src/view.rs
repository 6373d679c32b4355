//! A state of a room, as its readers ask it.

use exeunt_auth::{Power, State as Lookup, power};
use exeunt_event::content::{Content, JoinRule, Membership, PowerLevels, Property};
use exeunt_event::{Event, EventType};
use exeunt_resolve::Body as _;

use crate::{Room, State};

/// A state of a room, to be asked for entries and for what they say.
#[derive(Clone, Copy, Debug)]
pub struct StateView<'r> {
    pub(crate) room: &'r Room,
    pub(crate) state: &'r State,
}

impl<'r> Lookup<'r> for StateView<'r> {
    fn entry(&self, event_type: &EventType, state_key: &str) -> Option<&'r Event> {
        let key = self.room.keys.get(event_type, state_key)?;
        let number = self.state.entries().get(key)?;
        Some(self.room.dag.get(number)?.state_event()?.event)
    }
}

impl<'r> StateView<'r> {
    /// A user's membership; `None` if there is none, or it is malformed.
    pub fn membership(&self, user: &str) -> Option<Membership> {
        match self.entry(&EventType::Member, user)?.content() {
            Content::Member(member) => member.membership,
            _ => None,
        }
    }

    /// A user's power.
    pub fn power(&self, user: &str) -> Power {
        power(&self.room.version, *self, user)
    }

    /// The power levels.
    pub fn levels(&self) -> Option<&'r PowerLevels> {
        match self.entry(&EventType::PowerLevels, "")?.content() {
            Content::PowerLevels(levels) => Some(levels),
            _ => None,
        }
    }

    /// The power that something needs: its default without power levels.
    pub fn level(&self, property: Property) -> Power {
        let levels = self.levels();
        let level =
            levels.map_or_else(|| property.default_level(), |levels| levels.level(property));
        Power::Level(level)
    }

    /// The join rule.
    pub fn join_rule(&self) -> Option<JoinRule> {
        match self.entry(&EventType::JoinRules, "")?.content() {
            Content::JoinRules(rule) => Some(*rule),
            _ => None,
        }
    }
}
