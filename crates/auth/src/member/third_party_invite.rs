//! Membership `invite` with a `third_party_invite`.

use exeunt_event::content::{Content, InviteProof, Membership};

use super::Transition;
use crate::check::{Decision, allow, reject};
use crate::{Rule, Witness};

impl<'a> Transition<'_, '_, 'a> {
    pub(super) fn third_party_invite(&self) -> Decision<'a> {
        if self.view.membership(self.target) == Some(Membership::Ban) {
            return reject(Rule::InviteThirdPartyBanned, self.membership(self.target));
        }
        let InviteProof::Signed(signed) = &self.content.third_party_invite else {
            let witness = Witness::Property("content.third_party_invite.signed");
            return reject(Rule::InviteThirdPartyWithoutSigned, witness);
        };
        let (Some(mxid), Some(token)) = (signed.mxid.as_deref(), signed.token.as_deref()) else {
            let path = match signed.mxid {
                None => "content.third_party_invite.signed.mxid",
                Some(_) => "content.third_party_invite.signed.token",
            };
            return reject(Rule::InviteThirdPartyWithoutMxidOrToken, Witness::Property(path));
        };
        if mxid != self.target {
            return reject(Rule::InviteThirdPartyMxid, Witness::Named(mxid));
        }
        let Some(invite) = self.view.third_party_invite(token) else {
            let witness =
                Witness::NoEntry { event_type: "m.room.third_party_invite", state_key: token };
            return reject(Rule::InviteThirdPartyWithoutEvent, witness);
        };
        if self.event.sender() != invite.sender() {
            return reject(Rule::InviteThirdPartySender, Witness::Entry(invite));
        }
        let keys: &[Box<str>] = match invite.content() {
            Content::ThirdPartyInvite(content) => &content.public_keys,
            _ => &[],
        };
        if keys.iter().any(|key| signed.is_signed_by(key, self.view.version)) {
            return allow(Rule::InviteThirdPartySignature);
        }
        reject(Rule::InviteThirdPartyOtherwise, Witness::Entry(invite))
    }
}
