//! Membership `knock`, from version 7 on.

use exeunt_event::content::{JoinRule, Membership};
use exeunt_version::{InviteToKnock, Mutant};

use super::Transition;
use crate::check::{Decision, allow, reject};
use crate::{Rule, Witness};

impl<'a> Transition<'_, '_, 'a> {
    pub(super) fn knock(&self) -> Decision<'a> {
        let version = self.view.version;
        let join_rule = self.view.join_rule();
        let may_knock = match join_rule {
            Some(JoinRule::Knock) => true,
            Some(JoinRule::KnockRestricted) => {
                version.capabilities.knock_restricted_joins
                    || version.is_mutant(Mutant::KnockRestrictedEarly)
            }
            _ => version.is_mutant(Mutant::KnockAnywhere),
        };
        if !may_knock {
            return reject(Rule::KnockJoinRule, Witness::JoinRule(join_rule));
        }
        if self.sender != self.target {
            return reject(Rule::KnockForAnother, Witness::Named(self.target));
        }
        match self.view.membership(self.sender) {
            Some(Membership::Invite)
                if version.readings.invite_to_knock == InviteToKnock::Allowed =>
            {
                allow(Rule::KnockAllowed)
            }
            Some(Membership::Ban | Membership::Invite | Membership::Join) => {
                reject(Rule::KnockOtherwise, self.membership(self.sender))
            }
            _ => allow(Rule::KnockAllowed),
        }
    }
}
