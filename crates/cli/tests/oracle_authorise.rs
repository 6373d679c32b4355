//! `exeunt oracle`: whether an event may happen.

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
use sample::{ALICE, BOB, Room};
use serde_json::{Value, json};

fn question(room: &Room, event: &Value) -> Value {
    let version = room.version.id();
    json!({ "id": 0, "op": "authorise", "room_version": version, "event": event,
        "events": room.pool() })
}

/// Whether it is allowed, and by which rule.
fn verdict(oracle: &mut Conversation, question: &Value) -> (bool, String) {
    let ok = oracle.ok(question);
    assert!(!ok["reason"].as_str().unwrap().is_empty(), "{ok}");
    (ok["allowed"].as_bool().unwrap(), ok["rule"].as_str().unwrap_or("none").to_owned())
}

fn joins(room: &Room, user: &str, cited: &[usize]) -> Value {
    room.pdu(user, "m.room.member", Some(user), &json!({ "membership": "join" }), cited)
}

/// The number in versions 1 to 5, 6 and 7, 8 to 11, and 12.
fn in_version<'a>(version: &str, numbers: [&'a str; 4]) -> &'a str {
    match version.parse().unwrap() {
        1..=5 => numbers[0],
        6..=7 => numbers[1],
        8..=11 => numbers[2],
        _ => numbers[3],
    }
}

#[test]
fn every_event_of_a_room_is_allowed_by_the_rule_that_says_so() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let mut room = Room::new(version);
        room.push(&joins(&room, BOB, &[0, 2, 3]));
        room.say("hello");
        let otherwise = match version {
            "1" | "2" | "12" => None,
            _ => Some(in_version(version, ["11", "10", "10", "11"])),
        };
        let otherwise = otherwise.unwrap_or(if version == "12" { "11" } else { "12" });
        let expected = [
            if version == "11" { "1.4" } else { "1.5" },
            in_version(version, ["5.2.1", "4.2.1", "4.3.1", "5.3.1"]),
            match version {
                "10" | "11" => "9.4",
                "12" => "10.5",
                _ => in_version(version, ["10.2", "9.2", "9.2", ""]),
            },
            otherwise,
            in_version(version, ["5.2.5", "4.2.5", "4.3.6", "5.3.6"]),
            otherwise,
        ];
        for (at, rule) in expected.into_iter().enumerate() {
            let asked = question(&room, &room.event(at));
            assert_eq!(verdict(&mut oracle, &asked), (true, rule.to_owned()), "{version}: {at}");
            // The state before the event: the rules about its auth events are skipped.
            let mut by_state = asked;
            by_state["state"] = json!(room.ids[..at.min(4)]);
            if at > 0 {
                by_state["event"]["auth_events"] = json!([]);
            }
            assert_eq!(verdict(&mut oracle, &by_state), (true, rule.to_owned()), "{version}: {at}");
        }
    }
    oracle.end();
}

#[test]
fn without_state_the_auth_events_are_the_state() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let mut room = Room::new(version);
        let public = verdict(&mut oracle, &question(&room, &joins(&room, BOB, &[0, 2, 3])));
        assert!(public.0, "{version}");
        // Without the join rule among them, there is none.
        let none = verdict(&mut oracle, &question(&room, &joins(&room, BOB, &[0, 2])));
        let rule = in_version(version, ["5.2.6", "4.2.6", "4.3.7", "5.3.7"]);
        assert_eq!(none, (false, rule.to_owned()), "{version}");
        // The rules about auth events come first.
        let twice = verdict(&mut oracle, &question(&room, &joins(&room, BOB, &[0, 2, 3, 3])));
        let rule = if version == "12" { "3.1" } else { "2.1" };
        assert_eq!(twice, (false, rule.to_owned()), "{version}");
        room.say("hello");
        let odd = verdict(&mut oracle, &question(&room, &joins(&room, BOB, &[0, 2, 3, 4])));
        let rule = if version == "12" { "3.2" } else { "2.2" };
        assert_eq!(odd, (false, rule.to_owned()), "{version}");
        if version != "12" {
            let none = verdict(&mut oracle, &question(&room, &joins(&room, BOB, &[2, 3])));
            assert_eq!(none, (false, "2.4".to_owned()), "{version}");
        }
        // With a state, nothing of that matters.
        for cited in [&[][..], &[0, 2, 3, 3], &[4]] {
            let mut asked = question(&room, &joins(&room, BOB, cited));
            asked["state"] = json!(room.ids[..4]);
            assert_eq!(verdict(&mut oracle, &asked), public, "{version}");
            asked["state"] = json!(room.ids[..3]);
            assert!(!verdict(&mut oracle, &asked).0, "{version}");
        }
    }
    oracle.end();
}

#[test]
fn a_rejected_auth_event_rejects_unless_a_state_is_given() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let room = Room::new(version);
        let mut asked = question(&room, &joins(&room, BOB, &[0, 2, 3]));
        asked["rejected"] = json!([]);
        assert!(verdict(&mut oracle, &asked).0, "{version}");
        asked["rejected"] = json!([room.ids[2]]);
        let rule = if version == "12" { "3.3" } else { "2.3" };
        assert_eq!(verdict(&mut oracle, &asked), (false, rule.to_owned()), "{version}");
        asked["rejected"] = json!([room.ids[0]]);
        let rule = if version == "12" { "2" } else { "2.3" };
        assert_eq!(verdict(&mut oracle, &asked), (false, rule.to_owned()), "{version}");
        asked["state"] = json!(room.ids);
        assert!(verdict(&mut oracle, &asked).0, "{version}");
    }
    oracle.end();
}

#[test]
fn in_version_12_the_room_id_implies_the_create_event() {
    let mut oracle = Conversation::new();
    let room = Room::new("12");
    let message = room.message("hello");
    let mut asked = question(&room, &message);
    assert_eq!(verdict(&mut oracle, &asked), (true, "11".to_owned()));
    let with_create = room.ids[..2].to_vec();
    asked["event"]["auth_events"] = json!(with_create);
    assert_eq!(verdict(&mut oracle, &asked), (false, "3.2".to_owned()));
    asked["event"]["room_id"] = json!(room.ids[1].replacen('$', "!", 1));
    asked["event"]["auth_events"] = json!([]);
    assert_eq!(verdict(&mut oracle, &asked), (false, "2".to_owned()), "a join is no creation");
    // The pool must have the create event, whether or not anything else names it.
    asked["event"] = message;
    asked["events"].as_array_mut().unwrap().remove(0);
    let (code, text) = oracle.error(&asked);
    assert_eq!(code, "missing_event");
    assert!(text.contains(&room.ids[0]), "{text}");
    asked["state"] = json!(room.ids[1..]);
    assert_eq!(oracle.code(&asked), "missing_event");
    // A create event refers to nothing.
    asked = json!({ "id": 0, "op": "authorise", "room_version": "12", "event": room.event(0),
        "events": [] });
    assert_eq!(verdict(&mut oracle, &asked), (true, "1.5".to_owned()));
    asked["event"]["room_id"] = json!("!room:a.example");
    assert_eq!(verdict(&mut oracle, &asked), (false, "1.2".to_owned()));
    oracle.end();
}

#[test]
fn a_state_without_a_create_event_allows_nothing() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let room = Room::new(version);
        let mut asked = question(&room, &room.message("hello"));
        asked["state"] = json!([]);
        assert!(!verdict(&mut oracle, &asked).0, "{version}");
        // A create event is allowed by any state.
        asked["event"] = room.event(0);
        assert!(verdict(&mut oracle, &asked).0, "{version}");
    }
    oracle.end();
}

#[test]
fn readings_in_a_question_change_its_answer_alone() {
    let mut oracle = Conversation::new();
    let room = Room::new("11");
    let mut asked = question(&room, &room.message("hello"));
    // Without join rules, an invited user may join by one reading.
    let invite = json!({ "membership": "invite" });
    let mut room = room;
    let invite = room.push(&room.pdu(ALICE, "m.room.member", Some(BOB), &invite, &[0, 1, 2, 3]));
    asked["event"] = joins(&room, BOB, &[0, 2, 4]);
    asked["events"] = room.pool();
    assert_eq!(verdict(&mut oracle, &asked), (false, "4.3.7".to_owned()));
    asked["readings"] = json!({ "absent_join_rules": "invite" });
    assert_eq!(verdict(&mut oracle, &asked), (true, "4.3.4".to_owned()));
    asked["readings"] = json!({ "absent_join_rules": "none" });
    assert_eq!(verdict(&mut oracle, &asked), (false, "4.3.7".to_owned()));
    asked["readings"] = json!({});
    assert_eq!(verdict(&mut oracle, &asked), (false, "4.3.7".to_owned()));
    assert!(asked["event"]["auth_events"].as_array().unwrap().contains(&json!(invite)));

    let mut float = json!({ "id": 0, "op": "canonical_json", "room_version": "5", "value": 1.0 });
    assert_eq!(oracle.ok(&float)["canonical"], "1");
    float["readings"] = json!({ "lenient_numbers": "python" });
    assert_eq!(oracle.ok(&float)["canonical"], "1.0");

    let mut unknown = json!({ "id": 0, "op": "authorise", "room_version": "11", "events": [] });
    unknown["event"] = room.pdu(
        ALICE,
        "m.room.create",
        Some(""),
        &json!({ "room_version": "org.example.other" }),
        &[],
    );
    unknown["event"]["prev_events"] = json!([]);
    assert_eq!(verdict(&mut oracle, &unknown), (false, "1.3".to_owned()));
    unknown["readings"] = json!({ "recognised_version": "caller" });
    assert_eq!(verdict(&mut oracle, &unknown), (true, "1.4".to_owned()));
    oracle.end();
}

#[test]
fn by_one_reading_a_key_that_stands_twice_is_no_json() {
    let mut oracle = Conversation::new();
    let question = |readings: &str| {
        format!(
            r#"{{"id":7,"op":"canonical_json","room_version":"11","value":{{"a":1,"a":2}},"readings":{readings}}}"#
        )
    };
    for last in ["{}", r#"{"duplicate_keys":"last"}"#] {
        let answer = oracle.ask_line(question(last).as_bytes());
        assert_eq!(answer, r#"{"id":7,"ok":{"canonical":"{\"a\":2}"}}"#);
    }
    let answer = oracle.ask_line(question(r#"{"duplicate_keys":"error"}"#).as_bytes());
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["id"], 7);
    assert_eq!(answer["error"]["code"], "bad_json");
    let message = answer["error"]["message"].as_str().unwrap();
    assert_eq!(message, "the object that ends at byte 70 has the key \"a\" twice");
    oracle.end();
}

#[test]
fn what_else_is_wrong_with_an_event_is_for_the_rules() {
    let mut oracle = Conversation::new();
    let room = Room::new("11");
    for (state_key, content, rule) in [
        (Some(json!(ALICE)), json!({}), "4.1"),
        (None, json!({ "membership": "join" }), "4.1"),
        (Some(json!("alice")), json!({ "membership": "join" }), "4.3.2"),
        (Some(json!(ALICE)), json!({ "membership": 1 }), "4.8"),
        (Some(json!(5)), json!({ "membership": "join" }), "none"),
        (Some(json!(null)), json!({ "membership": "join" }), "none"),
    ] {
        let mut event = room.pdu(ALICE, "m.room.member", None, &content, &[]);
        if let Some(key) = state_key {
            event["state_key"] = key;
        }
        // Sizes, hashes and signatures are not looked at.
        event["hashes"] = json!(5);
        event["signatures"] = json!({ "a.example": {} });
        event["more"] = json!("z".repeat(70_000));
        let mut asked = question(&room, &event);
        asked["state"] = json!(room.ids);
        let (allowed, by) = verdict(&mut oracle, &asked);
        assert_eq!((allowed, &*by), (false, rule), "{content}");
    }
    oracle.end();
}

#[test]
fn of_two_events_with_one_id_the_first_counts() {
    let mut oracle = Conversation::new();
    for version in ["1", "2"] {
        let room = Room::new(version);
        let mut asked = question(&room, &joins(&room, BOB, &[0, 2, 3]));
        let mut other = room.event(3);
        other["content"]["join_rule"] = json!("invite");
        asked["events"].as_array_mut().unwrap().push(other.clone());
        assert!(verdict(&mut oracle, &asked).0, "{version}");
        asked["events"].as_array_mut().unwrap().insert(0, other);
        assert!(!verdict(&mut oracle, &asked).0, "{version}");
    }
    oracle.end();
}
