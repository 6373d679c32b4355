//! `docs/WRITING-AN-ADAPTER.md`: its examples are the files, the files work, and what it shows is
//! printed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// What is in the fenced blocks of that language.
fn blocks(language: &str) -> Vec<String> {
    let document = read("../../docs/WRITING-AN-ADAPTER.md");
    let blocks = document.split("```").skip(1).step_by(2).filter_map(|block| {
        let (is, block) = block.split_once('\n').unwrap();
        (is == language).then(|| block.to_owned())
    });
    blocks.collect()
}

/// Whether a Python is there that knows the example's language. Where none is, its tests say so and
/// pass.
fn has_python() -> bool {
    let check = "import sys; sys.exit(sys.version_info < (3, 9))";
    let found = Command::new("python3").args(["-c", check]).output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("left out: there is no python3 of version 3.9 or later");
    }
    found
}

/// The example in Rust. `cargo test` builds it, unless a single test is asked for.
fn rust_example() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.ancestors().nth(2).unwrap();
    let example = built.join("examples/adapter").with_extension(std::env::consts::EXE_EXTENSION);
    if !example.exists() {
        let profile = built.file_name().unwrap().to_str().unwrap();
        let status = Command::new(env!("CARGO"))
            .args(["build", "--package", "exeunt-cli", "--example", "adapter", "--target-dir"])
            .arg(built.parent().unwrap())
            .args(["--profile", if profile == "debug" { "dev" } else { profile }])
            .status();
        assert!(status.unwrap().success());
    }
    example
}

/// `exeunt conform` about these ops and versions, which are those that the adapter claims: how it ends,
/// and what it prints.
fn conform(ops: &[&str], versions: &[&str], command: &[&str]) -> (i32, String) {
    let ops = ops.iter().flat_map(|op| ["--op", op]);
    let versions = versions.iter().flat_map(|version| ["--room-version", version]);
    let arguments: Vec<_> = ["conform"].into_iter().chain(ops).chain(versions).collect();
    let said = command::exeunt(&[&arguments[..], &["--"], command].concat());
    assert!(!said.out.contains("not claimed"), "{}", said.out);
    (said.status, said.out)
}

/// The last line of a report on an adapter that answers all these rightly.
fn all_agree(ops: &[&str], versions: &[&str]) -> String {
    let vectors = exeunt_conformance::vectors().filter(|vector| {
        ops.contains(&vector.op()) && versions.contains(&vector.room_version().unwrap_or_default())
    });
    let count = vectors.count();
    assert!(count > 20, "{count} vectors");
    format!("{count} agree, 0 do not.\n")
}

#[test]
fn the_examples_shown_are_the_files_of_fifty_lines() {
    for (language, file) in [("python", "examples/adapter.py"), ("rust", "examples/adapter.rs")] {
        let text = read(file);
        assert!(text.lines().count() <= 50, "{file}");
        assert_eq!(blocks(language), [text]);
    }
}

#[test]
fn the_example_in_rust_passes() {
    let ops = ["canonical_json"];
    let versions = ["6", "7", "8", "9", "10", "11", "12"];
    let (status, told) = conform(&ops, &versions, &[rust_example().to_str().unwrap()]);
    assert_eq!(status, 0, "{told}");
    assert!(told.ends_with(&all_agree(&ops, &versions)), "{told}");
}

#[test]
fn the_example_in_python_passes() {
    if !has_python() {
        return;
    }
    let (ops, versions) = (["redact"], ["11"]);
    let adapter = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/adapter.py");
    let command = ["python3", adapter.to_str().unwrap()];
    let (status, told) = conform(&ops, &versions, &command);
    assert_eq!(status, 0, "{told}");
    assert!(told.ends_with(&all_agree(&ops, &versions)), "{told}");
    let said = command::exeunt(&[&["duel", "--questions", "300", "--"], &command[..]].concat());
    assert_eq!(said.status, 0, "{}{}", said.out, said.err);
}

#[test]
fn the_reports_shown_are_printed_of_the_mistakes_named() {
    if !has_python() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let adapter = folder.path().join("adapter.py");
    let right = read("examples/adapter.py");
    let forgets = right.replace(r#", "m.room.redaction": "redacts""#, "");
    let head = "def redacted(event):\n";
    let dies = r#"    if event["type"] == "m.room.redaction": sys.exit("no such table")"#;
    let dies = right.replace(head, &format!("{head}{dies}\n"));
    let reports: Vec<_> = blocks("text").into_iter().filter(|it| it.contains("agree, ")).collect();
    assert_eq!(reports.len(), 2);
    for (shown, mistaken) in reports.iter().zip([forgets, dies]) {
        assert_ne!(mistaken, right);
        fs::write(&adapter, mistaken).unwrap();
        let command = ["python3", adapter.to_str().unwrap()];
        let (status, printed) = conform(&["redact"], &["11"], &command);
        assert_eq!(status, 1);
        let (_, shown) = shown.split_once('\n').unwrap();
        assert_eq!(printed, shown, "docs/WRITING-AN-ADAPTER.md shows otherwise");
    }
}
