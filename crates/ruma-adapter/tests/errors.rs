//! What is wrong with a question, in the order in which it is looked for.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod room;

use exeunt_ruma_adapter::READINGS;
use room::{Room, answer, code, ok};
use serde_json::{Value, json};

/// What may be wrong with a question to `authorise`, in the order in which it is looked for.
type Fault = (&'static str, fn(&mut Value));

const FAULTS: [Fault; 10] = [
    ("unknown_op", |question| question["op"] = json!("permit")),
    ("bad_request", |question| question["room_version"] = json!(11)),
    ("unknown_room_version", |question| question["room_version"] = json!("0")),
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
    let room = Room::new("11");
    let good =
        room.question("authorise", &json!({ "event": room.events[3], "events": room.events }));
    assert_eq!(ok(&good)["allowed"], true);
    for (at, (expected, first)) in FAULTS.iter().enumerate() {
        for (_, second) in &FAULTS[at..] {
            let mut question = good.clone();
            // The later fault first, so that the earlier one has the last word about a field.
            second(&mut question);
            first(&mut question);
            assert_eq!(code(&question), *expected, "{question}");
        }
    }
}

#[test]
fn every_op_looks_at_version_fields_and_events_in_that_order() {
    for version in room::versions() {
        let room = Room::new(&version);
        for good in room.questions() {
            if version == "1" && good["op"] == "resolve" {
                assert_eq!(code(&good), "unsupported");
                continue;
            }
            assert!(ok(&good).is_object());
            let optional = ["id", "op", "room_version", "state", "rejected"];
            for field in good.as_object().unwrap().keys() {
                if optional.contains(&field.as_str()) {
                    continue;
                }
                let mut lacking = good.clone();
                lacking.as_object_mut().unwrap().remove(field);
                assert_eq!(code(&lacking), "bad_request", "{lacking}");
                lacking["room_version"] = json!("0");
                assert_eq!(code(&lacking), "unknown_room_version", "{lacking}");
                lacking["room_version"] = json!(null);
                assert_eq!(code(&lacking), "bad_request", "{lacking}");
            }
            if good.get("event").is_some() {
                for event in [json!(null), json!("event"), json!([]), json!({})] {
                    let mut bad = good.clone();
                    bad["event"] = event;
                    assert_eq!(code(&bad), "bad_event", "{bad}");
                    bad["readings"] = json!([]);
                    assert_eq!(code(&bad), "bad_request", "{bad}");
                }
            }
        }
    }
}

#[test]
fn every_field_that_a_pdu_must_have_is_missed_and_its_type_is_looked_at() {
    for version in room::versions() {
        let room = Room::new(&version);
        let mut fields = vec![
            ("type", json!(7)),
            ("sender", json!([])),
            ("content", json!("x")),
            ("prev_events", json!({})),
            ("prev_events", json!([7])),
            ("auth_events", json!(null)),
            ("auth_events", json!([{}])),
            ("depth", json!("1")),
            ("origin_server_ts", json!(true)),
            ("room_id", json!(1)),
        ];
        if matches!(version.as_str(), "1" | "2") {
            fields.push(("event_id", json!(1)));
        }
        for (field, wrong) in fields {
            let mut event = room.events[1].clone();
            let question = |event: &Value| room.question("event_id", &json!({ "event": event }));
            assert!(ok(&question(&event)).is_object());
            event[field] = wrong;
            assert_eq!(code(&question(&event)), "bad_event", "{event}");
            event.as_object_mut().unwrap().remove(field);
            assert_eq!(code(&question(&event)), "bad_event", "{event}");
        }
        // What else may be wrong with an event is for the rules.
        for (field, odd) in
            [("state_key", json!(7)), ("sender", json!("alice")), ("content", json!({}))]
        {
            let mut event = room.events[1].clone();
            event[field] = odd;
            let question =
                room.question("authorise", &json!({ "event": event, "events": room.events }));
            assert_eq!(ok(&question)["allowed"], false, "{event}");
        }
    }
}

#[test]
fn states_are_states() {
    let mut room = Room::new("11");
    let message = room.push(room::ALICE, "m.room.message", None, &json!({}), &[0, 1, 2]);
    let again = json!({ "membership": "join" });
    let again = room.push(room::ALICE, "m.room.member", Some(room::ALICE), &again, &[0, 1, 3]);
    let (event, events) = (&room.events[3], &room.events);
    for (ids, expected) in [
        (json!([room.ids[0], message]), "bad_request"),
        (json!([room.ids[1], again]), "bad_request"),
        (json!([room.ids[1], room.ids[1]]), "bad_request"),
        (json!([room.ids[1], again, "$gone"]), "bad_request"),
        (json!([room.ids[1], "$gone"]), "missing_event"),
    ] {
        let authorise = json!({ "event": event, "events": events, "state": ids });
        assert_eq!(code(&room.question("authorise", &authorise)), expected, "{ids}");
        let resolve = json!({ "state_sets": [room.ids[..1], ids], "events": events });
        assert_eq!(code(&room.question("resolve", &resolve)), expected, "{ids}");
    }
    let none = json!({ "state_sets": [], "events": events });
    assert_eq!(code(&room.question("resolve", &none)), "bad_request");
    let without_chain = json!({ "state_sets": [[room.ids[3]]], "events": [event] });
    assert_eq!(code(&room.question("resolve", &without_chain)), "missing_event");
}

#[test]
fn the_create_event_that_a_room_is_named_after_must_be_there() {
    let room = Room::new("12");
    let (event, events) = (&room.events[1], &room.events[1..]);
    let authorise = room.question("authorise", &json!({ "event": event, "events": events }));
    assert_eq!(code(&authorise), "missing_event");
    let resolve = json!({ "state_sets": [[room.ids[1]]], "events": events });
    assert_eq!(code(&room.question("resolve", &resolve)), "missing_event");
}

#[test]
fn readings_are_known_and_none_is_offered() {
    let ask = |readings: Value| {
        json!({ "id": 0, "op": "canonical_json", "room_version": "11", "value": 0,
            "readings": readings })
    };
    assert_eq!(ok(&ask(json!({})))["canonical"], "0");
    for reading in READINGS {
        assert_eq!(code(&ask(json!({ reading: "text" }))), "unsupported", "{reading}");
        assert_eq!(code(&ask(json!({ reading: 1 }))), "bad_request", "{reading}");
    }
    assert_eq!(code(&ask(json!({ "colour": "blue" }))), "bad_request");
    assert_eq!(code(&ask(json!([]))), "bad_request");
}

#[test]
fn seeds_and_keys_are_looked_at() {
    let room = Room::new("11");
    let sign = |field: &str, value: Value| {
        let mut question = room.questions().remove(3);
        question[field] = value;
        code(&question)
    };
    for seed in [json!("AAAA"), json!("not Base64!"), json!(null)] {
        assert_eq!(sign("seed", seed), "bad_request");
    }
    assert_eq!(sign("server", json!(1)), "bad_request");
    assert_eq!(sign("key_id", json!(["ed25519:1"])), "bad_request");
    assert_eq!(sign("key_id", json!("rsa:1")), "unsupported");
    let key = room::SEED;
    for (keys, is_right) in [
        (json!([]), false),
        (json!({ "a": 1 }), false),
        (json!({ "a": { "ed25519:1": key } }), false),
        (json!({ "a": { "ed25519:1": { "key": "AAAA" } } }), false),
        (json!({ "a": { "ed25519:1": { "key": key, "expired_ts": "never" } } }), false),
        (json!({ "a": { "ed25519:1": { "key": key, "expired_ts": 1 } } }), true),
        (json!({ "a": { "rsa:1": { "key": "AAAA" } } }), true),
    ] {
        let question =
            room.question("check_signatures", &json!({ "event": room.events[1], "keys": keys }));
        assert_eq!(answer(&question).get("ok").is_some(), is_right, "{keys}");
        assert!(is_right || code(&question) == "bad_request", "{keys}");
    }
}

#[test]
fn info_names_what_answers() {
    let info = ok(&json!({ "id": 0, "op": "info" }));
    assert_eq!(info["name"], "ruma");
    let version = info["version"].as_str().unwrap();
    assert!(version.starts_with("ruma-common 0.") && version.contains("ruma-state-res 0."));
    assert_eq!(info["room_versions"], json!(room::versions().collect::<Vec<_>>()));
    assert_eq!(info["readings"], json!([]));
    for op in ["replay", "federation_request"] {
        assert!(!info["ops"].as_array().unwrap().contains(&json!(op)));
        assert_eq!(code(&json!({ "id": 0, "op": op, "room_version": "11" })), "unsupported");
    }
    assert_eq!(answer(&json!({ "op": "info" }))["id"], Value::Null);
}
