//! Every law is kept by some history in which its premise is met, and broken by another: by one of
//! no more events than it says if it is expected to fail, and by a falsified verdict, state or
//! resolution if it is expected to hold.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod document;
mod event_against_state;
mod named_cases;
mod network;
mod network_told;
mod resolution;
mod rooms;
mod told;
#[path = "../../../room/tests/world/mod.rs"]
mod world;
