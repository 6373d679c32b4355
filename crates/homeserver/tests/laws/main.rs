//! Laws F5 to F10, totality and convergence, over random sequences of inputs.
//!
//! A [`plan`] is data: what users do, in which order messages arrive, and what is lost, doubled or
//! falsified. The [`world`] carries it out and shows each step to a law, as the network before and
//! after it. Each law counts how often its premise was met, and a sample that is the same in every
//! run has to meet it often enough.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod acl;
mod claims;
mod convergence;
mod faults;
mod forgetting;
mod plan;
mod reading;
mod rejecting;
mod repetition;
mod signatures;
mod totality;
mod world;
