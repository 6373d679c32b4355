//! Fingerprints of states: equal if and only if the entries are, however the states came to be.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use std::collections::BTreeMap;

use exeunt_room::{Room, State};
use proptest::prelude::*;
use world::random::{orders, rooms, shuffled};
use world::{BOB, CAROL, Scribe, entries, receive_all, topic, version};

/// Every state of a room.
fn states(room: &Room) -> Vec<State> {
    let of_events = room.dag().events().flat_map(|number| {
        let record = room.dag().get(number).unwrap();
        [record.state_before().cloned(), record.state_after().cloned()]
    });
    of_events.flatten().chain([room.current_state().clone()]).collect()
}

#[test]
fn a_state_and_the_same_state_by_another_way_are_equal() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("one", topic(BOB, "one"));
    scribe.write("two", topic(CAROL, "two").after(&["one"]));
    // Bob's topic lost; both orders of arrival number the events otherwise.
    let base = ["create", "alice", "levels", "rule", "bob", "carol", "one", "two"];
    let mut reversed = base;
    reversed.reverse();
    let (room, other) = (scribe.room_of(&base), scribe.room_of(&reversed));
    assert_eq!(room.current_state(), other.current_state());
    assert_eq!(room.current_state().fingerprint(), other.current_state().fingerprint());
    assert!(!room.current_state().is_same(other.current_state()));
    assert_ne!(room.fingerprint(), other.fingerprint());
}

#[test]
fn states_of_the_same_size_differ_by_an_event() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("one", topic(BOB, "one"));
    scribe.write("two", topic(BOB, "two"));
    let state = |name| scribe.room.state_after(&scribe.id(name)).unwrap();
    assert_eq!(state("one").len(), state("two").len());
    assert_ne!(state("one"), state("two"));
    assert_ne!(state("one").fingerprint(), state("two").fingerprint());
    assert_ne!(state("carol"), state("one"));
}

#[test]
fn two_rooms_with_the_same_keys_do_not_have_the_same_states() {
    let mut one = Scribe::peopled(version(11));
    let mut other = Scribe::peopled(version(11));
    one.write("topic", topic(BOB, "one"));
    other.write("topic", topic(BOB, "other"));
    assert_ne!(one.room.current_state(), other.room.current_state());
    assert_eq!(
        one.room.state_before(&one.id("topic")),
        other.room.state_before(&other.id("topic"))
    );
}

#[test]
fn the_empty_state_has_a_fingerprint_too() {
    let (room, other) = (Room::new(version(1)), Room::new(version(12)));
    assert_eq!(room.current_state().fingerprint(), other.current_state().fingerprint());
    assert_eq!(room.current_state().fingerprint().to_string(), EMPTY);
    assert_eq!(State::default(), *room.current_state());
}

const EMPTY: &str = "b5884d2064ba74f7a80fa8d0642817f4a7e9064f007e7f81ff76b3a87ac415c5";

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 48))]

    #[test]
    fn fingerprints_are_equal_if_and_only_if_the_entries_are(
        (scribe, order) in (rooms(0..24), orders()),
    ) {
        let pdus = shuffled(&scribe.pdus, &order);
        let version = scribe.room.version();
        let (other, _) = receive_all(version, pdus.iter().map(Vec::as_slice));
        let mut by_fingerprint = BTreeMap::new();
        let mut by_entries = BTreeMap::new();
        for room in [&scribe.room, &other] {
            for state in states(room) {
                let fingerprint = state.fingerprint();
                let entries = entries(room, &state);
                prop_assert_eq!(state.len(), entries.len());
                let known = by_fingerprint.entry(fingerprint).or_insert_with(|| entries.clone());
                prop_assert_eq!(&*known, &entries);
                let known = by_entries.entry(entries).or_insert(fingerprint);
                prop_assert_eq!(*known, fingerprint);
            }
        }
    }

    #[test]
    fn states_are_equal_if_and_only_if_their_fingerprints_are(scribe in rooms(0..12)) {
        let states = states(&scribe.room);
        for one in &states {
            for other in &states {
                prop_assert_eq!(one == other, one.fingerprint() == other.fingerprint());
            }
        }
    }

    /// What is kept up from change to change is what one gets by putting the entries in at once.
    #[test]
    fn a_fingerprint_kept_up_is_that_of_the_entries(scribe in rooms(0..24)) {
        for state in states(&scribe.room) {
            let ids: Vec<_> =
                scribe.room.event_ids(&state).into_iter().rev().cloned().collect();
            let from_scratch = scribe.room.state_of(&ids);
            prop_assert_eq!(from_scratch.fingerprint(), state.fingerprint());
        }
    }
}
