//! `exeunt oracle`: what becomes of a room.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;
mod conversation;
mod sample;

use std::collections::BTreeMap;

use conversation::Conversation;
use exeunt_version::RoomVersion;
use sample::{ALICE, BOB, Room, seal};
use serde_json::{Value, json};

fn question(room: &Room) -> Value {
    json!({ "id": 0, "op": "replay", "room_version": room.version.id(), "events": room.pool() })
}

/// Adds an event after the one at a place, which cites those at others. Its ID.
fn send(
    room: &mut Room,
    sender: &str,
    (event_type, state_key, content): (&str, Option<&str>, Value),
    (after, cited): (usize, &[usize]),
) -> String {
    let mut pdu = room.pdu(sender, event_type, state_key, &content, cited);
    pdu["prev_events"] = json!([room.refer(&room.ids[after])]);
    room.push(&pdu)
}

fn member(
    room: &mut Room,
    sender: &str,
    target: &str,
    membership: &str,
    around: (usize, &[usize]),
) -> String {
    let content = json!({ "membership": membership });
    send(room, sender, ("m.room.member", Some(target), content), around)
}

fn message(room: &mut Room, sender: &str, around: (usize, &[usize])) -> String {
    let content = json!({ "msgtype": "m.text", "body": "hello" });
    send(room, sender, ("m.room.message", None, content), around)
}

/// Alice's room with Bob in it (place 4), whom she bans (place 5).
fn with_a_ban(version: &str) -> Room {
    let mut room = Room::new(version);
    member(&mut room, BOB, BOB, "join", (3, &[0, 2, 3]));
    member(&mut room, ALICE, BOB, "ban", (4, &[0, 1, 2, 4]));
    room
}

/// The answer, with the outcomes in the order of the question.
struct Answer {
    ok: Value,
    outcomes: Vec<String>,
}

fn replay(oracle: &mut Conversation, question: &Value) -> Answer {
    let ok = oracle.ok(question);
    let mut keys: Vec<_> = ok.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["events", "forward_extremities", "state"]);
    let outcomes = ok["events"].as_array().unwrap().iter().map(|event| {
        let outcome = event["outcome"].as_str().unwrap();
        // What was accepted says nothing else; what was not says at which check or for what.
        let is_accepted = outcome == "accepted";
        assert_eq!(event.as_object().unwrap().len() == 2, is_accepted, "{event}");
        assert_eq!(event["reason"].is_string(), !is_accepted, "{event}");
        assert_eq!(event["rule"].is_string(), ["rejected", "soft_failed"].contains(&outcome));
        match outcome {
            "accepted" | "pending" => outcome.to_owned(),
            _ => format!("{outcome} {}", event["check"]),
        }
    });
    let outcomes = outcomes.collect();
    Answer { ok, outcomes }
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

fn sorted(room: &Room, places: &[usize]) -> Value {
    let mut ids: Vec<_> = places.iter().map(|at| &room.ids[*at]).collect();
    ids.sort();
    json!(ids)
}

#[test]
fn a_room_without_faults_is_accepted_event_by_event() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let mut room = Room::new(version);
        room.say("hello");
        let mut asked = question(&room);
        let answer = replay(&mut oracle, &asked);
        assert_eq!(answer.outcomes, ["accepted"; 5], "{version}");
        for (event, id) in answer.ok["events"].as_array().unwrap().iter().zip(&room.ids) {
            assert_eq!(event["event_id"], *id);
        }
        assert_eq!(answer.ok["state"], sorted(&room, &[0, 1, 2, 3]));
        assert_eq!(answer.ok["forward_extremities"], json!([room.ids[4]]));
        // The create event tells the version too.
        asked.as_object_mut().unwrap().remove("room_version");
        assert_eq!(replay(&mut oracle, &asked).ok, answer.ok, "{version}");
        // In another order some wait, and the end is the same.
        asked["events"].as_array_mut().unwrap().reverse();
        let mut turned = replay(&mut oracle, &asked).ok;
        turned["events"].as_array_mut().unwrap().reverse();
        assert_eq!(turned, answer.ok, "{version}");
    }
    oracle.end();
}

#[test]
fn a_room_of_no_events_has_no_state() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let asked = json!({ "id": 0, "op": "replay", "room_version": version, "events": [] });
        let expected = json!({ "events": [], "state": [], "forward_extremities": [] });
        assert_eq!(oracle.ok(&asked), expected);
    }
    oracle.end();
}

#[test]
fn checks_4_to_6_name_themselves_and_their_rule() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let mut room = with_a_ban(version);
        // Not joined by what it cites; banned by the state before it; banned since.
        message(&mut room, BOB, (5, &[0, 2]));
        message(&mut room, BOB, (5, &[0, 2, 4]));
        message(&mut room, BOB, (4, &[0, 2, 4]));
        let answer = replay(&mut oracle, &question(&room));
        let refused = ["rejected 4", "rejected 5", "soft_failed 6"];
        assert_eq!(answer.outcomes[..6], ["accepted"; 6], "{version}");
        assert_eq!(answer.outcomes[6..], refused, "{version}");
        let rule = in_version(version, ["6", "5", "5", "6"]);
        for event in &answer.ok["events"].as_array().unwrap()[6..] {
            assert_eq!(event["rule"], rule, "{version}");
            assert!(event["reason"].as_str().unwrap().contains(BOB), "{event}");
        }
        assert_eq!(answer.ok["state"], sorted(&room, &[0, 1, 2, 3, 5]));
        assert_eq!(answer.ok["forward_extremities"], json!([room.ids[5]]));
    }
    oracle.end();
}

#[test]
fn soft_failure_is_a_matter_of_the_order_of_arrival() {
    let mut oracle = Conversation::new();
    let mut room = with_a_ban("11");
    message(&mut room, BOB, (4, &[0, 2, 4]));
    let mut asked = question(&room);
    assert_eq!(replay(&mut oracle, &asked).outcomes[5..], ["accepted", "soft_failed 6"]);
    asked["events"].as_array_mut().unwrap().swap(5, 6);
    let answer = replay(&mut oracle, &asked);
    assert_eq!(answer.outcomes[5..], ["accepted", "accepted"]);
    assert_eq!(answer.ok["forward_extremities"], sorted(&room, &[5, 6]));
    oracle.end();
}

#[test]
fn what_waits_names_what_it_waits_for_in_the_end() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let room = with_a_ban(version);
        let mut asked = question(&room);
        let without = |places: &[usize]| -> Value {
            let kept = (0..6).filter(|at| !places.contains(at));
            kept.map(|at| room.event(at)).collect()
        };
        // Bob's join never comes.
        asked["events"] = without(&[4]);
        let answer = replay(&mut oracle, &asked);
        assert_eq!(answer.outcomes[3..], ["accepted", "pending"], "{version}");
        let reason = format!("it waits for {}", room.ids[4]);
        assert_eq!(answer.ok["events"][4]["reason"], reason, "{version}");
        assert_eq!(answer.ok["forward_extremities"], json!([room.ids[3]]));
        // Levels that come after the ban are nothing that it still waits for; nor is a second copy
        // another event.
        let mut events = without(&[2, 4]);
        events.as_array_mut().unwrap().extend([room.event(2), room.event(5)]);
        asked["events"] = events;
        let answer = replay(&mut oracle, &asked);
        let expected = ["accepted", "accepted", "accepted", "pending", "accepted", "pending"];
        assert_eq!(answer.outcomes, expected, "{version}");
        for at in [3, 5] {
            assert_eq!(answer.ok["events"][at]["reason"], reason, "{version}");
        }
        // Without the create event all wait, and nothing is a state.
        asked["events"] = without(&[0]);
        let answer = replay(&mut oracle, &asked);
        assert_eq!(answer.outcomes, ["pending"; 5], "{version}");
        assert_eq!(
            (&answer.ok["state"], &answer.ok["forward_extremities"]),
            (&json!([]), &json!([]))
        );
    }
    oracle.end();
}

#[test]
fn an_event_that_arrives_twice_has_one_fate() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let mut room = with_a_ban(version);
        message(&mut room, BOB, (5, &[0, 2, 4]));
        let mut asked = question(&room);
        let once = replay(&mut oracle, &asked);
        let copies: Vec<_> = [0, 4, 6].map(|at| room.event(at)).into();
        asked["events"].as_array_mut().unwrap().extend(copies);
        let answer = replay(&mut oracle, &asked);
        for (copy, at) in [(7, 0), (8, 4), (9, 6)] {
            assert_eq!(answer.ok["events"][copy], once.ok["events"][at], "{version}");
        }
        assert_eq!(answer.ok["state"], once.ok["state"]);
        assert_eq!(answer.ok["forward_extremities"], once.ok["forward_extremities"]);
    }
    oracle.end();
}

#[test]
fn check_1_drops_what_is_too_large_and_what_is_of_another_room() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let mut room = Room::new(version);
        let content = json!({ "body": "z".repeat(70_000) });
        send(&mut room, ALICE, ("m.room.message", None, content), (3, &[0, 1, 2]));
        let mut other = room.message("elsewhere");
        other["room_id"] = json!("!other:a.example");
        room.push(&other);
        let mut odd = room.message("odd");
        odd["state_key"] = json!(5);
        room.push(&odd);
        let answer = replay(&mut oracle, &question(&room));
        assert_eq!(answer.outcomes[4..], ["dropped 1"; 3], "{version}");
        assert_eq!(answer.ok["forward_extremities"], json!([room.ids[3]]));
    }
    oracle.end();
}

/// The sample room's keys as questions have them.
fn keys() -> Value {
    let key = sample::keys()["a.example"]["verify_keys"]["ed25519:1"].clone();
    json!({ "a.example": { "ed25519:1": key } })
}

#[test]
fn with_keys_check_2_drops_and_without_them_it_is_left_out() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let mut room = Room::new(version);
        room.say("hello");
        let mut asked = question(&room);
        for none in [json!({}), json!(null), json!({ "a.example": 5 })] {
            asked["events"][4]["signatures"] = none;
            assert_eq!(replay(&mut oracle, &asked).outcomes, ["accepted"; 5], "{version}");
        }
        asked["events"][4].as_object_mut().unwrap().remove("signatures");
        assert_eq!(replay(&mut oracle, &asked).outcomes, ["accepted"; 5], "{version}");
        asked["keys"] = keys();
        assert_eq!(replay(&mut oracle, &asked).outcomes[4], "dropped 1", "{version}");
        asked["events"][4]["signatures"] = json!({});
        let answer = replay(&mut oracle, &asked);
        assert_eq!(answer.outcomes[..4], ["accepted"; 4], "{version}");
        assert_eq!(answer.outcomes[4], "dropped 2", "{version}");
        // Keys of nobody are keys too.
        asked["keys"] = json!({});
        assert_eq!(replay(&mut oracle, &asked).outcomes, ["dropped 2"; 5], "{version}");
    }
    oracle.end();
}

#[test]
fn check_3_lets_an_event_go_on_redacted() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let mut room = Room::new(version);
        let content = json!({ "topic": "Winter" });
        send(&mut room, ALICE, ("m.room.topic", Some(""), content), (3, &[0, 1, 2]));
        let mut asked = question(&room);
        asked["events"][4]["content"]["topic"] = json!("Spring");
        asked["keys"] = keys();
        let answer = replay(&mut oracle, &asked);
        assert_eq!(answer.outcomes, ["accepted"; 5], "{version}");
        assert_eq!(answer.ok["state"], sorted(&room, &[0, 1, 2, 3, 4]));
    }
    oracle.end();
}

#[test]
fn readings_in_a_question_change_its_answer_alone() {
    let mut oracle = Conversation::new();
    // Without a join rule, an invited user joins by one reading.
    let mut room = Room::new("11");
    room.lines.pop();
    room.ids.pop();
    member(&mut room, ALICE, BOB, "invite", (2, &[0, 1, 2]));
    member(&mut room, BOB, BOB, "join", (3, &[0, 2, 3]));
    let mut asked = question(&room);
    for (readings, last) in [
        (json!({}), "rejected 4"),
        (json!({ "absent_join_rules": "invite" }), "accepted"),
        (json!({ "absent_join_rules": "none" }), "rejected 4"),
    ] {
        asked["readings"] = readings;
        assert_eq!(replay(&mut oracle, &asked).outcomes.last().unwrap(), last);
    }
    oracle.end();
}

/// What may be wrong with a question, in the order in which it is looked for, and the code of the
/// answer.
type Fault = (&'static str, fn(&mut Value));

const FAULTS: [Fault; 7] = [
    ("unknown_op", |question| question["op"] = json!("Replay")),
    ("bad_request", |question| question["room_version"] = json!(11)),
    ("unknown_room_version", |question| question["room_version"] = json!("13")),
    ("bad_request", |question| question["readings"] = json!({ "colour": "blue" })),
    ("bad_request", |question| question["events"] = json!({})),
    ("bad_request", |question| question["keys"] = json!([])),
    ("bad_event", |question| question["events"][3]["sender"] = json!(null)),
];

#[test]
fn of_two_faults_the_first_in_the_protocols_order_is_named() {
    let mut oracle = Conversation::new();
    let good = question(&Room::new("11"));
    for (at, (code, first)) in FAULTS.iter().enumerate() {
        let mut question = good.clone();
        first(&mut question);
        assert_eq!(oracle.code(&question), *code, "{at}");
        for (_, second) in FAULTS[at + 1..].iter().filter(|_| at != 4) {
            let mut question = good.clone();
            second(&mut question);
            first(&mut question);
            assert_eq!(oracle.code(&question), *code, "{at}");
        }
    }
    let mut without = good.clone();
    without.as_object_mut().unwrap().remove("events");
    assert_eq!(oracle.code(&without), "bad_request");
    for bad in [json!(null), json!("event"), json!([]), json!({})] {
        let mut question = good.clone();
        question["events"].as_array_mut().unwrap().push(bad);
        let (code, message) = oracle.error(&question);
        assert_eq!((&*code, message.starts_with("`events[4]`")), ("bad_event", true), "{message}");
    }
    // What is not there is waited for, and no error.
    let mut question = good.clone();
    question["events"].as_array_mut().unwrap().remove(1);
    assert_eq!(replay(&mut oracle, &question).outcomes, ["accepted", "pending", "pending"]);
    oracle.end();
}

#[test]
fn without_a_room_version_the_create_event_tells_it() {
    let mut oracle = Conversation::new();
    let room = Room::new("1");
    let asked = |event: &Value| json!({ "id": 0, "op": "replay", "events": [event] });
    let with = |version: Value| {
        let mut create = room.event(0);
        create["content"]["room_version"] = version;
        asked(&create)
    };
    assert_eq!(replay(&mut oracle, &with(json!("2"))).outcomes, ["accepted"]);
    assert_eq!(oracle.code(&with(json!("13"))), "unknown_room_version");
    for no_string in [json!(1), json!(null)] {
        let (code, message) = oracle.error(&with(no_string));
        assert_eq!((&*code, message.contains("no string")), ("bad_request", true), "{message}");
    }
    // The text's default for a create event that says nothing.
    let mut create = room.event(0);
    create["content"].as_object_mut().unwrap().remove("room_version");
    assert_eq!(replay(&mut oracle, &asked(&create)).outcomes, ["accepted"]);
    let mut first = with(json!("13"));
    first["events"].as_array_mut().unwrap().insert(0, create.clone());
    assert_eq!(replay(&mut oracle, &first).outcomes, ["accepted", "accepted"]);
    // Somewhere in the pool, it is found; nowhere, it is missing.
    let mut late = asked(&room.event(1));
    let (code, message) = oracle.error(&late);
    assert_eq!((&*code, message.contains("create event")), ("bad_request", true), "{message}");
    late["events"].as_array_mut().unwrap().push(room.event(0));
    assert_eq!(replay(&mut oracle, &late).outcomes, ["accepted"; 2]);
    for events in [json!(null), json!({}), json!([]), json!([1, "a", { "type": "m.room.create" }])]
    {
        let question = json!({ "id": 0, "op": "replay", "events": events });
        assert_eq!(oracle.code(&question), "bad_request");
    }
    // A version that is given and is none is not looked for elsewhere.
    let mut null = asked(&create);
    null["room_version"] = json!(null);
    assert_eq!(oracle.code(&null), "bad_request");
    oracle.end();
}

#[test]
fn events_that_wait_for_each_other_wait() {
    let mut oracle = Conversation::new();
    let mut room = Room::new("2");
    for (id, other) in [("$b:a.example", "$c:a.example"), ("$c:a.example", "$b:a.example")] {
        let mut pdu = room.message("circle");
        pdu["event_id"] = json!(id);
        pdu["prev_events"] = json!([room.refer(other)]);
        room.lines.push(seal(&pdu, &room.version).1);
    }
    let mut own = room.message("own");
    own["event_id"] = json!("$d:a.example");
    own["auth_events"].as_array_mut().unwrap().push(room.refer("$d:a.example"));
    room.lines.push(seal(&own, &room.version).1);
    let answer = replay(&mut oracle, &question(&room));
    assert_eq!(answer.outcomes[4..], ["pending"; 3]);
    oracle.end();
}

/// By which readings the recorded server resolved states, where they make a difference.
fn readings(version: &str) -> Value {
    match version {
        "1" => json!({ "v1_failed": "lowest" }),
        "6" | "8" | "10" => json!({ "power_event_chain": "conflicted" }),
        _ => json!({}),
    }
}

/// Rooms as the server saw them that was in them from the start. (Others were given a state that
/// nobody could compute, and where a server misbehaved, it had such a state given to it too.)
#[test]
fn recorded_rooms_have_the_recorded_outcomes_state_and_extremities() {
    let mut oracle = Conversation::new();
    let rooms = exeunt_recordings::rooms();
    let is_whole = |name: &str| name.ends_with("-leaving") || name.ends_with("-forked");
    for room in rooms.iter().filter(|room| is_whole(&room.name)) {
        let lines = room.lines();
        let events: Vec<Value> =
            lines.iter().map(|line| serde_json::from_slice(line).unwrap()).collect();
        let recorded_keys = room.keys();
        let servers = recorded_keys.as_object().unwrap().iter();
        let keys: Value = servers
            .map(|(server, answer)| (server.clone(), answer["verify_keys"].clone()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let question = json!({ "id": 0, "op": "replay", "events": events, "keys": keys,
            "readings": readings(&room.version) });
        let ok = replay(&mut oracle, &question).ok;
        let given = ok["events"].as_array().unwrap();
        let mut differing = BTreeMap::new();
        let mut soft_failed = 0;
        for (given, expected) in given.iter().zip(room.expected()) {
            assert_eq!(given["event_id"], *expected.event_id);
            let outcome = match (expected.rejected, expected.soft_failed) {
                (true, _) => "rejected",
                (_, true) => "soft_failed",
                _ => "accepted",
            };
            soft_failed += usize::from(expected.soft_failed);
            if given["outcome"] != outcome {
                let differs = (outcome, given["outcome"].as_str().unwrap().to_owned());
                differing.insert(expected.event_id, differs);
            }
        }
        assert!(soft_failed >= 20 || room.name.ends_with("-leaving"), "{}", room.name);
        // The server does not put its own events to check 6.
        let own = (
            "$1795233018315ojAbx:127.0.11.1:8448".to_owned(),
            ("accepted", "soft_failed".to_owned()),
        );
        let explained = (room.name == "1-forked").then_some(own).into_iter().collect();
        assert_eq!(differing, explained, "{}", room.name);
        let current = room.current();
        for field in ["state", "forward_extremities"] {
            let mut recorded: Vec<String> = serde_json::from_value(current[field].clone()).unwrap();
            recorded.sort();
            assert_eq!(ok[field], json!(recorded), "{}: {field}", room.name);
        }
    }
    oracle.end();
}
