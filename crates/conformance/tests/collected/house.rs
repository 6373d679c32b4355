//! A room of three servers, of which the first is asked.

use exeunt_event::json::{Object, Value};
use exeunt_event::signatures::hash_and_sign;
use exeunt_event::{Event, EventId, ServerName, UserId, base64};
use exeunt_homeserver::{Draft, Specification, compose, sign_request};
use exeunt_room::{Context, Input, Room};
use exeunt_version::{Creator, EventIds, RoomIds, RoomVersion};
use serde_json::{Value as Json, json};

use crate::pdus::{from_json, key, keys, seed};
use crate::room::object;

pub(crate) const A: &str = "a.example";
pub(crate) const B: &str = "b.example";
pub(crate) const C: &str = "c.example";
pub(crate) const ALICE: &str = "@alice:a.example";
pub(crate) const BOB: &str = "@bob:b.example";
pub(crate) const CAROL: &str = "@carol:c.example";

/// When requests are made.
const NOW: i64 = 1_700_000_100_000;

/// A request, before it is signed.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Option<Object<'static>>,
}

pub(crate) fn get(path: impl Into<String>) -> Asked {
    Asked { method: "GET", path: path.into(), body: None }
}

pub(crate) fn put(path: impl Into<String>, body: Object<'static>) -> Asked {
    Asked { method: "PUT", path: path.into(), body: Some(body) }
}

pub(crate) fn post(path: impl Into<String>, body: &Json) -> Asked {
    Asked { method: "POST", path: path.into(), body: Some(object(body)) }
}

#[derive(Clone)]
pub(crate) struct House {
    pub(crate) version: RoomVersion,
    pub(crate) room: Room,
    events: Vec<Object<'static>>,
}

impl House {
    /// A room that Alice created and joined, with that join rule.
    pub(crate) fn new(version: &RoomVersion, join_rule: &Json) -> Self {
        let room = Room::new(version.clone());
        let mut house = Self { version: version.clone(), room, events: Vec::new() };
        let mut content = json!({ "room_version": version.id() });
        if version.capabilities.creator == Creator::Property {
            content["creator"] = json!(ALICE);
        }
        house.send(ALICE, "m.room.create", Some(""), &content);
        house.send(ALICE, "m.room.member", Some(ALICE), &json!({ "membership": "join" }));
        let mut levels = json!({ "users": { ALICE: 100 } });
        if version.capabilities.creator == Creator::Privileged {
            levels = json!({ "users": {} });
        }
        house.send(ALICE, "m.room.power_levels", Some(""), &levels);
        house.send(ALICE, "m.room.join_rules", Some(""), join_rule);
        house
    }

    /// Its events, in order.
    pub(crate) fn events(&self) -> &[Object<'static>] {
        &self.events
    }

    /// The same with Bob in it.
    pub(crate) fn with_bob(version: &RoomVersion) -> Self {
        let mut house = Self::new(version, &json!({ "join_rule": "public" }));
        house.member(BOB, BOB, "join");
        house
    }

    /// An event on top of the room, without hash and signature.
    pub(crate) fn draft(
        &self,
        sender: &str,
        kind: &str,
        state_key: Option<&str>,
        content: &Json,
    ) -> Object<'static> {
        let draft = Draft {
            event_type: kind.to_owned(),
            state_key: state_key.map(str::to_owned),
            sender: UserId::parse(sender).unwrap(),
            content: object(content),
        };
        let time = NOW - 100_000 + 1000 * i64::try_from(self.events.len()).unwrap();
        let mut event = compose(&self.room, &draft, time);
        event.remove("origin");
        let capabilities = &self.version.capabilities;
        if self.events.is_empty() && capabilities.room_ids == RoomIds::Domain {
            event.insert("room_id", "!room:a.example");
        }
        if capabilities.event_ids == EventIds::Sent {
            let domain = sender.split_once(':').unwrap().1;
            event.insert("event_id", format!("${}:{domain}", self.events.len()));
        }
        event
    }

    /// The event with its hash and the signature of its sender's server, and its ID.
    pub(crate) fn seal(&self, mut event: Object<'static>) -> (EventId, Object<'static>) {
        let sender = event.get("sender").and_then(Value::as_str).unwrap().to_owned();
        hash_and_sign(&mut event, &key(sender.split_once(':').unwrap().1), &self.version);
        (self.id(&event), event)
    }

    pub(crate) fn id(&self, event: &Object<'static>) -> EventId {
        Event::from_object(event, &self.version).unwrap().event_id().clone()
    }

    /// Puts an event on top of the room.
    pub(crate) fn send(
        &mut self,
        sender: &str,
        kind: &str,
        state_key: Option<&str>,
        content: &Json,
    ) -> EventId {
        let (id, event) = self.seal(self.draft(sender, kind, state_key, content));
        self.take(&event);
        id
    }

    pub(crate) fn take(&mut self, event: &Object<'static>) {
        self.room.take(&Input::Pdu(event.as_received().into_bytes().into()), Context::default());
        self.events.push(event.clone());
    }

    pub(crate) fn member(&mut self, sender: &str, target: &str, membership: &str) -> EventId {
        self.send(sender, "m.room.member", Some(target), &json!({ "membership": membership }))
    }

    /// The room's ID, as it stands in a path.
    pub(crate) fn name(&self) -> String {
        self.room.room_id().unwrap().to_string()
    }

    /// The question what the first server answers to a request that this one signs.
    pub(crate) fn question(&self, by: &str, asked: &Asked) -> Object<'static> {
        let destination = ServerName::parse(A).unwrap();
        let features = Specification::LATEST.features();
        let (method, path, body) = (asked.method, &asked.path, asked.body.as_ref());
        let signed = sign_request(method, path, &destination, body, &key(by), features);
        let header = signed.authorization.into_iter().next().unwrap();
        self.with_header(asked, Some(&header))
    }

    /// The same with another `Authorization` header.
    pub(crate) fn with_header(&self, asked: &Asked, header: Option<&str>) -> Object<'static> {
        let mut request = Object::new();
        request.insert("method", asked.method);
        request.insert("uri", asked.path.clone());
        if let Some(header) = header {
            request.insert("authorization", header.to_owned());
        }
        if let Some(body) = &asked.body {
            request.insert("body", body.clone());
        }
        let mut room = Object::new();
        room.insert("room_version", self.version.id().to_owned());
        let events: Vec<_> = self.events.iter().cloned().map(Value::from).collect();
        room.insert("events", events);
        let mut homeserver = object(&json!({ "server_name": A, "key_id": "ed25519:1", "now": NOW,
            "seed": base64::encode(seed(A)) }));
        homeserver.insert("rooms", vec![Value::from(room)]);
        let mut question = Object::new();
        question.insert("op", "federation_request");
        question.insert("homeserver", homeserver);
        question.insert("request", request);
        question.insert("keys", from_json(&keys(&[A, B, C])));
        question
    }
}
