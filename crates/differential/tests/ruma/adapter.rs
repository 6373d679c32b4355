//! ruma's adapter to the line protocol beside Exeunt's own answers.

use std::collections::BTreeMap;

use exeunt_conformance::Oracle;
use exeunt_ruma_adapter::READINGS;
use exeunt_version::Readings;
use serde_json::{Value as Json, json};

/// To tell a reading that ruma does not offer from a name that is none.
#[test]
fn the_adapter_knows_the_readings_by_name() {
    let names: Vec<_> = Readings::ALL.iter().map(|reading| reading.name).collect();
    assert_eq!(names, READINGS);
}

/// The answer as far as it is compared: without sentences and numbers of rules.
fn said(answer: &str) -> Json {
    let mut answer: Json = serde_json::from_str(answer).unwrap();
    if let Some(code) = answer["error"].get("code") {
        return code.clone();
    }
    let mut ok = answer["ok"].take();
    for untold in ["reason", "rule"] {
        ok.as_object_mut().unwrap().remove(untold);
    }
    ok
}

/// Both answers. Which state wins, Exeunt says as ruma reads the text.
fn answers(oracle: &Oracle, question: &Json) -> (Json, Json) {
    let theirs = exeunt_ruma_adapter::answer(question.to_string().as_bytes());
    let mut question = question.clone();
    if question["op"] == "resolve" {
        question["readings"] = json!({ "power_event_chain": "conflicted",
            "power_events": "synapse", "rejected_in_resolution": "powerless" });
    }
    (said(&oracle.answer(question.to_string().as_bytes())), said(&theirs))
}

/// The events that a list of references names.
fn ids(references: &Json) -> impl Iterator<Item = &str> {
    let entries = references.as_array().unwrap().iter();
    entries.map(|entry| entry.as_str().or_else(|| entry[0].as_str()).unwrap())
}

#[test]
fn questions_about_recorded_rooms_have_the_same_answers() {
    let oracle = Oracle::default();
    let rooms = exeunt_recordings::rooms();
    let mut asked = BTreeMap::new();
    for room in rooms.iter().filter(|room| !room.name.contains("-hs")) {
        let lines = room.lines();
        let pdus: Vec<Json> =
            lines.iter().map(|line| serde_json::from_slice(line).unwrap()).collect();
        let expected = room.expected();
        let places: BTreeMap<_, _> =
            expected.iter().zip(&pdus).map(|(of, pdu)| (of.event_id.as_str(), (of, pdu))).collect();
        let rejected: Vec<_> =
            expected.iter().filter(|of| of.rejected).map(|of| &of.event_id).collect();
        let mut ask = |op: &str, fields: Json| {
            let mut question = json!({ "id": 0, "op": op, "room_version": room.version });
            question.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            let (ours, theirs) = answers(&oracle, &question);
            let is_unsupported = op == "resolve" && room.version == "1";
            assert!(is_unsupported || ours == theirs, "{ours}\n{theirs}\n{question}");
            *asked.entry(op.to_owned()).or_insert(0) += 1;
        };
        for (of, pdu) in expected.iter().zip(&pdus).step_by(25) {
            ask("event_id", json!({ "event": pdu }));
            ask("redact", json!({ "event": pdu }));
            let key = exeunt_event::base64::encode([7; 32]);
            ask("sign", json!({ "event": pdu, "server": "a", "key_id": "ed25519:a", "seed": key }));
            ask("check_signatures", json!({ "event": pdu, "keys": {} }));
            ask("canonical_json", json!({ "value": pdu }));
            ask("authorise", json!({ "event": pdu, "events": pdus, "rejected": rejected }));
            if let Some(state) = &of.state_before {
                ask("authorise", json!({ "event": pdu, "events": pdus, "state": state }));
            }
        }
        let merges = pdus.iter().filter(|pdu| ids(&pdu["prev_events"]).count() > 1);
        for pdu in merges.step_by(5) {
            let after = |id| places.get(id)?.0.state_after.as_ref();
            let sets: Option<Vec<_>> = ids(&pdu["prev_events"]).map(after).collect();
            if let Some(sets) = sets {
                let events = json!({ "state_sets": sets, "events": pdus, "rejected": rejected });
                ask("resolve", events);
            }
        }
    }
    assert!(asked.len() == 7 && asked.values().all(|count| *count >= 80), "{asked:?}");
}
