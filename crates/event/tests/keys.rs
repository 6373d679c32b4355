//! Reading the keys that servers published.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use exeunt_event::base64;
use exeunt_event::signatures::{KeyError, Keys, PublishedKey};
use rstest::rstest;
use sample::{SERVER, key, object, read_as, version};
use serde_json::{Value as Json, json};

fn encoded() -> String {
    base64::encode(key(SERVER).public_bytes())
}

fn from_answers(answers: &Json) -> Result<Keys, KeyError> {
    Keys::from_server_answers(&object(answers), &version("11"))
}

fn from_facts(facts: &Json) -> Result<Keys, KeyError> {
    Keys::from_facts(&object(facts), &version("11"))
}

fn times(key: Option<&PublishedKey>) -> Option<(Option<i64>, Option<i64>)> {
    key.map(|key| (key.valid_until_ts, key.expired_ts))
}

#[test]
fn an_answer_has_current_and_old_keys() {
    let keys = from_answers(&json!({ SERVER: {
        "server_name": SERVER,
        "valid_until_ts": 20,
        "verify_keys": { "ed25519:new": { "key": encoded() } },
        "old_verify_keys": { "ed25519:old": { "key": encoded() + "=", "expired_ts": 10 } },
        "signatures": {},
    } }))
    .unwrap();
    assert_eq!(times(keys.get(SERVER, "ed25519:new")), Some((Some(20), None)));
    assert_eq!(times(keys.get(SERVER, "ed25519:old")), Some((None, Some(10))));
    assert!(keys.get(SERVER, "ed25519:older").is_none());
    assert!(keys.get("two.example", "ed25519:new").is_none());
    let key = &keys.get(SERVER, "ed25519:new").unwrap().key;
    assert_eq!(*key.as_bytes(), sample::key(SERVER).public_bytes());
}

#[test]
fn an_answer_may_lack_a_date_and_old_keys() {
    let answer = json!({ "verify_keys": { "ed25519:1": { "key": encoded() } } });
    let keys = from_answers(&json!({ SERVER: answer })).unwrap();
    assert_eq!(times(keys.get(SERVER, "ed25519:1")), Some((None, None)));
    assert!(from_answers(&json!({})).is_ok());
    assert!(from_answers(&json!({ SERVER: { "verify_keys": {} } })).is_ok());
}

fn wrong(what: &str, expected: &'static str) -> KeyError {
    KeyError::WrongType(what.to_owned(), expected)
}

#[rstest]
#[case(json!({ SERVER: [] }), wrong(SERVER, "an object"))]
#[case(json!({ SERVER: {} }), wrong("verify_keys", "an object"))]
#[case(json!({ SERVER: { "verify_keys": [] } }), wrong("verify_keys", "an object"))]
#[case(json!({ SERVER: { "verify_keys": { "ed25519:1": "key" } } }),
    wrong("ed25519:1", "an object"))]
#[case(json!({ SERVER: { "verify_keys": {}, "old_verify_keys": { "ed25519:0": 1 } } }),
    wrong("ed25519:0", "an object"))]
#[case(json!({ SERVER: { "verify_keys": {},
    "old_verify_keys": { "ed25519:0": { "key": encoded() } } } }),
    wrong("expired_ts", "an integer"))]
#[case(json!({ SERVER: { "verify_keys": {},
    "old_verify_keys": { "ed25519:0": { "key": encoded(), "expired_ts": "1" } } } }),
    wrong("expired_ts", "an integer"))]
fn an_answer_with_something_of_another_type_is_an_error_that_names_it(
    #[case] answers: Json,
    #[case] error: KeyError,
) {
    assert_eq!(from_answers(&answers).unwrap_err(), error);
}

#[test]
fn facts_have_each_key_with_its_times() {
    let keys = from_facts(&json!({
        SERVER: {
            "ed25519:1": { "key": encoded() },
            "ed25519:2": { "key": encoded(), "valid_until_ts": 20 },
            "ed25519:3": { "key": encoded(), "expired_ts": 10 },
            "ed25519:4": { "key": encoded(), "expired_ts": 10, "valid_until_ts": 20 },
        },
        "two.example": {},
    }))
    .unwrap();
    let times_of = |key_id| times(keys.get(SERVER, key_id));
    assert_eq!(times_of("ed25519:1"), Some((None, None)));
    assert_eq!(times_of("ed25519:2"), Some((Some(20), None)));
    assert_eq!(times_of("ed25519:3"), Some((None, Some(10))));
    assert_eq!(times_of("ed25519:4"), Some((Some(20), Some(10))));
}

#[rstest]
#[case(json!({ SERVER: 1 }), wrong(SERVER, "an object"))]
#[case(json!({ SERVER: { "ed25519:1": encoded() } }), wrong("ed25519:1", "an object"))]
#[case(json!({ SERVER: { "ed25519:1": { "key": encoded(), "valid_until_ts": "1" } } }),
    wrong("valid_until_ts", "an integer"))]
#[case(json!({ SERVER: { "ed25519:1": { "key": encoded(), "expired_ts": null } } }),
    wrong("expired_ts", "an integer"))]
#[case(json!({ SERVER: { "ed25519:1": { "key": encoded(), "expired_ts": 1.5 } } }),
    wrong("expired_ts", "an integer"))]
fn facts_with_something_of_another_type_are_an_error_that_names_it(
    #[case] facts: Json,
    #[case] error: KeyError,
) {
    assert_eq!(from_facts(&facts).unwrap_err(), error);
}

#[rstest]
#[case(json!({}))]
#[case(json!({ "key": 1 }))]
#[case(json!({ "key": "" }))]
#[case(json!({ "key": "not Base64!" }))]
#[case(json!({ "key": encoded()[..40] }))]
#[case(json!({ "key": encoded() + "AA" }))]
fn a_key_is_32_bytes_of_base64(#[case] key: Json) {
    let error = KeyError::NotAKey { server: SERVER.into(), key_id: "ed25519:1".into() };
    let of_server = json!({ "ed25519:1": key });
    assert_eq!(from_facts(&json!({ SERVER: of_server })).unwrap_err(), error);
    let answer = json!({ SERVER: { "verify_keys": of_server } });
    assert_eq!(from_answers(&answer).unwrap_err(), error);
}

#[test]
fn keys_of_other_algorithms_are_left_out() {
    let of_server = json!({ "rsa:1": { "key": 1 }, "ed25519:1": { "key": encoded() } });
    let keys = from_facts(&json!({ SERVER: of_server })).unwrap();
    assert!(keys.get(SERVER, "rsa:1").is_none());
    assert!(keys.get(SERVER, "ed25519:1").is_some());
}

/// 32 bytes that are no point at all, and the neutral element, which is a key by some readings.
#[test]
fn a_key_that_is_none_by_the_reading_is_left_out() {
    let no_point = base64::encode([[2_u8].as_slice(), &[0; 31]].concat());
    let neutral = base64::encode([[1_u8].as_slice(), &[0; 31]].concat());
    let facts =
        json!({ SERVER: { "ed25519:a": { "key": no_point }, "ed25519:b": { "key": neutral } } });
    for (choice, neutral_is_a_key) in [("rfc8032", true), ("cofactorless", true), ("strict", false)]
    {
        let keys = Keys::from_facts(&object(&facts), &read_as("11", "ed25519", choice)).unwrap();
        assert!(keys.get(SERVER, "ed25519:a").is_none());
        assert_eq!(keys.get(SERVER, "ed25519:b").is_some(), neutral_is_a_key, "{choice}");
    }
}
