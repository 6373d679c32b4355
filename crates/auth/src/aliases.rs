//! The rule about `m.room.aliases`, in versions 1 to 5.

use exeunt_event::{Event, EventType};

use crate::check::{Decision, allow, reject};
use crate::state::View;
use crate::{Rule, Witness};

pub(crate) fn check<'a>(event: &'a Event, view: &View<'_, 'a>) -> Decision<'a> {
    if !view.version.capabilities.aliases_rule || *event.event_type() != EventType::Aliases {
        return None;
    }
    let Some(state_key) = event.state_key() else {
        return reject(Rule::AliasesWithoutStateKey, Witness::Property("state_key"));
    };
    if event.sender().domain() != state_key {
        return reject(Rule::AliasesDomain, Witness::Named(state_key));
    }
    allow(Rule::AliasesAllowed)
}
