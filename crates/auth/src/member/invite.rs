//! Membership `invite`.

use exeunt_event::content::{InviteProof, Membership, Property};

use super::Transition;
use crate::Rule;
use crate::check::{Decision, allow, reject};

impl<'a> Transition<'_, '_, 'a> {
    pub(super) fn invite(&self) -> Decision<'a> {
        if !matches!(self.content.third_party_invite, InviteProof::Absent) {
            return self.third_party_invite();
        }
        if let Some(rejected) = self.sender_is_joined(Rule::InviteSenderNotJoined) {
            return Some(rejected);
        }
        if let Some(Membership::Join | Membership::Ban) = self.view.membership(self.target) {
            return reject(Rule::InviteTargetJoinedOrBanned, self.membership(self.target));
        }
        match self.lacks_level(self.sender, Property::Invite) {
            None => allow(Rule::InviteAllowed),
            Some(witness) => reject(Rule::InviteOtherwise, witness),
        }
    }
}
