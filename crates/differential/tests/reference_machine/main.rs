//! Rooms on `ruma-state-res` as the system under test of the reference state machine, as
//! `docs/TESTING-A-HOMESERVER.md` has it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod against_ruma;
mod document;
mod homeserver;
mod my_test;
mod planted;
mod ruma_room;
