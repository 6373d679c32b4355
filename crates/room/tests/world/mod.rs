//! Rooms to receive: a scribe who has the whole history writes events with all that they need.

#![allow(dead_code, reason = "every test file uses another part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking"
)]

pub(crate) mod random;

use std::collections::BTreeMap;
use std::fmt;

use exeunt_auth::{Rule, Selection, StateMap};
use exeunt_event::json::{self, Object, Value};
use exeunt_event::signatures::{Keys, PublishedKey, SigningKey, hash_and_sign};
use exeunt_event::{Event, EventId};
use exeunt_resolve::resolve;
use exeunt_room::{Check, Context, Input, Outcome, Receipt, Record, Room, Standing, State};
use exeunt_version::{Creator, EventIds, LenientNumbers, Readings, RoomIds, RoomVersion};
use serde_json::{Value as Json, json};

/// Who creates the rooms.
pub(crate) const ALICE: &str = "@alice:a.example";
pub(crate) const BOB: &str = "@bob:b.example";
pub(crate) const CAROL: &str = "@carol:c.example";
/// On the creator's server.
pub(crate) const DAVE: &str = "@dave:a.example";
pub(crate) const USERS: [&str; 4] = [ALICE, BOB, CAROL, DAVE];

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

/// What an event will say.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    sender: String,
    event_type: String,
    state_key: Option<String>,
    content: Json,
    after: Option<Vec<String>>,
    citing: Option<Vec<String>>,
    time: Option<i64>,
    fields: Vec<(String, Json)>,
    signers: Vec<String>,
}

/// An event that is no state.
pub(crate) fn message(sender: &str, body: &str) -> Draft {
    Draft {
        sender: sender.to_owned(),
        event_type: "m.room.message".to_owned(),
        state_key: None,
        content: json!({ "msgtype": "m.text", "body": body }),
        after: None,
        citing: None,
        time: None,
        fields: Vec::new(),
        signers: vec![sender.split_once(':').map_or("", |(_, server)| server).to_owned()],
    }
}

/// A state event.
pub(crate) fn state(sender: &str, event_type: &str, state_key: &str, content: Json) -> Draft {
    Draft {
        event_type: event_type.to_owned(),
        state_key: Some(state_key.to_owned()),
        content,
        ..message(sender, "")
    }
}

pub(crate) fn member(sender: &str, target: &str, membership: &str) -> Draft {
    state(sender, "m.room.member", target, json!({ "membership": membership }))
}

pub(crate) fn join(user: &str) -> Draft {
    member(user, user, "join")
}

pub(crate) fn join_rule(sender: &str, rule: &str) -> Draft {
    state(sender, "m.room.join_rules", "", json!({ "join_rule": rule }))
}

pub(crate) fn levels(sender: &str, users: impl Into<Json>) -> Draft {
    state(sender, "m.room.power_levels", "", json!({ "users": users.into() }))
}

pub(crate) fn topic(sender: &str, text: &str) -> Draft {
    state(sender, "m.room.topic", "", json!({ "topic": text }))
}

impl Draft {
    /// Following these events, and not the last one.
    pub(crate) fn after(mut self, names: &[&str]) -> Self {
        self.after = Some(names.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// Citing these events, and not those of the selection.
    pub(crate) fn citing(mut self, names: &[&str]) -> Self {
        self.citing = Some(names.iter().map(|name| (*name).to_owned()).collect());
        self
    }

    /// Made at that time.
    pub(crate) fn at(mut self, time: i64) -> Self {
        self.time = Some(time);
        self
    }

    /// With something more in its content.
    pub(crate) fn saying(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.content[key] = value.into();
        self
    }

    /// With something else at the top level.
    pub(crate) fn field(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.fields.push((key.to_owned(), value.into()));
        self
    }

    /// Signed by these servers.
    pub(crate) fn signed_by(mut self, servers: &[&str]) -> Self {
        self.signers = servers.iter().map(|server| (*server).to_owned()).collect();
        self
    }
}

/// The key of a server.
fn signing_key(server: &str) -> SigningKey {
    let seed = server.bytes().cycle().take(32).collect::<Vec<_>>();
    SigningKey::from_seed(server, "ed25519:0", &seed.try_into().unwrap())
}

/// The keys of all servers.
pub(crate) fn keys(version: &RoomVersion) -> Keys {
    let mut keys = Keys::new();
    for server in ["a.example", "b.example", "c.example"] {
        let key = signing_key(server).verifying_key(version.readings.ed25519).unwrap();
        keys.insert(
            server,
            "ed25519:0",
            PublishedKey { key, valid_until_ts: None, expired_ts: None },
        );
    }
    keys
}

/// Bytes as an object.
pub(crate) fn object(bytes: &[u8]) -> Object<'_> {
    match json::parse_lenient(bytes).unwrap().value {
        Value::Object(object) => object,
        other => panic!("{other:?} is no object"),
    }
}

/// The PDU with another content hash and signature, as if it had been made so.
pub(crate) fn sealed(pdu: &Json, signers: &[String], version: &RoomVersion) -> Vec<u8> {
    let text = pdu.to_string();
    let mut object = object(text.as_bytes());
    for server in signers {
        hash_and_sign(&mut object, &signing_key(server), version);
    }
    if signers.is_empty() {
        hash_and_sign(&mut object, &signing_key("nobody.example"), version);
        object.insert("signatures", Object::new());
    }
    object.to_canonical(LenientNumbers::Value).into_bytes()
}

/// Somebody who has the whole history of a room, and writes events for it.
#[derive(Clone)]
pub(crate) struct Scribe {
    pub(crate) room: Room,
    /// The events in the order in which they were made.
    pub(crate) pdus: Vec<Vec<u8>>,
    ids: BTreeMap<String, EventId>,
    names: Vec<String>,
    time: i64,
}

impl Scribe {
    /// Nothing yet.
    pub(crate) fn new(version: RoomVersion) -> Self {
        Self {
            room: Room::new(version),
            pdus: Vec::new(),
            ids: BTreeMap::new(),
            names: Vec::new(),
            time: 1_700_000_000_000,
        }
    }

    /// A public room that Alice created: `create`, `alice`, `levels` (100 for her, if she is not
    /// above that, and 50 for Bob), `rule`.
    pub(crate) fn public(version: RoomVersion) -> Self {
        let mut scribe = Self::new(version);
        scribe.create();
        scribe.write("alice", join(ALICE));
        let mut users = json!({ ALICE: 100, BOB: 50 });
        if scribe.room.version().capabilities.creator == Creator::Privileged {
            users.as_object_mut().unwrap().remove(ALICE);
        }
        scribe.write("levels", levels(ALICE, users));
        scribe.write("rule", join_rule(ALICE, "public"));
        scribe
    }

    /// [`Scribe::public`], where Bob and Carol joined: `bob`, `carol`.
    pub(crate) fn peopled(version: RoomVersion) -> Self {
        let mut scribe = Self::public(version);
        scribe.write("bob", join(BOB));
        scribe.write("carol", join(CAROL));
        scribe
    }

    /// Alice creates the room.
    pub(crate) fn create(&mut self) -> EventId {
        let version = self.room.version();
        let mut content = json!({ "room_version": version.id() });
        if version.capabilities.creator == Creator::Property {
            content["creator"] = json!(ALICE);
        }
        self.write("create", state(ALICE, "m.room.create", "", content).after(&[]))
    }

    /// Writes an event and has it received; every event that it cites must be there.
    pub(crate) fn write(&mut self, name: &str, draft: Draft) -> EventId {
        let pdu = self.draw(name, draft);
        let receipt = self.room.take(&Input::Sent(pdu.as_slice().into()), Context::default());
        assert!(matches!(receipt.outcome, Outcome::Decided(_)), "{name}: {receipt:?}");
        let id = receipt.event_id.unwrap();
        self.keep(name, pdu, id.clone());
        id
    }

    /// Writes an event that the scribe's room need not be able to take.
    pub(crate) fn forge(&mut self, name: &str, draft: Draft) -> EventId {
        let pdu = self.draw(name, draft);
        let id = Event::parse(&pdu, self.room.version()).unwrap().event_id().clone();
        self.keep(name, pdu, id.clone());
        id
    }

    fn keep(&mut self, name: &str, pdu: Vec<u8>, id: EventId) {
        self.pdus.push(pdu);
        self.names.push(name.to_owned());
        assert!(self.ids.insert(name.to_owned(), id).is_none(), "{name} is there already");
    }

    /// The event's ID; of a name that nothing has yet the ID that an event of Bob's would have.
    pub(crate) fn id(&self, name: &str) -> EventId {
        self.ids.get(name).cloned().unwrap_or_else(|| {
            EventId::from_received(&match self.room.version().capabilities.event_ids {
                EventIds::Sent => format!("${name}:b.example"),
                _ => format!("${name:A<43}"),
            })
        })
    }

    pub(crate) fn name(&self, id: &EventId) -> &str {
        let known = self.ids.iter().find(|(_, known)| *known == id);
        known.map_or("?", |(name, _)| name)
    }

    /// The event's bytes.
    pub(crate) fn pdu(&self, name: &str) -> &[u8] {
        let at = self.names.iter().position(|known| known == name);
        &self.pdus[at.unwrap_or_else(|| panic!("there is no {name}"))]
    }

    /// The names of events, sorted.
    pub(crate) fn named(&self, ids: &[&EventId]) -> Vec<&str> {
        let mut names: Vec<_> = ids.iter().map(|id| self.name(id)).collect();
        names.sort_unstable();
        names
    }

    fn draw(&mut self, name: &str, draft: Draft) -> Vec<u8> {
        let version = self.room.version().clone();
        self.time += 1_000;
        let last = self.names.last().cloned();
        let after = draft.after.unwrap_or_else(|| last.into_iter().collect());
        let prev: Vec<EventId> = after.iter().map(|name| self.id(name)).collect();
        let depth = prev.iter().filter_map(|id| Some(self.room.event(id)?.depth())).max();
        let refer = |id: &EventId| match version.capabilities.event_ids {
            EventIds::Sent => json!([id.as_str(), {}]),
            _ => json!(id.as_str()),
        };
        let server = draft.sender.split_once(':').map_or("", |(_, server)| server);
        let mut pdu = json!({
            "type": draft.event_type,
            "sender": draft.sender,
            "content": draft.content,
            "depth": depth.unwrap_or(0) + 1,
            "origin_server_ts": draft.time.unwrap_or(self.time),
            "prev_events": prev.iter().map(refer).collect::<Vec<_>>(),
            "auth_events": [],
            "hashes": { "sha256": "" },
            "signatures": {},
        });
        if let Some(key) = draft.state_key {
            pdu["state_key"] = json!(key);
        }
        if version.capabilities.event_ids == EventIds::Sent {
            pdu["event_id"] = json!(format!("${name}:{server}"));
        }
        match (version.capabilities.room_ids, self.room.room_id()) {
            (RoomIds::Domain, _) => pdu["room_id"] = json!("!room:a.example"),
            (RoomIds::CreateEvent, Some(id)) if draft.event_type != "m.room.create" => {
                pdu["room_id"] = json!(id.as_str());
            }
            (RoomIds::CreateEvent, _) => {}
        }
        for (key, value) in draft.fields {
            pdu[key] = value;
        }
        let cited = match &draft.citing {
            Some(names) => names.iter().map(|name| self.id(name)).collect(),
            None => self.selection(&pdu, &prev),
        };
        pdu["auth_events"] = cited.iter().map(refer).collect();
        sealed(&pdu, &draft.signers, &version)
    }

    /// What the event should cite.
    fn selection(&self, pdu: &Json, prev: &[EventId]) -> Vec<EventId> {
        let version = self.room.version();
        let sets: Vec<_> = prev
            .iter()
            .filter_map(|id| Some(self.room.state_after(id)?.entries().clone()))
            .collect();
        let Ok(event) = Event::parse(pdu.to_string().as_bytes(), version) else {
            return Vec::new();
        };
        if sets.is_empty() || event.event_type().as_str() == "m.room.create" {
            return Vec::new();
        }
        let mut before = StateMap::new();
        for (_, number) in resolve(self.room.events(), &sets).state().iter() {
            before.insert(self.room.dag().get(number).unwrap().event(version).unwrap());
        }
        let selected = Selection::new(&event, version).events(&before);
        selected.iter().map(|event| event.event_id().clone()).collect()
    }

    /// A room that received these events, in this order, and what became of each.
    pub(crate) fn received(&self, names: &[&str]) -> (Room, Vec<Receipt>) {
        receive_all(self.room.version(), names.iter().map(|name| self.pdu(name)))
    }

    /// A room that received these events, in this order.
    pub(crate) fn room_of(&self, names: &[&str]) -> Room {
        self.received(names).0
    }
}

/// What happened, event by event.
impl fmt::Debug for Scribe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "room version {}", self.room.version())?;
        for (name, pdu) in self.names.iter().zip(&self.pdus) {
            let event = Event::parse(pdu, self.room.version()).unwrap();
            let names = |ids: &[EventId]| ids.iter().map(|id| self.name(id)).collect::<Vec<_>>();
            let standing = self.room.record(event.event_id()).map(Record::standing);
            writeln!(
                f,
                "{name}: {} {:?} by {} at {} {} after {:?} citing {:?}: {standing:?}",
                event.event_type(),
                event.state_key(),
                event.sender(),
                event.origin_server_ts(),
                event.object().get("content").map(|it| format!("{it:?}")).unwrap_or_default(),
                names(event.prev_events()),
                names(event.auth_events()),
            )?;
        }
        Ok(())
    }
}

/// A room that received these PDUs, in this order, and what became of each.
pub(crate) fn receive_all<'p>(
    version: &RoomVersion,
    pdus: impl IntoIterator<Item = &'p [u8]>,
) -> (Room, Vec<Receipt>) {
    let mut room = Room::new(version.clone());
    let inputs = pdus.into_iter().map(|pdu| Input::Pdu(pdu.into()));
    let receipts = inputs.map(|input| room.take(&input, Context::default())).collect();
    (room, receipts)
}

/// Which check refused a received event, and by which rule; `None` if it was accepted.
pub(crate) fn refused(receipt: &Receipt) -> Option<(Check, Rule)> {
    match &receipt.outcome {
        Outcome::Decided(standing) => refusal(standing),
        other => panic!("{other:?} is no standing"),
    }
}

pub(crate) fn refusal(standing: &Standing) -> Option<(Check, Rule)> {
    // Check 7 has no rule, and its own tests.
    standing.refusal().map(|refusal| (refusal.check, refusal.rule.unwrap()))
}

/// The entries of a state, in an order and with names that are the same for every room.
pub(crate) fn entries(room: &Room, state: &State) -> Vec<(String, String, String)> {
    let mut entries: Vec<_> = room
        .entries(state)
        .map(|(event_type, key, id)| (event_type.to_string(), key.to_owned(), id.to_string()))
        .collect();
    entries.sort_unstable();
    entries
}
