//! Plausible rooms: four users, small numbers, and an event that somebody might try. What the laws
//! ask of a room is computed here once more, from the plan and not from the events.

use exeunt_auth::{Rule, Verdict};
use exeunt_event::Event;
use exeunt_version::{Creator, RoomVersion};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};

use crate::room::{ALICE, BOB, CAROL, DAVE, Draft, Room, member, message, state_event, version};

pub(crate) const USERS: [&str; 4] = [ALICE, BOB, CAROL, DAVE];

const MEMBERSHIPS: [&str; 5] = ["invite", "join", "leave", "ban", "knock"];
const JOIN_RULES: [&str; 6] =
    ["public", "invite", "knock", "restricted", "knock_restricted", "private"];
const PROPERTIES: [&str; 7] =
    ["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"];
const EVENTS: [&str; 3] = ["m.room.topic", "m.room.power_levels", "m.room.message"];
const LEVELS: [i64; 8] = [-1, 0, 1, 49, 50, 51, 99, 100];

/// Power levels: where a level stands, and what it is.
pub(crate) type Levels = Vec<(&'static str, &'static str, i64)>;

/// What somebody tries.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    Member {
        sender: &'static str,
        target: &'static str,
        membership: &'static str,
        vouching: Option<&'static str>,
        /// Whether it follows the create event alone.
        first: bool,
    },
    /// The levels that are set, and those that are taken out.
    Levels {
        sender: &'static str,
        set: Levels,
        unset: Vec<(&'static str, &'static str)>,
    },
    State {
        sender: &'static str,
        event_type: &'static str,
        state_key: &'static str,
    },
    Message {
        sender: &'static str,
    },
}

/// A room and an event.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) number: u8,
    pub(crate) unfederated: bool,
    additional: Vec<&'static str>,
    memberships: [Option<&'static str>; 4],
    pub(crate) join_rule: Option<&'static str>,
    levels: Option<Levels>,
    pub(crate) action: Action,
}

/// A world with its event judged.
pub(crate) struct Judged {
    pub(crate) world: World,
    pub(crate) event: Event,
    pub(crate) is_allowed: bool,
    pub(crate) rule: Rule,
    /// The power levels that the event would set.
    pub(crate) new: Json,
}

/// The power of a creator of version 12.
pub(crate) const INFINITE: i64 = i64::MAX;

fn user() -> impl Strategy<Value = &'static str> {
    select(USERS.to_vec())
}

fn levels(size: std::ops::Range<usize>) -> impl Strategy<Value = Levels> {
    let place = prop_oneof![
        4 => user().prop_map(|user| ("users", user)),
        1 => select(PROPERTIES.to_vec()).prop_map(|property| ("", property)),
        1 => select(EVENTS.to_vec()).prop_map(|event| ("events", event)),
        1 => Just(("notifications", "room")),
    ];
    let level = select(LEVELS.to_vec());
    prop::collection::vec((place, level).prop_map(|((map, name), level)| (map, name, level)), size)
}

fn actions() -> impl Strategy<Value = Action> {
    let vouching = prop::option::weighted(0.3, user());
    let membership = select(MEMBERSHIPS.to_vec());
    let to_oneself = (user(), membership, vouching, prop::bool::weighted(0.1));
    let towards = select(vec!["leave", "leave", "leave", "ban", "ban", "invite", "join", "knock"]);
    let to_another = (user(), user(), towards, prop::bool::weighted(0.1));
    let types = select(vec![
        "m.room.topic",
        "m.room.join_rules",
        "m.room.third_party_invite",
        "m.room.aliases",
        "org.example.status",
    ]);
    let keys = select(vec!["", ALICE, BOB, CAROL, "a.example", "b.example"]);
    let unset = levels(0..2).prop_map(|levels| {
        levels.into_iter().map(|(map, name, _)| (map, name)).collect::<Vec<_>>()
    });
    prop_oneof![
        2 => to_oneself.prop_map(|(sender, membership, vouching, first)| {
            Action::Member { sender, target: sender, membership, vouching, first }
        }),
        2 => to_another.prop_map(|(sender, target, membership, first)| {
            Action::Member { sender, target, membership, vouching: None, first }
        }),
        2 => (user(), levels(0..3), unset).prop_map(|(sender, set, unset)| Action::Levels {
            sender,
            set,
            unset
        }),
        1 => (user(), types, keys).prop_map(|(sender, event_type, state_key)| Action::State {
            sender,
            event_type,
            state_key
        }),
        1 => user().prop_map(|sender| Action::Message { sender }),
    ]
}

pub(crate) fn worlds() -> impl Strategy<Value = World> {
    let membership = prop_oneof![
        5 => Just(Some("join")),
        2 => Just(Some("ban")),
        5 => select(MEMBERSHIPS.to_vec()).prop_map(Some),
        1 => Just(None),
    ];
    let additional = prop_oneof![3 => Just(Vec::new()), 1 => user().prop_map(|user| vec![user])];
    let join_rule = prop::option::weighted(0.9, select(JOIN_RULES.to_vec()));
    (
        (1..=12_u8, prop::bool::weighted(0.15), additional),
        prop::array::uniform4(membership),
        join_rule,
        prop::option::weighted(0.8, levels(0..8)),
        actions(),
    )
        .prop_map(
            |((number, unfederated, additional), memberships, join_rule, levels, action)| World {
                number,
                unfederated,
                additional,
                memberships,
                join_rule,
                levels,
                action,
            },
        )
}

/// Levels as a content; of two in one place the later one counts.
fn content(levels: &Levels) -> Json {
    let mut content = Json::Object(Map::new());
    for (map, name, level) in levels {
        if map.is_empty() {
            content[*name] = json!(level);
        } else {
            content[*map][*name] = json!(level);
        }
    }
    content
}

/// The level that stands in a content, if one does.
pub(crate) fn listed(content: &Json, map: &str, name: &str) -> Option<i64> {
    let place = if map.is_empty() { content } else { content.get(map)? };
    place.get(name)?.as_i64()
}

impl World {
    pub(crate) fn version(&self) -> RoomVersion {
        version(self.number)
    }

    pub(crate) fn sender(&self) -> &'static str {
        match &self.action {
            Action::Member { sender, .. }
            | Action::Levels { sender, .. }
            | Action::State { sender, .. }
            | Action::Message { sender } => sender,
        }
    }

    pub(crate) fn membership(&self, user: &str) -> Option<&'static str> {
        let at = USERS.iter().position(|known| *known == user).unwrap();
        self.memberships[at]
    }

    pub(crate) fn is_creator(&self, user: &str) -> bool {
        user == ALICE || (self.has_infinite_power() && self.additional.contains(&user))
    }

    fn has_infinite_power(&self) -> bool {
        self.version().capabilities.creator == Creator::Privileged
    }

    /// The power levels in force, if there are any.
    pub(crate) fn current(&self) -> Option<Json> {
        self.levels.as_ref().map(content)
    }

    /// The power that a user has under these power levels.
    pub(crate) fn power_under(&self, levels: Option<&Json>, user: &str) -> i64 {
        if self.has_infinite_power() && self.is_creator(user) {
            return INFINITE;
        }
        match levels {
            Some(levels) => listed(levels, "users", user)
                .or_else(|| listed(levels, "", "users_default"))
                .unwrap_or(0),
            None if self.is_creator(user) => 100,
            None => 0,
        }
    }

    pub(crate) fn power(&self, user: &str) -> i64 {
        self.power_under(self.current().as_ref(), user)
    }

    pub(crate) fn level(&self, property: &str) -> i64 {
        let default = if property == "invite" { 0 } else { 50 };
        self.current().and_then(|levels| listed(&levels, "", property)).unwrap_or(default)
    }

    pub(crate) fn is_local(user: &str) -> bool {
        user.ends_with(":a.example")
    }

    /// Whether the rule about `m.federate` lets the sender through.
    pub(crate) fn is_within_reach(&self) -> bool {
        !self.unfederated || Self::is_local(self.sender())
    }

    /// Whether the event is the join that the creator makes right after the create event.
    pub(crate) fn is_first_join(&self) -> bool {
        matches!(self.action, Action::Member { target: ALICE, membership: "join", first: true, .. })
    }

    fn new_levels(&self) -> Json {
        let Action::Levels { set, unset, .. } = &self.action else {
            return json!({});
        };
        let mut levels: Levels = self.levels.clone().unwrap_or_default();
        levels.retain(|(map, name, _)| !unset.contains(&(map, name)));
        levels.extend(set);
        content(&levels)
    }

    fn draft(&self, room: &Room) -> Draft {
        match &self.action {
            Action::Member { sender, target, membership, vouching, first } => {
                let mut draft = member(sender, target, membership);
                if let Some(user) = vouching {
                    draft = draft.saying("join_authorised_via_users_server", *user);
                }
                if *first { draft.after(&[&room.create]) } else { draft }
            }
            Action::Levels { sender, .. } => {
                state_event(sender, "m.room.power_levels", "", self.new_levels())
            }
            Action::State { sender, event_type, state_key } => {
                state_event(sender, event_type, state_key, json!({}))
            }
            Action::Message { sender } => message(sender, "m.room.message", json!({})),
        }
    }

    /// The room, and the event in it.
    pub(crate) fn build(&self) -> (Room, Event) {
        let mut room = Room::new(self.version());
        let mut create = json!({});
        if self.unfederated {
            create["m.federate"] = json!(false);
        }
        if !self.additional.is_empty() {
            create["additional_creators"] = json!(self.additional);
        }
        room.created_with(&create);
        room.without("m.room.member", ALICE);
        for (user, membership) in USERS.iter().zip(self.memberships) {
            if let Some(membership) = membership {
                room.member_is(user, membership);
            }
        }
        if let Some(rule) = self.join_rule {
            room.join_rule(rule);
        }
        if let Some(levels) = self.current() {
            room.levels(levels);
        }
        let event = room.make(&self.draft(&room));
        (room, event)
    }

    pub(crate) fn judge(self) -> Judged {
        let (room, event) = self.build();
        let verdict = room.by_auth_events(&event, None).unwrap();
        assert_eq!(verdict, room.by_state(&event, None));
        let (is_allowed, rule) = (matches!(verdict, Verdict::Allowed { .. }), verdict.rule());
        let new = self.new_levels();
        Judged { world: self, event, is_allowed, rule, new }
    }
}
