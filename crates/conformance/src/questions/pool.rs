//! The events that a question brings.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventId};
use exeunt_room::{Room, Standing};
use exeunt_version::RoomIds;

/// Events of a room, each once.
pub(super) struct Pool<'r> {
    room: &'r Room,
    events: BTreeMap<EventId, Event>,
}

impl<'r> Pool<'r> {
    pub(super) fn new(room: &'r Room) -> Self {
        Self { room, events: BTreeMap::new() }
    }

    /// An event of the room with, in versions in which the room ID is its, the create event. False
    /// if the room does not have it.
    pub(super) fn add(&mut self, id: &EventId) -> bool {
        let Some(event) = self.room.event(id) else { return false };
        self.imply(&event) && {
            self.events.insert(id.clone(), event);
            true
        }
    }

    /// The create event that an event's room ID stands for, if it stands for one.
    pub(super) fn imply(&mut self, event: &Event) -> bool {
        let capabilities = &self.room.version().capabilities;
        let implies = capabilities.room_ids == RoomIds::CreateEvent
            && event.has_room_id()
            && event.room_id().is_hash();
        if !implies {
            return true;
        }
        let create = event.room_id().create_event();
        let Some(event) = self.room.event(&create) else { return false };
        self.events.insert(create, event);
        true
    }

    /// Events with all that they cite, and so on. False if something is not there.
    pub(super) fn add_with_auth_chains<'e>(
        &mut self,
        ids: impl IntoIterator<Item = &'e EventId>,
    ) -> bool {
        let mut open: Vec<EventId> = ids.into_iter().cloned().collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if !seen.insert(id.clone()) {
                continue;
            }
            if !self.add(&id) {
                return false;
            }
            if let Some(event) = self.events.get(&id) {
                open.extend(event.auth_events().iter().cloned());
            }
        }
        true
    }

    /// Puts `events`, and `rejected` if some are, into a question.
    pub(super) fn put_into(&self, question: &mut Object<'static>) {
        let events: Vec<_> = self.events.values().map(bare).collect();
        question.insert("events", events);
        let is_rejected = |id: &&EventId| {
            let record = self.room.record(id);
            record.is_some_and(|record| matches!(record.standing(), Standing::Rejected(_)))
        };
        let rejected: Vec<_> =
            self.events.keys().filter(is_rejected).map(EventId::to_string).collect();
        if !rejected.is_empty() {
            question.insert("rejected", rejected);
        }
    }
}

/// The event without what rules do not look at and no ID is made of.
pub(super) fn bare(event: &Event) -> Object<'static> {
    let mut object = event.object().into_owned();
    object.remove("signatures");
    object.remove("unsigned");
    object
}

/// A list of IDs.
pub(super) fn ids<'e>(ids: impl IntoIterator<Item = &'e EventId>) -> Value<'static> {
    Value::from(ids.into_iter().map(EventId::to_string).collect::<Vec<_>>())
}
