//! Events from drafts.

use exeunt_event::EventId;
use exeunt_event::hashes::Hashed;
use exeunt_event::json::{Object, Value};
use exeunt_room::{Record, Room};
use exeunt_version::{EventIds, RoomIds, RoomVersion};

use super::sight::Sight;
use super::{cite, lie};
use crate::Lie;

/// An event to be made.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) event_type: &'static str,
    pub(crate) state_key: Option<String>,
    pub(crate) sender: usize,
    pub(crate) content: Object<'static>,
    /// What a redaction redacts.
    pub(crate) redacts: Option<EventId>,
}

impl Draft {
    pub(crate) fn state(
        event_type: &'static str,
        state_key: impl Into<String>,
        sender: usize,
        content: Object<'static>,
    ) -> Self {
        let state_key = Some(state_key.into());
        Self { event_type, state_key, sender, content, redacts: None }
    }
}

/// Where an event stands, and when.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) prev: Vec<EventId>,
    pub(crate) auth: Vec<EventId>,
    pub(crate) depth: i64,
    pub(crate) time: i64,
    /// A number that no other event has.
    pub(crate) number: u32,
}

/// Where somebody is about to send an event.
#[derive(Clone)]
pub(crate) struct Spot<'r> {
    /// What they see.
    pub(crate) sight: Sight<'r>,
    pub(crate) prev: Vec<EventId>,
    pub(crate) time: i64,
    /// A number that no other event has.
    pub(crate) number: u32,
}

/// The place of a draft there, unless lies put it elsewhere.
pub(crate) fn place(spot: &Spot<'_>, (sender, draft): (&str, &Draft), lies: &[Lie]) -> Place {
    let (room, prev) = (spot.sight.room, spot.prev.clone());
    let version = room.version();
    let depth = prev.iter().filter_map(|id| room.record(id)).map(Record::depth).max();
    let depth = depth.unwrap_or(0).saturating_add(1).min(version.capabilities.maximum_depth);
    let auth = cite::selection(&spot.sight, sender, draft);
    let mut place = Place { prev, auth, depth, time: spot.time, number: spot.number };
    lie::about_place(&mut place, lies, room, version);
    place
}

/// The event of a draft at a place, with its content hash and without signatures.
pub(crate) fn event<'p>(
    room: &'p Room,
    (sender, draft): (&'p str, Draft),
    place: &'p Place,
) -> Hashed<'p> {
    let version = room.version();
    let Draft { event_type, state_key, mut content, redacts, .. } = draft;
    let mut redacts = redacts.map(|redacted| redacted.as_str().to_owned());
    if version.capabilities.redacts_in_content
        && let Some(redacted) = redacts.take()
    {
        content.insert("redacts", redacted);
    }
    let derives_room = version.capabilities.room_ids == RoomIds::CreateEvent;
    // Another create event may claim to be of the room.
    let room_id = match room.room_id() {
        None if derives_room => None,
        known => Some(known.map_or("!room:one.example", |id| id.as_str())),
    };
    // Sorted already, but for the hash.
    let fields = [
        Some(("auth_events", references(&place.auth, version))),
        Some(("content", Value::from(content))),
        Some(("depth", Value::from(place.depth))),
        event_id(version, sender, place).map(|id| ("event_id", Value::from(id))),
        Some(("origin_server_ts", Value::from(place.time))),
        Some(("prev_events", references(&place.prev, version))),
        redacts.map(|redacted| ("redacts", Value::from(redacted))),
        room_id.map(|id| ("room_id", Value::from(id))),
        Some(("sender", Value::from(sender))),
        Some(("signatures", Value::from(Object::new()))),
        state_key.map(|key| ("state_key", Value::from(key))),
        Some(("type", Value::from(event_type))),
    ];
    Hashed::new(fields.into_iter().flatten().collect(), version)
}

/// In the versions whose events are sent with their IDs, one that says nothing of when the event was
/// made, as ties are broken by IDs.
fn event_id(version: &RoomVersion, sender: &str, place: &Place) -> Option<String> {
    if version.capabilities.event_ids != EventIds::Sent {
        return None;
    }
    let mixed = place.number.wrapping_add(1).wrapping_mul(0x9e37_79b1);
    let domain = sender.split_once(':').map_or("one.example", |(_, domain)| domain);
    Some(match version.capabilities.room_ids {
        RoomIds::Domain => format!("${mixed:08x}:{domain}"),
        RoomIds::CreateEvent => format!("${mixed:08x}{:A>35}", ""),
    })
}

fn references<'p>(ids: &'p [EventId], version: &RoomVersion) -> Value<'p> {
    let reference = |id: &'p EventId| {
        let id = Value::from(id.as_str());
        if version.capabilities.event_ids == EventIds::Sent {
            Value::Array(vec![id, Value::from(Object::new())])
        } else {
            id
        }
    };
    Value::Array(ids.iter().map(reference).collect())
}
