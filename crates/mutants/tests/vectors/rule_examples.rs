//! The named examples of `crates/auth/tests`.

use exeunt_auth::Verdict;

use crate::examples::{self, Build, Expected};
use crate::room::{Room, describe, version};

/// The examples that do not come out as they should, by name.
pub(crate) fn wrong() -> Vec<String> {
    let mut wrong = Vec::new();
    for example in examples::all() {
        let mut versions = example.versions.clone();
        if versions.any(|number| !comes_out(example.build, example.expected, number)) {
            wrong.push(example.name.to_owned());
        }
    }
    for boundary in examples::boundaries() {
        let mut both = (boundary.last..).zip(boundary.expected);
        if both.any(|(number, expected)| !comes_out(boundary.build, expected, number)) {
            wrong.push(boundary.name.to_owned());
        }
    }
    wrong
}

fn comes_out(build: Build, expected: Expected, number: u8) -> bool {
    let mut room = Room::new(version(number));
    let draft = build(&mut room);
    let Ok(event) = room.try_make(&draft) else { return false };
    let Ok(verdict) = room.by_auth_events(&event, draft.signers()) else { return false };
    match (verdict, expected) {
        (Verdict::Allowed { rule }, Expected::Allowed(expected)) => rule == expected,
        (Verdict::Rejected { rule, witness }, Expected::Rejected(expected, because)) => {
            rule == expected && describe(&witness) == because
        }
        _ => false,
    }
}
