//! Canonical JSON of version 6 and later.

use exeunt_event::json;
use exeunt_regressions::proptest::prelude::*;
use exeunt_version::{LenientNumbers, RoomVersion};
use ruma_common::CanonicalJsonValue;

use crate::generate;

/// The canonical text, or nothing if there is none.
fn ours(text: &[u8]) -> Option<String> {
    let version = RoomVersion::specified("11").unwrap();
    Some(json::parse(text, &version).ok()?.value.to_canonical(LenientNumbers::Value))
}

fn theirs(text: &[u8]) -> Option<String> {
    let value: CanonicalJsonValue = serde_json::from_slice(text).ok()?;
    serde_json::to_string(&value).ok()
}

/// Texts of JSON: strings with every kind of escape, numbers in every spelling, white space
/// anywhere, keys twice.
fn text() -> impl Strategy<Value = String> {
    let space = || prop::sample::select(vec!["", "", "", " ", "\n", "\t\r "]);
    let string = || generate::string_text();
    let leaf = prop_oneof![
        2 => string(),
        2 => generate::number_text(),
        1 => prop::sample::select(vec!["true", "false", "null"]).prop_map(ToOwned::to_owned),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        let spaced = (space(), inner, space()).prop_map(|(a, b, c)| format!("{a}{b}{c}"));
        let member = (space(), string(), space(), spaced.clone())
            .prop_map(|(a, key, b, value)| format!("{a}{key}{b}:{value}"));
        prop_oneof![
            prop::collection::vec(spaced, 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..6)
                .prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

/// A text with one byte removed, changed or put in.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    (text(), any::<prop::sample::Index>(), any::<u8>(), 0..3).prop_map(|(text, at, byte, how)| {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        match how {
            0 => drop(bytes.remove(at)),
            1 => bytes[at] = byte,
            _ => bytes.insert(at, byte),
        }
        bytes
    })
}

/// Whether the text differs because of a number that is not canonical under a key that stands
/// again: ruma never sees it.
fn is_shadowed(text: &[u8]) -> bool {
    ours(text).is_none()
        && json::parse_lenient(text).is_ok_and(|parsed| !parsed.duplicates.is_empty())
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 2_000))]

    #[test]
    fn a_text_has_the_same_canonical_form(text in text()) {
        let text = text.as_bytes();
        prop_assert!(ours(text) == theirs(text) || is_shadowed(text));
    }

    #[test]
    fn a_damaged_text_has_the_same_form_or_none(bytes in damaged()) {
        prop_assert!(ours(&bytes) == theirs(&bytes) || is_shadowed(&bytes));
    }
}

#[test]
fn at_the_bounds_of_integers_both_say_the_same() {
    for (text, form) in [
        ("9007199254740991", Some("9007199254740991")),
        ("-9007199254740991", Some("-9007199254740991")),
        ("9007199254740992", None),
        ("-9007199254740992", None),
        ("9223372036854775807", None),
        ("99999999999999999999", None),
        ("0", Some("0")),
        ("-0", None),
        ("1.0", None),
        ("1e2", None),
        ("1E400", None),
        ("01", None),
    ] {
        assert_eq!(ours(text.as_bytes()).as_deref(), form, "{text}");
        assert_eq!(theirs(text.as_bytes()).as_deref(), form, "{text}");
    }
}

/// The numbers of the JSON must be integers, those under a key that is overridden too.
#[test]
fn a_float_that_another_value_overrides_is_forbidden_by_exeunt_alone() {
    let text = br#"{"a":1.5,"a":1}"#;
    assert_eq!(ours(text), None);
    assert_eq!(theirs(text).as_deref(), Some(r#"{"a":1}"#));
}

/// The text has no bound on nesting; `serde_json`, which ruma uses, stops at 127 levels.
#[test]
fn nesting_beyond_127_levels_is_json_to_exeunt_alone() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(ours(nested(127).as_bytes()), theirs(nested(127).as_bytes()));
    assert!(ours(nested(128).as_bytes()).is_some());
    assert_eq!(theirs(nested(128).as_bytes()), None);
}
