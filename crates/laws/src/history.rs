//! What happened: the events that came to each server, in order, and the rooms after each of them.

use std::collections::BTreeSet;

use exeunt_event::{Event, EventId, ServerName};
use exeunt_room::{Input, Receipt, Room};
use exeunt_version::RoomVersion;

/// Everything that happened to one room.
#[derive(Clone, Debug)]
pub struct History {
    /// The room version.
    pub version: RoomVersion,
    /// The servers that took part.
    pub servers: Vec<Server>,
    /// What came to them, in the order in which it did.
    pub steps: Vec<Step>,
}

/// A server, and its room at the end.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name.
    pub name: ServerName,
    /// The room at the end.
    pub room: Room,
    /// Whether it knows the room's whole history by itself, and nothing by somebody's word.
    pub is_whole: bool,
}

/// Something came to a server.
#[derive(Clone, Debug)]
pub struct Step {
    /// The server's place.
    pub server: usize,
    /// What came.
    pub input: Input,
    /// The event, if it is one.
    pub event: Option<Event>,
    /// The room before.
    pub before: Room,
    /// What became of it.
    pub receipt: Receipt,
}

/// A step, and the room after it.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'h> {
    /// The history.
    pub history: &'h History,
    /// The step.
    pub step: &'h Step,
    /// The event.
    pub event: &'h Event,
    /// The server's room after it.
    pub after: &'h Room,
}

impl History {
    /// Each event that came to a server, with the rooms before and after; but for the last before a
    /// server began its room anew.
    pub fn arrivals(&self) -> Vec<Arrival<'_>> {
        let mut after: Vec<&Room> = self.servers.iter().map(|server| &server.room).collect();
        let mut arrivals = Vec::with_capacity(self.steps.len());
        for step in self.steps.iter().rev() {
            let Some(room) = after.get_mut(step.server) else { continue };
            let room = std::mem::replace(room, &step.before);
            // Who joins anew begins another room: what the step had left is not known any more.
            let goes_on = room.log().len() >= step.before.log().len();
            if let Some(event) = step.event.as_ref().filter(|_| goes_on) {
                arrivals.push(Arrival { history: self, step, event, after: room });
            }
        }
        arrivals.reverse();
        arrivals
    }

    /// The room of the server that knows most, of those that know the whole history.
    pub(crate) fn whole_room(&self) -> Option<&Room> {
        let whole = self.servers.iter().filter(|server| server.is_whole);
        Some(&whole.max_by_key(|server| server.room.dag().len())?.room)
    }

    /// The events of the room, each once, in the order in which a server first had them.
    pub fn events(&self) -> Vec<&Event> {
        let mut seen: BTreeSet<&EventId> = BTreeSet::new();
        let events = self.steps.iter().filter_map(|step| step.event.as_ref());
        events.filter(|event| seen.insert(event.event_id())).collect()
    }

    /// Whether no event has more than one event before it and none comes beside another: the
    /// history is one line.
    pub fn is_linear(&self) -> bool {
        let mut last: Option<&EventId> = None;
        for event in self.events() {
            let is_next = match (last, event.prev_events()) {
                (None, []) => true,
                (Some(last), [before]) => last == before,
                _ => false,
            };
            if !is_next {
                return false;
            }
            last = Some(event.event_id());
        }
        true
    }
}
