//! Holds the repository against `docs/ARCHITECTURE.md` and the rules of the house.
//!
//! Each check is a pure function that lists what it refuses, with a test that it refuses a bad
//! example, and a test that it refuses nothing of this repository.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "all of it is tests, and what cannot be read fails them"
)]

mod determinism;
mod documents;
mod features;
mod floors;
mod licences;
mod mutants;
mod repository;
mod sources;
mod top_level;

/// Fails with everything that a check has refused.
#[track_caller]
fn refuse(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
