//! A sample event in the form that each room version gives it, and keys to sign it with.

#![allow(dead_code, reason = "every test file uses another part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use exeunt_event::json::{self, Object, Value};
use exeunt_event::signatures::{Keys, PublishedKey, SigningKey, hash_and_sign, required_servers};
use exeunt_event::{Event, EventError};
use exeunt_version::{EventIds, Readings, RoomIds, RoomVersion};
use serde_json::{Value as Json, json};

/// When the sample event was made, in milliseconds since the epoch.
pub(crate) const MADE_AT: i64 = 1_700_000_000_000;

/// The server of the sample event's sender.
pub(crate) const SERVER: &str = "one.example";

pub(crate) fn version(id: &str) -> RoomVersion {
    RoomVersion::specified(id).unwrap()
}

pub(crate) fn read_as(id: &str, reading: &str, choice: &str) -> RoomVersion {
    let mut readings = Readings::default();
    readings.set(reading, choice).unwrap();
    version(id).with_readings(readings)
}

/// The specified versions from `first` to `last`.
pub(crate) fn versions(first: usize, last: usize) -> Vec<RoomVersion> {
    RoomVersion::all().skip(first - 1).take(last + 1 - first).collect()
}

/// A reference to an event, as `prev_events` and `auth_events` have it.
pub(crate) fn reference(version: &RoomVersion, number: usize) -> Json {
    match version.capabilities.event_ids {
        EventIds::Sent => {
            json!([format!("$event{number}:one.example"), { "sha256": "A".repeat(43) }])
        }
        _ => json!(format!("${number:A>43}")),
    }
}

pub(crate) fn references(version: &RoomVersion, count: usize) -> Json {
    (0..count).map(|number| reference(version, number)).collect()
}

/// A message with every field that the version's events have; hash and signatures are for show.
pub(crate) fn pdu(version: &RoomVersion) -> Json {
    let mut pdu = json!({
        "type": "m.room.message",
        "sender": "@alice:one.example",
        "room_id": "!room:one.example",
        "content": { "body": "Exeunt, pursued by a bear" },
        "depth": 7,
        "origin_server_ts": MADE_AT,
        "prev_events": references(version, 1),
        "auth_events": references(version, 3),
        "hashes": { "sha256": "A".repeat(43) },
        "signatures": { SERVER: { "ed25519:1": "A".repeat(86) } },
    });
    if version.capabilities.event_ids == EventIds::Sent {
        pdu["event_id"] = json!("$event:one.example");
    }
    if version.capabilities.room_ids == RoomIds::CreateEvent {
        pdu["room_id"] = json!(format!("!{}", "R".repeat(43)));
    }
    pdu
}

/// The sample event as a state event of that type.
pub(crate) fn state(
    version: &RoomVersion,
    event_type: &str,
    state_key: &str,
    content: Json,
) -> Json {
    let mut pdu = pdu(version);
    pdu["type"] = json!(event_type);
    pdu["state_key"] = json!(state_key);
    pdu["content"] = content;
    pdu
}

pub(crate) fn member(version: &RoomVersion, user: &str, content: Json) -> Json {
    state(version, "m.room.member", user, content)
}

pub(crate) fn bytes(pdu: &Json) -> Vec<u8> {
    serde_json::to_vec(pdu).unwrap()
}

pub(crate) fn parse(pdu: &Json, version: &RoomVersion) -> Result<Event, EventError> {
    Event::parse(&bytes(pdu), version)
}

pub(crate) fn event(pdu: &Json, version: &RoomVersion) -> Event {
    parse(pdu, version).unwrap()
}

/// The text as the workspace's own JSON object.
pub(crate) fn object_of(text: &[u8]) -> Object<'static> {
    match json::parse_lenient(text).unwrap().value.into_owned() {
        Value::Object(object) => object,
        other => panic!("{other:?} is no object"),
    }
}

pub(crate) fn object(pdu: &Json) -> Object<'static> {
    object_of(&bytes(pdu))
}

/// The key of that server and key ID: always the same one.
pub(crate) fn key_of(server: &str, key_id: &str) -> SigningKey {
    let mut seed = [7_u8; 32];
    for (place, byte) in (0..32).cycle().zip(server.bytes().chain(key_id.bytes())) {
        seed[place] = seed[place].wrapping_mul(31).wrapping_add(byte);
    }
    SigningKey::from_seed(server, key_id, &seed)
}

pub(crate) fn key(server: &str) -> SigningKey {
    key_of(server, "ed25519:1")
}

/// A key as its server publishes it.
pub(crate) fn published(
    key: &SigningKey,
    valid_until_ts: Option<i64>,
    expired_ts: Option<i64>,
    version: &RoomVersion,
) -> PublishedKey {
    let key = key.verifying_key(version.readings.ed25519).unwrap();
    PublishedKey { key, valid_until_ts, expired_ts }
}

/// The keys `ed25519:1` of those servers, valid for ever.
pub(crate) fn keys(servers: &[&str], version: &RoomVersion) -> Keys {
    let mut keys = Keys::new();
    for server in servers {
        keys.insert(server, "ed25519:1", published(&key(server), None, None, version));
    }
    keys
}

/// The event signed by every server that must sign it, and by no other.
pub(crate) fn signed(pdu: &Json, version: &RoomVersion) -> Event {
    let mut object = object(pdu);
    object.insert("signatures", Object::new());
    let unsigned = Event::from_object(&object, version).unwrap();
    for server in required_servers(&unsigned, version) {
        hash_and_sign(&mut object, &key(server.as_str()), version);
    }
    Event::from_object(&object, version).unwrap()
}
