//! Membership `join`.

use exeunt_event::content::{AuthorisingUser, JoinRule, Membership, Property};
use exeunt_version::Mutant;

use super::Transition;
use crate::check::{Decision, allow, reject};
use crate::{Rule, Witness};

impl<'a> Transition<'_, '_, 'a> {
    pub(super) fn join(&self) -> Decision<'a> {
        let version = self.view.version;
        let capabilities = &version.capabilities;
        if self.is_first_join() {
            return allow(Rule::JoinCreator);
        }
        if self.sender != self.target {
            return reject(Rule::JoinForAnother, Witness::Named(self.target));
        }
        let membership = self.view.membership(self.sender);
        if membership == Some(Membership::Ban) {
            return reject(Rule::JoinBanned, self.membership(self.sender));
        }
        let join_rule = self.view.join_rule();
        let is_known = matches!(membership, Some(Membership::Invite | Membership::Join));
        match join_rule {
            Some(JoinRule::Invite) => self.invited_join(is_known),
            Some(JoinRule::Knock) if capabilities.knocking => self.invited_join(is_known),
            Some(JoinRule::Restricted)
                if capabilities.restricted_joins || version.is_mutant(Mutant::RestrictedEarly) =>
            {
                self.restricted_join(is_known)
            }
            Some(JoinRule::KnockRestricted)
                if capabilities.knock_restricted_joins
                    || version.is_mutant(Mutant::KnockRestrictedEarly) =>
            {
                self.restricted_join(is_known)
            }
            Some(JoinRule::Public) => allow(Rule::JoinPublic),
            _ => reject(Rule::JoinOtherwise, Witness::JoinRule(join_rule)),
        }
    }

    fn invited_join(&self, is_known: bool) -> Decision<'a> {
        if is_known {
            return allow(Rule::JoinInvited);
        }
        // An invitation would have let the user in: that they lack one decides.
        reject(Rule::JoinOtherwise, self.membership(self.sender))
    }

    fn restricted_join(&self, is_known: bool) -> Decision<'a> {
        if is_known {
            return allow(Rule::JoinRestrictedMember);
        }
        let AuthorisingUser::User(user) = &self.content.authorising_user else {
            let witness = Witness::Property("content.join_authorised_via_users_server");
            return reject(Rule::JoinRestrictedAuthoriser, witness);
        };
        let user = user.as_str();
        if !self.view.is_joined(user) {
            return reject(Rule::JoinRestrictedAuthoriser, self.membership(user));
        }
        if let Some(witness) = self.lacks_level(user, Property::Invite) {
            return reject(Rule::JoinRestrictedAuthoriser, witness);
        }
        allow(Rule::JoinRestrictedAllowed)
    }
}
