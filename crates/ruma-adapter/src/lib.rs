//! [ruma](https://github.com/ruma/ruma)'s crates as one implementation of Matrix rooms.
//!
//! The command `exeunt-ruma-adapter` answers the line protocol with them; nothing of the model is
//! in it. What ruma leaves to its users is here in the form that the specification gives it:
//! [`Pdu`] keeps an event, [`History`] knows auth chains and subgraphs.

mod answer;
mod authorise;
mod bytes;
mod event;
mod history;
mod pdu;
mod question;
mod resolve;
mod rules;

pub use answer::answer;
pub use bytes::key_pair;
pub use history::History;
pub use pdu::{NotHeld, Pdu};
pub use question::READINGS;
pub use rules::{check_auth_events, check_state};
