//! Events from drafts.

use exeunt_event::json::{Object, Value};
use exeunt_event::{EventId, base64, hashes};
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

/// The event of a draft there, unless lies put it elsewhere: as an object, without signatures.
pub(crate) fn at(spot: Spot<'_>, (sender, draft): (&str, &Draft), lies: &[Lie]) -> Object<'static> {
    let Spot { sight, prev, time, number } = spot;
    let (room, version) = (sight.room, sight.room.version());
    let depth = prev.iter().filter_map(|id| room.record(id)).map(Record::depth).max();
    let depth = depth.unwrap_or(0).saturating_add(1).min(version.capabilities.maximum_depth);
    let auth = cite::selection(sight, sender, draft);
    let mut place = Place { prev, auth, depth, time, number };
    lie::about_place(&mut place, lies, room, version);
    hashed(object(version, room, (sender, draft), &place), version)
}

/// An event's fields but for its hash: enough to find out what it should cite.
fn object(
    version: &RoomVersion,
    room: &Room,
    (sender, draft): (&str, &Draft),
    place: &Place,
) -> Object<'static> {
    let mut object: Object<'static> = [
        ("type", Value::from(draft.event_type)),
        ("sender", Value::from(sender.to_owned())),
        ("content", Value::from(draft.content.clone())),
        ("auth_events", references(&place.auth, version)),
        ("prev_events", references(&place.prev, version)),
        ("depth", Value::from(place.depth)),
        ("origin_server_ts", Value::from(place.time)),
        ("signatures", Value::from(Object::new())),
    ]
    .into_iter()
    .collect();
    if let Some(key) = &draft.state_key {
        object.insert("state_key", key.clone());
    }
    if let Some(redacted) = &draft.redacts {
        if version.capabilities.redacts_in_content {
            if let Some(Value::Object(content)) = object.get_mut("content") {
                content.insert("redacts", redacted.to_string());
            }
        } else {
            object.insert("redacts", redacted.to_string());
        }
    }
    let derives_room = version.capabilities.room_ids == RoomIds::CreateEvent;
    // Another create event may claim to be of the room.
    if !derives_room || room.room_id().is_some() {
        let room_id = room.room_id().map_or("!room:one.example", |id| id.as_str());
        object.insert("room_id", room_id.to_owned());
    }
    if version.capabilities.event_ids == EventIds::Sent {
        // An ID that says nothing of when the event was made, as ties are broken by IDs.
        let mixed = place.number.wrapping_add(1).wrapping_mul(0x9e37_79b1);
        let domain = sender.split_once(':').map_or("one.example", |(_, domain)| domain);
        object.insert(
            "event_id",
            match version.capabilities.room_ids {
                RoomIds::Domain => format!("${mixed:08x}:{domain}"),
                RoomIds::CreateEvent => format!("${mixed:08x}{:A>35}", ""),
            },
        );
    }
    object
}

/// With the right content hash, and no signatures.
fn hashed(mut object: Object<'static>, version: &RoomVersion) -> Object<'static> {
    let hash = base64::encode(hashes::content_hash(&object, version));
    object.insert("hashes", Object::from_iter([("sha256", hash)]));
    object
}

fn references(ids: &[EventId], version: &RoomVersion) -> Value<'static> {
    let reference = |id: &EventId| {
        let id = Value::from(id.to_string());
        if version.capabilities.event_ids == EventIds::Sent {
            Value::Array(vec![id, Value::from(Object::new())])
        } else {
            id
        }
    };
    Value::Array(ids.iter().map(reference).collect())
}
