//! Nothing that anybody may send makes a room panic.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use std::sync::OnceLock;

use exeunt_forks::Mood;
use exeunt_recordings::rooms as recordings;
use exeunt_room::{Context, Input, Outcome, Room, check_all};
use exeunt_version::RoomVersion;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value as Json, json};
use world::keys;
use world::random::{forked, orders, shuffled, versions};

/// The recorded rooms, read once.
fn recorded() -> &'static [(RoomVersion, Vec<Vec<u8>>)] {
    static RECORDED: OnceLock<Vec<(RoomVersion, Vec<Vec<u8>>)>> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let evil = recordings().into_iter().filter(|room| room.name.ends_with("evil"));
        evil.map(|room| (RoomVersion::specified(&room.version).unwrap(), room.lines())).collect()
    })
}

/// A change of a PDU.
#[derive(Clone, Debug)]
enum Mutation {
    /// One of its bytes.
    Byte(Index, u8),
    /// The rest of it.
    Cut(Index),
    /// A field, to another event's or to something else.
    Field(Index, Index, Option<u8>),
    /// A citation, to another event.
    Cite(Index, bool),
}

fn mutations() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Mutation::Byte(at, byte)),
        any::<Index>().prop_map(Mutation::Cut),
        (any::<Index>(), any::<Index>(), prop::option::of(any::<u8>()))
            .prop_map(|(at, other, odd)| Mutation::Field(at, other, odd)),
        (any::<Index>(), any::<bool>()).prop_map(|(other, prev)| Mutation::Cite(other, prev)),
    ]
}

fn mutated(pdu: &[u8], mutation: &Mutation, all: &[Vec<u8>]) -> Vec<u8> {
    let parsed: Json = serde_json::from_slice(pdu).unwrap();
    let other = |at: &Index| -> Json { serde_json::from_slice(&all[at.index(all.len())]).unwrap() };
    let mut changed = parsed.clone();
    match mutation {
        Mutation::Byte(at, byte) => {
            let mut bytes = pdu.to_vec();
            let at = at.index(bytes.len());
            bytes[at] = *byte;
            return bytes;
        }
        Mutation::Cut(at) => return pdu[..at.index(pdu.len())].to_vec(),
        Mutation::Field(at, from, odd) => {
            let names: Vec<&String> = parsed.as_object().unwrap().keys().collect();
            let name = names[at.index(names.len())];
            let odd = odd.map(|odd| match odd % 8 {
                0 => Json::Null,
                1 => json!(-1),
                2 => json!([]),
                3 => json!({}),
                4 => json!("x"),
                5 => json!(i64::MAX),
                6 => json!([name]),
                _ => json!(""),
            });
            changed[name] = odd.unwrap_or_else(|| other(from)[name].clone());
        }
        Mutation::Cite(from, is_prev) => {
            let field = if *is_prev { "prev_events" } else { "auth_events" };
            let cited = other(from)[field].as_array().and_then(|it| it.first()).cloned();
            if let (Some(list), Some(cited)) = (changed[field].as_array_mut(), cited) {
                list.push(cited);
            }
        }
    }
    changed.to_string().into_bytes()
}

/// Takes inputs of all kinds, and looks at everything.
fn take_all(version: &RoomVersion, pdus: &[Vec<u8>], kinds: &[u8], with_keys: bool) -> Room {
    let keys = keys(version);
    let context = Context { keys: with_keys.then_some(&keys) };
    let mut room = Room::new(version.clone());
    for (pdu, kind) in pdus.iter().zip(kinds.iter().cycle()) {
        let pdu: std::sync::Arc<[u8]> = pdu.as_slice().into();
        let ids = room.dag().events().filter_map(|number| room.dag().id(number)).cloned();
        let state = ids.filter(|_| *kind < 4).collect();
        let input = match kind {
            0 | 1 => Input::Given { pdu, state },
            2 => Input::Joined { pdu, state },
            4 | 5 => Input::Outlier(pdu),
            6 => Input::Sent(pdu),
            _ => Input::Pdu(pdu),
        };
        let before = room.log().len();
        let receipt = room.take(&input, context);
        assert_eq!(room.log().len(), before + 1);
        let is_decided = matches!(receipt.outcome, Outcome::Decided(_));
        assert!(is_decided || receipt.taken_up.is_empty());
    }
    for (id, missing) in room.pending() {
        assert!(!missing.is_empty(), "{id}");
    }
    for number in room.dag().events() {
        let id = room.dag().id(number).unwrap();
        assert!(room.record(id).unwrap().event(version).is_some());
        let _ = room.resolution_before(id);
    }
    let _ = room.current_resolution();
    for id in room.forward_extremities() {
        assert!(room.state_after(id).is_some());
    }
    room
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 64))]

    #[test]
    fn arbitrary_bytes_are_received(
        version in versions(),
        pdus in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..16),
        kinds in prop::collection::vec(0..16_u8, 1..8),
        with_keys in any::<bool>(),
    ) {
        let room = take_all(&version, &pdus, &kinds, with_keys);
        prop_assert!(room.dag().is_empty());
        let slices: Vec<&[u8]> = pdus.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(check_all(&slices, &version, Context::default()).len(), pdus.len());
    }

    #[test]
    fn broken_forks_are_received_in_any_order(
        ((version, pdus), order) in (forked(Mood::Broken), orders()),
        kinds in prop::collection::vec(0..16_u8, 1..8),
        with_keys in any::<bool>(),
    ) {
        take_all(&version, &shuffled(&pdus, &order), &kinds, with_keys);
    }
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 16))]

    #[test]
    fn mutated_recorded_rooms_are_received_in_any_order(
        at in any::<Index>(),
        order in orders(),
        changes in prop::collection::vec((any::<Index>(), mutations()), 1..40),
        kinds in prop::collection::vec(prop_oneof![4 => 8..16_u8, 1 => 0..8_u8], 1..24),
        is_shuffled in any::<bool>(),
    ) {
        let (version, lines) = &recorded()[at.index(recorded().len())];
        let mut pdus = lines.clone();
        for (at, mutation) in &changes {
            let at = at.index(lines.len());
            pdus[at] = mutated(&lines[at], mutation, lines);
        }
        let pdus = if is_shuffled { shuffled(&pdus, &order) } else { pdus };
        take_all(version, &pdus, &kinds, false);
    }
}
