//! The recorded rooms: IDs, hashes, format and signatures of every event, and what became of the
//! misbehaving server's.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod sample;

use exeunt_event::format::{FormatError, check as check_format};
use exeunt_event::hashes::content_hash_matches;
use exeunt_event::json::{ErrorKind, JsonError, NotCanonical};
use exeunt_event::signatures::{Keys, SignatureError, check, check_batch, required_servers};
use exeunt_event::{Event, EventError, EventId, ServerName};
use exeunt_recordings::Room;
use exeunt_version::{RedactedCreateRoomId, RoomVersion};
use sample::object;
use serde_json::Value as Json;

fn keys(room: &Room, version: &RoomVersion) -> Keys {
    Keys::from_server_answers(&object(&room.keys()), version).unwrap()
}

fn version(room: &Room) -> RoomVersion {
    RoomVersion::specified(&room.version).unwrap()
}

#[test]
fn every_event_has_the_recorded_id_and_hash_and_passes_format_and_signatures() {
    let (mut events, mut redacted) = (0, 0);
    for room in exeunt_recordings::rooms() {
        let version = version(&room);
        let keys = keys(&room, &version);
        let parsed: Vec<Event> =
            room.lines().iter().map(|line| Event::parse(line, &version).unwrap()).collect();
        let batch = check_batch(&parsed.iter().collect::<Vec<_>>(), &keys, &version);
        for ((event, expected), signatures) in parsed.iter().zip(room.expected()).zip(batch) {
            let name = format!("{} {}", room.name, expected.event_id);
            assert_eq!(*event.event_id(), *expected.event_id, "{name}");
            assert_eq!(event.depth(), expected.depth, "{name}");
            assert_eq!(check_format(event, &version), Ok(()), "{name}");
            let hash_is_right = expected.content_hash_ok.unwrap_or(true);
            assert_eq!(content_hash_matches(event, &version), hash_is_right, "{name}");
            assert_eq!(signatures, Ok(()), "{name}");
            events += 1;
            redacted += usize::from(!hash_is_right);
        }
    }
    assert_eq!(events, 7_297);
    assert!(redacted >= 40, "{redacted} events with a wrong hash");
}

/// One at a time, each has the verdict of the batch; a sample of the rooms keeps this short.
#[test]
fn single_checks_agree_with_the_batch_where_signatures_are_broken_at_random() {
    for room in exeunt_recordings::rooms().iter().filter(|room| room.name.ends_with("leaving")) {
        let version = version(room);
        let keys = keys(room, &version);
        let events: Vec<Event> = room
            .lines()
            .iter()
            .enumerate()
            .map(|(number, line)| {
                let event = Event::parse(line, &version).unwrap();
                if number % 5 != 3 {
                    return event;
                }
                // What is signed changes, and the event stays one.
                let mut broken = event.object();
                broken.insert("origin_server_ts", event.origin_server_ts() + 1);
                Event::from_object(&broken, &version).unwrap()
            })
            .collect();
        let batch = check_batch(&events.iter().collect::<Vec<_>>(), &keys, &version);
        for (number, (event, verdict)) in events.iter().zip(batch).enumerate() {
            assert_eq!(verdict, check(event, &keys, &version), "{} {number}", room.name);
            let good = number % 5 != 3 || required_servers(event, &version).is_empty();
            assert_eq!(verdict.is_ok(), good, "{} {number}", room.name);
        }
    }
}

#[test]
fn a_redacted_event_keeps_its_id_and_signatures_but_not_its_hash() {
    let mut hash_survives = 0;
    for room in exeunt_recordings::rooms().iter().filter(|room| room.name.ends_with("forked")) {
        let version = version(room);
        let keys = keys(room, &version);
        let lines = room.lines();
        let events = lines.iter().map(|line| Event::parse(line, &version).unwrap());
        let redacted: Vec<Event> = events
            .map(|event| {
                let redacted = event.redacted(&version);
                assert_eq!(redacted.event_id(), event.event_id());
                let unchanged = redacted.object() == event.object();
                let hash = content_hash_matches(&redacted, &version);
                assert!(hash || !unchanged, "{}", event.event_id());
                hash_survives += usize::from(hash);
                redacted
            })
            .collect();
        let verdicts = check_batch(&redacted.iter().collect::<Vec<_>>(), &keys, &version);
        assert!(verdicts.iter().all(Result::is_ok), "{}", room.name);
    }
    assert!(hash_survives > 100, "levels and joins lose nothing: {hash_survives}");
}

/// How far an event of the misbehaving server gets by checks 1 to 3.
#[derive(Debug, PartialEq)]
enum Receipt {
    NoEvent(EventError),
    BadFormat(FormatError),
    BadSignature(SignatureError),
    Redacted,
    Whole,
}

fn receive(pdu: &Json, keys: &Keys, version: &RoomVersion) -> (Option<Event>, Receipt) {
    let event = match Event::parse(&sample::bytes(pdu), version) {
        Ok(event) => event,
        Err(error) => return (None, Receipt::NoEvent(error)),
    };
    let receipt = if let Err(error) = check_format(&event, version) {
        Receipt::BadFormat(error)
    } else if let Err(error) = check(&event, keys, version) {
        Receipt::BadSignature(error)
    } else if content_hash_matches(&event, version) {
        Receipt::Whole
    } else {
        Receipt::Redacted
    };
    (Some(event), receipt)
}

/// The servers of the recordings: the misbehaving one, and three honest ones.
fn server(number: u8) -> ServerName {
    ServerName::parse(&format!("127.0.11.{number}:8448")).unwrap()
}

const SECOND_CREATE: &str = "second create event";

/// What checks 1 to 3 make of a case; `None` where it is theirs to pass.
fn expected(case: &str, version: &RoomVersion) -> Option<Receipt> {
    let strict = version.page() >= 6;
    let not_canonical = |receipt: NotCanonical| {
        let kind = ErrorKind::NotCanonical(receipt);
        if strict {
            Receipt::NoEvent(EventError::Json(JsonError { position: 0, kind }))
        } else {
            Receipt::Redacted
        }
    };
    let too_many =
        |field, count, maximum| Receipt::BadFormat(FormatError::TooMany { field, count, maximum });
    let key_id = || "ed25519:evil1".to_owned();
    Some(match case {
        "wrong content hash, message"
        | "wrong content hash, topic"
        | "wrong content hash, member"
        | "hash of wrong value signed as such"
        | "extra unsigned top-level key changes the hash" => Receipt::Redacted,
        "bad signature" | "redacted content of a signed key changed (state_key)" => {
            Receipt::BadSignature(SignatureError::Invalid { server: server(4), key_id: key_id() })
        }
        SECOND_CREATE if version.page() == 12 => {
            Receipt::BadSignature(SignatureError::Invalid { server: server(4), key_id: key_id() })
        }
        "no signature" => Receipt::BadSignature(SignatureError::Missing(server(4))),
        "unknown key id" => Receipt::BadSignature(SignatureError::NoKey(server(4))),
        "sender of hs2, signed by evil only" | "event_id of another domain" => {
            Receipt::BadSignature(SignatureError::Missing(server(2)))
        }
        "restricted-style join, authorised via alice without her signature"
            if version.page() >= 8 =>
        {
            Receipt::BadSignature(SignatureError::Missing(server(1)))
        }
        "float in content (added after signing)" => not_canonical(NotCanonical::Float),
        "integer 2^53 in content" => not_canonical(NotCanonical::OutOfRange),
        "70 kB" => Receipt::BadFormat(FormatError::TooLarge(0)),
        "11 auth_events" => too_many("auth_events", 11, 10),
        "21 prev_events" => too_many("prev_events", 21, 20),
        _ => return None,
    })
}

/// The same without the numbers that differ from room to room.
fn without_numbers(receipt: Receipt) -> Receipt {
    match receipt {
        Receipt::NoEvent(EventError::Json(error)) => {
            Receipt::NoEvent(EventError::Json(JsonError { position: 0, ..error }))
        }
        Receipt::BadFormat(FormatError::TooLarge(size)) => {
            assert!(size > 65_536);
            Receipt::BadFormat(FormatError::TooLarge(0))
        }
        other => other,
    }
}

#[test]
fn each_case_of_the_misbehaving_server_gets_what_its_outcome_says() {
    let (mut cases, mut expectations) = (0, 0);
    for room in exeunt_recordings::rooms() {
        let version = version(&room);
        let keys = keys(&room, &version);
        let all = room.cases();
        for case in &all {
            let name = case["case"].as_str().unwrap();
            let context = format!("{}: {name}", room.name);
            let mut pdu = case["pdu"].clone();
            let omitted = pdu.get("omitted").is_some();
            if omitted {
                // The recording only says that a body of 70 kB stood there.
                pdu = all[0]["pdu"].clone();
                pdu["content"]["body"] = "z".repeat(70_000).into();
            }
            let (event, receipt) = receive(&pdu, &keys, &version);
            let recorded = case["event_id"].as_str().unwrap();
            let create_with_room_id = name == SECOND_CREATE && version.page() == 12;
            if let (Some(event), false, false) = (event, omitted, create_with_room_id) {
                assert_eq!(event.event_id().as_str(), recorded, "{context}");
            }
            cases += 1;
            let receipt = without_numbers(receipt);
            match case["outcome"].as_str().unwrap() {
                // Synapse stored it, whatever it made of it later.
                "accepted, content pruned" => assert_eq!(receipt, Receipt::Redacted, "{context}"),
                "accepted" | "rejected" | "soft_failed" => {
                    assert_eq!(receipt, Receipt::Whole, "{context}");
                }
                // It was dropped, here or by a later check.
                "not stored" => {}
                other => panic!("{context}: {other}"),
            }
            if let Some(expected) = expected(name, &version) {
                expectations += 1;
                assert_eq!(receipt, expected, "{context}");
            } else {
                assert_eq!(receipt, Receipt::Whole, "{context}");
            }
        }
    }
    assert!(cases > 600 && expectations > 120, "{cases} cases, {expectations} expected to fail");
}

/// What Synapse stored under an ID is the event that was sent.
#[test]
fn the_stored_cases_are_in_the_room_under_their_ids() {
    for room in exeunt_recordings::rooms().iter().filter(|room| room.name.ends_with("evil")) {
        let stored: Vec<EventId> =
            room.expected().iter().map(|event| EventId::from_received(&event.event_id)).collect();
        for case in room.cases() {
            let outcome = case["outcome"].as_str().unwrap();
            let id = case["event_id"].as_str().unwrap();
            let is_stored = stored.iter().any(|stored| *stored == *id);
            assert_eq!(is_stored, outcome != "not stored", "{}: {}", room.name, case["case"]);
        }
    }
}

/// Synapse's redaction strips `room_id` from a create event of version 12, the text's does not. It
/// matters for such create events alone as have one, and rule 1.2 rejects those.
#[test]
fn a_version_12_create_event_with_a_room_id_has_another_id_in_synapse() {
    let room = exeunt_recordings::room("12-evil");
    let version = version(&room);
    let case = room.cases().into_iter().find(|case| case["case"] == SECOND_CREATE).unwrap();
    let mut pdu = case["pdu"].clone();
    assert_ne!(*sample::event(&pdu, &version).event_id(), *case["event_id"].as_str().unwrap());
    let mut readings = version.readings;
    readings.redacted_create_room_id = RedactedCreateRoomId::Stripped;
    let as_synapse = version.clone().with_readings(readings);
    assert_eq!(*sample::event(&pdu, &as_synapse).event_id(), *case["event_id"].as_str().unwrap());
    pdu.as_object_mut().unwrap().remove("room_id").unwrap();
    let (event, receipt) = receive(&pdu, &keys(&room, &version), &version);
    assert_eq!(*event.unwrap().event_id(), *case["event_id"].as_str().unwrap());
    // The signature is over the event as Synapse redacts it, the content hash over all of it.
    assert_eq!(receipt, Receipt::Redacted);
}
