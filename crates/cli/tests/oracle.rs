//! `exeunt oracle`: good questions about events, and their answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;
mod conversation;
mod sample;

use std::fs;

use conversation::Conversation;
use exeunt_version::{Readings, RoomVersion};
use sample::{ALICE, Room};
use serde_json::{Value, json};

/// The key of the specification's vectors.
const SEED: &str = "YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1";

#[test]
fn info_says_what_is_answered() {
    let mut oracle = Conversation::new();
    let readings: Vec<_> = Readings::ALL.iter().map(|reading| reading.name).collect();
    assert_eq!(
        oracle.ask(&json!({ "id": 1, "op": "info" })),
        json!({ "id": 1, "ok": {
            "name": "exeunt",
            "version": env!("CARGO_PKG_VERSION"),
            "room_versions": RoomVersion::SPECIFIED,
            "ops": [
                "authorise", "canonical_json", "check_signatures", "event_id",
                "federation_request", "info", "redact",
                "replay",
                "resolve",
                "sign",
            ],
            "readings": readings,
        }})
    );
    oracle.end();
}

/// <https://spec.matrix.org/v1.19/appendices/#canonical-json>
#[test]
fn canonical_json_is_that_of_the_specification() {
    let mut oracle = Conversation::new();
    for (value, canonical) in [
        ("{}", "{}"),
        (r#"{"one": 1, "two": "Two"}"#, r#"{"one":1,"two":"Two"}"#),
        (r#"{"b": "2", "a": "1"}"#, r#"{"a":"1","b":"2"}"#),
        (
            r#"{"auth": {"success": true, "mxid": "@john.doe:example.com", "profile": {
                "display_name": "John Doe", "three_pids": [
                    {"medium": "email", "address": "john.doe@example.org"},
                    {"medium": "msisdn", "address": "123456789"}]}}}"#,
            r#"{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}"#,
        ),
        (r#"{"a": "日本語"}"#, r#"{"a":"日本語"}"#),
        (r#"{"本": 2, "日": 1}"#, r#"{"日":1,"本":2}"#),
        (r#"{"a": "\u65E5"}"#, r#"{"a":"日"}"#),
        (r#"{"a": null}"#, r#"{"a":null}"#),
        (r"[9007199254740991, -9007199254740991, 0]", "[9007199254740991,-9007199254740991,0]"),
        (r#""\u0000\u001f\/\\\u007f""#, "\"\\u0000\\u001f/\\\\\u{7f}\""),
    ] {
        for version in RoomVersion::SPECIFIED {
            let question = format!(
                r#"{{"id":0,"op":"canonical_json","room_version":"{version}","value":{value}}}"#
            );
            let answer = oracle.ask_line(question.replace('\n', " ").as_bytes());
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(answer["ok"], json!({ "canonical": canonical }), "{version}: {value}");
        }
    }
    oracle.end();
}

#[test]
fn numbers_out_of_range_have_a_canonical_form_before_version_6_only() {
    let mut oracle = Conversation::new();
    for spelling in ["1.0", "1e2", "-0", "9007199254740992", "-9007199254740992", "1e400"] {
        for version in RoomVersion::SPECIFIED {
            let question = format!(
                r#"{{"id":0,"op":"canonical_json","room_version":"{version}","value":[{spelling}]}}"#
            );
            let answer = oracle.ask_line(question.as_bytes());
            let is_strict = !["1", "2", "3", "4", "5"].contains(&version);
            let is_bad = is_strict || spelling == "1e400";
            assert_eq!(answer.contains("bad_event"), is_bad, "{version}: {spelling}: {answer}");
        }
    }
    oracle.end();
}

#[test]
fn an_event_id_is_what_was_sent_or_the_reference_hash() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let mut room = Room::new(version);
        let id = room.say("hello");
        let event = room.event(4);
        let question =
            json!({ "id": 0, "op": "event_id", "room_version": version, "event": event });
        let ok = oracle.ok(&question);
        assert_eq!(ok["event_id"], id);
        assert_eq!(ok["content_hash"], event["hashes"]["sha256"]);
        let hash = ok["reference_hash"].as_str().unwrap();
        assert!(!hash.contains(['-', '_', '=']) && hash.len() == 43, "{hash}");
        let expected = match version {
            "1" | "2" => "$4:a.example".to_owned(),
            "3" => format!("${hash}"),
            _ => format!("${hash}").replace('+', "-").replace('/', "_"),
        };
        assert_eq!(id, expected, "{version}");
        assert_eq!(ok.as_object().unwrap().len(), 3);
    }
    oracle.end();
}

#[test]
fn redaction_keeps_what_the_version_says_and_never_unsigned() {
    let mut oracle = Conversation::new();
    for (version, legacy, creator) in [
        ("1", true, json!({ "creator": "@a:b" })),
        ("6", true, json!({ "creator": "@a:b" })),
        ("10", true, json!({ "creator": "@a:b" })),
        ("11", false, json!({ "creator": "@a:b", "room_version": "x", "more": 1 })),
        ("12", false, json!({ "creator": "@a:b", "room_version": "x", "more": 1 })),
    ] {
        let content = json!({ "creator": "@a:b", "room_version": "x", "more": 1 });
        let room = Room::new(version);
        let mut event = room.pdu(ALICE, "m.room.create", Some(""), &content, &[]);
        let mut expected = event.clone();
        expected["content"] = creator;
        event["unsigned"] = json!({ "age": 1 });
        event["more"] = json!(1);
        for key in ["origin", "membership", "prev_state"] {
            event[key] = json!("old");
            if legacy {
                expected[key] = json!("old");
            }
        }
        let question = json!({ "id": 0, "op": "redact", "room_version": version, "event": event });
        assert_eq!(oracle.ok(&question), json!({ "event": expected }), "{version}");
    }
    oracle.end();
}

/// <https://spec.matrix.org/v1.19/appendices/#event-signing>
#[test]
fn signing_gives_the_signature_of_the_specification() {
    let mut oracle = Conversation::new();
    let event = json!({
        "room_id": "!x:domain", "sender": "@a:domain", "origin": "domain",
        "origin_server_ts": 1_000_000, "signatures": {}, "hashes": {}, "type": "X", "content": {},
        "prev_events": [], "auth_events": [], "depth": 3, "unsigned": { "age_ts": 1_000_000 },
    });
    let mut signed = event.clone();
    signed["hashes"] = json!({ "sha256": "5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos" });
    signed["signatures"] = json!({ "domain": { "ed25519:1":
        "KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg"
    }});
    let question = |version: &str, event: &Value| {
        json!({ "id": 0, "op": "sign", "room_version": version, "event": event,
            "server": "domain", "key_id": "ed25519:1", "seed": SEED })
    };
    // The vector has an `origin`, which redaction keeps until version 10.
    for version in ["3", "4", "5", "6", "7", "8", "9", "10"] {
        let ok = oracle.ok(&question(version, &event));
        assert_eq!(ok, json!({ "event": signed }), "{version}");
        // Another server signs as well, and nothing else changes.
        let mut other = question(version, &ok["event"]);
        other["server"] = json!("other");
        let mut both = oracle.ok(&other)["event"].take();
        let others = both["signatures"].as_object_mut().unwrap().remove("other").unwrap();
        assert_eq!(others["ed25519:1"], signed["signatures"]["domain"]["ed25519:1"]);
        assert_eq!(both, signed);
    }
    // The vector's second event is not one of any version: it has no `depth`.
    let incomplete = json!({
        "content": { "body": "Here is the message content" }, "event_id": "$0:domain",
        "origin": "domain", "origin_server_ts": 1_000_000, "type": "m.room.message",
        "room_id": "!r:domain", "sender": "@u:domain", "signatures": {},
        "unsigned": { "age_ts": 1_000_000 },
    });
    assert_eq!(oracle.code(&question("1", &incomplete)), "bad_event");
    oracle.end();
}

/// The sample room's keys as questions have them, with these times.
fn keys(times: &Value) -> Value {
    let mut key = sample::keys()["a.example"]["verify_keys"]["ed25519:1"].clone();
    key.as_object_mut().unwrap().extend(times.as_object().unwrap().clone());
    json!({ "a.example": { "ed25519:1": key } })
}

#[test]
fn signatures_and_hashes_decide_between_valid_redact_and_drop() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let mut room = Room::new(version);
        room.say("hello");
        let event = room.event(4);
        let mut outcome = |event: &Value, keys: &Value| {
            let ok = oracle.ok(&json!({ "id": 0, "op": "check_signatures", "keys": keys,
                "room_version": version, "event": event }));
            let outcome = ok["outcome"].as_str().unwrap().to_owned();
            assert_eq!(ok.get("reason").is_none(), outcome == "valid", "{ok}");
            outcome
        };
        let good = keys(&json!({}));
        assert_eq!(outcome(&event, &good), "valid", "{version}");
        let mut unsigned = event.clone();
        unsigned["unsigned"] = json!({ "age": 3 });
        assert_eq!(outcome(&unsigned, &good), "valid", "{version}");
        let mut content = event.clone();
        content["content"]["body"] = json!("good bye");
        assert_eq!(outcome(&content, &good), "redact", "{version}");
        let mut kept = event.clone();
        kept["depth"] = json!(99);
        assert_eq!(outcome(&kept, &good), "drop", "{version}");
        assert_eq!(outcome(&event, &json!({})), "drop", "{version}");
        let mut bare = event.clone();
        bare["signatures"] = json!({});
        assert_eq!(outcome(&bare, &good), "drop", "{version}");
        let sent = event["origin_server_ts"].as_i64().unwrap();
        let has_validity = !["1", "2", "3", "4"].contains(&version);
        for (until, expected) in
            [(sent, "valid"), (sent - 1, if has_validity { "drop" } else { "valid" })]
        {
            let keys = keys(&json!({ "valid_until_ts": until }));
            assert_eq!(outcome(&event, &keys), expected, "{version}: {until}");
        }
        for (expired, expected) in [(sent, "valid"), (sent - 1, "drop")] {
            let keys = keys(&json!({ "expired_ts": expired }));
            assert_eq!(outcome(&event, &keys), expected, "{version}: {expired}");
        }
    }
    oracle.end();
}

#[test]
fn a_version_that_was_defined_is_answered_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (name, text) in [
        ("a.toml", "id = \"org.example.a\"\nbase = \"11\"\nknocking = false"),
        ("b.toml", "id = \"org.example.b\"\nbase = \"3\""),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        paths.push(path.to_str().unwrap().to_owned());
    }
    let mut oracle = Conversation::with(&["--define", &paths[0], "--define", &paths[1]]);
    let versions = oracle.ok(&json!({ "id": 0, "op": "info" }))["room_versions"].take();
    let versions: Vec<_> = versions.as_array().unwrap().iter().skip(12).cloned().collect();
    assert_eq!(versions, [json!("org.example.a"), json!("org.example.b")]);

    let version = RoomVersion::from_toml(&fs::read_to_string(&paths[0]).unwrap()).unwrap();
    let room = Room::of(version);
    let create = json!({ "id": 0, "op": "authorise", "room_version": "org.example.a",
        "event": room.event(0), "events": [] });
    assert_eq!(oracle.ok(&create)["rule"], "1.4", "the version recognises itself");
    let knock = json!({ "membership": "knock" });
    let knock = room.pdu("@eve:e.example", "m.room.member", Some("@eve:e.example"), &knock, &[0]);
    let mut question = json!({ "id": 0, "op": "authorise", "room_version": "org.example.a",
        "event": knock, "events": room.pool(), "state": room.ids });
    let ok = oracle.ok(&question);
    assert_eq!((&ok["allowed"], &ok["rule"]), (&json!(false), &json!("4.7")), "{ok}");
    question["room_version"] = json!("11");
    question["event"]["auth_events"] = json!([]);
    assert_eq!(oracle.ok(&question)["rule"], "4.7.1", "version 11 knows knocks");
    question["room_version"] = json!("org.example.c");
    assert_eq!(oracle.code(&question), "unknown_room_version");
    oracle.end();

    for twice in [&paths[0], &folder.path().join("c.toml").to_str().unwrap().to_owned()] {
        fs::write(folder.path().join("c.toml"), "id = \"11\"\nbase = \"10\"").unwrap();
        let said = command::exeunt(&["oracle", "--define", &paths[0], "--define", twice]);
        assert_eq!((said.status, said.out.as_str()), (2, ""));
        assert!(said.err.contains("already; give another id"), "{said:?}");
    }
}
