//! Events written by hand, for questions about their bytes.

use exeunt_event::base64;
use exeunt_event::json::{self, Object, Value};
use exeunt_event::signatures::{SigningKey, hash_and_sign};
use exeunt_version::{EventIds, RoomIds, RoomVersion};
use serde_json::{Value as Json, json};

use crate::room::object;

/// The key of a server of these examples.
pub(crate) fn key(server: &str) -> SigningKey {
    SigningKey::from_seed(server, "ed25519:1", &seed(server))
}

/// Its seed: the server's first letter, 32 times.
pub(crate) fn seed(server: &str) -> [u8; 32] {
    [server.as_bytes()[0]; 32]
}

/// The keys of servers, as questions have them.
pub(crate) fn keys(servers: &[&str]) -> Json {
    let of = |server: &&str| {
        let public = base64::encode(key(server).public_bytes());
        ((*server).to_owned(), json!({ "ed25519:1": { "key": public } }))
    };
    Json::Object(servers.iter().map(of).collect())
}

/// A JSON text as a value, with numbers as they are spelled.
pub(crate) fn value(text: &str) -> Value<'static> {
    json::parse_any(text.as_bytes()).unwrap().value.into_owned()
}

/// An event of a room version with these fields besides, or instead of, those that every event has.
pub(crate) fn pdu(version: &RoomVersion, fields: &Json) -> Object<'static> {
    let mut pdu = json!({
        "room_id": "!room:a.example",
        "sender": "@alice:a.example",
        "origin_server_ts": 1_700_000_000_000_i64,
        "depth": 5,
        "prev_events": [],
        "auth_events": [],
        "content": {},
    });
    if version.capabilities.event_ids == EventIds::Sent {
        pdu["event_id"] = json!("$event:a.example");
    }
    if version.capabilities.room_ids == RoomIds::CreateEvent {
        pdu["room_id"] = json!("!YW5vdGhlcnJvb21pbnZlcnNpb250d2VsdmVpc2hlcmU");
        if fields["type"] == "m.room.create" {
            pdu.as_object_mut().unwrap().remove("room_id");
        }
    }
    for (key, value) in fields.as_object().unwrap() {
        pdu[key] = value.clone();
    }
    object(&pdu)
}

/// The same with its hash, signed by these servers.
pub(crate) fn signed(version: &RoomVersion, fields: &Json, by: &[&str]) -> Object<'static> {
    let mut pdu = pdu(version, fields);
    for server in by {
        hash_and_sign(&mut pdu, &key(server), version);
    }
    pdu
}

/// A question about a room version.
pub(crate) fn question<'f>(
    op: &'static str,
    version: &RoomVersion,
    fields: impl IntoIterator<Item = (&'f str, Value<'static>)>,
) -> Object<'static> {
    let mut question = Object::new();
    question.insert("op", op);
    question.insert("room_version", version.id().to_owned());
    for (name, value) in fields {
        question.insert(name.to_owned(), value);
    }
    question
}

/// A value of `serde_json` as one of ours.
pub(crate) fn from_json(json: &Json) -> Value<'static> {
    value(&json.to_string())
}
