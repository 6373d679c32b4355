//! `exeunt verify` on the recorded rooms: what it finds is what the recorded homeserver found.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::fs;

use command::{Finding, Said, exeunt_reading, verify};
use exeunt_recordings::{Expected, Room, room, rooms};
use serde_json::{Value, json};

fn detail(event: &Expected) -> &str {
    event.reject_detail.as_deref().unwrap_or_default()
}

/// The findings that the recording explains: line, event ID, check and outcome.
fn explained(room: &Room) -> Vec<(usize, String, u64, &'static str)> {
    let mut findings = Vec::new();
    for (event, line) in room.expected().iter().zip(1..) {
        if event.content_hash_ok == Some(false) {
            findings.push((line, event.event_id.clone(), 3, "redacted"));
        }
        if event.rejected && detail(event).starts_with("against auth_events") {
            // The homeserver had the auth event of another room; the recording has this room alone.
            let is_foreign = detail(event).contains(" in the state which is in room !");
            let outcome = if is_foreign { "undecided" } else { "rejected" };
            findings.push((line, event.event_id.clone(), 4, outcome));
        }
    }
    findings
}

fn found(findings: &[Finding]) -> Vec<(usize, String, u64, &str)> {
    let id = |finding: &Finding| finding.event_id.clone().expect("its ID was computed");
    findings.iter().map(|f| (f.line, id(f), f.check, &*f.outcome)).collect()
}

#[test]
fn findings_are_exactly_those_that_the_recordings_explain() {
    let mut counts = (0, 0, 0);
    for room in rooms() {
        let said = verify(&room.folder, &[]);
        let (findings, summary) = said.report();
        let explained = explained(&room);
        assert_eq!(found(&findings), explained, "{}", room.name);
        assert_eq!(said.status, i32::from(!explained.is_empty()), "{}", room.name);
        assert_eq!(said.err, "", "{}", room.name);
        let events = room.lines().len();
        assert_eq!(summary["room_version"], room.version, "{}", room.name);
        assert_eq!(summary["lines"], events, "{}", room.name);
        assert_eq!(summary["events"], events, "{}", room.name);
        assert_eq!(summary["findings"], explained.len(), "{}", room.name);
        assert_eq!(summary["repeated_lines"], 0, "{}", room.name);
        for check in summary["checks"].as_array().unwrap() {
            let found = explained.iter().filter(|finding| check["check"] == finding.2).count();
            assert_eq!(check["found"], found, "{}: {check}", room.name);
            assert_eq!(check["events"], events, "{}: {check}", room.name);
        }
        assert_eq!(summary["checks"].as_array().unwrap().len(), 4, "{}", room.name);
        let of = |check, outcome| {
            explained.iter().filter(|finding| (finding.2, finding.3) == (check, outcome)).count()
        };
        counts.0 += of(3, "redacted");
        counts.1 += of(4, "rejected");
        counts.2 += of(4, "undecided");
        let has_explained = room.name.ends_with("-evil");
        assert_eq!(!explained.is_empty(), has_explained, "{}", room.name);
    }
    assert_eq!(counts, (46, 191, 8), "hashes, rejections, and one without a verdict each room");
}

#[test]
fn the_one_without_a_verdict_cites_an_event_of_another_room() {
    for room in rooms().iter().filter(|room| room.name.ends_with("-evil")) {
        let expected = room.expected();
        let findings = verify(&room.folder, &[]).findings();
        let undecided: Vec<_> = findings.iter().filter(|f| f.outcome == "undecided").collect();
        let [undecided] = undecided[..] else { panic!("{}: {undecided:?}", room.name) };
        let detail = detail(&expected[undecided.line - 1]);
        let cited = undecided.message.split(' ').find(|word| word.starts_with('$')).unwrap();
        assert_eq!(undecided.message, format!("the auth event {cited} is not in the room"));
        assert!(
            detail.contains(&format!("found event {cited} in the state which is in room !")),
            "{}: {detail}",
            room.name
        );
        assert!(expected.iter().all(|event| event.event_id != cited), "{}", room.name);
    }
}

#[test]
fn what_only_the_state_before_an_event_rejects_is_not_found() {
    let mut count = 0;
    for room in rooms() {
        let findings = verify(&room.folder, &[]).findings();
        for event in room.expected() {
            let by_state = detail(&event).starts_with("against room state before the event");
            if event.rejected && by_state {
                count += 1;
                let id = Some(&event.event_id);
                assert!(findings.iter().all(|finding| finding.event_id.as_ref() != id));
            }
            // Check 6 is not among those that run, either.
            if event.soft_failed {
                let id = Some(&event.event_id);
                assert!(findings.iter().all(|f| f.event_id.as_ref() != id || f.check == 3));
            }
        }
    }
    assert_eq!(count, 16, "a message of a banned user and an event without prev events, each room");
}

#[test]
fn event_ids_equal_those_recorded() {
    let mut questions = Vec::new();
    let mut recorded = Vec::new();
    for room in rooms() {
        for (line, event) in room.lines().iter().zip(room.expected()) {
            let line = str::from_utf8(line).unwrap();
            let version = &room.version;
            let number = recorded.len();
            questions.push(format!(
                r#"{{"id":{number},"op":"event_id","room_version":"{version}","event":{line}}}"#
            ));
            recorded.push(event.event_id);
        }
    }
    let Said { status, out, .. } = exeunt_reading(&["oracle"], questions.join("\n"));
    assert_eq!(status, 0);
    let answers: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 7_297);
    for (at, (answer, recorded)) in answers.iter().zip(&recorded).enumerate() {
        assert_eq!(answer["id"], at);
        assert_eq!(answer["ok"]["event_id"], *recorded);
    }
}

#[test]
fn a_room_is_a_folder_or_a_file_compressed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["1-evil", "6-evil", "12-evil"] {
        let room = room(name);
        let whole = verify(&room.folder, &[]);
        let plain = folder.path().join(name);
        fs::create_dir(&plain).unwrap();
        for file in ["room.jsonl", "keys.json"] {
            fs::write(plain.join(file), room.file(file)).unwrap();
        }
        assert_eq!(verify(&plain, &[]), whole, "{name}: a folder without compression");
        let keys = plain.join("keys.json");
        let keys = ["--keys", keys.to_str().unwrap()];
        assert_eq!(verify(&plain.join("room.jsonl"), &keys), whole, "{name}: a file");
        let compressed = room.folder.join("room.jsonl.gz");
        assert_eq!(verify(&compressed, &keys), whole, "{name}: a compressed file");
        let zipped = room.folder.join("keys.json.gz");
        let zipped = ["--keys", zipped.to_str().unwrap()];
        assert_eq!(verify(&compressed, &zipped), whole, "{name}: compressed keys");
        let renamed = folder.path().join("dump.txt");
        fs::write(&renamed, room.file("room.jsonl")).unwrap();
        assert_eq!(verify(&renamed, &keys), whole, "{name}: a file of any name");
    }
}

#[test]
fn without_keys_signatures_are_not_checked_and_the_rest_is() {
    for name in ["3-evil", "12-evil"] {
        let room = room(name);
        let with_keys = verify(&room.folder, &[]).findings();
        let file = room.folder.join("room.jsonl.gz");
        let (without, summary) = verify(&file, &[]).report();
        assert_eq!(without, with_keys, "no recorded event lacks a signature");
        let checks: Vec<_> = summary["checks"].as_array().unwrap().iter().collect();
        let numbers: Vec<_> = checks.iter().map(|check| &check["check"]).collect();
        assert_eq!(numbers, [&json!(1), &json!(3), &json!(4)]);
        let said = command::exeunt(&["verify", file.to_str().unwrap()]);
        assert!(said.out.contains("\n2 signatures     not checked: no keys\n"), "{}", said.out);
    }
}
