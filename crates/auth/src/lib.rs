//! May this event happen, given this state?
//!
//! Every verdict names the [`Rule`] that gave it. The number of a rule depends on the room version,
//! because rules come and go between versions: [`Rule::number`] counts them as the text does.

mod rule;

pub use rule::{Effect, Rule, RuleNumber, RuleNumberError, UnknownRule, table_markdown};
