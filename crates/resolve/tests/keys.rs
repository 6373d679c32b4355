//! Types and state keys by number, and the questions that rules are asked.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use exeunt_event::{Event, EventType};
use exeunt_resolve::{Key, Keys};
use exeunt_version::RoomVersion;
use serde_json::json;

const ALICE: &str = "@alice:a.example";
const BOB: &str = "@bob:b.example";

fn event(room: &str, sender: &str, event_type: &str, state_key: Option<&str>) -> Event {
    let mut pdu = json!({
        "event_id": "$event:a.example", "room_id": room, "type": event_type, "sender": sender,
        "content": { "membership": "join" }, "depth": 1, "origin_server_ts": 1,
        "prev_events": [], "auth_events": [], "hashes": { "sha256": "" }, "signatures": {},
    });
    if let Some(key) = state_key {
        pdu["state_key"] = json!(key);
    }
    Event::parse(pdu.to_string().as_bytes(), &RoomVersion::specified("1").unwrap()).unwrap()
}

#[test]
fn some_keys_are_known_from_the_beginning() {
    let keys = Keys::new();
    assert_eq!((keys.len(), keys.is_empty(), keys.questions()), (3, false, 0));
    for (at, (key, event_type)) in [
        (Key::CREATE, EventType::Create),
        (Key::POWER_LEVELS, EventType::PowerLevels),
        (Key::JOIN_RULES, EventType::JoinRules),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(key.index(), at);
        assert_eq!(keys.get(&event_type, ""), Some(key));
        assert_eq!(keys.get(&event_type, "x"), None);
        assert_eq!(keys.name(key), Some((&event_type, "")));
    }
    assert_eq!(keys.get(&EventType::Member, ""), None);
}

#[test]
fn every_type_and_state_key_has_a_key_of_its_own() {
    let types = ["m.room.create", "m.room.power_levels", "m.room.join_rules", "m.room.member", "x"];
    let mut keys = Keys::new();
    let mut made = BTreeSet::new();
    for state_key in (0..40).map(|at| "k".repeat(at)) {
        for event_type in types.map(EventType::new) {
            let before = keys.clone();
            let key = keys.intern(&event_type, &state_key);
            assert!(made.insert(key));
            assert_eq!(keys.len(), key.index().max(before.len() - 1) + 1);
            assert_eq!(keys.intern(&event_type, &state_key), key);
            assert_eq!(keys.get(&event_type, &state_key), Some(key));
            assert_eq!(keys.name(key), Some((&event_type, &*state_key)));
            let is_constant = key.index() < 3;
            assert_eq!(before.get(&event_type, &state_key).is_some(), is_constant);
            assert_eq!(before.name(key).is_some(), is_constant);
        }
    }
    // Those of a constant among them.
    assert_eq!(keys.len(), 40 * types.len());
    assert_eq!(made.iter().map(|key| key.index()).max(), Some(keys.len() - 1));
}

#[test]
fn a_name_does_not_run_into_the_next() {
    let mut keys = Keys::new();
    let pairs = [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc")];
    let made = pairs.map(|(event_type, key)| keys.intern(&EventType::new(event_type), key));
    assert_eq!(BTreeSet::from(made).len(), pairs.len());
}

#[test]
fn an_event_is_known_by_its_key_and_its_senders_membership() {
    let mut keys = Keys::new();
    let names = keys.of(&event("!one:a.example", ALICE, "m.room.topic", Some(""))).unwrap();
    assert_eq!(keys.name(names.key), Some((&EventType::new("m.room.topic"), "")));
    assert_eq!(keys.name(names.sender), Some((&EventType::Member, ALICE)));
    let before = keys.len();
    assert_eq!(keys.of(&event("!one:a.example", BOB, "m.room.message", None)), None);
    assert_eq!((keys.len(), keys.questions()), (before, 1));
}

/// A question is a room, a sender and a type that has no rule of its own.
#[test]
fn events_have_one_question_if_room_sender_and_type_are_the_same() {
    let mut keys = Keys::new();
    let mut places = BTreeSet::new();
    let (rooms, senders) = (["!one:a.example", "!two:a.example"], [ALICE, BOB]);
    for round in 0..2 {
        for (room, sender) in rooms.iter().flat_map(|room| senders.map(|sender| (room, sender))) {
            for event_type in ["m.room.topic", "m.room.join_rules", "x"] {
                let of = |key| event(room, sender, event_type, Some(key));
                let question = keys.of(&of("")).unwrap().question.unwrap();
                assert_eq!(keys.of(&of("other")).unwrap().question, Some(question));
                assert_eq!(places.insert(question.index()), round == 0);
                assert!(question.index() < keys.questions());
            }
            for event_type in ["m.room.member", "m.room.power_levels", "m.room.create"] {
                let names = keys.of(&event(room, sender, event_type, Some(""))).unwrap();
                assert_eq!(names.question, None);
            }
        }
    }
    assert_eq!(keys.questions(), 12);
    assert!(places.into_iter().eq(0..12));
}
