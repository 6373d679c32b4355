//! A state as a map: at most one event for each type and state key.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod room;

use std::collections::BTreeMap;

use exeunt_auth::{FewEvents, State, StateMap};
use exeunt_event::{Event, EventId, EventType};
use exeunt_version::RoomVersion;
use serde_json::json;

use room::{BOB, Room, message, state_event};

const TYPES: [&str; 6] = [
    "m.room.create",
    "m.room.power_levels",
    "m.room.join_rules",
    "m.room.member",
    "m.room.third_party_invite",
    "m.room.topic",
];

const KEYS: [&str; 3] = ["", "x", BOB];

/// Two events for every type and state key.
fn rounds(version: &RoomVersion) -> [Vec<Event>; 2] {
    let mut room = Room::new(version.clone());
    [1, 2].map(|at| {
        let all = TYPES.iter().flat_map(|event_type| KEYS.map(|key| (event_type, key)));
        let drafts = all.map(|(event_type, key)| {
            state_event(BOB, event_type, key, json!({ "membership": "join" }))
                .field("origin_server_ts", at)
        });
        drafts.map(|draft| room.make(&draft)).collect()
    })
}

fn key(event: &Event) -> (EventType, String) {
    (event.event_type().clone(), event.state_key().unwrap().to_owned())
}

fn found<'a>(state: &impl State<'a>, event: &Event) -> Option<&'a EventId> {
    let (event_type, state_key) = key(event);
    state.entry(&event_type, &state_key).map(Event::event_id)
}

fn id(event: Option<Event>) -> Option<EventId> {
    event.map(|event| event.event_id().clone())
}

#[test]
fn every_type_and_state_key_has_a_place_of_its_own() {
    for version in RoomVersion::all() {
        let [first, second] = rounds(&version);
        let mut state = StateMap::new();
        assert!(state.is_empty());
        // What is there, told otherwise.
        let mut there = BTreeMap::new();
        let is_as_told = |state: &StateMap, there: &BTreeMap<_, EventId>| {
            assert_eq!((state.len(), state.is_empty()), (there.len(), there.is_empty()));
            for event in &first {
                assert_eq!(found(&state, event), there.get(&key(event)));
            }
        };
        for event in first.iter().chain(&second) {
            let before = there.insert(key(event), event.event_id().clone());
            assert_eq!(id(state.insert(event.clone())), before);
            is_as_told(&state, &there);
        }
        assert_eq!(state.len(), TYPES.len() * KEYS.len());
        for event in &second {
            let (event_type, state_key) = key(event);
            let before = there.remove(&key(event));
            assert_eq!(id(state.remove(&event_type, &state_key)), before);
            assert_eq!(id(state.remove(&event_type, &state_key)), None);
            is_as_told(&state, &there);
        }
        assert!(state.is_empty());
    }
}

#[test]
fn an_event_without_a_state_key_is_in_no_state() {
    for version in RoomVersion::all() {
        let event = Room::new(version).make(&message(BOB, "m.room.message", json!({})));
        let mut state = StateMap::new();
        assert_eq!(id(state.insert(event)), None);
        assert!(state.is_empty());
    }
}

#[test]
fn a_state_is_made_of_events_of_which_the_last_of_a_key_counts() {
    for version in RoomVersion::all() {
        let [first, second] = rounds(&version);
        let state: StateMap = first.iter().chain(&second).cloned().collect();
        assert_eq!(state.len(), second.len());
        for event in &second {
            assert_eq!(found(&&state, event), Some(event.event_id()));
        }
    }
}

/// So it is with an event's auth events, which are told apart by citing none twice.
#[test]
fn of_a_few_events_the_first_of_a_key_counts() {
    for version in RoomVersion::all() {
        let [first, second] = rounds(&version);
        let few = FewEvents(first.iter().skip(1).chain(&second).collect());
        for event in &first[1..] {
            assert_eq!(found(&few, event), Some(event.event_id()));
        }
        assert_eq!(found(&few, &first[0]), Some(second[0].event_id()));
    }
}
