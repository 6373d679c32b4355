//! `exeunt oracle`: what is wrong with a question, in the order in which it is looked for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;
mod conversation;
mod sample;

use conversation::Conversation;
use exeunt_version::RoomVersion;
use sample::{ALICE, Room};
use serde_json::{Value, json};

const SEED: &str = "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1";

/// A good question of each op that has fields.
fn questions(room: &Room) -> Vec<Value> {
    let event = room.event(3);
    let question = |op: &str, fields: Value| {
        let mut question = json!({ "id": 0, "op": op, "room_version": room.version.id() });
        question.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        question
    };
    vec![
        question("canonical_json", json!({ "value": 1 })),
        question("event_id", json!({ "event": event })),
        question("redact", json!({ "event": event })),
        question(
            "sign",
            json!({ "event": event, "server": "a", "key_id": "ed25519:1", "seed": SEED }),
        ),
        question("check_signatures", json!({ "event": event, "keys": {} })),
        question("authorise", json!({ "event": event, "events": room.pool() })),
        question(
            "authorise",
            json!({ "event": event, "events": room.pool(), "state": room.ids, "rejected": [] }),
        ),
        question("resolve", json!({ "state_sets": [room.ids], "events": room.pool() })),
        question("replay", json!({ "events": room.pool() })),
    ]
}

/// What may be wrong with a question to `authorise`, in the order in which it is looked for, and
/// the code of the answer.
type Fault = (&'static str, fn(&mut Value));

const FAULTS: [Fault; 9] = [
    ("unknown_op", |question| question["op"] = json!("permit")),
    ("bad_request", |question| question["room_version"] = json!(11)),
    ("bad_request", |question| question["readings"] = json!({ "colour": "blue" })),
    ("bad_request", |question| question["rejected"] = json!("none")),
    ("bad_request", |question| question["state"] = json!([1])),
    ("bad_event", |question| question["event"]["depth"] = json!("1")),
    ("bad_event", |question| question["events"][0]["sender"] = json!(null)),
    ("missing_event", |question| question["event"]["auth_events"] = json!(["$gone"])),
    ("missing_event", |question| question["rejected"] = json!(["$gone"])),
];

#[test]
fn of_two_faults_the_first_in_the_protocols_order_is_named() {
    let mut oracle = Conversation::new();
    let room = Room::new("11");
    let good = json!({ "id": 0, "op": "authorise", "room_version": "11", "event": room.event(3),
        "events": room.pool() });
    assert_eq!(oracle.ok(&good)["allowed"], true);
    for (at, (code, first)) in FAULTS.iter().enumerate() {
        let mut question = good.clone();
        first(&mut question);
        assert_eq!(oracle.code(&question), *code, "{question}");
        for (_, second) in &FAULTS[at + 1..] {
            let mut question = good.clone();
            // The later fault first, so that the earlier one has the last word about a field.
            second(&mut question);
            first(&mut question);
            assert_eq!(oracle.code(&question), *code, "{question}");
        }
    }
    let mut unknown = good.clone();
    unknown["room_version"] = json!("13");
    assert_eq!(oracle.code(&unknown), "unknown_room_version");
    for (code, fault) in &FAULTS {
        let mut question = unknown.clone();
        fault(&mut question);
        let has_version = question["room_version"] == "13";
        let is_earlier = *code == "unknown_op" || !has_version;
        let expected = if is_earlier { *code } else { "unknown_room_version" };
        assert_eq!(oracle.code(&question), expected, "{question}");
    }
    oracle.end();
}

#[test]
fn every_op_looks_at_op_version_and_fields_in_that_order() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let room = Room::new(version);
        for good in questions(&room) {
            assert!(oracle.ok(&good).is_object());
            let fields = good.as_object().unwrap().keys().filter(|key| {
                !["id", "op", "room_version", "state", "rejected"].contains(&key.as_str())
            });
            for field in fields {
                let mut lacking = good.clone();
                lacking.as_object_mut().unwrap().remove(field);
                assert_eq!(oracle.code(&lacking), "bad_request", "{version}: {lacking}");
                lacking["room_version"] = json!("0");
                assert_eq!(oracle.code(&lacking), "unknown_room_version", "{lacking}");
                lacking.as_object_mut().unwrap().remove("room_version");
                assert_eq!(oracle.code(&lacking), "bad_request", "{lacking}");
            }
            if good.get("event").is_some() {
                for event in [json!(null), json!("event"), json!([]), json!({})] {
                    let mut bad = good.clone();
                    bad["event"] = event;
                    assert_eq!(oracle.code(&bad), "bad_event", "{bad}");
                    bad["readings"] = json!([]);
                    assert_eq!(oracle.code(&bad), "bad_request", "{bad}");
                }
            }
        }
    }
    oracle.end();
}

#[test]
fn fields_of_a_wrong_type_are_bad_requests() {
    let mut oracle = Conversation::new();
    let room = Room::new("11");
    for (op, field, wrong) in [
        ("sign", "server", json!(1)),
        ("sign", "key_id", json!(["ed25519:1"])),
        ("sign", "seed", json!("AAAA")),
        ("sign", "seed", json!("not Base64!")),
        ("sign", "seed", json!(null)),
        ("check_signatures", "keys", json!([])),
        ("check_signatures", "keys", json!({ "a": 1 })),
        ("check_signatures", "keys", json!({ "a": { "ed25519:1": "AAAA" } })),
        ("check_signatures", "keys", json!({ "a": { "ed25519:1": { "key": "AAAA" } } })),
        (
            "check_signatures",
            "keys",
            json!({ "a": { "ed25519:1":
            { "key": SEED, "valid_until_ts": "never" } } }),
        ),
        (
            "check_signatures",
            "keys",
            json!({ "a": { "ed25519:1":
            { "key": SEED, "expired_ts": 1.5 } } }),
        ),
        ("authorise", "events", json!({})),
        ("authorise", "rejected", json!({})),
        ("authorise", "rejected", json!(null)),
        ("authorise", "rejected", json!([null])),
        ("authorise", "state", json!("$a")),
        ("authorise", "state", json!([["$a"]])),
        ("resolve", "state_sets", json!({})),
        ("resolve", "state_sets", json!([])),
        ("resolve", "state_sets", json!(["$a"])),
        ("resolve", "state_sets", json!([[null]])),
        ("resolve", "events", json!({})),
        ("resolve", "rejected", json!([null])),
        ("replay", "events", json!(null)),
        ("replay", "keys", json!(null)),
        ("replay", "keys", json!({ "a": 1 })),
        ("event_id", "readings", json!("none")),
        ("event_id", "readings", json!({ "duplicate_keys": true })),
        ("event_id", "readings", json!({ "duplicate_keys": "first" })),
        ("event_id", "readings", json!({ "colour": "blue" })),
        ("event_id", "room_version", json!(null)),
        ("event_id", "room_version", json!(11)),
    ] {
        let mut question = questions(&room).into_iter().find(|q| q["op"] == op).unwrap();
        question[field] = wrong;
        let (code, message) = oracle.error(&question);
        assert_eq!(code, "bad_request", "{question}");
        assert!(!message.is_empty());
    }
    for (op, code) in [
        (json!("federation_request"), "bad_request"),
        (json!("resolve"), "bad_request"),
        (json!("replay"), "bad_request"),
        (json!("Info"), "unknown_op"),
        (json!(""), "unknown_op"),
        (json!(1), "unknown_op"),
        (json!(null), "unknown_op"),
    ] {
        let question = json!({ "id": 0, "op": op, "room_version": "11" });
        assert_eq!(oracle.code(&question), code, "{op}");
    }
    assert_eq!(oracle.code(&json!({ "id": 0 })), "unknown_op");
    let readings = json!({ "id": 0, "op": "info", "readings": { "colour": "blue" } });
    assert_eq!(oracle.code(&readings), "bad_request");
    oracle.end();
}

/// Every way in which an event is none, by version.
fn bad_events(room: &Room) -> Vec<Value> {
    let version: u8 = room.version.id().parse().unwrap();
    let good = room.event(3);
    let mut bad = Vec::new();
    let mut break_field = |field: &str, wrong: Option<Value>| {
        let mut event = good.clone();
        match wrong {
            Some(wrong) => event[field] = wrong,
            None => drop(event.as_object_mut().unwrap().remove(field)),
        }
        bad.push(event);
    };
    for field in ["type", "sender", "content", "prev_events", "auth_events", "depth", "room_id"] {
        break_field(field, None);
        break_field(field, Some(json!(null)));
        break_field(field, Some(json!(true)));
    }
    break_field("origin_server_ts", None);
    for field in ["origin_server_ts", "depth"] {
        break_field(field, Some(json!("1")));
        break_field(field, Some(json!(1.5)));
    }
    for field in ["prev_events", "auth_events"] {
        for entry in [json!(null), json!(1), json!([]), json!([1, {}])] {
            break_field(field, Some(json!([entry])));
        }
        // The other form of a reference.
        let other = if version <= 2 { json!("$a") } else { json!(["$a", {}]) };
        break_field(field, Some(json!([other])));
    }
    if version <= 2 {
        break_field("event_id", None);
        break_field("event_id", Some(json!(1)));
    }
    if version >= 6 {
        break_field("content", Some(json!({ "float": 1.5 })));
        break_field("content", Some(json!({ "large": 9_007_199_254_740_992_i64 })));
        break_field("more", Some(json!([{ "nested": -1.5 }])));
    }
    bad
}

#[test]
fn an_event_that_is_none_fails_the_question_wherever_it_stands() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let room = Room::new(version);
        for bad in bad_events(&room) {
            for mut question in questions(&room) {
                if question.get("events").is_some() {
                    // Even if nothing refers to it.
                    let mut in_pool = question.clone();
                    in_pool["events"].as_array_mut().unwrap().push(bad.clone());
                    let (code, message) = oracle.error(&in_pool);
                    assert_eq!(code, "bad_event", "{version}: {bad}");
                    assert!(message.starts_with("`events[4]`"), "{message}");
                }
                if question.get("event").is_some() {
                    question["event"] = bad.clone();
                    assert_eq!(oracle.code(&question), "bad_event", "{version}: {bad}");
                }
            }
        }
        // In version 12 alone, and there for the create event alone, is there no room ID.
        let mut create = room.event(0);
        create.as_object_mut().unwrap().remove("room_id");
        let question = json!({ "id": 0, "op": "event_id", "room_version": version,
            "event": create });
        assert_eq!(oracle.ask(&question).get("ok").is_some(), version == "12");
    }
    oracle.end();
}

#[test]
fn a_number_that_no_double_holds_makes_no_event() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let room = Room::new(version);
        for question in questions(&room) {
            if question["op"] == "canonical_json" {
                continue;
            }
            let text = question.to_string().replacen(
                "\"join_rule\":\"public\"",
                "\"join_rule\":\"public\",\"huge\":1e400",
                1,
            );
            assert!(text.contains("1e400"), "{text}");
            let answer = oracle.ask_line(text.as_bytes());
            assert!(answer.contains("\"code\":\"bad_event\""), "{version}: {answer}");
        }
        // Outside of events, a number may be anything.
        let question = format!(
            "{{\"id\":1e400,\"op\":\"event_id\",\"room_version\":\"{version}\",\"event\":{},\
             \"more\":-1e999}}",
            room.event(3)
        );
        let answer = oracle.ask_line(question.as_bytes());
        assert!(answer.starts_with("{\"id\":1e400,\"ok\":{"), "{answer}");
    }
    oracle.end();
}

#[test]
fn what_a_question_refers_to_must_be_among_its_events() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let room = Room::new(version);
        let good = json!({ "id": 0, "op": "authorise", "room_version": version,
            "event": room.event(3), "events": room.pool() });
        let gone = |at: usize| {
            let mut question = good.clone();
            question["events"].as_array_mut().unwrap().remove(at);
            question
        };
        for at in 0..3 {
            let (code, message) = oracle.error(&gone(at));
            assert_eq!(code, "missing_event", "{version}: {at}");
            assert!(message.contains(&room.ids[at]), "{message}");
        }
        // The event itself need not be there, and what came before it neither.
        assert_eq!(oracle.ok(&gone(3))["allowed"], true);
        for field in ["state", "rejected"] {
            let mut question = good.clone();
            question[field] = json!([room.ids[0], "$gone"]);
            let (code, message) = oracle.error(&question);
            assert_eq!((&*code, message.contains("$gone")), ("missing_event", true), "{version}");
        }
        // With a state, auth events are not looked at, so they need not be there.
        let mut question = good.clone();
        question["state"] = json!(room.ids[..3]);
        question["event"]["auth_events"] = json!([room.refer("$gone")]);
        assert_eq!(oracle.ok(&question)["allowed"], true, "{version}");
    }
    oracle.end();
}

#[test]
fn a_state_has_state_events_and_one_for_each_key() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let mut room = Room::new(version);
        room.say("hello");
        let private = json!({ "join_rule": "invite" });
        room.push(&room.pdu(ALICE, "m.room.join_rules", Some(""), &private, &[0, 1, 2]));
        let question = |state: &[usize], more: &[&str]| {
            let ids = state.iter().map(|at| room.ids[*at].as_str()).chain(more.iter().copied());
            json!({ "id": 0, "op": "authorise", "room_version": version, "event": room.event(4),
                "events": room.pool(), "state": ids.collect::<Vec<_>>() })
        };
        assert_eq!(oracle.ok(&question(&[0, 1, 2, 5], &[]))["allowed"], true, "{version}");
        for state in [&[0, 1, 2, 4][..], &[0, 1, 2, 3, 5], &[0, 0]] {
            assert_eq!(oracle.code(&question(state, &[])), "bad_request", "{version}: {state:?}");
            // That is another field than one that refers to nothing, and is looked at before.
            let code = oracle.code(&question(state, &["$gone"]));
            assert_eq!(code, "bad_request", "{version}: {state:?}");
        }
    }
    oracle.end();
}
