//! The rule about state keys that are user IDs.

use exeunt_event::Event;

use crate::check::{Decision, reject};
use crate::{Rule, Witness};

pub(crate) fn check(event: &Event) -> Decision<'_> {
    let key = event.state_key_bytes()?;
    if !key.starts_with(b"@") || key == event.sender().as_bytes() {
        return None;
    }
    reject(Rule::StateKeyOfAnother, Witness::Named(event.state_key()?))
}
