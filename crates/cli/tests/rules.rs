//! `exeunt rules`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::fs;
use std::path::Path;

use command::exeunt;

/// What `exeunt rules` prints.
fn rules(arguments: &[&str]) -> String {
    let said = exeunt(&[&["rules"], arguments].concat());
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{arguments:?}");
    said.out
}

#[test]
fn a_rule_by_its_number_in_one_version() {
    insta::assert_snapshot!(rules(&["--room-version", "12", "--rule", "5.3.7"]));
}

#[test]
fn a_rule_by_its_number_in_all_versions() {
    insta::assert_snapshot!(rules(&["--rule", "4.3.3"]));
}

#[test]
fn a_rule_by_its_name() {
    insta::assert_snapshot!(rules(&["--rule", "join-banned"]));
    insta::assert_snapshot!(rules(&["--room-version", "1", "--rule", "join-banned"]));
}

#[test]
fn the_rules_of_one_version() {
    insta::assert_snapshot!(rules(&["--room-version", "12"]));
}

#[test]
fn every_rule_is_there_without_arguments() {
    let all = rules(&[]);
    let document = fs::read_to_string(docs("RULES.md")).unwrap();
    let count = document.lines().filter(|line| line.contains("` | ")).count();
    assert_eq!(all.lines().filter(|line| !line.starts_with(' ')).count(), count);
    for version in exeunt_version::RoomVersion::SPECIFIED {
        let of_version = rules(&["--room-version", version]);
        assert!(of_version.contains("join-banned (rejects)"), "{version}");
        let page = format!("/rooms/v{version}/#authorisation-rules");
        assert!(of_version.contains(&page), "{version}");
    }
}

#[test]
fn a_version_that_was_defined_has_the_rules_that_its_capabilities_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trial.toml");
    fs::write(&path, "id = \"org.example.trial\"\nbase = \"11\"\nknocking = false").unwrap();
    let path = path.to_str().unwrap();
    let trial = rules(&["--room-version", path]);
    assert!(!trial.contains("knock-allowed"));
    assert!(rules(&["--room-version", "11"]).contains("knock-allowed"));
    insta::assert_snapshot!(rules(&["--room-version", path, "--rule", "member-unknown"]));
}

#[test]
fn what_is_no_rule() {
    let mut complaints = String::new();
    for arguments in [
        &["--rule", "99"][..],
        &["--rule", "0"],
        &["--rule", "join-band"],
        &["--rule", "5..1"],
        &["--rule", ""],
        &["--room-version", "1", "--rule", "5.7"],
        &["--room-version", "5", "--rule", "5.3.1.7.1"],
        &["--room-version", "thirteen"],
        &["--room-version", "trial.toml"],
    ] {
        let said = exeunt(&[&["rules"], arguments].concat());
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{arguments:?}");
        complaints.extend([&arguments.join(" "), "\n    ", &said.err]);
    }
    insta::assert_snapshot!(complaints);
}

#[test]
fn the_documents_are_what_is_printed() {
    for (option, document) in [("--markdown", "RULES.md"), ("--readings", "READINGS.md")] {
        let document = docs(document);
        assert!(
            rules(&[option]) == fs::read_to_string(&document).unwrap(),
            "{} is out of date: exeunt rules {option}",
            document.display()
        );
    }
}

fn docs(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}
