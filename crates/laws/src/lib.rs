//! The laws of Matrix rooms, as predicates over histories, with what is expected of each in each
//! room version.
//!
//! A [`Law`] has a number, a name, a sentence and a source. Asked about a [`History`], it counts
//! how often its premise was met, and gives a [`Witness`] where it broke. Some laws are expected to
//! fail: a search that does not break them is itself suspect.
//!
//! - [`all`]: every law. To add one, write its file and name it in [`mod@event_against_state`],
//!   [`mod@resolution`], [`mod@room`] or [`mod@network`].
//! - [`History`]: what happened, as a list of [`Step`]s. [`Judgement`], [`Arrival`] and [`Merge`]
//!   are the parts of it that laws are about.
//! - [`ask`]: puts laws to a history. [`Parts`]: the same, for who looks at the history's parts too.
//! - [`mod@cases`]: what is known to go wrong in rooms, each with the room versions that have it.
//! - [`NetworkHistory`]: what happened to several homeservers, as a list of [`NetworkStep`]s, and
//!   [`ask_network`].

/// Names the files of a family of laws, one law a file.
macro_rules! laws {
    ($($name:ident),+ $(,)?) => {
        $(mod $name;)+
        /// The laws of this family, in order.
        pub const LAWS: &[crate::Law] = &[$($name::LAW),+];
    };
}

pub mod cases;
mod document;
pub mod event_against_state;
mod history;
mod judgement;
mod law;
mod merge;
pub mod network;
mod network_history;
mod parts;
mod redacted;
pub mod resolution;
pub mod room;

pub use document::markdown;
pub use history::{Arrival, History, Moment, Server, Step};
pub use judgement::Judgement;
pub use law::{About, Answer, Expected, Law, Tally, Witness};
pub use merge::{Merge, Resolver};
pub use network_history::{Happening, NetworkHistory, NetworkStep};
pub use parts::Parts;

/// Every law, in the order of their numbers.
pub fn all() -> impl Iterator<Item = &'static Law> {
    let rooms = event_against_state::LAWS.iter().chain(resolution::LAWS).chain(room::LAWS);
    rooms.chain(network::LAWS)
}

/// The law of that number or name.
pub fn law(name: &str) -> Option<&'static Law> {
    all().find(|law| law.id == name || law.name == name)
}

/// What each of the laws says of a history, in their order.
pub fn ask<'l>(laws: impl IntoIterator<Item = &'l Law>, history: &History) -> Vec<Tally> {
    Parts::new(history).ask(laws)
}

/// What each of the laws says of what happened to several homeservers, in their order. Laws about
/// rooms say nothing of it.
pub fn ask_network<'l>(
    laws: impl IntoIterator<Item = &'l Law>,
    history: &NetworkHistory,
) -> Vec<Tally> {
    let tally = |law: &Law| match law.about {
        About::Network(check) => check(history),
        _ => Tally::default(),
    };
    laws.into_iter().map(tally).collect()
}
