//! Tests that compare Exeunt with other implementations: see `tests/`, and
//! `docs/DIVERGENCES.md` for what they found. Here is what the benchmarks need too.

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test or a benchmark may stop"
)]

mod pdu;

pub use pdu::Pdu;
