//! The auth events selection by example, in every case and every version.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod room;

use std::collections::BTreeSet;

use exeunt_auth::Selection;
use exeunt_event::EventType;
use exeunt_version::RoomVersion;
use serde_json::json;

use room::{
    ALICE, BOB, CAROL, Draft, Room, member, message, read_as, signed, state_event, version,
};

const AUTHORISER: &str = "join_authorised_via_users_server";

/// The entries that the selection names for an event, without those that are selected always: the
/// create event up to version 11, the power levels and the sender's membership.
fn beyond_the_usual(version: RoomVersion, draft: &Draft) -> Vec<String> {
    let number = version.page();
    let mut room = Room::new(version);
    let event = room.make(draft);
    let selection = Selection::new(&event, &room.version);
    let keys = selection.keys();
    for (event_type, key) in &keys {
        assert!(selection.contains(event_type, key), "{event_type} {key:?}");
    }
    let distinct: BTreeSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len(), "{keys:?}");

    let sender = event.sender().as_str();
    let usual =
        [(EventType::Create, ""), (EventType::PowerLevels, ""), (EventType::Member, sender)];
    for (event_type, key) in &usual {
        let expected = number < 12 || *event_type != EventType::Create;
        assert_eq!(keys.contains(&(event_type.clone(), key)), expected, "{event_type}");
        assert_eq!(selection.contains(event_type, key), expected, "{event_type}");
    }
    let others = keys.iter().filter(|key| !usual.contains(key));
    others.map(|(event_type, key)| format!("{event_type} {key}").trim_end().to_owned()).collect()
}

/// What the selection names in all versions from the first of these to the next, and so on.
fn selects(draft: &Draft, expected: &[(u8, &[&str])]) {
    for number in 1..=12 {
        let (_, names) = expected.iter().rev().find(|(first, _)| *first <= number).unwrap();
        let selected = beyond_the_usual(version(number), draft);
        assert_eq!(selected, *names, "version {number}: {draft:?}");
    }
}

#[test]
fn a_create_event_has_no_auth_events() {
    for version in RoomVersion::all() {
        for key in ["", "x"] {
            let mut room = Room::new(version.clone());
            let event = room.make(&state_event(ALICE, "m.room.create", key, json!({})));
            let selection = Selection::new(&event, &version);
            assert!(selection.keys().is_empty());
            assert!(selection.events(&room.state).is_empty());
            assert!(!selection.contains(&EventType::PowerLevels, ""));
            assert!(!selection.contains(&EventType::Member, ALICE));
        }
    }
}

/// Read so, it is an event like any other.
#[test]
fn a_create_event_with_a_state_key_may_be_none() {
    for version in RoomVersion::all() {
        let version = read_as(version, "special_state_key", "empty");
        let draft = state_event(ALICE, "m.room.create", "x", json!({}));
        assert_eq!(beyond_the_usual(version, &draft), [""; 0]);
    }
}

#[test]
fn most_events_have_the_usual_auth_events() {
    for draft in [
        message(BOB, "m.room.message", json!({})),
        message(BOB, "m.room.redaction", json!({})).field("redacts", "$1"),
        state_event(BOB, "m.room.topic", "", json!({})),
        state_event(BOB, "m.room.power_levels", "", json!({ "users": { CAROL: 50 } })),
        state_event(BOB, "m.room.join_rules", "", json!({ "join_rule": "public" })),
        state_event(BOB, "m.room.third_party_invite", "token", json!({})),
        state_event(BOB, "m.room.aliases", "b.example", json!({})),
        state_event(BOB, "org.example.member", CAROL, json!({ "membership": "join" })),
    ] {
        selects(&draft, &[(1, &[])]);
    }
}

#[test]
fn a_join_looks_at_the_join_rule() {
    selects(&member(BOB, BOB, "join"), &[(1, &["m.room.join_rules"])]);
}

#[test]
fn a_join_looks_at_who_vouches_from_version_8_on() {
    let join = member(BOB, BOB, "join").saying(AUTHORISER, CAROL);
    let carol = "m.room.member @carol:c.example";
    selects(&join, &[(1, &["m.room.join_rules"]), (8, &["m.room.join_rules", carol])]);
    // Even one's own, which is there already; what is no user ID; but no more than one string.
    selects(&member(BOB, BOB, "join").saying(AUTHORISER, BOB), &[(1, &["m.room.join_rules"])]);
    selects(
        &member(BOB, BOB, "join").saying(AUTHORISER, "carol"),
        &[(1, &["m.room.join_rules"]), (8, &["m.room.join_rules", "m.room.member carol"])],
    );
    selects(
        &member(BOB, BOB, "join").saying(AUTHORISER, json!([CAROL])),
        &[(1, &["m.room.join_rules"])],
    );
}

/// A version that somebody defines may know `knock_restricted` and not `restricted`.
#[test]
fn a_join_looks_at_who_vouches_wherever_somebody_may() {
    let definition = "base = \"7\"\nknock_restricted_joins = true";
    let version = RoomVersion::from_toml(definition).unwrap();
    let join = member(BOB, BOB, "join").saying(AUTHORISER, CAROL);
    let expected = ["m.room.join_rules", "m.room.member @carol:c.example"];
    assert_eq!(beyond_the_usual(version, &join), expected);
}

#[test]
fn nothing_but_a_join_looks_at_who_vouches() {
    for membership in ["leave", "ban"] {
        selects(&member(BOB, BOB, membership).saying(AUTHORISER, CAROL), &[(1, &[])]);
    }
    for membership in ["invite", "knock"] {
        let draft = member(BOB, BOB, membership).saying(AUTHORISER, CAROL);
        selects(&draft, &[(1, &["m.room.join_rules"])]);
    }
}

#[test]
fn what_is_done_to_another_looks_at_the_other() {
    let carol = "m.room.member @carol:c.example";
    for membership in ["leave", "ban", "banana"] {
        selects(&member(BOB, CAROL, membership), &[(1, &[carol])]);
    }
    for membership in ["join", "invite", "knock"] {
        selects(&member(BOB, CAROL, membership), &[(1, &["m.room.join_rules", carol])]);
    }
}

#[test]
fn a_leave_looks_at_oneself_alone() {
    selects(&member(BOB, BOB, "leave"), &[(1, &[])]);
}

#[test]
fn an_invite_through_a_third_party_looks_at_the_token() {
    let invite = |proof| member(BOB, CAROL, "invite").saying("third_party_invite", proof);
    let carol = "m.room.member @carol:c.example";
    let without: &[&str] = &["m.room.join_rules", carol];
    let with: &[&str] = &["m.room.join_rules", "m.room.third_party_invite token", carol];
    selects(&invite(signed(CAROL, "token", 1)), &[(1, with)]);
    selects(&invite(json!({ "signed": { "token": "token" } })), &[(1, with)]);
    for proof in [json!(null), json!({}), json!({ "signed": {} }), json!({ "token": "token" })] {
        selects(&invite(proof), &[(1, without)]);
    }
    let join = member(CAROL, CAROL, "join");
    let join = join.saying("third_party_invite", signed(CAROL, "token", 1));
    selects(&join, &[(1, &["m.room.join_rules"])]);
}

#[test]
fn a_member_event_without_membership_or_state_key_is_selected_for_all_the_same() {
    let carol = "m.room.member @carol:c.example";
    selects(&state_event(BOB, "m.room.member", CAROL, json!({})), &[(1, &[carol])]);
    let nobody = message(BOB, "m.room.member", json!({ "membership": "join" }));
    selects(&nobody, &[(1, &["m.room.join_rules"])]);
}

#[test]
fn what_the_state_does_not_have_is_not_selected() {
    for version in RoomVersion::all() {
        let number = version.page();
        let mut room = Room::new(version);
        let join = room.make(&member(BOB, BOB, "join"));
        let types = |room: &Room| -> Vec<String> {
            let selected = Selection::new(&join, &room.version).events(&room.state);
            let names = selected.iter().map(|event| event.event_type().to_string());
            names.filter(|name| name != "m.room.create" || number == 12).collect()
        };
        assert_eq!(types(&room), [""; 0]);
        room.join_rule("invite");
        assert_eq!(types(&room), ["m.room.join_rules"]);
        room.member_is(BOB, "invite");
        room.member_is(CAROL, "join");
        room.levels(json!({}));
        room.put(&state_event(ALICE, "m.room.topic", "", json!({})));
        assert_eq!(types(&room), ["m.room.power_levels", "m.room.join_rules", "m.room.member"]);
    }
}

/// Whether the create event is selected is decided by its state key too.
#[test]
fn state_keys_count() {
    for version in RoomVersion::all() {
        let mut room = Room::new(version);
        let event = room.make(&member(BOB, CAROL, "invite"));
        let selection = Selection::new(&event, &room.version);
        for event_type in [EventType::Create, EventType::PowerLevels, EventType::JoinRules] {
            assert!(!selection.contains(&event_type, "x"), "{event_type}");
        }
        assert!(!selection.contains(&EventType::ThirdPartyInvite, ""));
        assert!(!selection.contains(&EventType::Member, ALICE));
        assert!(!selection.contains(&EventType::Member, ""));
    }
}
