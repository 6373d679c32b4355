//! Receipt checks 2 and 3: signatures and the content hash.

use std::collections::BTreeMap;

use exeunt_event::signatures::{self, Keys, PublishedKey, SigningKey, hash_and_sign};
use exeunt_event::{Event, hashes};
use exeunt_regressions::proptest::prelude::*;
use exeunt_version::{Ed25519, EventIds, Readings, RoomVersion};
use ruma_common::serde::Base64;
use ruma_signatures::{PublicKeyMap, Verified};
use serde_json::{Value as Json, json};

use crate::events::object;
use crate::{generate, peer};

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Valid,
    Redact,
    Drop,
}

const SERVERS: [&str; 3] = ["one.example", "two.example", "three.example:8448"];

pub(crate) fn key(server: &str, number: u8) -> SigningKey {
    let mut seed = [number; 32];
    seed[..4].copy_from_slice(&server.as_bytes()[..4]);
    SigningKey::from_seed(server, &format!("ed25519:{number}"), &seed)
}

/// The keys 1 and 2 of every server.
fn known(version: &RoomVersion) -> (Keys, PublicKeyMap) {
    let (mut ours, mut theirs) = (Keys::new(), BTreeMap::new());
    for server in SERVERS {
        let mut of_server = BTreeMap::new();
        for number in [1, 2] {
            let key = key(server, number);
            let published = PublishedKey {
                key: key.verifying_key(version.readings.ed25519).unwrap(),
                valid_until_ts: None,
                expired_ts: None,
            };
            ours.insert(server, key.key_id(), published);
            of_server.insert(key.key_id().to_owned(), Base64::new(key.public_bytes().to_vec()));
        }
        theirs.insert(server.to_owned(), of_server);
    }
    (ours, theirs)
}

pub(crate) fn version(id: &str) -> RoomVersion {
    let readings = Readings { ed25519: Ed25519::Cofactorless, ..Readings::default() };
    RoomVersion::specified(id).unwrap().with_readings(readings)
}

pub(crate) fn outcomes(pdu: &Json, version: &RoomVersion) -> (Outcome, Outcome) {
    let (our_keys, their_keys) = known(version);
    let event = Event::from_object(&object(pdu), version).unwrap();
    let ours = match signatures::check(&event, &our_keys, version) {
        Err(_) => Outcome::Drop,
        Ok(()) if hashes::content_hash_matches(&event, version) => Outcome::Valid,
        Ok(()) => Outcome::Redact,
    };
    let theirs = peer::canonical(pdu);
    let theirs = match ruma_signatures::verify_event(&their_keys, &theirs, &peer::rules(version)) {
        Err(_) => Outcome::Drop,
        Ok(Verified::All) => Outcome::Valid,
        Ok(Verified::Signatures) => Outcome::Redact,
    };
    (ours, theirs)
}

/// The PDU with hash and signatures of those servers' keys.
pub(crate) fn signed(pdu: &Json, by: &[(&str, u8)], version: &RoomVersion) -> Json {
    let mut signed = object(pdu);
    for (server, number) in by {
        hash_and_sign(&mut signed, &key(server, *number), version);
    }
    let text = signed.to_canonical(version.readings.lenient_numbers);
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn pdu(version: &RoomVersion, event_server: &str) -> Json {
    let mut pdu = json!({
        "type": "m.room.member",
        "state_key": "@bob:two.example",
        "sender": "@alice:one.example",
        "room_id": generate::DERIVED_ROOM,
        "content": { "membership": "join" },
        "depth": 7,
        "origin_server_ts": 1_000_000,
        "prev_events": [],
        "auth_events": [],
        "hashes": {},
        "signatures": {},
    });
    if version.capabilities.event_ids == EventIds::Sent {
        pdu["event_id"] = json!(format!("$event:{event_server}"));
    }
    pdu
}

/// How an event is spoilt after it was signed.
#[derive(Clone, Copy, Debug)]
enum Damage {
    None,
    /// Something that redaction strips.
    Content,
    /// Something that redaction keeps.
    Essential,
    Hash,
    NoHash,
    PaddedHash,
    UrlSafeHash,
    Unsigned,
    /// A bit of the signature of a server's key.
    Signature(usize, u8),
    UrlSafeSignature(usize, u8),
    NoBase64(usize, u8),
    NoString(usize, u8),
    Padded(usize, u8),
    /// A signature of another algorithm besides.
    OtherAlgorithm(usize),
    ServerWithoutSignatures(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = || (0..3_usize, 1..4_u8);
    prop_oneof![
        6 => Just(Damage::None),
        1 => Just(Damage::Content),
        1 => Just(Damage::Essential),
        1 => Just(Damage::Hash),
        1 => Just(Damage::NoHash),
        1 => Just(Damage::PaddedHash),
        1 => Just(Damage::UrlSafeHash),
        1 => Just(Damage::Unsigned),
        3 => place().prop_map(|(server, key)| Damage::Signature(server, key)),
        1 => place().prop_map(|(server, key)| Damage::UrlSafeSignature(server, key)),
        1 => place().prop_map(|(server, key)| Damage::NoBase64(server, key)),
        1 => place().prop_map(|(server, key)| Damage::NoString(server, key)),
        1 => place().prop_map(|(server, key)| Damage::Padded(server, key)),
        1 => (0..3_usize).prop_map(Damage::OtherAlgorithm),
        1 => (0..3_usize).prop_map(Damage::ServerWithoutSignatures),
    ]
}

fn spoil(pdu: &mut Json, damage: Damage) {
    let mut signature = |server: usize, key: u8, change: &dyn Fn(&str) -> Json| {
        let place = pdu["signatures"]
            .get_mut(SERVERS[server])
            .and_then(|keys| keys.get_mut(format!("ed25519:{key}")));
        if let Some(place) = place {
            *place = change(place.as_str().unwrap());
        }
    };
    let url_safe = |text: &str| json!(text.replace('+', "-").replace('/', "_"));
    match damage {
        Damage::None => {}
        Damage::Content => pdu["content"]["more"] = json!(1),
        Damage::Essential => pdu["depth"] = json!(8),
        Damage::Hash => pdu["hashes"]["sha256"] = json!("A".repeat(43)),
        Damage::NoHash => pdu["hashes"]["sha256"] = json!("?"),
        Damage::PaddedHash => {
            pdu["hashes"]["sha256"] =
                json!(pdu["hashes"]["sha256"].as_str().unwrap().to_owned() + "=");
        }
        Damage::UrlSafeHash => {
            pdu["hashes"]["sha256"] = url_safe(pdu["hashes"]["sha256"].as_str().unwrap());
        }
        Damage::Unsigned => pdu["unsigned"] = json!({ "age": 7 }),
        Damage::Signature(server, key) => signature(server, key, &|text| {
            let changed = if text.starts_with('A') { "B" } else { "A" };
            json!(changed.to_owned() + &text[1..])
        }),
        Damage::UrlSafeSignature(server, key) => signature(server, key, &url_safe),
        Damage::NoBase64(server, key) => signature(server, key, &|_| json!("?")),
        Damage::NoString(server, key) => signature(server, key, &|_| json!(7)),
        Damage::Padded(server, key) => {
            signature(server, key, &|text| json!(text.to_owned() + "=="));
        }
        Damage::OtherAlgorithm(server) => {
            pdu["signatures"][SERVERS[server]]["rsa:1"] = json!("?");
        }
        Damage::ServerWithoutSignatures(server) => {
            pdu["signatures"][SERVERS[server]] = json!({});
        }
    }
}

prop_compose! {
    /// Events by one of the servers; memberships are those whose signers both sides agree about.
    fn question()(
        version in generate::versions(),
        event_type in prop::sample::select(vec!["m.room.member", "m.room.message"]),
        (sender, event_server, authoriser) in (0..3_usize, 0..3_usize, prop::option::of(0..3_usize)),
        invite in prop::option::of(Just(json!({ "signed": {} }))),
        by in prop::collection::btree_set((0..3_usize, 1..4_u8), 0..5),
        damage in damage(),
    ) -> (RoomVersion, Json) {
        let version = self::version(version.id());
        let mut pdu = pdu(&version, SERVERS[event_server]);
        pdu["type"] = json!(event_type);
        pdu["sender"] = json!(format!("@alice:{}", SERVERS[sender]));
        if event_type == "m.room.member" {
            match (invite, authoriser) {
                (Some(invite), _) => {
                    pdu["content"] = json!({ "membership": "invite", "third_party_invite": invite });
                }
                (None, Some(server)) => {
                    let user = format!("@eve:{}", SERVERS[server]);
                    pdu["content"]["join_authorised_via_users_server"] = json!(user);
                }
                (None, None) => {}
            }
        }
        // The sender's server signs most events, so that most questions are about the rest.
        let mut by: Vec<_> = by.into_iter().map(|(server, key)| (SERVERS[server], key)).collect();
        if by.len() % 4 != 0 {
            by.push((SERVERS[sender], 1));
        }
        let mut pdu = signed(&pdu, &by, &version);
        if !pdu["hashes"]["sha256"].is_string() {
            pdu["hashes"]["sha256"] = json!("");
        }
        spoil(&mut pdu, damage);
        (version, pdu)
    }
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 2_000))]

    #[test]
    fn the_same_events_are_valid_redacted_and_dropped((version, pdu) in question()) {
        let (ours, theirs) = outcomes(&pdu, &version);
        prop_assert_eq!(ours, theirs);
    }
}
