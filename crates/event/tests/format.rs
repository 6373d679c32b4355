//! Receipt check 1: every fault of format by example, at both sides of each limit.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod sample;

use exeunt_event::format::{
    FormatError, MAXIMUM_AUTH_EVENTS, MAXIMUM_PREV_EVENTS, MAXIMUM_SIZE, check,
};
use exeunt_event::identifier::IdentifierError;
use exeunt_event::json::{ErrorKind, JsonError, NotCanonical};
use exeunt_event::{Event, EventError, EventId};
use exeunt_version::RoomVersion;
use rstest::rstest;
use sample::{event, parse, pdu, read_as, reference, references, state, version, versions};
use serde_json::{Value as Json, json};

fn checked(pdu: &Json, version: &RoomVersion) -> Result<(), FormatError> {
    check(&event(pdu, version), version)
}

/// The sample event of every version with that field set.
fn with(field: &str, value: &Json) -> Vec<(RoomVersion, Json)> {
    RoomVersion::all()
        .map(|version| {
            let mut pdu = pdu(&version);
            pdu[field] = value.clone();
            (version, pdu)
        })
        .collect()
}

fn without(field: &str) -> Vec<(RoomVersion, Json)> {
    RoomVersion::all()
        .map(|version| {
            let mut pdu = pdu(&version);
            pdu.as_object_mut().unwrap().remove(field);
            (version, pdu)
        })
        .collect()
}

#[test]
fn the_sample_events_pass() {
    for version in RoomVersion::all() {
        assert_eq!(checked(&pdu(&version), &version), Ok(()), "{version}");
        let state = state(&version, "m.room.topic", "", json!({}));
        assert_eq!(checked(&state, &version), Ok(()), "{version}");
    }
}

#[rstest]
#[case("type")]
#[case("sender")]
#[case("content")]
#[case("prev_events")]
#[case("auth_events")]
#[case("depth")]
#[case("origin_server_ts")]
#[case("room_id")]
fn without_a_field_that_the_rules_need_there_is_no_event(#[case] field: &'static str) {
    for (version, pdu) in without(field) {
        assert_eq!(parse(&pdu, &version), Err(EventError::Missing(field)), "{version}");
    }
}

#[rstest]
#[case("type", json!(1), "a string")]
#[case("sender", json!(["@a:b"]), "a string")]
#[case("room_id", json!(null), "a string")]
#[case("content", json!([]), "an object")]
#[case("content", json!(null), "an object")]
#[case("prev_events", json!({}), "an array")]
#[case("auth_events", json!("$a"), "an array")]
#[case("depth", json!("7"), "an integer")]
#[case("origin_server_ts", json!(true), "an integer")]
fn with_a_field_of_another_type_there_is_no_event(
    #[case] field: &'static str,
    #[case] value: Json,
    #[case] expected: &'static str,
) {
    for (version, pdu) in with(field, &value) {
        assert_eq!(parse(&pdu, &version), Err(EventError::WrongType(field, expected)), "{version}");
    }
}

#[test]
fn what_is_no_object_is_no_event() {
    for version in RoomVersion::all() {
        for text in ["[]", "null", "1", "\"{}\""] {
            assert_eq!(Event::parse(text.as_bytes(), &version), Err(EventError::NotAnObject));
        }
    }
}

#[test]
fn the_event_id_belongs_to_versions_1_and_2_alone() {
    for (version, pdu) in without("event_id") {
        let expected = match version.page() {
            1 | 2 => Err(EventError::Missing("event_id")),
            _ => Ok(Ok(())),
        };
        assert_eq!(parse(&pdu, &version).map(|event| check(&event, &version)), expected);
    }
    for (version, pdu) in with("event_id", &json!("$event:one.example")) {
        let expected = match version.page() {
            1 | 2 => Ok(()),
            _ => Err(FormatError::Superfluous("event_id")),
        };
        assert_eq!(checked(&pdu, &version), expected, "{version}");
    }
}

#[test]
fn the_create_event_of_version_12_alone_may_lack_a_room_id() {
    for version in RoomVersion::all() {
        let mut create = state(&version, "m.room.create", "", json!({}));
        assert!(event(&create, &version).has_room_id());
        create.as_object_mut().unwrap().remove("room_id");
        if version.page() == 12 {
            assert_eq!(checked(&create, &version), Ok(()));
            // One that has it is for rule 1.2 to reject.
            create["room_id"] = json!(format!("!{}", "A".repeat(43)));
            assert_eq!(checked(&create, &version), Ok(()));
            create["room_id"] = json!(null);
            let error = EventError::WrongType("room_id", "a string");
            assert_eq!(parse(&create, &version), Err(error));
        } else {
            assert_eq!(parse(&create, &version), Err(EventError::Missing("room_id")));
        }
    }
}

#[rstest]
#[case::ascii("a", "")]
#[case::two_bytes("é", "a")]
#[case::three_bytes("日", "")]
#[case::four_bytes("😀", "abc")]
fn type_and_state_key_take_255_bytes_however_many_characters_they_are(
    #[case] character: &str,
    #[case] rest: &str,
) {
    let longest = character.repeat(255 / character.len()) + rest;
    assert_eq!(longest.len(), 255);
    for field in ["type", "state_key"] {
        for (version, pdu) in with(field, &json!(longest)) {
            assert_eq!(checked(&pdu, &version), Ok(()));
        }
        for (version, pdu) in with(field, &json!(format!("{longest}a"))) {
            assert_eq!(checked(&pdu, &version), Err(FormatError::TooLong { field, length: 256 }));
        }
    }
}

#[rstest]
#[case("sender", '@')]
#[case("room_id", '!')]
#[case("event_id", '$')]
fn identifiers_take_255_bytes(#[case] field: &'static str, #[case] sigil: char) {
    let longest = format!("{sigil}{}:one.example", "é".repeat(121));
    assert_eq!(longest.len(), 255);
    let applies = |version: &RoomVersion| field != "event_id" || version.page() <= 2;
    for (version, pdu) in with(field, &json!(longest)) {
        if applies(&version) {
            assert_eq!(checked(&pdu, &version), Ok(()));
        }
    }
    for (version, pdu) in with(field, &json!(longest.replace(':', "a:"))) {
        if applies(&version) {
            assert_eq!(checked(&pdu, &version), Err(FormatError::TooLong { field, length: 256 }));
        }
    }
}

#[rstest]
#[case("sender", "alice:one.example", IdentifierError::Sigil('@'))]
#[case("sender", "", IdentifierError::Sigil('@'))]
#[case("sender", "@alice", IdentifierError::NoServerName)]
#[case("sender", "@alice:one_example", IdentifierError::ServerName)]
#[case("sender", "@al\0ice:one.example", IdentifierError::Character)]
#[case("room_id", "#room:one.example", IdentifierError::Sigil('!'))]
#[case("room_id", "!room", IdentifierError::NoServerName)]
#[case("room_id", "!room:", IdentifierError::ServerName)]
#[case("event_id", "event:one.example", IdentifierError::Sigil('$'))]
#[case("event_id", "$event", IdentifierError::NoServerName)]
#[case("event_id", "$event:one.example:x", IdentifierError::ServerName)]
fn a_field_that_is_no_identifier_of_its_kind_is_a_fault(
    #[case] field: &'static str,
    #[case] value: &str,
    #[case] error: IdentifierError,
) {
    for (version, pdu) in with(field, &json!(value)) {
        if field == "event_id" && version.page() > 2 {
            continue;
        }
        let expected = FormatError::Identifier { field, value: value.to_owned(), error };
        assert_eq!(checked(&pdu, &version), Err(expected), "{version}");
    }
}

#[test]
fn an_event_takes_65_536_bytes_of_canonical_json_with_everything_in_it() {
    assert_eq!(MAXIMUM_SIZE, 65_536);
    for version in RoomVersion::all() {
        let mut pdu = pdu(&version);
        pdu["unsigned"] = json!({ "age": 1 });
        pdu["content"]["body"] = json!("é");
        let padding = MAXIMUM_SIZE - sample::bytes(&pdu).len();
        pdu["content"]["body"] = json!(format!("é{}", "a".repeat(padding)));
        assert_eq!(event(&pdu, &version).text().len(), MAXIMUM_SIZE);
        assert_eq!(checked(&pdu, &version), Ok(()));
        // White space and escapes are not counted.
        let spacious = serde_json::to_string_pretty(&pdu).unwrap().replace('é', "\\u00e9");
        let spacious = Event::parse(spacious.as_bytes(), &version).unwrap();
        assert_eq!(check(&spacious, &version), Ok(()));

        pdu["content"]["body"] = json!(format!("é{}", "a".repeat(padding + 1)));
        assert_eq!(checked(&pdu, &version), Err(FormatError::TooLarge(MAXIMUM_SIZE + 1)));
        pdu["content"]["body"] = json!(format!("é{}", "é".repeat(padding)));
        assert_eq!(checked(&pdu, &version), Err(FormatError::TooLarge(MAXIMUM_SIZE + padding)));
    }
}

/// In versions 1 to 5 the canonical form may be shorter or longer than what was received.
#[test]
fn the_size_is_that_of_the_canonical_numbers() {
    let version = version("5");
    let mut pdu = pdu(&version);
    pdu["content"]["body"] = json!("");
    let spelled = |spelling: &str, padding: usize| {
        let body = format!("\"{}\",\"number\":{spelling}", "a".repeat(padding));
        let text = pdu.to_string().replace("\"body\":\"\"", &format!("\"body\":{body}"));
        check(&Event::parse(text.as_bytes(), &version).unwrap(), &version)
    };
    let padding = MAXIMUM_SIZE - pdu.to_string().len() - ",\"number\":".len();
    assert_eq!(spelled("1000", padding - 4), Ok(()));
    assert_eq!(spelled("1000", padding - 3), Err(FormatError::TooLarge(MAXIMUM_SIZE + 1)));
    assert_eq!(spelled("1e3", padding - 4), Ok(()));
    assert_eq!(spelled("1e3", padding - 3), Err(FormatError::TooLarge(MAXIMUM_SIZE + 1)));
    assert_eq!(spelled("1.0000000", padding - 1), Ok(()));
    assert_eq!(spelled("1.0000000", padding), Err(FormatError::TooLarge(MAXIMUM_SIZE + 1)));
}

#[rstest]
#[case("auth_events", 10)]
#[case("prev_events", 20)]
fn there_may_be_10_auth_events_and_20_prev_events(
    #[case] field: &'static str,
    #[case] most: usize,
) {
    assert_eq!((MAXIMUM_AUTH_EVENTS, MAXIMUM_PREV_EVENTS), (10, 20));
    for version in RoomVersion::all() {
        let mut pdu = pdu(&version);
        for count in [0, 1, most] {
            pdu[field] = references(&version, count);
            assert_eq!(checked(&pdu, &version), Ok(()), "{version}");
        }
        pdu[field] = references(&version, most + 1);
        let expected = FormatError::TooMany { field, count: most + 1, maximum: most };
        assert_eq!(checked(&pdu, &version), Err(expected), "{version}");
    }
}

#[test]
fn a_depth_is_at_least_0() {
    for (version, pdu) in with("depth", &json!(0)) {
        assert_eq!(checked(&pdu, &version), Ok(()));
    }
    for (version, pdu) in with("depth", &json!(-1)) {
        let maximum = version.capabilities.maximum_depth;
        assert_eq!(checked(&pdu, &version), Err(FormatError::Depth { depth: -1, maximum }));
    }
}

/// Beyond the largest depth lies no integer of the version's JSON.
#[test]
fn a_depth_is_at_most_2_to_the_63_less_1_and_from_version_6_2_to_the_53_less_1() {
    let at = |depth: &str, version: &RoomVersion| {
        let text = pdu(version).to_string().replace("\"depth\":7", &format!("\"depth\":{depth}"));
        Event::parse(text.as_bytes(), version).map(|event| check(&event, version))
    };
    for version in versions(1, 5) {
        assert_eq!(at("9223372036854775807", &version), Ok(Ok(())));
        for depth in ["9223372036854775808", "1e3", "7.0", "-0"] {
            let error = EventError::WrongType("depth", "an integer");
            assert_eq!(at(depth, &version), Err(error), "{depth}");
        }
    }
    for version in versions(6, 12) {
        assert_eq!(at("9007199254740991", &version), Ok(Ok(())));
        let Err(EventError::Json(JsonError { kind, .. })) = at("9007199254740992", &version) else {
            panic!("2^53 is no integer of canonical JSON");
        };
        assert_eq!(kind, NotCanonical::OutOfRange.into());
    }
}

#[test]
fn a_version_that_a_user_defines_has_the_depth_it_names() {
    let version = RoomVersion::from_toml("base = \"11\"\nmaximum_depth = 7").unwrap();
    assert_eq!(checked(&pdu(&version), &version), Ok(()));
    let mut deeper = pdu(&version);
    deeper["depth"] = json!(8);
    let expected = FormatError::Depth { depth: 8, maximum: 7 };
    assert_eq!(checked(&deeper, &version), Err(expected));
}

#[rstest]
#[case("hashes", Some(json!({})), false)]
#[case("hashes", Some(json!({ "sha256": 1 })), false)]
#[case("hashes", Some(json!({ "md5": "a" })), false)]
#[case("hashes", Some(json!([])), false)]
#[case("hashes", Some(json!("a")), false)]
#[case("hashes", None, false)]
#[case("hashes", Some(json!({ "sha256": "no hash", "md5": 1 })), true)]
#[case("signatures", Some(json!({ "a": { "ed25519:1": 1 } })), false)]
#[case("signatures", Some(json!({ "a": {}, "b": "c" })), false)]
#[case("signatures", Some(json!([])), false)]
#[case("signatures", None, false)]
#[case("signatures", Some(json!({})), true)]
#[case("signatures", Some(json!({ "a": {}, "b": { "c": "d" } })), true)]
#[case("unsigned", Some(json!([])), false)]
#[case("unsigned", Some(json!(null)), false)]
#[case("unsigned", Some(json!({})), true)]
#[case("unsigned", None, true)]
#[case("state_key", Some(json!(null)), false)]
#[case("state_key", Some(json!(1)), false)]
#[case("state_key", Some(json!("")), true)]
#[case("state_key", None, true)]
fn hashes_signatures_unsigned_and_state_key_have_their_types(
    #[case] field: &'static str,
    #[case] value: Option<Json>,
    #[case] passes: bool,
) {
    let expected = match field {
        "hashes" => "an object with a string `sha256`",
        "signatures" => "an object of objects of strings",
        "unsigned" => "an object",
        _ => "a string",
    };
    let pdus = value.map_or_else(|| without(field), |value| with(field, &value));
    for (version, pdu) in pdus {
        let expected = if passes { Ok(()) } else { Err(FormatError::Field(field, expected)) };
        assert_eq!(checked(&pdu, &version), expected, "{version}");
    }
}

#[test]
fn redacts_is_a_string_where_the_version_has_it() {
    for version in RoomVersion::all() {
        let in_content = version.page() >= 11;
        for (field_at_top, passes) in [(true, in_content), (false, !in_content)] {
            let mut pdu = pdu(&version);
            pdu["type"] = json!("m.room.redaction");
            let place = if field_at_top { &mut pdu } else { &mut pdu["content"] };
            place["redacts"] = json!(["$a"]);
            let expected =
                if passes { Ok(()) } else { Err(FormatError::Field("redacts", "a string")) };
            assert_eq!(checked(&pdu, &version), expected, "{version}");
            // Of any other type it is any key.
            pdu["type"] = json!("m.room.message");
            assert_eq!(checked(&pdu, &version), Ok(()), "{version}");
        }
        let mut pdu = pdu(&version);
        pdu["type"] = json!("m.room.redaction");
        pdu["redacts"] = json!("$top");
        pdu["content"]["redacts"] = json!("$inside");
        let redaction = event(&pdu, &version);
        let expected = if in_content { "$inside" } else { "$top" };
        assert_eq!(redaction.redacts().map(EventId::as_str), Some(expected));
        assert_eq!(check(&redaction, &version), Ok(()));
    }
}

const PAIRS: FormatError =
    FormatError::Field("prev_events` or `auth_events", "pairs of event ID and hashes");

#[rstest]
#[case(json!(["$a:b", { "sha256": "c" }]), Ok(()), Ok(()))]
#[case(json!(["$a:b", { "sha256": "c", "md5": 1 }]), Ok(()), Ok(()))]
#[case(json!(["$a:b", {}]), Ok(()), Err(PAIRS))]
#[case(json!(["$a:b", { "sha256": 1 }]), Ok(()), Err(PAIRS))]
#[case(json!(["$a:b", []]), Err(PAIRS), Err(PAIRS))]
#[case(json!(["$a:b", null]), Err(PAIRS), Err(PAIRS))]
#[case(json!(["$a:b", "c"]), Err(PAIRS), Err(PAIRS))]
#[case(json!(["$a:b"]), Err(PAIRS), Err(PAIRS))]
#[case(json!(["$a:b", { "sha256": "c" }, 1]), Err(PAIRS), Err(PAIRS))]
fn references_are_pairs_in_versions_1_and_2(
    #[case] pair: Json,
    #[case] optional: Result<(), FormatError>,
    #[case] required: Result<(), FormatError>,
) {
    for id in ["1", "2"] {
        for field in ["prev_events", "auth_events"] {
            let mut pdu = pdu(&version(id));
            pdu[field] = json!([reference(&version(id), 1), pair]);
            assert_eq!(checked(&pdu, &version(id)), optional);
            assert_eq!(checked(&pdu, &read_as(id, "reference_hashes", "optional")), optional);
            assert_eq!(checked(&pdu, &read_as(id, "reference_hashes", "required")), required);
        }
    }
}

#[rstest]
#[case(json!([["$a:b", {}], "$c:d"]))]
#[case(json!([[{}, "$a:b"]]))]
#[case(json!([[]]))]
#[case(json!([{ "$a:b": {} }]))]
#[case(json!([null]))]
fn what_names_no_event_is_no_reference(#[case] entries: Json) {
    for field in ["prev_events", "auth_events"] {
        for (version, pdu) in with(field, &entries) {
            let expected = match version.page() {
                1 | 2 => "an array of pairs of event ID and hashes",
                _ => "an array of event IDs",
            };
            assert_eq!(parse(&pdu, &version), Err(EventError::WrongType(field, expected)));
        }
    }
}

#[test]
fn a_lone_float_anywhere_drops_the_event_from_version_6_on() {
    for (version, pdu) in with("extra", &json!({ "deep": [1.5] })) {
        match parse(&pdu, &version) {
            Ok(event) => {
                assert!(version.page() <= 5);
                assert_eq!(check(&event, &version), Ok(()));
            }
            Err(EventError::Json(JsonError { kind, .. })) => {
                assert!(version.page() >= 6);
                assert_eq!(kind, ErrorKind::NotCanonical(NotCanonical::Float));
                // The same when the object was built elsewhere.
                let built = Event::from_object(&sample::object(&pdu), &version);
                assert_eq!(built, Err(EventError::NotCanonical(NotCanonical::Float)));
            }
            Err(error) => panic!("{error}"),
        }
    }
}
