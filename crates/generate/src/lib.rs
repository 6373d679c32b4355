//! Random histories of Matrix rooms.
//!
//! A [`Script`] says what happens: how a room is created, what users do and when, how the network
//! fails, and who lies. It is data, and any step of it may be left out. [`play`] makes a
//! [`History`](exeunt_laws::History) of it, in any room version. [`scripts`] are random ones, as a
//! proptest strategy; [`shrink`] makes one small that breaks a law.
//! A [`Campaign`] is many of them against many laws, with a [`Report`] that adds up.

mod campaign;
mod play;
mod script;
mod scripts;
mod shrink;
mod transpose;

pub use campaign::{
    Campaign, Counterexample, LawReport, Report, RuleCount, Shape, Smallest, VersionReport,
};
pub use play::play;
pub use script::{Act, Kind, Lie, Mood, Op, Script, Setup, Step};
pub use scripts::{Size, scripts};
pub use shrink::shrink;
pub use transpose::transpose;
