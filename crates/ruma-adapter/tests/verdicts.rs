//! Small rooms of every version: hashes, signatures, permission, and which state wins.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod room;

use room::{ALICE, BOB, Room, SEED, ok};
use serde_json::{Value, json};

/// The public key of [`SEED`].
const KEY: &str = "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI";

/// The first example of <https://spec.matrix.org/v1.19/appendices/#event-signing>.
#[test]
fn the_example_of_the_specification_is_signed_alike() {
    let event = json!({
        "room_id": "!x:domain", "sender": "@a:domain", "origin": "domain",
        "origin_server_ts": 1_000_000, "signatures": {}, "hashes": {}, "type": "X", "content": {},
        "prev_events": [], "auth_events": [], "depth": 3, "unsigned": { "age_ts": 1_000_000 },
    });
    let sign = json!({ "event": event, "server": "domain", "key_id": "ed25519:1", "seed": SEED });
    let signed = ok(&Room::new("3").question("sign", &sign))["event"].clone();
    assert_eq!(signed["hashes"]["sha256"], "5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos");
    let signature = "KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma\
                     +lYAg";
    assert_eq!(signed["signatures"]["domain"]["ed25519:1"], signature);
    assert_eq!(signed["unsigned"], event["unsigned"]);
}

#[test]
fn an_event_is_valid_redacted_or_dropped() {
    for version in room::versions() {
        let room = Room::new(&version);
        let outcome = |event: &Value, fact: &Value| {
            let keys = json!({ "a.example": { "ed25519:1": fact } });
            let question = json!({ "event": event, "keys": keys });
            ok(&room.question("check_signatures", &question))["outcome"].clone()
        };
        let (event, key) = (&room.events[3], json!({ "key": KEY }));
        assert_eq!(outcome(event, &key), "valid", "{version}");
        let mut spoilt = event.clone();
        spoilt["content"]["more"] = json!(1);
        assert_eq!(outcome(&spoilt, &key), "redact", "{version}");
        spoilt["depth"] = json!(9);
        assert_eq!(outcome(&spoilt, &key), "drop", "{version}");
        let other = "A".repeat(43);
        assert_eq!(outcome(event, &json!({ "key": other })), "drop", "{version}");
        // The event is of 1,003 ms after the epoch.
        for (facts, expected) in [
            (json!({ "key": KEY, "expired_ts": 1_003 }), "valid"),
            (json!({ "key": KEY, "expired_ts": 1_002 }), "drop"),
            (json!({ "key": KEY, "valid_until_ts": 1_003 }), "valid"),
        ] {
            assert_eq!(outcome(event, &facts), expected, "{version}");
        }
        let is_older = version.parse::<u8>().unwrap() < 5;
        let expected = if is_older { "valid" } else { "drop" };
        assert_eq!(outcome(event, &json!({ "key": KEY, "valid_until_ts": 1_002 })), expected);
    }
}

#[test]
fn hashes_are_in_the_standard_alphabet_and_ids_as_their_version_says() {
    for version in room::versions() {
        let room = Room::new(&version);
        for event in &room.events {
            let answer = ok(&room.question("event_id", &json!({ "event": event })));
            let id = answer["event_id"].as_str().unwrap();
            let hash = answer["reference_hash"].as_str().unwrap();
            assert!(!hash.contains(['-', '_']) && hash.len() == 43);
            assert_eq!(answer["content_hash"], event["hashes"]["sha256"]);
            match version.as_str() {
                "1" | "2" => assert_eq!(id, event["event_id"]),
                "3" => assert_eq!(id, format!("${hash}")),
                _ => assert_eq!(id, format!("${}", hash.replace('+', "-").replace('/', "_"))),
            }
        }
    }
}

#[test]
fn redaction_strips_unsigned_too() {
    for version in room::versions() {
        let room = Room::new(&version);
        let mut event = room.events[3].clone();
        event["unsigned"] = json!({ "age": 1 });
        event["content"]["more"] = json!(1);
        let redacted = ok(&room.question("redact", &json!({ "event": event })));
        assert_eq!(redacted["event"], room.events[3], "{version}");
    }
}

#[test]
fn an_event_is_judged_by_what_it_cites_or_by_a_state() {
    for version in room::versions() {
        let mut room = Room::new(&version);
        room.push(BOB, "m.room.member", Some(BOB), &json!({ "membership": "join" }), &[0, 2, 3]);
        let allowed = |event: &Value, more: &Value| {
            let mut fields = json!({ "event": event, "events": room.events });
            fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let answer = ok(&room.question("authorise", &fields));
            assert!(answer["allowed"] == true || answer["reason"].is_string(), "{answer}");
            assert!(answer.get("rule").is_none());
            answer["allowed"].clone()
        };
        for event in &room.events {
            assert_eq!(allowed(event, &json!({})), true, "{version}");
        }
        let message = room.pdu(BOB, "m.room.message", None, &json!({}), &[0, 2, 4]);
        assert_eq!(allowed(&message, &json!({})), true, "{version}");
        let kick = json!({ "membership": "leave" });
        let kick = room.pdu(BOB, "m.room.member", Some(ALICE), &kick, &[0, 1, 2, 4]);
        assert_eq!(allowed(&kick, &json!({})), false, "{version}");
        // The state says otherwise than what it cites, and that is all that counts.
        assert_eq!(allowed(&message, &json!({ "state": room.ids[..4] })), false, "{version}");
        let without = room.pdu(BOB, "m.room.message", None, &json!({}), &[]);
        assert_eq!(allowed(&without, &json!({ "state": room.ids })), true, "{version}");
        assert_eq!(allowed(&without, &json!({})), false, "{version}");
        let rejected = json!({ "rejected": [room.ids[4]] });
        assert_eq!(allowed(&message, &rejected), false, "{version}");
        assert_eq!(allowed(&room.events[0], &json!({ "state": [] })), true, "{version}");
    }
}

#[test]
fn a_ban_wins_over_a_change_by_the_banned() {
    for version in room::versions().skip(1) {
        let mut room = Room::new(&version);
        room.push(BOB, "m.room.member", Some(BOB), &json!({ "membership": "join" }), &[0, 2, 3]);
        let mut users = json!({ ALICE: 100, BOB: 50 });
        if version == "12" {
            users.as_object_mut().unwrap().remove(ALICE);
        }
        let levels = json!({ "users": users });
        room.push(ALICE, "m.room.power_levels", Some(""), &levels, &[0, 1, 2]);
        let topic = json!({ "topic": "Bob's" });
        room.push(BOB, "m.room.topic", Some(""), &topic, &[0, 4, 5]);
        let ban = json!({ "membership": "ban" });
        room.push(ALICE, "m.room.member", Some(BOB), &ban, &[0, 1, 4, 5]);
        let ids = |places: &[usize]| places.iter().map(|at| &room.ids[*at]).collect::<Vec<_>>();
        let sets = [ids(&[0, 1, 3, 4, 5, 6]), ids(&[0, 1, 3, 5, 7])];
        let question = json!({ "state_sets": sets, "events": room.events });
        let mut expected = ids(&[0, 1, 3, 5, 7]);
        expected.sort();
        let answer = ok(&room.question("resolve", &question));
        assert_eq!(answer, json!({ "state": expected }), "{version}");
    }
}

/// What a room of version 2 can have and no server would take.
#[test]
fn power_levels_that_cite_themselves_are_not_resolved_for_ever() {
    let mut room = Room::new("2");
    room.events[2]["auth_events"].as_array_mut().unwrap().push(json!([room.ids[2], {}]));
    room.push(ALICE, "m.room.topic", Some(""), &json!({ "topic": "a" }), &[0, 1, 2]);
    room.push(ALICE, "m.room.topic", Some(""), &json!({ "topic": "b" }), &[0, 1, 2]);
    let sets = [&room.ids[..5], &[&room.ids[..4], &room.ids[5..]].concat()[..]];
    let question = json!({ "state_sets": sets, "events": room.events });
    assert_eq!(room::code(&room.question("resolve", &question)), "internal");
}
