//! Exeunt beside ruma: random questions, the same answers.
//!
//! Where the answers differ, the text decides. A difference that remains is a variant of
//! [`explain::Departure`], has a named test with the smallest question in `departures`, and a
//! section in `docs/DIVERGENCES.md`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a question that cannot be put fails its test"
)]

mod adapter;
mod departures;
mod events;
mod explain;
mod format;
mod generate;
mod identifiers;
mod json;
mod peer;
mod resolve;
mod resolve_departures;
mod resolve_explain;
mod resolve_peer;
mod scene;
mod signatures;
mod verdicts;
