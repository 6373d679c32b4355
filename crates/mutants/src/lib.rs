//! The mistakes that implementations have made, and what finds them.

#![cfg(feature = "mutants")]

mod laws;
mod vectors;

pub use laws::{Kill, campaign, first_kill};
pub use vectors::{Suite, VECTORS, Vector, vector};
