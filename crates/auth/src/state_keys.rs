//! The rule about state keys that are user IDs.

use exeunt_event::Event;

use crate::check::{Decision, reject};
use crate::{Rule, Witness};

pub(crate) fn check(event: &Event) -> Decision<'_> {
    let another = event.state_key().filter(|key| key.starts_with('@') && event.sender() != *key);
    another.and_then(|key| reject(Rule::StateKeyOfAnother, Witness::Named(key)))
}
