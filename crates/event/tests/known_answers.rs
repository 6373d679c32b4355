//! The known answers of the specification: canonical JSON, signing, hashes, and its example PDUs.
//!
//! <https://spec.matrix.org/v1.19/appendices/#examples>,
//! <https://spec.matrix.org/v1.19/appendices/#cryptographic-test-vectors>

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod sample;

use exeunt_event::hashes::{content_hash, content_hash_matches, reference_hash};
use exeunt_event::identifier::RoomId;
use exeunt_event::json::{self, ErrorKind, NotCanonical, Object, Value};
use exeunt_event::redaction::redact;
use exeunt_event::signatures::{
    KeyError, Keys, SignatureError, SigningKey, check, hash_and_sign, required_servers, sign_json,
};
use exeunt_event::{Event, EventError, EventId, ServerName, base64, format};
use exeunt_version::{EventIds, LenientNumbers, RoomIds, RoomVersion};
use rstest::rstest;
use sample::{object_of, version, versions};
use sha2::{Digest as _, Sha256};

const SEED: &str = "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1";

fn signing_key() -> SigningKey {
    SigningKey::from_seed("domain", "ed25519:1", &base64::decode_array(SEED).unwrap())
}

fn published_keys(version: &RoomVersion) -> Keys {
    let mut keys = Keys::new();
    keys.insert("domain", "ed25519:1", sample::published(&signing_key(), None, None, version));
    keys
}

fn canonical(object: &Object<'_>) -> String {
    object.to_canonical(LenientNumbers::Value)
}

/// The signature of the appendix's server.
fn signature_of<'o>(object: &'o Object<'_>) -> &'o str {
    let servers = object.get("signatures").and_then(Value::as_object).unwrap();
    let keys = servers.get("domain").and_then(Value::as_object).unwrap();
    assert_eq!((servers.len(), keys.len()), (1, 1));
    keys.get("ed25519:1").and_then(Value::as_str).unwrap()
}

fn content_hash_of<'o>(object: &'o Object<'_>) -> &'o str {
    object
        .get("hashes")
        .and_then(Value::as_object)
        .unwrap()
        .get("sha256")
        .unwrap()
        .as_str()
        .unwrap()
}

/// Whether the signature is over the canonical form without `signatures` and `unsigned`.
fn verifies(object: &Object<'_>) -> bool {
    let signature = base64::decode_array::<64>(signature_of(object)).unwrap();
    let mut signed = object.clone();
    signed.retain(|key, _| key != "signatures" && key != "unsigned");
    let key = signing_key().verifying_key(exeunt_version::Ed25519::default()).unwrap();
    key.verify(canonical(&signed).as_bytes(), &signature)
}

#[rstest]
#[case("{}", "{}")]
#[case("{\n    \"one\": 1,\n    \"two\": \"Two\"\n}", r#"{"one":1,"two":"Two"}"#)]
#[case("{\n    \"b\": \"2\",\n    \"a\": \"1\"\n}", r#"{"a":"1","b":"2"}"#)]
#[case(r#"{"b":"2","a":"1"}"#, r#"{"a":"1","b":"2"}"#)]
#[case(
    r#"{
    "auth": {
        "success": true,
        "mxid": "@john.doe:example.com",
        "profile": {
            "display_name": "John Doe",
            "three_pids": [
                { "medium": "email", "address": "john.doe@example.org" },
                { "medium": "msisdn", "address": "123456789" }
            ]
        }
    }
}"#,
    concat!(
        r#"{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","#,
        r#""three_pids":[{"address":"john.doe@example.org","medium":"email"},"#,
        r#"{"address":"123456789","medium":"msisdn"}]},"success":true}}"#
    )
)]
#[case("{\n    \"a\": \"日本語\"\n}", r#"{"a":"日本語"}"#)]
#[case("{\n    \"本\": 2,\n    \"日\": 1\n}", r#"{"日":1,"本":2}"#)]
#[case("{\n    \"a\": \"\\u65E5\"\n}", r#"{"a":"日"}"#)]
#[case("{\n    \"a\": null\n}", r#"{"a":null}"#)]
fn the_canonical_json_of_the_appendix_is_that_of_every_version(
    #[case] text: &str,
    #[case] expected: &str,
) {
    for version in RoomVersion::all() {
        let parsed = json::parse(text.as_bytes(), &version).unwrap();
        assert_eq!(parsed.value.to_canonical(version.readings.lenient_numbers), expected);
        assert!(!parsed.spelled_numbers);
    }
}

/// The grammar's production for strings, character by character.
#[test]
fn characters_are_escaped_as_the_grammar_of_the_appendix_says() {
    for code in (0..=0x2_ffff).chain(0x10_fff0..=0x10_ffff) {
        let Some(character) = char::from_u32(code) else { continue };
        let escaped = match character {
            '\u{8}' => "\\b".to_owned(),
            '\t' => "\\t".to_owned(),
            '\n' => "\\n".to_owned(),
            '\u{c}' => "\\f".to_owned(),
            '\r' => "\\r".to_owned(),
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            '\0'..='\u{1f}' => format!("\\u{code:04x}"),
            _ => character.to_string(),
        };
        let value = Value::from(format!("a{character}"));
        assert_eq!(value.to_canonical(LenientNumbers::Value), format!("\"a{escaped}\""));
    }
}

const NUMBERS: &str = "{\n    \"a\": -0,\n    \"b\": 1e10\n}";

#[test]
fn minus_zero_and_an_exponent_are_written_as_integers_in_versions_1_to_5() {
    for version in versions(1, 5) {
        let parsed = json::parse(NUMBERS.as_bytes(), &version).unwrap();
        let canonical = parsed.value.to_canonical(version.readings.lenient_numbers);
        assert_eq!(canonical, r#"{"a":0,"b":10000000000}"#);
    }
}

#[test]
fn minus_zero_and_an_exponent_are_refused_from_version_6() {
    for version in versions(6, 12) {
        let error = json::parse(NUMBERS.as_bytes(), &version).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotCanonical(NotCanonical::Float));
        assert_eq!(error.position, NUMBERS.find("-0").unwrap());
        let error = json::parse(br#"{"b":1e10}"#, &version).unwrap_err();
        assert_eq!((error.kind, error.position), (NotCanonical::Float.into(), 5));
    }
}

/// The appendix gives Python code and an example, which part here: `json.dumps` writes a float.
#[test]
fn the_python_code_of_the_appendix_writes_the_exponent_as_a_float() {
    let version = sample::read_as("1", "lenient_numbers", "python");
    let parsed = json::parse(NUMBERS.as_bytes(), &version).unwrap();
    let canonical = parsed.value.to_canonical(version.readings.lenient_numbers);
    assert_eq!(canonical, r#"{"a":0,"b":10000000000.0}"#);
}

#[rstest]
#[case(
    "{}",
    "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ"
)]
#[case(
    r#"{"one": 1, "two": "Two"}"#,
    "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw"
)]
fn signed_json_has_the_signature_of_the_appendix(#[case] text: &str, #[case] signature: &str) {
    let mut object = object_of(text.as_bytes());
    let before = object.clone();
    sign_json(&mut object, &signing_key());
    assert_eq!(signature_of(&object), signature);
    assert!(verifies(&object));
    object.insert("unsigned", 1);
    assert!(verifies(&object), "unsigned is not signed");
    sign_json(&mut object, &signing_key());
    assert_eq!(signature_of(&object), signature, "nor are signatures");
    object.retain(|key, _| key != "signatures" && key != "unsigned");
    assert_eq!(object, before);
    object.insert("three", 3);
    sign_json(&mut object, &signing_key());
    assert_ne!(signature_of(&object), signature);
}

const MINIMAL: &str = r#"{"room_id": "!x:domain", "sender": "@a:domain", "origin": "domain",
    "origin_server_ts": 1000000, "signatures": {}, "hashes": {}, "type": "X", "content": {},
    "prev_events": [], "auth_events": [], "depth": 3, "unsigned": {"age_ts": 1000000}}"#;
const MINIMAL_HASH: &str = "5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos";
const MINIMAL_SIGNATURE: &str =
    "KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg";

const REDACTABLE: &str = r#"{"content": {"body": "Here is the message content"},
    "event_id": "$0:domain", "origin": "domain", "origin_server_ts": 1000000,
    "type": "m.room.message", "room_id": "!r:domain", "sender": "@u:domain", "signatures": {},
    "unsigned": {"age_ts": 1000000}}"#;
const REDACTABLE_HASH: &str = "onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g";
const REDACTABLE_SIGNATURE: &str =
    "Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA";

#[rstest]
#[case(MINIMAL, MINIMAL_HASH, MINIMAL_SIGNATURE)]
#[case(REDACTABLE, REDACTABLE_HASH, REDACTABLE_SIGNATURE)]
fn signed_events_have_the_hash_and_signature_of_the_appendix_while_origin_is_kept(
    #[case] text: &str,
    #[case] hash: &str,
    #[case] signature: &str,
) {
    for version in versions(1, 10) {
        let mut event = object_of(text.as_bytes());
        let before = event.clone();
        hash_and_sign(&mut event, &signing_key(), &version);
        assert_eq!(content_hash_of(&event), hash, "{version}");
        assert_eq!(signature_of(&event), signature, "{version}");
        assert!(verifies(&redact(&event, &version)), "{version}");
        event.retain(|key, _| key != "signatures" && key != "hashes");
        let untouched = |key: &str, _: &mut Value<'_>| key != "signatures" && key != "hashes";
        let mut before = before;
        before.retain(untouched);
        assert_eq!(event, before, "{version}");
    }
    // Redaction strips `origin` from version 11 on, so that another text is signed.
    for version in versions(11, 12) {
        let mut event = object_of(text.as_bytes());
        hash_and_sign(&mut event, &signing_key(), &version);
        assert_eq!(content_hash_of(&event), hash, "{version}");
        assert_ne!(signature_of(&event), signature, "{version}");
    }
}

#[test]
fn the_minimal_event_of_the_appendix_passes_checks_1_to_3_where_it_is_an_event() {
    let mut object = object_of(MINIMAL.as_bytes());
    hash_and_sign(&mut object, &signing_key(), &version("3"));
    for version in versions(3, 10) {
        let event = Event::from_object(&object, &version).unwrap();
        assert_eq!(format::check(&event, &version), Ok(()));
        assert_eq!(check(&event, &published_keys(&version), &version), Ok(()));
        assert!(content_hash_matches(&event, &version));
    }
    // The example is of the format of versions 1 and 2, but lacks the event ID.
    for version in versions(1, 2) {
        assert_eq!(Event::from_object(&object, &version), Err(EventError::Missing("event_id")));
    }
    let error = Event::from_object(&object_of(REDACTABLE.as_bytes()), &version("1"));
    assert_eq!(error, Err(EventError::Missing("prev_events")));
}

/// The formulas of the two hashes, step by step as the text has them.
#[test]
fn both_hashes_are_as_the_formula_says() {
    for version in RoomVersion::all() {
        for text in [
            MINIMAL.to_owned(),
            REDACTABLE.to_owned(),
            sample::pdu(&version).to_string(),
            sample::member(&version, "@a:b", serde_json::json!({"membership": "join", "x": [{}]}))
                .to_string(),
        ] {
            let event = object_of(text.as_bytes());
            let mut covered = event.clone();
            for key in ["unsigned", "signatures", "hashes"] {
                covered.remove(key);
            }
            let expected: [u8; 32] = Sha256::digest(canonical(&covered)).into();
            assert_eq!(content_hash(&event, &version), expected, "{version}");

            let mut essential = redact(&event, &version);
            for key in ["unsigned", "signatures"] {
                essential.remove(key);
            }
            let expected: [u8; 32] = Sha256::digest(canonical(&essential)).into();
            assert_eq!(reference_hash(&event, &version), expected, "{version}");
        }
    }
}

#[test]
fn an_event_id_is_the_reference_hash_in_the_alphabet_of_the_version() {
    for version in versions(3, 12) {
        let pdu = sample::pdu(&version);
        let hash = reference_hash(&sample::object(&pdu), &version);
        let encoded = match version.capabilities.event_ids {
            EventIds::Sent => panic!("only in versions 1 and 2"),
            EventIds::ReferenceHash => base64::encode(hash),
            EventIds::UrlSafeReferenceHash => base64::encode_url_safe(hash),
        };
        assert_eq!(*sample::event(&pdu, &version).event_id(), *format!("${encoded}"));
    }
}

#[rstest]
#[case("pdu_v1", include_str!("data/pdu_v1.json"), 1, 2)]
#[case("pdu_v3", include_str!("data/pdu_v3.json"), 3, 3)]
#[case("pdu_v4", include_str!("data/pdu_v4.json"), 4, 10)]
#[case("pdu_v4_join", include_str!("data/pdu_v4_join_membership.json"), 4, 11)]
#[case("pdu_v11", include_str!("data/pdu_v11.json"), 11, 11)]
#[case("pdu_v12", include_str!("data/pdu_v12.json"), 12, 12)]
fn the_example_pdus_pass_the_format_and_come_back_as_they_were(
    #[case] name: &str,
    #[case] text: &str,
    #[case] first: usize,
    #[case] last: usize,
) {
    for version in versions(first, last) {
        let event = Event::parse(text.as_bytes(), &version).unwrap();
        assert_eq!(format::check(&event, &version), Ok(()), "{name} in {version}");
        assert_eq!(event.object(), object_of(text.as_bytes()), "{name}");
        assert_eq!(event.text(), canonical(&object_of(text.as_bytes())), "{name}");
        assert_eq!(Event::parse(event.text().as_bytes(), &version).unwrap(), event, "{name}");
        let ids: Vec<_> = event.auth_events().iter().map(EventId::as_str).collect();
        let expected = match name {
            "pdu_v1" => vec!["$af232176:example.org"],
            "pdu_v3" => vec!["$base64encodedeventid", "$adifferenteventid"],
            _ => vec!["$urlsafe_base64_encoded_eventid", "$a-different-event-id"],
        };
        assert_eq!(ids, expected, "{name}");
        assert_eq!(event.prev_events(), event.auth_events(), "{name}");
        // Their hashes and signatures are for show.
        assert!(!content_hash_matches(&event, &version), "{name}");
        assert_eq!(
            check(&event, &Keys::new(), &version),
            Err(SignatureError::NoKey(ServerName::from_received("example.com"))),
            "{name}"
        );
    }
}

#[test]
fn the_example_of_a_restricted_join_needs_both_of_its_signatures_from_version_8() {
    let text = include_bytes!("data/pdu_v4_join_membership.json");
    for version in versions(4, 12) {
        let event = Event::parse(text, &version).unwrap();
        let expected: &[&str] = if version.capabilities.restricted_joins {
            &["example.com", "resident.example.com"]
        } else {
            &["example.com"]
        };
        assert_eq!(
            required_servers(&event, &version),
            expected.iter().map(|name| { ServerName::from_received(name) }).collect::<Vec<_>>()
        );
    }
}

#[test]
fn the_example_pdus_are_of_no_other_format() {
    let pairs = EventError::WrongType("prev_events", "an array of pairs of event ID and hashes");
    let ids = EventError::WrongType("prev_events", "an array of event IDs");
    let v1 = include_bytes!("data/pdu_v1.json");
    let v3 = include_bytes!("data/pdu_v3.json");
    assert_eq!(Event::parse(v1, &version("3")), Err(ids));
    assert_eq!(Event::parse(v3, &version("2")), Err(pairs));
    // Room IDs without a domain are a matter of rule 2 of version 12, not of the format.
    let v12 = Event::parse(include_bytes!("data/pdu_v12.json"), &version("11")).unwrap();
    assert_eq!(v12.room_id().domain(), None);
}

#[test]
fn the_minimal_pdu_is_an_excerpt_and_no_event() {
    for version in RoomVersion::all() {
        let error = Event::parse(include_bytes!("data/minimal_pdu.json"), &version);
        assert_eq!(error, Err(EventError::Missing("sender")));
    }
}

#[test]
fn the_room_id_of_version_12_is_the_create_events_id_with_another_sigil() {
    let example = "!Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ";
    let room = RoomId::parse(example).unwrap();
    assert_eq!(room.create_event().as_str(), "$Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ");
    assert_eq!(room.create_event().room(), room);

    let version = version("12");
    assert_eq!(version.capabilities.room_ids, RoomIds::CreateEvent);
    let content = serde_json::json!({"room_version": "12"});
    let mut create = sample::state(&version, "m.room.create", "", content);
    create.as_object_mut().unwrap().remove("room_id");
    let create = sample::event(&create, &version);
    assert!(!create.has_room_id());
    assert_eq!(create.room_id().as_str()[1..], create.event_id().as_str()[1..]);
    assert_eq!(create.room_id().as_str().chars().next(), Some('!'));
    assert_eq!(create.room_id().create_event(), *create.event_id());
    assert_eq!(format::check(&create, &version), Ok(()));
}

#[test]
fn the_keys_of_the_example_answer_are_for_show_and_refused() {
    let answer = object_of(include_bytes!("data/server_key.json"));
    let answers = Object::from_iter([("example.org", answer)]);
    let error = Keys::from_server_answers(&answers, &version("11")).unwrap_err();
    assert_eq!(
        error,
        KeyError::NotAKey { server: "example.org".into(), key_id: "ed25519:abc123".into() }
    );
}
