//! Small rooms whose events have names, in which anything may be written, also what no rule lets in.

use std::collections::BTreeMap;

use exeunt_event::json::Value;
use exeunt_event::{Event, EventId};
use exeunt_version::{Creator, EventIds, RoomIds, RoomVersion};
use serde_json::{Value as Json, json};

use crate::collection::{Collection, Question};
use crate::house::{ALICE, BOB};
use crate::pdus::question;
use crate::rules::{authorise, bare};

/// A room in the making.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) version: RoomVersion,
    events: Vec<Event>,
    ids: BTreeMap<&'static str, EventId>,
    rejected: Vec<EventId>,
    /// The time of the next event.
    pub(crate) time: i64,
}

impl Story {
    /// Alice has created a public room and joined it: `create`, `alice`, `rules`.
    pub(crate) fn new(version: &RoomVersion) -> Self {
        Self::created_with(version, &json!({}))
    }

    /// The same, with these members of the create event instead of others.
    pub(crate) fn created_with(version: &RoomVersion, content: &Json) -> Self {
        let (ids, events, rejected) = Default::default();
        let mut story = Self { version: version.clone(), events, ids, rejected, time: 0 };
        let mut whole = json!({ "room_version": version.id() });
        if version.capabilities.creator == Creator::Property {
            whole["creator"] = json!(ALICE);
        }
        for (name, value) in content.as_object().unwrap() {
            whole[name] = value.clone();
        }
        story.state("create", ("m.room.create", ""), ALICE, &whole, &[]);
        story.join("alice", ALICE, &["create"]);
        let public = json!({ "join_rule": "public" });
        story.state("rules", ("m.room.join_rules", ""), ALICE, &public, &["create", "alice"]);
        story
    }

    pub(crate) fn state(
        &mut self,
        name: &'static str,
        (kind, state_key): (&str, &str),
        sender: &str,
        content: &Json,
        cited: &[&str],
    ) {
        let fields = json!({ "type": kind, "state_key": state_key, "content": content });
        self.event(name, sender, fields, cited);
    }

    /// An event that cites those of the names. Where room IDs stand for create events, only
    /// `create!` cites that.
    pub(crate) fn event(
        &mut self,
        name: &'static str,
        sender: &str,
        mut pdu: Json,
        cited: &[&str],
    ) {
        self.time += 1;
        let capabilities = &self.version.capabilities;
        let is_sent = capabilities.event_ids == EventIds::Sent;
        let is_implied = capabilities.room_ids == RoomIds::CreateEvent;
        let own = format!("${name}:a.example");
        let reference = |cited: &str| {
            let id =
                self.ids.get(cited.trim_end_matches('!')).map_or(own.clone(), EventId::to_string);
            if is_sent { json!([id, {}]) } else { json!(id) }
        };
        let cited = cited.iter().filter(|cited| !is_implied || **cited != "create");
        let more = json!({
            "sender": sender,
            "auth_events": cited.map(|cited| reference(cited)).collect::<Json>(),
            "prev_events": [],
            "depth": self.time,
            "origin_server_ts": self.time,
        });
        for (name, value) in more.as_object().unwrap() {
            pdu[name] = value.clone();
        }
        if is_sent && pdu.get("event_id").is_none() {
            pdu["event_id"] = json!(own);
        }
        if !is_implied {
            pdu["room_id"] = json!("!room:a.example");
        } else if let Some(create) = self.ids.get("create") {
            pdu["room_id"] = json!(create.room().to_string());
        }
        let event = Event::parse(pdu.to_string().as_bytes(), &self.version).unwrap();
        self.ids.insert(name, event.event_id().clone());
        self.events.push(event);
    }

    pub(crate) fn member(
        &mut self,
        name: &'static str,
        user: &str,
        sender: &str,
        membership: &str,
        cited: &[&str],
    ) {
        let content = json!({ "membership": membership, "displayname": name });
        self.state(name, ("m.room.member", user), sender, &content, cited);
    }

    pub(crate) fn join(&mut self, name: &'static str, user: &str, cited: &[&str]) {
        self.member(name, user, user, "join", cited);
    }

    pub(crate) fn levels(&mut self, name: &'static str, content: &Json, cited: &[&str]) {
        self.state(name, ("m.room.power_levels", ""), ALICE, content, cited);
    }

    /// A message of Alice's.
    pub(crate) fn message(&mut self, name: &'static str, cited: &[&str]) {
        self.event(name, ALICE, json!({ "type": "m.room.message", "content": {} }), cited);
    }

    /// Bob is invited by Alice.
    pub(crate) fn invite(&mut self, name: &'static str, cited: &[&str]) {
        self.member(name, BOB, ALICE, "invite", cited);
    }

    pub(crate) fn reject(&mut self, name: &str) {
        self.rejected.push(self.ids[name].clone());
    }

    /// Asks whether the last event may happen, given the state of these, or by its auth events.
    pub(crate) fn ask(
        &self,
        into: &mut Collection,
        (name, comment): (&str, &str),
        state: Option<&[&str]>,
    ) {
        let state: Option<Vec<_>> = state.map(|names| self.ids_of(names));
        let (event, pool) = self.events.split_last().unwrap();
        let asked = authorise(&self.version, event, pool, &[], state.as_deref());
        into.add(Question::new("by-hand", name, comment, asked));
    }

    /// Asks which state the states of these events come to.
    pub(crate) fn resolve(
        &self,
        into: &mut Collection,
        (name, comment): (&str, &str),
        states: &[&[&str]],
    ) {
        let ids = |ids: Vec<EventId>| ids.iter().map(EventId::to_string).collect::<Vec<_>>();
        let sets = states.iter().map(|names| Value::from(ids(self.ids_of(names))));
        let events = self.events.iter().map(|event| Value::from(bare(event)));
        let fields = [
            ("state_sets", sets.collect::<Vec<_>>().into()),
            ("events", events.collect::<Vec<_>>().into()),
        ];
        let mut asked = question("resolve", &self.version, fields);
        if !self.rejected.is_empty() {
            asked.insert("rejected", ids(self.rejected.clone()));
        }
        into.add(Question::new("by-hand", name, comment, asked).filed("divergences"));
    }

    fn ids_of(&self, names: &[&str]) -> Vec<EventId> {
        names.iter().map(|name| self.ids[name].clone()).collect()
    }
}
