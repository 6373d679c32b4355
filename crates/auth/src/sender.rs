//! The rule about the sender's membership.

use exeunt_event::Event;

use crate::check::{Decision, reject};
use crate::state::View;
use crate::{Rule, Witness};

pub(crate) fn check<'a>(event: &'a Event, view: &View<'_, 'a>) -> Decision<'a> {
    if view.sender_is_joined(event) {
        None
    } else {
        reject(Rule::SenderNotJoined, not_joined(event, view))
    }
}

/// The sender's membership as a witness.
pub(crate) fn not_joined<'a>(event: &'a Event, view: &View<'_, 'a>) -> Witness<'a> {
    let user = event.sender().as_str();
    Witness::Membership { user, membership: view.membership(user) }
}
