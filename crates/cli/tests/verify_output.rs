//! What `exeunt verify` prints.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;
mod sample;

use std::fs;
use std::path::Path;

use command::exeunt;
use sample::{ALICE, BOB, Room};
use serde_json::json;
use tempfile::TempDir;

fn write(room: &Room) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("room.jsonl"), room.text()).unwrap();
    fs::write(folder.path().join("keys.json"), sample::keys().to_string()).unwrap();
    folder
}

fn printed(room: &Path, options: &[&str], status: i32) -> String {
    let said = exeunt(&[&["verify", room.to_str().unwrap()], options].concat());
    assert_eq!((said.status, said.err.as_str()), (status, ""));
    said.out
}

/// A small room with something for each check to find.
fn faulty(version: &str) -> Room {
    let mut room = Room::new(version);
    room.lines.push(String::new());
    room.lines.push("{\"type\":".to_owned());
    room.say("hello");
    room.lines.push(room.lines[6].clone());
    let twice = room.lines[6].replacen('{', "{\"depth\":1,", 1);
    room.lines.push(twice);
    room.say("wrong hash");
    let last = room.lines.len() - 1;
    room.lines[last] = room.lines[last].replace("wrong hash", "another text");
    room.say("no signature");
    let last = room.lines.len() - 1;
    let mut bare = room.event(last);
    bare["signatures"] = json!({});
    room.lines[last] = bare.to_string();
    // What was dropped is followed by nothing.
    room.ids.pop();
    let topic = json!({ "topic": "mine" });
    room.push(&room.pdu("@eve:a.example", "m.room.topic", Some(""), &topic, &[0, 2]));
    let mut orphan = room.message("lost");
    orphan["auth_events"].as_array_mut().unwrap().push(room.refer("$gone:a.example"));
    room.push(&orphan);
    room.ids.pop();
    let mut levels = json!({ "ban": "abc", "users": { ALICE: 100 } });
    if version == "12" {
        levels["users"] = json!({});
    }
    room.push(&room.pdu(ALICE, "m.room.power_levels", Some(""), &levels, &[0, 1, 2]));
    // Bob is banned; what he says after that fails check 5, and what he says beside it check 6.
    let bob = |membership: &str| json!({ "membership": membership });
    room.push(&room.pdu(BOB, "m.room.member", Some(BOB), &bob("join"), &[0, 2, 3]));
    let joined = room.ids.len() - 1;
    room.push(&room.pdu(ALICE, "m.room.member", Some(BOB), &bob("ban"), &[0, 1, 2, joined]));
    let hello = json!({ "body": "hello" });
    let mut beside = room.pdu(BOB, "m.room.message", None, &hello, &[0, 2, joined]);
    room.push(&beside);
    beside = room.pdu(BOB, "m.room.message", None, &hello, &[0, 2, joined]);
    beside["prev_events"] = json!([room.refer(&room.ids[joined])]);
    room.push(&beside);
    room
}

#[test]
fn a_room_without_findings() {
    let mut room = Room::new("11");
    room.say("hello");
    let folder = write(&room);
    insta::assert_snapshot!("clean_text", printed(folder.path(), &[], 0));
    insta::assert_snapshot!("clean_json", printed(folder.path(), &["--json"], 0));
    let file = folder.path().join("room.jsonl");
    insta::assert_snapshot!("clean_without_keys_text", printed(&file, &[], 0));
    insta::assert_snapshot!("clean_without_keys_json", printed(&file, &["--json"], 0));
}

#[test]
fn a_room_with_a_finding_for_each_check() {
    for version in ["1", "12"] {
        let folder = write(&faulty(version));
        let name = |form: &str| format!("faulty_{version}_{form}");
        insta::assert_snapshot!(name("text"), printed(folder.path(), &[], 1));
        insta::assert_snapshot!(name("json"), printed(folder.path(), &["--json"], 1));
    }
}

#[test]
fn a_recorded_room() {
    let folder = exeunt_recordings::room("12-evil").folder;
    insta::assert_snapshot!("recorded_text", printed(&folder, &[], 1));
    insta::assert_snapshot!("recorded_json", printed(&folder, &["--json"], 1));
}

#[test]
fn nothing_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.jsonl");
    fs::write(&file, "").unwrap();
    let options = ["--room-version", "11"];
    insta::assert_snapshot!("empty_text", printed(&file, &options, 0));
}

#[test]
fn a_version_that_was_defined_says_what_is_found() {
    let mut room = Room::new("11");
    let knock = json!({ "membership": "knock" });
    let eve = "@eve:a.example";
    room.push(&room.pdu(eve, "m.room.member", Some(eve), &knock, &[0, 2, 3]));
    let folder = write(&room);
    let definition = folder.path().join("custom.toml");
    let definition = definition.to_str().unwrap();
    fs::write(definition, "id = \"org.example.trial\"\nbase = \"11\"\nknocking = false").unwrap();
    insta::assert_snapshot!("base_text", printed(folder.path(), &[], 1));
    let options = ["--room-version", definition];
    insta::assert_snapshot!("custom_text", printed(folder.path(), &options, 1));
}

#[test]
fn a_reading_changes_what_is_found() {
    let mut room = Room::new("11");
    // Nobody sees a join rule here.
    let join = json!({ "membership": "join" });
    let invite = json!({ "membership": "invite" });
    let bob = sample::BOB;
    room.push(&room.pdu(ALICE, "m.room.member", Some(bob), &invite, &[0, 1, 2, 3]));
    room.push(&room.pdu(bob, "m.room.member", Some(bob), &join, &[0, 2, 4]));
    let folder = write(&room);
    let text = printed(folder.path(), &[], 1);
    assert!(text.contains("check 4, rule 4.3.7: rejected"), "{text}");
    let options = ["--reading", "absent_join_rules=invite"];
    let text = printed(folder.path(), &options, 0);
    assert!(text.ends_with("\nno findings\n"), "{text}");
}
