//! Which state wins where branches of a room meet.
//!
//! State resolution v1, v2 and v2.1, each twice: [`definition`] reads like the text of the
//! specification and cares about nothing else; [`resolve`] is what one calls, gives the same state
//! and the same account of it, and is fast. Which algorithm it is, the room version says.
//!
//! - [`Pool`]: events without a room around them, to resolve states of.
//! - [`StateSet`]: a state, as [`Key`]s and numbers of events.
//! - [`Resolution`]: the resolved state with its [`Account`]: which events were in conflict, in
//!   which order they were looked at and why, and the verdict and rule for each at its step.

pub mod definition;
mod events;
mod fast;
mod keys;
mod pool;
mod resolution;
mod state_set;
mod story;

pub use events::{Body, Events, StateEvent};
pub use fast::resolve;
pub use keys::{Key, Keys, Names, Question};
pub use pool::{Pool, Pooled, StateError};
pub use resolution::{
    Account, AccountV1, AccountV2, Candidate, CandidateOutcome, Contest, MainlineKey, Pass,
    PowerKey, Resolution, Step,
};
pub use state_set::StateSet;
pub use story::{Fate, Place, Story, Winner};
