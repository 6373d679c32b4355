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

/// Power levels in version 1 with that number, citing those numbers.
fn levels(room: &Room, number: usize, cited: &[usize]) -> Value {
    let content = json!({ "users": { ALICE: 100 } });
    let mut pdu = room.pdu(ALICE, "m.room.power_levels", Some(""), &content, &[0, 1]);
    pdu["event_id"] = json!(format!("${number}:a.example"));
    let cited = cited.iter().map(|number| room.refer(&format!("${number}:a.example")));
    pdu["auth_events"].as_array_mut().unwrap().extend(cited);
    pdu
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
    room.push(&top);
    let alone = room.message("beside");
    room.push(&alone);
    let said = verify_lines(&room.lines, &[]);
    assert_eq!(said.status, 1);
    let (findings, summary) = said.report();
    assert_eq!(summary["events"], room.lines.len());
    let place = |(line, check, outcome)| {
        assert_eq!((check, outcome), (4, "undecided"));
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
            (6, "there is no verdict on the auth event $17:a.example (line 5)".to_owned()),
        ]
    );
}

#[test]
fn events_that_cite_one_another_have_no_verdict() {
    let (findings, _) = with_levels(&[(17, &[18]), (18, &[17])]);
    assert_eq!(
        findings,
        [
            (5, "there is no verdict on the auth event $18:a.example (line 6)".to_owned()),
            (
                6,
                "the auth event $17:a.example (line 5) has this event in its auth chain".to_owned()
            ),
            (7, "there is no verdict on the auth event $18:a.example (line 6)".to_owned()),
        ]
    );
    let (findings, _) = with_levels(&[(17, &[18]), (18, &[19]), (19, &[17])]);
    assert_eq!(
        findings,
        [
            (5, "there is no verdict on the auth event $18:a.example (line 6)".to_owned()),
            (6, "there is no verdict on the auth event $19:a.example (line 7)".to_owned()),
            (
                7,
                "the auth event $17:a.example (line 5) has this event in its auth chain".to_owned()
            ),
            (8, "there is no verdict on the auth event $19:a.example (line 7)".to_owned()),
        ]
    );
}

#[test]
fn an_auth_event_after_the_event_that_cites_it_counts() {
    for version in ["1", "6", "12"] {
        let mut room = Room::new(version);
        room.say("hello");
        let forwards = verify_lines(&room.lines, &[]);
        assert_eq!(forwards.status, 0, "{version}: {}", forwards.out);
        room.lines.reverse();
        assert_eq!(verify_lines(&room.lines, &[]), forwards, "{version}");
    }
}

#[test]
fn an_auth_chain_of_100_000_events_ends() {
    const EVENTS: usize = 100_000;
    let room = Room::new("1");
    let mut lines = room.lines[..2].to_vec();
    // By hand, as each differs from the one before in its ID and what it cites alone.
    for number in 2..EVENTS {
        let mut cited = "[[\"$0:a.example\",{}],[\"$1:a.example\",{}]".to_owned();
        if number > 2 {
            let before = number - 1;
            write!(cited, ",[\"${before}:a.example\",{{}}]").unwrap();
        }
        let head = format!(
            "{{\"auth_events\":{cited}],\"content\":{{\"users\":{{{ALICE:?}:100}}}},\"depth\":3,\
             \"event_id\":\"${number}:a.example\","
        );
        let tail = format!(
            "\"origin_server_ts\":1,\"prev_events\":[[\"$1:a.example\",{{}}]],\
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
    room.push(&room.pdu(eve, "m.room.power_levels", Some(""), &rejected, &[0, 2]));
    let dropped = json!({ "users": { ALICE: 50 } });
    room.push(&room.pdu(ALICE, "m.room.power_levels", Some(""), &dropped, &[0, 1, 2]));
    let mut unsigned = room.event(5);
    unsigned["signatures"] = json!("none");
    room.lines[5] = unsigned.to_string();
    let hello = json!({ "body": "hello" });
    for cited in [4, 5] {
        room.push(&room.pdu(ALICE, "m.room.message", None, &hello, &[0, 1, cited]));
    }
    let mut lost = room.pdu(ALICE, "m.room.message", None, &hello, &[0, 1]);
    lost["auth_events"].as_array_mut().unwrap().push(json!("$gone"));
    room.push(&lost);
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
        ((8, 4, "undecided"), format!("the auth event {} was dropped (line 6)", room.ids[5]))
    );
    assert_eq!(
        messages[4],
        ((9, 4, "undecided"), "the auth event $gone is not in the room".into())
    );
    assert_eq!(messages.len(), 5);
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
