//! Rooms and events that say anything at all.

#![allow(dead_code, reason = "every test file uses another part of it")]

use exeunt_version::{CanonicalJson, Creator, LevelForm, Readings, RoomIds, RoomVersion};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};

use crate::room::{ALICE, BOB, CAROL, DAVE, Draft, Room, message, signed, state_event, version};

const USERS: [&str; 4] = [ALICE, BOB, CAROL, DAVE];
const TYPES: [&str; 9] = [
    "m.room.create",
    "m.room.member",
    "m.room.member",
    "m.room.power_levels",
    "m.room.join_rules",
    "m.room.third_party_invite",
    "m.room.aliases",
    "m.room.redaction",
    "m.room.topic",
];
const STATE_KEYS: [&str; 8] = ["", ALICE, BOB, CAROL, "token", "a.example", "@", "x"];
const WORDS: [&str; 14] = [
    "join",
    "leave",
    "public",
    "restricted",
    "50",
    " -1 ",
    "1_0",
    "",
    ALICE,
    BOB,
    "@:",
    "bob",
    "token",
    "\u{0}",
];
const KEYS: [&str; 24] = [
    "membership",
    "join_rule",
    "join_authorised_via_users_server",
    "third_party_invite",
    "signed",
    "mxid",
    "public_key",
    "public_keys",
    "signatures",
    "creator",
    "m.federate",
    "additional_creators",
    "room_version",
    "users",
    "users_default",
    "events",
    "events_default",
    "state_default",
    "ban",
    "kick",
    "invite",
    "redact",
    "notifications",
    "redacts",
];

/// What a room is made of, before there is a room version to put it into.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) version: RoomVersion,
    create: Json,
    pub(crate) has_create: bool,
    state: Vec<Draft>,
    event: Draft,
    oddities: Oddities,
}

/// What is odd about the event or its citations, if anything.
#[derive(Clone, Debug)]
struct Oddities {
    /// What it follows: the create event alone, nothing, or something else.
    after: Option<bool>,
    room_id: Option<&'static str>,
    /// Which known events it cites.
    cited: u32,
    /// Which known events were rejected.
    rejected: u32,
}

fn level() -> impl Strategy<Value = i64> {
    select(vec![-1, 0, 1, 49, 50, 51, 99, 100, i64::MAX])
}

fn leaf() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        level().prop_map(Json::from),
        select(vec![json!(0.5), json!(-1e30), json!(u64::MAX)]),
        select(WORDS.to_vec()).prop_map(Json::from),
    ]
}

fn anything() -> impl Strategy<Value = Json> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        let key = prop_oneof![select(KEYS.to_vec()), select(WORDS.to_vec())];
        let members = prop::collection::vec((key, inner.clone()), 0..3);
        prop_oneof![
            prop::collection::vec(inner, 0..3).prop_map(Json::from),
            members.prop_map(|members| {
                members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            }),
        ]
    })
}

fn levels(names: &'static [&'static str]) -> impl Strategy<Value = Json> {
    let value = prop_oneof![30 => level().prop_map(Json::from), 1 => leaf()];
    prop::collection::vec((select(names), value), 0..3).prop_map(|members| {
        members.into_iter().map(|(name, level)| (name.to_owned(), level)).collect()
    })
}

/// A value that such a key may well have, or any other.
fn value(key: &str) -> BoxedStrategy<Json> {
    let word = |words: &'static [&'static str]| select(words).prop_map(Json::from).boxed();
    let plausible = match key {
        "membership" => word(&["join", "invite", "leave", "ban", "knock"]),
        "join_rule" => word(&["public", "invite", "knock", "restricted", "knock_restricted"]),
        "users" => levels(&[ALICE, BOB, CAROL, DAVE, "bob", "@:"]).boxed(),
        "events" => levels(&["m.room.topic", "m.room.power_levels", "x"]).boxed(),
        "notifications" => levels(&["room", "x"]).boxed(),
        "additional_creators" => prop::collection::vec(select(USERS.to_vec()), 0..3)
            .prop_map(|users| json!(users))
            .boxed(),
        "third_party_invite" => select(vec![
            signed(BOB, "token", 1),
            signed(BOB, "token", 2),
            signed(CAROL, "token", 1),
            json!({ "signed": { "mxid": BOB } }),
        ])
        .boxed(),
        "public_key" => Just(json!(crate::room::public_key(1))).boxed(),
        "creator" | "join_authorised_via_users_server" => word(&USERS),
        "m.federate" => any::<bool>().prop_map(Json::from).boxed(),
        "room_version" => word(&["1", "6", "12", "13"]),
        "redacts" => word(&["$1:a.example", "$1:b.example", "$1"]),
        _ => level().prop_map(Json::from).boxed(),
    };
    prop_oneof![20 => plausible, 1 => anything()].boxed()
}

/// A content for that type of event: the keys that its rules read, each perhaps, and others.
pub(crate) fn content(event_type: &str) -> BoxedStrategy<Json> {
    let keys: &[&str] = match event_type {
        "m.room.create" => &["creator", "m.federate", "additional_creators", "room_version"],
        "m.room.member" => {
            &["membership", "membership", "third_party_invite", "join_authorised_via_users_server"]
        }
        "m.room.power_levels" => &KEYS[13..23],
        "m.room.join_rules" => &["join_rule"],
        "m.room.third_party_invite" => &["public_key", "public_keys"],
        _ => &["redacts"],
    };
    let own: Vec<_> =
        keys.iter().map(|key| (Just(*key), prop::option::weighted(0.7, value(key)))).collect();
    let other = prop::option::weighted(0.1, (select(KEYS.to_vec()), anything()));
    (own, other)
        .prop_map(|(own, other)| {
            let own = own.into_iter().filter_map(|(key, value)| Some((key, value?)));
            own.chain(other).map(|(key, value)| (key.to_owned(), value)).collect()
        })
        .boxed()
}

fn draft() -> impl Strategy<Value = Draft> {
    let sender = prop_oneof![8 => select(USERS.to_vec()), 1 => select(vec!["", "@", "bob", "@b"])];
    let state_key = prop::option::weighted(0.9, select(STATE_KEYS.to_vec()));
    select(TYPES.to_vec()).prop_flat_map(move |event_type| {
        (sender.clone(), state_key.clone(), content(event_type), any::<bool>()).prop_map(
            move |(sender, state_key, content, fitting)| {
                let fitting_key = match event_type {
                    "m.room.member" => sender,
                    "m.room.third_party_invite" => "token",
                    _ => "",
                };
                let state_key = if fitting { Some(fitting_key) } else { state_key };
                match state_key {
                    Some(key) => state_event(sender, event_type, key, content),
                    None => message(sender, event_type, content),
                }
            },
        )
    })
}

fn readings() -> impl Strategy<Value = Readings> {
    prop::collection::vec(any::<prop::sample::Index>(), Readings::ALL.len()).prop_map(|indices| {
        let mut readings = Readings::default();
        for (reading, index) in Readings::ALL.iter().zip(indices) {
            readings.set(reading.name, index.get(reading.choices).0).unwrap();
        }
        readings
    })
}

/// A room version of the specification, or half of the time one that nobody has, read somehow.
fn versions() -> impl Strategy<Value = RoomVersion> {
    let creators = vec![Creator::Property, Creator::Sender, Creator::Privileged];
    let forms = vec![LevelForm::FloatsAndStrings, LevelForm::Strings, LevelForm::Integers];
    let changes = (any::<[bool; 6]>(), select(creators), select(forms));
    (1..=12_u8, readings(), prop::option::of(changes)).prop_map(|(number, readings, changes)| {
        let mut version = version(number).with_readings(readings);
        if let Some((flags, creator, levels)) = changes {
            let to = &mut version.capabilities;
            [to.knocking, to.restricted_joins, to.knock_restricted_joins, ..] = flags;
            [.., to.aliases_rule, to.redaction_rule, to.notifications_rule] = flags;
            to.creator = creator;
            to.levels = levels;
        }
        version
    })
}

/// Memberships, a join rule and power levels, each perhaps.
fn base() -> impl Strategy<Value = Vec<Draft>> {
    let memberships = prop::array::uniform4(prop::option::weighted(0.8, value("membership")));
    let join_rule = prop::option::weighted(0.8, value("join_rule"));
    let levels = prop::option::weighted(0.7, content("m.room.power_levels"));
    let invite = prop::option::of(content("m.room.third_party_invite"));
    let others = (join_rule, levels, (select(USERS.to_vec()), invite));
    (memberships, others).prop_map(|(memberships, (join_rule, levels, (inviter, invite)))| {
        let of = |sender, event_type, key, content| state_event(sender, event_type, key, content);
        let members = USERS.iter().zip(memberships).filter_map(|(user, membership)| {
            let content = json!({ "membership": membership? });
            Some(of(user, "m.room.member", user, content))
        });
        let rule = join_rule.map(|rule| json!({ "join_rule": rule }));
        let rule = rule.map(|content| of(ALICE, "m.room.join_rules", "", content));
        let levels = levels.map(|content| of(ALICE, "m.room.power_levels", "", content));
        let invite =
            invite.map(|content| of(inviter, "m.room.third_party_invite", "token", content));
        members.chain(rule).chain(levels).chain(invite).collect()
    })
}

fn oddities() -> impl Strategy<Value = Oddities> {
    let room_ids = select(vec!["!room:b.example", "!room"]);
    let rejected = prop_oneof![3 => Just(0), 1 => any::<u32>()];
    let after = prop_oneof![3 => Just(None), 1 => any::<bool>().prop_map(Some)];
    (after, prop::option::weighted(0.05, room_ids), any::<u32>(), rejected)
        .prop_map(|(after, room_id, cited, rejected)| Oddities { after, room_id, cited, rejected })
}

pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    let state = (base(), prop::collection::vec(draft(), 0..4))
        .prop_map(|(base, more)| base.into_iter().chain(more).collect());
    let create = prop_oneof![2 => Just(json!({})), 1 => content("m.room.create")];
    let rest = (oddities(), prop::bool::weighted(0.95));
    (versions(), create, state, draft(), rest).prop_map(
        |(version, create, state, event, (oddities, has_create))| Plan {
            version,
            create,
            has_create,
            state,
            event,
            oddities,
        },
    )
}

/// What strict canonical JSON has no form for is replaced where a version insists.
fn fit(json: &Json, version: &RoomVersion) -> Json {
    if version.capabilities.canonical_json == CanonicalJson::Lenient {
        return json.clone();
    }
    let maximum = (1_i64 << 53) - 1;
    match json {
        Json::Number(number) => json!(number.as_i64().unwrap_or(0).clamp(-maximum, maximum)),
        Json::Array(items) => items.iter().map(|item| fit(item, version)).collect(),
        Json::Object(members) => {
            let members = members.iter().map(|(key, value)| (key.clone(), fit(value, version)));
            Json::Object(members.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// A room with an event to try in it.
pub(crate) struct Trial {
    pub(crate) room: Room,
    /// With the auth events of the selection.
    pub(crate) event: exeunt_event::Event,
    /// With some events of the state as auth events, and perhaps one that is not there.
    pub(crate) citing: exeunt_event::Event,
}

impl Plan {
    pub(crate) fn fitted(&self, draft: &Draft) -> Draft {
        draft.clone().saying_all(fit(&draft.content(), &self.version))
    }

    /// The room, with these drafts in the state on top of the plan's.
    pub(crate) fn room(&self, more: &[Draft]) -> Room {
        let mut room = Room::new(self.version.clone());
        room.created_with(&fit(&self.create, &self.version));
        for draft in self.state.iter().chain(more) {
            room.put(&self.fitted(draft));
        }
        let elsewhere = room.other().member_is(BOB, "join");
        room.know(&elsewhere);
        let known: Vec<_> = room.all().cloned().collect();
        for (event, at) in known.iter().zip(0..32) {
            if self.oddities.rejected >> at & 1 == 1 {
                room.know_rejected(event);
            }
        }
        // A create event of the drafts may have taken its place.
        let create = room.create.clone();
        room.state.insert(create);
        if !self.has_create {
            room.without("m.room.create", "");
        }
        room
    }

    pub(crate) fn trial(&self) -> Trial {
        let mut room = self.room(&[]);
        let mut draft = self.fitted(&self.event);
        draft = match self.oddities.after {
            Some(true) => draft.after(&[&room.create]),
            Some(false) => draft.after(&[]),
            None => draft,
        };
        let event = room.make(&draft);
        if let Some(room_id) = self.oddities.room_id {
            draft = draft.field("room_id", room_id);
        } else if self.oddities.cited % 16 == 1 {
            // The room of some event that may or may not be a create event.
            let some =
                room.all().next().map_or("!x".to_owned(), |it| it.event_id().room().to_string());
            draft = draft.field("room_id", some);
        }
        let bits = |bits: u32, at: u32| bits >> at & 1 == 1;
        let mut citing = if self.oddities.cited & 1 == 0 {
            // Those of the selection, and one more or one less.
            let mut some = room.all().zip(0..32).filter(|(_, at)| bits(self.oddities.cited, *at));
            match some.next().map(|(event, _)| event.clone()) {
                Some(event) if self.oddities.cited & 2 == 0 => draft.also_citing(&event),
                Some(event) => draft.not_citing(&event),
                None => draft,
            }
        } else {
            let some = room.all().zip(0..32).filter(|(_, at)| bits(self.oddities.cited, *at));
            let some: Vec<_> = some.map(|(event, _)| event.clone()).collect();
            draft.citing(&some.iter().collect::<Vec<_>>())
        };
        if self.oddities.cited == 0 {
            citing = citing.citing_ids(&["$nobody-has-it:a.example"]);
        }
        let citing = room.make(&citing);
        Trial { room, event, citing }
    }

    /// The same with nothing rejected.
    pub(crate) fn without_rejections(mut self) -> Self {
        self.oddities.rejected = 0;
        self
    }

    /// Whether the version derives room IDs from create events.
    pub(crate) fn derives_room_ids(&self) -> bool {
        self.version.capabilities.room_ids == RoomIds::CreateEvent
    }
}

pub(crate) fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    prop::collection::vec(draft(), 0..6)
}
