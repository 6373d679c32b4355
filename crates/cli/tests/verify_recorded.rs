//! `exeunt verify` on the recorded rooms: what it finds is what the recorded homeserver found.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

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
        let mut find = |check, outcome| {
            findings.push((line, event.event_id.clone(), check, outcome));
        };
        if event.content_hash_ok == Some(false) {
            find(3, "redacted");
        }
        if event.soft_failed {
            find(6, "soft-failed");
        }
        if event.rejected && detail(event).starts_with("against auth_events") {
            // The homeserver had the auth event of another room; the recording has this room alone.
            let is_foreign = detail(event).contains(" in the state which is in room !");
            find(4, if is_foreign { "pending" } else { "rejected" });
        } else if event.rejected {
            assert!(detail(event).starts_with("against room state before the event"));
            find(5, "rejected");
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
    let mut counts = BTreeMap::new();
    for room in rooms() {
        let said = verify(&room.folder, &[]);
        let (findings, summary) = said.report();
        let explained = explained(&room);
        assert_eq!(found(&findings), explained, "{}", room.name);
        let status = i32::from(!room.name.ends_with("-leaving"));
        assert_eq!(said.status, status, "{}", room.name);
        assert_eq!(said.err, "", "{}", room.name);
        let events = room.lines().len();
        assert_eq!(summary["room_version"], room.version, "{}", room.name);
        assert_eq!(summary["lines"], events, "{}", room.name);
        assert_eq!(summary["events"], events, "{}", room.name);
        assert_eq!(summary["findings"], explained.len(), "{}", room.name);
        assert_eq!(summary["repeated_lines"], 0, "{}", room.name);
        let checks = summary["checks"].as_array().unwrap();
        for check in checks {
            let found = explained.iter().filter(|finding| check["check"] == finding.2).count();
            assert_eq!(check["found"], found, "{}: {check}", room.name);
        }
        assert!(checks[..4].iter().all(|check| check["events"] == events), "{}", room.name);
        assert_eq!(checks.len(), 7, "{}", room.name);
        for (_, _, check, outcome) in explained {
            *counts.entry((check, outcome)).or_insert(0) += 1;
        }
    }
    assert_eq!(
        counts,
        BTreeMap::from([
            ((3, "redacted"), 46),
            ((4, "rejected"), 191),
            // Each evil room has one that cites an event of another room,
            ((4, "pending"), 8),
            // a message of a banned user, and an event without prev events.
            ((5, "rejected"), 16),
            ((6, "soft-failed"), 428),
        ])
    );
}

/// What a recording differs in, by what explains it: the reading, or `pending`, and how often.
fn differs(room: &str) -> BTreeMap<&'static str, usize> {
    let differences = match room {
        "1-forked" | "1-forked-hs2" | "1-forked-hs3" => ("v1_failed=lowest", 4),
        "6-forked" | "6-forked-hs2" | "6-forked-hs3" => ("power_event_chain=conflicted", 90),
        "8-forked" | "8-forked-hs2" | "8-forked-hs3" => ("power_event_chain=conflicted", 91),
        "10-forked" | "10-forked-hs2" | "10-forked-hs3" => ("power_event_chain=conflicted", 2),
        // Outcome and states of the event that cites one of another room.
        _ if room.ends_with("-evil") => ("pending", 3),
        _ => return BTreeMap::new(),
    };
    BTreeMap::from([differences])
}

/// What `verify` says about the differences from a recording.
fn recording(folder: &Path, options: &[&str]) -> Value {
    verify(folder, options).report().1["recording"].clone()
}

#[test]
fn every_recorded_room_gives_the_recorded_outcomes_states_and_extremities() {
    let mut states = 0;
    for room in rooms() {
        let said = verify(&room.folder, &[]);
        assert!(!said.out.contains("unexplained"), "{}: {}", room.name, said.out);
        let recording = said.report().1["recording"].clone();
        let expected = room.expected();
        let recorded: usize = expected
            .iter()
            .map(|event| [&event.state_before, &event.state_after].into_iter().flatten().count())
            .sum();
        states += recorded;
        assert_eq!(recording["events"], expected.len(), "{}", room.name);
        assert_eq!(recording["states"], recorded, "{}", room.name);
        let mut counts = BTreeMap::new();
        let differences = recording["differences"].as_array().unwrap();
        for difference in differences {
            let explanation = &difference["explanation"];
            let name = match &explanation["readings"] {
                Value::Object(readings) => {
                    let (reading, choice) = readings.iter().next().unwrap();
                    format!("{reading}={}", choice.as_str().unwrap())
                }
                _ if explanation["pending"].is_string() => "pending".to_owned(),
                _ => panic!("{}: {difference}", room.name),
            };
            *counts.entry(name).or_insert(0) += 1;
        }
        let differs = differs(&room.name);
        let differs: BTreeMap<_, _> =
            differs.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
        assert_eq!(counts, differs, "{}", room.name);
        assert_eq!(recording["explained"], differences.len(), "{}", room.name);
        if room.name.contains("-hs") {
            // The other views have the same differences, and finding readings takes a while.
            continue;
        }
        let text = command::exeunt(&["verify", room.folder.to_str().unwrap()]).out;
        assert!(!text.contains("unexplained"), "{}: {text}", room.name);
        let how = if differs.is_empty() { "no differences" } else { "all explained" };
        assert!(text.contains(how), "{}: {text}", room.name);
    }
    assert_eq!(states, 14_256);
}

#[test]
fn a_reading_that_explains_a_difference_removes_it() {
    for (name, reading) in [
        ("1-forked-hs3", "v1_failed=lowest"),
        ("6-forked", "power_event_chain=conflicted"),
        ("8-forked-hs2", "power_event_chain=conflicted"),
        ("10-forked", "power_event_chain=conflicted"),
    ] {
        let recording = recording(&room(name).folder, &["--reading", reading]);
        assert_eq!(recording["differences"], json!([]), "{name}");
    }
}

#[test]
fn expectations_can_be_left_aside() {
    let room = room("10-forked");
    let (_, summary) = verify(&room.folder, &["--no-expectations"]).report();
    assert_eq!(summary.get("recording"), None);
    // Every event is received over federation then, those of the server itself too.
    let last = &summary["checks"][5];
    assert_eq!(last["events"], room.lines().len());
}

#[test]
fn a_log_gives_the_same_room_again() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["1-forked-hs2", "12-evil", "9-leaving"] {
        let room = room(name);
        let keys = room.folder.join("keys.json.gz");
        let log = folder.path().join(name);
        let (keys, log) = (keys.to_str().unwrap(), log.to_str().unwrap());
        let first = verify(&room.folder, &["--log", log]).report().1;
        let again = verify(Path::new(log), &["--keys", keys, "--log", "/dev/null"]).report().1;
        for key in ["fingerprint", "current_state", "forward_extremities", "events", "findings"] {
            assert_eq!(again[key], first[key], "{name}: {key}");
        }
    }
}

#[test]
fn the_one_that_waits_cites_an_event_of_another_room() {
    for room in rooms().iter().filter(|room| room.name.ends_with("-evil")) {
        let expected = room.expected();
        let findings = verify(&room.folder, &[]).findings();
        let pending: Vec<_> = findings.iter().filter(|f| f.outcome == "pending").collect();
        let [pending] = pending[..] else { panic!("{}: {pending:?}", room.name) };
        let detail = detail(&expected[pending.line - 1]);
        let cited = pending.message.split(' ').find(|word| word.starts_with('$')).unwrap();
        assert_eq!(pending.message, format!("the auth event {cited} is not in the room"));
        assert!(
            detail.contains(&format!("found event {cited} in the state which is in room !")),
            "{}: {detail}",
            room.name
        );
        assert!(expected.iter().all(|event| event.event_id != cited), "{}", room.name);
    }
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
        let whole = verify(&room.folder, &["--no-expectations"]);
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
        let with_keys = verify(&room.folder, &["--no-expectations"]).findings();
        let file = room.folder.join("room.jsonl.gz");
        let (without, summary) = verify(&file, &[]).report();
        assert_eq!(without, with_keys, "no recorded event lacks a signature");
        let checks: Vec<_> = summary["checks"].as_array().unwrap().iter().collect();
        let numbers: Vec<_> = checks.iter().map(|check| &check["check"]).collect();
        assert_eq!(numbers, [1, 3, 4, 5, 6, 7].map(|number| json!(number)).each_ref());
        let said = command::exeunt(&["verify", file.to_str().unwrap()]);
        assert!(said.out.contains("\n2 signatures     not checked: no keys\n"), "{}", said.out);
    }
}
