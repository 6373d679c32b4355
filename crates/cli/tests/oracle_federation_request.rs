//! `exeunt oracle`: what a homeserver answers to another one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;
mod conversation;
mod sample;

use conversation::Conversation;
use exeunt_event::json::{self, Object};
use exeunt_event::signatures::{SigningKey, hash_and_sign};
use exeunt_event::{Event, ServerName, base64};
use exeunt_homeserver::{Specification, sign_request};
use exeunt_version::{EventIds, RoomVersion};
use sample::Room;
use serde_json::{Value, json};

const NOW: i64 = 1_700_000_100_000;
const BOB: &str = "@bob:b.example";

fn key() -> SigningKey {
    SigningKey::from_seed("b.example", "ed25519:b", &[2; 32])
}

/// What is wrong with a question, and the code of the answer.
type Fault = (&'static str, fn(&mut Value));

/// An empty homeserver of the sample's server, which b.example asks.
fn question(request: &Value) -> Value {
    let key = base64::encode(key().public_bytes());
    json!({
        "id": 1,
        "op": "federation_request",
        "homeserver": { "server_name": "a.example", "key_id": "ed25519:1",
            "seed": base64::encode([1; 32]), "rooms": [], "now": NOW },
        "request": request,
        "keys": { "b.example": { "ed25519:b": { "key": key } } },
    })
}

/// The same, with the sample's room.
fn in_room(room: &Room, request: &Value) -> Value {
    let mut question = question(request);
    question["homeserver"]["rooms"] =
        json!([{ "room_version": room.version.id(), "events": room.pool() }]);
    question
}

fn object(value: &Value) -> Object<'static> {
    let text = value.to_string();
    json::parse_any(text.as_bytes()).unwrap().value.as_object().unwrap().clone().into_owned()
}

/// A request that b.example signed.
fn signed(method: &str, uri: &str, body: Option<&Value>) -> Value {
    let content = body.map(object);
    let destination = ServerName::parse("a.example").unwrap();
    let features = Specification::LATEST.features();
    let request = sign_request(method, uri, &destination, content.as_ref(), &key(), features);
    let mut asked = json!({ "method": method, "uri": uri, "authorization": request.authorization });
    if let Some(body) = body {
        asked["body"] = body.clone();
    }
    asked
}

fn room_id(room: &Room) -> String {
    room.event(1)["room_id"].as_str().unwrap().to_owned()
}

fn make_join(room: &Room) -> Value {
    let (room_id, version) = (room_id(room), room.version.id());
    signed("GET", &format!("/_matrix/federation/v1/make_join/{room_id}/{BOB}?ver={version}"), None)
}

/// The request that submits bob's join, made of a template, and its ID.
fn send_join(room: &Room, template: &Value) -> (Value, String) {
    let mut event = object(template);
    event.insert("origin_server_ts", NOW);
    if room.version.capabilities.event_ids == EventIds::Sent {
        event.insert("event_id", "$join:b.example");
    }
    hash_and_sign(&mut event, &key(), &room.version);
    let id = Event::from_object(&event, &room.version).unwrap().event_id().to_string();
    let body = serde_json::from_str(&event.as_received()).unwrap();
    let encoded = id.replace('+', "%2B").replace('/', "%2F");
    let uri = format!("/_matrix/federation/v2/send_join/{}/{encoded}", room_id(room));
    (signed("PUT", &uri, Some(&body)), id)
}

#[test]
fn a_join_is_answered_and_enters_the_room_in_every_version() {
    let mut oracle = Conversation::new();
    for version in RoomVersion::SPECIFIED {
        let room = Room::new(version);
        let made = oracle.ok(&in_room(&room, &make_join(&room)));
        assert_eq!(made["status"], 200, "{version}: {made}");
        assert_eq!(made["new_events"], json!([]));
        assert_eq!(made["body"]["room_version"], version);
        assert_eq!(made["body"]["event"]["sender"], BOB);
        let (request, id) = send_join(&room, &made["body"]["event"]);
        let sent = oracle.ok(&in_room(&room, &request));
        assert_eq!(
            (&sent["status"], &sent["new_events"]),
            (&json!(200), &json!([id])),
            "{version}"
        );
        assert_eq!(sent["body"]["state"].as_array().unwrap().len(), 4);
        // What the room has gained it does not gain again.
        let mut again = in_room(&room, &request);
        let events = again["homeserver"]["rooms"][0]["events"].as_array_mut().unwrap();
        events.push(request["body"].clone());
        let sent = oracle.ok(&again);
        assert_eq!((&sent["status"], &sent["new_events"]), (&json!(200), &json!([])), "{version}");
    }
    oracle.end();
}

#[test]
fn a_refused_event_is_none_that_the_room_gains() {
    let mut oracle = Conversation::new();
    let room = Room::new("11");
    let made = oracle.ok(&in_room(&room, &make_join(&room)));
    let mut template = made["body"]["event"].clone();
    template["content"]["membership"] = json!("leave");
    let (request, _) = send_join(&room, &template);
    let sent = oracle.ok(&in_room(&room, &request));
    assert_eq!((&sent["status"], &sent["new_events"]), (&json!(400), &json!([])));
    assert_eq!(sent["body"]["errcode"], "M_INVALID_PARAM");
    oracle.end();
}

#[test]
fn authorization_is_one_header_or_several() {
    let mut oracle = Conversation::new();
    let room = Room::new("12");
    let good = make_join(&room);
    let header = good["authorization"][0].clone();
    for (authorization, status) in [
        (header.clone(), 200),
        (json!(["Bearer secret", header]), 200),
        (json!([]), 401),
        (json!("Bearer secret"), 401),
        (json!(["X-Matrix origin=c.example,key=\"ed25519:b\",sig=a", header]), 401),
    ] {
        let mut request = good.clone();
        request["authorization"] = authorization;
        assert_eq!(oracle.ok(&in_room(&room, &request))["status"], status, "{request}");
    }
    let mut without = good;
    without.as_object_mut().unwrap().remove("authorization");
    let answer = oracle.ok(&in_room(&room, &without));
    assert_eq!(
        (&answer["status"], &answer["body"]["errcode"]),
        (&json!(401), &json!("M_UNAUTHORIZED"))
    );
    oracle.end();
}

#[test]
fn the_release_of_the_specification_says_which_endpoints_there_are() {
    let mut oracle = Conversation::new();
    let request =
        signed("PUT", "/_matrix/federation/v1/send_leave/!a:a.example/$b", Some(&json!({})));
    for (spec, errcode) in [
        (json!("v1.1"), "M_NOT_FOUND"),
        (json!("v1.17"), "M_NOT_FOUND"),
        (json!("v1.18"), "M_UNRECOGNIZED"),
    ] {
        let mut question = question(&request);
        question["homeserver"]["spec"] = spec;
        let answer = oracle.ok(&question);
        assert_eq!((&answer["status"], &answer["body"]["errcode"]), (&json!(404), &json!(errcode)));
    }
    assert_eq!(oracle.ok(&question(&request))["body"]["errcode"], "M_UNRECOGNIZED", "the latest");
    oracle.end();
}

#[test]
fn a_body_that_is_a_string_is_sent_as_it_is() {
    let mut oracle = Conversation::new();
    let mut request = signed("PUT", "/_matrix/federation/v1/send/1", Some(&json!({ "pdus": [] })));
    let ask = |oracle: &mut Conversation, request: &Value| {
        let answer = oracle.ok(&question(request));
        (answer["status"].clone(), answer["body"]["errcode"].clone())
    };
    assert_eq!(ask(&mut oracle, &request), (json!(200), json!(null)));
    for (body, errcode) in [
        (json!("{ \"pdus\" :[] }"), json!(null)),
        (json!("{"), json!("M_NOT_JSON")),
        (json!(""), json!("M_NOT_JSON")),
        (json!("\"text\""), json!("M_BAD_JSON")),
        (json!(1.5), json!("M_BAD_JSON")),
        (json!([{}]), json!("M_BAD_JSON")),
        (json!(null), json!("M_BAD_JSON")),
    ] {
        request["body"] = body.clone();
        assert_eq!(ask(&mut oracle, &request).1, errcode, "{body}");
    }
    oracle.end();
}

#[test]
fn what_is_wrong_with_the_question_is_told_in_the_protocols_order() {
    let mut oracle = Conversation::new();
    let room = Room::new("11");
    let good = in_room(&room, &make_join(&room));
    assert_eq!(oracle.ok(&good)["status"], 200);
    let faults: [Fault; 18] = [
        ("bad_request", |asked| asked["homeserver"] = json!(1)),
        ("bad_request", |asked| asked["homeserver"]["rooms"] = json!({})),
        ("bad_request", |asked| asked["homeserver"]["rooms"][0]["room_version"] = json!(11)),
        ("unknown_room_version", |asked| {
            asked["homeserver"]["rooms"][0]["room_version"] = json!("13");
        }),
        ("bad_request", |asked| asked["readings"] = json!({ "colour": "blue" })),
        ("bad_request", |asked| asked["homeserver"]["server_name"] = json!("a b")),
        ("bad_request", |asked| asked["homeserver"]["key_id"] = json!(1)),
        ("bad_request", |asked| asked["homeserver"]["seed"] = json!("AAAA")),
        ("bad_request", |asked| asked["homeserver"]["spec"] = json!("v2")),
        ("bad_request", |asked| asked["homeserver"]["now"] = json!("now")),
        ("bad_request", |asked| asked["request"] = json!(null)),
        ("bad_request", |asked| asked["request"]["method"] = json!(null)),
        ("bad_request", |asked| asked["request"]["uri"] = json!(null)),
        ("bad_request", |asked| asked["request"]["authorization"] = json!([1])),
        ("bad_request", |asked| asked["keys"] = json!([])),
        ("bad_request", |asked| asked["homeserver"]["rooms"][0]["events"] = json!(null)),
        ("bad_event", |asked| asked["homeserver"]["rooms"][0]["events"][0] = json!({})),
        ("bad_request", |asked| {
            let room = asked["homeserver"]["rooms"][0].clone();
            asked["homeserver"]["rooms"].as_array_mut().unwrap().push(room);
        }),
    ];
    for (code, fault) in faults {
        let mut asked = good.clone();
        fault(&mut asked);
        assert_eq!(oracle.code(&asked), code, "{asked}");
        asked["keys"] = json!(1);
        let expected = if code == "bad_event" { "bad_request" } else { code };
        assert_eq!(oracle.code(&asked), expected, "{asked}");
    }
    for field in ["homeserver", "request", "keys"] {
        let mut asked = good.clone();
        asked.as_object_mut().unwrap().remove(field);
        assert_eq!(oracle.code(&asked), "bad_request", "{field}");
    }
    oracle.end();
}

#[test]
fn a_room_is_what_its_events_make_of_it() {
    let mut oracle = Conversation::new();
    let room = Room::new("11");
    let good = in_room(&room, &make_join(&room));
    // Nobody of the homeserver is in a room whose events are not signed by a key that is known.
    let mut other = good.clone();
    other["homeserver"]["seed"] = json!(base64::encode([3; 32]));
    assert_eq!(oracle.ok(&other)["body"]["errcode"], "M_NOT_FOUND");
    let mut empty = good.clone();
    empty["homeserver"]["rooms"][0]["events"] = json!([]);
    assert_eq!(oracle.ok(&empty)["body"]["errcode"], "M_NOT_FOUND");
    // By the order of arrival the join rules may come last.
    let mut reversed = good;
    reversed["homeserver"]["rooms"][0]["events"].as_array_mut().unwrap().reverse();
    assert_eq!(oracle.ok(&reversed)["status"], 200);
    oracle.end();
}
