//! Proofs of third-party invites, by one identity server. A user's is the same in every game, and
//! signing and checking each anew would take more time than all the rules do.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use exeunt_event::content::{Content, InviteProof, SignedInvite};
use exeunt_event::json::Object;
use exeunt_event::signatures::{SigningKey, sign_json};
use exeunt_event::{Event, base64};

use super::act::TOKEN;
use super::cast::Cast;

thread_local! {
    /// What was signed, by user.
    static SIGNED: RefCell<BTreeMap<String, Object<'static>>> =
        const { RefCell::new(BTreeMap::new()) };
    /// An event with each.
    static CHECKED: RefCell<BTreeMap<Box<str>, Event>> = const { RefCell::new(BTreeMap::new()) };
}

/// The identity server's public key.
pub(crate) fn identity_key() -> String {
    base64::encode(key().public_bytes())
}

fn key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::from_seed("identity.example", "ed25519:0", &[7; 32]))
}

/// `content.third_party_invite` for a user.
pub(crate) fn of(cast: &Cast, target: usize) -> Object<'static> {
    let user = cast.id(target);
    let signed = SIGNED.with_borrow_mut(|signed| match signed.get(user) {
        Some(known) => known.clone(),
        None => signed.entry(user.to_owned()).or_insert(sign(user)).clone(),
    });
    let mut proof = Object::new();
    proof.insert("display_name", "t");
    proof.insert("signed", signed);
    proof
}

fn sign(user: &str) -> Object<'static> {
    let mut signed = Object::new();
    signed.insert("mxid", user.to_owned());
    signed.insert("token", TOKEN);
    sign_json(&mut signed, key());
    signed
}

/// Tells an event with a proof what came of checking the same proof in an earlier one, or keeps the
/// event for later ones. No answer changes; the signature is not checked again.
pub(crate) fn recall(event: &Event) {
    let Some((proof, user)) = proof(event) else { return };
    CHECKED.with_borrow_mut(|checked| {
        let earlier = checked.get(user).and_then(self::proof);
        if !earlier.is_some_and(|(earlier, _)| proof.learn_from(earlier)) {
            checked.insert(user.into(), event.clone());
        }
    });
}

fn proof(event: &Event) -> Option<(&SignedInvite, &str)> {
    let Content::Member(member) = event.content() else { return None };
    let InviteProof::Signed(proof) = &member.third_party_invite else { return None };
    Some((proof, proof.mxid.as_deref()?))
}
