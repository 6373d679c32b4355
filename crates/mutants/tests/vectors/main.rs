//! Examples with a known answer, each against the mutants that it is to find: the model has the
//! answer, and the mutant another.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(
    dead_code,
    unused_imports,
    reason = "the examples of other crates are more than is used of them here"
)]
#![allow(clippy::enum_glob_use, clippy::too_many_lines, reason = "as where the examples are")]

#[path = "../../../homeserver/tests/synapse_answers/case.rs"]
mod case;
#[path = "../../../auth/tests/examples/mod.rs"]
mod examples;
mod handshake_cases;
#[path = "../../../homeserver/tests/synapse_answers/house.rs"]
mod house;
#[path = "../../../homeserver/tests/synapse_answers/invites.rs"]
mod invites;
#[path = "../../../homeserver/tests/synapse_answers/joins.rs"]
mod joins;
#[path = "../../../homeserver/tests/synapse_answers/leave_body.rs"]
mod leave_body;
#[path = "../../../homeserver/tests/synapse_answers/make_leave.rs"]
mod make_leave;
#[path = "../../../laws/tests/laws/network_told.rs"]
mod network_told;
mod networks;
mod recorded;
#[path = "../../../auth/tests/room/mod.rs"]
mod room;
mod rule_examples;
#[path = "../../../homeserver/tests/synapse_answers/send_leave.rs"]
mod send_leave;
#[path = "../../../homeserver/tests/synapse_answers/texts.rs"]
mod texts;

use exeunt_mutants::{Suite, VECTORS};
use exeunt_version::Mutant;

/// The examples of a suite to which the mutant, or the model, gives another answer.
fn wrong(suite: Suite, mutant: Option<Mutant>) -> Vec<String> {
    let ask = || match suite {
        Suite::RuleExamples => rule_examples::wrong(),
        Suite::RecordedRooms => recorded::wrong(),
        Suite::HandshakeCases => handshake_cases::wrong(),
        Suite::Networks => networks::wrong(),
    };
    match mutant {
        Some(mutant) => mutant.everywhere(ask),
        None => ask(),
    }
}

fn each_is_killed(suite: Suite) {
    assert_eq!(wrong(suite, None), [""; 0], "the model itself");
    let mut complaints = Vec::new();
    for vector in VECTORS.iter().filter(|vector| vector.suite == suite) {
        let wrong = wrong(suite, Some(vector.mutant));
        if !wrong.iter().any(|name| name == vector.name) {
            complaints.push(format!("{}: {:?} is not among {wrong:?}", vector.mutant, vector.name));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn examples_of_rules_kill_their_mutants() {
    each_is_killed(Suite::RuleExamples);
}

#[test]
fn recorded_rooms_kill_their_mutants() {
    each_is_killed(Suite::RecordedRooms);
}

#[test]
fn handshake_cases_kill_their_mutants() {
    each_is_killed(Suite::HandshakeCases);
}

#[test]
fn stories_of_homeservers_kill_their_mutants() {
    each_is_killed(Suite::Networks);
}
