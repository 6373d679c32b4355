//! Rejected events: they change no state, and may be followed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use exeunt_auth::Rule;
use exeunt_room::{Check, Standing};
use exeunt_version::RoomVersion;
use proptest::prelude::*;
use serde_json::json;
use world::random::rooms;
use world::{ALICE, BOB, CAROL, Scribe, levels, member, message, refusal, state, topic, version};

#[test]
fn a_rejected_state_event_does_not_change_the_state_after_it() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version);
        scribe.write("coup", levels(CAROL, json!({ CAROL: 100 })));
        let room = &scribe.room;
        let coup = scribe.id("coup");
        assert!(room.record(&coup).unwrap().standing().is_rejected());
        assert_eq!(room.state_before(&coup), room.state_after(&coup));
        assert_eq!(room.current_state(), room.state_after(&scribe.id("carol")).unwrap());
        assert_eq!(room.forward_extremities(), [&scribe.id("carol")]);
    }
}

#[test]
fn what_follows_a_rejected_event_is_allowed_if_it_passes() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version);
        scribe.write("coup", levels(CAROL, json!({ CAROL: 100 })));
        scribe.write("hello", message(BOB, "hello").after(&["coup"]));
        scribe.write("mine", topic(CAROL, "mine").after(&["coup"]));
        let standing = |name| scribe.room.record(&scribe.id(name)).unwrap().standing().clone();
        assert_eq!(standing("hello"), Standing::Accepted);
        // The coup gave Carol nothing.
        assert!(standing("mine").is_rejected());
    }
}

/// The new event has the rejected one behind it, and so what that one followed.
#[test]
fn an_accepted_event_replaces_the_extremities_behind_rejected_ones() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("coup", levels(CAROL, json!({ CAROL: 100 })));
    scribe.write("again", levels(CAROL, json!({ CAROL: 100 })));
    assert_eq!(scribe.room.forward_extremities(), [&scribe.id("carol")]);
    scribe.write("hello", message(BOB, "hello").after(&["again"]));
    assert_eq!(scribe.room.forward_extremities(), [&scribe.id("hello")]);
}

#[test]
fn an_extremity_beside_a_rejected_event_stays() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("left", message(BOB, "left").after(&["carol"]));
    scribe.write("right", message(BOB, "right").after(&["carol"]));
    scribe.write("coup", levels(CAROL, json!({ CAROL: 100 })).after(&["right"]));
    scribe.write("on", message(BOB, "on").after(&["coup"]));
    assert_eq!(scribe.named(&scribe.room.forward_extremities()), ["left", "on"]);
}

/// An event that check 4 rejects has a state before and after it like any other.
#[test]
fn a_rejected_event_has_its_place_in_the_history() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("coup", levels(CAROL, json!({ CAROL: 100 })).after(&["bob", "rule"]));
    let record = scribe.room.record(&scribe.id("coup")).unwrap();
    assert!(!record.is_outlier());
    let before = record.state_before().unwrap();
    assert_eq!(
        scribe.named(&scribe.room.event_ids(before)),
        ["alice", "bob", "create", "levels", "rule"]
    );
}

#[test]
fn a_room_may_begin_with_a_create_event_that_is_rejected() {
    let mut scribe = Scribe::new(version(11));
    let bad = state(ALICE, "m.room.create", "", json!({ "room_version": "unheard of" }));
    scribe.write("create", bad.after(&[]));
    scribe.write("alice", member(ALICE, ALICE, "join").citing(&["create"]));
    let room = &scribe.room;
    assert_eq!(
        refusal(room.record(&scribe.id("create")).unwrap().standing()),
        Some((Check::AuthEvents, Rule::CreateRoomVersion))
    );
    assert_eq!(
        refusal(room.record(&scribe.id("alice")).unwrap().standing()),
        Some((Check::AuthEvents, Rule::AuthEventsRejected))
    );
    assert!(room.current_state().is_empty() && room.forward_extremities().is_empty());
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 64))]

    /// Law S16.
    #[test]
    fn a_rejected_event_leaves_the_state_as_it_was(scribe in rooms(0..24)) {
        let room = &scribe.room;
        for number in room.dag().events() {
            let record = room.dag().get(number).unwrap();
            let (before, after) = (record.state_before().unwrap(), record.state_after().unwrap());
            if record.standing().is_rejected() {
                prop_assert_eq!(before, after);
            } else if record.event(room.version()).unwrap().state_key().is_some() {
                prop_assert_ne!(before, after);
            }
        }
        // Nor is it an extremity.
        for id in room.forward_extremities() {
            prop_assert_eq!(room.record(id).unwrap().standing(), &Standing::Accepted);
        }
    }
}
