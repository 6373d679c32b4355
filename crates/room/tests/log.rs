//! The log is the truth: written out as lines and folded again it gives the same room.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use exeunt_recordings::{room as recording, rooms as recordings};
use exeunt_room::{Context, Input, InputError, Room};
use exeunt_version::RoomVersion;
use proptest::prelude::*;
use world::random::{orders, rooms, shuffled};
use world::{BOB, CAROL, DAVE, Scribe, join, keys, levels, message, topic, version};

/// Writes the room's log out, reads it again, folds it, and compares.
fn comes_back(room: &Room, context: Context<'_>) {
    let lines: Vec<String> = room.log().map(Input::to_line).collect();
    assert!(lines.iter().all(|line| !line.contains('\n')));
    let inputs: Vec<Input> =
        lines.iter().map(|line| Input::from_line(line.as_bytes()).unwrap()).collect();
    assert!(room.log().eq(&inputs));
    let again = Room::fold(room.version().clone(), &inputs, context);
    assert_eq!(again.fingerprint(), room.fingerprint());
    assert_eq!(again.current_state().fingerprint(), room.current_state().fingerprint());
    assert_eq!(again.forward_extremities(), room.forward_extremities());
    assert!(again.pending().eq(room.pending()));
    assert!(again.begins_at().eq(room.begins_at()));
    assert_eq!(again.room_id(), room.room_id());
    for number in room.dag().events() {
        assert_eq!(again.dag().id(number), room.dag().id(number));
        let (one, other) = (again.dag().get(number).unwrap(), room.dag().get(number).unwrap());
        assert_eq!(one.standing(), other.standing());
        assert_eq!(one.state_before(), other.state_before());
        assert_eq!(one.state_after(), other.state_after());
        assert_eq!(one.event(room.version()), other.event(room.version()));
    }
}

#[test]
fn every_recorded_room_comes_back_from_its_log() {
    for recorded in recordings() {
        let version = RoomVersion::specified(&recorded.version).unwrap();
        let mut room = Room::new(version);
        for line in recorded.lines() {
            room.take(&Input::Pdu(line.into()), Context::default());
        }
        // What the misbehaving server sent besides is dropped, rejected, or waits.
        for case in recorded.cases() {
            let pdu = serde_json::to_vec(&case["pdu"]).unwrap();
            room.take(&Input::Pdu(pdu.into()), Context::default());
        }
        comes_back(&room, Context::default());
    }
}

#[test]
fn a_room_with_inputs_of_every_kind_comes_back_from_its_log() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version.clone());
        scribe.write("topic", topic(BOB, "Exits"));
        scribe.write("coup", levels(CAROL, serde_json::json!({ CAROL: 100 })));
        scribe.write("dave", join(DAVE));
        scribe.write("lost", message(BOB, "lost"));
        scribe.write("after", message(BOB, "after"));
        scribe.write("own", message(DAVE, "own"));
        scribe.write("waits", message(BOB, "waits"));
        let keys = keys(&version);
        let context = Context { keys: Some(&keys) };
        let mut room = Room::new(version.clone());
        let pdu = |name: &str| scribe.pdu(name).into();
        let base = ["create", "alice", "levels", "rule", "bob", "carol", "topic"];
        let state = |names: &[&str]| names.iter().map(|name| scribe.id(name)).collect();
        room.take(&Input::Pdu(pdu("waits")), context);
        for name in base {
            room.take(&Input::Outlier(pdu(name)), context);
        }
        room.take(&Input::Joined { pdu: pdu("dave"), state: state(&base) }, context);
        room.take(&Input::Outlier(pdu("coup")), context);
        let with_dave = [&base[..], &["dave"]].concat();
        room.take(&Input::Given { pdu: pdu("after"), state: state(&with_dave) }, context);
        room.take(&Input::Sent(pdu("own")), context);
        for garbage in GARBAGE {
            room.take(&Input::Pdu((*garbage).into()), context);
            room.take(&Input::Outlier((*garbage).into()), context);
        }
        // Redacted, spaced, and with keys in another order.
        let text = String::from_utf8(scribe.pdu("lost").to_vec()).unwrap();
        let lie = text.replace("\"body\":\"lost\"", "\"body\":\"found\"");
        let lie = lie.replacen('{', "{ \"unsigned\": {},  ", 1);
        room.take(&Input::Pdu(lie.into_bytes().into()), context);
        room.take(&Input::Pdu(pdu("after")), context);
        comes_back(&room, context);
    }
}

/// Some of it is JSON, even an object, but not as a log would write it.
const GARBAGE: &[&[u8]] = &[
    b"",
    b"garbage",
    b"\xff\x00\n",
    b"{}",
    b"{ }",
    b"[]",
    b"\"e30\"",
    b"null",
    b"{\"b\":1,\"a\":2}",
    b"{\"a\":1,\"a\":2}",
    b"{\"a\":1.0}",
    b"{\"a\":1E5}",
    b"{\"a\":\"\\u0041\"}",
    b"{\"a\":\"\n\"}",
    b"{\"a\":12345678901234567890}",
    b"{\"type\":\"m.room.message\"}",
];

#[test]
fn any_bytes_come_back_from_a_line() {
    for bytes in GARBAGE {
        let input = Input::Pdu((*bytes).into());
        assert_eq!(Input::from_line(input.to_line().as_bytes()), Ok(input));
    }
}

#[test]
fn lines_read_like_this() {
    let id = |text| exeunt_event::EventId::from_received(text);
    let pdu = br#"{"type":"m"}"#;
    let state = [id("$a"), id("$b")];
    for (input, line) in [
        (Input::Pdu(pdu[..].into()), r#"{"pdu":{"type":"m"}}"#),
        (Input::Sent(pdu[..].into()), r#"{"sent":{"type":"m"}}"#),
        (Input::Outlier(pdu[..].into()), r#"{"outlier":{"type":"m"}}"#),
        (
            Input::Given { pdu: pdu[..].into(), state: state.clone().into() },
            r#"{"pdu":{"type":"m"},"state":["$a","$b"]}"#,
        ),
        (
            Input::Joined { pdu: pdu[..].into(), state: state.into() },
            r#"{"join":{"type":"m"},"state":["$a","$b"]}"#,
        ),
        (Input::Pdu(b"garbage"[..].into()), r#"{"pdu":"Z2FyYmFnZQ"}"#),
    ] {
        assert_eq!(input.to_line(), line);
        assert_eq!(Input::from_line(line.as_bytes()), Ok(input));
    }
}

#[test]
fn what_is_no_line_says_what_is_wrong() {
    assert!(matches!(Input::from_line(b"no"), Err(InputError::Json(_))));
    for (line, reason) in [
        ("[]", "it is no object"),
        ("{}", "it has not exactly one of `pdu`, `sent`, `outlier`, `join`"),
        (r#"{"pdu":{},"sent":{}}"#, "it has not exactly one of `pdu`, `sent`, `outlier`, `join`"),
        (r#"{"pdu":1}"#, "the PDU is neither an object nor a string"),
        (r#"{"pdu":"=="}"#, "the PDU is a string, but not in Base64"),
        (r#"{"pdu":{},"state":[1]}"#, "`state` is no array of event IDs"),
        (r#"{"join":{}}"#, "`state` is no array of event IDs"),
    ] {
        assert_eq!(Input::from_line(line.as_bytes()).unwrap_err().to_string(), reason, "{line}");
    }
}

/// On every machine, for ever: a change of this is a change of what a fingerprint is.
#[test]
fn the_fingerprints_of_a_small_room_and_of_a_recorded_one_are_known() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("topic", topic(BOB, "Exits"));
    scribe.write("coup", levels(CAROL, serde_json::json!({ CAROL: 100 })));
    let names = ["create", "alice", "levels", "rule", "coup", "bob", "carol", "topic"];
    let room = scribe.room_of(&names);
    assert_eq!(room.current_state().fingerprint().to_string(), SMALL_STATE);
    assert_eq!(room.fingerprint().to_string(), SMALL_ROOM);
    let recorded = recording("12-evil");
    let mut room = Room::new(version(12));
    for line in recorded.lines() {
        room.take(&Input::Pdu(line.into()), Context::default());
    }
    assert_eq!(room.current_state().fingerprint().to_string(), RECORDED_STATE);
    assert_eq!(room.fingerprint().to_string(), RECORDED_ROOM);
}

const SMALL_STATE: &str = "cdc1b9af5816783271bab9e4da97eccabd3e16276694db6a0bacddb26abda326";
const SMALL_ROOM: &str = "ae135cef1d1cf2b672b71d2eaea63e93c11e73af9ca28b104fd37922b7e7c800";
const RECORDED_STATE: &str = "089b1b6514006fc1d3cf29233b923981e4fbf635f0388cd135df013e5eaad0f3";
const RECORDED_ROOM: &str = "d33387dd5842cc91430a5b0ef8147707b4156d929ad50e0d8a0c03b87a0b4f8a";

#[test]
fn the_fingerprint_of_a_room_is_that_of_its_inputs_in_their_order() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("one", message(BOB, "one"));
    scribe.write("two", message(CAROL, "two").after(&["carol"]));
    let before = ["create", "alice", "levels", "rule", "bob", "carol"];
    let fingerprint = |names: &[&str]| scribe.room_of(&[&before[..], names].concat()).fingerprint();
    assert_eq!(fingerprint(&["one", "two"]), fingerprint(&["one", "two"]));
    assert_ne!(fingerprint(&["one", "two"]), fingerprint(&["two", "one"]));
    assert_ne!(fingerprint(&["one"]), fingerprint(&["one", "one"]));
    let mut sent = scribe.room_of(&before);
    sent.take(&Input::Sent(scribe.pdu("one").into()), Context::default());
    assert_ne!(sent.fingerprint(), fingerprint(&["one"]));
    assert_ne!(Room::new(version(11)).fingerprint(), Room::new(version(12)).fingerprint());
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 48))]

    #[test]
    fn every_room_comes_back_from_its_log(
        (scribe, order, kinds) in (rooms(0..20), orders(), prop::collection::vec(0..10_u8, 1..20)),
        garbage in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..4),
    ) {
        let mut room = Room::new(scribe.room.version().clone());
        let pdus = [shuffled(&scribe.pdus, &order), garbage].concat();
        for (pdu, kind) in shuffled(&pdus, &order).into_iter().zip(kinds.iter().cycle()) {
            let pdu = pdu.into();
            let state = room.event_ids(room.current_state()).into_iter().cloned().collect();
            let input = match kind {
                0 => Input::Sent(pdu),
                1 => Input::Outlier(pdu),
                2 => Input::Given { pdu, state },
                3 => Input::Joined { pdu, state },
                _ => Input::Pdu(pdu),
            };
            room.take(&input, Context::default());
        }
        comes_back(&room, Context::default());
    }

    #[test]
    fn any_line_is_read_or_refused(line in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Ok(input) = Input::from_line(&line) {
            prop_assert_eq!(Input::from_line(input.to_line().as_bytes()), Ok(input));
        }
    }
}
