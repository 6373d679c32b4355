//! A small room of any version, hashed and signed by its one server.

#![allow(dead_code, reason = "every test file uses another part of it")]

use exeunt_event::json::{self, Object};
use exeunt_event::signatures::{SigningKey, hash_and_sign};
use exeunt_event::{Event, base64};
use exeunt_version::{Creator, EventIds, RoomIds, RoomVersion};
use serde_json::{Value, json};

pub(crate) const ALICE: &str = "@alice:a.example";
pub(crate) const BOB: &str = "@bob:a.example";

/// The server's key, as an answer to `/_matrix/key/v2/server` gives it.
pub(crate) fn keys() -> Value {
    let key = base64::encode(key().public_bytes());
    json!({ "a.example": {
        "server_name": "a.example",
        "valid_until_ts": 2_000_000_000_000_i64,
        "verify_keys": { "ed25519:1": { "key": key } },
        "old_verify_keys": {},
    }})
}

fn key() -> SigningKey {
    SigningKey::from_seed("a.example", "ed25519:1", &[1; 32])
}

/// Hashes and signs a PDU: its ID, and its text on one line.
pub(crate) fn seal(pdu: &Value, version: &RoomVersion) -> (String, String) {
    let text = pdu.to_string();
    let parsed = json::parse_lenient(text.as_bytes()).unwrap();
    let mut object = parsed.value.as_object().unwrap().clone();
    hash_and_sign(&mut object, &key(), version);
    (id(&object, version), object.as_received())
}

fn id(object: &Object<'_>, version: &RoomVersion) -> String {
    Event::from_object(object, version).unwrap().event_id().to_string()
}

/// A room that Alice created and joined, with power levels and a public join rule.
pub(crate) struct Room {
    pub(crate) version: RoomVersion,
    pub(crate) lines: Vec<String>,
    /// The IDs of the create event, Alice's join, the power levels, the join rule, and what came
    /// after them.
    pub(crate) ids: Vec<String>,
    address: String,
}

impl Room {
    pub(crate) fn new(version: &str) -> Self {
        Self::of(RoomVersion::specified(version).unwrap())
    }

    pub(crate) fn of(version: RoomVersion) -> Self {
        let address = "!room:a.example".to_owned();
        let mut room = Self { version, lines: Vec::new(), ids: Vec::new(), address };
        let mut content = json!({ "room_version": room.version.id() });
        if room.version.capabilities.creator == Creator::Property {
            content["creator"] = json!(ALICE);
        }
        room.push(&room.pdu(ALICE, "m.room.create", Some(""), &content, &[]));
        if room.version.capabilities.room_ids == RoomIds::CreateEvent {
            room.address = room.ids[0].replacen('$', "!", 1);
        }
        let join = json!({ "membership": "join" });
        room.push(&room.pdu(ALICE, "m.room.member", Some(ALICE), &join, &[0]));
        let mut levels = json!({ "users": { ALICE: 100 }, "users_default": 0 });
        if room.version.capabilities.creator == Creator::Privileged {
            levels = json!({ "users": {}, "users_default": 0 });
        }
        room.push(&room.pdu(ALICE, "m.room.power_levels", Some(""), &levels, &[0, 1]));
        let public = json!({ "join_rule": "public" });
        room.push(&room.pdu(ALICE, "m.room.join_rules", Some(""), &public, &[0, 1, 2]));
        room
    }

    /// A PDU that follows the last one and cites those at these places. Not hashed or signed.
    pub(crate) fn pdu(
        &self,
        sender: &str,
        event_type: &str,
        state_key: Option<&str>,
        content: &Value,
        cited: &[usize],
    ) -> Value {
        let number = self.lines.len();
        let capabilities = &self.version.capabilities;
        let derived = capabilities.room_ids == RoomIds::CreateEvent;
        let cited = cited.iter().filter(|at| !(derived && **at == 0));
        let mut pdu = json!({
            "type": event_type,
            "sender": sender,
            "content": content,
            "depth": number + 1,
            "origin_server_ts": 1_700_000_000_000_i64 + i64::try_from(number).unwrap(),
            "prev_events": self.ids.last().map(|id| self.refer(id)).into_iter().collect::<Vec<_>>(),
            "auth_events": cited.map(|at| self.refer(&self.ids[*at])).collect::<Vec<_>>(),
        });
        if let Some(key) = state_key {
            pdu["state_key"] = json!(key);
        }
        if !(derived && event_type == "m.room.create") {
            pdu["room_id"] = json!(self.address);
        }
        if capabilities.event_ids == EventIds::Sent {
            pdu["event_id"] = json!(format!("${number}:a.example"));
        }
        pdu
    }

    /// A message that Alice may send.
    pub(crate) fn message(&self, body: &str) -> Value {
        let content = json!({ "msgtype": "m.text", "body": body });
        self.pdu(ALICE, "m.room.message", None, &content, &[0, 1, 2])
    }

    /// An entry of `prev_events` or `auth_events`.
    pub(crate) fn refer(&self, id: &str) -> Value {
        match self.version.capabilities.event_ids {
            EventIds::Sent => json!([id, { "sha256": "" }]),
            _ => json!(id),
        }
    }

    /// Hashes and signs a PDU, and puts it at the end of the room. Its ID.
    pub(crate) fn push(&mut self, pdu: &Value) -> String {
        let (id, line) = seal(pdu, &self.version);
        self.lines.push(line);
        self.ids.push(id.clone());
        id
    }

    /// A message at the end of the room. Its ID.
    pub(crate) fn say(&mut self, body: &str) -> String {
        let pdu = self.message(body);
        self.push(&pdu)
    }

    /// The room as JSON Lines.
    pub(crate) fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line, "\n"]).collect()
    }

    /// The event at a place, as JSON.
    pub(crate) fn event(&self, at: usize) -> Value {
        serde_json::from_str(&self.lines[at]).unwrap()
    }

    /// All events, as JSON: a pool for a question.
    pub(crate) fn pool(&self) -> Value {
        (0..self.lines.len()).map(|at| self.event(at)).collect()
    }
}
