//! `exeunt oracle --mutant`, which is in builds with the feature `mutants` alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

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
        let content = json!({
            "membership": "join", "join_authorised_via_users_server": "@u:domain",
        });
        let event = json!({
            "type": "m.room.member", "room_id": "!r:domain", "sender": "@v:domain",
            "state_key": "@v:domain", "content": content, "depth": 5, "origin_server_ts": 1000,
            "prev_events": [], "auth_events": [], "hashes": { "sha256": "" }, "signatures": {},
        });
        let question =
            json!({ "id": 1, "op": "redact", "room_version": room_version, "event": event });
        let answer = oracle.ask(&question);
        oracle.end();
        answer
    };
    let mutant = ["--mutant", "redaction-of-later"];
    assert_eq!(ask(&mutant, "11"), ask(&[], "11"));
    assert_ne!(ask(&mutant, "8"), ask(&[], "8"));
    let said = command::exeunt(&["oracle", "--mutant", "none"]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("there is no mutant \"none\""), "{}", said.err);
}
