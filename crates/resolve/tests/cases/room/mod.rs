//! A small room of named events, whose states are resolved.

#![allow(dead_code, unused_imports, reason = "every test file uses another part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod account;
mod draft;

use std::collections::BTreeMap;

use exeunt_auth::{
    AuthEvent, FewEvents, Selection, ServerSignatures, Verdict, check_by_auth_events, check_state,
};
use exeunt_dag::Number;
use exeunt_event::{Event, EventId, EventType};
use exeunt_forks::Fork;
use exeunt_resolve::{Pool, Resolution, StateSet, definition, resolve};
use exeunt_version::{Creator, EventIds, Readings, RoomIds, RoomVersion};
use serde_json::{Value as Json, json};
use sha1::{Digest, Sha1};

pub(crate) use draft::{Draft, join, leave, levels, member, message, rule, state, topic};

use draft::IdOrder;

/// Who created the room.
pub(crate) const ALICE: &str = "@alice:a.example";
pub(crate) const BOB: &str = "@bob:b.example";
pub(crate) const CAROL: &str = "@carol:c.example";
pub(crate) const DAVE: &str = "@dave:d.example";

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

/// A room whose events have names.
#[derive(Clone)]
pub(crate) struct Room {
    pub(crate) version: RoomVersion,
    pub(crate) events: Vec<Event>,
    rejected: Vec<EventId>,
    pool: Pool,
    names: BTreeMap<String, EventId>,
    after: BTreeMap<EventId, StateSet>,
}

impl Room {
    /// `create`, and `alice-joins` after it.
    pub(crate) fn new(version: RoomVersion) -> Self {
        let mut room = Self {
            version,
            events: Vec::new(),
            rejected: Vec::new(),
            pool: Pool::default(),
            names: BTreeMap::new(),
            after: BTreeMap::new(),
        };
        let mut content = json!({ "room_version": room.version.id() });
        if room.version.capabilities.creator == Creator::Property {
            content["creator"] = json!(ALICE);
        }
        room.send("create", &[], state(ALICE, "m.room.create", "", content));
        room.send("alice-joins", &["create"], join(ALICE));
        room
    }

    /// The same, then `levels` that give Alice 100, and the join rule `public`.
    pub(crate) fn public(version: RoomVersion) -> Self {
        let mut room = Self::new(version);
        room.send("levels", &["alice-joins"], levels(ALICE, &[(ALICE, 100)]));
        room.send("public", &["levels"], rule(ALICE, "public"));
        room
    }

    /// The room of a fork, whose events have no names.
    pub(crate) fn of(fork: &Fork) -> Self {
        Self {
            version: fork.version.clone(),
            events: fork.events.clone(),
            rejected: fork.rejected.clone(),
            pool: Pool::new(fork.events.iter().cloned(), |id| fork.is_rejected(id)),
            names: BTreeMap::new(),
            after: BTreeMap::new(),
        }
    }

    /// The events of the room, as resolution has them.
    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Whether creators have power that no levels give them.
    pub(crate) fn has_privileged_creators(&self) -> bool {
        self.version.capabilities.creator == Creator::Privileged
    }

    /// Sends an event after others. Unless it says otherwise, it cites what it should, is allowed
    /// by that and by the state before it, and is later than all before.
    pub(crate) fn send(&mut self, name: &str, after: &[&str], draft: Draft) {
        let before = self.before(after);
        self.send_in(name, after, before, draft);
    }

    /// The same where somebody says what the state before it is.
    pub(crate) fn send_in(&mut self, name: &str, after: &[&str], before: StateSet, draft: Draft) {
        let draft =
            if self.has_privileged_creators() { draft.without_creators_level() } else { draft };
        let event = (0..10_000)
            .map(|nonce| self.seal(name, after, &draft, &before, nonce))
            .find(|event| self.has_id_asked_for(&draft, event.event_id()))
            .unwrap();
        assert!(!self.names.contains_key(name), "two events of the name {name}");
        if !draft.is_forged {
            let [by_auth_events, by_state] = self.verdicts(&event, &before);
            assert!(by_auth_events.is_allowed(), "{name}: {}", by_auth_events.explain());
            assert_eq!(by_state.is_allowed(), !draft.is_rejected, "{name}: {}", by_state.explain());
        }
        self.names.insert(name.to_owned(), event.event_id().clone());
        let number = self.pool.insert(&event, draft.is_rejected).number();
        if draft.is_rejected {
            self.rejected.push(event.event_id().clone());
        }
        let mut state_after = before;
        let body = self.pool.events(&self.version).state_event(number);
        if let Some(body) = body.filter(|_| !draft.is_rejected) {
            state_after.insert(body.key, number);
        }
        self.after.insert(event.event_id().clone(), state_after);
        self.events.push(event);
    }

    /// Sends a rejected event, and counts it into the state after it nevertheless.
    pub(crate) fn send_rejected_into_state(&mut self, name: &str, after: &[&str], draft: Draft) {
        self.send(name, after, draft.rejected());
        let number = self.number(name);
        let key = self.pool.events(&self.version).state_event(number).unwrap().key;
        self.after.get_mut(&self.names[name]).unwrap().insert(key, number);
    }

    fn before(&self, after: &[&str]) -> StateSet {
        let states: Vec<_> = after.iter().map(|name| self.after(name)).collect();
        definition::resolve(self.pool.events(&self.version), &states).state()
    }

    fn has_id_asked_for(&self, draft: &Draft, id: &EventId) -> bool {
        let sha1 = |id: &EventId| Sha1::digest(id.as_bytes());
        draft.id.iter().all(|(order, other)| {
            let other = &self.names[other];
            match order {
                IdOrder::Before => id < other,
                IdOrder::After => id > other,
                IdOrder::Sha1Before => sha1(id) < sha1(other),
                IdOrder::Sha1After => sha1(id) > sha1(other),
            }
        })
    }

    fn seal(
        &self,
        name: &str,
        after: &[&str],
        draft: &Draft,
        before: &StateSet,
        nonce: u32,
    ) -> Event {
        let capabilities = &self.version.capabilities;
        let refer = |id: &EventId| match capabilities.event_ids {
            EventIds::Sent => json!([id.as_str(), {}]),
            _ => json!(id.as_str()),
        };
        let previous = after.iter().map(|name| self.event(name));
        let highest = previous.clone().map(Event::depth).max().unwrap_or(0);
        let mut pdu = json!({
            "type": draft.event_type,
            "sender": draft.sender,
            "content": draft.content,
            "depth": draft.depth.unwrap_or(highest + 1),
            "origin_server_ts": draft.at.unwrap_or(i64::try_from(self.events.len()).unwrap() * 10),
            "prev_events": previous.map(|event| refer(event.event_id())).collect::<Vec<_>>(),
            "auth_events": [],
            // Of what can be made up, the only thing that every event ID depends on.
            "hashes": { "sha256": nonce.to_string() },
            "signatures": {},
        });
        if let Some(key) = &draft.state_key {
            pdu["state_key"] = json!(key);
        }
        if capabilities.event_ids == EventIds::Sent {
            let domain = draft.sender.split_once(':').map_or("", |(_, domain)| domain);
            // In an order that has nothing to do with names.
            let [a, b, ..] = <[u8; 20]>::from(Sha1::digest(format!("{name} {nonce}")));
            pdu["event_id"] = json!(format!("${a:02x}{b:02x}-{name}:{domain}"));
        }
        match (capabilities.room_ids, self.events.first()) {
            (RoomIds::Domain, None) => pdu["room_id"] = json!("!room:a.example"),
            (_, Some(create)) => pdu["room_id"] = json!(create.room_id().as_str()),
            (RoomIds::CreateEvent, None) => {}
        }
        let parse = |pdu: &Json| Event::parse(pdu.to_string().as_bytes(), &self.version).unwrap();
        let cited: Vec<EventId> = if let Some(names) = &draft.citing {
            names.iter().map(|name| self.names[name].clone()).collect()
        } else {
            let bare = parse(&pdu);
            let selection = Selection::new(&bare, &self.version);
            let cited = selection.events(self.entries(before));
            cited.iter().map(|event| event.event_id().clone()).collect()
        };
        pdu["auth_events"] = cited.iter().map(refer).collect();
        parse(&pdu)
    }

    /// The verdicts on an event by its auth events and by the state before it.
    fn verdicts<'a>(&'a self, event: &'a Event, before: &StateSet) -> [Verdict<'a>; 2] {
        let find = |id: &EventId| {
            let event = self.pool.event(id)?;
            Some(AuthEvent { event, rejected: self.rejected.contains(id) })
        };
        let signed = ServerSignatures::Satisfied;
        let by_auth_events = check_by_auth_events(&self.version, event, find, signed).unwrap();
        [by_auth_events, check_state(&self.version, event, self.entries(before), signed)]
    }

    /// Whether an event after others, which cites what it should, is allowed where this is the state.
    pub(crate) fn may_send_in(&self, after: &[&str], before: &StateSet, draft: &Draft) -> bool {
        let event = self.seal("", after, draft, before, 0);
        self.verdicts(&event, before).iter().all(Verdict::is_allowed)
    }

    /// Whether an event of the room would be allowed where this is the state.
    pub(crate) fn is_allowed_in(&self, state: &StateSet, name: &str) -> bool {
        let [_, by_state] = self.verdicts(self.event(name), state);
        by_state.is_allowed()
    }

    /// The events of a state.
    pub(crate) fn entries(&self, state: &StateSet) -> FewEvents<'_> {
        let events = self.pool.events(&self.version);
        FewEvents(state.iter().map(|(_, event)| events.state_event(event).unwrap().event).collect())
    }

    /// An event by its name.
    pub(crate) fn event(&self, name: &str) -> &Event {
        self.pool.event(&self.names[name]).unwrap()
    }

    /// The number of an event.
    pub(crate) fn number(&self, name: &str) -> Number {
        self.pool.dag().known(&self.names[name]).unwrap()
    }

    /// The name of an event.
    pub(crate) fn name(&self, number: Number) -> &str {
        let id = self.pool.dag().id(number).unwrap();
        self.names.iter().find(|(_, named)| *named == id).map(|(name, _)| name.as_str()).unwrap()
    }

    /// The state after an event.
    pub(crate) fn after(&self, name: &str) -> StateSet {
        self.after[&self.names[name]].clone()
    }

    /// The state after an event, in which somebody claims other entries to be.
    pub(crate) fn after_but(&self, name: &str, others: &[&str]) -> StateSet {
        let mut state = self.after(name);
        for other in others {
            let number = self.number(other);
            let key = self.pool.events(&self.version).state_event(number).unwrap().key;
            state.insert(key, number);
        }
        state
    }

    /// The state of exactly these events.
    pub(crate) fn state(&self, names: &[&str]) -> StateSet {
        self.pool.state(names.iter().map(|name| &self.names[*name])).unwrap()
    }

    /// Resolves states, by the definition and by what one calls; they agree on all that is said.
    pub(crate) fn resolve(&self, sets: &[StateSet]) -> Resolution<'_> {
        let events = self.pool.events(&self.version);
        let resolution = resolve(events, sets);
        assert_eq!(resolution, definition::resolve(events, sets));
        resolution
    }

    /// Resolves the states after events.
    pub(crate) fn merge(&self, names: &[&str]) -> Resolution<'_> {
        let sets: Vec<_> = names.iter().map(|name| self.after(name)).collect();
        self.resolve(&sets)
    }

    /// The event of that type and state key in the resolved state, by its name.
    pub(crate) fn winner(
        &self,
        resolution: &Resolution<'_>,
        event_type: &str,
        state_key: &str,
    ) -> Option<&str> {
        let key = self.pool.keys().get(&EventType::new(event_type), state_key)?;
        resolution.get(key).map(|number| self.name(number))
    }

    /// The user's membership event in the resolved state, by its name.
    pub(crate) fn membership(&self, resolution: &Resolution<'_>, user: &str) -> Option<&str> {
        self.winner(resolution, "m.room.member", user)
    }
}
