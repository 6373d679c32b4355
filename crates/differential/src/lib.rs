//! Tests that compare Exeunt with other implementations: see `tests/`, and
//! `docs/DIVERGENCES.md` for what they found. Here is what the benchmarks need too.

pub use exeunt_ruma_adapter::Pdu;
