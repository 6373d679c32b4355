//! Plain state events: what the rules read of them, and what of the state.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod arbitrary;
mod room;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use exeunt_auth::{ServerSignatures, State, StateMap, check_state, is_plain_state};
use exeunt_event::{Event, EventType};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value as Json, json};

use arbitrary::{Plan, content, plans};
use room::{ALICE, BOB, CAROL, DAVE, Draft, Room, member, message, state_event, version};

/// Types that have rules of their own.
const RULED: [&str; 5] = [
    "m.room.member",
    "m.room.power_levels",
    "m.room.third_party_invite",
    "m.room.aliases",
    "m.room.redaction",
];

/// Two events of one sender and one type.
#[derive(Clone, Debug)]
struct Pair {
    sender: &'static str,
    event_type: &'static str,
    keys: [&'static str; 2],
    contents: [Json; 2],
    /// Whether the sender is joined, whatever the plan says.
    is_joined: bool,
}

fn pairs() -> impl Strategy<Value = Pair> {
    let sender = prop_oneof![8 => select(vec![ALICE, BOB, CAROL, DAVE]), 1 => Just("bob")];
    let types = prop_oneof![
        8 => select(vec!["m.room.topic", "m.room.join_rules", "m.room.encryption", "x", ""]),
        1 => select(RULED.to_vec()),
    ];
    let key = prop_oneof![4 => Just(None), 4 => Just(Some("a key")), 1 => Just(Some(BOB))];
    let keys = prop::array::uniform2(key);
    (sender, types, keys, any::<bool>()).prop_flat_map(|(sender, event_type, keys, is_joined)| {
        let keys = keys.map(|key| key.unwrap_or(sender));
        prop::array::uniform2(content(event_type)).prop_map(move |contents| Pair {
            sender,
            event_type,
            keys,
            contents,
            is_joined,
        })
    })
}

impl Pair {
    fn make(&self, room: &mut Room, plan: &Plan) -> [Event; 2] {
        [0, 1].map(|at| {
            let content = self.contents[at].clone();
            let draft = state_event(self.sender, self.event_type, self.keys[at], content);
            room.make(&plan.fitted(&draft).field("origin_server_ts", at))
        })
    }
}

/// A state that remembers what it was asked for.
struct Questioned<'a> {
    state: &'a StateMap,
    asked: RefCell<BTreeSet<(EventType, String)>>,
}

impl<'a> State<'a> for &Questioned<'a> {
    fn entry(&self, event_type: &EventType, state_key: &str) -> Option<&'a Event> {
        self.asked.borrow_mut().insert((event_type.clone(), state_key.to_owned()));
        self.state.entry(event_type, state_key)
    }
}

fn alike(plan: &Plan, pair: &Pair, seen: &Cell<[u32; 2]>) -> Result<(), TestCaseError> {
    let join = pair.is_joined.then(|| member(pair.sender, pair.sender, "join"));
    let mut room = plan.room(join.as_slice());
    let [one, other] = pair.make(&mut room, plan);
    if !is_plain_state(&one) || !is_plain_state(&other) {
        return Ok(());
    }
    prop_assert!(one.event_id() != other.event_id());

    let verdict = room.by_state(&one, None);
    prop_assert_eq!(&verdict, &room.by_state(&other, None));
    // A server's signature is not asked for either.
    prop_assert_eq!(&verdict, &room.by_state(&other, Some(&[])));

    let state = Questioned { state: &room.state, asked: RefCell::default() };
    check_state(&plan.version, &one, &state, ServerSignatures::Satisfied);
    let readable = [
        (EventType::Create, ""),
        (EventType::PowerLevels, ""),
        (EventType::Member, one.sender().as_str()),
    ];
    for (event_type, key) in state.asked.take() {
        prop_assert!(readable.contains(&(event_type.clone(), &key)), "{event_type:?} {key}");
    }

    let [allowed, rejected] = seen.get();
    let is_allowed = u32::from(verdict.is_allowed());
    seen.set([allowed + is_allowed, rejected + 1 - is_allowed]);
    Ok(())
}

#[test]
fn plain_state_events_of_one_sender_and_type_have_one_verdict_in_every_state() {
    let config = exeunt_regressions::config!(cases = 1_024);
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let seen = Cell::new([0; 2]);
    runner.run(&(plans(), pairs()), |(plan, pair)| alike(&plan, &pair, &seen)).unwrap();
    let [allowed, rejected] = seen.get();
    let fewer = allowed.min(rejected);
    assert!(fewer > 100, "{allowed} allowed, {rejected} rejected");
}

#[test]
fn a_state_event_is_plain_unless_a_rule_reads_more_of_it() {
    for number in 1..=12 {
        let mut room = Room::new(version(number));
        let mut is_plain = |draft: &Draft| is_plain_state(&room.make(draft));
        let of = |event_type, key| state_event(BOB, event_type, key, json!({}));
        for event_type in ["m.room.topic", "m.room.join_rules", "x"] {
            for (key, expected) in
                [("", true), (BOB, true), ("x", true), (ALICE, false), ("@", false)]
            {
                assert_eq!(is_plain(&of(event_type, key)), expected, "{number} {event_type} {key}");
            }
            assert!(!is_plain(&message(BOB, event_type, json!({}))));
        }
        for event_type in RULED {
            let content = json!({ "membership": "join", "redacts": "$x:a.example" });
            assert!(!is_plain(&state_event(BOB, event_type, BOB, content)), "{event_type}");
        }
    }
}
