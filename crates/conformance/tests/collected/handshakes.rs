//! Requests of the recorded handshakes, and what the model answers in the place of the server that
//! was asked.
//!
//! Nobody recorded the servers' keys, so that events and requests are signed again with keys of the
//! tests' own. That changes neither event IDs nor content hashes.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_event::base64;
use exeunt_event::json::{Object, Value};
use exeunt_homeserver::Request;
use exeunt_recordings::handshakes::{Exchange, NAMES};
use exeunt_version::SPECIFICATION;
use serde_json::{Value as Json, json};

use crate::collection::{Collection, Question};
use crate::federation::anchor;
use crate::pdus::from_json;
use crate::replay::{HS1, HS2, Recording, decoded, endpoint, key, request, signed_again};

/// The time of requests whose answers have none of their own.
const NOW: i64 = 1_900_000_000_000;

/// The room of which not all events before the invite can be had.
const WITH_A_GAP: &str = "invite_reject_v1";

pub(crate) fn collect(into: &mut Collection) {
    // Many handshakes begin alike: of requests with one answer the first will do.
    let mut seen = BTreeSet::new();
    for name in NAMES.into_iter().filter(|name| *name != "capabilities") {
        let mut servers = Servers::new(name);
        for exchange in servers.recording.handshake.federation.clone() {
            servers.ask(into, &mut seen, &exchange);
            servers.learn(&exchange);
        }
    }
}

/// What both servers know, as the requests tell it.
struct Servers {
    name: &'static str,
    recording: Recording,
    /// The events of each room at the server that has it.
    resident: BTreeMap<String, Vec<Json>>,
    /// The rooms that `hs2` has joined.
    joined: BTreeSet<String>,
}

impl Servers {
    fn new(name: &'static str) -> Self {
        let recording = Recording::read(name);
        let mut resident = recording.beginnings.clone();
        for event in resident.values_mut().flatten() {
            event.as_object_mut().unwrap().remove("unsigned");
        }
        Self { name, recording, resident, joined: BTreeSet::new() }
    }

    /// What is asked here, once for each kind of answer.
    fn ask(&self, into: &mut Collection, seen: &mut BTreeSet<String>, exchange: &Exchange) {
        let (asked, answered) = (&exchange.request, &exchange.response);
        let kind = endpoint(&asked.path);
        // Profiles are not the protocol's.
        if kind == "query" {
            return;
        }
        let is_resident = exchange.to == "hs1";
        if is_resident && self.name == WITH_A_GAP {
            return;
        }
        let version = self.recording.version.id();
        let membership = membership(&asked.body);
        let alike = format!("{version} {kind} {is_resident} {} {membership}", answered.status);
        if seen.contains(&alike) {
            return;
        }
        let request = self.request(exchange);
        let family = match kind {
            "state_ids" => "history".to_owned(),
            kind => kind.replace('_', "-"),
        };
        let status = into.answer(&request).get("ok").and_then(Value::as_object).cloned();
        let status = status.and_then(|ok| ok.get("status")?.as_integer());
        assert_eq!(status, Some(i64::from(answered.status)), "{} {}", self.name, asked.path);
        seen.insert(alike);
        let comment = format!(
            "From a recorded handshake ({}): the real server answered {} too.",
            self.name, answered.status
        );
        let link = format!(
            "https://spec.matrix.org/{SPECIFICATION}/server-server-api/#{}",
            anchor(&family)
        );
        let question = Question::new("recorded", self.name, comment, request);
        into.add(question.filed(family).linked(link).about_security(answered.status == 403));
    }

    fn request(&self, exchange: &Exchange) -> Object<'static> {
        let name = if exchange.to == "hs1" { HS1 } else { HS2 };
        let is_there = |room: &&String| {
            let is_resident = exchange.to == "hs1" || self.joined.contains(*room);
            is_resident && self.matters(room, exchange)
        };
        let rooms = self.resident.keys().filter(is_there).map(|room| {
            json!({ "room_version": self.recording.version.id(), "events": self.resident[room] })
        });
        let rooms: Vec<Json> = rooms.collect();
        let own = key(name);
        let homeserver = json!({ "server_name": name, "key_id": own.key_id(),
            "seed": base64::encode(seed(name)), "rooms": rooms, "now": now(exchange) });
        let keys = [HS1, HS2].map(|name| {
            let key = key(name);
            let public = base64::encode(key.public_bytes());
            (name.to_owned(), json!({ key.key_id(): { "key": public } }))
        });
        let mut question = Object::new();
        question.insert("op", "federation_request");
        question.insert("homeserver", from_json(&homeserver));
        question.insert("request", of_request(&request(exchange, &self.recording.version)));
        question.insert("keys", from_json(&Json::Object(keys.into_iter().collect())));
        question
    }

    /// Whether the request is about the room, or may depend on it: somebody may join one room
    /// because they are in another.
    fn matters(&self, room: &str, exchange: &Exchange) -> bool {
        let asked = &exchange.request;
        let is_named = decoded(&asked.path).contains(room) || asked.body.to_string().contains(room);
        is_named || self.name.starts_with("restricted")
    }

    /// What happened by the request, or before it at the server that asks.
    fn learn(&mut self, exchange: &Exchange) {
        let (asked, answered) = (&exchange.request, &exchange.response);
        if answered.status != 200 {
            return;
        }
        let events = match endpoint(&asked.path) {
            // As the invited server gave it back, with its signature.
            "invite" | "send_join" => vec![answered.body["event"].clone()],
            "send_leave" | "send_knock" => vec![asked.body.clone()],
            "send" => asked.body["pdus"].as_array().cloned().unwrap_or_default(),
            _ => Vec::new(),
        };
        for event in events {
            let version = &self.recording.version;
            let room = event["room_id"].as_str().unwrap().to_owned();
            let mut event = signed_again(&event, version);
            event.as_object_mut().unwrap().remove("unsigned");
            if endpoint(&asked.path) == "send_join" {
                self.joined.insert(room.clone());
            }
            self.resident.entry(room).or_default().push(event);
        }
    }
}

/// The seeds of the keys that `replay::key` has.
fn seed(server: &str) -> [u8; 32] {
    if server == HS1 { [1; 32] } else { [2; 32] }
}

/// When the request came: a template says when it was made.
fn now(exchange: &Exchange) -> i64 {
    exchange.response.body["event"]["origin_server_ts"].as_i64().unwrap_or(NOW)
}

/// The membership that a request is about, if it brings an event.
fn membership(body: &Json) -> &str {
    let event = body.get("event").or_else(|| body.get("pdus").map(|pdus| &pdus[0]));
    event.unwrap_or(body)["content"]["membership"].as_str().unwrap_or_default()
}

fn of_request(request: &Request) -> Object<'static> {
    let mut object = Object::new();
    object.insert("method", request.method.clone());
    object.insert("uri", request.uri.clone());
    object.insert("authorization", request.authorization[0].clone());
    if let Some(body) = &request.body {
        let body: Json = serde_json::from_slice(body).unwrap();
        object.insert("body", from_json(&body));
    }
    object
}
