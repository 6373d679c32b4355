//! Membership `invite` with a `third_party_invite`.

use exeunt_event::base64;
use exeunt_event::content::{Content, InviteProof, Membership, SignedInvite};
use exeunt_event::signatures::ed25519::VerifyingKey;
use exeunt_version::{RoomVersion, ThirdPartySignatures};

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
        if keys.iter().any(|key| matches(signed, key, self.view.version)) {
            return allow(Rule::InviteThirdPartySignature);
        }
        reject(Rule::InviteThirdPartyOtherwise, Witness::Entry(invite))
    }
}

/// Whether a signature of the proof is by that key.
fn matches(signed: &SignedInvite, key: &str, version: &RoomVersion) -> bool {
    let decoded = base64::decode_array_of_either(key);
    let Some(key) = decoded.and_then(|key| VerifyingKey::new(&key, version.readings.ed25519))
    else {
        return false;
    };
    let counted = match version.readings.third_party_signatures {
        ThirdPartySignatures::Any => usize::MAX,
        ThirdPartySignatures::First => 1,
    };
    signed
        .signatures
        .iter()
        .take(counted)
        .filter_map(|signature| base64::decode_array(signature))
        .any(|signature| key.verify(&signed.signable, &signature))
}
