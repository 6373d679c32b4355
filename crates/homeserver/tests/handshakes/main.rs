//! Handshakes between model servers, in every room version.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod house;
mod one_room_of_three;
