//! `exeunt duel`: against ourselves, and against who answers otherwise.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::fs;

/// Asks `bash -c SCRIPT`, in which `"$EXEUNT" oracle` answers as we do.
fn duel(script: &str, options: &[&str]) -> command::Said {
    let script = format!("EXEUNT='{}'; {script}", env!("CARGO_BIN_EXE_exeunt"));
    let mut arguments = vec!["duel", "--questions", "600"];
    arguments.extend(options);
    arguments.extend(["--", "bash", "-c", &script]);
    command::exeunt(&arguments)
}

/// Who says the opposite of what the rules say, where the answer is that of one who is joined.
const CONTRARY: &str = r#""$EXEUNT" oracle | sed -u 's/"allowed":true,"reason":"The room is public/"allowed":false,"reason":"No/'"#;

#[test]
fn who_answers_as_we_do_differs_in_nothing() {
    let said = duel(r#""$EXEUNT" oracle"#, &[]);
    assert_eq!(said.status, 0, "{}{}", said.out, said.err);
    let summary = "600 questions, 0 refused, 0 without an answer, 0 kinds of difference";
    assert!(said.out.contains(summary), "{}", said.out);
}

#[test]
fn a_difference_is_told_once_with_its_smallest_question_and_written_as_a_vector() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let options = ["--op", "authorise", "--room-version", "11", "--out", out];
    let said = duel(CONTRARY, &options);
    assert_eq!(said.status, 1, "{}{}", said.out, said.err);
    assert_eq!(said.out.matches("unexplained: authorise join-public").count(), 1, "{}", said.out);
    assert!(said.out.contains("allowed: false, not true"), "{}", said.out);
    let file = folder.path().join("authorise/11/duel.jsonl");
    let lines = fs::read_to_string(file).unwrap();
    let vector = exeunt_conformance::Vector::parse(lines.lines().next().unwrap().as_bytes());
    let vector = vector.unwrap();
    // The create event, the creator's join, the join rules and the join itself.
    let pool = vector.request.get("events").unwrap().as_array().unwrap().len();
    assert!(pool <= 4, "{lines}");
    // The vector is one to ask with.
    let again = command::exeunt(&[
        "conform",
        "--vectors",
        out,
        "--",
        env!("CARGO_BIN_EXE_exeunt"),
        "oracle",
    ]);
    assert_eq!(again.status, 0, "{}{}", again.out, again.err);
}

#[test]
fn the_same_seed_asks_the_same_and_a_duel_can_go_on() {
    let options = ["--op", "event_id", "--room-version", "12", "--seed", "3"];
    let whole = duel(r#""$EXEUNT" oracle"#, &options);
    assert_eq!(whole.out, duel(r#""$EXEUNT" oracle"#, &options).out);
    let next = whole.out.rsplit("--from ").next().unwrap().trim().trim_end_matches('.');
    assert!(next.parse::<u64>().unwrap() > 1, "{}", whole.out);
    let further = duel(r#""$EXEUNT" oracle"#, &[&options[..], &["--from", next]].concat());
    assert_ne!(whole.out, further.out);
}

#[test]
fn a_reading_that_explains_a_difference_is_named_and_a_known_one_is_excluded() {
    // It reads the text otherwise, and does not say so.
    let script = r#"sed -u 's/"op":"resolve"/&,"readings":{"own_auth_chain":"included"}/' | "$EXEUNT" oracle"#;
    let said = duel(script, &["--op", "resolve", "--room-version", "11"]);
    assert_eq!(said.status, 0, "{}{}", said.out, said.err);
    let explained = "explained by the reading own_auth_chain=included: resolve v2 (";
    assert!(said.out.contains(explained), "{}", said.out);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exclude.toml");
    let entry = "[[exclude]]\nop = \"authorise\"\nrule = \"join-public\"\nreason = \"a bug\"\n";
    fs::write(&file, entry).unwrap();
    let exclude = ["--op", "authorise", "--exclude", file.to_str().unwrap()];
    let said = duel(CONTRARY, &exclude);
    assert_eq!(said.status, 0, "{}{}", said.out, said.err);
    assert!(said.out.contains("excluded (a bug): authorise join-public"), "{}", said.out);
}

#[test]
fn a_difference_that_is_excluded_in_one_room_version_counts_in_another() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("exclude.toml");
    let entry = "[[exclude]]\nop = \"authorise\"\nreason = \"a bug\"\nroom_version = ";
    let fight = |versions: &str| {
        fs::write(&file, format!("{entry}{versions}\n")).unwrap();
        let options = ["--op", "authorise", "--exclude", file.to_str().unwrap()];
        duel(CONTRARY, &options)
    };
    let all: Vec<String> = (1..=12).map(|version| format!("\"{version}\"")).collect();
    let said = fight(&format!("[{}]", all.join(", ")));
    assert_eq!(said.status, 0, "{}{}", said.out, said.err);
    let said = fight("[\"3\"]");
    assert_eq!(said.status, 1, "{}{}", said.out, said.err);
    let told = |what: &str| said.out.lines().filter(|line| line.starts_with(what)).count();
    assert_eq!((told("excluded (a bug): "), told("unexplained: ")), (1, 1), "{}", said.out);
    assert!(said.out.contains("2 kinds of difference, 1 of them unexplained"), "{}", said.out);
    let wrong = fight("[\"any\"]");
    assert_eq!(wrong.status, 2);
    assert!(wrong.err.contains("there is no room version \"any\", but 1, 2, "), "{}", wrong.err);
}

#[test]
fn who_dies_of_a_question_is_asked_the_others() {
    let script = r#"while read -r line; do
        case $line in *'"id":"0/event_id/0"'*) echo 'no!' >&2; exit 9;; esac
        echo "$line"
    done | "$EXEUNT" oracle; exit ${PIPESTATUS[0]}"#;
    let said = duel(script, &["--op", "event_id"]);
    assert_eq!(said.status, 1, "{}{}", said.out, said.err);
    assert!(said.out.contains("0/event_id/0: it ended with exit status 9"), "{}", said.out);
    assert!(said.out.contains("600 questions, 0 refused, 1 without an answer"), "{}", said.out);
}
