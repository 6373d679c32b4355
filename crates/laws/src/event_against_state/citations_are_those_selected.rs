use std::collections::BTreeSet;

use exeunt_auth::Selection;
use exeunt_event::{Event, EventType};
use exeunt_room::{Outcome, Room};
use exeunt_version::{RoomIds, RoomVersion};

use crate::{About, Answer, Arrival, Expected, Law, Witness};

pub(super) const LAW: Law = Law {
    id: "S22",
    name: "citations-are-those-selected",
    sentence: "An event that is not rejected cites at most one event of each type and state key, each \
               of them of the room, not rejected, and of those that the auth events selection names, \
               and the create event, unless the room ID stands for that.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Arrival(check),
};

fn check(it: &Arrival<'_>) -> Answer {
    let is_decided = match &it.step.receipt.outcome {
        Outcome::Decided(standing) => !standing.is_rejected(),
        _ => false,
    };
    if !is_decided || *it.event.event_type() == EventType::Create {
        return Answer::Silent;
    }
    // Who begins with somebody's word may find out later that something is to be rejected.
    let server = it.history.servers.get(it.step.server);
    let knows_all = server.is_some_and(|server| server.is_whole);
    let wrong = wrong(it.room, it.event, knows_all);
    Answer::of(wrong.is_none(), || {
        Witness::new(wrong.unwrap_or_default(), [it.event.event_id().clone()])
    })
}

/// What is wrong with the citations of an event.
fn wrong(room: &Room, event: &Event, knows_all: bool) -> Option<&'static str> {
    let version = room.version();
    let selection = Selection::new(event, version);
    let mut seen = BTreeSet::new();
    let mut has_create = version.capabilities.room_ids == RoomIds::CreateEvent;
    for id in event.auth_events() {
        let Some(cited) = room.event(id) else { return Some("it cites what is not there") };
        let is_rejected = room.record(id).is_some_and(|record| record.standing().is_rejected());
        if is_rejected && knows_all {
            return Some("it cites a rejected event");
        }
        let Some(key) = cited.state_key() else { return Some("it cites what is no state") };
        if !selection.contains(cited.event_type(), key) {
            return Some("it cites what the selection does not name");
        }
        if cited.room_id() != event.room_id() {
            return Some("it cites an event of another room");
        }
        has_create |= *cited.event_type() == EventType::Create;
        if !seen.insert((cited.event_type().clone(), key.to_owned())) {
            return Some("it cites two events of one type and state key");
        }
    }
    (!has_create).then_some("it does not cite the create event")
}
