//! Other implementations: processes that answer the line protocol.

mod arrivals;
mod asking;
mod claims;
mod process;

pub(crate) use asking::{Asking, Fate, Line, Settings};
pub(crate) use claims::Claims;
