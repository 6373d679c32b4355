//! Event IDs, content hashes, redaction, signing.

use exeunt_event::json::{self, Object, Value};
use exeunt_event::signatures::{SigningKey, hash_and_sign, sign_json};
use exeunt_event::{Event, hashes, redaction};
use exeunt_regressions::proptest::prelude::*;
use exeunt_version::{EventIds, LenientNumbers, Readings, RedactedThirdPartyInvite, RoomVersion};
use serde_json::Value as Json;

use crate::{generate, peer};

pub(crate) fn object(json: &Json) -> Object<'static> {
    match json::parse_lenient(json.to_string().as_bytes()).unwrap().value.into_owned() {
        Value::Object(object) => object,
        other => panic!("{other:?} is no object"),
    }
}

/// The version, read as ruma reads what redaction keeps.
fn read_alike(version: RoomVersion) -> RoomVersion {
    let redacted_third_party_invite = RedactedThirdPartyInvite::Empty;
    version.with_readings(Readings { redacted_third_party_invite, ..Readings::default() })
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 1_000))]

    #[test]
    fn an_event_has_the_same_id((version, pdu) in generate::versioned_pdu()) {
        let version = read_alike(version);
        let event = Event::from_object(&object(&pdu), &version).unwrap();
        let rules = peer::rules(&version);
        let theirs = ruma_signatures::reference_hash(&peer::canonical(&pdu), &rules).unwrap();
        let ours = match version.capabilities.event_ids {
            // The ID is chosen; the hash is the same all the same.
            EventIds::Sent => exeunt_event::base64::encode(
                hashes::reference_hash(&object(&pdu), &version),
            ),
            _ => event.event_id().as_str().strip_prefix('$').unwrap().to_owned(),
        };
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn an_event_has_the_same_content_hash((version, pdu) in generate::versioned_pdu()) {
        let ours = hashes::content_hash(&object(&pdu), &version);
        let theirs = ruma_signatures::content_hash(&peer::canonical(&pdu)).unwrap();
        prop_assert_eq!(&ours[..], theirs.as_bytes());
    }

    #[test]
    fn redaction_keeps_the_same((version, pdu) in generate::versioned_pdu()) {
        let version = read_alike(version);
        let ours = redaction::redact(&object(&pdu), &version);
        let rules = peer::rules(&version).redaction;
        let theirs =
            ruma_common::canonical_json::redact(peer::canonical(&pdu), &rules, None).unwrap();
        prop_assert_eq!(
            ours.to_canonical(LenientNumbers::Value),
            serde_json::to_string(&theirs).unwrap()
        );
    }

    #[test]
    fn a_seed_signs_an_event_alike((version, pdu) in generate::versioned_pdu(), seed: [u8; 32]) {
        let version = read_alike(version);
        let mut ours = object(&pdu);
        hash_and_sign(
            &mut ours,
            &SigningKey::from_seed("one.example", "ed25519:a_1", &seed),
            &version,
        );
        let mut theirs = peer::canonical(&pdu);
        let (pair, rules) = (peer::key_pair(&seed, "a_1"), peer::rules(&version));
        ruma_signatures::hash_and_sign_event("one.example", &pair, &mut theirs, &rules.redaction)
            .unwrap();
        prop_assert_eq!(
            ours.to_canonical(LenientNumbers::Value),
            serde_json::to_string(&theirs).unwrap()
        );
    }

    #[test]
    fn a_seed_signs_json_alike(
        members in prop::collection::btree_map("[a-z]{1,9}", generate::value(), 0..6),
        seed: [u8; 32],
    ) {
        let json = Json::Object(members.into_iter().collect());
        let mut ours = object(&json);
        sign_json(&mut ours, &SigningKey::from_seed("one.example", "ed25519:1", &seed));
        let mut theirs = peer::canonical(&json);
        let pair = peer::key_pair(&seed, "1");
        ruma_signatures::sign_json("one.example", &pair, &mut theirs).unwrap();
        prop_assert_eq!(
            ours.to_canonical(LenientNumbers::Value),
            serde_json::to_string(&theirs).unwrap()
        );
    }
}
