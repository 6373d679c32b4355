//! Random histories of Matrix rooms.
//!
//! A [`Script`] says what happens: how a room is created, what users do and when, how the network
//! fails, and who lies. It is data, and any step of it may be left out. [`play`] makes a
//! [`History`](exeunt_laws::History) of it, in any room version. [`scripts`] are random ones, as a
//! proptest strategy; [`shrink`] makes one small that breaks a law.
//! A [`Campaign`] is many of them against many laws, with a [`Report`] that adds up; a [`Search`]
//! looks for one of the [cases](exeunt_laws::cases).
//!
//! A [`NetworkScript`] says what happens to whole homeservers and the messages between them:
//! [`play_network`] makes a [`NetworkHistory`](exeunt_laws::NetworkHistory) of it,
//! [`network_scripts`] are random ones, and [`shrink_network`] makes one small.
//!
//! The parts are strategies too, each of use alone:
//!
//! - [`server_names`], [`user_ids`], [`room_ids`], [`event_ids`]; [`broken_server_names`] and
//!   [`broken_ids`] are near to them, and none.
//! - [`member_contents`], [`power_levels_contents`], [`join_rules_contents`], [`create_contents`],
//!   and [`malformed_contents`].
//! - [`events`] without a room, with the right content hash; [`broken_events`] have a [`Fault`].
//! - [`linear_histories`] and [`histories`]; [`rooms`] and [`forks`], which have several ends.
//!
//! With the feature `state-machine` there is `reference`, too: a reference state machine, against
//! which a homeserver tests its own rooms.

mod among;
mod campaign;
mod contents;
mod events;
mod identifiers;
mod network;
mod play;
#[cfg(feature = "state-machine")]
pub mod reference;
mod rooms;
mod script;
mod scripts;
mod search;
mod shrink;
mod smaller;
mod transpose;

pub use campaign::{
    Campaign, Counterexample, LawReport, NetworkCounterexample, Report, RuleCount, Shape, Smallest,
    UNREACHABLE, VersionReport,
};
pub use contents::{
    RULED_TYPES, create_contents, join_rules_contents, malformed_contents, member_contents,
    power_levels_contents,
};
pub use events::{Fault, broken_events, events};
pub use identifiers::{
    broken_ids, broken_server_names, event_ids, room_ids, server_names, user_ids,
};
pub use network::{
    Manner, NetworkOp, NetworkScript, NetworkScriptError, NetworkSetup, network_scripts,
    play_network, shrink_network,
};
pub use play::play;
pub use rooms::{forks, histories, linear_histories, rooms};
pub use script::{Act, Kind, Lie, Mood, Op, Script, Setup, Step};
pub use scripts::{Size, scripts};
pub use search::{Found, Search, search};
pub use shrink::shrink;
pub use transpose::transpose;
