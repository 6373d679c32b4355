//! What is no JSON, or none that a room version takes: each fault with its position.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod sample;

use exeunt_event::json::{
    self, Duplicate, ErrorKind, JsonError, MAXIMUM_INTEGER, MAXIMUM_NESTING, NotCanonical, Value,
};
use exeunt_event::{Event, EventError};
use exeunt_version::{LenientNumbers, RoomVersion};
use rstest::rstest;
use sample::{read_as, version, versions};

fn error_of(text: impl AsRef<[u8]>, version: &RoomVersion) -> (ErrorKind, usize) {
    let JsonError { position, kind } = json::parse(text.as_ref(), version).unwrap_err();
    (kind, position)
}

/// The error in a lenient and in a strict version, which must be the same.
fn error_anywhere(text: impl AsRef<[u8]>) -> (ErrorKind, usize) {
    let error = error_of(&text, &version("5"));
    assert_eq!(error_of(&text, &version("6")), error);
    assert_eq!(json::parse_lenient(text.as_ref()).unwrap_err().kind, error.0);
    let parsed = json::parse_any(text.as_ref()).map(drop);
    assert_eq!(json::spelled_members(text.as_ref()).map(drop), parsed);
    error
}

#[rstest]
#[case(b"\xff", 0)]
#[case(b"\"\x80\"", 1)]
#[case(b"[\"a\", \"\xc3\x28\"]", 7)]
#[case::overlong(b"\"\xc0\xaf\"", 1)]
#[case::encoded_surrogate(b"\"ab\xed\xa0\x80\"", 3)]
#[case::beyond_unicode(b"\"\xf4\x90\x80\x80\"", 1)]
#[case::cut_off(b"\"\xe6\x97", 1)]
#[case::after_the_end(b"1\xff", 1)]
fn invalid_utf_8_is_found_where_it_starts(#[case] text: &[u8], #[case] position: usize) {
    assert_eq!(error_anywhere(text), (ErrorKind::InvalidUtf8, position));
}

#[rstest]
#[case::high_alone(r#""\ud83d""#, 1)]
#[case::high_before_a_character(r#""ab\ud83dx""#, 3)]
#[case::high_before_another_escape(r#""\ud83d\n""#, 1)]
#[case::high_before_a_plain_escape(r#""\uD83D\u0041""#, 1)]
#[case::high_before_a_high_one(r#""\ud83d\ud83d""#, 1)]
#[case::low_alone(r#""\ude00""#, 1)]
#[case::low_before_high(r#""\ude00\ud83d""#, 1)]
#[case::low_after_a_pair(r#""\ud83d\ude00\ude00""#, 13)]
#[case::the_first_high_one(r#""\ud800""#, 1)]
#[case::the_last_high_one(r#""\udbff\ue000""#, 1)]
#[case::the_first_low_one(r#""\udc00""#, 1)]
#[case::the_last_low_one(r#""\udfff""#, 1)]
#[case::in_a_key(r#"{"\ud83d": 1}"#, 2)]
fn half_a_surrogate_pair_is_found_where_its_escape_starts(
    #[case] text: &str,
    #[case] position: usize,
) {
    assert_eq!(error_anywhere(text), (ErrorKind::UnpairedSurrogate, position));
}

#[test]
fn what_borders_on_the_surrogates_is_a_character() {
    for (text, expected) in [
        (r#""\ud7ff""#, "\u{d7ff}"),
        (r#""\ue000""#, "\u{e000}"),
        (r#""\ud800\udc00""#, "\u{10000}"),
        (r#""\uDBFF\udfff""#, "\u{10ffff}"),
        (r#""\ud83d\uDE00""#, "😀"),
        (r#""\u0000""#, "\0"),
        (r#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
    ] {
        for version in [version("5"), version("6")] {
            let parsed = json::parse(text.as_bytes(), &version).unwrap();
            assert_eq!(parsed.value.as_str(), Some(expected), "{text}");
        }
    }
}

/// Cut off after any byte, a PDU is no event, and nothing panics.
#[test]
fn a_pdu_cut_off_anywhere_is_an_error_at_its_end() {
    for version in RoomVersion::all() {
        let mut pdu = sample::pdu(&version);
        pdu["content"]["body"] = "日本語 \"\\\u{1}\" 😀".into();
        pdu["content"]["list"] = serde_json::json!([true, false, null, -1, [], {}]);
        let text = sample::bytes(&pdu);
        assert!(Event::parse(&text, &version).is_ok());
        for end in 0..text.len() {
            let cut = &text[..end];
            let EventError::Json(error) = Event::parse(cut, &version).unwrap_err() else {
                panic!("{end} bytes");
            };
            // Where a character is cut in two, the end of the whole ones is the position.
            let in_two = std::str::from_utf8(cut).is_err();
            let expected = if in_two { ErrorKind::InvalidUtf8 } else { ErrorKind::UnexpectedEnd };
            // A word such as `tru` is no value from its start on.
            let in_a_word = matches!(error.kind, ErrorKind::Expected("true" | "false" | "null"));
            assert!(error.kind == expected || in_a_word, "{end} bytes: {error}");
            assert!(error.position <= end && error.position + 5 > end, "{end} bytes: {error}");
        }
    }
}

#[test]
fn an_empty_text_ends_too_early_and_two_values_are_one_too_many() {
    for (text, position) in [("", 0), (" \n\t\r", 4), ("[", 1), ("{", 1), ("\"", 1), ("-", 1)] {
        assert_eq!(error_anywhere(text), (ErrorKind::UnexpectedEnd, position), "{text:?}");
    }
    for (text, position) in [("1 2", 2), ("{}{}", 2), ("[]]", 2), ("null,", 4), ("\"\"\0", 2)] {
        assert_eq!(error_anywhere(text), (ErrorKind::Trailing, position), "{text:?}");
    }
}

fn nested(open: &str, inner: &str, close: &str, times: usize) -> String {
    [open.repeat(times), inner.to_owned(), close.repeat(times)].concat()
}

#[rstest]
#[case::arrays("[", "]")]
#[case::objects("{\"a\":", "}")]
fn nesting_is_taken_up_to_the_maximum(#[case] open: &str, #[case] close: &str) {
    let text = nested(open, "1", close, MAXIMUM_NESTING);
    for version in [version("5"), version("6")] {
        let parsed = json::parse(text.as_bytes(), &version).unwrap();
        assert_eq!(parsed.value.to_canonical(LenientNumbers::Value), text);
        assert_eq!(parsed.value.clone().into_owned(), parsed.value);
        assert_eq!(parsed.value.check_strict(), Ok(()));
    }
    let position = open.len() * MAXIMUM_NESTING;
    for times in [MAXIMUM_NESTING + 1, 100_000] {
        let text = nested(open, "1", close, times);
        assert_eq!(error_anywhere(text), (ErrorKind::TooDeep, position));
        // It is too deep before anything is closed.
        assert_eq!(error_anywhere(open.repeat(times)), (ErrorKind::TooDeep, position));
    }
}

#[test]
fn nesting_counts_what_is_open_not_what_was_closed() {
    let side_by_side = format!("[{}1]", "[[]],{\"a\":[]},".repeat(100_000));
    assert!(json::parse(side_by_side.as_bytes(), &version("12")).is_ok());
}

#[test]
fn an_event_nested_to_the_maximum_goes_through_everything() {
    for version in RoomVersion::all() {
        let mut pdu = sample::pdu(&version).to_string();
        // The event and its content are two levels.
        let deep = nested("[", "", "]", MAXIMUM_NESTING - 2);
        pdu = pdu.replace("\"Exeunt, pursued by a bear\"", &deep);
        let event = Event::parse(pdu.as_bytes(), &version).unwrap();
        assert_eq!(exeunt_event::format::check(&event, &version), Ok(()));
        assert_eq!(
            event.redacted(&version).object().get("content").unwrap().as_object().unwrap().len(),
            0
        );
        let deeper = pdu.replace(&deep, &format!("[{deep}]"));
        let error = Event::parse(deeper.as_bytes(), &version).unwrap_err();
        assert!(matches!(error, EventError::Json(JsonError { kind: ErrorKind::TooDeep, .. })));
    }
}

#[rstest]
#[case("9007199254740991", None)]
#[case("-9007199254740991", None)]
#[case("9007199254740992", Some(NotCanonical::OutOfRange))]
#[case("-9007199254740992", Some(NotCanonical::OutOfRange))]
#[case("9223372036854775807", Some(NotCanonical::OutOfRange))]
#[case("-9223372036854775808", Some(NotCanonical::OutOfRange))]
#[case("9223372036854775808", Some(NotCanonical::OutOfRange))]
#[case("-9223372036854775809", Some(NotCanonical::OutOfRange))]
#[case("1.0", Some(NotCanonical::Float))]
#[case("1e3", Some(NotCanonical::Float))]
#[case("1E-3", Some(NotCanonical::Float))]
#[case("-0", Some(NotCanonical::Float))]
#[case("0.1", Some(NotCanonical::Float))]
fn a_number_is_strict_or_lenient(#[case] number: &str, #[case] fault: Option<NotCanonical>) {
    let text = format!("[true, {number}]");
    for version in versions(1, 5) {
        let parsed = json::parse(text.as_bytes(), &version).unwrap();
        let value = &parsed.value.as_array().unwrap()[1];
        assert_eq!(value.check_strict().err(), fault);
        let spelled = number.parse::<i64>().is_err() || number == "-0";
        assert_eq!(parsed.spelled_numbers, spelled);
        let expected = if spelled {
            Value::Number(number.into())
        } else {
            number.parse::<i64>().unwrap().into()
        };
        assert_eq!(*value, expected);
    }
    for version in versions(6, 12) {
        match fault {
            None => assert!(json::parse(text.as_bytes(), &version).is_ok()),
            Some(fault) => assert_eq!(error_of(&text, &version), (fault.into(), 7)),
        }
    }
}

#[test]
fn the_maximum_integer_is_that_of_the_text() {
    assert_eq!(MAXIMUM_INTEGER, 9_007_199_254_740_991);
}

#[test]
fn a_number_beyond_every_double_is_out_of_range() {
    let long = format!("1{}", "0".repeat(309));
    for number in ["1e400", "-1e400", "1.8e308", &long] {
        for version in versions(1, 5) {
            let error = error_of(format!("{{\"a\": {number}}}"), &version);
            assert_eq!(error, (ErrorKind::NumberOutOfRange, 6), "{number}");
        }
        let fault = if number == long { NotCanonical::OutOfRange } else { NotCanonical::Float };
        let error = error_of(format!("{{\"a\": {number}}}"), &version("6"));
        assert_eq!(error, (fault.into(), 6), "{number}");
    }
    for number in ["1.7976931348623157e308", "1e-400", "0e400", &long[..300]] {
        assert!(json::parse(number.as_bytes(), &version("5")).is_ok(), "{number}");
    }
}

#[rstest]
#[case("01", 0, "a number without leading zeros")]
#[case("[-01]", 2, "a number without leading zeros")]
#[case("00", 0, "a number without leading zeros")]
#[case("[-]", 2, "a digit")]
#[case("[--1]", 2, "a digit")]
#[case("[1.]", 3, "a digit")]
#[case("[1.e1]", 3, "a digit")]
#[case("[1e]", 3, "a digit")]
#[case("[1e+]", 4, "a digit")]
#[case("[.5]", 1, "a value")]
#[case("[+1]", 1, "a value")]
#[case("[NaN]", 1, "a value")]
#[case("[Infinity]", 1, "a value")]
#[case("[-Infinity]", 2, "a digit")]
#[case("[0x10]", 2, "a comma or a closing bracket")]
#[case("[1_000]", 2, "a comma or a closing bracket")]
#[case("[1,]", 3, "a value")]
#[case("[,1]", 1, "a value")]
#[case("[1 2]", 3, "a comma or a closing bracket")]
#[case("[1}", 2, "a comma or a closing bracket")]
#[case(r#"{"a":1,}"#, 7, "a key")]
#[case(r#"{,"a":1}"#, 1, "a key")]
#[case("{a:1}", 1, "a key")]
#[case("{'a':1}", 1, "a key")]
#[case("{1:1}", 1, "a key")]
#[case(r#"{"a" 1}"#, 5, "a colon")]
#[case(r#"{"a":}"#, 5, "a value")]
#[case(r#"{"a":1 "b":2}"#, 7, "a comma or a closing brace")]
#[case(r#"{"a":1]"#, 6, "a comma or a closing brace")]
#[case("[tru]", 1, "true")]
#[case("[falsy]", 1, "false")]
#[case("nul", 0, "null")]
#[case("[True]", 1, "a value")]
#[case("// no comment\n1", 0, "a value")]
#[case("\u{feff}{}", 0, "a value")]
#[case("[\u{a0}1]", 1, "a value")]
#[case(r#"["\u12g4"]"#, 6, "four hexadecimal digits")]
#[case(r#"["\u+123"]"#, 4, "four hexadecimal digits")]
#[case(r#"["\u12"]"#, 6, "four hexadecimal digits")]
fn malformed_text_is_an_error_that_says_what_was_expected(
    #[case] text: &str,
    #[case] position: usize,
    #[case] expected: &'static str,
) {
    assert_eq!(error_anywhere(text), (ErrorKind::Expected(expected), position));
}

#[test]
fn every_control_character_must_be_escaped() {
    for control in 0..0x20_u8 {
        // Both where the string is borrowed and where it has an escape already.
        let plain = [b"{\"long enough a key\": \"ab", [control].as_slice(), b"\"}"].concat();
        assert_eq!(error_anywhere(plain), (ErrorKind::ControlCharacter, 25));
        let escaped = [b"[\"\\n", [control].as_slice(), b"\"]"].concat();
        assert_eq!(error_anywhere(escaped), (ErrorKind::ControlCharacter, 4));
        let written = format!("\"\\u{control:04x}\"");
        let parsed = json::parse(written.as_bytes(), &version("6")).unwrap();
        assert_eq!(parsed.value.as_str().map(str::as_bytes), Some([control].as_slice()));
    }
    let delete = json::parse(b"\"\x7f\"", &version("6")).unwrap();
    assert_eq!(delete.value.to_canonical(LenientNumbers::Value), "\"\u{7f}\"");
}

#[rstest]
#[case(r#""\a""#, 2)]
#[case(r#"["\x41"]"#, 3)]
#[case(r#""\'""#, 2)]
#[case(r#""\U0041""#, 2)]
#[case("\"\\\n\"", 2)]
#[case("\"\\é\"", 2)]
fn an_unknown_escape_is_an_error(#[case] text: &str, #[case] position: usize) {
    assert_eq!(error_anywhere(text), (ErrorKind::UnknownEscape, position));
}

const DUPLICATES: &str = r#"{"a": 1, "b": {"c": 1, "\u0063": 2}, "a": 2, "d": 0, "a": 3}"#;

#[test]
fn of_duplicate_keys_the_last_one_counts_and_each_earlier_one_is_reported() {
    for version in RoomVersion::all() {
        let parsed = json::parse(DUPLICATES.as_bytes(), &version).unwrap();
        let canonical = parsed.value.to_canonical(LenientNumbers::Value);
        assert_eq!(canonical, r#"{"a":3,"b":{"c":2},"d":0}"#);
        let duplicate = |key: &str, position| Duplicate { key: key.to_owned(), position };
        let inner = DUPLICATES.find('}').unwrap();
        let outer = DUPLICATES.len() - 1;
        assert_eq!(
            parsed.duplicates,
            [duplicate("c", inner), duplicate("a", outer), duplicate("a", outer)]
        );
    }
}

#[test]
fn the_last_of_many_duplicates_counts_however_many_there_are() {
    let members: Vec<String> = (0..1000).map(|n| format!("\"k{}\":{n}", n % 7)).collect();
    let text = format!("{{{}}}", members.join(","));
    let parsed = json::parse_lenient(text.as_bytes()).unwrap();
    let expected = r#"{"k0":994,"k1":995,"k2":996,"k3":997,"k4":998,"k5":999,"k6":993}"#;
    assert_eq!(parsed.value.to_canonical(LenientNumbers::Value), expected);
    assert_eq!(parsed.duplicates.len(), 993);
}

#[test]
fn read_as_an_error_the_innermost_duplicate_is_refused() {
    for id in RoomVersion::SPECIFIED {
        let version = read_as(id, "duplicate_keys", "error");
        let inner = DUPLICATES.find('}').unwrap();
        assert_eq!(error_of(DUPLICATES, &version), (ErrorKind::DuplicateKey("c".into()), inner));
        let outer = r#"{"a": 1, "a": 1}"#;
        assert_eq!(error_of(outer, &version), (ErrorKind::DuplicateKey("a".into()), 15));
        assert!(json::parse(br#"[{"a": 1}, {"a": 1}, {"A": {"a": 1}}]"#, &version).is_ok());
    }
}

#[test]
fn an_event_with_a_key_twice_counts_by_the_last_and_says_so() {
    let version = version("11");
    let text = sample::pdu(&version).to_string().replacen('{', r#"{"depth":1,"sender":"@x:y","#, 1);
    let (event, duplicates) = Event::parse_noting(text.as_bytes(), &version).unwrap();
    assert_eq!(event, sample::event(&sample::pdu(&version), &version));
    let keys: Vec<_> = duplicates.iter().map(|duplicate| &*duplicate.key).collect();
    assert_eq!(keys, ["depth", "sender"]);
    let refused = read_as("11", "duplicate_keys", "error");
    let error = Event::parse(text.as_bytes(), &refused).unwrap_err();
    let EventError::Json(JsonError { kind, .. }) = error else { panic!("{error}") };
    assert_eq!(kind, ErrorKind::DuplicateKey("depth".into()));
}

#[test]
fn a_string_of_10_mib_is_a_string() {
    let plain = "é".repeat(5 << 20);
    let text = format!("[\"{plain}\", \"\\u0041{plain}\"]");
    let parsed = json::parse(text.as_bytes(), &version("12")).unwrap();
    let strings = parsed.value.as_array().unwrap();
    assert!(strings[0].as_str() == Some(&plain));
    assert!(strings[1].as_str() == Some(&format!("A{plain}")));
    assert!(error_anywhere(&text[..text.len() - 2]) == (ErrorKind::UnexpectedEnd, text.len() - 2));
}
