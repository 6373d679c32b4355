//! `docs/FINDINGS.md` has the stories of the histories in `crates/generate/tests/cases`, as `exeunt
//! replay` tells them.
//!
//! `EXEUNT_WRITE=1 cargo test --release -p exeunt-cli --test findings_document` searches for all cases
//! anew, and writes these histories, their stories and the tables of what was found.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use command::exeunt;
use exeunt_laws::cases::{self, ALL, Case};
use exeunt_version::RoomVersion;

/// How many histories of each room version a search tries that finds all cases.
const HISTORIES: &str = "8000";

/// How many cases have a story, and a row for themselves.
const TOLD: usize = 8;

/// The time that stories count from.
const BEGIN: u64 = 1_700_000_000_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The kept histories: each case's name, and where it is.
fn kept() -> Vec<(&'static Case, PathBuf)> {
    let folder = root().join("crates/generate/tests/cases");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut kept: Vec<_> = files.map(|path| (case_of(&path), path)).collect();
    kept.sort_by_key(|(case, _)| ALL.iter().position(|it| it.name == case.name));
    kept
}

fn case_of(path: &Path) -> &'static Case {
    let name = path.file_stem().unwrap().to_str().unwrap();
    cases::case(name.rsplit_once('-').unwrap().0).unwrap()
}

/// The story of a history, as the document has it: its first paragraph, and all after the source.
fn story(path: &Path) -> (String, String) {
    let said = exeunt(&["replay", path.to_str().unwrap()]);
    assert_eq!((said.status, said.err.as_str()), (1, ""), "{said:?}");
    let mut lines = said.out.lines().map(str::trim_start);
    let version = lines.next().unwrap().rsplit_once(' ').unwrap().1;
    let sentence = lines.next().unwrap().to_owned();
    let events = lines.clone().skip(1).take_while(|line| !line.starts_with("What "));
    let events: Vec<String> = events.map(event).collect();
    let found = lines.find(|line| line.starts_with("Found: ")).unwrap();
    let events = events.join("\n");
    (sentence, format!("What was sent in room version {version}:\n\n{events}\n\n{found}\n"))
}

/// `1. …; after 2; cites 3; time 4` as an item of a list.
fn event(line: &str) -> String {
    let (number, line) = line.split_once(". ").unwrap();
    let (line, time) = line.rsplit_once("; time ").unwrap();
    let (line, cites) = line.rsplit_once("; cites ").unwrap();
    let (what, after) = line.rsplit_once("; after ").unwrap();
    let time = time.parse::<u64>().unwrap() - BEGIN;
    format!("{number}. `{what}`, after {after}; cites {cites}; at {time} ms")
}

/// The document with the stories as they are.
fn with_stories(document: &str) -> String {
    let mut sections: Vec<String> = document.split("\n## ").map(str::to_owned).collect();
    for (case, path) in kept() {
        let heading = format!("`{}`\n", case.name);
        let section = sections.iter_mut().find(|it| it.starts_with(&heading));
        let section = section.unwrap_or_else(|| panic!("{} has no section", case.name));
        let source = section.split("\n\n").find(|it| it.starts_with("Source: ")).unwrap();
        let (sentence, story) = story(&path);
        *section = format!("{heading}\n{sentence}\n\n{source}\n\n{story}");
    }
    sections.join("\n## ")
}

/// What a search said of a case in a room version.
struct Cell {
    case: &'static Case,
    version: String,
    histories: u64,
    seconds: String,
    events: Option<u64>,
}

/// `NAME, room version V: found with N events, M described (H histories, S s)`
fn cell(line: &str) -> Option<Cell> {
    let (name, rest) = line.split_once(", room version ")?;
    let (version, rest) = rest.split_once(": ")?;
    let events = rest.strip_prefix("found with ");
    assert!(events.is_some() || rest.starts_with("not found, as it should be"), "{line}");
    let (histories, seconds) = rest.rsplit_once(" histories, ")?;
    Some(Cell {
        case: cases::case(name)?,
        version: version.to_owned(),
        histories: histories.rsplit_once('(')?.1.parse().ok()?,
        seconds: seconds.split_once(' ')?.0.to_owned(),
        events: events.and_then(|it| it.split_once(' ')?.0.parse().ok()),
    })
}

fn thousands(number: u64) -> String {
    if number < 1_000 {
        number.to_string()
    } else {
        format!("{},{:03}", number / 1_000, number % 1_000)
    }
}

/// Room versions in which it was found: `1`, or the first and the last of them.
fn versions(cells: &[&Cell]) -> String {
    let found: Vec<&str> =
        cells.iter().filter(|it| it.events.is_some()).map(|it| it.version.as_str()).collect();
    let specified: Vec<RoomVersion> = RoomVersion::all().collect();
    let all: Vec<&str> = specified.iter().map(RoomVersion::id).collect();
    // One run of versions, without a gap.
    assert!(all.windows(found.len()).any(|run| run == found), "{found:?}");
    match found.as_slice() {
        [one] => (*one).to_owned(),
        [first, .., last] => format!("{first} to {last}"),
        [] => panic!("found nowhere"),
    }
}

fn from_to(numbers: impl Iterator<Item = u64> + Clone) -> String {
    let (least, most) = (numbers.clone().min().unwrap(), numbers.max().unwrap());
    let (least, most) = (thousands(least), thousands(most));
    if least == most { least } else { format!("{least} to {most}") }
}

/// The rows of the tables, by the names of cases.
fn rows(cells: &[Cell]) -> BTreeMap<&'static str, String> {
    let row = |(at, case): (usize, &'static Case)| {
        let cells: Vec<&Cell> = cells.iter().filter(|it| it.case.name == case.name).collect();
        let versions = versions(&cells);
        let name = case.name;
        let row = if at < TOLD {
            let cell = |it: &&Cell| match it.events {
                Some(events) => {
                    format!("{} / {} s / {events}", thousands(it.histories), it.seconds)
                }
                None => format!("– ({})", thousands(it.histories)),
            };
            let cells: Vec<String> = cells.iter().map(cell).collect();
            format!("| `{name}` | {versions} | {} |", cells.join(" | "))
        } else {
            let found = || cells.iter().filter(|it| it.events.is_some());
            let histories = from_to(found().map(|it| it.histories));
            let events = from_to(found().filter_map(|it| it.events));
            format!("| `{name}` | {versions} | {histories} | {events} | {} |", case.events)
        };
        (name, row)
    };
    ALL.iter().enumerate().map(row).collect()
}

fn with_rows(document: &str, rows: &BTreeMap<&str, String>) -> String {
    let line = |line: &str| {
        let name = line.strip_prefix("| `").and_then(|line| line.split_once("` |"));
        let row = name.and_then(|(name, _)| rows.get(name));
        row.map_or(line, String::as_str).to_owned() + "\n"
    };
    document.lines().map(line).collect()
}

/// Searches for all cases; the kept histories become what is found, and the rows what it took.
fn search(document: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let said = exeunt(&["check", "--case", "all", "--histories", HISTORIES, "--out", out]);
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{}", said.out);
    for (_, path) in kept() {
        let found = folder.path().join("cases").join(path.file_name().unwrap());
        fs::copy(found, &path).unwrap();
    }
    let cells: Vec<Cell> = said.out.lines().filter_map(cell).collect();
    with_rows(document, &rows(&cells))
}

#[test]
fn the_kept_histories_are_told_as_they_are() {
    let path = root().join("docs/FINDINGS.md");
    let document = fs::read_to_string(&path).unwrap();
    if std::env::var_os("EXEUNT_WRITE").is_some() {
        fs::write(&path, with_stories(&search(&document))).unwrap();
        return;
    }
    assert!(document.contains(&format!("exeunt check --case all --histories {HISTORIES}\n")));
    assert!(
        document == with_stories(&document),
        "docs/FINDINGS.md is out of date: EXEUNT_WRITE=1 cargo test --release -p exeunt-cli --test \
         findings_document"
    );
}

#[test]
fn every_case_has_a_row_and_the_first_have_stories() {
    let document = fs::read_to_string(root().join("docs/FINDINGS.md")).unwrap();
    for case in ALL {
        let row = format!("\n| `{}` | ", case.name);
        assert_eq!(document.matches(&row).count(), 1, "{}", case.name);
    }
    let kept: Vec<&str> = kept().iter().map(|(case, _)| case.name).collect();
    let first: Vec<&str> = ALL[..TOLD].iter().map(|case| case.name).collect();
    assert_eq!(kept, first);
}
