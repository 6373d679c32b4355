//! Membership `ban`.

use exeunt_event::content::Property;

use super::Transition;
use crate::Rule;
use crate::check::{Decision, allow, reject};

impl<'a> Transition<'_, '_, 'a> {
    pub(super) fn ban(&self) -> Decision<'a> {
        self.sender_is_joined(Rule::BanSenderNotJoined).or_else(|| {
            match self.lacks(Property::Ban) {
                None => allow(Rule::BanAllowed),
                Some(witness) => reject(Rule::BanOtherwise, witness),
            }
        })
    }
}
