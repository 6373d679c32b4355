//! Receipt check 2: who must have signed, and which signatures and keys count.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use exeunt_event::json::{Object, Value};
use exeunt_event::signatures::{
    Keys, SignatureError, SigningKey, check, check_batch, hash_and_sign, required_servers,
    signed_by,
};
use exeunt_event::{Event, ServerName};
use exeunt_version::RoomVersion;
use rstest::rstest;
use sample::{
    MADE_AT, SERVER, event, key, key_of, keys, member, object, pdu, published, read_as, signed,
    version, versions,
};
use serde_json::{Value as Json, json};

fn server(name: &str) -> ServerName {
    ServerName::parse(name).unwrap()
}

fn required(pdu: &Json, version: &RoomVersion) -> Vec<String> {
    let servers = required_servers(&event(pdu, version), version);
    servers.iter().map(ToString::to_string).collect()
}

/// The sample event, signed with those keys alone.
fn signed_with(keys: &[&SigningKey], version: &RoomVersion) -> Object<'static> {
    let mut object = object(&pdu(version));
    object.insert("signatures", Object::new());
    for key in keys {
        hash_and_sign(&mut object, key, version);
    }
    object
}

fn verdict(object: &Object<'_>, keys: &Keys, version: &RoomVersion) -> Result<(), SignatureError> {
    check(&Event::from_object(object, version).unwrap(), keys, version)
}

fn put_signature(object: &mut Object<'_>, server: &str, key_id: &str, signature: &str) {
    let all = object.get_mut("signatures").and_then(Value::as_object_mut).unwrap();
    if !all.contains_key(server) {
        all.insert(server.to_owned(), Object::new());
    }
    let of_server = all.get_mut(server).and_then(Value::as_object_mut).unwrap();
    of_server.insert(key_id.to_owned(), signature.to_owned());
}

fn signature(object: &Object<'_>, server: &str, key_id: &str) -> String {
    let all = object.get("signatures").and_then(Value::as_object).unwrap();
    let of_server = all.get(server).and_then(Value::as_object).unwrap();
    of_server.get(key_id).and_then(Value::as_str).unwrap().to_owned()
}

fn invalid(server_name: &str, key_id: &str) -> Result<(), SignatureError> {
    Err(SignatureError::Invalid { server: server(server_name), key_id: key_id.to_owned() })
}

#[test]
fn the_senders_server_signs() {
    for version in RoomVersion::all() {
        assert_eq!(required(&pdu(&version), &version), [SERVER]);
        let mut state = sample::state(&version, "m.room.topic", "", json!({}));
        state["sender"] = json!("@a:[::1]:8448");
        if version.page() <= 2 {
            state["event_id"] = json!("$a:[::1]:8448");
        }
        assert_eq!(required(&state, &version), ["[::1]:8448"]);
    }
}

#[test]
fn the_event_ids_server_signs_too_in_versions_1_and_2() {
    for version in versions(1, 2) {
        let mut pdu = pdu(&version);
        pdu["event_id"] = json!("$event:two.example");
        assert_eq!(required(&pdu, &version), [SERVER, "two.example"]);
        let event = signed(&pdu, &version);
        assert_eq!(check(&event, &keys(&[SERVER, "two.example"], &version), &version), Ok(()));
        let unknown = check(&event, &keys(&[SERVER], &version), &version);
        assert_eq!(unknown, Err(SignatureError::NoKey(server("two.example"))));
    }
    for version in versions(3, 12) {
        let mut pdu = pdu(&version);
        pdu["event_id"] = json!("$event:two.example");
        assert_eq!(required(&pdu, &version), [SERVER]);
    }
}

/// `third_party_invite`, the membership beside it, and whether the sender's server must sign.
#[rstest]
#[case(json!({ "membership": "invite", "third_party_invite": { "signed": {} } }), false)]
#[case(json!({ "membership": "invite", "third_party_invite": {} }), false)]
#[case(json!({ "membership": "invite", "third_party_invite": 1 }), false)]
#[case(json!({ "membership": "invite" }), true)]
#[case(json!({ "membership": "join", "third_party_invite": { "signed": {} } }), true)]
#[case(json!({ "membership": "leave", "third_party_invite": { "signed": {} } }), true)]
#[case(json!({ "membership": "Invite", "third_party_invite": { "signed": {} } }), true)]
#[case(json!({ "third_party_invite": { "signed": {} } }), true)]
fn a_third_party_invite_needs_no_signature_of_the_senders_server(
    #[case] content: Json,
    #[case] sender_signs: bool,
) {
    for version in RoomVersion::all() {
        let mut pdu = member(&version, "@bob:two.example", content.clone());
        let expected: &[&str] = if sender_signs { &[SERVER] } else { &[] };
        if version.page() <= 2 {
            // The event ID's server is not excused.
            pdu["event_id"] = json!("$event:three.example");
            let both = [expected, &["three.example"]].concat();
            assert_eq!(required(&pdu, &version), both, "{version}");
        } else {
            assert_eq!(required(&pdu, &version), expected, "{version}");
            let unsigned = check(&event(&pdu, &version), &Keys::new(), &version);
            assert_eq!(unsigned.is_ok(), !sender_signs, "{version}");
        }
    }
}

#[test]
fn a_third_party_invite_is_signed_by_the_server_of_its_id_or_not_as_it_is_read() {
    let content = json!({ "membership": "invite", "third_party_invite": { "signed": {} } });
    for id in ["1", "2"] {
        for (choice, senders) in [("signs", &[SERVER][..]), ("need_not_sign", &[])] {
            let version = read_as(id, "third_party_invite_server", choice);
            let mut pdu = member(&version, "@bob:two.example", content.clone());
            pdu["event_id"] = json!(format!("$event:{SERVER}"));
            assert_eq!(required(&pdu, &version), senders);
            pdu["event_id"] = json!("$event:three.example");
            assert_eq!(required(&pdu, &version), ["three.example"]);
            pdu["content"] = json!({ "membership": "invite" });
            pdu["event_id"] = json!(format!("$event:{SERVER}"));
            assert_eq!(required(&pdu, &version), [SERVER]);
        }
    }
}

#[test]
fn the_excuse_is_for_member_events_alone() {
    let content = json!({ "membership": "invite", "third_party_invite": { "signed": {} } });
    for version in versions(3, 12) {
        let topic = sample::state(&version, "m.room.topic", "@b:c", content.clone());
        assert_eq!(required(&topic, &version), [SERVER]);
    }
}

#[test]
fn an_invite_of_null_is_there_or_not_as_it_is_read() {
    let content = json!({ "membership": "invite", "third_party_invite": null });
    for id in ["3", "12"] {
        let present = read_as(id, "null_third_party_invite", "present");
        let absent = read_as(id, "null_third_party_invite", "absent");
        let nobody: [&str; 0] = [];
        assert_eq!(required(&member(&present, "@b:c", content.clone()), &present), nobody);
        assert_eq!(required(&member(&absent, "@b:c", content.clone()), &absent), [SERVER]);
    }
}

#[rstest]
#[case("join", json!("@admin:two.example"), true)]
#[case("join", json!(1), false)]
#[case("invite", json!("@admin:two.example"), false)]
#[case("leave", json!("@admin:two.example"), false)]
#[case("join", json!("@admin:one.example"), false)]
fn from_version_8_on_the_server_that_authorises_a_restricted_join_signs(
    #[case] membership: &str,
    #[case] authorising: Json,
    #[case] second: bool,
) {
    for version in RoomVersion::all() {
        let content =
            json!({ "membership": membership, "join_authorised_via_users_server": authorising });
        let pdu = member(&version, "@alice:one.example", content);
        let both = second && version.page() >= 8;
        let expected: &[&str] = if both { &[SERVER, "two.example"] } else { &[SERVER] };
        assert_eq!(required(&pdu, &version), expected, "{version}");
        let event = signed(&pdu, &version);
        assert_eq!(check(&event, &keys(&[SERVER, "two.example"], &version), &version), Ok(()));
        if both {
            let mut by_one = object(&pdu);
            by_one.insert("signatures", Object::new());
            hash_and_sign(&mut by_one, &key(SERVER), &version);
            let missing = verdict(&by_one, &keys(&[SERVER, "two.example"], &version), &version);
            assert_eq!(missing, Err(SignatureError::Missing(server("two.example"))));
        }
    }
}

#[test]
fn a_key_that_is_no_longer_valid_counts_before_version_5() {
    for version in RoomVersion::all() {
        let object = signed_with(&[&key(SERVER)], &version);
        for (valid_until, counts) in [
            (Some(MADE_AT - 1), version.page() < 5),
            (Some(MADE_AT), true),
            (Some(MADE_AT + 1), true),
            (None, true),
        ] {
            let mut keys = Keys::new();
            let published = published(&key(SERVER), valid_until, None, &version);
            keys.insert(SERVER, "ed25519:1", published);
            let expected = if counts { Ok(()) } else { Err(SignatureError::NoKey(server(SERVER))) };
            assert_eq!(verdict(&object, &keys, &version), expected, "{version} {valid_until:?}");
        }
    }
}

#[test]
fn a_key_that_had_expired_never_counts() {
    for version in RoomVersion::all() {
        let object = signed_with(&[&key(SERVER)], &version);
        for (expired, counts) in [(MADE_AT - 1, false), (MADE_AT, true), (MADE_AT + 1, true)] {
            let mut keys = Keys::new();
            let published = published(&key(SERVER), None, Some(expired), &version);
            keys.insert(SERVER, "ed25519:1", published);
            let expected = if counts { Ok(()) } else { Err(SignatureError::NoKey(server(SERVER))) };
            assert_eq!(verdict(&object, &keys, &version), expected, "{version} {expired}");
        }
    }
}

#[test]
fn all_signatures_of_known_keys_must_be_valid_and_unknown_keys_are_skipped() {
    let version = version("11");
    let (first, second) = (key(SERVER), key_of(SERVER, "ed25519:2"));
    let mut both = keys(&[SERVER], &version);
    both.insert(SERVER, "ed25519:2", published(&second, None, None, &version));
    let one = keys(&[SERVER], &version);

    let mut object = signed_with(&[&first, &second], &version);
    assert_eq!(verdict(&object, &both, &version), Ok(()));
    assert_eq!(verdict(&object, &one, &version), Ok(()));

    // The second is replaced by the first: wrong where the second key is known.
    let wrong = signature(&object, SERVER, "ed25519:1");
    put_signature(&mut object, SERVER, "ed25519:2", &wrong);
    assert_eq!(verdict(&object, &both, &version), invalid(SERVER, "ed25519:2"));
    assert_eq!(verdict(&object, &one, &version), Ok(()));

    // A known key that had expired is skipped like an unknown one.
    let mut expired = one.clone();
    let published = published(&second, None, Some(MADE_AT - 1), &version);
    expired.insert(SERVER, "ed25519:2", published);
    assert_eq!(verdict(&object, &expired, &version), Ok(()));

    let no_key = Err(SignatureError::NoKey(server(SERVER)));
    assert_eq!(verdict(&object, &Keys::new(), &version), no_key);
    assert_eq!(verdict(&object, &keys(&["two.example"], &version), &version), no_key);
}

#[test]
fn other_algorithms_are_not_looked_at() {
    let version = version("11");
    let known = keys(&[SERVER], &version);
    let mut object = signed_with(&[], &version);
    put_signature(&mut object, SERVER, "rsa:1", "not even Base64!");
    let missing = Err(SignatureError::Missing(server(SERVER)));
    assert_eq!(verdict(&object, &known, &version), missing);
    let mut object = signed_with(&[&key(SERVER)], &version);
    put_signature(&mut object, SERVER, "rsa:1", "not even Base64!");
    put_signature(&mut object, SERVER, "ed25519", "nor this!");
    assert_eq!(verdict(&object, &known, &version), Ok(()));
}

#[test]
fn a_signature_that_is_missing_wrong_or_of_another_event_is_none() {
    for version in RoomVersion::all() {
        let known = keys(&[SERVER, "two.example"], &version);
        let missing = Err(SignatureError::Missing(server(SERVER)));
        assert_eq!(verdict(&signed_with(&[], &version), &known, &version), missing);
        let foreign = signed_with(&[&key("two.example")], &version);
        assert_eq!(verdict(&foreign, &known, &version), missing);
        let mut empty = signed_with(&[], &version);
        let none = Object::from_iter([(SERVER, Object::new())]);
        empty.insert("signatures", none);
        assert_eq!(verdict(&empty, &known, &version), missing);
        empty.remove("signatures");
        assert_eq!(verdict(&empty, &known, &version), missing);

        // Another key under this key's ID.
        let impostor = SigningKey::from_seed(SERVER, "ed25519:1", &[9; 32]);
        let forged = signed_with(&[&impostor], &version);
        assert_eq!(verdict(&forged, &known, &version), invalid(SERVER, "ed25519:1"));

        let mut other = signed_with(&[&key(SERVER)], &version);
        assert_eq!(verdict(&other, &known, &version), Ok(()));
        other.insert("depth", 8);
        assert_eq!(verdict(&other, &known, &version), invalid(SERVER, "ed25519:1"));
    }
}

#[test]
fn a_bad_signature_of_a_server_that_need_not_sign_is_not_looked_at() {
    for version in RoomVersion::all() {
        let known = keys(&[SERVER, "two.example"], &version);
        let mut object = signed_with(&[&key(SERVER)], &version);
        put_signature(&mut object, "two.example", "ed25519:1", &"A".repeat(86));
        put_signature(&mut object, "three.example", "ed25519:1", "");
        assert_eq!(verdict(&object, &known, &version), Ok(()));
        let event = Event::from_object(&object, &version).unwrap();
        assert!(signed_by(&event, &server(SERVER), &known, &version));
        assert!(!signed_by(&event, &server("two.example"), &known, &version));
        assert!(!signed_by(&event, &server("three.example"), &known, &version));
    }
}

#[test]
fn a_signature_is_64_bytes_in_the_standard_alphabet_with_or_without_padding() {
    let version = version("11");
    let known = keys(&[SERVER], &version);
    let good = signed_with(&[&key(SERVER)], &version);
    let encoded = signature(&good, SERVER, "ed25519:1");
    assert_eq!(encoded.len(), 86);
    let url_safe = encoded.replace('+', "-").replace('/', "_");
    assert_ne!(encoded, url_safe, "the sample should tell the alphabets apart");
    for (text, valid) in [
        (encoded.clone(), true),
        (format!("{encoded}=="), true),
        (url_safe, false),
        (format!("{encoded}="), true),
        (format!("{encoded}AA"), false),
        (encoded[..85].to_owned(), false),
        (encoded[..82].to_owned(), false),
        (format!(" {encoded}"), false),
        (format!("{encoded}\n"), false),
        (String::new(), false),
        ("é".repeat(43), false),
    ] {
        let mut object = good.clone();
        put_signature(&mut object, SERVER, "ed25519:1", &text);
        let expected = if valid { Ok(()) } else { invalid(SERVER, "ed25519:1") };
        assert_eq!(verdict(&object, &known, &version), expected, "{text:?}");
    }
}

#[test]
fn in_a_batch_each_event_has_its_own_verdict() {
    let version = version("11");
    let known = keys(&[SERVER, "two.example"], &version);
    let mut forged = signed_with(&[&key(SERVER)], &version);
    forged.insert("depth", 8);
    let events: Vec<Event> = (0..12)
        .map(|number| match number % 4 {
            0 => signed(&pdu(&version), &version),
            1 => Event::from_object(&forged, &version).unwrap(),
            2 => event(
                &{
                    let mut pdu = pdu(&version);
                    pdu["signatures"] = json!({});
                    pdu
                },
                &version,
            ),
            _ => signed(&member(&version, "@b:c", json!({ "membership": "x" })), &version),
        })
        .collect();
    let events: Vec<&Event> = events.iter().collect();
    let verdicts = check_batch(&events, &known, &version);
    let alone: Vec<_> = events.iter().map(|event| check(event, &known, &version)).collect();
    assert_eq!(verdicts, alone);
    assert_eq!(verdicts.iter().filter(|verdict| verdict.is_ok()).count(), 6);
    assert_eq!(check_batch(&[], &known, &version), []);
}
