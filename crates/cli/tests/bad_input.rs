//! `exeunt verify` on lines that are no events: each is a finding, and the rest goes on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;
mod sample;

use std::fs;

use command::{Finding, Said, verify};
use sample::Room;
use serde_json::json;

/// `verify` on a file with this content.
fn verify_content(content: &[u8], options: &[&str]) -> Said {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.jsonl");
    fs::write(&path, content).unwrap();
    verify(&path, options)
}

/// The findings about lines in the middle of a room, from line 5. The room ends with a finding of
/// its own, which must be found as ever.
fn found(version: &str, lines: &[&[u8]], options: &[&str]) -> Vec<Finding> {
    let mut room = Room::new(version);
    let nothing = json!({});
    let mut stranger = room.pdu("@eve:a.example", "m.room.message", None, &nothing, &[0, 2]);
    if version == "1" {
        stranger["event_id"] = json!("$stranger:a.example");
    }
    let id = room.push(&stranger);
    let last = room.lines.pop().unwrap();
    let mut content = room.text().into_bytes();
    for line in lines {
        content.extend_from_slice(line);
        content.push(b'\n');
    }
    content.extend_from_slice(last.as_bytes());
    let said = verify_content(&content, options);
    assert_eq!((said.status, said.err.as_str()), (1, ""));
    let (mut findings, summary) = said.report();
    let last = findings.pop().unwrap();
    assert_eq!(last.place(), (5 + lines.len(), 4, "rejected"));
    assert_eq!(last.rule_name.as_deref(), Some("sender-not-joined"));
    assert_eq!(last.event_id, Some(id));
    assert_eq!(summary["lines"], 5 + lines.len());
    findings
}

/// The message of the finding that drops a line.
fn dropped(version: &str, line: &[u8]) -> String {
    let findings = found(version, &[line], &[]);
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!(finding.place(), (5, 1, "dropped"));
    finding.message.clone()
}

/// A message of Alice in a room of that version, as a line.
fn message(version: &str) -> String {
    let mut room = Room::new(version);
    room.say("hello");
    room.lines.remove(4)
}

#[test]
fn a_truncated_line_is_dropped_wherever_it_ends() {
    let line = message("11");
    let cuts: Vec<_> = (1..line.len()).map(|end| &line.as_bytes()[..end]).collect();
    let findings = found("11", &cuts, &[]);
    assert_eq!(findings.len(), cuts.len());
    for (finding, number) in findings.iter().zip(5..) {
        assert_eq!(finding.place(), (number, 1, "dropped"));
        assert_eq!(finding.event_id, None);
        assert!(finding.message.starts_with("not JSON: unexpected end at byte "), "{finding:?}");
    }
}

#[test]
fn a_line_of_10_mib_is_read_and_too_large_for_an_event() {
    let line = message("11").replace("hello", &"z".repeat(10 << 20));
    let message = dropped("11", line.as_bytes());
    assert_eq!(
        message,
        format!("the event has {} bytes in canonical JSON, more than 65536", line.len())
    );
}

#[test]
fn a_line_of_20_mib_is_not_read() {
    let line = "z".repeat(20 << 20);
    let message = dropped("11", line.as_bytes());
    assert_eq!(message, "the line has 20971520 bytes; lines beyond 16777216 are not read");
}

#[test]
fn nesting_has_a_bound() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let message = dropped("11", deep(100_000).as_bytes());
    assert_eq!(message, "not JSON: nesting deeper than 512 at byte 512");
    assert_eq!(dropped("1", "[".repeat(100_000).as_bytes()), message);
    let objects = "{\"a\":".repeat(100_000);
    assert_eq!(dropped("11", objects.as_bytes()), "not JSON: nesting deeper than 512 at byte 2560");
    // Within the bound, what is wrong is something else; with an event around it, nothing.
    assert_eq!(dropped("11", deep(512).as_bytes()), "not an object");
    for version in ["1", "11"] {
        let mut room = Room::new(version);
        let mut event = room.message("deep");
        event["content"]["deep"] = serde_json::from_str(&deep(100)).unwrap();
        let line = {
            room.push(&event);
            room.lines.remove(4)
        };
        assert_eq!(found(version, &[line.as_bytes()], &[]), []);
    }
}

#[test]
fn what_is_no_json_is_dropped_with_the_byte_at_which_it_stops_being_json() {
    for (line, expected) in [
        (&b"\xff\xfe\x00\x01"[..], "not JSON: invalid UTF-8 at byte 0"),
        (b"{\"type\":\"\xc3\x28\"}", "not JSON: invalid UTF-8 at byte 9"),
        (b"\x00", "not JSON: expected a value at byte 0"),
        (b"{\"a\":\"\x01\"}", "not JSON: a control character in a string at byte 6"),
        (b"{\"a\":\"\\ud800\"}", "not JSON: an unpaired surrogate at byte 6"),
        (b"{\"a\":01}", "not JSON: expected a number without leading zeros at byte 5"),
        (b"{\"a\":1.5}", "not JSON: a float at byte 5"),
        (b"{\"a\":9007199254740992}", "not JSON: a number out of range at byte 5"),
        (b"{\"a\":1}}", "not JSON: something after the end at byte 7"),
        (b"\xef\xbb\xbf{}", "not JSON: expected a value at byte 0"),
        (b"null", "not an object"),
        (b"[]", "not an object"),
        (b"\"an event\"", "not an object"),
        (b"{}", "`type` is missing"),
    ] {
        assert_eq!(dropped("11", line), expected, "{}", line.escape_ascii());
    }
    let garbage: Vec<u8> = (0..=u8::MAX).filter(|byte| *byte != b'\n').cycle().take(9999).collect();
    assert_eq!(dropped("11", &garbage), "not JSON: invalid UTF-8 at byte 127");
}

#[test]
fn a_compressed_file_may_be_called_otherwise_and_is_garbage_then() {
    let mut encoded = exeunt_recordings::room("12-leaving").folder;
    encoded.push("room.jsonl.gz");
    let content = fs::read(encoded).unwrap();
    let said = verify_content(&content, &["--room-version", "12"]);
    assert_eq!(said.status, 1);
    let (findings, summary) = said.report();
    assert!(findings.iter().all(|finding| finding.check == 1 && finding.outcome == "dropped"));
    assert_eq!(summary["events"], 0);
    assert_eq!(summary["room_id"], json!(null));
}

#[test]
fn of_a_key_that_stands_twice_the_last_counts_or_none() {
    for version in ["1", "11"] {
        let line = message(version);
        // The first ones would make it another event.
        let doubled = line.replacen('{', "{\"type\":\"m.room.topic\",\"depth\":true,", 1).replacen(
            "\"body\"",
            "\"body\":\"good bye\",\"body\"",
            1,
        );
        let findings = found(version, &[doubled.as_bytes()], &[]);
        assert_eq!(findings.len(), 3, "{findings:?}");
        for (finding, key) in findings.iter().zip(["body", "depth", "type"]) {
            assert_eq!(finding.place(), (5, 1, "noted"));
            assert!(finding.event_id.is_some());
            assert!(finding.message.contains(&format!("has the key {key:?} twice")));
        }
        let same = found(version, &[doubled.as_bytes()], &["--reading", "duplicate_keys=last"]);
        assert_eq!(same, findings);
        let strict = found(version, &[doubled.as_bytes()], &["--reading", "duplicate_keys=error"]);
        let [finding] = &strict[..] else { panic!("{strict:?}") };
        assert_eq!(finding.place(), (5, 1, "dropped"));
        assert!(finding.message.starts_with("not JSON: the key \"body\" twice at byte "));
    }
}

#[test]
fn empty_lines_are_counted_and_nothing_else() {
    let room = Room::new("11");
    let mut content = "\n".repeat(500_000);
    content += &room.text();
    content += &"\n".repeat(499_998);
    content += " \t \n\r\n";
    let said = verify_content(content.as_bytes(), &[]);
    assert_eq!(said.status, 0, "{}", said.out);
    let (findings, summary) = said.report();
    assert_eq!(findings, []);
    assert_eq!(summary["empty_lines"], 1_000_000);
    assert_eq!(summary["events"], 4);
}

#[test]
fn nothing_but_empty_lines_has_no_findings() {
    for content in [String::new(), "\n".repeat(1_000_000)] {
        let said = verify_content(content.as_bytes(), &["--room-version", "11"]);
        assert_eq!(said.status, 0);
        let (findings, summary) = said.report();
        assert_eq!(findings, []);
        assert_eq!(summary["lines"], content.len());
        assert_eq!(summary["empty_lines"], content.len());
    }
}

#[test]
fn lines_may_end_with_carriage_return_and_line_feed() {
    for version in ["1", "12"] {
        let mut room = Room::new(version);
        room.say("hello");
        let unix = verify_content(room.text().as_bytes(), &[]);
        assert_eq!(unix.status, 0);
        let dos = room.text().replace('\n', "\r\n");
        assert_eq!(verify_content(dos.as_bytes(), &[]), unix);
        assert_eq!(verify_content(dos.trim_end().as_bytes(), &[]), unix, "no end of the last line");
    }
}
