//! A small room to try events in, in the form of each room version.

#![allow(dead_code, unused_imports, reason = "every test file uses another part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod draft;
mod third_party;

use std::collections::BTreeMap;

use exeunt_auth::{
    AuthEvent, MissingAuthEvent, Selection, ServerSignatures, State as _, StateMap, Verdict,
    Witness, check_auth_events, check_by_auth_events, check_state,
};
use exeunt_event::{Event, EventId, EventType, ServerName};
use exeunt_version::{Creator, EventIds, Readings, RoomIds, RoomVersion};
use serde_json::{Value as Json, json};

pub(crate) use draft::{Draft, member, message, state_event};
pub(crate) use third_party::{invite_keys, public_key, signed, signed_at};

/// Who created the room.
pub(crate) const ALICE: &str = "@alice:a.example";
pub(crate) const BOB: &str = "@bob:b.example";
pub(crate) const CAROL: &str = "@carol:c.example";
/// On the creator's server.
pub(crate) const DAVE: &str = "@dave:a.example";

/// The specified version of that number.
pub(crate) fn version(number: u8) -> RoomVersion {
    RoomVersion::specified(&number.to_string()).unwrap()
}

/// The version with one reading set.
pub(crate) fn read_as(version: RoomVersion, reading: &str, choice: &str) -> RoomVersion {
    let mut readings: Readings = version.readings;
    readings.set(reading, choice).unwrap();
    version.with_readings(readings)
}

/// A room: a version, a state, and every event that may be cited.
pub(crate) struct Room {
    pub(crate) version: RoomVersion,
    pub(crate) create: Event,
    pub(crate) state: StateMap,
    known: BTreeMap<EventId, (Event, bool)>,
    name: &'static str,
    made: u32,
}

impl Room {
    /// A room that Alice created and joined, with nothing else in its state.
    pub(crate) fn new(version: RoomVersion) -> Self {
        Self::named("room", version, &json!({}))
    }

    /// Another room like it.
    pub(crate) fn other(&self) -> Self {
        Self::named("other", self.version.clone(), &json!({ "other": true }))
    }

    fn named(name: &'static str, version: RoomVersion, content: &Json) -> Self {
        let draft = creation(&version, content);
        let create = seal(&draft, &version, name, None, 0, &[]).unwrap();
        let mut room =
            Self { version, create, state: StateMap::new(), known: BTreeMap::new(), name, made: 1 };
        let create = room.create.clone();
        room.know(&create);
        room.state.insert(create);
        room.member_is(ALICE, "join");
        room
    }

    /// Starts again with a create event that says this as well.
    pub(crate) fn created_with(&mut self, content: &Json) {
        *self = Self::named(self.name, self.version.clone(), content);
    }

    /// A create event for the room, which says this as well.
    pub(crate) fn creation(&self, content: &Json) -> Draft {
        creation(&self.version, content)
    }

    /// Makes an event and puts it into the state.
    pub(crate) fn put(&mut self, draft: &Draft) -> Event {
        let event = self.make(draft);
        self.know(&event);
        self.state.insert(event.clone());
        event
    }

    /// Makes an event that may be cited, and leaves the state as it is.
    pub(crate) fn aside(&mut self, draft: &Draft) -> Event {
        let event = self.make(draft);
        self.know(&event);
        event
    }

    /// Puts a membership into the state.
    pub(crate) fn member_is(&mut self, user: &str, membership: &str) -> Event {
        let sender = if ["invite", "ban"].contains(&membership) { ALICE } else { user };
        self.put(&member(sender, user, membership))
    }

    /// Puts the join rule into the state.
    pub(crate) fn join_rule(&mut self, rule: &str) -> Event {
        self.put(&state_event(ALICE, "m.room.join_rules", "", json!({ "join_rule": rule })))
    }

    /// Puts power levels into the state.
    pub(crate) fn levels(&mut self, content: Json) -> Event {
        self.put(&state_event(ALICE, "m.room.power_levels", "", content))
    }

    /// Takes an entry out of the state.
    pub(crate) fn without(&mut self, event_type: &str, state_key: &str) {
        self.state.remove(&EventType::new(event_type), state_key);
    }

    /// An entry that the state has.
    pub(crate) fn entry(&self, event_type: &str, state_key: &str) -> Event {
        (&self.state).entry(&EventType::new(event_type), state_key).unwrap().clone()
    }

    /// Lets an event be cited.
    pub(crate) fn know(&mut self, event: &Event) {
        self.known.insert(event.event_id().clone(), (event.clone(), false));
    }

    /// Lets an event be cited that was rejected.
    pub(crate) fn know_rejected(&mut self, event: &Event) {
        self.known.insert(event.event_id().clone(), (event.clone(), true));
    }

    /// Makes an event. Its auth events are those of the selection, unless the draft says otherwise.
    pub(crate) fn make(&mut self, draft: &Draft) -> Event {
        self.try_make(draft).unwrap()
    }

    /// Makes an event, if the version can have it.
    pub(crate) fn try_make(&mut self, draft: &Draft) -> Result<Event, exeunt_event::EventError> {
        self.made += 1;
        let make = |cited: &[EventId]| {
            seal(draft, &self.version, self.name, Some(&self.create), self.made, cited)
        };
        let mut cited = if let Some(cited) = &draft.citing {
            cited.clone()
        } else {
            let bare = make(&[])?;
            let selected = Selection::new(&bare, &self.version).events(&self.state);
            selected.iter().map(|event| event.event_id().clone()).collect()
        };
        cited.retain(|id| !draft.not_citing.contains(id));
        cited.extend(draft.also_citing.iter().cloned());
        make(&cited)
    }

    /// Every event that may be cited.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Event> {
        self.known.values().map(|(event, _)| event)
    }

    /// What is known of the event of that ID.
    pub(crate) fn find(&self, id: &EventId) -> Option<AuthEvent<'_>> {
        self.known.get(id).map(|(event, rejected)| AuthEvent { event, rejected: *rejected })
    }

    /// The first half of the rules.
    pub(crate) fn by_citations<'a>(
        &'a self,
        event: &'a Event,
    ) -> Result<Option<Verdict<'a>>, MissingAuthEvent> {
        check_auth_events(&self.version, event, |id| self.find(id))
    }

    /// Both halves against the auth events, with these servers' signatures; all, if none are named.
    pub(crate) fn by_auth_events<'a>(
        &'a self,
        event: &'a Event,
        signed_by: Option<&[&str]>,
    ) -> Result<Verdict<'a>, MissingAuthEvent> {
        let is_signed = signature_of(signed_by);
        check_by_auth_events(&self.version, event, |id| self.find(id), signatures(&is_signed))
    }

    /// The second half against the state.
    pub(crate) fn by_state<'a>(
        &'a self,
        event: &'a Event,
        signed_by: Option<&[&str]>,
    ) -> Verdict<'a> {
        let is_signed = signature_of(signed_by);
        check_state(&self.version, event, &self.state, signatures(&is_signed))
    }
}

fn signature_of<'a>(signed_by: Option<&'a [&'a str]>) -> impl Fn(&ServerName) -> bool + 'a {
    move |server| signed_by.is_none_or(|servers| servers.contains(&server.as_str()))
}

fn signatures(signed_by: &dyn Fn(&ServerName) -> bool) -> ServerSignatures<'_> {
    ServerSignatures::Checked(signed_by)
}

fn creation(version: &RoomVersion, more: &Json) -> Draft {
    let mut content = json!({ "room_version": version.id() });
    if version.capabilities.creator == Creator::Property {
        content["creator"] = json!(ALICE);
    }
    for (key, value) in more.as_object().unwrap() {
        content[key] = value.clone();
    }
    state_event(ALICE, "m.room.create", "", content).after(&[]).citing(&[])
}

/// The draft as an event of a room version.
fn seal(
    draft: &Draft,
    version: &RoomVersion,
    room: &str,
    create: Option<&Event>,
    number: u32,
    cited: &[EventId],
) -> Result<Event, exeunt_event::EventError> {
    let refer = |id: &EventId| match version.capabilities.event_ids {
        EventIds::Sent => json!([id.as_str(), { "sha256": "" }]),
        _ => json!(id.as_str()),
    };
    let domain = draft.sender.split_once(':').map_or("", |(_, domain)| domain);
    let before = EventId::from_received("$before:a.example");
    let previous = draft.after.as_deref().unwrap_or(std::slice::from_ref(&before));
    let mut pdu = json!({
        "type": draft.event_type,
        "sender": draft.sender,
        "content": draft.content,
        "depth": number,
        "origin_server_ts": number,
        "prev_events": previous.iter().map(refer).collect::<Vec<_>>(),
        "auth_events": cited.iter().map(refer).collect::<Vec<_>>(),
        "hashes": { "sha256": "" },
        "signatures": {},
    });
    if let Some(key) = &draft.state_key {
        pdu["state_key"] = json!(key);
    }
    if version.capabilities.event_ids == EventIds::Sent {
        pdu["event_id"] = json!(format!("${room}-{number}:{domain}"));
    }
    match (version.capabilities.room_ids, create) {
        (RoomIds::Domain, _) => pdu["room_id"] = json!(format!("!{room}:a.example")),
        (RoomIds::CreateEvent, Some(create)) if draft.event_type != "m.room.create" => {
            pdu["room_id"] = json!(create.room_id().as_str());
        }
        (RoomIds::CreateEvent, _) => {}
    }
    for (key, value) in &draft.fields {
        pdu[key] = value.clone();
    }
    Event::from_object(&object(&pdu), version)
}

/// The same in the workspace's own JSON.
pub(crate) fn object(json: &Json) -> exeunt_event::json::Object<'static> {
    match value(json) {
        exeunt_event::json::Value::Object(object) => object,
        other => panic!("{other:?} is no object"),
    }
}

fn value(json: &Json) -> exeunt_event::json::Value<'static> {
    use exeunt_event::json::Value;
    match json {
        Json::Null => Value::Null,
        Json::Bool(bool) => Value::Bool(*bool),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Number(number.to_string().into()), Value::Integer)
        }
        Json::String(string) => Value::String(string.clone().into()),
        Json::Array(items) => Value::Array(items.iter().map(value).collect()),
        Json::Object(members) => {
            Value::Object(members.iter().map(|(key, it)| (key.clone(), value(it))).collect())
        }
    }
}

/// A witness in words that are the same in every room version.
pub(crate) fn describe(witness: &Witness<'_>) -> String {
    match witness {
        Witness::Entry(event) => {
            format!("{} {:?}", event.event_type(), event.state_key().unwrap_or("(none)"))
        }
        Witness::Named(name) if name.starts_with('$') => "an event ID".to_owned(),
        Witness::Named(name) if name.starts_with('!') => "the room ID".to_owned(),
        Witness::Named(name) => (*name).to_owned(),
        other => other.to_string(),
    }
}
