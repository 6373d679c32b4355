//! `exeunt check --case`: what it finds, what it should not, and the files that it writes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use command::exeunt;

const FREQUENT: [&str; 7] =
    ["check", "--case", "linear-rollback", "--room-version", "11", "--histories", "64"];

#[test]
fn a_case_is_found_told_and_written_as_a_file_that_plays_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().unwrap();
    let said = exeunt(&[&FREQUENT[..], &["--out", folder]].concat());
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{said:?}");
    assert!(said.out.starts_with("linear-rollback, room version 11: found with "), "{said:?}");
    let file = format!("{folder}/cases/linear-rollback-11.jsonl");
    let replayed = exeunt(&["replay", &file]);
    assert_eq!((replayed.status, replayed.err.as_str()), (1, ""), "{replayed:?}");
    assert!(replayed.out.starts_with("Case linear-rollback, room version 11\n"), "{replayed:?}");
    let found = |text: &str| text.lines().find(|it| it.starts_with("  Found: ")).map(str::to_owned);
    assert_eq!(found(&replayed.out), found(&said.out));
    assert!(found(&said.out).is_some(), "{said:?}");
}

#[test]
fn any_number_of_jobs_finds_the_same_case() {
    let told = |jobs: &str| {
        let said = exeunt(&[&FREQUENT[..], &["--jobs", jobs]].concat());
        // The first line says how long it took.
        said.out.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told("1"), told("3"));
}

#[test]
fn what_is_not_there_is_a_finding_only_where_it_should_be() {
    let search = |version: &str| {
        let case = ["check", "--case", "hotel-california", "--histories", "1"];
        exeunt(&[&case[..], &["--room-version", version]].concat())
    };
    let absent = search("2");
    assert_eq!(absent.status, 0, "{absent:?}");
    assert!(absent.out.contains("room version 2: not found, as it should be (1 histories"));
    let missed = search("1");
    assert_eq!(missed.status, 1, "{missed:?}");
    assert!(missed.out.contains("room version 1: NOT FOUND (1 histories"), "{missed:?}");
}

#[test]
fn a_case_that_there_is_not_is_refused() {
    let said = exeunt(&["check", "--case", "reset-z"]);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    assert!(said.err.starts_with("exeunt: there is no case \"reset-z\"; there are reset-a, "));
    assert!(said.err.trim_end().ends_with(", and all"), "{said:?}");
}
