//! A state as keys and numbers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use exeunt_dag::Number;
use exeunt_event::EventType;
use exeunt_resolve::{Key, Keys, StateSet};

/// Five keys, sorted.
fn keys() -> Vec<Key> {
    let mut keys = Keys::new();
    let topic = keys.intern(&EventType::new("m.room.topic"), "");
    let name = keys.intern(&EventType::new("m.room.name"), "");
    vec![Key::CREATE, Key::POWER_LEVELS, Key::JOIN_RULES, topic, name]
}

fn set(entries: &[(Key, usize)]) -> StateSet {
    entries.iter().map(|(key, event)| (*key, Number::from_index(*event))).collect()
}

#[test]
fn a_key_has_one_event_until_it_is_taken_out() {
    let (key, one, other) = (Key::POWER_LEVELS, Number::from_index(1), Number::from_index(2));
    let mut state = StateSet::new();
    assert!(state.is_empty() && state.get(key).is_none());
    assert_eq!(state.insert(key, one), None);
    assert_eq!(state.insert(key, other), Some(one));
    assert_eq!((state.len(), state.is_empty(), state.get(key)), (1, false, Some(other)));
    assert_eq!(state.get(Key::CREATE), None);
    assert_eq!(state.remove(Key::CREATE), None);
    assert_eq!(state.remove(key), Some(other));
    assert_eq!(state.remove(key), None);
    assert_eq!((state, state_of_two().len()), (StateSet::new(), 2));
}

fn state_of_two() -> StateSet {
    set(&[(Key::JOIN_RULES, 5), (Key::CREATE, 4)])
}

#[test]
fn entries_come_sorted_by_key() {
    let entries: Vec<_> = state_of_two().iter().collect();
    let expected = [(Key::CREATE, Number::from_index(4)), (Key::JOIN_RULES, Number::from_index(5))];
    assert_eq!(entries, expected);
}

#[test]
fn two_states_differ_where_one_has_nothing_or_each_has_another_event() {
    let keys = keys();
    let one = set(&[(keys[0], 1), (keys[1], 2), (keys[2], 3), (keys[4], 4)]);
    let other = set(&[(keys[0], 1), (keys[1], 5), (keys[3], 6), (keys[4], 4)]);
    for (one, other) in [(&one, &other), (&other, &one)] {
        let differing: Vec<_> = one.differing(other).collect();
        assert_eq!(differing, keys[1..4]);
        assert_eq!(one.differing(one).next(), None);
    }
}
