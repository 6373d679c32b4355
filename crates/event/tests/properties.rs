//! Properties of JSON text and of identifiers, and that nothing panics.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod sample;

use std::fmt::Write as _;

use exeunt_event::identifier::{IdentifierError, MAXIMUM_LENGTH, Name};
use exeunt_event::json::{self, Object, Value};
use exeunt_event::signatures::{Keys, check};
use exeunt_event::{Event, EventId, EventType, RoomId, ServerName, UserId, format, hashes};
use exeunt_version::{LenientNumbers, RoomVersion};
use proptest::prelude::*;
use proptest::sample::Index;
use sample::{version, versions};

/// Strings with everything that an escape could be for.
fn odd_string() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => any::<char>(),
        3 => (0..0x20_u8).prop_map(char::from),
        3 => prop::sample::select(vec!['"', '\\', '\u{7f}', '\u{80}', 'é', '\u{2028}', '\u{ffff}']),
        2 => prop::char::range('\u{10000}', '\u{10ffff}'),
        4 => prop::char::range(' ', '~'),
    ];
    prop::collection::vec(character, 0..24).prop_map(|characters| characters.into_iter().collect())
}

fn canonical_integer() -> impl Strategy<Value = i64> {
    let bound = json::MAXIMUM_INTEGER;
    prop_oneof![-bound..=bound, -9..=9_i64, Just(bound), Just(-bound)]
}

/// Any value with those numbers in it.
fn value(number: BoxedStrategy<Value<'static>>) -> impl Strategy<Value = Value<'static>> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number,
        odd_string().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((odd_string(), inner), 0..6)
                .prop_map(|members| members.into_iter().collect::<Object<'_>>().into()),
        ]
    })
}

fn canonical_value() -> impl Strategy<Value = Value<'static>> {
    value(canonical_integer().prop_map(Value::Integer).boxed())
}

/// A number in any spelling that a double can hold.
fn spelling() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,25})?([eE][-+]?[0-9]{1,2})?",
        "-?[0-9](\\.[0-9]{1,3})?[eE][-+]?(0{0,3}[0-9]{1,2}|2[0-9]{2})",
        "-?[0-9](\\.[0-9]{1,3})?[eE]-[34][0-9]{2}",
        any::<f64>()
            .prop_filter("finite", |double| double.is_finite())
            .prop_map(|double| format!("{double:e}")),
        any::<i64>().prop_map(|integer| integer.to_string()),
        Just("-0".to_owned()),
    ]
}

fn lenient_value() -> impl Strategy<Value = Value<'static>> {
    let number = spelling()
        .prop_map(|spelling| json::parse_lenient(spelling.as_bytes()).unwrap().value.into_owned());
    value(number.boxed())
}

/// A PDU of any version, with one change to its text.
fn mutated_pdu() -> impl Strategy<Value = (RoomVersion, Vec<u8>)> {
    let types = prop::sample::select(vec![
        "m.room.create",
        "m.room.member",
        "m.room.power_levels",
        "m.room.join_rules",
        "m.room.third_party_invite",
        "m.room.redaction",
        "m.room.message",
    ]);
    let change = prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| (at, 1, vec![byte])),
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| (at, length, vec![])),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 0..9)).prop_map(|(at, by)| (at, 0, by)),
        (any::<Index>(), lenient_value())
            .prop_map(|(at, by)| { (at, 1, by.to_canonical(LenientNumbers::Value).into_bytes()) }),
    ];
    (0..12_usize, types, change).prop_map(|(number, event_type, (at, length, by))| {
        let version = versions(number + 1, number + 1).remove(0);
        let content = serde_json::json!({
            "membership": "invite", "third_party_invite": {"signed": {"token": "a", "signatures": {}}},
            "users": {"@a:b": 1}, "creator": "@a:b", "public_keys": [{"public_key": "a"}],
        });
        let pdu = sample::state(&version, event_type, "@a:b", content);
        let mut text = sample::bytes(&pdu);
        let start = at.index(text.len());
        let end = (start + length).min(text.len());
        text.splice(start..end, by);
        (version, text)
    })
}

/// Everything that can be asked about an event.
fn ask_everything(event: &Event, version: &RoomVersion) {
    let mut keys = Keys::new();
    let key = sample::key(sample::SERVER);
    keys.insert(sample::SERVER, "ed25519:1", sample::published(&key, None, None, version));
    let _ = format::check(event, version);
    let _ = check(event, &keys, version);
    let _ = hashes::content_hash_matches(event, version);
    let redacted = event.redacted(version);
    assert_eq!(redacted.event_id(), event.event_id());
    assert_eq!(redacted.redacted(version), redacted);
    let _ = (event.event_id().domain(), event.room_id().domain(), event.room_id().create_event());
    let _ = (event.sender().server_name(), event.sender().localpart(), event.event_id().room());
    assert_eq!(Event::parse(event.text().as_bytes(), version).as_ref(), Ok(event));
}

/// By value, and as Python writes it.
#[test]
fn numbers_at_the_edges_of_their_layout() {
    for (spelling, value, python) in [
        ("1e-400", "0", "0.0"),
        ("-1e-400", "0", "-0.0"),
        ("-0.0", "0", "-0.0"),
        ("-0", "0", "0"),
        ("1e-4", "0.0001", "0.0001"),
        ("1e-5", "0.00001", "1e-05"),
        ("1e15", "1000000000000000", "1000000000000000.0"),
        ("1e16", "10000000000000000", "1e+16"),
    ] {
        let parsed = json::parse_lenient(spelling.as_bytes()).unwrap().value;
        assert_eq!(parsed.to_canonical(LenientNumbers::Value), value, "{spelling}");
        assert_eq!(parsed.to_canonical(LenientNumbers::Python), python, "{spelling}");
    }
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn printing_and_parsing_canonical_json_is_the_identity(value in canonical_value()) {
        prop_assert_eq!(value.check_strict(), Ok(()));
        let text = value.to_canonical(LenientNumbers::Value);
        for version in [version("5"), version("6")] {
            let parsed = json::parse(text.as_bytes(), &version).unwrap();
            prop_assert_eq!(&parsed.value, &value);
            prop_assert_eq!(parsed.value.to_canonical(LenientNumbers::Python), &*text);
            prop_assert!(parsed.duplicates.is_empty() && !parsed.spelled_numbers);
            prop_assert_eq!(&parsed.value.into_owned(), &value);
        }
    }

    /// serde_json's parser is another witness that the text says what the value is.
    #[test]
    fn canonical_text_is_json_and_any_layout_of_it_has_the_same_canonical_form(
        value in canonical_value(),
    ) {
        let text = value.to_canonical(LenientNumbers::Value);
        let other: serde_json::Value = serde_json::from_str(&text).unwrap();
        let pretty = serde_json::to_string_pretty(&other).unwrap();
        let parsed = json::parse(pretty.as_bytes(), &version("6")).unwrap();
        prop_assert_eq!(&parsed.value, &value);
        let spelled = json::spelled_members(pretty.as_bytes()).unwrap();
        prop_assert_eq!(spelled.is_some(), value.as_object().is_some());
        for (key, at) in spelled.into_iter().flatten() {
            let member = json::parse_any(&pretty.as_bytes()[at]).unwrap().value;
            prop_assert_eq!(Some(&member), value.as_object().and_then(|it| it.get(&key)));
        }
        let mut escaped = String::new();
        for character in pretty.chars() {
            if character.is_ascii() {
                escaped.push(character);
            } else {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    write!(escaped, "\\u{unit:04X}").unwrap();
                }
            }
        }
        let parsed = json::parse(escaped.as_bytes(), &version("6")).unwrap();
        prop_assert_eq!(parsed.value.to_canonical(LenientNumbers::Value), text);
    }

    #[test]
    fn the_canonical_form_of_canonical_json_is_itself(value in lenient_value()) {
        for numbers in [LenientNumbers::Value, LenientNumbers::Python] {
            let once = value.to_canonical(numbers);
            let parsed = json::parse_lenient(once.as_bytes()).unwrap();
            prop_assert_eq!(parsed.spelled_numbers, parsed.value.has_spelled_numbers());
            prop_assert_eq!(parsed.value.to_canonical(numbers), once);
        }
    }

    /// By value a number means the same double before and after.
    #[test]
    fn a_number_keeps_its_value(spelling in spelling()) {
        let value = json::parse_lenient(spelling.as_bytes()).unwrap().value;
        let double: f64 = spelling.parse().unwrap();
        for numbers in [LenientNumbers::Value, LenientNumbers::Python] {
            let written: f64 = value.to_canonical(numbers).parse().unwrap();
            // By this comparison -0 is 0.
            prop_assert!(written.to_bits() == double.to_bits() || written == 0.0 && double == 0.0);
        }
        prop_assert_eq!(value.check_strict().is_ok(), matches!(value, Value::Integer(integer)
            if integer.abs_diff(0) < 1 << 53));
    }

    /// The text of an event is what was received, numbers as they were spelled.
    #[test]
    fn an_events_text_is_a_fixed_point_with_its_numbers_as_received(
        extra in lenient_value(), spelling in spelling(),
    ) {
        let version = version("5");
        let mut object = sample::object(&sample::pdu(&version));
        object.insert("extra", extra);
        object.insert("number", json::parse_lenient(spelling.as_bytes()).unwrap().value.into_owned());
        let event = Event::from_object(&object, &version).unwrap();
        prop_assert_eq!(event.object(), object);
        let part = format!("\"number\":{spelling},");
        prop_assert!(event.text().contains(&part));
        let again = Event::parse(event.text().as_bytes(), &version).unwrap();
        prop_assert_eq!(again.text(), event.text());
        prop_assert_eq!(again, event);
    }

    #[test]
    fn parsing_never_panics_on_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for version in [version("1"), version("12")] {
            if let Err(error) = json::parse(&bytes, &version) {
                prop_assert!(error.position <= bytes.len());
            }
            let _ = Event::parse(&bytes, &version);
        }
    }

    #[test]
    fn parsing_never_panics_on_what_looks_like_json(
        text in "([\\[\\]{},:\"]|true|null|-?[0-9.eE+]{1,4}|\\\\u?[dD]?[89abcd]?[0-9]{0,2}|[a-z \\n]|é){0,40}",
    ) {
        for version in [version("1"), version("12")] {
            match json::parse(text.as_bytes(), &version) {
                Ok(parsed) => {
                    let other = serde_json::from_str::<serde_json::Value>(&text);
                    prop_assert!(other.is_ok(), "{:?} is taken as {:?}", text, parsed.value);
                }
                Err(error) => prop_assert!(error.position <= text.len()),
            }
        }
    }

    #[test]
    fn parsing_an_event_never_panics_and_neither_does_anything_after((version, text) in mutated_pdu()) {
        if let Ok(event) = Event::parse(&text, &version) {
            ask_everything(&event, &version);
        }
    }

    #[test]
    fn parsing_is_total_on_objects_with_the_fields_of_events(
        fields in prop::collection::vec((prop::sample::select(vec![
            "type", "sender", "room_id", "event_id", "content", "state_key", "depth", "hashes",
            "origin_server_ts", "prev_events", "auth_events", "signatures", "unsigned", "redacts",
        ]), lenient_value()), 0..4),
        number in 0..12_usize,
    ) {
        let version = versions(number + 1, number + 1).remove(0);
        let mut object = sample::object(&sample::pdu(&version));
        for (field, value) in fields {
            object.insert(field, value);
        }
        if let Ok(event) = Event::from_object(&object, &version) {
            prop_assert_eq!(event.object(), object);
            ask_everything(&event, &version);
        }
    }

    #[test]
    fn an_identifier_prints_as_it_was_parsed(
        text in prop_oneof![
            odd_string(),
            "[@!$#]?[a-zé\\x00:]{0,4}(:([a-zA-Z0-9.-]{0,12}|\\[[0-9a-f:.]{0,9}\\]))?(:[0-9]{0,6})?",
            "[!$][A-Za-z0-9_+/-]{42,44}",
            "[@!$]a{240,254}:b\\.c",
        ],
    ) {
        let results: [Result<String, IdentifierError>; 5] = [
            UserId::parse(&text).map(|id| id.to_string()),
            UserId::parse_strict(&text).map(|id| id.to_string()),
            RoomId::parse(&text).map(|id| id.to_string()),
            EventId::parse(&text).map(|id| id.to_string()),
            ServerName::parse(&text).map(|id| id.to_string()),
        ];
        for parsed in results.iter().flatten() {
            prop_assert_eq!(parsed, &text);
        }
        if results[..4].iter().any(Result::is_ok) {
            prop_assert!(text.len() <= MAXIMUM_LENGTH);
        }
        prop_assert!(results[1].is_err() || results[0].is_ok(), "the current grammar is a part");
        if let Ok(user) = UserId::parse(&text) {
            prop_assert_eq!(format!("@{}:{}", user.localpart(), user.domain()), &*text);
            prop_assert!(ServerName::parse(user.domain()).is_ok());
        }
        // As received it may be anything.
        let (user, room, event) = (UserId::from_received(&text), RoomId::from_received(&text),
            EventId::from_received(&text));
        prop_assert_eq!(user.as_str(), &*text);
        let _ = (user.localpart(), user.server_name(), room.domain(), room.create_event());
        let _ = (event.domain(), event.room());
        let event_type = EventType::new(&text);
        prop_assert_eq!(event_type.as_str(), &*text);
    }

    #[test]
    fn identifiers_are_ordered_as_their_strings_are(
        texts in prop::collection::vec(prop_oneof![odd_string(), "[$a]{44,49}", "[é]{20,24}"], 2..8),
    ) {
        let mut by_text = texts.clone();
        by_text.sort();
        let mut names: Vec<Name> = texts.iter().map(|text| Name::new(text)).collect();
        names.sort();
        prop_assert!(names.iter().map(Name::as_str).eq(by_text.iter().map(String::as_str)));
        let mut ids: Vec<EventId> = texts.iter().map(|text| EventId::from_received(text)).collect();
        ids.sort();
        prop_assert!(ids.iter().map(EventId::as_str).eq(by_text.iter().map(String::as_str)));
        let (one, other) = (&texts[0], &texts[1]);
        let (a, b) = (Name::new(one), Name::new(other));
        prop_assert_eq!((a == b, a.cmp(&b)), (one == other, one.cmp(other)));
    }
}
