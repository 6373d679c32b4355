//! `exeunt merge`: the parts of a campaign add up to what one run of it finds.

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

/// 250 histories are three pieces of work, of which the last is not full.
const HISTORIES: &str = "250";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn check(folder: &Path, more: &[&str]) -> Said {
    let campaign =
        ["check", "--room-version", "6", "--room-version", "11", "--law", "S9", "--law", "S1"];
    let said = exeunt(&[&campaign[..], &["--out", text(folder)], more].concat());
    assert!(said.status <= 1, "{said:?}");
    said
}

/// The folder of a part, run to its end.
fn part(folder: &TempDir, part: &str) -> PathBuf {
    let path = folder.path().join(part.replace('/', "-of-"));
    check(&path, &["--histories", HISTORIES, "--shard", part]);
    path
}

fn merge(folders: &[&PathBuf], more: &[&str]) -> Said {
    let folders: Vec<&str> = folders.iter().map(|folder| text(folder)).collect();
    exeunt(&[&["merge"], folders.as_slice(), more].concat())
}

/// It must end with status 2 and that message, `FOLDER` being the folder.
fn refused(folder: &TempDir, folders: &[&PathBuf]) -> String {
    let said = merge(folders, &[]);
    assert_eq!((said.status, said.out.as_str()), (2, ""), "{said:?}");
    said.err.trim_end().replace(text(folder.path()), "FOLDER")
}

#[test]
fn parts_in_any_order_are_what_one_run_finds() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    let one = check(&whole, &["--histories", HISTORIES, "--json"]);
    let parts = ["1/3", "2/3", "3/3"].map(|number| part(&folder, number));
    let [first, second, third] = &parts;
    let sum = folder.path().join("sum");
    let merged = merge(&[third, first, second], &["--json", "--out", text(&sum)]);
    assert_eq!(merged, one);
    let files = |folder: &Path| {
        let below = fs::read_dir(folder.join("counterexamples")).unwrap();
        let mut names: Vec<_> = below.map(|file| file.unwrap().file_name()).collect();
        names.sort();
        (fs::read_to_string(folder.join("report.json")).unwrap(), names)
    };
    assert_eq!(files(&sum), files(&whole));
    // The same tables, but for how fast they came to be.
    let tables = merge(&[first, second, third], &[]);
    let again = check(&whole, &["--histories", HISTORIES, "--resume"]);
    let without_speed: Vec<_> =
        again.out.lines().filter(|line| !line.starts_with("This run: ")).collect();
    assert_eq!(tables.out.lines().collect::<Vec<_>>(), without_speed);
    // The sum is a report like any other.
    let sums = merge(&[&sum], &["--json"]);
    assert_eq!(sums, one);
    let onto = merge(&[first, second, third], &["--out", text(&sum)]);
    assert!(onto.err.ends_with("report.json is there already: choose another folder\n"));
    assert_eq!(files(&sum), files(&whole));
}

#[test]
fn more_parts_than_there_is_work_add_up_too() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, more: &[&str]| {
        let path = folder.path().join(name);
        check(&path, &[&["--histories", "10"], more].concat());
        path
    };
    let parts = [run("a", &["--shard", "1/2"]), run("b", &["--shard", "2/2"])];
    let whole = run("whole", &[]);
    let sum = folder.path().join("sum");
    merge(&[&parts[0], &parts[1]], &["--out", text(&sum)]);
    let report = |folder: &Path| fs::read_to_string(folder.join("report.json")).unwrap();
    assert_eq!(report(&sum), report(&whole));
}

#[test]
fn parts_that_ended_by_time_add_up_to_what_they_have() {
    let folder = tempfile::tempdir().unwrap();
    let parts = ["1/2", "2/2"].map(|number| {
        let path = folder.path().join(number.replace('/', "-"));
        check(&path, &["--histories", "300", "--shard", number]);
        // As if time had ended it there.
        let report = path.join("report.json");
        let text = fs::read_to_string(&report).unwrap();
        let limit = "\"histories\":300,\"pieces_before\"";
        assert!(text.contains(limit));
        fs::write(&report, text.replace(limit, "\"pieces_before\"")).unwrap();
        path
    });
    let whole = folder.path().join("whole");
    check(&whole, &["--histories", "300"]);
    let sum = folder.path().join("sum");
    merge(&[&parts[1], &parts[0]], &["--out", text(&sum)]);
    let report = |folder: &Path| fs::read_to_string(folder.join("report.json")).unwrap();
    let without_limit =
        report(&whole).replace("\"histories\":300,\"pieces_before\"", "\"pieces_before\"");
    assert_eq!(report(&sum), without_limit);
}

#[test]
fn parts_that_do_not_add_up_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let small = |name: &str, more: &[&str]| {
        let path = folder.path().join(name);
        check(&path, &[&["--histories", "0"], more].concat());
        path
    };
    let [one, two] = ["1/3", "2/3"].map(|it| small(&it.replace('/', "-"), &["--shard", it]));
    assert_eq!(refused(&folder, &[&one, &two]), "exeunt: part 3/3 is missing");
    assert_eq!(refused(&folder, &[&one]), "exeunt: parts 2/3, 3/3 are missing");
    let many = small("many", &["--shard", "2/12"]);
    assert_eq!(
        refused(&folder, &[&many]),
        "exeunt: parts 1/12, 3/12, 4/12, 5/12, 6/12, 7/12, 8/12, 9/12, and 3 more are missing"
    );
    assert_eq!(
        refused(&folder, &[&one, &two, &one]),
        "exeunt: part 1/3 is there twice: FOLDER/1-3 and FOLDER/1-3"
    );
    let other = small("other", &["--shard", "2/2"]);
    assert_eq!(
        refused(&folder, &[&one, &other]),
        "exeunt: FOLDER/other is of part 2/2, and FOLDER/1-3 of part 1/3"
    );
    let seed = small("seed", &["--shard", "3/3", "--seed", "7"]);
    assert_eq!(
        refused(&folder, &[&one, &seed]),
        "exeunt: FOLDER/seed is of another campaign than FOLDER/1-3: `seed` is \"7\", not \"1\""
    );
    let timed = folder.path().join("timed");
    check(&timed, &["--time", "0s", "--shard", "3/3"]);
    assert_eq!(
        refused(&folder, &[&one, &timed]),
        "exeunt: the campaign of FOLDER/timed ends by time, and that of FOLDER/1-3 ends after 0 \
         histories"
    );
    // As a run leaves it that was cut.
    let report = one.join("report.json");
    let cut = fs::read_to_string(&report).unwrap();
    fs::write(
        &report,
        cut.replace("\"histories\":0,\"pieces_before\"", "\"histories\":5,\"pieces_before\""),
    )
    .unwrap();
    assert_eq!(
        refused(&folder, &[&one]),
        "exeunt: FOLDER/1-3 is not complete: it has 0 of 5 histories; go on with `exeunt check \
         --resume`"
    );
    let gone = folder.path().join("gone");
    assert!(refused(&folder, &[&gone]).starts_with("exeunt: FOLDER/gone/report.json: "));
}
