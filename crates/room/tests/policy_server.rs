//! Check 7: where a room uses a policy server, events that it did not sign are soft-failed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod world;

use exeunt_event::base64;
use exeunt_event::signatures::{SigningKey, signed_event};
use exeunt_room::{Check, Context, Input, Outcome, Receipt, Standing};
use exeunt_version::{LenientNumbers, RoomVersion};
use serde_json::{Value as Json, json};
use world::{
    ALICE, BOB, CAROL, Draft, Scribe, join, member, message, object, state, topic, version,
};

const SERVER: &str = "policy.example";
const GUARD: &str = "@guard:policy.example";

fn policy_key() -> SigningKey {
    SigningKey::from_seed(SERVER, "ed25519:policy_server", &[9; 32])
}

fn public_key(version: &RoomVersion) -> String {
    base64::encode(policy_key().verifying_key(version.readings.ed25519).unwrap().as_bytes())
}

fn policy(content: Json) -> Draft {
    state(ALICE, "m.room.policy", "", content)
}

/// A room whose policy server is there and named.
fn guarded(version: RoomVersion) -> Scribe {
    let mut scribe = Scribe::peopled(version);
    scribe.write("guard", join(GUARD));
    let key = public_key(scribe.room.version());
    scribe.write("policy", policy(json!({ "via": SERVER, "public_keys": { "ed25519": key } })));
    scribe
}

/// The PDU with the policy server's signature beside the others.
fn recommended(pdu: &[u8], key: &SigningKey, version: &RoomVersion) -> Vec<u8> {
    signed_event(object(pdu), key, version).unwrap().text().as_bytes().to_vec()
}

/// What becomes of an event that is received.
fn receive(scribe: &Scribe, pdu: &[u8]) -> Receipt {
    scribe.room.receive(pdu, Context::default()).1
}

fn is_refused(receipt: &Receipt) -> bool {
    match &receipt.outcome {
        Outcome::Decided(Standing::SoftFailed(refusal)) => {
            assert_eq!((refusal.check, refusal.rule), (Check::PolicyServer, None));
            assert!(refusal.reason.contains(SERVER), "{}", refusal.reason);
            true
        }
        Outcome::Decided(Standing::Accepted) => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_event_without_the_policy_servers_signature_is_soft_failed_in_every_version() {
    for number in 1..=12 {
        let mut scribe = guarded(version(number));
        let version = scribe.room.version().clone();
        scribe.forge("spam", message(CAROL, "spam"));
        let pdu = scribe.pdu("spam").to_vec();
        assert!(is_refused(&receive(&scribe, &pdu)), "{number}");
        let signed = recommended(&pdu, &policy_key(), &version);
        assert!(!is_refused(&receive(&scribe, &signed)), "{number}");
        let (room, _) = scribe.room.receive(&pdu, Context::default());
        assert_eq!(room.forward_extremities(), scribe.room.forward_extremities(), "{number}");
        assert_eq!(room.current_state(), scribe.room.current_state(), "{number}");
    }
}

#[test]
fn only_the_key_that_the_room_names_counts() {
    let mut scribe = guarded(version(11));
    let version = scribe.room.version().clone();
    scribe.forge("hello", message(CAROL, "hello"));
    let pdu = scribe.pdu("hello").to_vec();
    let other_key = SigningKey::from_seed(SERVER, "ed25519:policy_server", &[8; 32]);
    let other_id = SigningKey::from_seed(SERVER, "ed25519:1", &[9; 32]);
    let other_server = SigningKey::from_seed("b.example", "ed25519:policy_server", &[9; 32]);
    for key in [other_key, other_id, other_server] {
        assert!(is_refused(&receive(&scribe, &recommended(&pdu, &key, &version))));
    }
    // What the signature is over is the event, not what somebody makes of it.
    let mut changed = object(&pdu).into_owned();
    changed.insert("origin_server_ts", 5);
    let mut signed = object(&recommended(&pdu, &policy_key(), &version)).into_owned();
    let signatures = signed.remove("signatures").unwrap();
    changed.insert("signatures", signatures);
    let bytes = changed.to_canonical(LenientNumbers::Value).into_bytes();
    assert!(is_refused(&receive(&scribe, &bytes)));
}

#[test]
fn every_event_needs_it_but_the_one_that_names_the_policy_server() {
    let mut scribe = guarded(version(11));
    scribe.forge("leave", member(CAROL, CAROL, "leave").after(&["policy"]));
    scribe.forge("topic", topic(ALICE, "Exits").after(&["policy"]));
    scribe.forge("keyed", state(ALICE, "m.room.policy", "other", json!({})).after(&["policy"]));
    scribe.forge("message", message(ALICE, "hello").after(&["policy"]));
    for name in ["leave", "topic", "keyed", "message"] {
        assert!(is_refused(&receive(&scribe, scribe.pdu(name))), "{name}");
    }
    scribe.forge("none", policy(json!({})).after(&["policy"]));
    assert!(!is_refused(&receive(&scribe, scribe.pdu("none"))));
    let after = scribe.room.receive(scribe.pdu("none"), Context::default()).0;
    let mut unguarded = scribe.clone();
    unguarded.room = after;
    unguarded.forge("free", message(CAROL, "nobody guards this room now").after(&["none"]));
    assert!(!is_refused(&receive(&unguarded, unguarded.pdu("free"))));
}

#[test]
fn a_room_uses_a_policy_server_that_is_named_in_full_and_has_a_user_in_it() {
    let key = public_key(&version(11));
    for content in [
        json!({}),
        json!({ "via": SERVER }),
        json!({ "via": 7, "public_keys": { "ed25519": key } }),
        json!({ "via": SERVER, "public_keys": {} }),
        json!({ "via": SERVER, "public_keys": { "ed25519": 7 } }),
        json!({ "via": "nobody.example", "public_keys": { "ed25519": key } }),
    ] {
        let mut scribe = Scribe::peopled(version(11));
        scribe.write("guard", join(GUARD));
        scribe.write("policy", policy(content.clone()));
        scribe.forge("hello", message(CAROL, "hello"));
        assert!(!is_refused(&receive(&scribe, scribe.pdu("hello"))), "{content}");
    }
    // A key that is none is named all the same, and nothing can be signed with it.
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("guard", join(GUARD));
    let content = json!({ "via": SERVER, "public_keys": { "ed25519": "none" } });
    scribe.write("policy", policy(content));
    scribe.forge("hello", message(CAROL, "hello"));
    let signed = recommended(scribe.pdu("hello"), &policy_key(), &version(11));
    assert!(is_refused(&receive(&scribe, &signed)));
}

#[test]
fn a_policy_server_without_a_user_in_the_room_is_none() {
    let mut scribe = guarded(version(11));
    let version = scribe.room.version().clone();
    scribe.forge("kick", member(ALICE, GUARD, "leave"));
    let kick = recommended(scribe.pdu("kick"), &policy_key(), &version);
    scribe.room = scribe.room.receive(&kick, Context::default()).0;
    scribe.forge("hello", message(CAROL, "hello").after(&["kick"]));
    assert!(!is_refused(&receive(&scribe, scribe.pdu("hello"))));
}

#[test]
fn what_the_server_sends_itself_needs_it_too_and_its_own_join_does_not() {
    let mut scribe = guarded(version(11));
    scribe.forge("hello", message(BOB, "hello"));
    let mut room = scribe.room.clone();
    assert!(is_refused(&room.take(&Input::Sent(scribe.pdu("hello").into()), Context::default())));
    let state = room.current_state().clone();
    let state = room.event_ids(&state).into_iter().cloned().collect();
    scribe.forge("again", join("@erin:a.example").after(&["policy"]));
    let joined = Input::Joined { pdu: scribe.pdu("again").into(), state };
    assert!(!is_refused(&room.take(&joined, Context::default())));
}

#[test]
fn an_event_that_the_current_state_forbids_fails_by_that_check() {
    let mut scribe = guarded(version(11));
    scribe.forge("ban", member(ALICE, CAROL, "ban"));
    scribe.forge("late", message(CAROL, "I was here before").after(&["policy"]));
    let version = scribe.room.version().clone();
    let ban = recommended(scribe.pdu("ban"), &policy_key(), &version);
    scribe.room = scribe.room.receive(&ban, Context::default()).0;
    let receipt = receive(&scribe, scribe.pdu("late"));
    let Outcome::Decided(Standing::SoftFailed(refusal)) = receipt.outcome else {
        panic!("{receipt:?}");
    };
    assert_eq!(refusal.check, Check::CurrentState);
}

#[test]
fn signing_again_keeps_the_signatures_that_were_there() {
    let scribe = Scribe::peopled(version(11));
    let signed = recommended(scribe.pdu("bob"), &policy_key(), scribe.room.version());
    let object = object(&signed).into_owned();
    let signatures = object.get("signatures").unwrap().as_object().unwrap();
    assert!(signatures.contains_key("b.example") && signatures.contains_key(SERVER));
}
