//! Events against a state in the making.

use exeunt_auth::{ServerSignatures, State, Verdict, check_state};
use exeunt_dag::{Number, Sparse};
use exeunt_event::{Event, EventType};
use exeunt_version::RejectedInResolution;

use super::loaded::{Loaded, Place};
use crate::{Body, Key, StateEvent, StateSet};

/// What is known of the entry of a key: nothing yet, so that it is that of the state below…
const BELOW: u32 = 0;
/// …or that there is none, though some of the states to be resolved have one…
const CONTESTED: u32 = 1;
/// …or that there is none, or from here on the place of its event.
const NONE: u32 = 2;
const FIRST: u32 = 3;

/// A state in the making.
pub(super) struct Partial<'s, 'a, T> {
    pub(super) loaded: Loaded<'a, T>,
    /// The state that it began with, where a key had an entry in it.
    below: Option<&'s StateSet>,
    entries: Sparse<u32>,
    /// The keys that were set where there was no entry and none of the states had another.
    new: Vec<Key>,
    are_rejected_powerless: bool,
}

impl<'s, 'a, T: Body> Partial<'s, 'a, T> {
    /// The entries of a state without the contested keys, or no entries.
    pub(super) fn new(
        loaded: Loaded<'a, T>,
        below: Option<&'s StateSet>,
        contested: &[Key],
    ) -> Self {
        let mut entries = Sparse::new(loaded.events.keys.len());
        for key in contested {
            entries.set(key.index(), CONTESTED);
        }
        let reading = loaded.events.version.readings.rejected_in_resolution;
        let are_rejected_powerless = reading == RejectedInResolution::Powerless;
        let mut partial = Self { loaded, below, entries, new: Vec::new(), are_rejected_powerless };
        for key in [Key::CREATE, Key::POWER_LEVELS, Key::JOIN_RULES] {
            partial.settle(key);
        }
        partial
    }

    /// Looks up what is below, so that later look-ups are fast.
    fn settle(&mut self, key: Key) {
        let Some(below) = self.below else { return };
        if self.entries.get(key.index()) == BELOW {
            let entry = below.get(key).map(|number| FIRST + self.loaded.load(number));
            self.entries.set(key.index(), entry.unwrap_or(NONE));
        }
    }

    /// The event of a key.
    pub(super) fn get(&self, key: Key) -> Option<Number> {
        match self.entries.get(key.index()) {
            BELOW => self.below?.get(key),
            entry => Some(self.loaded.number(entry.checked_sub(FIRST)?)),
        }
    }

    fn state_event(&self, key: Key) -> Option<StateEvent<'a>> {
        match self.entries.get(key.index()) {
            BELOW => self.loaded.events.state_event(self.below?.get(key)?),
            entry => self.loaded.state_event(entry.checked_sub(FIRST)?),
        }
    }

    /// Puts an event in.
    pub(super) fn set(&mut self, key: Key, place: Place) {
        self.settle(key);
        if matches!(self.replace(key, Replaced(FIRST + place)).0, BELOW | NONE) {
            self.new.push(key);
        }
    }

    /// Puts an event in for a while.
    pub(super) fn lend(&mut self, key: Key, place: Place) -> Replaced {
        self.replace(key, Replaced(FIRST + place))
    }

    /// Puts something that was replaced into its place again.
    pub(super) fn replace(&mut self, key: Key, replaced: Replaced) -> Replaced {
        Replaced(self.entries.set(key.index(), replaced.0))
    }

    /// The entries of keys about which the states were of one mind that there is none.
    pub(super) fn new_entries(&self, first: &StateSet) -> Vec<(Key, Number)> {
        let keys = self.new.iter().filter(|key| first.get(**key).is_none());
        keys.filter_map(|key| Some((*key, self.get(*key)?))).collect()
    }

    /// Whether the state allows an event. Where it has no entry, the auth events of the event stand
    /// in if there are any given.
    pub(super) fn check(&mut self, event: &StateEvent<'a>, citing: Citing) -> Verdict<'a> {
        self.settle(event.sender);
        self.settle(event.key);
        let state = Asked { partial: self, event, citing };
        let version = self.loaded.events.version;
        check_state(version, event.event, &state, ServerSignatures::Satisfied)
    }

    /// Checks an event of the full conflicted set, and puts it in if it is allowed.
    pub(super) fn step(&mut self, place: Place, event: &StateEvent<'a>) -> Verdict<'a> {
        let implied = self.loaded.implied_create(event.event);
        let verdict = self.check(event, Citing::AuthEvents { of: place, implied });
        if verdict.is_allowed() {
            self.set(event.key, place);
        }
        verdict
    }
}

/// What was in the place of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replaced(u32);

/// What stands in for what the state has not.
#[derive(Clone, Copy, Debug)]
pub(super) enum Citing {
    /// Nothing.
    Nothing,
    /// The auth events of an event of the full conflicted set.
    AuthEvents {
        /// The event.
        of: Place,
        /// The create event that its room ID implies.
        implied: Option<Place>,
    },
}

/// The state as the rules see it while they check an event.
struct Asked<'p, 's, 'a, T> {
    partial: &'p Partial<'s, 'a, T>,
    event: &'p StateEvent<'a>,
    citing: Citing,
}

impl<'a, T: Body> Asked<'_, '_, 'a, T> {
    /// The key: what rules ask for is nearly always one of those that are at hand.
    fn key(&self, event_type: &EventType, state_key: &str) -> Option<Key> {
        let event = self.event.event;
        match event_type {
            EventType::Create if state_key.is_empty() => Some(Key::CREATE),
            EventType::PowerLevels if state_key.is_empty() => Some(Key::POWER_LEVELS),
            EventType::JoinRules if state_key.is_empty() => Some(Key::JOIN_RULES),
            EventType::Member if *event.sender() == *state_key => Some(self.event.sender),
            EventType::Member if event.is_state(&EventType::Member, state_key) => {
                Some(self.event.key)
            }
            _ => self.partial.loaded.events.keys.get(event_type, state_key),
        }
    }

    fn auth_event(&self, key: Key) -> Option<StateEvent<'a>> {
        let Citing::AuthEvents { of, implied } = self.citing else { return None };
        let loaded = &self.partial.loaded;
        let cited = loaded.cited(of).iter().copied().chain(implied);
        cited
            .filter_map(|place| loaded.state_event(place))
            .find(|cited| cited.key == key && !cited.is_rejected)
    }
}

impl<'a, T: Body> State<'a> for &Asked<'_, '_, 'a, T> {
    fn entry(&self, event_type: &EventType, state_key: &str) -> Option<&'a Event> {
        let key = self.key(event_type, state_key)?;
        let entry = self.partial.state_event(key);
        let entry =
            entry.filter(|entry| !(self.partial.are_rejected_powerless && entry.is_rejected));
        entry.or_else(|| self.auth_event(key)).map(|entry| entry.event)
    }
}
