//! Holds the repository against `docs/ARCHITECTURE.md` and the rules of the house.
//!
//! All of it is tests, in `tests/house`.
