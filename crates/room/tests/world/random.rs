//! Random rooms: whoever does what after whichever events, allowed or not.

use exeunt_event::{Event, EventId};
use exeunt_forks::{Fork, Mood, forks};
use exeunt_version::{EventIds, RoomVersion};
use proptest::prelude::*;
use serde_json::json;

use super::{
    ALICE, CAROL, Draft, Scribe, USERS, join_rule, levels, member, message, sealed, topic, version,
};

/// Something that somebody does.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    act: u8,
    actor: u8,
    target: u8,
    /// Which of the last events it follows: bit by bit, from the last one.
    after: u8,
    /// Whether it cites something that it should not.
    cites: Option<u8>,
    /// How much earlier than now it claims to be, in seconds.
    earlier: u8,
}

/// What happens in a room.
pub(crate) fn steps(size: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Step>> {
    let after = prop_oneof![4 => Just(1_u8), 2 => 1..4_u8, 2 => 1..64_u8, 1 => any::<u8>()];
    let cites = prop::option::weighted(0.1, any::<u8>());
    let earlier = prop_oneof![3 => Just(0_u8), 1 => 0..20_u8];
    let step = (0..16_u8, 0..4_u8, 0..4_u8, after, cites, earlier).prop_map(
        |(act, actor, target, after, cites, earlier)| Step {
            act,
            actor,
            target,
            after,
            cites,
            earlier,
        },
    );
    prop::collection::vec(step, size)
}

/// The number of a room version.
pub(crate) fn versions() -> impl Strategy<Value = RoomVersion> {
    (1..=12_u8).prop_map(version)
}

/// The room in which that happens. A step whose event would be nothing new is left out.
pub(crate) fn play(version: RoomVersion, steps: &[Step]) -> Scribe {
    let mut scribe = Scribe::peopled(version);
    for (at, step) in steps.iter().enumerate() {
        let actor = USERS[usize::from(step.actor)];
        let target = USERS[usize::from(step.target)];
        let mut draft = act(&scribe, step, actor, target);
        let known = scribe.pdus.len();
        let mut after: Vec<String> = Vec::new();
        for back in 0..8 {
            if step.after >> back & 1 == 1 && back < known {
                after.push(scribe.names[known - 1 - back].clone());
            }
        }
        if after.is_empty() {
            after.push(scribe.names[known - 1].clone());
        }
        draft = draft.after(&after.iter().map(String::as_str).collect::<Vec<_>>());
        if let Some(cites) = step.cites {
            let other = scribe.names[usize::from(cites) % known].clone();
            draft = draft.citing(&["create", "levels", &other]);
        }
        // No two at the same time, or they might be the same event.
        let own = i64::try_from(at).unwrap() + 1;
        draft = draft.at(scribe.time - i64::from(step.earlier) * 1_000 + own);
        scribe.write(&format!("step{at}"), draft);
    }
    scribe
}

fn act(scribe: &Scribe, step: &Step, actor: &str, target: &str) -> Draft {
    let level = [0, 50, 100][usize::from(step.after) % 3];
    match step.act {
        0 | 1 => member(actor, actor, "join"),
        2 => member(actor, actor, "leave"),
        3 => member(actor, target, "invite"),
        4 | 5 => member(actor, target, "ban"),
        6 => member(actor, target, "leave"),
        7 => join_rule(actor, "invite"),
        8 => join_rule(actor, "public"),
        9 | 10 => {
            let mut users = json!({ target: level });
            if scribe.room.version().id() != "12" {
                users[ALICE] = json!(100);
            }
            if step.target.is_multiple_of(2) && target != CAROL {
                users[CAROL] = json!(50);
            }
            levels(actor, users)
        }
        11 | 12 => topic(actor, &format!("topic {}", step.earlier)),
        _ => message(actor, "hello"),
    }
}

/// A random room, by its steps.
pub(crate) fn rooms(size: std::ops::Range<usize>) -> impl Strategy<Value = Scribe> {
    (versions(), steps(size)).prop_map(|(version, steps)| play(version, &steps))
}

/// The events of random forks, with content hashes that are right, in the order in which they were
/// made.
pub(crate) fn forked(mood: Mood) -> impl Strategy<Value = (RoomVersion, Vec<Vec<u8>>)> {
    let of = move |version: RoomVersion| forks(&version, mood);
    versions().prop_flat_map(of).prop_map(|fork| (fork.version.clone(), pdus(&fork)))
}

fn pdus(fork: &Fork) -> Vec<Vec<u8>> {
    let version = &fork.version;
    let is_sent = version.capabilities.event_ids == EventIds::Sent;
    let mut renamed: Vec<(EventId, EventId)> = Vec::new();
    let mut pdus = Vec::new();
    for event in &fork.events {
        let mut pdu: serde_json::Value = serde_json::from_str(event.text()).unwrap();
        if !is_sent {
            let new = |id: &EventId| {
                let known = renamed.iter().find(|(old, _)| old == id);
                known.map_or(id, |(_, new)| new).as_str().to_owned()
            };
            pdu["prev_events"] = event.prev_events().iter().map(new).collect();
            pdu["auth_events"] = event.auth_events().iter().map(new).collect();
            if let Some((old, create)) = renamed.first()
                && event.has_room_id()
                && old.room() == *event.room_id()
            {
                pdu["room_id"] = json!(create.room().as_str());
            }
        }
        let pdu = sealed(&pdu, &[], version);
        let new = Event::parse(&pdu, version).unwrap();
        renamed.push((event.event_id().clone(), new.event_id().clone()));
        pdus.push(pdu);
    }
    pdus
}

/// Keys to shuffle by, for as many items as there may be.
pub(crate) fn orders() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(any::<u32>(), 1..64)
}

/// The items in an order that the keys give: one key after the other, over and over, each for the
/// next item.
pub(crate) fn shuffled<T: Clone>(items: &[T], keys: &[u32]) -> Vec<T> {
    let key = |at: usize| {
        let at = u32::try_from(at).unwrap();
        keys[at as usize % keys.len()].wrapping_mul(at | 1)
    };
    let mut places: Vec<usize> = (0..items.len()).collect();
    places.sort_by_key(|at| (key(*at), *at));
    places.into_iter().map(|at| items[at].clone()).collect()
}
