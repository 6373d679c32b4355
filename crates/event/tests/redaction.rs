//! The five redaction algorithms: what each keeps of every type and at the top level.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use exeunt_event::json::{Object, Value};
use exeunt_event::redaction::{redact, redact_in_place};
use exeunt_version::{Redaction, RoomVersion};
use rstest::rstest;
use sample::{event, object, pdu, read_as, state, version, versions};
use serde_json::{Value as Json, json};

fn keys<'o>(object: &'o Object<'_>) -> Vec<&'o str> {
    object.iter().map(|(key, _)| key).collect()
}

fn content<'o, 'a>(object: &'o Object<'a>) -> &'o Object<'a> {
    object.get("content").and_then(Value::as_object).unwrap()
}

/// Every key that any algorithm keeps of any content, and some that none does.
const CONTENT_KEYS: [&str; 22] = [
    "aliases",
    "allow",
    "ban",
    "body",
    "creator",
    "events",
    "events_default",
    "history_visibility",
    "invite",
    "join_authorised_via_users_server",
    "join_rule",
    "kick",
    "membership",
    "notifications",
    "redact",
    "redacts",
    "room_version",
    "state_default",
    "third_party_invite",
    "topic",
    "users",
    "users_default",
];

/// What the redaction of an event of that type keeps of [`CONTENT_KEYS`].
fn kept(event_type: &str, version: &RoomVersion) -> String {
    let full: serde_json::Map<String, Json> =
        CONTENT_KEYS.iter().map(|key| ((*key).to_owned(), json!({ "any": ["value"] }))).collect();
    let pdu = state(version, event_type, "", full.into());
    let before = object(&pdu);
    let redacted = redact(&before, version);
    for (key, value) in content(&redacted).iter() {
        assert_eq!(Some(value), content(&before).get(key), "{key} is kept as it was");
    }
    keys(content(&redacted)).join(" ")
}

const EVERYTHING: &str = "aliases allow ban body creator events events_default \
    history_visibility invite join_authorised_via_users_server join_rule kick membership \
    notifications redact redacts room_version state_default third_party_invite topic users \
    users_default";
const LEVELS: &str = "ban events events_default kick redact state_default users users_default";
const LEVELS_AND_INVITE: &str =
    "ban events events_default invite kick redact state_default users users_default";

/// From which version to which, of which type, keeps what.
#[rstest]
#[case(1, 8, "m.room.member", "membership")]
#[case(9, 12, "m.room.member", "join_authorised_via_users_server membership")]
#[case(1, 10, "m.room.create", "creator")]
#[case(11, 12, "m.room.create", EVERYTHING)]
#[case(1, 7, "m.room.join_rules", "join_rule")]
#[case(8, 12, "m.room.join_rules", "allow join_rule")]
#[case(1, 10, "m.room.power_levels", LEVELS)]
#[case(11, 12, "m.room.power_levels", LEVELS_AND_INVITE)]
#[case(1, 5, "m.room.aliases", "aliases")]
#[case(6, 12, "m.room.aliases", "")]
#[case(1, 12, "m.room.history_visibility", "history_visibility")]
#[case(1, 10, "m.room.redaction", "")]
#[case(11, 12, "m.room.redaction", "redacts")]
#[case(1, 12, "m.room.message", "")]
#[case(1, 12, "m.room.topic", "")]
#[case(1, 12, "m.room.third_party_invite", "")]
#[case(1, 12, "m.room.server_acl", "")]
#[case(1, 12, "m.room.tombstone", "")]
#[case(1, 12, "m.room.encryption", "")]
#[case(1, 12, "m.room.Member", "")]
#[case(1, 12, "", "")]
fn of_each_type_those_keys_are_kept(
    #[case] first: usize,
    #[case] last: usize,
    #[case] event_type: &str,
    #[case] expected: &str,
) {
    for version in versions(first, last) {
        assert_eq!(kept(event_type, &version), expected, "{event_type} in {version}");
    }
}

#[rstest]
#[case(1, Redaction::V1)]
#[case(5, Redaction::V1)]
#[case(6, Redaction::V6)]
#[case(7, Redaction::V6)]
#[case(8, Redaction::V8)]
#[case(9, Redaction::V9)]
#[case(10, Redaction::V9)]
#[case(11, Redaction::V11)]
#[case(12, Redaction::V11)]
fn there_are_five_algorithms(#[case] number: usize, #[case] algorithm: Redaction) {
    assert_eq!(versions(number, number)[0].capabilities.redaction, algorithm);
}

/// Which types are redacted differently by two neighbouring versions: nothing but what the later
/// one's page says.
#[rstest]
#[case(1, "")]
#[case(2, "")]
#[case(3, "")]
#[case(4, "")]
#[case(5, "m.room.aliases")]
#[case(6, "")]
#[case(7, "m.room.join_rules")]
#[case(8, "m.room.member")]
#[case(9, "")]
#[case(10, "m.room.create m.room.power_levels m.room.redaction")]
#[case(11, "")]
fn from_one_version_to_the_next_those_types_change(#[case] number: usize, #[case] changed: &str) {
    let neighbours = versions(number, number + 1);
    let types = [
        "m.room.aliases",
        "m.room.create",
        "m.room.history_visibility",
        "m.room.join_rules",
        "m.room.member",
        "m.room.message",
        "m.room.power_levels",
        "m.room.redaction",
        "m.room.third_party_invite",
    ];
    let differs =
        |event_type: &&str| kept(event_type, &neighbours[0]) != kept(event_type, &neighbours[1]);
    assert_eq!(types.into_iter().filter(differs).collect::<Vec<_>>().join(" "), changed);
}

#[test]
fn at_the_top_level_three_old_keys_are_kept_until_version_10() {
    for version in RoomVersion::all() {
        let mut pdu = state(&version, "m.room.message", "a", json!({ "body": 1 }));
        for key in ["room_id", "event_id", "prev_state", "origin", "membership"] {
            pdu[key] = json!("kept");
        }
        for key in ["unsigned", "redacts", "age_ts", "outlier", "prev_content", "replaces_state"] {
            pdu[key] = json!({ "never": "kept" });
        }
        pdu["unknown"] = json!("never kept");
        let old = ["membership", "origin", "prev_state"];
        let mut expected = vec![
            "auth_events",
            "content",
            "depth",
            "event_id",
            "hashes",
            "origin_server_ts",
            "prev_events",
            "room_id",
            "sender",
            "signatures",
            "state_key",
            "type",
        ];
        if version.page() <= 10 {
            expected.extend(old);
            expected.sort_unstable();
        }
        let before = object(&pdu);
        let redacted = redact(&before, &version);
        assert_eq!(keys(&redacted), expected, "{version}");
        for (key, value) in redacted.iter().filter(|(key, _)| *key != "content") {
            assert_eq!(before.get(key), Some(value), "{key} in {version}");
        }
        let mut in_place = before;
        redact_in_place(&mut in_place, &version);
        assert_eq!(in_place, redacted);
    }
}

const NOTHING: Option<Json> = None;

/// `third_party_invite` before, and what is left of it from version 11 on: read as the text, and
/// read as Synapse does.
#[rstest]
#[case(json!({ "signed": { "mxid": "@a:b" }, "display_name": "a" }),
    Some(json!({ "signed": { "mxid": "@a:b" } })), Some(json!({ "signed": { "mxid": "@a:b" } })))]
#[case(json!({ "signed": null }), Some(json!({ "signed": null })), Some(json!({ "signed": null })))]
#[case(json!({ "signed": "any" }), Some(json!({ "signed": "any" })), Some(json!({ "signed": "any" })))]
#[case(json!({ "display_name": "a" }), NOTHING, Some(json!({})))]
#[case(json!({}), NOTHING, Some(json!({})))]
#[case(json!(null), NOTHING, Some(json!({})))]
#[case(json!("signed"), NOTHING, Some(json!({})))]
#[case(json!(["signed"]), NOTHING, Some(json!({})))]
fn of_a_third_party_invite_signed_is_kept_from_version_11(
    #[case] invite: Json,
    #[case] text: Option<Json>,
    #[case] synapse: Option<Json>,
) {
    let left = |version: &RoomVersion| {
        let content = json!({ "membership": "invite", "third_party_invite": invite });
        let redacted = event(&sample::member(version, "@a:b", content), version).redacted(version);
        let content: Json = serde_json::from_str(redacted.text()).unwrap();
        assert_eq!(content["content"]["membership"], "invite");
        content["content"].get("third_party_invite").cloned()
    };
    for id in RoomVersion::SPECIFIED {
        let kept = version(id).page() >= 11;
        assert_eq!(left(&version(id)), text.clone().filter(|_| kept), "{id}");
        let reading = "redacted_third_party_invite";
        assert_eq!(left(&read_as(id, reading, "nothing")), text.clone().filter(|_| kept), "{id}");
        assert_eq!(left(&read_as(id, reading, "empty")), synapse.clone().filter(|_| kept), "{id}");
    }
}

#[test]
fn of_another_type_than_member_a_third_party_invite_is_not_kept() {
    for version in versions(11, 12) {
        let invite = json!({ "membership": "x", "third_party_invite": { "signed": {} } });
        let redacted = redact(&object(&state(&version, "m.room.topic", "", invite)), &version);
        assert!(content(&redacted).is_empty());
    }
}

/// No event has such a content, but the algorithm must not fail on what it is given.
#[test]
fn a_content_that_is_no_object_becomes_an_empty_one() {
    for version in RoomVersion::all() {
        for event_type in ["m.room.create", "m.room.member", "m.room.message"] {
            for wrong in [json!(null), json!("creator"), json!(["membership"]), json!(1)] {
                let redacted = redact(&object(&state(&version, event_type, "", wrong)), &version);
                assert_eq!(redacted.get("content"), Some(&Object::new().into()));
            }
            let mut absent = object(&state(&version, event_type, "", json!({})));
            absent.remove("content");
            assert!(!redact(&absent, &version).contains_key("content"), "nothing is added");
        }
    }
}

#[test]
fn a_type_that_is_no_string_keeps_nothing_of_the_content() {
    for version in RoomVersion::all() {
        let content_of = |event_type: Option<Json>| {
            let mut pdu = pdu(&version);
            pdu["content"] = json!({ "membership": "join", "creator": 1 });
            match event_type {
                Some(event_type) => pdu["type"] = event_type,
                None => drop(pdu.as_object_mut().unwrap().remove("type")),
            }
            redact(&object(&pdu), &version).get("content").cloned()
        };
        for event_type in [None, Some(json!(["m.room.create"])), Some(json!(null))] {
            assert_eq!(content_of(event_type), Some(Object::new().into()));
        }
    }
}

/// A redacted event is one with which the rules can work: what they read is still there.
#[test]
fn a_redacted_event_keeps_its_id_and_what_the_rules_read() {
    for version in RoomVersion::all() {
        let content = json!({ "membership": "ban", "reason": "a bear" });
        let mut pdu = sample::member(&version, "@bob:two.example", content);
        pdu["unsigned"] = json!({ "age": 1 });
        let before = event(&pdu, &version);
        let after = before.redacted(&version);
        assert_eq!(after.event_id(), before.event_id());
        assert_eq!(after.room_id(), before.room_id());
        assert_eq!(after.state_key(), Some("@bob:two.example"));
        assert_eq!(after.auth_events(), before.auth_events());
        assert!(before.text().contains("bear") && before.text().contains("unsigned"));
        assert!(!after.text().contains("bear") && !after.text().contains("unsigned"));
        assert_eq!(after.redacted(&version), after);
    }
}
