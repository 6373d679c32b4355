//! The mistakes that implementations have made ([`exeunt_version::Mutant`]), and what finds them.

#[cfg(feature = "mutants")]
mod laws;
#[cfg(feature = "mutants")]
mod table;
#[cfg(feature = "mutants")]
mod vectors;

#[cfg(feature = "mutants")]
pub use laws::{Kill, first_kill, is_killed_again};
#[cfg(feature = "mutants")]
pub use table::{NETWORKS, ROOMS, kills, markdown};
#[cfg(feature = "mutants")]
pub use vectors::{Suite, VECTORS, Vector, vector};
