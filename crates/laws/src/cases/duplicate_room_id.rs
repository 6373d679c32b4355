use exeunt_event::EventType;
use exeunt_room::{Outcome, Standing};
use exeunt_version::{RoomIds, RoomVersion};

use super::{Case, Presence};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "duplicate-room-id",
    sentence: "Two create events with the same room ID are both accepted, so that one room has two \
               beginnings.",
    source: "https://github.com/matrix-org/matrix-spec-proposals/pull/4291",
    events: 2,
    presence: |version: &RoomVersion| {
        let is_chosen = version.capabilities.room_ids == RoomIds::Domain;
        Presence::when(is_chosen, "a room ID is the hash of its create event (MSC4291)")
    },
    found,
};

fn found(history: &History) -> Option<Witness> {
    let accepted = history.arrivals().into_iter().filter(|arrival| {
        *arrival.event.event_type() == EventType::Create
            && arrival.step.receipt.outcome == Outcome::Decided(Standing::Accepted)
    });
    let creates: Vec<_> = accepted.map(|arrival| (arrival.step.server, arrival.event)).collect();
    let (first, other) = creates.iter().enumerate().find_map(|(at, (server, event))| {
        let of_server = creates[..at].iter().filter(|(of, _)| of == server);
        let other = of_server.map(|(_, other)| other).find(|other| {
            other.event_id() != event.event_id() && other.room_id() == event.room_id()
        });
        Some((other?, event))
    })?;
    let sentence = format!("{} has two create events", first.room_id());
    Some(Witness::new(sentence, [first, other].map(|event| event.event_id().clone())))
}
