//! The laws of state resolution: those that hold, as properties of random forks, and those that do
//! not, as searches that must find why, beside the smallest history that shows it.

#![allow(clippy::unwrap_used, reason = "a law fails by panicking")]

#[path = "cases/room/mod.rs"]
mod room;

mod laws {
    mod bans;
    mod fork;
    mod hold;
    mod search;
    mod smallest;
}
