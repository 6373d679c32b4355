//! `exeunt check`: what it finds does not depend on how it is run, and nothing is lost on the way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use command::{Said, exeunt};
use serde_json::Value;
use tempfile::TempDir;

/// A small campaign: two versions, two laws of which one breaks in version 11 with the first
/// power levels, and so with each history but a few.
const SMALL: [&str; 10] = [
    "check",
    "--room-version",
    "11",
    "--room-version",
    "12",
    "--law",
    "S9",
    "--law",
    "S1",
    "--jobs",
];

fn small(jobs: &str, more: &[&str]) -> Said {
    exeunt(&[&SMALL[..], &[jobs], more].concat())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn report(folder: &Path) -> String {
    fs::read_to_string(folder.join("report.json")).unwrap()
}

fn lines(said: &Said) -> Vec<Value> {
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// It must end with status 2 and that message, `FOLDER` being the folder.
fn refused(folder: &TempDir, said: &Said) -> String {
    assert_eq!((said.status, said.out.as_str()), (2, ""), "{said:?}");
    said.err.trim_end().replace(text(folder.path()), "FOLDER")
}

#[test]
fn any_number_of_jobs_finds_the_same() {
    let one = small("1", &["--histories", "150", "--json"]);
    assert_eq!(one.status, 0, "{one:?}");
    for jobs in ["2", "5"] {
        assert_eq!(small(jobs, &["--histories", "150", "--json"]), one, "{jobs} jobs");
    }
    let another = small("2", &["--histories", "150", "--json", "--seed", "2"]);
    assert_ne!(another.out, one.out);
}

#[test]
fn json_lines_have_each_law_in_each_version_and_the_counts() {
    let said = small("2", &["--histories", "100", "--json"]);
    let lines = lines(&said);
    let [laws @ .., last] = lines.as_slice() else { panic!("{said:?}") };
    let names: Vec<_> =
        laws.iter().map(|law| (law["room_version"].as_str(), law["law"].as_str())).collect();
    let of = |version, law| (Some(version), Some(law));
    assert_eq!(names, [of("11", "S9"), of("11", "S1"), of("12", "S9"), of("12", "S1")]);
    assert_eq!(laws[0]["verdict"], "broken as expected");
    assert_eq!(laws[0]["counterexample"]["law"], "S9");
    assert_eq!(laws[2]["verdict"], "held");
    let versions = last["report"]["versions"].as_array().unwrap();
    let histories: u64 = versions.iter().map(|it| it["shape"]["histories"].as_u64().unwrap()).sum();
    assert_eq!(histories, 100);
    let [allowed, rejected] = versions[0]["rules"]["otherwise"].as_array().unwrap().as_slice()
    else {
        panic!("{last}");
    };
    assert!(allowed.as_u64().unwrap() > 0 && rejected.as_u64().unwrap() == 0);
    assert_eq!(last["campaign"]["laws"], serde_json::json!(["S9", "S1"]));
}

#[test]
fn a_run_that_goes_on_ends_as_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    small("2", &["--histories", "300", "--out", text(&whole)]);
    let parts = folder.path().join("parts");
    // Within a piece of work, at its end, and within another.
    small("1", &["--histories", "50", "--out", text(&parts)]);
    for histories in ["96", "200", "300", "300"] {
        let said = small("2", &["--histories", histories, "--out", text(&parts), "--resume"]);
        assert_eq!(said.status, 0, "{said:?}");
    }
    assert_eq!(report(&parts), report(&whole));
}

#[test]
fn a_run_that_was_killed_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    small("2", &["--histories", "300", "--out", text(&whole)]);
    let cut = folder.path().join("cut");
    let mut run = Command::new(command::path())
        .args([&SMALL[..], &["1", "--histories", "300", "--out", text(&cut)]].concat())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while !cut.join("report.json").exists() {
        assert!(run.try_wait().unwrap().is_none(), "it ended without a report");
        std::thread::yield_now();
    }
    run.kill().unwrap();
    run.wait().unwrap();
    let said = small("2", &["--histories", "300", "--out", text(&cut), "--resume"]);
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(report(&cut), report(&whole));
}

#[test]
fn a_report_is_neither_overwritten_nor_mixed_with_another() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let run = |more: &[&str]| small("1", &[&["--out", text(&out)], more].concat());
    assert_eq!(run(&["--histories", "100"]).status, 0);
    let before = report(&out);
    let refused = |more: &[&str]| refused(&folder, &run(more));
    assert_eq!(
        refused(&["--histories", "100"]),
        "exeunt: FOLDER/run/report.json is there already: go on with --resume, or choose another \
         folder"
    );
    assert_eq!(
        refused(&["--histories", "100", "--seed", "2", "--resume"]),
        "exeunt: FOLDER/run/report.json is of another campaign: `seed` is \"1\", not \"2\""
    );
    assert_eq!(
        refused(&["--histories", "100", "--shard", "1/2", "--resume"]),
        "exeunt: FOLDER/run/report.json is of part 1/1, not of part 1/2"
    );
    assert_eq!(
        refused(&["--histories", "90", "--resume"]),
        "exeunt: FOLDER/run/report.json has histories beyond the first 90 already"
    );
    assert_eq!(report(&out), before);
    let trial = folder.path().join("trial.toml");
    for base in ["10", "11"] {
        fs::write(&trial, format!("id = \"trial\"\nbase = \"{base}\"\n")).unwrap();
        let out = folder.path().join("trial");
        let arguments =
            ["check", "--room-version", text(&trial), "--law", "S1", "--histories", "0"];
        let said = exeunt(&[&arguments[..], &["--out", text(&out), "--resume"]].concat());
        match base {
            "10" => {
                assert!(said.err.contains("report.json: "), "{said:?}");
                let said = exeunt(&[&arguments[..], &["--out", text(&out)]].concat());
                assert_eq!(said.status, 0, "{said:?}");
            }
            // The same name, and another version.
            _ => assert!(said.err.contains("is of another campaign: `definitions` is"), "{said:?}"),
        }
    }
}

#[test]
fn a_report_that_cannot_be_read_is_refused_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let run =
        |more: &[&str]| small("1", &[&["--histories", "100", "--out", text(&out)], more].concat());
    let resumed = || refused(&folder, &run(&["--resume"]));
    assert!(resumed().starts_with("exeunt: FOLDER/run/report.json: "));
    assert_eq!(run(&[]).status, 0);
    let path = out.join("report.json");
    let whole = report(&out);
    for length in [0, 1, whole.len() / 2, whole.len() - 2] {
        fs::write(&path, &whole[..length]).unwrap();
        let message = resumed();
        assert!(message.starts_with("exeunt: FOLDER/run/report.json: "), "{message}");
        assert_eq!(report(&out), whole[..length]);
    }
    for (from, to, why) in [
        ("\"pieces_before\":1", "\"pieces_before\":-1", "it is no report of a run"),
        ("\"exeunt\":\"", "\"exeunt\":\"99.", "it is of the release 99."),
        ("\"laws\":[\"S9\"", "\"laws\":[\"S0\"", "there is no law \"S0\""),
        ("\"laws\":[\"S9\",\"S1\"", "\"laws\":[\"S9\"", "what it counts is not what its campaign"),
    ] {
        assert!(whole.contains(from), "{from}");
        fs::write(&path, whole.replacen(from, to, 1)).unwrap();
        let message = resumed();
        assert!(message.contains(why), "{message}");
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(run(&["--resume"]).status, 0);
}

#[test]
fn a_folder_that_cannot_be_written_is_told_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "no folder").unwrap();
    for out in [file.clone(), file.join("below")] {
        let said = small("1", &["--histories", "1000000000", "--out", text(&out)]);
        let message = refused(&folder, &said);
        assert!(message.contains("report.json cannot be written: "), "{message}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "no folder");
}

#[test]
fn counterexamples_that_cannot_be_written_are_told_after_the_tables() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("counterexamples"), "no folder").unwrap();
    let said = small("1", &["--histories", "60", "--out", text(folder.path())]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("counterexamples cannot be written: "), "{said:?}");
    assert!(said.out.starts_with("law"), "{said:?}");
    assert!(report(folder.path()).contains("\"histories\":60"));
}

/// Has a file find a full disk when it is written: beside the file that it is to replace is a link
/// to a device that never has room.
#[cfg(target_os = "linux")]
fn fill_disk_for(file: &Path) {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    std::os::unix::fs::symlink("/dev/full", beside).unwrap();
}

/// Whether not even a link is there.
#[cfg(target_os = "linux")]
fn is_gone(path: &Path) -> bool {
    path.symlink_metadata().is_err()
}

/// The names and contents of the counterexamples.
fn counterexamples(folder: &Path) -> BTreeMap<String, String> {
    let files = fs::read_dir(folder.join("counterexamples")).unwrap().map(|file| {
        let file = file.unwrap();
        let content = fs::read_to_string(file.path()).unwrap();
        (file.file_name().into_string().unwrap(), content)
    });
    files.collect()
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    fill_disk_for(&path);
    let said = small("1", &["--histories", "1000000000", "--out", text(folder.path())]);
    let message = refused(&folder, &said);
    let full = "exeunt: FOLDER/report.json cannot be written: No space left on device";
    assert!(message.starts_with(full), "{message}");
    assert!(!path.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_becomes_full_costs_neither_the_report_nor_the_tables() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    let run = |histories: &str| {
        small("1", &["--histories", histories, "--out", text(out), "--resume", "--json"])
    };
    small("1", &["--histories", "100", "--out", text(out)]);
    let before = report(out);
    fill_disk_for(&out.join("report.json"));
    let said = run("200");
    assert_eq!(said.status, 2, "{said:?}");
    let path = out.join("report.json");
    let full = format!("exeunt: {} cannot be written: No space left on device", text(&path));
    assert!(said.err.starts_with(&full), "{said:?}");
    assert_eq!(lines(&said).len(), 5, "{said:?}");
    assert_eq!(report(out), before);
    assert!(is_gone(&out.join("report.json.new")));
    // Once there is room again, the run goes on.
    let again = run("200");
    assert_eq!((again.status, again.out), (0, said.out), "{}", again.err);
}

#[cfg(target_os = "linux")]
#[test]
fn a_counterexample_without_room_is_told_and_the_others_are_written() {
    // The law breaks in each of these versions, so that there are several files.
    let arguments = [
        "check",
        "--room-version",
        "6",
        "--room-version",
        "11",
        "--law",
        "S9",
        "--jobs",
        "1",
        "--histories",
        "60",
    ];
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        let said = exeunt(&[&arguments[..], &["--out", text(&out)], more].concat());
        (out, said)
    };
    let (whole, said) = run("whole", &[]);
    let mut files = counterexamples(&whole);
    assert!(files.len() > 1, "{files:?}");
    let first = files.keys().next().unwrap().clone();
    let (out, full) = (folder.path().join("full"), folder.path().join("full/counterexamples"));
    fs::create_dir_all(&full).unwrap();
    fill_disk_for(&full.join(&first));
    let (_, told) = run("full", &[]);
    assert_eq!(told.status, 2, "{told:?}");
    let expected = format!("exeunt: {} cannot be written: No space left", text(&full.join(&first)));
    assert!(told.err.starts_with(&expected), "{told:?}");
    let without_speed = |said: &Said| {
        let lines = said.out.lines().filter(|line| !line.starts_with("This run: "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without_speed(&told), without_speed(&said));
    assert_eq!(report(&out), report(&whole));
    assert!(is_gone(&full.join(format!("{first}.new"))));
    files.remove(&first);
    assert_eq!(counterexamples(&out), files);
}

#[test]
fn a_run_that_goes_on_keeps_the_counterexamples_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path();
    small("1", &["--histories", "20", "--out", text(out)]);
    // One of an earlier release, as it may be.
    fs::write(out.join("counterexamples/older.jsonl"), "{}\n").unwrap();
    let before = counterexamples(out);
    assert!(before.len() > 1, "{before:?}");
    let said = small("1", &["--histories", "200", "--out", text(out), "--resume"]);
    assert_eq!(said.status, 0, "{said:?}");
    let after = counterexamples(out);
    for (name, content) in &before {
        assert_eq!(after.get(name), Some(content), "{name}");
    }
    assert!(after.len() >= before.len());
}

#[test]
fn wrong_usage_is_refused() {
    let refused = |arguments: &[&str]| {
        let said = exeunt(&[&["check"], arguments].concat());
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{said:?}");
        said.err
    };
    assert!(refused(&["--law", "Z9"]).contains("there is no law \"Z9\"; there are "));
    for servers in ["1", "9", "4-2", "2-9", "many", ""] {
        assert!(refused(&["--servers", servers]).contains("is no number of servers from 2 to 8"));
    }
    for shard in ["0/2", "3/2", "2", "1/0", "a/b", "1/99999999"] {
        assert!(refused(&["--shard", shard]).contains("is no part such as 2/8"), "{shard}");
    }
    for time in ["soon", "s", "-1s", ""] {
        assert!(refused(&[&format!("--time={time}")]).contains("is no time such as 30s"), "{time}");
    }
    let twice = ["--room-version", "11", "--room-version", "11"];
    assert_eq!(refused(&twice), "exeunt: room version 11 is given twice\n");
    assert!(refused(&["--room-version", "13"]).contains("room version \"13\" is not one of"));
    assert!(refused(&["--resume"]).contains("--out"));
    assert!(refused(&["--histories", "1", "--time", "1s"]).contains("cannot be used with"));
    assert!(refused(&["--jobs", "0"]).contains("--jobs"));
}

#[test]
fn a_law_that_should_break_and_does_not_is_a_finding() {
    let said = small("1", &["--histories", "0"]);
    assert_eq!(said.status, 1, "{said:?}");
    let told = "\nLaw S9 (creators-are-above-everything) should break and did not: try more. Room \
                versions, with the number of histories in which its premise was met: 11 (0).\n";
    assert!(said.out.contains(told), "{}", said.out);
}

#[test]
fn time_ends_a_run_too() {
    let said = small("1", &["--time", "0s", "--json"]);
    assert!(said.status <= 1 && lines(&said).len() == 5, "{said:?}");
}

#[test]
fn a_version_of_ones_own_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let trial = folder.path().join("trial.toml");
    fs::write(&trial, "id = \"trial\"\nbase = \"12\"\ncreator = \"sender\"\n").unwrap();
    let arguments = ["check", "--room-version", text(&trial), "--law", "S9", "--histories", "60"];
    let said = exeunt(&[&arguments[..], &["--json"]].concat());
    let lines = lines(&said);
    assert_eq!(lines[0]["room_version"], "trial");
    assert_eq!(lines[0]["verdict"], "broken as expected");
}
