//! `exeunt oracle --mutant`, which is in builds with the feature `mutants` alone.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod command;
#[cfg(feature = "mutants")]
mod conversation;

#[cfg(not(feature = "mutants"))]
#[test]
fn a_build_without_the_feature_has_no_mutants() {
    let said = command::exeunt(&["oracle", "--mutant", "event-id-alphabet"]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("--mutant"), "{}", said.err);
}

#[cfg(feature = "mutants")]
#[test]
fn a_mutant_answers_otherwise_where_it_is_wrong_and_only_there() {
    use serde_json::json;

    let ask = |arguments: &[&str], room_version: &str| {
        let mut oracle = conversation::Conversation::with(arguments);
        let question = json!({
            "id": 1, "op": "canonical_json", "room_version": room_version, "value": 1.5,
        });
        let answer = oracle.ask(&question);
        oracle.end();
        answer
    };
    let mutant = ["--mutant", "floats-accepted"];
    assert_eq!(ask(&mutant, "5"), ask(&[], "5"));
    assert_ne!(ask(&mutant, "6"), ask(&[], "6"));
    let said = command::exeunt(&["oracle", "--mutant", "none"]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("there is no mutant \"none\""), "{}", said.err);
}
