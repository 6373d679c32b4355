//! Recorded handshakes, signed again by servers whose keys are known.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_event::json::{Object, Value as Json};
use exeunt_event::redaction::redact;
use exeunt_event::signatures::{Keys, PublishedKey, SigningKey, sign_json};
use exeunt_event::{Event, RoomId, ServerName, UserId, hashes};
use exeunt_homeserver::{
    Homeserver, Input, Output, Request, Response, Settings, Specification, XMatrix, sign_request,
};
use exeunt_recordings::handshakes::{Exchange, Handshake, handshake, rebuilt};
use exeunt_room::{Context, Input as RoomInput, Room};
use exeunt_version::{Readings, RoomVersion};
use serde_json::Value;

pub(crate) const HS1: &str = "127.0.0.2:8448";
pub(crate) const HS2: &str = "127.0.0.3:8448";
pub(crate) const ALICE: &str = "@alice:127.0.0.2:8448";
pub(crate) const BOB: &str = "@bob:127.0.0.3:8448";

/// The recording of whose room the events between the join rules and the invite cannot be had.
const WITH_A_GAP: &str = "invite_reject_v1";

/// A key of the test's own under the ID that the server's key has in the recordings.
pub(crate) fn key(server: &str) -> SigningKey {
    match server {
        HS1 => SigningKey::from_seed(HS1, "ed25519:a_ciJD", &[1; 32]),
        HS2 => SigningKey::from_seed(HS2, "ed25519:a_xCKH", &[2; 32]),
        other => panic!("no handshake was recorded with {other}"),
    }
}

pub(crate) fn published(key: &SigningKey) -> PublishedKey {
    let verifying = key.verifying_key(Readings::default().ed25519).unwrap();
    PublishedKey { key: verifying, valid_until_ts: None, expired_ts: None }
}

pub(crate) fn keys() -> Keys {
    let mut keys = Keys::new();
    for key in [key(HS1), key(HS2)] {
        keys.insert(key.server(), key.key_id(), published(&key));
    }
    keys
}

pub(crate) fn server_name(name: &str) -> ServerName {
    ServerName::parse(name).unwrap()
}

pub(crate) fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

/// A homeserver without rooms that knows both servers' keys.
pub(crate) fn homeserver(name: &str, settings: Settings) -> Homeserver {
    let server = Homeserver::new(key(name), settings).unwrap();
    server.step(0, Input::Keys(keys())).0
}

pub(crate) fn object(value: &Value) -> Object<'static> {
    let text = serde_json::to_vec(value).unwrap();
    let parsed = exeunt_event::json::parse_any(&text).unwrap();
    parsed.value.as_object().unwrap().clone().into_owned()
}

pub(crate) fn value(object: &Object<'_>) -> Value {
    serde_json::from_str(&object.as_received()).unwrap()
}

pub(crate) fn body(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

/// Percent-encoding taken away.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
        } else {
            byte
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// The event with signatures of those servers, and its recorded ID and content hash.
///
/// That both are right is checked here, for every event that anything is signed for.
pub(crate) fn signed_by(
    recorded: &Value,
    servers: impl IntoIterator<Item = String>,
    version: &RoomVersion,
) -> Value {
    let mut object = object(recorded);
    object.remove("signatures");
    let before = Event::from_object(&object, version).unwrap();
    let mut redacted = redact(&object, version);
    for server in servers {
        sign_json(&mut redacted, &key(&server));
    }
    object.insert("signatures", redacted.remove("signatures").unwrap().into_owned());
    let event = Event::from_object(&object, version).unwrap();
    assert_eq!(event.event_id(), before.event_id());
    assert!(hashes::content_hash_matches(&event, version), "{recorded}");
    value(&object)
}

/// The value, with every event in it signed again by the servers that signed it.
pub(crate) fn signed_again(recorded: &Value, version: &RoomVersion) -> Value {
    match recorded {
        Value::Object(members) if members.contains_key("hashes") => {
            let servers = members["signatures"].as_object().unwrap().keys().cloned();
            signed_by(recorded, servers, version)
        }
        Value::Object(members) => {
            let again = members.iter().map(|(k, it)| (k.clone(), signed_again(it, version)));
            Value::Object(again.collect())
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| signed_again(item, version)).collect())
        }
        other => other.clone(),
    }
}

pub(crate) fn event(recorded: &Value, version: &RoomVersion) -> Event {
    Event::from_object(&object(recorded), version).unwrap()
}

pub(crate) fn event_id(recorded: &Value, version: &RoomVersion) -> String {
    event(recorded, version).event_id().to_string()
}

/// The recorded request, signed anew, which says in its header what the recorded one says.
pub(crate) fn request(exchange: &Exchange, version: &RoomVersion) -> Request {
    let asked = &exchange.request;
    let to = if exchange.to == "hs1" { HS1 } else { HS2 };
    let body = signed_again(&asked.body, version);
    let content = body.is_object().then(|| object(&body));
    let features = Specification::LATEST.features();
    let (to, key) = (server_name(to), key(&exchange.from));
    let again = sign_request(&asked.method, &asked.path, &to, content.as_ref(), &key, features);
    let header =
        |text: &str| XMatrix { sig: String::new(), ..XMatrix::parse(text).unwrap().unwrap() };
    let mut headers = asked.headers.iter().filter(|(name, _)| name == "Authorization");
    assert_eq!(header(&headers.next().unwrap().1), header(&again.authorization[0]));
    again
}

/// The recorded answer, its events signed again.
pub(crate) fn response(exchange: &Exchange, version: &RoomVersion) -> Response {
    let body = signed_again(&exchange.response.body, version);
    Response { status: exchange.response.status, body: serde_json::to_vec(&body).unwrap() }
}

/// Hands a request over, and gives the answer.
pub(crate) fn ask(server: &mut Homeserver, now: i64, request: Request) -> Response {
    let (next, outputs) = server.step(now, Input::Request { id: 7, request });
    *server = next;
    let answer = outputs.into_iter().find_map(|output| match output {
        Output::Answer { id: 7, response } => Some(response),
        _ => None,
    });
    answer.unwrap()
}

/// The membership of a user in the current state of a room.
pub(crate) fn membership(server: &Homeserver, room_id: &str, user: &str) -> Option<String> {
    let room = server.room(&RoomId::parse(room_id).unwrap())?;
    let mut entries = room.entries(room.current_state());
    let (_, _, id) =
        entries.find(|(kind, key, _)| kind.as_str() == "m.room.member" && *key == user)?;
    let event = room.event(id)?;
    let content = event.object().get("content")?.as_object()?.clone().into_owned();
    content.get("membership").and_then(Json::as_str).map(ToOwned::to_owned)
}

/// What a request is for: the last part of the endpoint's path before its parameters.
pub(crate) fn endpoint(path: &str) -> &str {
    path.split('/').nth(4).unwrap().split('?').next().unwrap()
}

/// A recording, and the rooms that its requests are about.
pub(crate) struct Recording {
    pub(crate) handshake: Handshake,
    pub(crate) version: RoomVersion,
    /// The PDUs that `hs1` had made in each room before the first request, by depth; in version 1
    /// perhaps not all.
    pub(crate) beginnings: BTreeMap<String, Vec<Value>>,
}

impl Recording {
    pub(crate) fn read(name: &str) -> Self {
        let handshake = handshake(name);
        let created = |path: &str| path.ends_with("/createRoom");
        let mut calls = handshake.client.iter().filter(|call| created(&call.path));
        let version = calls.next().unwrap().body["room_version"].as_str().unwrap();
        let version = RoomVersion::specified(version).unwrap();
        let mut found = BTreeMap::new();
        let mut later = BTreeSet::new();
        for exchange in &handshake.federation {
            let asked = &exchange.request;
            collect(&asked.body, &version, &mut found);
            collect(&exchange.response.body, &version, &mut found);
            if exchange.from == HS1 {
                let sent = asked.body["pdus"].as_array().into_iter().flatten();
                let sent = sent.chain(asked.body.get("event"));
                later.extend(sent.map(|event| event_id(event, &version)));
            }
        }
        let rebuilt = rebuilt();
        let mut beginnings: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for (id, recorded) in &found {
            let room_id = event(recorded, &version).room_id().to_string();
            if recorded["sender"] == ALICE && !later.contains(id) {
                beginnings.entry(room_id).or_default().push(recorded.clone());
            }
        }
        for (room_id, events) in &mut beginnings {
            let missing = rebuilt[room_id].as_array().cloned().unwrap_or_default();
            for mut event in missing {
                // Nobody has recorded that it was signed, but so it was.
                event = signed_by(&event, [HS1.to_owned()], &version);
                let id = event_id(&event, &version);
                assert!(is_cited(&id, found.values(), &rebuilt[room_id], &version), "{event}");
                events.push(event);
            }
            events.sort_by_key(|event| event["depth"].as_i64());
        }
        let again =
            |events: Vec<Value>| events.iter().map(|it| signed_again(it, &version)).collect();
        let beginnings = beginnings.into_iter().map(|(id, events)| (id, again(events))).collect();
        Self { handshake, version, beginnings }
    }

    /// `hs1` with its rooms as they were before the first request.
    pub(crate) fn resident(&self) -> Homeserver {
        let mut server = homeserver(HS1, Settings::default());
        for (room_id, events) in &self.beginnings {
            if self.handshake.name == WITH_A_GAP {
                continue;
            }
            let inputs = events.iter().map(|event| RoomInput::Sent(pdu(event, &self.version)));
            let keys = keys();
            let context = Context { keys: Some(&keys) };
            let inputs: Vec<_> = inputs.collect();
            let room = Room::fold(self.version.clone(), &inputs, context);
            assert_eq!(room.room_id().unwrap().as_str(), room_id);
            assert_eq!(room.dag().len(), events.len());
            assert_eq!(room.forward_extremities().len(), 1);
            server.host(room).unwrap();
        }
        server
    }

    /// An event of its own user happens at `hs1`.
    pub(crate) fn happens(&self, server: &mut Homeserver, recorded: &Value) {
        let again = signed_again(recorded, &self.version);
        let event = event(&again, &self.version);
        let input = pdu(&again, &self.version);
        let keys = keys();
        let context = Context { keys: Some(&keys) };
        let mut room = match server.room(event.room_id()) {
            Some(room) => room.clone(),
            None => Room::new(self.version.clone()),
        };
        let input = if room.room_id().is_some() {
            RoomInput::Sent(input)
        } else {
            // Not all of the history before it is known, but all of the state that rules ask for.
            let before = &self.beginnings[event.room_id().as_str()];
            for event in before {
                room.take(&RoomInput::Outlier(pdu(event, &self.version)), context);
            }
            let ids = before.iter().map(|it| self::event(it, &self.version).event_id().clone());
            RoomInput::Given { pdu: input, state: ids.collect() }
        };
        room.take(&input, context);
        assert_eq!(room.forward_extremities(), [event.event_id()]);
        server.host(room).unwrap();
    }
}

pub(crate) fn pdu(recorded: &Value, version: &RoomVersion) -> std::sync::Arc<[u8]> {
    let mut object = object(recorded);
    object.remove("unsigned");
    Event::from_object(&object, version).unwrap().shared_text().into()
}

fn collect(value: &Value, version: &RoomVersion, found: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(members) if members.contains_key("hashes") => {
            let id = event_id(value, version);
            let signers = |event: &Value| event["signatures"].as_object().unwrap().len();
            if found.get(&id).is_none_or(|known| signers(known) < signers(value)) {
                found.insert(id, value.clone());
            }
        }
        Value::Object(members) => members.values().for_each(|it| collect(it, version, found)),
        Value::Array(items) => items.iter().for_each(|it| collect(it, version, found)),
        _ => {}
    }
}

fn is_cited<'e>(
    id: &str,
    recorded: impl Iterator<Item = &'e Value>,
    rebuilt: &'e Value,
    version: &RoomVersion,
) -> bool {
    let mut events = recorded.chain(rebuilt.as_array().unwrap());
    events.any(|citing| {
        let object = object(citing);
        let event = Event::from_object(&object, version).unwrap();
        event.prev_events().iter().chain(event.auth_events()).any(|cited| cited.as_str() == id)
    })
}
