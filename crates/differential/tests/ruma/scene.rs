//! A room's state and an event, to be judged by both sides.

use std::collections::BTreeMap;

use exeunt_auth::{
    AuthEvent, ServerSignatures, StateMap, check_auth_events, check_by_auth_events, check_state,
};
use exeunt_differential::Pdu;
use exeunt_event::{Event, EventId};
use exeunt_version::{
    Ed25519, EventIds, NullThirdPartyInvite, Readings, RecognisedVersion, RoomIds, RoomVersion,
};
use serde_json::{Value as Json, json};

use crate::peer;

pub(crate) const ALICE: &str = "@alice:one.example";
pub(crate) const BOB: &str = "@bob:one.example";
pub(crate) const CAROL: &str = "@carol:two.example";
/// A localpart that only history allows.
pub(crate) const DAVE: &str = "@Dave D:two.example";

/// The version, read as ruma reads the sentences that have a reading.
pub(crate) fn as_ruma_reads(version: RoomVersion) -> RoomVersion {
    version.with_readings(Readings {
        recognised_version: RecognisedVersion::Caller,
        null_third_party_invite: NullThirdPartyInvite::Absent,
        ed25519: Ed25519::Cofactorless,
        ..Readings::default()
    })
}

/// An event as far as a question chooses it.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) event_type: String,
    pub(crate) state_key: Option<String>,
    pub(crate) sender: String,
    pub(crate) content: Json,
    pub(crate) redacts: Option<String>,
}

impl Draft {
    pub(crate) fn state(event_type: &str, state_key: &str, sender: &str, content: Json) -> Self {
        Self {
            event_type: event_type.to_owned(),
            state_key: Some(state_key.to_owned()),
            sender: sender.to_owned(),
            content,
            redacts: None,
        }
    }

    pub(crate) fn member(user: &str, sender: &str, membership: &str) -> Self {
        Self::state("m.room.member", user, sender, json!({ "membership": membership }))
    }

    pub(crate) fn message(sender: &str) -> Self {
        let draft = Self::state("m.room.message", "", sender, json!({}));
        Self { state_key: None, ..draft }
    }
}

/// What an event cites besides what it should: a place in the state, and how it is spoilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Citation {
    /// The entry of the state at that place.
    Entry(usize),
    /// The same, rejected.
    Rejected(usize),
    /// The same, but of another room.
    OtherRoom(usize),
    /// An event that is no state event.
    Message,
    /// An event that nobody has.
    Missing,
}

/// A state and an event.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) version: RoomVersion,
    /// The first is the create event.
    pub(crate) state: Vec<Draft>,
    pub(crate) event: Draft,
    /// Whether the create event is all that the event follows.
    pub(crate) follows_create: bool,
    pub(crate) citations: Vec<Citation>,
}

/// An event on both sides.
#[derive(Clone)]
struct Both {
    ours: Event,
    theirs: Pdu,
}

/// The scene with every event parsed.
pub(crate) struct Stage {
    version: RoomVersion,
    state: Vec<Both>,
    event: Both,
    cited: BTreeMap<String, (Both, bool)>,
}

struct Builder<'a> {
    version: &'a RoomVersion,
    room: String,
    count: usize,
}

impl Builder<'_> {
    fn reference(&self, id: &str) -> Json {
        match self.version.capabilities.event_ids {
            EventIds::Sent => json!([id, { "sha256": "A" }]),
            _ => json!(id),
        }
    }

    fn build(&mut self, draft: &Draft, prev: &[&str], auth: &[String], rejected: bool) -> Both {
        self.count += 1;
        let references =
            |ids: &[&str]| -> Json { ids.iter().map(|id| self.reference(id)).collect() };
        let auth: Vec<&str> = auth.iter().map(String::as_str).collect();
        let mut pdu = json!({
            "type": draft.event_type,
            "sender": draft.sender,
            "room_id": self.room,
            "content": draft.content,
            "depth": self.count,
            "origin_server_ts": 1_000_000,
            "prev_events": references(prev),
            "auth_events": references(&auth),
            "hashes": { "sha256": "A" },
            "signatures": {},
        });
        if self.version.capabilities.event_ids == EventIds::Sent {
            let server = draft.sender.split_once(':').unwrap().1;
            pdu["event_id"] = json!(format!("${}:{server}", self.count));
        }
        if let Some(key) = &draft.state_key {
            pdu["state_key"] = json!(key);
        }
        if let Some(target) = &draft.redacts {
            pdu["redacts"] = json!(target);
        }
        let derived = self.version.capabilities.room_ids == RoomIds::CreateEvent;
        if derived && draft.event_type == "m.room.create" && self.count == 1 {
            pdu.as_object_mut().unwrap().remove("room_id");
        }
        let ours = Event::parse(pdu.to_string().as_bytes(), self.version).unwrap();
        let theirs = Pdu::new(&pdu, ours.event_id().as_str(), rejected);
        Both { ours, theirs }
    }
}

impl Scene {
    pub(crate) fn stage(&self) -> Stage {
        let room = "!room:one.example".to_owned();
        let mut builder = Builder { version: &self.version, room, count: 0 };
        let mut state: Vec<Both> = Vec::new();
        for draft in &self.state {
            let both = builder.build(draft, &[], &[], false);
            if state.is_empty() {
                let room = match self.version.capabilities.room_ids {
                    RoomIds::Domain => both.ours.room_id().clone(),
                    RoomIds::CreateEvent => both.ours.event_id().room(),
                };
                room.as_str().clone_into(&mut builder.room);
            }
            state.push(both);
        }
        let create = state[0].ours.event_id().as_str().to_owned();
        let mut cited = BTreeMap::from([(create.clone(), (state[0].clone(), false))]);
        let mut auth = Vec::new();
        for citation in &self.citations {
            let (both, rejected) = match *citation {
                Citation::Entry(at) => (state[at % state.len()].clone(), false),
                Citation::Rejected(at) => {
                    let both = builder.build(&self.state[at % state.len()], &[], &[], true);
                    (both, true)
                }
                Citation::OtherRoom(at) => {
                    let other = format!("!{}", "O".repeat(43));
                    let room = std::mem::replace(&mut builder.room, other);
                    let both = builder.build(&self.state[at % state.len()], &[], &[], false);
                    builder.room = room;
                    (both, false)
                }
                Citation::Message => {
                    (builder.build(&Draft::message(ALICE), &[], &[], false), false)
                }
                Citation::Missing => {
                    let both = builder.build(&Draft::message(BOB), &[], &[], false);
                    auth.push(both.ours.event_id().as_str().to_owned());
                    continue;
                }
            };
            let id = both.ours.event_id().as_str().to_owned();
            auth.push(id.clone());
            cited.insert(id, (both, rejected));
        }
        let other = format!("${}", "P".repeat(43));
        let prev: &[&str] = match (self.follows_create, self.event.event_type.as_str()) {
            (true, "m.room.create") => &[],
            (true, _) => &[&create],
            (false, _) => &[&create, &other],
        };
        let event = builder.build(&self.event, prev, &auth, false);
        Stage { version: self.version.clone(), state, event, cited }
    }
}

/// The entries of the state that the auth events selection gives the event.
pub(crate) fn selected(version: &RoomVersion, state: &[Draft], event: &Draft) -> Vec<Citation> {
    let content = &event.content;
    let is_member = event.event_type == "m.room.member";
    let membership = content["membership"].as_str().filter(|_| is_member);
    let target = event.state_key.as_deref().filter(|_| is_member);
    let authoriser = content["join_authorised_via_users_server"]
        .as_str()
        .filter(|_| membership == Some("join") && version.capabilities.restricted_joins);
    let is_selected = |entry: &Draft| {
        let key = entry.state_key.as_deref();
        match &*entry.event_type {
            "m.room.create" => version.capabilities.room_ids == RoomIds::Domain,
            "m.room.power_levels" => true,
            "m.room.member" => {
                key == Some(&event.sender) || key == target || (key == authoriser && key.is_some())
            }
            "m.room.join_rules" => matches!(membership, Some("join" | "invite" | "knock")),
            _ => {
                membership == Some("invite")
                    && content["third_party_invite"]["signed"]["token"].as_str() == key
            }
        }
    };
    let places = state.iter().enumerate().filter(|(_, entry)| is_selected(entry));
    places.map(|(at, _)| Citation::Entry(at)).collect()
}

impl Stage {
    /// The same, but the event's ID has no domain.
    pub(crate) fn without_domain(mut self) -> Self {
        let mut json: Json = serde_json::from_str(self.event.ours.text()).unwrap();
        json["event_id"] = json!("$without");
        self.event.ours = Event::parse(json.to_string().as_bytes(), &self.version).unwrap();
        self.event.theirs = Pdu::new(&json, self.event.ours.event_id().as_str(), false);
        self
    }

    /// Whether each side allows the event by the rules about a given state.
    pub(crate) fn by_state(&self) -> (bool, bool) {
        let state: StateMap = self.state.iter().map(|entry| entry.ours.clone()).collect();
        let verdict =
            check_state(&self.version, &self.event.ours, &state, ServerSignatures::Satisfied);
        let entries: Vec<_> = self.state.iter().map(|entry| entry.theirs.clone()).collect();
        let rules = peer::rules(&self.version).authorization;
        (verdict.is_allowed(), peer::check_state(&rules, &self.event.theirs, &entries).is_ok())
    }

    fn find(&self, id: &EventId) -> Option<AuthEvent<'_>> {
        let (both, rejected) = self.cited.get(id.as_str())?;
        Some(AuthEvent { event: &both.ours, rejected: *rejected })
    }

    fn cited_theirs(&self) -> Vec<Pdu> {
        self.cited.values().map(|(both, _)| both.theirs.clone()).collect()
    }

    /// Whether each side gets through the rules about the event and its own auth events.
    pub(crate) fn by_own_auth_events(&self) -> (bool, bool) {
        let ours = check_auth_events(&self.version, &self.event.ours, |id| self.find(id));
        let ours = ours.is_ok_and(|verdict| verdict.is_none_or(|verdict| verdict.is_allowed()));
        let rules = peer::rules(&self.version).authorization;
        let theirs =
            peer::check_auth_events(&rules, &self.event.theirs, &self.cited_theirs()).is_ok();
        (ours, theirs)
    }

    /// Whether each side allows the event by both halves of the rules: receipt check 4.
    pub(crate) fn by_auth_events(&self) -> (bool, bool) {
        let ours = check_by_auth_events(
            &self.version,
            &self.event.ours,
            |id| self.find(id),
            ServerSignatures::Satisfied,
        );
        let rules = peer::rules(&self.version).authorization;
        let cited = self.cited_theirs();
        let theirs = peer::check_auth_events(&rules, &self.event.theirs, &cited)
            .and_then(|()| peer::check_state(&rules, &self.event.theirs, &cited));
        (ours.is_ok_and(|verdict| verdict.is_allowed()), theirs.is_ok())
    }
}
