//! Membership `leave`: leaving, rejecting an invite, retracting a knock; kicking, unbanning,
//! revoking an invite, denying a knock.

use exeunt_event::content::{Membership, Property};
use exeunt_version::Mutant;

use super::Transition;
use crate::Rule;
use crate::check::{Decision, allow, reject};

impl<'a> Transition<'_, '_, 'a> {
    pub(super) fn leave(&self) -> Decision<'a> {
        let version = self.view.version;
        let membership = self.view.membership(self.target);
        if self.sender == self.target {
            let may_leave = match membership {
                Some(Membership::Invite | Membership::Join) => true,
                Some(Membership::Knock) => version.capabilities.knocking,
                _ => version.is_mutant(Mutant::LeaveAfterLeave),
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
        let is_unban = membership == Some(Membership::Ban);
        if is_unban && let Some(witness) = self.lacks_level(self.sender, Property::Ban) {
            return reject(Rule::LeaveUnban, witness);
        }
        let ignores_level = is_unban && version.is_mutant(Mutant::UnbanIgnoresKickLevel);
        let ignores_target = is_unban && version.is_mutant(Mutant::UnbanIgnoresTarget);
        let level = if ignores_level { Property::Ban } else { Property::Kick };
        let lacking =
            if ignores_target { self.lacks_level(self.sender, level) } else { self.lacks(level) };
        match lacking {
            None => allow(Rule::LeaveKick),
            Some(witness) => reject(Rule::LeaveOtherwise, witness),
        }
    }
}
