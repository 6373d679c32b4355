//! Wrong usage and input that cannot be read: exit status 2, nothing on standard output, and a
//! message that says what is wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;
mod sample;

use std::fs;
use std::path::{Path, PathBuf};

use command::{Said, exeunt};
use sample::Room;
use tempfile::TempDir;

/// The message that the command ends with.
fn complaint(said: &Said) -> &str {
    assert_eq!((said.status, said.out.as_str()), (2, ""), "{said:?}");
    said.err.trim_end()
}

/// `verify` must refuse that room. Its message, with `FOLDER` for where the room is.
fn refused(folder: &TempDir, room: &Path, options: &[&str]) -> String {
    let room = room.to_str().unwrap();
    let said = exeunt(&[&["verify", room], options].concat());
    complaint(&said).replace(folder.path().to_str().unwrap(), "FOLDER")
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.jsonl");
    fs::write(&path, Room::new("11").text()).unwrap();
    (folder, path)
}

#[test]
fn a_room_that_is_not_there() {
    let (folder, room) = folder();
    let message = refused(&folder, &room.with_file_name("gone"), &["--room-version", "11"]);
    assert!(message.starts_with("exeunt: FOLDER/gone cannot be read: "), "{message}");
    let message = refused(&folder, &room.with_file_name("gone"), &[]);
    assert!(message.starts_with("exeunt: FOLDER/gone cannot be read: "), "{message}");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert_eq!(
        refused(&folder, &empty, &[]),
        "exeunt: FOLDER/empty has no room.jsonl or room.jsonl.gz"
    );
}

#[test]
fn a_room_that_does_not_tell_its_version() {
    let (folder, room) = folder();
    let told = "has no m.room.create event to tell the room version; give it with --room-version";
    let text = Room::new("11").text();
    let without_create = text.split_once('\n').unwrap().1.to_owned();
    for content in [String::new(), "\n".repeat(1_000_000), "m.room.create\n".into(), without_create]
    {
        fs::write(&room, content).unwrap();
        assert_eq!(refused(&folder, &room, &[]), format!("exeunt: FOLDER/room.jsonl {told}"));
    }
}

#[test]
fn a_version_that_is_not_known() {
    let (folder, room) = folder();
    let text = Room::new("11").text().replace("\"room_version\":\"11\"", "\"room_version\":\"99\"");
    fs::write(&room, text).unwrap();
    assert_eq!(
        refused(&folder, &room, &[]),
        "exeunt: FOLDER/room.jsonl: room version \"99\" is not one of \"1\" to \"12\"; give another \
         with --room-version"
    );
    assert_eq!(
        refused(&folder, &room, &["--room-version", "99"]),
        "exeunt: room version \"99\" is not one of \"1\" to \"12\", nor the path of a TOML file \
         that defines one"
    );
    // With a version that is known, the room is looked at.
    let room = room.to_str().unwrap();
    assert_eq!(exeunt(&["verify", room, "--room-version", "11"]).status, 1);
}

#[test]
fn a_definition_that_is_none() {
    let (folder, room) = folder();
    let definition = folder.path().join("trial.toml");
    let path = definition.to_str().unwrap();
    let message = refused(&folder, &room, &["--room-version", path]);
    assert!(message.starts_with("exeunt: FOLDER/trial.toml: "), "{message}");
    for (text, expected) in [
        ("", "the definition names no `base` (a string such as \"11\")"),
        ("base = \"13\"", "`base`: room version \"13\" is not one of \"1\" to \"12\""),
        (
            "base = \"11\"\nknokcing = true",
            "unknown key `knokcing`; the nearest valid one is `knocking`",
        ),
        ("base = \"11\"\nknocking = 1", "`knocking` takes true or false, not 1"),
    ] {
        fs::write(&definition, text).unwrap();
        let message = refused(&folder, &room, &["--room-version", path]);
        assert_eq!(message, format!("exeunt: FOLDER/trial.toml: {expected}"));
        let said = exeunt(&["oracle", "--define", path]);
        assert!(complaint(&said).ends_with(expected), "{said:?}");
        let said = exeunt(&["rules", "--room-version", path]);
        assert!(complaint(&said).ends_with(expected), "{said:?}");
    }
}

#[test]
fn keys_that_are_none() {
    let (folder, room) = folder();
    let keys = folder.path().join("keys.json");
    let path = keys.to_str().unwrap();
    let message = refused(&folder, &room, &["--keys", path]);
    assert!(message.starts_with("exeunt: FOLDER/keys.json cannot be read: "), "{message}");
    for (text, expected) in [
        ("", "unexpected end at byte 0"),
        ("{\"a.example\":", "unexpected end at byte 13"),
        ("[]", "it is no JSON object"),
        ("{\"a.example\":1}", "a.example is missing or not an object"),
        ("{\"a.example\":{}}", "verify_keys is missing or not an object"),
        (
            "{\"a.example\":{\"verify_keys\":{\"ed25519:1\":{\"key\":\"AAAA\"}}}}",
            "the key ed25519:1 of a.example is not 32 bytes in Base64",
        ),
    ] {
        fs::write(&keys, text).unwrap();
        let expected = format!("exeunt: FOLDER/keys.json: {expected}");
        assert_eq!(refused(&folder, &room, &["--keys", path]), expected);
        assert_eq!(refused(&folder, folder.path(), &[]), expected, "the folder's keys");
    }
    // Of the folder's keys, those that are named count.
    let good = folder.path().join("good.json");
    fs::write(&good, sample::keys().to_string()).unwrap();
    let arguments = ["verify", folder.path().to_str().unwrap(), "--keys", good.to_str().unwrap()];
    assert_eq!(exeunt(&arguments).status, 0);
}

#[test]
fn a_compressed_file_that_is_corrupt() {
    let (folder, _) = folder();
    let mut content = exeunt_recordings::room("12-leaving").folder;
    content.push("room.jsonl.gz");
    let content = fs::read(content).unwrap();
    let compressed = folder.path().join("broken.jsonl.gz");
    let mut flipped = content.clone();
    flipped[content.len() / 2] ^= 0xff;
    for content in [&content[..content.len() / 2], &content[..5], b"no gzip at all", &flipped] {
        fs::write(&compressed, content).unwrap();
        for options in [&[][..], &["--room-version", "12"]] {
            let message = refused(&folder, &compressed, options);
            assert!(message.starts_with("exeunt: FOLDER/broken.jsonl.gz cannot be read: "));
        }
    }
}

#[test]
fn a_reading_that_is_none() {
    let (folder, room) = folder();
    for (reading, expected) in [
        ("colour=blue", "there is no reading \"colour\""),
        (
            "duplicate_keys=first",
            "reading \"duplicate_keys\" has no choice \"first\"; it has last, error",
        ),
        ("duplicate_keys", "a reading is given as name=choice, not \"duplicate_keys\""),
    ] {
        let message = refused(&folder, &room, &["--reading", reading]);
        assert_eq!(message, format!("exeunt: {expected}"));
    }
}

#[test]
fn arguments_that_are_none() {
    let (_folder, room) = folder();
    let room = room.to_str().unwrap();
    for (arguments, expected) in [
        (&[][..], "Usage: exeunt"),
        (&["verfy", room], "unrecognized subcommand 'verfy'"),
        (&["verify"], "required arguments were not provided"),
        (&["verify", room, room], "unexpected argument"),
        (&["verify", room, "--jsn"], "unexpected argument '--jsn'"),
        (&["oracle", "--define"], "a value is required"),
        (&["rules", "--markdown", "--rule", "1"], "cannot be used with"),
        (&["rules", "--readings", "--room-version", "1"], "cannot be used with"),
    ] {
        let said = exeunt(arguments);
        assert!(complaint(&said).contains(expected), "{arguments:?}: {said:?}");
    }
    for arguments in [&["--help"][..], &["--version"], &["verify", "--help"]] {
        let said = exeunt(arguments);
        assert_eq!((said.status, said.err.as_str()), (0, ""), "{arguments:?}");
    }
}

#[test]
fn expectations_that_are_none() {
    let (folder, room) = folder();
    let room = room.parent().unwrap();
    let row = "{\"event_id\":\"$a\"}\n";
    for (file, content, expected) in [
        ("expected.jsonl", row.repeat(3), "it is about 3 events, and the room has 4"),
        ("expected.jsonl", format!("{row}\n[]"), "line 3: it is no JSON object"),
        ("expected.jsonl", "{}".to_owned(), "line 1: it has no `event_id`"),
        (
            "expected.jsonl",
            "{\"event_id\":\"$a\",\"rejected\":1}".to_owned(),
            "line 1: `rejected` is neither true nor false",
        ),
        (
            "expected.jsonl",
            "{\"event_id\":\"$a\",\"state_after\":[1]}".to_owned(),
            "line 1: `state_after` is no array of event IDs",
        ),
        ("current.json", "[]".to_owned(), "it is no JSON object"),
        ("current.json", "{}".to_owned(), "`state` is no array of event IDs"),
        (
            "current.json",
            "{\"state\":[]}".to_owned(),
            "`forward_extremities` is no array of event IDs",
        ),
    ] {
        fs::write(room.join(file), content).unwrap();
        let message = refused(&folder, room, &[]);
        assert_eq!(message, format!("exeunt: FOLDER/{file}: {expected}"));
        let said = exeunt(&["verify", room.to_str().unwrap(), "--no-expectations"]);
        assert_eq!(said.status, 0, "{said:?}");
        fs::remove_file(room.join(file)).unwrap();
    }
    let log = folder.path().join("no/such/folder");
    let message = refused(&folder, room, &["--log", log.to_str().unwrap()]);
    assert!(message.starts_with("exeunt: FOLDER/no/such/folder: it cannot be written: "));
}
