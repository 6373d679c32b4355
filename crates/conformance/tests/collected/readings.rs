//! What readings alone tell apart, and no other question shows.

use exeunt_event::json::Value;
use exeunt_homeserver::percent_encode;
use exeunt_version::{CanonicalJson, RoomVersion};
use serde_json::json;

use crate::collection::{Collection, Question};
use crate::federation::FULL;
use crate::house::{B, BOB, House, put};
use crate::pdus::{pdu, question, value};

pub(crate) fn collect(into: &mut Collection) {
    for version in RoomVersion::all() {
        if version.capabilities.canonical_json == CanonicalJson::Lenient {
            numbers(into, &version);
        } else {
            float_in_unsigned(into, &version);
        }
        if FULL.contains(&version.id()) {
            duplicate_keys(into, &version);
        }
    }
}

/// The text of a body may have a key twice, which the lines of a file must not.
fn duplicate_keys(into: &mut Collection, version: &RoomVersion) {
    let house = House::with_bob(version);
    let leave = json!({ "membership": "leave" });
    let (id, event) = house.seal(house.draft(BOB, "m.room.member", Some(BOB), &leave));
    let text = event.as_received();
    let [room, id] = [house.name(), id.to_string()].map(|part| percent_encode(&part));
    let asked = put(format!("/_matrix/federation/v2/send_leave/{room}/{id}"), event);
    for (name, first, comment) in [
        ("twice", "leave", "The leave has its membership twice."),
        (
            "twice otherwise",
            "join",
            "The leave has two memberships: it is a leave by the last one.",
        ),
    ] {
        let twice = format!(r#""membership":"{first}","membership":"leave""#);
        let text = text.replacen(r#""membership":"leave""#, &twice, 1);
        let mut question = house.question(B, &asked);
        let request = question.get_mut("request").and_then(Value::as_object_mut).unwrap();
        request.insert("body", text);
        let asked = Question::new("by-hand", name, comment, question);
        let link = "https://spec.matrix.org/v1.19/appendices/#canonical-json";
        into.add(asked.filed("duplicate-keys").linked(link).about_security(first != "leave"));
    }
}

/// What hashes are over where numbers have a spelling that strict canonical JSON forbids.
fn numbers(into: &mut Collection, version: &RoomVersion) {
    let level = || json!({ "type": "m.room.power_levels", "state_key": "" });
    let message = || json!({ "type": "m.room.message" });
    for (name, comment, fields, content) in [
        ("whole float", "A message with the float 1.0.", message(), r#"{"number":1.0}"#),
        ("exponent", "A message with 10^16 as a float.", message(), r#"{"number":1e16}"#),
        ("fraction", "A message with the float 1.5.", message(), r#"{"number":1.5}"#),
        (
            "float that is kept",
            "Power levels with a float, which redaction keeps, so that it decides the reference hash.",
            level(),
            r#"{"users":{"@alice:a.example":100.0}}"#,
        ),
    ] {
        let mut event = pdu(version, &fields);
        event.insert("content", value(content));
        let asked = question("event_id", version, [("event", Value::from(event))]);
        into.add(Question::new("by-hand", name, comment, asked).filed("numbers"));
    }
}

/// Strict canonical JSON is asked of the event as it is sent, `unsigned` among it.
fn float_in_unsigned(into: &mut Collection, version: &RoomVersion) {
    let mut event = pdu(version, &json!({ "type": "m.room.message" }));
    event.insert("unsigned", value(r#"{"age":1.5}"#));
    let asked = question("event_id", version, [("event", Value::from(event))]);
    let comment =
        "A message with a float in what is unsigned: no room version has two kinds of JSON.";
    let link = format!("https://spec.matrix.org/v1.19/rooms/v{}/#canonical-json", version.page());
    let asked = Question::new("by-hand", "float in unsigned", comment, asked);
    into.add(asked.filed("bad-events").linked(link));
}
