//! `exeunt replay`: what was found is found again in its file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::fs;
use std::path::{Path, PathBuf};

use command::{Said, exeunt};
use tempfile::TempDir;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The counterexamples that a run writes, by name.
fn found(folder: &TempDir, options: &[&str]) -> Vec<PathBuf> {
    let check = ["check", "--histories", "40", "--jobs", "2", "--out", text(folder.path())];
    let said = exeunt(&[&check[..], options].concat());
    assert_eq!(said.status, 0, "{said:?}");
    let files = fs::read_dir(folder.path().join("counterexamples")).unwrap();
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths
}

fn replay(file: &Path, options: &[&str]) -> Said {
    exeunt(&[&["replay", text(file)], options].concat())
}

/// Power levels that list the creator, which version 12 alone forbids.
const LISTED: [&str; 4] = ["--law", "S9", "--room-version", "11"];

#[test]
fn a_file_is_named_by_what_is_in_it_and_breaks_the_same_law() {
    let folder = tempfile::tempdir().unwrap();
    let versions = ["--room-version", "2", "--room-version", "6", "--room-version", "11"];
    let laws = ["--law", "S9", "--law", "F3"];
    let files = found(&folder, &[&versions[..], &laws].concat());
    assert!(files.len() >= 5, "{files:?}");
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let name = format!("{}.jsonl", blake3::hash(&bytes).to_hex());
        assert_eq!(file.file_name().unwrap().to_str().unwrap(), name);
        let first = bytes.split(|byte| *byte == b'\n').next().unwrap();
        let head: serde_json::Value = serde_json::from_slice(first).unwrap();
        let said = replay(&file, &[]);
        assert_eq!(said.status, 1, "{said:?}");
        let [law, version] = ["law", "room_version"].map(|name| head[name].as_str().unwrap());
        let name = head["name"].as_str().unwrap();
        assert!(said.out.starts_with(&format!("Law {law} ({name}), room version {version}\n")));
        let broken = format!("  Broken: {}", head["witness"].as_str().unwrap());
        assert!(said.out.contains(&broken), "{broken}\n{}", said.out);
    }
}

#[test]
fn in_another_version_a_history_may_keep_the_law() {
    let folder = tempfile::tempdir().unwrap();
    let files = found(&folder, &LISTED);
    let [file] = files.as_slice() else { panic!("{files:?}") };
    for (version, status) in [("11", 1), ("10", 1), ("5", 1), ("3", 1), ("1", 1), ("12", 0)] {
        let said = replay(file, &["--room-version", version]);
        assert_eq!(said.status, status, "{version}: {said:?}");
        assert!(!said.out.contains("rejected") && !said.out.contains("dropped"), "{}", said.out);
        assert_eq!(
            said.out.contains("made again of a history of room version 11"),
            version != "11"
        );
    }
    let said = replay(file, &["--room-version", "13"]);
    assert_eq!((said.status, said.out.as_str()), (2, ""), "{said:?}");
}

#[test]
fn step_by_step_the_state_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let files = found(&folder, &LISTED);
    let said = replay(&files[0], &["--step"]);
    assert_eq!(said.status, 1, "{said:?}");
    for expected in [
        "\n  Step 1 of 6, one.example:\n    1. @alice:one.example: m.room.create {\"room_version\":\"11\"}\n    accepted\n",
        "\n    2. @alice:one.example: join\n    accepted by rule 4.3.1\n    @alice:one.example: nothing → join\n    members: @alice:one.example join\n",
        "\n    accepted by rule 9.4\n    m.room.power_levels: nothing → {",
        "\n  Broken: power levels list a creator (event 3).\n",
    ] {
        assert!(said.out.contains(expected), "{expected}\n{}", said.out);
    }
}

#[test]
fn a_file_has_the_version_that_a_user_defined_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let trial = folder.path().join("trial.toml");
    fs::write(&trial, "id = \"trial\"\nbase = \"11\"\n").unwrap();
    let readings = ["--reading", "absent_join_rules=invite"];
    let files =
        found(&folder, &[&["--law", "S9", "--room-version", text(&trial)], &readings[..]].concat());
    fs::remove_file(&trial).unwrap();
    let said = replay(&files[0], &[]);
    assert!(said.status == 1 && said.out.contains("room version trial\n"), "{said:?}");
    let written = fs::read_to_string(&files[0]).unwrap();
    assert!(written.contains("\"readings\":{\"absent_join_rules\":\"invite\"}"));
}

#[test]
fn a_file_that_is_none_is_refused_with_line_and_reason() {
    let folder = tempfile::tempdir().unwrap();
    let files = found(&folder, &LISTED);
    let whole = fs::read_to_string(&files[0]).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let path = folder.path().join("file.jsonl");
    let refused = |content: &str| {
        fs::write(&path, content).unwrap();
        let said = replay(&path, &[]);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{said:?}");
        said.err.trim_end().replace(text(&path), "FILE")
    };
    let changed = |line: usize, from: &str, to: &str| {
        assert!(lines[line - 1].contains(from), "{}", lines[line - 1]);
        let mut lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        lines[line - 1] = lines[line - 1].replace(from, to);
        refused(&lines.join("\n"))
    };
    assert_eq!(refused(""), "exeunt: FILE is empty");
    assert!(refused("{").starts_with("exeunt: FILE, line 1: not JSON: "));
    assert_eq!(refused("[]"), "exeunt: FILE, line 1: it is no object");
    assert_eq!(refused("{}"), "exeunt: FILE, line 1: `law` is missing or no string");
    assert_eq!(
        changed(1, "\"law\":\"S9\"", "\"law\":\"Z9\""),
        "exeunt: FILE, line 1: there is no law \"Z9\""
    );
    let version = changed(1, "\"room_version\":\"11\"", "\"room_version\":\"13\"");
    assert!(version.starts_with("exeunt: FILE, line 1: room version \"13\" is not one of "));
    assert_eq!(
        changed(3, "\"server\":\"two.example\"", "\"server\":\"six.example\""),
        "exeunt: FILE, line 3: the first line names no server \"six.example\""
    );
    assert_eq!(
        changed(2, "\"input\"", "\"output\""),
        "exeunt: FILE, line 2: `input` is missing or no object"
    );
    assert_eq!(
        changed(2, "{\"sent\"", "{\"heard\""),
        "exeunt: FILE, line 2: `input`: it has not exactly one of `pdu`, `sent`, `outlier`, `join`"
    );
    // Cut within a line, it says so; cut between lines it is a shorter history.
    let cut = &whole[..whole.len() - 10];
    let message = refused(cut);
    assert!(message.starts_with(&format!("exeunt: FILE, line {}: not JSON: ", lines.len())));
    fs::write(&path, lines[..3].join("\n")).unwrap();
    assert_eq!(replay(&path, &[]).status, 0);
    let gone = replay(&folder.path().join("gone"), &[]);
    assert!(gone.status == 2 && gone.err.contains("gone cannot be read: "), "{gone:?}");
}

/// Bob's invite is rejected, and the servers that would be told do not answer.
const NETWORK: &str = r#"{"law":"F5","room_version":"11","servers":["hs1","hs2"],"network":{"servers":2,"rogue":false,"join_rule":1,"joined":0,"salt":0,"settles":false,"manners":[]}}
["invite",0,0,11]
["settle",9]
["unreach",0]
["leave",1,0]
["settle",9]
"#;

#[test]
fn what_happened_to_homeservers_is_played_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.jsonl");
    fs::write(&path, NETWORK).unwrap();
    let said = replay(&path, &[]);
    assert_eq!(said.status, 0, "{said:?}");
    for expected in [
        "Law F5 (rejecting-needs-no-room), room version 11\n",
        "  What happened at hs1, hs2:\n     1. @a:hs1 creates a room of version 11\n",
        "@a:hs1 invites @b:hs2 into !room:hs1\n",
        "hs1 asks hs2: PUT v2/invite/!room:hs1/$",
        "hs2 tells its user: left !room:hs1, and nobody there knows\n",
        "  Kept: its premise is met once.\n",
    ] {
        assert!(said.out.contains(expected), "{expected}\n{}", said.out);
    }
    let said = replay(&path, &["--step", "--room-version", "1"]);
    assert_eq!(said.status, 0, "{said:?}");
    for expected in [
        "made again of a history of room version 11\n",
        "@b:hs2 sees !room:hs1: nothing → invite\n",
        "@b:hs2 sees !room:hs1: invite → leave\n",
    ] {
        assert!(said.out.contains(expected), "{expected}\n{}", said.out);
    }
    let refused = |from: &str, to: &str| {
        fs::write(&path, NETWORK.replace(from, to)).unwrap();
        let said = replay(&path, &[]);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{said:?}");
        said.err
    };
    assert!(refused("\"F5\"", "\"S1\"").contains("line 1: law S1 is not about what the file has"));
    assert!(refused("\"salt\":0", "\"salt\":-1").contains("line 1: `salt` is no number"));
    assert!(refused("[\"leave\",1,0]", "[\"leave\",1]").contains("line 5: there is no step"));
    assert!(refused("[\"leave\",1,0]", "leave").contains("line 5: not JSON"));
}
