//! `exeunt resolve`: which state wins, and why.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;
mod merge;
mod sample;

use std::fs;
use std::path::Path;

use command::{Said, exeunt};
use merge::{
    CAROL, Merge, ban_beside_a_leave, equal_admins, problem_a, problem_b, topics_of_who_has_left,
};
use sample::{ALICE, BOB};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A folder with `question.json`.
fn folder(question: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("question.json"), question).unwrap();
    folder
}

fn run(file: &Path, options: &[&str]) -> Said {
    exeunt(&[&["resolve", file.to_str().unwrap()], options].concat())
}

/// What the command prints for a good question.
fn printed(question: &Value, options: &[&str]) -> String {
    let folder = folder(question.to_string().as_bytes());
    let said = run(&folder.path().join("question.json"), options);
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{question}");
    said.out
}

/// Why the command does not answer, without the path of the file, which begins it.
fn refused(question: &[u8], options: &[&str]) -> String {
    let folder = folder(question);
    let file = folder.path().join("question.json");
    let said = run(&file, options);
    assert_eq!((said.status, said.out.as_str()), (2, ""), "{said:?}");
    let start = format!("exeunt: {}: ", file.display());
    said.err.strip_prefix(&start).unwrap_or_else(|| panic!("{said:?}")).trim_end().to_owned()
}

fn ids(printed: &str) -> Value {
    serde_json::from_str::<Value>(printed).unwrap()["state"].take()
}

#[test]
fn a_ban_beside_a_leave() {
    for version in ["1", "11", "12"] {
        let (_, question) = ban_beside_a_leave(version);
        insta::assert_snapshot!(
            format!("ban_beside_a_leave_{version}_why"),
            printed(&question, &["--why"])
        );
        insta::assert_snapshot!(
            format!("ban_beside_a_leave_{version}_why_json"),
            printed(&question, &["--why", "--json"])
        );
    }
    let (_, question) = ban_beside_a_leave("11");
    insta::assert_snapshot!("ban_beside_a_leave_11", printed(&question, &[]));
    insta::assert_snapshot!("ban_beside_a_leave_11_json", printed(&question, &["--json"]));
}

#[test]
fn what_a_person_would_want_to_read() {
    let (_, question) = ban_beside_a_leave("11");
    let why = printed(&question, &["--why"]);
    assert!(why.contains("Carol's leave ("), "{why}");
    assert!(why.contains(") lost to Alice's ban: rule 4.5.1 rejected it. "), "{why}");
}

#[test]
fn the_problems_of_msc4297() {
    for version in ["11", "12"] {
        for (name, (_, question)) in [("a", problem_a(version)), ("b", problem_b(version))] {
            insta::assert_snapshot!(
                format!("problem_{name}_{version}_why"),
                printed(&question, &["--why"])
            );
        }
    }
}

#[test]
fn who_has_the_same_power_takes_turns_by_time() {
    for version in ["1", "11"] {
        let (_, question) = equal_admins(version);
        insta::assert_snapshot!(
            format!("equal_admins_{version}_why"),
            printed(&question, &["--why"])
        );
    }
}

#[test]
fn candidates_that_all_fail_in_version_1() {
    let (_, mut question) = topics_of_who_has_left("1");
    insta::assert_snapshot!("topics_1_why", printed(&question, &["--why"]));
    question["readings"] = json!({ "v1_failed": "lowest" });
    insta::assert_snapshot!("topics_1_lowest_why", printed(&question, &["--why"]));
}

#[test]
fn the_first_that_is_allowed_in_version_1() {
    let mut merge = Merge::new("1");
    merge.topic(ALICE, "Winter", (&[3], &[0, 1, 2]));
    merge.topic(ALICE, "Spring", (&[3], &[0, 1, 2]));
    merge.member(BOB, BOB, "join", (&[5], &[0, 2, 3]));
    // Bob's membership is in one state alone: that is no conflict.
    let question = merge.question(&[&[0, 1, 2, 3, 4], &[0, 1, 2, 3, 5, 6]]);
    let why = printed(&question, &["--why"]);
    let (stories, _) = why.split_once("\nother events").unwrap();
    insta::assert_snapshot!("first_allowed_1", stories);
}

#[test]
fn states_that_do_not_differ() {
    for version in ["1", "11", "12"] {
        let question = Merge::new(version).question(&[&[0, 1, 2, 3], &[3, 2, 1, 0]]);
        let why = printed(&question, &["--why"]);
        let said = "\nThe states do not differ: there was nothing to decide.\n";
        assert!(why.ends_with(said), "{why}");
        assert_eq!(why.strip_suffix(said).unwrap(), printed(&question, &[]));
    }
}

#[test]
fn users_are_named_by_what_is_clear_and_nothing_breaks_a_line() {
    let mut merge = Merge::new("11");
    let other = "@Carol:d.example";
    merge.member(CAROL, CAROL, "join", (&[3], &[0, 2, 3]));
    merge.member(other, other, "join", (&[4], &[0, 2, 3]));
    merge.member(CAROL, CAROL, "leave", (&[5], &[0, 2, 4]));
    merge.join_rule(ALICE, "invite", (&[4], &[0, 1, 2]));
    merge.send(ALICE, ("a\nb", "c\u{1b}[0md"), &json!({}), (&[4], &[0, 1, 2]));
    let why = printed(&merge.question(&[&[0, 1, 2, 3, 4], &[0, 1, 2, 6, 7, 8]]), &["--why"]);
    assert!(why.contains("Alice's "), "{why}");
    assert!(why.contains("@carol:c.example's leave ("), "{why}");
    assert!(!why.contains("Carol's"), "{why}");
    assert!(why.contains("\na\\nb c\\u{1b}[0md\n"), "{why}");
    assert!(why.contains("Alice's a\\nb \"c\\u{1b}[0md\" ("), "{why}");
}

#[test]
fn event_ids_are_shortened_to_what_tells_them_apart() {
    let (_, question) = ban_beside_a_leave("1");
    let question = question.to_string().replace("$5:a", "$almost-the-same-2:a");
    let question = question.replace("$6:a", "$almost-the-same-6:a");
    let why = printed(&serde_json::from_str(&question).unwrap(), &["--why"]);
    assert!(why.contains("Alice's ban ($almost-the-same-2…) won"), "{why}");
    assert!(why.contains("Carol's leave ($almost-the-same-6…) lost"), "{why}");
}

#[test]
fn a_vector_is_a_question_too() {
    let (merge, question) = ban_beside_a_leave("12");
    let response = json!({ "id": 0, "ok": { "state": merge.ids(&[0, 1, 2, 3, 5]) } });
    let vector = json!({ "request": question, "response": response });
    assert_eq!(printed(&vector, &["--why"]), printed(&question, &["--why"]));
    assert_eq!(ids(&printed(&vector, &["--json"])), response["ok"]["state"]);
}

#[test]
fn arguments_go_before_what_the_file_says() {
    let (merge, mut question) = topics_of_who_has_left("1");
    let without = json!(merge.ids(&[0, 1, 3, 5, 8]));
    let lowest = json!(merge.ids(&[0, 1, 3, 5, 6, 8]));
    let resolved = |question: &Value, options: &[&str]| {
        ids(&printed(question, &[&["--json"], options].concat()))
    };
    assert_eq!(resolved(&question, &[]), without);
    assert_eq!(resolved(&question, &["--reading", "v1_failed=lowest"]), lowest);
    question["readings"] = json!({ "v1_failed": "lowest" });
    assert_eq!(resolved(&question, &[]), lowest);
    assert_eq!(resolved(&question, &["--reading", "v1_failed=left_out"]), without);
    // What no argument names stays as the file has it.
    assert_eq!(resolved(&question, &["--reading", "v1_members=one_list"]), lowest);
    // Version 2 has the same form of events and another algorithm.
    assert_eq!(resolved(&question, &["--room-version", "2"]), without);
    question["room_version"] = json!("2");
    assert_eq!(resolved(&question, &["--room-version", "1"]), lowest);
    question.as_object_mut().unwrap().remove("room_version");
    assert_eq!(resolved(&question, &["--room-version", "1"]), lowest);
}

#[test]
fn a_room_version_of_ones_own() {
    let (merge, question) = problem_a("11");
    let folder = folder(question.to_string().as_bytes());
    let trial = folder.path().join("trial.toml");
    fs::write(&trial, "id = \"trial\"\nbase = \"11\"\nstate_resolution = \"2.1\"").unwrap();
    let trial = trial.to_str().unwrap();
    let file = folder.path().join("question.json");
    let resolved = ids(&run(&file, &["--json", "--room-version", trial]).out);
    assert_eq!(resolved, json!(merge.ids(&[0, 5, 2, 4])));
    // A file does not make the command read other files.
    let mut question = question;
    question["room_version"] = json!(trial);
    let message = refused(question.to_string().as_bytes(), &[]);
    assert!(message.starts_with("room version \""), "{message}");
}

#[test]
fn what_is_wrong_is_said_with_the_name_of_the_file() {
    let (merge, good) = ban_beside_a_leave("11");
    let with = |field: &str, value: Value| {
        let mut question = good.clone();
        question[field] = value;
        refused(question.to_string().as_bytes(), &[])
    };
    assert_eq!(refused(b"[]", &[]), "it is no JSON object");
    for broken in [&b""[..], b"{", b"{} {}", b"\xff"] {
        assert!(!refused(broken, &[]).is_empty());
    }
    assert_eq!(
        refused(b"{}", &[]),
        "`room_version` is missing or no string; --room-version gives one"
    );
    assert_eq!(refused(b"{}", &["--room-version", "11"]), "`state_sets` is missing");
    assert!(with("room_version", json!("13")).contains("\"13\""));
    assert_eq!(with("state_sets", json!([])), "there are no state sets");
    assert_eq!(with("events", json!({})), "`events` is no array");
    assert!(with("events", json!([{}])).starts_with("`events[0]`: "));
    assert_eq!(with("state_sets", json!([["$gone"]])), "$gone is not among the events");
    assert_eq!(with("rejected", json!(["$gone"])), "$gone is not among the events");
    let twice = json!([[merge.room.ids[5], merge.room.ids[6]]]);
    assert!(with("state_sets", twice).contains("are of the same type and state key"));
    assert_eq!(with("readings", json!({ "colour": "blue" })), "there is no reading \"colour\"");
    let bytes = good.to_string();
    let message = refused(bytes.as_bytes(), &["--reading", "colour=blue"]);
    assert_eq!(message, "there is no reading \"colour\"");
    let message = refused(bytes.as_bytes(), &["--room-version", "13"]);
    assert!(message.contains("\"13\""), "{message}");
    let said = exeunt(&["resolve", "no/such/file.json"]);
    assert_eq!(said.status, 2);
    assert!(said.err.starts_with("exeunt: no/such/file.json: "), "{said:?}");
    assert_eq!(exeunt(&["resolve"]).status, 2);
}

#[test]
fn candidates_that_took_no_part() {
    let mut merge = Merge::new("11");
    merge.topic(ALICE, "Winter", (&[3], &[0, 1, 2]));
    merge.topic(ALICE, "Spring", (&[3], &[0, 1, 2]));
    let mut question = merge.question(&[&[0, 1, 2, 3, 4], &[0, 1, 2, 3, 5]]);
    question["rejected"] = json!([merge.room.ids[5]]);
    let why = printed(&question, &["--why", "--reading", "rejected_in_resolution=left_out"]);
    assert!(why.contains(") took no part: it was rejected when it was received.\n"), "{why}");

    // Two join rules that cite each other.
    let mut merge = Merge::new("2");
    for (at, other) in [(4, "$5:a.example"), (5, "$4:a.example")] {
        let content = json!({ "join_rule": "invite" });
        let mut pdu = merge.room.pdu(ALICE, "m.room.join_rules", Some(""), &content, &[0, 1, 2]);
        pdu["auth_events"].as_array_mut().unwrap().push(merge.room.refer(other));
        assert_eq!(merge.room.push(&pdu), format!("${at}:a.example"));
    }
    let question = merge.question(&[&[0, 1, 2, 4], &[0, 1, 2, 5]]);
    let why = printed(&question, &["--why"]);
    assert_eq!(why.matches(") took no part: it is in its own auth chain.\n").count(), 2, "{why}");
    assert!(why.contains("  Nothing won: the resolved state has no such entry.\n"), "{why}");
    let json: Value = serde_json::from_str(&printed(&question, &["--why", "--json"])).unwrap();
    assert_eq!(json["contested"][0]["winner"], Value::Null);
    assert_eq!(json["contested"][0]["losers"][1]["fate"], "cyclic");
    assert_eq!(json["cyclic"].as_array().unwrap().len(), 2);
}

#[test]
fn a_list_of_version_1_that_ends_early() {
    let mut merge = Merge::new("1");
    merge.member(BOB, BOB, "join", (&[3], &[0, 2, 3]));
    merge.join_rule(BOB, "invite", (&[4], &[0, 2, 4]));
    merge.join_rule(ALICE, "invite", (&[4], &[0, 1, 2]));
    let sets = [&[0, 1, 2, 3, 4][..], &[0, 1, 2, 4, 5], &[0, 1, 2, 4, 6]];
    let why = printed(&merge.question(&sets), &["--why"]);
    let (_, stories) = why.split_once("\n\n").unwrap();
    let (stories, _) = stories.split_once("\n\n").unwrap();
    insta::assert_snapshot!("list_that_ends_early_1", stories);
}

#[test]
fn the_order_is_told_by_what_decides_it() {
    // By power, and by mainline.
    let mut merge = Merge::new("11");
    merge.member(BOB, BOB, "join", (&[3], &[0, 2, 3]));
    merge.levels(ALICE, &[(BOB, 60)], (&[4], &[0, 1, 2]));
    merge.levels(ALICE, &[(BOB, 70)], (&[5], &[0, 1, 5]));
    let by_bob = merge.join_rule(BOB, "knock", (&[6], &[0, 4, 6]));
    let by_alice = merge.join_rule(ALICE, "invite", (&[6], &[0, 1, 6]));
    let early = merge.topic(BOB, "Winter", (&[5], &[0, 4, 5]));
    let late = merge.topic(BOB, "Spring", (&[6], &[0, 4, 6]));
    let sets = [&[0, 1, 4, 6, by_bob, early][..], &[0, 1, 4, 6, by_alice, late]];
    let why = printed(&merge.question(&sets), &["--why"]);
    assert!(why.contains("as its sender has more power (100 against 70).\n"), "{why}");
    let older = "as it stands on older power levels (mainline position 1 against 0).\n";
    assert!(why.contains(older), "{why}");

    let mut merge = Merge::new("11");
    merge.member(BOB, BOB, "join", (&[3], &[0, 2, 3]));
    let bobs = merge.levels(ALICE, &[(BOB, 60)], (&[4], &[0, 1, 2]));
    let by_bob = merge.join_rule(BOB, "knock", (&[bobs], &[0, 4, bobs]));
    // By the auth chain: she has more power, but her new join was let in by his join rule.
    let again = merge.member(ALICE, ALICE, "join", (&[by_bob], &[0, 1, bobs, by_bob]));
    let by_alice = merge.join_rule(ALICE, "invite", (&[again], &[0, again, bobs]));
    let sets = [&[0, 1, 4, bobs, by_bob][..], &[0, again, 4, bobs, by_alice]];
    let why = printed(&merge.question(&sets), &["--why"]);
    assert!(
        why.contains("This one came before, as it is in the auth chain of the other.\n"),
        "{why}"
    );
}
