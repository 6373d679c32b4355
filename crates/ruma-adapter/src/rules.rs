//! Both halves of the authorisation rules, asked of events at hand.

use ruma_common::EventId;
use ruma_common::room_version_rules::AuthorizationRules;
use ruma_state_res::Event as _;

use crate::Pdu;

/// The rules about a given state.
pub fn check_state(rules: &AuthorizationRules, event: &Pdu, state: &[Pdu]) -> Result<(), String> {
    ruma_state_res::check_state_dependent_auth_rules(rules, event, |event_type, state_key| {
        state.iter().find(|entry| entry.is_state(&event_type.clone().into(), state_key))
    })
}

/// The rules about the event and its own auth events.
pub fn check_auth_events(
    rules: &AuthorizationRules,
    event: &Pdu,
    events: &[Pdu],
) -> Result<(), String> {
    ruma_state_res::check_state_independent_auth_rules(rules, event, |id: &EventId| {
        events.iter().find(|other| other.event_id() == id && other.event_id() != event.event_id())
    })
}
