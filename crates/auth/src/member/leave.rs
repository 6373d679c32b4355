//! Membership `leave`: leaving, rejecting an invite, retracting a knock; kicking, unbanning,
//! revoking an invite, denying a knock.

use exeunt_event::content::{Membership, Property};

use super::Transition;
use crate::Rule;
use crate::check::{Decision, allow, reject};

impl<'a> Transition<'_, '_, 'a> {
    pub(super) fn leave(&self) -> Decision<'a> {
        let membership = self.view.membership(self.target);
        if self.sender == self.target {
            let may_leave = match membership {
                Some(Membership::Invite | Membership::Join) => true,
                Some(Membership::Knock) => self.view.version.capabilities.knocking,
                _ => false,
            };
            return if may_leave {
                allow(Rule::LeaveOwn)
            } else {
                reject(Rule::LeaveOwn, self.membership(self.target))
            };
        }
        if let Some(rejected) = self.sender_is_joined(Rule::LeaveSenderNotJoined) {
            return Some(rejected);
        }
        if membership == Some(Membership::Ban)
            && let Some(witness) = self.lacks_level(self.sender, Property::Ban)
        {
            return reject(Rule::LeaveUnban, witness);
        }
        match self.lacks(Property::Kick) {
            None => allow(Rule::LeaveKick),
            Some(witness) => reject(Rule::LeaveOtherwise, witness),
        }
    }
}
