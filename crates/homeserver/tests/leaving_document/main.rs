//! The document on leaving rooms over federation, one test for each item of its lists.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod access_control;
mod authorisation;
mod errors;
mod house;
mod residents;
mod security;
mod sequence;
