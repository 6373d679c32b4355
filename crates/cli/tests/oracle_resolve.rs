//! `exeunt oracle`: which state wins.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;
mod conversation;
mod merge;
mod sample;

use std::collections::BTreeMap;

use conversation::Conversation;
use exeunt_version::RoomVersion;
use merge::{
    CAROL, Merge, ban_beside_a_leave, equal_admins, problem_a, problem_b, topics_of_who_has_left,
};
use sample::{ALICE, BOB};
use serde_json::{Value, json};

/// The resolved state, which nothing else stands beside.
fn state(oracle: &mut Conversation, question: &Value) -> Vec<String> {
    let ok = oracle.ok(question);
    assert_eq!(ok.as_object().unwrap().len(), 1, "{ok}");
    serde_json::from_value(ok["state"].clone()).unwrap()
}

#[test]
fn a_ban_wins_over_a_leave_in_every_version() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let (merge, question) = ban_beside_a_leave(version);
        let expected = merge.ids(&[0, 1, 2, 3, 5]);
        assert_eq!(state(&mut oracle, &question), expected, "{version}");
        // Neither the order of the states nor that of the events matters, nor what nobody needs.
        let mut turned = question.clone();
        for field in ["state_sets", "events"] {
            turned[field].as_array_mut().unwrap().reverse();
        }
        let twice = turned["events"][0].clone();
        turned["events"].as_array_mut().unwrap().push(twice);
        turned["rejected"] = json!([]);
        turned["readings"] = json!({});
        assert_eq!(state(&mut oracle, &turned), expected, "{version}");
    }
    oracle.end();
}

#[test]
fn a_state_alone_resolves_to_itself() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let (merge, _) = ban_beside_a_leave(version);
        // In whatever order it is given, sorted by code point, and even where no rule allows it.
        for places in [&[5, 3, 2, 1, 0][..], &[6, 3], &[]] {
            for copies in 1..4 {
                let question = merge.question(&vec![places; copies]);
                assert_eq!(state(&mut oracle, &question), merge.ids(places), "{version}");
            }
        }
    }
    oracle.end();
}

#[test]
fn known_cases_go_as_the_algorithm_of_the_version_goes() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let mut expect = |(merge, question): (Merge, Value), expected: &[usize]| {
            assert_eq!(state(&mut oracle, &question), merge.ids(expected), "{version}");
        };
        let (is_v1, is_v2_1) = (version == "1", version == "12");
        // In v1 the first of a list is not checked, in v2.1 nobody has left.
        let a = if is_v2_1 { &[0, 5, 2, 4][..] } else { &[0, 5, 2] };
        expect(problem_a(version), if is_v1 { &[0, 5, 2, 3] } else { a });
        let levels = if is_v2_1 { 7 } else { 2 };
        expect(problem_b(version), &[0, 1, levels, 3, 4, 6]);
        // In v2.1 who created the room has more power than anybody: her turn comes first.
        expect(equal_admins(version), &[0, 1, 4, 5, 7]);
        // Nobody looks at his leave in v2.1, as the states agree on it.
        let topics = if is_v2_1 { &[0, 1, 3, 5, 7, 8][..] } else { &[0, 1, 3, 5, 8] };
        expect(topics_of_who_has_left(version), topics);
    }
    oracle.end();
}

#[test]
fn readings_in_a_question_change_its_answer_alone() {
    let mut oracle = Conversation::new();
    let (merge, mut question) = topics_of_who_has_left("1");
    let without = merge.ids(&[0, 1, 3, 5, 8]);
    assert_eq!(state(&mut oracle, &question), without);
    question["readings"] = json!({ "v1_failed": "lowest" });
    assert_eq!(state(&mut oracle, &question), merge.ids(&[0, 1, 3, 5, 6, 8]));
    question["readings"] = json!({ "v1_failed": "left_out" });
    assert_eq!(state(&mut oracle, &question), without);
    let (merge, mut question) = topics_of_who_has_left("2");
    question["readings"] = json!({ "v1_failed": "lowest" });
    assert_eq!(state(&mut oracle, &question), merge.ids(&[0, 1, 3, 5, 8]), "it is about v1");
    oracle.end();
}

#[test]
fn a_rejected_event_may_win_but_stands_in_for_nothing() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let mut merge = Merge::new(version);
        merge.topic(ALICE, "Winter", (&[3], &[0, 1, 2]));
        merge.topic(ALICE, "Spring", (&[3], &[0, 1, 2]));
        let mut question = merge.question(&[&[0, 1, 2, 3, 4], &[0, 1, 2, 3, 5]]);
        let with = |topic: usize| merge.ids(&[0, 1, 2, 3, topic]);
        assert_eq!(state(&mut oracle, &question), with(5), "{version}");
        question["rejected"] = json!([merge.room.ids[5]]);
        assert_eq!(state(&mut oracle, &question), with(5), "{version}");
        question["readings"] = json!({ "rejected_in_resolution": "left_out" });
        assert_eq!(state(&mut oracle, &question), with(4), "{version}");
        question["readings"] = json!({});
        // v2.1 starts from an empty state: there her join is an auth event of the topics alone.
        question["rejected"] = json!([merge.room.ids[1]]);
        let expected = if version == "12" { merge.ids(&[0, 1, 2, 3]) } else { with(5) };
        assert_eq!(state(&mut oracle, &question), expected, "{version}");
    }
    oracle.end();
}

#[test]
fn of_two_events_with_one_id_the_first_counts() {
    let mut oracle = Conversation::new();
    for version in ["1", "2"] {
        let (merge, mut question) = ban_beside_a_leave(version);
        let mut other = merge.room.event(5);
        other["content"]["membership"] = json!("invite");
        let ban = merge.ids(&[0, 1, 2, 3, 5]);
        question["events"].as_array_mut().unwrap().push(other.clone());
        assert_eq!(state(&mut oracle, &question), ban, "{version}");
        // From an invite she may leave.
        question["events"].as_array_mut().unwrap().insert(0, other);
        assert_eq!(state(&mut oracle, &question), merge.ids(&[0, 1, 2, 3, 6]), "{version}");
    }
    oracle.end();
}

/// What may be wrong with a question, in the order in which it is looked for, and the code of the
/// answer.
type Fault = (&'static str, fn(&mut Value));

const FAULTS: [Fault; 13] = [
    ("unknown_op", |question| question["op"] = json!("Resolve")),
    ("bad_request", |question| question["room_version"] = json!(11)),
    ("bad_request", |question| question["readings"] = json!({ "colour": "blue" })),
    ("bad_request", |question| question["state_sets"] = json!("$a")),
    ("bad_request", |question| question["state_sets"] = json!([])),
    ("bad_request", |question| question["state_sets"][0] = json!([1])),
    ("bad_request", |question| question["state_sets"][0] = json!("$a")),
    ("bad_request", |question| question["rejected"] = json!("none")),
    ("bad_event", |question| question["events"][6]["sender"] = json!(null)),
    ("bad_request", |question| {
        // One event twice is two events for one key.
        let id = question["state_sets"][0][0].clone();
        question["state_sets"][0].as_array_mut().unwrap().push(id);
    }),
    ("missing_event", |question| {
        question["state_sets"][0].as_array_mut().unwrap().push(json!("$gone"));
    }),
    ("missing_event", |question| {
        question["state_sets"].as_array_mut().unwrap().push(json!(["$gone"]));
    }),
    ("missing_event", |question| question["rejected"] = json!(["$gone"])),
];

#[test]
fn of_two_faults_the_first_in_the_protocols_order_is_named() {
    let mut oracle = Conversation::new();
    let (_, good) = ban_beside_a_leave("11");
    for (at, (code, first)) in FAULTS.iter().enumerate() {
        let mut question = good.clone();
        first(&mut question);
        assert_eq!(oracle.code(&question), *code, "{at}");
        for (_, second) in FAULTS[at + 1..].iter().filter(|_| ![3, 4, 5, 6].contains(&at)) {
            let mut question = good.clone();
            second(&mut question);
            first(&mut question);
            assert_eq!(oracle.code(&question), *code, "{at}");
        }
    }
    let mut unknown = good.clone();
    unknown["room_version"] = json!("13");
    for (_, fault) in &FAULTS[2..] {
        let mut question = unknown.clone();
        fault(&mut question);
        assert_eq!(oracle.code(&question), "unknown_room_version");
    }
    for field in ["room_version", "state_sets", "events"] {
        let mut question = good.clone();
        question.as_object_mut().unwrap().remove(field);
        let (code, message) = oracle.error(&question);
        assert_eq!((&*code, message.contains(field)), ("bad_request", true), "{message}");
    }
    for events in [json!({}), json!(null), json!("events")] {
        let mut question = good.clone();
        question["events"] = events;
        assert_eq!(oracle.code(&question), "bad_request");
    }
    oracle.end();
}

#[test]
fn states_have_state_events_and_one_for_each_key() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let (mut merge, _) = ban_beside_a_leave(version);
        merge.room.say("hello");
        let mut odd = merge.room.message("odd");
        odd["state_key"] = json!(5);
        merge.room.push(&odd);
        for (sets, what) in [
            (&[&[0, 1][..], &[0, 7]][..], "no state event"),
            (&[&[0, 1], &[0, 8]], "no state event"),
            (&[&[0, 5, 6], &[0]], "the same type and state key"),
            (&[&[0], &[1, 1]], "the same type and state key"),
        ] {
            let (code, message) = oracle.error(&merge.question(sets));
            assert_eq!((&*code, message.contains(what)), ("bad_request", true), "{message}");
            assert!(message.contains("`state_sets`"), "{message}");
        }
    }
    oracle.end();
}

#[test]
fn whatever_resolution_looks_at_must_be_among_the_events() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let (merge, good) = ban_beside_a_leave(version);
        let without = |at: usize| {
            let mut question = good.clone();
            question["events"].as_array_mut().unwrap().remove(at);
            question
        };
        for at in 0..7 {
            if at == 4 && version == "1" {
                // The join is in no state, and v1 looks at no auth events.
                assert_eq!(state(&mut oracle, &without(at)).len(), 5, "{version}");
                continue;
            }
            let (code, message) = oracle.error(&without(at));
            assert_eq!(code, "missing_event", "{version}: {at}");
            assert!(message.contains(&merge.room.ids[at]), "{message}");
        }
        // In version 12 a room ID refers to the create event.
        let mut question = merge.question(&[&[1], &[]]);
        question["events"] = json!([merge.room.event(1)]);
        if version == "1" {
            assert_eq!(state(&mut oracle, &question), merge.ids(&[1]));
        } else {
            let (code, message) = oracle.error(&question);
            assert_eq!(code, "missing_event", "{version}");
            assert!(message.contains(&merge.room.ids[0]), "{message}");
        }
        // What came before an event is of no concern.
        question["events"] = json!([merge.room.event(0), merge.room.event(1)]);
        question["events"][1]["prev_events"] = json!([]);
        let id = oracle.ok(&json!({ "id": 0, "op": "event_id", "room_version": version,
            "event": question["events"][1] }))["event_id"]
            .take();
        question["state_sets"] = json!([[merge.room.ids[0], id], [id, merge.room.ids[0]]]);
        assert_eq!(state(&mut oracle, &question).len(), 2, "{version}");
    }
    oracle.end();
}

#[test]
fn an_event_that_is_none_fails_the_question_wherever_it_stands() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let (_, good) = ban_beside_a_leave(version);
        for bad in [json!(null), json!("event"), json!([]), json!({})] {
            let mut question = good.clone();
            question["events"].as_array_mut().unwrap().push(bad);
            let (code, message) = oracle.error(&question);
            assert_eq!(code, "bad_event", "{version}");
            assert!(message.starts_with("`events[7]`"), "{message}");
        }
    }
    oracle.end();
}

/// An event of version 2, whose ID is what it says it is.
fn bare(id: &str, user: &str, auth: &[&str], depth: usize) -> Value {
    let auth: Vec<_> = auth.iter().map(|id| json!([id, {}])).collect();
    json!({ "event_id": id, "room_id": "!room:a.example", "type": "m.room.member",
        "sender": user, "state_key": user, "content": { "membership": "join" }, "depth": depth,
        "origin_server_ts": depth, "prev_events": [], "auth_events": auth,
        "hashes": {}, "signatures": {} })
}

#[test]
fn auth_events_in_a_circle_have_an_answer() {
    let mut oracle = Conversation::new();
    let merge = Merge::new("2");
    let mut question = merge.question(&[&[0, 1, 2, 3], &[0, 1, 2, 3]]);
    let cited = |id| [&*merge.room.ids[0], &merge.room.ids[2], &merge.room.ids[3], id];
    for circle in [
        bare("$b:a.example", BOB, &cited("$c:a.example"), 5),
        bare("$c:a.example", CAROL, &cited("$b:a.example"), 6),
        bare("$d:a.example", "@dave:a.example", &cited("$d:a.example"), 7),
    ] {
        question["events"].as_array_mut().unwrap().push(circle);
    }
    for (set, id) in [(0, "$b:a.example"), (1, "$c:a.example"), (1, "$d:a.example")] {
        question["state_sets"][set].as_array_mut().unwrap().push(json!(id));
    }
    let state = state(&mut oracle, &question);
    for id in &merge.room.ids {
        assert!(state.contains(id), "{state:?}");
    }
    oracle.end();
}

#[test]
fn a_long_auth_chain_is_no_trouble() {
    let mut oracle = Conversation::new();
    let merge = Merge::new("2");
    let mut question = merge.question(&[&[0, 2, 3], &[0, 2, 3]]);
    let length = 10_000;
    let mut before = merge.room.ids[1].clone();
    for at in 0..length {
        let id = format!("$chain-{at}:a.example");
        let cited = [&*merge.room.ids[0], &merge.room.ids[2], &merge.room.ids[3], &before];
        let event = bare(&id, ALICE, &cited, at + 5);
        question["events"].as_array_mut().unwrap().push(event);
        before = id;
    }
    question["state_sets"][0].as_array_mut().unwrap().push(json!("$chain-0:a.example"));
    question["state_sets"][1].as_array_mut().unwrap().push(json!(before));
    let state = state(&mut oracle, &question);
    assert!(state.contains(&before), "{state:?}");
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

#[test]
fn every_merge_of_a_recorded_room_gives_the_recorded_state() {
    let mut oracle = Conversation::new();
    let rooms = exeunt_recordings::rooms();
    for room in rooms.iter().filter(|room| room.name.ends_with("-forked")) {
        let lines = room.lines();
        let events: Vec<Value> =
            lines.iter().map(|line| serde_json::from_slice(line).unwrap()).collect();
        let expected = room.expected();
        let after: BTreeMap<_, _> =
            expected.iter().map(|event| (&*event.event_id, event.state_after.as_ref())).collect();
        let rejected = expected.iter().filter(|event| event.rejected);
        let rejected: Vec<_> = rejected.map(|event| &event.event_id).collect();
        let mut merges = 0;
        for (event, expected) in events.iter().zip(&expected) {
            let prev = event["prev_events"].as_array().unwrap().iter();
            let prev = prev.map(|prev| prev.as_str().unwrap_or_else(|| prev[0].as_str().unwrap()));
            let sets: Vec<_> = prev.map(|prev| after[prev].unwrap()).collect();
            if sets.iter().all(|set| *set == sets[0]) {
                continue;
            }
            merges += 1;
            let question = json!({ "id": 0, "op": "resolve", "room_version": room.version,
                "state_sets": sets, "events": events, "rejected": rejected,
                "readings": readings(&room.version) });
            let state = state(&mut oracle, &question);
            assert_eq!(Some(state), expected.state_before, "{}: {}", room.name, expected.event_id);
        }
        assert!(merges > 30, "{}: {merges}", room.name);
    }
    oracle.end();
}
