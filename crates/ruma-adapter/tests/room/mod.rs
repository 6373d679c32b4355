//! A small room of any version, made by the adapter itself.

#![allow(dead_code, reason = "every test file uses another part of it")]

use serde_json::{Value, json};

pub(crate) const ALICE: &str = "@alice:a.example";
pub(crate) const BOB: &str = "@bob:a.example";
pub(crate) const SEED: &str = "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1";

/// What ruma calls a version.
pub(crate) fn versions() -> impl Iterator<Item = String> {
    (1..=12).map(|number| number.to_string())
}

pub(crate) fn answer(question: &Value) -> Value {
    serde_json::from_str(&exeunt_ruma_adapter::answer(question.to_string().as_bytes())).unwrap()
}

/// The `ok` of the answer.
pub(crate) fn ok(question: &Value) -> Value {
    let answer = answer(question);
    answer.get("ok").cloned().unwrap_or_else(|| panic!("{question}: {answer}"))
}

/// The code of the error.
pub(crate) fn code(question: &Value) -> String {
    let answer = answer(question);
    let code = answer["error"]["code"].as_str().map(ToOwned::to_owned);
    code.unwrap_or_else(|| panic!("{question}: {answer}"))
}

/// Events of a room, signed by its one server.
pub(crate) struct Room {
    pub(crate) version: String,
    pub(crate) events: Vec<Value>,
    pub(crate) ids: Vec<String>,
}

impl Room {
    /// Alice has created the room and joined it, has all power, and lets everybody join.
    pub(crate) fn new(version: &str) -> Self {
        let mut room = Self { version: version.to_owned(), events: Vec::new(), ids: Vec::new() };
        let create = json!({ "creator": ALICE, "room_version": version });
        room.push(ALICE, "m.room.create", Some(""), &create, &[]);
        room.push(ALICE, "m.room.member", Some(ALICE), &json!({ "membership": "join" }), &[0]);
        let users = if version == "12" { json!({}) } else { json!({ ALICE: 100 }) };
        room.push(ALICE, "m.room.power_levels", Some(""), &json!({ "users": users }), &[0, 1]);
        let public = json!({ "join_rule": "public" });
        room.push(ALICE, "m.room.join_rules", Some(""), &public, &[0, 1, 2]);
        room
    }

    /// Whether events carry their IDs, and name others in pairs.
    fn is_old(&self) -> bool {
        matches!(self.version.as_str(), "1" | "2")
    }

    /// An event that follows the last one and cites those at these places. Not signed.
    pub(crate) fn pdu(
        &self,
        sender: &str,
        event_type: &str,
        state_key: Option<&str>,
        content: &Value,
        cited: &[usize],
    ) -> Value {
        let number = self.ids.len();
        let refer = |id: &String| if self.is_old() { json!([id, {}]) } else { json!(id) };
        let is_derived = self.version == "12";
        let cited = cited.iter().filter(|at| !is_derived || **at > 0);
        let mut pdu = json!({
            "type": event_type,
            "sender": sender,
            "content": content,
            "depth": number + 1,
            "origin_server_ts": 1_000 + number,
            "prev_events": self.ids.last().map(refer).into_iter().collect::<Vec<_>>(),
            "auth_events": cited.map(|at| refer(&self.ids[*at])).collect::<Vec<_>>(),
        });
        if let Some(key) = state_key {
            pdu["state_key"] = json!(key);
        }
        if !is_derived {
            pdu["room_id"] = json!("!room:a.example");
        } else if let Some(create) = self.ids.first() {
            pdu["room_id"] = json!(create.replacen('$', "!", 1));
        }
        if self.is_old() {
            pdu["event_id"] = json!(format!("${number}:a.example"));
        }
        pdu
    }

    /// Signs such an event and puts it at the end. Its ID.
    pub(crate) fn push(
        &mut self,
        sender: &str,
        event_type: &str,
        state_key: Option<&str>,
        content: &Value,
        cited: &[usize],
    ) -> String {
        let pdu = self.pdu(sender, event_type, state_key, content, cited);
        let signed = ok(&self.question(
            "sign",
            &json!({ "event": pdu, "server": "a.example", "key_id": "ed25519:1", "seed": SEED }),
        ));
        let event = signed["event"].clone();
        let id = ok(&self.question("event_id", &json!({ "event": event })));
        self.ids.push(id["event_id"].as_str().unwrap().to_owned());
        self.events.push(event);
        self.ids.last().unwrap().clone()
    }

    /// A question about the version.
    pub(crate) fn question(&self, op: &str, fields: &Value) -> Value {
        let mut question = json!({ "id": op, "op": op, "room_version": self.version });
        question.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        question
    }

    /// A good question of each op that has fields.
    pub(crate) fn questions(&self) -> Vec<Value> {
        let event = &self.events[3];
        vec![
            self.question("canonical_json", &json!({ "value": { "b": [1, "x"], "a": null } })),
            self.question("event_id", &json!({ "event": event })),
            self.question("redact", &json!({ "event": event })),
            self.question(
                "sign",
                &json!({ "event": event, "server": "a", "key_id": "ed25519:1", "seed": SEED }),
            ),
            self.question("check_signatures", &json!({ "event": event, "keys": {} })),
            self.question("authorise", &json!({ "event": event, "events": self.events })),
            self.question(
                "authorise",
                &json!({ "event": event, "events": self.events, "state": self.ids, "rejected": [] }),
            ),
            self.question("resolve", &json!({ "state_sets": [self.ids], "events": self.events })),
        ]
    }
}
