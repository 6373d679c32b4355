//! Tests that compare Exeunt with other implementations: see `tests/`, and
//! `docs/DIVERGENCES.md` for what they found.
