//! Power levels as the simulation changes them.

use std::collections::BTreeMap;

use exeunt_event::json::{Object, Value};

use crate::room::user;

/// The content of a power levels event: what it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Levels {
    pub(crate) users: BTreeMap<usize, i64>,
    pub(crate) events: BTreeMap<&'static str, i64>,
    pub(crate) others: BTreeMap<&'static str, i64>,
}

impl Levels {
    /// A level outside of `users` and `events`.
    pub(crate) fn other(&self, name: &str) -> i64 {
        let default = match name {
            "users_default" | "events_default" | "invite" => 0,
            _ => 50,
        };
        self.others.get(name).copied().unwrap_or(default)
    }

    pub(crate) fn of(&self, user: usize) -> i64 {
        self.users.get(&user).copied().unwrap_or_else(|| self.other("users_default"))
    }

    /// What it takes to send an event of that type.
    pub(crate) fn required(&self, event_type: &str, is_state: bool) -> i64 {
        let default = if is_state { "state_default" } else { "events_default" };
        self.events.get(event_type).copied().unwrap_or_else(|| self.other(default))
    }

    pub(crate) fn content(&self) -> Object<'static> {
        let mut content: Object<'static> =
            self.others.iter().map(|(name, level)| (*name, *level)).collect();
        if !self.events.is_empty() {
            let events: Object<'_> =
                self.events.iter().map(|(event_type, level)| (*event_type, *level)).collect();
            content.insert("events", events);
        }
        let users: Object<'_> = self.users.iter().map(|(at, level)| (user(*at), *level)).collect();
        content.insert("users", Value::from(users));
        content
    }
}
