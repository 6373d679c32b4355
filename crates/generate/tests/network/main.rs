//! Networks of homeservers: what happens in them, and the laws that are about them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod campaigns;
mod forgetting;
mod laws;
mod liveliness;
mod sample;
mod scripts;
mod shrinking;
