//! May this event happen, given this state?
//!
//! The authorisation rules of every room version, as pure functions over (version, event, state),
//! in the two halves that the text has:
//!
//! - [`check_auth_events`]: the rules about the event and its own `auth_events`;
//! - [`check_state`]: the rules about a given state.
//!
//! [`check_by_auth_events`] is both, as receipt check 4 has them. There is a module for each family
//! of rules; each function takes an event and either decides or leaves it to the next rule.
//!
//! Every verdict names the [`Rule`] that gave it. The number of a rule depends on the room version,
//! because rules come and go between versions: [`Rule::number`] counts them as the text does.

mod aliases;
mod auth_events;
mod check;
mod create;
mod federate;
mod member;
mod power;
mod power_levels;
mod redaction;
mod required_power;
mod rule;
mod selection;
mod sender;
mod state;
mod state_keys;
mod verdict;

pub use check::{
    AuthEvent, ServerSignatures, check_auth_events, check_by_auth_events, check_state,
    is_plain_state,
};
pub use power::{Power, power};
pub use rule::{Effect, Rule, RuleNumber, RuleNumberError, UnknownRule, table_markdown};
pub use selection::Selection;
pub use state::{FewEvents, State, StateMap};
pub use verdict::{LevelOf, MissingAuthEvent, Verdict, Witness};
