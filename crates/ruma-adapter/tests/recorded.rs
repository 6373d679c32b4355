//! Recorded rooms: IDs and verdicts are those of the homeserver.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod room;

use std::collections::BTreeMap;

use room::{answer, ok};
use serde_json::{Value, json};

#[test]
fn events_have_the_ids_that_they_were_known_by() {
    let mut asked = 0;
    for room in exeunt_recordings::rooms() {
        for (line, expected) in room.lines().iter().zip(room.expected()) {
            let event: Value = serde_json::from_slice(line).unwrap();
            let question = json!({ "id": 0, "op": "event_id", "room_version": room.version,
                "event": event });
            assert_eq!(ok(&question)["event_id"], expected.event_id, "{}", room.name);
            asked += 1;
        }
    }
    assert_eq!(asked, 7_297);
}

/// The events that a list of references names.
fn ids(references: &Value) -> impl Iterator<Item = &str> {
    let entries = references.as_array().unwrap().iter();
    entries.map(|entry| entry.as_str().or_else(|| entry[0].as_str()).unwrap())
}

#[test]
fn what_was_accepted_is_allowed_by_its_auth_events_and_the_state_before_it() {
    let mut asked = 0;
    let rooms = exeunt_recordings::rooms();
    // The others are the same rooms as seen by other servers.
    for room in rooms.iter().filter(|room| !room.name.contains("-hs")) {
        let lines = room.lines();
        let pdus = lines.iter().map(|line| serde_json::from_slice::<Value>(line).unwrap());
        let all: Vec<_> = room.expected().into_iter().zip(pdus).collect();
        let events: BTreeMap<_, _> =
            all.iter().map(|(expected, event)| (expected.event_id.as_str(), event)).collect();
        for (expected, event) in all.iter().filter(|(expected, _)| !expected.rejected) {
            let create = event["room_id"].as_str().map(|room| room.replacen('!', "$", 1));
            let pool = |cited: &[&str]| {
                let ids = cited.iter().copied().chain(create.as_deref());
                ids.filter_map(|id| events.get(id).copied()).collect::<Vec<_>>()
            };
            let question = |pool: Vec<&Value>| {
                json!({ "id": 0, "op": "authorise", "room_version": room.version, "event": event,
                    "events": pool })
            };
            let cited: Vec<_> = ids(&event["auth_events"]).collect();
            let mut questions = vec![question(pool(&cited))];
            if let Some(state) = &expected.state_before {
                let state: Vec<_> = state.iter().map(String::as_str).collect();
                let mut by_state = question(pool(&state));
                by_state["state"] = json!(state);
                questions.push(by_state);
            }
            for question in questions {
                let answer = answer(&question);
                assert_eq!(answer["ok"]["allowed"], true, "{}: {answer} {event}", room.name);
                asked += 1;
            }
        }
    }
    assert!(asked > 5_000, "{asked}");
}
