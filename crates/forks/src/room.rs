//! A room that grows, event by event, with as much of each state as a simulation asks for.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_event::content::{Content, Membership};
use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventId};
use exeunt_version::{Creator, EventIds, RoomIds, RoomVersion};

use crate::levels::Levels;

/// An event's place in [`Room::events`].
pub(crate) type Place = usize;
/// A type and state key.
pub(crate) type Key = (&'static str, String);
/// The entries of a state.
pub(crate) type Entries = BTreeMap<Key, Place>;

pub(crate) const CREATE: &str = "m.room.create";
pub(crate) const MEMBER: &str = "m.room.member";
pub(crate) const POWER_LEVELS: &str = "m.room.power_levels";
pub(crate) const JOIN_RULES: &str = "m.room.join_rules";
pub(crate) const THIRD_PARTY_INVITE: &str = "m.room.third_party_invite";

/// How many users the small rooms have.
pub(crate) const USERS: usize = 6;
/// The user who creates the room.
pub(crate) const CREATOR: usize = 0;

const FIRST_TIME: i64 = 1_700_000_000_000;
const NAMES: [&str; USERS] = ["alice", "bob", "carol", "dave", "erin", "frank"];
const SERVERS: [&str; 3] = ["one.example", "two.example", "three.example"];

/// The ID of a user.
pub(crate) fn user(at: usize) -> String {
    let server = SERVERS[at / 2 % SERVERS.len()];
    NAMES.get(at).map_or_else(|| format!("@user{at}:{server}"), |name| format!("@{name}:{server}"))
}

/// An event to be made.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) event_type: &'static str,
    pub(crate) state_key: Option<String>,
    pub(crate) sender: usize,
    pub(crate) content: Object<'static>,
    pub(crate) auth_events: Vec<Place>,
    /// Milliseconds since the last event.
    pub(crate) tick: i64,
    /// Milliseconds from the room's time.
    pub(crate) skew: i64,
    /// Instead of one more than the largest before.
    pub(crate) depth: Option<i64>,
}

impl Draft {
    pub(crate) fn new(
        event_type: &'static str,
        state_key: Option<&str>,
        sender: usize,
        content: Object<'static>,
    ) -> Self {
        Self {
            event_type,
            state_key: state_key.map(ToOwned::to_owned),
            sender,
            content,
            auth_events: Vec::new(),
            tick: 1,
            skew: 0,
            depth: None,
        }
    }

    pub(crate) fn key(&self) -> Option<Key> {
        Some((self.event_type, self.state_key.clone()?))
    }
}

/// A branch: the state at its end, and its last events.
#[derive(Clone, Debug, Default)]
pub(crate) struct Branch {
    pub(crate) state: Entries,
    pub(crate) heads: Vec<Place>,
}

/// All events so far, and what the simulation asks of them.
#[derive(Debug)]
pub(crate) struct Room<'v> {
    pub(crate) version: &'v RoomVersion,
    pub(crate) events: Vec<Event>,
    pub(crate) keys: Vec<Option<Key>>,
    levels: BTreeMap<Place, Levels>,
    /// Users who are creators, where that is a power.
    creators: Vec<usize>,
    id: Option<String>,
    ids: BTreeSet<EventId>,
    time: i64,
}

impl<'v> Room<'v> {
    pub(crate) fn new(version: &'v RoomVersion, additional_creators: &[usize]) -> Self {
        let is_privileged = version.capabilities.creator == Creator::Privileged;
        let has_domain = version.capabilities.room_ids == RoomIds::Domain;
        let mut creators = Vec::new();
        if is_privileged {
            creators.push(CREATOR);
            creators.extend(additional_creators);
        }
        Self {
            version,
            events: Vec::new(),
            keys: Vec::new(),
            levels: BTreeMap::new(),
            creators,
            id: has_domain.then(|| "!room:one.example".to_owned()),
            ids: BTreeSet::new(),
            time: FIRST_TIME,
        }
    }

    /// The content of a create event of this room.
    pub(crate) fn create_content(&self, creator: usize) -> Object<'static> {
        let mut content = Object::new();
        content.insert("room_version", self.version.id().to_owned());
        if self.version.capabilities.creator == Creator::Property {
            content.insert("creator", user(creator));
        }
        if self.creators.len() > 1 {
            let additional: Vec<_> = self.creators[1..].iter().map(|at| user(*at)).collect();
            content.insert("additional_creators", additional);
        }
        content
    }

    /// Makes the event, as the next one on the branch.
    pub(crate) fn send(&mut self, branch: &mut Branch, draft: &Draft) -> Place {
        let place = self.events.len();
        self.time += draft.tick;
        let heads = branch.heads.iter().map(|head| self.events[*head].depth());
        let depth = draft.depth.unwrap_or_else(|| {
            let highest = heads.max().unwrap_or(0);
            highest.saturating_add(1).min(self.version.capabilities.maximum_depth)
        });
        let event = loop {
            let object = self.object(place, draft, depth, &branch.heads);
            let event = Event::from_object(&object, self.version).expect("a draft has every field");
            if self.ids.insert(event.event_id().clone()) {
                break event;
            }
            // The same was sent at the same time on another branch.
            self.time += 1;
        };
        if self.id.is_none() {
            self.id = Some(event.room_id().as_str().to_owned());
        }
        self.events.push(event);
        let key = draft.key();
        if let Some(key) = key.clone() {
            branch.state.insert(key, place);
        }
        self.keys.push(key);
        branch.heads = vec![place];
        place
    }

    /// Remembers what a power levels event says.
    pub(crate) fn note_levels(&mut self, place: Place, levels: Levels) {
        self.levels.insert(place, levels);
    }

    fn object(&self, place: Place, draft: &Draft, depth: i64, heads: &[Place]) -> Object<'static> {
        let ids = |places: &[Place]| places.iter().map(|at| self.events[*at].event_id()).collect();
        let mut object: Object<'static> = [
            ("type", Value::from(draft.event_type)),
            ("sender", Value::from(user(draft.sender))),
            ("content", Value::from(draft.content.clone())),
            ("auth_events", references(ids(&draft.auth_events), self.version)),
            ("prev_events", references(ids(heads), self.version)),
            ("depth", Value::from(depth)),
            ("origin_server_ts", Value::from(self.time + draft.skew)),
            ("hashes", Value::from(Object::from_iter([("sha256", Value::from(DUMMY_HASH))]))),
            ("signatures", Value::from(Object::new())),
        ]
        .into_iter()
        .collect();
        if let Some(key) = &draft.state_key {
            object.insert("state_key", key.clone());
        }
        if let Some(room_id) = &self.id {
            object.insert("room_id", room_id.clone());
        }
        if self.version.capabilities.event_ids == EventIds::Sent {
            object.insert("event_id", self.sent_id(place));
        }
        object
    }

    /// An ID that says nothing of when the event was made, as ties are broken by IDs.
    fn sent_id(&self, place: Place) -> String {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        let mixed = place.wrapping_add(1).wrapping_mul(0x9e37_79b1);
        match self.version.capabilities.room_ids {
            RoomIds::Domain => format!("${mixed:08x}:one.example"),
            // The create event's ID is that of the room, which then looks like a hash.
            RoomIds::CreateEvent => format!("${mixed:08x}{:A>35}", ""),
        }
    }

    pub(crate) fn membership(&self, state: &Entries, of: usize) -> Option<Membership> {
        match self.entry(state, MEMBER, &user(of))?.content() {
            Content::Member(member) => member.membership,
            _ => None,
        }
    }

    pub(crate) fn is_joined(&self, state: &Entries, user: usize) -> bool {
        self.membership(state, user) == Some(Membership::Join)
    }

    /// The power levels event's levels, if it has any.
    pub(crate) fn levels(&self, state: &Entries) -> Option<&Levels> {
        self.levels.get(state.get(&(POWER_LEVELS, String::new()))?)
    }

    pub(crate) fn level(&self, state: &Entries, user: usize) -> i64 {
        if self.is_creator(user) {
            return i64::MAX;
        }
        let default = if user == CREATOR { 100 } else { 0 };
        self.levels(state).map_or(default, |levels| levels.of(user))
    }

    /// Whether the user is a creator, where that is a power.
    pub(crate) fn is_creator(&self, user: usize) -> bool {
        self.creators.contains(&user)
    }

    pub(crate) fn entry(
        &self,
        state: &Entries,
        event_type: &'static str,
        key: &str,
    ) -> Option<&Event> {
        let place = state.get(&(event_type, key.to_owned()))?;
        Some(&self.events[*place])
    }

    /// What an event cites by the auth events selection of that state.
    pub(crate) fn selection(&self, state: &Entries, draft: &Draft) -> Vec<Place> {
        if draft.event_type == CREATE {
            return Vec::new();
        }
        let mut keys: Vec<Key> = Vec::new();
        if self.version.capabilities.room_ids == RoomIds::Domain {
            keys.push((CREATE, String::new()));
        }
        keys.push((POWER_LEVELS, String::new()));
        keys.push((MEMBER, user(draft.sender)));
        if draft.event_type == MEMBER {
            keys.extend(draft.state_key.clone().map(|target| (MEMBER, target)));
            let string = |key| draft.content.get(key).and_then(Value::as_str);
            if matches!(string("membership"), Some("join" | "invite" | "knock")) {
                keys.push((JOIN_RULES, String::new()));
            }
            if let Some(authoriser) = string("join_authorised_via_users_server") {
                keys.push((MEMBER, authoriser.to_owned()));
            }
            if draft.content.contains_key("third_party_invite") {
                keys.push((THIRD_PARTY_INVITE, TOKEN.to_owned()));
            }
        }
        let mut places: Vec<Place> = Vec::with_capacity(keys.len());
        for place in keys.iter().filter_map(|key| state.get(key)) {
            if !places.contains(place) {
                places.push(*place);
            }
        }
        places
    }
}

/// The token of every third-party invite.
pub(crate) const TOKEN: &str = "token";

const DUMMY_HASH: &str = "thishashcoversallfieldsincasethisisredacted";

/// `auth_events` or `prev_events`, in the form of the version.
pub(crate) fn references(ids: Vec<&EventId>, version: &RoomVersion) -> Value<'static> {
    let id = |id: &EventId| Value::from(id.as_str().to_owned());
    if version.capabilities.event_ids == EventIds::Sent {
        let pair = |of: &EventId| Value::Array(vec![id(of), Value::from(Object::new())]);
        return Value::Array(ids.into_iter().map(pair).collect());
    }
    Value::Array(ids.into_iter().map(id).collect())
}
