//! Events that wait for others.

use exeunt_event::EventId;
use im::{OrdMap, Vector};

use crate::Checked;

/// In what role an event was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// As one of the room's history.
    Event,
    /// As one that the server itself sent.
    Sent,
    /// For what other events cite it for.
    Outlier,
    /// As one of the room's history, with the state before it as somebody gave it.
    Given(Vec<EventId>),
    /// As the server's own join, with which the history begins.
    Joined(Vec<EventId>),
}

/// An event that waits.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) checked: Checked,
    pub(crate) role: Role,
}

/// The events that wait, and for what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    entries: OrdMap<EventId, Entry>,
    /// For each missing event those that wait for it, in the order of their arrival.
    for_event: OrdMap<EventId, Vector<EventId>>,
}

impl Waiting {
    pub(crate) fn get(&self, id: &EventId) -> Option<&Entry> {
        self.entries.get(id)
    }

    pub(crate) fn put(&mut self, entry: Entry, missing: &[EventId]) {
        let id = entry.checked.event().event_id().clone();
        for missing in missing {
            self.wait_for(missing, &id);
        }
        self.entries.insert(id, entry);
    }

    pub(crate) fn wait_for(&mut self, missing: &EventId, waiting: &EventId) {
        self.for_event.entry(missing.clone()).or_default().push_back(waiting.clone());
    }

    /// The events that waited for one that is there now. They still wait, until they are taken.
    pub(crate) fn woken_by(&mut self, id: &EventId) -> Vector<EventId> {
        self.for_event.remove(id).unwrap_or_default()
    }

    pub(crate) fn take(&mut self, id: &EventId) -> Option<Entry> {
        self.entries.remove(id)
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = (&EventId, &Entry)> {
        self.entries.iter()
    }
}
