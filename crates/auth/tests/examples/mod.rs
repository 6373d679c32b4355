//! Named examples: at least one for everything that a rule may say.
//!
//! An example is a room, an event, and what the rules must say of it in a range of room versions.

mod boundaries;
mod citations;
mod create;
mod invites;
mod joins;
mod knocks;
mod leaves;
mod level_changes;
mod level_forms;
mod mutants;
mod readings;
mod room_wide;
mod senders;

use std::ops::RangeInclusive;

use exeunt_auth::Rule;

use crate::room::{Draft, Room};

pub(crate) use boundaries::boundaries;
pub(crate) use readings::{ELSEWHERE, choices};

/// What the rules must say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Allowed(Rule),
    /// By this rule, with this witness (see [`crate::room::describe`]).
    Rejected(Rule, &'static str),
}

/// How an example comes about.
pub(crate) type Build = fn(&mut Room) -> Draft;

/// An example.
pub(crate) struct Example {
    /// What it shows.
    pub(crate) name: &'static str,
    /// The room versions in which it holds.
    pub(crate) versions: RangeInclusive<u8>,
    pub(crate) build: Build,
    pub(crate) expected: Expected,
}

/// The same in two neighbouring room versions, where it has two outcomes.
pub(crate) struct Boundary {
    pub(crate) name: &'static str,
    /// The older of the two versions.
    pub(crate) last: u8,
    pub(crate) build: Build,
    pub(crate) expected: [Expected; 2],
}

/// The same in all readings of a sentence, each with another outcome.
pub(crate) struct Choice {
    pub(crate) reading: &'static str,
    pub(crate) versions: RangeInclusive<u8>,
    pub(crate) build: Build,
    /// The outcome of every choice.
    pub(crate) expected: &'static [(&'static str, Expected)],
}

/// An example of what a rule allows.
pub(crate) fn allowed(
    rule: Rule,
    name: &'static str,
    versions: RangeInclusive<u8>,
    build: Build,
) -> Example {
    Example { name, versions, build, expected: Expected::Allowed(rule) }
}

/// An example of what a rule rejects, and because of what.
pub(crate) fn rejected(
    rule: Rule,
    witness: &'static str,
    name: &'static str,
    versions: RangeInclusive<u8>,
    build: Build,
) -> Example {
    Example { name, versions, build, expected: Expected::Rejected(rule, witness) }
}

/// All of them, in the order of the rules.
pub(crate) fn all() -> Vec<Example> {
    [
        create::examples(),
        citations::examples(),
        room_wide::examples(),
        joins::examples(),
        invites::examples(),
        leaves::examples(),
        knocks::examples(),
        senders::examples(),
        level_forms::examples(),
        level_changes::examples(),
        mutants::examples(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
