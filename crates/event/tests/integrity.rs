//! Properties of redaction, hashes, event IDs and signatures: whatever a server changes in
//! somebody else's event is noticed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod sample;

use exeunt_event::hashes::{content_hash, content_hash_matches, reference_hash};
use exeunt_event::json::{Object, Value};
use exeunt_event::redaction::redact;
use exeunt_event::signatures::{Keys, check, hash_and_sign, required_servers};
use exeunt_event::{Event, ServerName, base64, format};
use exeunt_version::RoomVersion;
use proptest::prelude::*;
use proptest::sample::Index;
use sample::{SERVER, keys, object, signed, version, versions};
use serde_json::{Value as Json, json};

const TYPES: [&str; 9] = [
    "m.room.create",
    "m.room.member",
    "m.room.power_levels",
    "m.room.join_rules",
    "m.room.aliases",
    "m.room.redaction",
    "m.room.history_visibility",
    "m.room.third_party_invite",
    "m.room.message",
];

const CONTENT_KEYS: [&str; 10] = [
    "membership",
    "third_party_invite",
    "join_authorised_via_users_server",
    "creator",
    "users",
    "invite",
    "allow",
    "aliases",
    "redacts",
    "body",
];

const TOP_LEVEL_KEYS: [&str; 10] = [
    "origin",
    "membership",
    "prev_state",
    "redacts",
    "unsigned",
    "age_ts",
    "outlier",
    "destinations",
    "extra",
    "",
];

fn small_value() -> impl Strategy<Value = Json> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Json::from),
        (-50..100_i32).prop_map(Json::from),
        prop::sample::select(vec!["join", "invite", "@bob:two.example", "é\"\n", ""])
            .prop_map(Json::from),
        prop::sample::select(vec!["signed", "@a:b"]).prop_map(|key| json!({ key: { "é": [1] } })),
        Just(json!([])),
    ]
}

fn any_version() -> impl Strategy<Value = RoomVersion> {
    (1..=12_usize).prop_map(|number| versions(number, number).remove(0))
}

/// An event of any type and version, with all kinds of keys and contents.
fn any_pdu() -> impl Strategy<Value = (RoomVersion, Json)> {
    let content =
        prop::collection::vec((prop::sample::select(&CONTENT_KEYS[..]), small_value()), 0..5);
    let top =
        prop::collection::vec((prop::sample::select(&TOP_LEVEL_KEYS[..]), small_value()), 0..4);
    let state_key = prop::option::of(prop::sample::select(vec!["", "@bob:two.example"]));
    let event_type = prop::sample::select(&TYPES[..]);
    (any_version(), event_type, state_key, content, top).prop_map(
        |(version, event_type, state_key, content, top)| {
            let mut pdu = sample::pdu(&version);
            pdu["type"] = json!(event_type);
            if let Some(state_key) = state_key {
                pdu["state_key"] = json!(state_key);
            }
            for (key, value) in content {
                pdu["content"][key] = value;
            }
            for (key, value) in top {
                pdu[key] = value;
            }
            (version, pdu)
        },
    )
}

fn without(object: &Object<'_>, keys: &[&str]) -> Object<'static> {
    let mut object = object.clone().into_owned();
    object.retain(|key, _| !keys.contains(&key));
    object
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn redaction_is_idempotent_and_only_takes_away((version, pdu) in any_pdu()) {
        let event = object(&pdu);
        let once = redact(&event, &version);
        prop_assert_eq!(&redact(&once, &version), &once);
        for (key, value) in once.iter().filter(|(key, _)| *key != "content") {
            prop_assert_eq!(event.get(key), Some(value));
        }
        let content = event.get("content").and_then(Value::as_object).unwrap();
        for (key, value) in once.get("content").and_then(Value::as_object).unwrap().iter() {
            if key != "third_party_invite" {
                prop_assert_eq!(content.get(key), Some(value));
            }
        }
    }

    #[test]
    fn a_redacted_event_has_the_id_of_the_original((version, pdu) in any_pdu()) {
        let event = sample::event(&pdu, &version);
        let redacted = redact(&object(&pdu), &version);
        let parsed = Event::from_object(&redacted, &version).unwrap();
        prop_assert_eq!(parsed.event_id(), event.event_id());
        prop_assert_eq!(reference_hash(&redacted, &version), reference_hash(&object(&pdu), &version));
        prop_assert_eq!(event.redacted(&version), parsed);
    }

    #[test]
    fn an_event_id_covers_what_redaction_keeps_but_signatures(
        (version, pdu) in any_pdu(), key in prop::sample::select(&TOP_LEVEL_KEYS[..]),
        value in small_value(),
    ) {
        for key in [key, "depth", "hashes", "signatures", "unsigned", "state_key"] {
            let mut changed = object(&pdu);
            changed.insert(key, object(&json!({ "v": value })).remove("v").unwrap());
            let same_essence = without(&redact(&changed, &version), &["signatures"])
                == without(&redact(&object(&pdu), &version), &["signatures"]);
            let same_hash =
                reference_hash(&changed, &version) == reference_hash(&object(&pdu), &version);
            prop_assert_eq!(same_hash, same_essence, "{}", key);
        }
    }

    #[test]
    fn the_content_hash_covers_everything_but_three_keys(
        (version, pdu) in any_pdu(), value in small_value(),
    ) {
        let keys = TOP_LEVEL_KEYS.iter().chain(&["hashes", "signatures", "depth", "content"]);
        let before = object(&pdu);
        for key in keys {
            let mut changed = before.clone();
            changed.insert(*key, object(&json!({ "v": value })).remove("v").unwrap());
            let left_out = ["unsigned", "signatures", "hashes"].contains(key);
            let same = left_out || changed == before;
            let hash_is_same = content_hash(&changed, &version) == content_hash(&before, &version);
            prop_assert_eq!(hash_is_same, same, "{}", key);
        }
        let by_synapse = sample::read_as(version.id(), "content_hash", "synapse");
        for key in ["age_ts", "outlier", "destinations", "extra"] {
            let left_out = key != "extra";
            let bare = without(&before, &[key]);
            let mut with = bare.clone();
            with.insert(key, 1);
            let same = content_hash(&with, &by_synapse) == content_hash(&bare, &by_synapse);
            prop_assert_eq!(same, left_out, "{}", key);
        }
    }

    #[test]
    fn what_is_signed_passes_checks_2_and_3((version, pdu) in any_pdu()) {
        let event = signed(&pdu, &version);
        let servers = required_servers(&event, &version);
        let known = keys(&servers.iter().map(ServerName::as_str).collect::<Vec<_>>(), &version);
        prop_assert_eq!(check(&event, &known, &version), Ok(()));
        // Then nobody set the hash either.
        let nobody_signs = servers.is_empty();
        prop_assert_eq!(content_hash_matches(&event, &version), !nobody_signs);
        let redacted = event.redacted(&version);
        if required_servers(&redacted, &version) == servers {
            prop_assert_eq!(check(&redacted, &known, &version), Ok(()));
        } else {
            // A third-party invite that redaction takes the proof from is none any more (always up
            // to version 10, and later without `signed`), and lacks the signature that nobody had
            // to make.
            prop_assert!(nobody_signs);
            prop_assert!(check(&redacted, &known, &version).is_err());
        }
        let nothing_lost = without(&redacted.object(), &["unsigned", "signatures"])
            == without(&event.object(), &["unsigned", "signatures"]);
        prop_assert_eq!(content_hash_matches(&redacted, &version), nothing_lost && !nobody_signs);
    }

    #[test]
    fn a_change_of_any_bytes_is_noticed_or_changes_nothing(
        version in any_version(),
        member in any::<bool>(),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 1..4),
        remove in any::<bool>(),
    ) {
        let (original, mut text) = original(&version, member);
        for (at, byte) in changes {
            let at = at.index(text.len());
            let by = if remove { None } else { Some(byte) };
            text.splice(at..=at, by);
        }
        classify(&original, &text, &version);
    }
}

/// A signed event and its text, with escapes, white space and `unsigned` in it.
fn original(version: &RoomVersion, member: bool) -> (Event, Vec<u8>) {
    let mut pdu = if member {
        let content = json!({ "membership": "join", "displayname": "é/ü", "unsigned": 10 });
        sample::member(version, "@alice:one.example", content)
    } else {
        sample::pdu(version)
    };
    pdu["content"]["body"] = json!("é/ü \\ é");
    pdu["unsigned"] = json!({ "age": 1 });
    let mut object = object(&pdu);
    object.insert("signatures", Object::new());
    hash_and_sign(&mut object, &sample::key(SERVER), version);
    let event = Event::from_object(&object, version).unwrap();
    let text = event.text().replace('é', "\\u00e9").replace("\":", "\": ");
    assert_eq!(Event::parse(text.as_bytes(), version).unwrap(), event);
    (event, text.into_bytes())
}

/// What became of a changed event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// It is no event any more.
    NoEvent,
    /// Check 2 drops it.
    Dropped,
    /// Check 3 redacts it, and what is left is what is left of the original.
    Redacted,
    /// Nothing changed but `unsigned`, or how the event is written.
    Unchanged,
}

/// The fate of an event that was changed in transit.
///
/// The statement is: whatever bytes are changed, an event that passes check 2 redacts to what the
/// original redacts to, `signatures` aside, so that it has the same ID; and one that passes check 3
/// too is the original in canonical JSON, `unsigned` and `signatures` aside. In `signatures` the
/// signature that counts is still the same 64 bytes (perhaps in another encoding of them), and
/// those that do not count are anybody's to change. It holds for events that somebody must sign:
/// a third-party invite, from version 3 on, has nothing but its content hash.
fn classify(original: &Event, text: &[u8], version: &RoomVersion) -> Fate {
    let Ok(changed) = Event::parse(text, version) else { return Fate::NoEvent };
    let _ = format::check(&changed, version);
    let known: Keys = keys(&[SERVER], version);
    if check(&changed, &known, version).is_err() {
        return Fate::Dropped;
    }
    let (before, after) = (original.object(), changed.object());
    let essence = |object: &Object<'_>| without(&redact(object, version), &["signatures"]);
    assert_eq!(essence(&after), essence(&before));
    assert_eq!(changed.event_id(), original.event_id());
    assert_eq!(signature_bytes(&after), signature_bytes(&before));
    if !content_hash_matches(&changed, version) {
        let redacted = changed.redacted(version);
        assert_eq!(without(&redacted.object(), &["signatures"]), essence(&before));
        return Fate::Redacted;
    }
    assert_eq!(
        without(&after, &["unsigned", "signatures"]),
        without(&before, &["unsigned", "signatures"])
    );
    Fate::Unchanged
}

fn signature_bytes(object: &Object<'_>) -> [u8; 64] {
    let all = object.get("signatures").and_then(Value::as_object).unwrap();
    let of_server = all.get(SERVER).and_then(Value::as_object).unwrap();
    base64::decode_array(of_server.get("ed25519:1").and_then(Value::as_str).unwrap()).unwrap()
}

/// Each byte of the text in turn, in every version: every fate is met, and outside `unsigned` and
/// `signatures` nothing goes unnoticed but another way to write the same.
#[test]
fn each_byte_that_is_changed_is_noticed_or_changes_nothing() {
    for version in RoomVersion::all() {
        let (original, text) = original(&version, true);
        let mut fates = std::collections::BTreeMap::new();
        for at in 0..text.len() {
            let replacements: &[u8] = match text[at] {
                b'0'..=b'9' => b"1e",
                b'e' => b"E ",
                b' ' => b"\n\"",
                _ => b"a",
            };
            for replacement in replacements.iter().filter(|byte| **byte != text[at]) {
                let mut changed = text.clone();
                changed[at] = *replacement;
                *fates.entry(classify(&original, &changed, &version)).or_insert(0) += 1;
            }
        }
        for fate in [Fate::NoEvent, Fate::Dropped, Fate::Redacted, Fate::Unchanged] {
            assert!(fates.get(&fate).is_some_and(|count| *count > 10), "{version} {fates:?}");
        }
    }
}

#[test]
fn a_third_party_invite_may_be_changed_with_its_hash_and_then_is_another_event() {
    let version = version("11");
    let content = json!({ "membership": "invite", "third_party_invite": { "signed": {} } });
    let pdu = sample::member(&version, "@bob:two.example", content);
    let original = sample::event(&pdu, &version);
    let mut changed = object(&pdu);
    changed.insert("depth", 8);
    let hash = base64::encode(content_hash(&changed, &version));
    changed.insert("hashes", Object::from_iter([("sha256", hash)]));
    let changed = Event::from_object(&changed, &version).unwrap();
    assert_eq!(check(&changed, &Keys::new(), &version), Ok(()));
    assert!(content_hash_matches(&changed, &version));
    assert_ne!(changed.event_id(), original.event_id());
}
