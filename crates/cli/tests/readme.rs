//! The README shows what the command prints.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The fenced blocks of the README, without the fences.
fn blocks() -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    readme
        .split("```")
        .skip(1)
        .step_by(2)
        .map(|block| block.split_once('\n').unwrap().1.to_owned())
        .collect()
}

fn exeunt(arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("exeunt"));
    command.args(arguments).current_dir(root());
    command
}

fn output(mut command: Command) -> String {
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

#[test]
fn the_example_begins_as_the_command_does() {
    let block = blocks().into_iter().find(|block| block.starts_with("room !")).unwrap();
    let shown = block.strip_suffix("[...]\n").unwrap();
    let printed = output(exeunt(&["verify", "crates/recordings/rooms/12-evil"]));
    assert!(printed.starts_with(shown), "README:\n{shown}\nprinted:\n{printed}");
    assert!(shown.lines().count() > 15);
}

#[test]
fn the_rule_looked_up_is_printed_so() {
    let block = blocks().into_iter().find(|block| block.contains(" rules --room-version")).unwrap();
    let (_, shown) = block.split_once('\n').unwrap();
    assert_eq!(output(exeunt(&["rules", "--room-version", "12", "--rule", "5.3.3"])), shown);
}

#[test]
fn the_question_is_answered_so() {
    let block = blocks().into_iter().find(|block| block.contains("exeunt oracle")).unwrap();
    let (command, answer) = block.split_once('\n').unwrap();
    let question = command.split('\'').nth(1).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), question).unwrap();
    let mut oracle = exeunt(&["oracle"]);
    oracle.stdin(Stdio::from(fs::File::open(file.path()).unwrap()));
    assert_eq!(output(oracle), answer);
}

#[test]
fn the_handshake_is_told_so() {
    let block = blocks().into_iter().find(|block| block.starts_with("$ exeunt handshake")).unwrap();
    let (command, told) = block.split_once('\n').unwrap();
    let arguments: Vec<_> = command.split(' ').skip(2).collect();
    assert_eq!(output(exeunt(&arguments)), told);
}

#[test]
fn the_version_defined_is_one() {
    let block = blocks().into_iter().find(|block| block.starts_with("# trial.toml")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trial.toml");
    fs::write(&file, block).unwrap();
    let printed = output(exeunt(&["rules", "--room-version", file.to_str().unwrap()]));
    assert!(printed.contains("member-unknown") && !printed.contains("knock-allowed"));
}

/// A line without its numbers: a better generator finds other ones.
fn without_numbers(line: &str) -> String {
    let words = line.split_whitespace().map(|word| word.trim_matches(['✗', '!', ',']));
    let words = words.map(|word| if word.parse::<f64>().is_ok() { "n" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_laws_shown_first_are_those_there_are() {
    let block = blocks().into_iter().find(|block| block.starts_with("law ")).unwrap();
    let rows =
        block.lines().skip(1).map_while(|line| line.strip_prefix(['S', 'R', 'F']).map(|_| line));
    let shown: Vec<String> =
        rows.map(|row| row.split_whitespace().take(2).collect::<Vec<_>>().join(" ")).collect();
    let known = exeunt_laws::all().map(|law| format!("{} {}", law.id, law.name));
    assert_eq!(shown, known.take(shown.len()).collect::<Vec<_>>());
    assert!(shown.len() > 8);
}

#[test]
fn the_laws_are_tried_so() {
    let block = blocks().into_iter().find(|block| block.starts_with("$ exeunt check")).unwrap();
    let (command, shown) = block.split_once('\n').unwrap();
    let arguments: Vec<_> = command.split(' ').skip(2).collect();
    let printed = output(exeunt(&arguments));
    let lines = |text: &str| text.lines().map(without_numbers).collect::<Vec<_>>();
    let shown = shown.strip_suffix("[...]\n").unwrap();
    assert!(lines(&printed).starts_with(&lines(shown)), "README:\n{shown}\nprinted:\n{printed}");
    assert!(shown.lines().count() > 8);
}
