//! `exeunt verify` on events that cite one another as no events should.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;
mod sample;

use std::fmt::Write as _;
use std::fs;

use command::{Said, verify};
use exeunt_event::{base64, hashes, json};
use sample::{ALICE, Room};
use serde_json::{Value, json};

fn verify_lines(lines: &[String], options: &[&str]) -> Said {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.jsonl");
    fs::write(&path, lines.join("\n")).unwrap();
    verify(&path, options)
}

/// The same event after the one at that place.
fn after(room: &Room, at: usize, mut pdu: Value) -> Value {
    pdu["prev_events"] = json!([room.refer(&room.ids[at])]);
    pdu
}

/// Power levels in version 1 with that number, citing those numbers.
fn levels(room: &Room, number: usize, cited: &[usize]) -> Value {
    let content = json!({ "users": { ALICE: 100 } });
    let mut pdu = room.pdu(ALICE, "m.room.power_levels", Some(""), &content, &[0, 1]);
    pdu["event_id"] = json!(format!("${number}:a.example"));
    let cited = cited.iter().map(|number| room.refer(&format!("${number}:a.example")));
    pdu["auth_events"].as_array_mut().unwrap().extend(cited);
    after(room, 3, pdu)
}

/// A room of version 1 with such power levels at its end, and a message that cites the last.
fn with_levels(cycle: &[(usize, &[usize])]) -> (Vec<(usize, String)>, usize) {
    let mut room = Room::new("1");
    for (number, cited) in cycle {
        let pdu = levels(&room, *number, cited);
        room.push(&pdu);
    }
    let content = json!({ "body": "on top" });
    let last = room.ids.len() - 1;
    let top = room.pdu(ALICE, "m.room.message", None, &content, &[0, 1, last]);
    room.push(&after(&room, 3, top));
    let alone = room.message("beside");
    room.push(&after(&room, 3, alone));
    let said = verify_lines(&room.lines, &[]);
    assert_eq!(said.status, 1);
    let (findings, summary) = said.report();
    assert_eq!(summary["events"], room.lines.len());
    let place = |(line, check, outcome)| {
        assert_eq!((check, outcome), (4, "pending"));
        line
    };
    let findings = findings.iter().map(|f| (place(f.place()), f.message.clone())).collect();
    (findings, room.lines.len())
}

#[test]
fn an_event_that_cites_itself_has_no_verdict() {
    let (findings, lines) = with_levels(&[(17, &[17])]);
    assert_eq!(lines, 7);
    assert_eq!(
        findings,
        [
            (5, "the event cites itself as an auth event".to_owned()),
            (6, "the auth event $17:a.example (line 5) waits itself".to_owned()),
        ]
    );
}

#[test]
fn events_that_cite_one_another_wait_for_ever() {
    let in_chain = |at, cited, line| {
        (
            at,
            format!(
                "the auth event ${cited}:a.example (line {line}) has this event in its auth chain"
            ),
        )
    };
    let waits = |at, cited, line| {
        (at, format!("the auth event ${cited}:a.example (line {line}) waits itself"))
    };
    let (findings, _) = with_levels(&[(17, &[18]), (18, &[17])]);
    assert_eq!(findings, [in_chain(5, 18, 6), in_chain(6, 17, 5), waits(7, 18, 6)]);
    let (findings, _) = with_levels(&[(17, &[18]), (18, &[19]), (19, &[17])]);
    let circle = [in_chain(5, 18, 6), in_chain(6, 19, 7), in_chain(7, 17, 5), waits(8, 19, 7)];
    assert_eq!(findings, circle);
}

#[test]
fn events_that_come_after_one_another_wait_for_ever() {
    let mut room = Room::new("1");
    let first = room.message("first");
    let mut pdu = first.clone();
    pdu["prev_events"] = json!([room.refer("$4:a.example"), room.refer("$3:a.example")]);
    room.push(&pdu);
    // Each after the other.
    let mut pdu = room.message("second");
    pdu["prev_events"] = json!([room.refer("$6:a.example")]);
    room.push(&pdu);
    room.say("third");
    // One cites the other, which comes after it.
    let mut pdu = levels(&room, 7, &[]);
    pdu["prev_events"] = json!([room.refer("$8:a.example")]);
    room.push(&pdu);
    let content = json!({ "body": "fifth" });
    let pdu = room.pdu(ALICE, "m.room.message", None, &content, &[0, 1, 7]);
    room.push(&after(&room, 3, pdu));
    let said = verify_lines(&room.lines, &[]);
    let (findings, summary) = said.report();
    let found: Vec<_> = findings.iter().map(|f| (f.place(), f.message.as_str())).collect();
    assert_eq!(
        found,
        [
            ((5, 5, "pending"), "the event cites itself as a prev event"),
            (
                (6, 5, "pending"),
                "the prev event $6:a.example (line 7) waits for this event in turn"
            ),
            (
                (7, 5, "pending"),
                "the prev event $5:a.example (line 6) waits for this event in turn"
            ),
            (
                (8, 5, "pending"),
                "the prev event $8:a.example (line 9) waits for this event in turn"
            ),
            (
                (9, 4, "pending"),
                "the auth event $7:a.example (line 8) waits for this event in turn"
            ),
        ]
    );
    assert_eq!(summary["pending"], 5);
}

#[test]
fn an_event_after_one_that_never_comes_waits_and_check_4_has_its_say() {
    for version in ["1", "6", "12"] {
        let mut room = Room::new(version);
        let lost = room.say("lost");
        room.lines[4].clear();
        let follows = room.message("follows");
        room.push(&follows);
        let next = room.message("after that");
        room.push(&next);
        let eve = json!({ "users": {} });
        let eve = room.pdu("@eve:a.example", "m.room.power_levels", Some(""), &eve, &[0, 2]);
        room.push(&eve);
        let (findings, summary) = verify_lines(&room.lines, &[]).report();
        let found: Vec<_> = findings.iter().map(|f| (f.place(), f.message.clone())).collect();
        assert_eq!(found[0].0, (6, 5, "pending"), "{version}");
        assert_eq!(found[0].1, format!("the prev event {lost} is not in the room"), "{version}");
        assert_eq!(findings[0].missing, [lost], "{version}");
        let waits = format!("the prev event {} (line 6) waits itself", room.ids[5]);
        assert_eq!(found[1], ((7, 5, "pending"), waits), "{version}");
        assert_eq!(found[2].0, (8, 4, "rejected"), "{version}");
        assert_eq!(findings[2].rule_name.as_deref(), Some("sender-not-joined"), "{version}");
        assert_eq!(found.len(), 3, "{version}");
        assert_eq!(summary["pending"], 2, "{version}");
        let entered: Vec<_> = summary["checks"].as_array().unwrap().iter().collect();
        let entered: Vec<_> = entered.iter().map(|check| check["events"].clone()).collect();
        assert_eq!(entered, [7, 7, 7, 6, 4, 4], "{version}: without keys, no check 2");
    }
}

#[test]
fn a_room_of_version_12_without_its_create_event_waits() {
    let mut room = Room::new("12");
    room.lines.remove(0);
    let findings = verify_lines(&room.lines, &["--room-version", "12"]).findings();
    assert_eq!(findings.len(), 3);
    let create = &room.ids[0];
    let first = &findings[0];
    assert_eq!(first.place(), (1, 4, "pending"));
    assert_eq!(first.message, format!("the create event {create} is not in the room"));
    assert!(findings[2].message.contains(" waits itself"), "{}", findings[2].message);
}

#[test]
fn an_auth_event_after_the_event_that_cites_it_counts() {
    for version in ["1", "6", "12"] {
        let mut room = Room::new(version);
        room.say("hello");
        let forwards = verify_lines(&room.lines, &[]);
        assert_eq!(forwards.status, 0, "{version}: {}", forwards.out);
        room.lines.reverse();
        let backwards = verify_lines(&room.lines, &[]);
        assert_eq!(backwards.status, 0, "{version}: {}", backwards.out);
        let (forwards, backwards) = (forwards.report().1, backwards.report().1);
        for key in ["room_id", "events", "checks", "current_state", "forward_extremities"] {
            assert_eq!(forwards[key], backwards[key], "{version}: {key}");
        }
        assert_ne!(forwards["fingerprint"], backwards["fingerprint"], "{version}: another history");
    }
}

#[test]
fn a_chain_of_100_000_events_ends() {
    const EVENTS: usize = 100_000;
    let room = Room::new("1");
    let mut lines = room.lines[..2].to_vec();
    // By hand, as each differs from the one before in its ID and what it cites alone.
    for number in 2..EVENTS {
        let before = number - 1;
        let mut cited = "[[\"$0:a.example\",{}],[\"$1:a.example\",{}]".to_owned();
        if number > 2 {
            write!(cited, ",[\"${before}:a.example\",{{}}]").unwrap();
        }
        let head = format!(
            "{{\"auth_events\":{cited}],\"content\":{{\"users\":{{{ALICE:?}:100}}}},\"depth\":3,\
             \"event_id\":\"${number}:a.example\","
        );
        let tail = format!(
            "\"origin_server_ts\":1,\"prev_events\":[[\"${before}:a.example\",{{}}]],\
             \"room_id\":\"!room:a.example\",\"sender\":{ALICE:?},\"state_key\":\"\",\
             \"type\":\"m.room.power_levels\"}}"
        );
        let bare = format!("{head}{tail}");
        let parsed = json::parse_lenient(bare.as_bytes()).unwrap();
        let hash = hashes::content_hash(parsed.value.as_object().unwrap(), &room.version);
        let hash = base64::encode(hash);
        lines
            .push(format!("{head}\"hashes\":{{\"sha256\":\"{hash}\"}},\"signatures\":{{}},{tail}"));
    }
    // Newest first, so that the first event waits for all others.
    lines.reverse();
    let said = verify_lines(&lines, &[]);
    let (findings, summary) = said.report();
    assert_eq!(findings.first(), None);
    assert_eq!(said.status, 0);
    assert_eq!(summary["events"], EVENTS);
}

#[test]
fn a_rejected_or_dropped_auth_event_is_told_apart_from_a_missing_one() {
    let mut room = Room::new("6");
    // Rejected: Eve is not joined. Dropped: no signatures. Missing: never there.
    let eve = "@eve:a.example";
    let rejected = json!({ "users": { eve: 100 } });
    let rejected = room.pdu(eve, "m.room.power_levels", Some(""), &rejected, &[0, 2]);
    room.push(&after(&room, 3, rejected));
    let dropped = json!({ "users": { ALICE: 50 } });
    let dropped = room.pdu(ALICE, "m.room.power_levels", Some(""), &dropped, &[0, 1, 2]);
    room.push(&after(&room, 3, dropped));
    let mut unsigned = room.event(5);
    unsigned["signatures"] = json!("none");
    room.lines[5] = unsigned.to_string();
    let hello = json!({ "body": "hello" });
    for cited in [4, 5] {
        let cites = room.pdu(ALICE, "m.room.message", None, &hello, &[0, 1, cited]);
        room.push(&after(&room, 3, cites));
    }
    let mut lost = room.pdu(ALICE, "m.room.message", None, &hello, &[0, 1]);
    lost["auth_events"].as_array_mut().unwrap().push(json!("$gone"));
    room.push(&after(&room, 3, lost));
    let dropped = room.pdu(ALICE, "m.room.message", None, &hello, &[0, 1, 2]);
    room.push(&after(&room, 5, dropped));
    let said = verify_lines(&room.lines, &[]);
    let findings = said.findings();
    let messages: Vec<_> = findings.iter().map(|f| (f.place(), f.message.clone())).collect();
    assert_eq!(messages[0].0, (5, 4, "rejected"));
    assert_eq!(
        messages[1],
        (
            (6, 1, "dropped"),
            "`signatures` is missing or not an object of objects of strings".into()
        )
    );
    assert_eq!(messages[2].0, (7, 4, "rejected"));
    assert_eq!(findings[2].rule.as_deref(), Some("2.3"));
    assert_eq!(
        messages[3],
        ((8, 4, "pending"), format!("the auth event {} was dropped (line 6)", room.ids[5]))
    );
    assert_eq!(messages[4], ((9, 4, "pending"), "the auth event $gone is not in the room".into()));
    assert_eq!(
        messages[5],
        ((10, 5, "pending"), format!("the prev event {} was dropped (line 6)", room.ids[5]))
    );
    assert_eq!(messages.len(), 6);
}

#[test]
fn a_repeated_event_is_counted_once() {
    for version in ["1", "3", "12"] {
        let mut room = Room::new(version);
        room.say("hello");
        let once = verify_lines(&room.lines, &[]).report().1;
        let twice: Vec<_> = room.lines.iter().chain(&room.lines).cloned().collect();
        let said = verify_lines(&twice, &[]);
        assert_eq!(said.status, 0, "{version}: {}", said.out);
        let (findings, summary) = said.report();
        assert_eq!(findings, []);
        assert_eq!(summary["repeated_lines"], 5);
        assert_eq!(summary["events"], once["events"]);
        // `unsigned` and signatures are no part of what an event is.
        let mut other = room.event(4);
        other["unsigned"] = json!({ "age": 1 });
        other["signatures"] = json!({});
        let said = verify_lines(&[room.lines.clone(), vec![other.to_string()]].concat(), &[]);
        assert_eq!(said.status, 0, "{version}: {}", said.out);
    }
}

#[test]
fn another_event_with_the_same_id_is_dropped_in_version_1() {
    let mut room = Room::new("1");
    let first = room.say("hello");
    let mut other = room.message("good bye");
    other["event_id"] = json!(first);
    room.push(&other);
    let finding = verify_lines(&room.lines, &[]).finding();
    assert_eq!(finding.place(), (6, 1, "dropped"));
    assert_eq!(finding.event_id, Some(first));
    assert_eq!(finding.message, "line 5 has another event with this ID; that one counts");
}

#[test]
fn a_copy_with_another_content_is_dropped_where_the_id_is_a_hash() {
    for version in ["3", "4", "11", "12"] {
        let mut room = Room::new(version);
        let first = room.say("hello");
        let mut other = room.event(4);
        other["content"]["body"] = json!("good bye");
        let good_first = [room.lines.clone(), vec![other.to_string()]].concat();
        let finding = verify_lines(&good_first, &[]).finding();
        assert_eq!(finding.place(), (6, 1, "dropped"), "{version}");
        assert_eq!(finding.event_id, Some(first), "{version}");
        // The other way round, it is the tampered one that counts, redacted.
        let mut bad_first = good_first;
        bad_first.swap(4, 5);
        let findings = verify_lines(&bad_first, &[]).findings();
        let places: Vec<_> = findings.iter().map(command::Finding::place).collect();
        assert_eq!(places, [(5, 3, "redacted"), (6, 1, "dropped")], "{version}");
        // Twice tampered is redacted the same.
        bad_first[5] = bad_first[4].clone();
        let (findings, summary) = verify_lines(&bad_first, &[]).report();
        let places: Vec<_> = findings.iter().map(command::Finding::place).collect();
        assert_eq!(places, [(5, 3, "redacted")], "{version}");
        assert_eq!(summary["repeated_lines"], 1, "{version}");
    }
}
