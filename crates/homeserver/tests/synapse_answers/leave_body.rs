//! `send_leave`: the body as JSON, and the request around it.

use exeunt_event::base64;
use exeunt_event::json::Object;

use crate::case::{Case, case};
use crate::house::{
    Answer, EVE, HS2, Scene, header, json, key, object, request, signed, uri, wrong_key,
};
use crate::send_leave::{changed, invited};
use crate::texts;

const V2: &str = "v2/send_leave";

const MISSING: &str = "Both codes fit, and Synapse has the other for this field; for a type or a \
                       depth that is missing it has the same.";

pub(crate) fn cases() -> Vec<Case> {
    let mut all = requests();
    all.extend(bodies());
    all.extend(missing());
    all.extend(wrong());
    all.extend(endpoints());
    all
}

/// Path and body of eve's leave, which nothing is wrong with.
fn good(scene: &mut Scene) -> (String, Vec<u8>) {
    let (room, mut event) = invited(scene);
    scene.hash_and_sign(&mut event, &key(HS2));
    let uri = uri(V2, room.as_str(), &scene.event_id(&event));
    (uri, event.as_received().into_bytes())
}

/// Another body in the place of eve's leave.
fn with_body(scene: &mut Scene, body: &str) -> Answer {
    let (uri, _) = good(scene);
    scene.put(&uri, body.as_bytes().to_vec())
}

fn requests() -> Vec<Case> {
    vec![
        case("send_leave v2: no Authorization", texts::UNAUTHENTICATED, |scene| {
            let (uri, body) = good(scene);
            (&scene.ask(HS2, request("PUT", &uri, Some(body), None))).into()
        }),
        case("send_leave v2: bad X-Matrix signature", texts::UNAUTHENTICATED, |scene| {
            let (uri, body) = good(scene);
            (&scene.ask(HS2, signed("PUT", &uri, Some(body), &wrong_key(HS2)))).into()
        }),
        case("send_leave v2: body altered after signing", texts::UNAUTHENTICATED, |scene| {
            let (uri, body) = good(scene);
            let header = header("PUT", &uri, Some(&body), &key(HS2)).to_header();
            let mut altered = object(std::str::from_utf8(&body).unwrap());
            altered.insert("unsigned", Object::from_iter([("altered", true)]));
            let body = altered.as_received().into_bytes();
            (&scene.ask(HS2, request("PUT", &uri, Some(body), Some(header)))).into()
        }),
    ]
}

fn bodies() -> Vec<Case> {
    vec![
        case("send_leave v2: body not JSON", texts::NOT_JSON, |scene| {
            with_body(scene, "this is no JSON")
        }),
        case("send_leave v2: body a JSON array", texts::NO_OBJECT, |scene| with_body(scene, "[]")),
        case("send_leave v2: body {}", texts::MISSING_FIELD, |scene| with_body(scene, "{}")),
        case("send_leave v2: empty body", texts::NOT_JSON, |scene| with_body(scene, "")),
        case("send_leave v2: no auth + body not JSON", texts::NOT_JSON_NOR_SIGNED, |scene| {
            let (uri, _) = good(scene);
            let body = b"this is no JSON".to_vec();
            (&scene.ask(HS2, request("PUT", &uri, Some(body), None))).into()
        }),
        // A request of the model has no such header: whatever it says, the answer is this one.
        case("send_leave v2: Content-Type text/plain", texts::CONTENT_TYPE, |scene| {
            let (uri, body) = good(scene);
            scene.put(&uri, body)
        }),
    ]
}

/// Eve's leave without a field, hashed and signed so.
fn without(scene: &mut Scene, field: &str) -> Answer {
    changed(scene, |event| drop(event.remove(field)))
}

/// Eve's leave with another value of a field, hashed and signed so.
fn with(scene: &mut Scene, field: &'static str, value: &str) -> Answer {
    changed(scene, |event| drop(event.insert(field, json(value))))
}

fn missing() -> Vec<Case> {
    vec![
        case("send_leave v2: event without sender", texts::MISSING_FIELD, |scene| {
            without(scene, "sender")
        })
        .differs(MISSING),
        case("send_leave v2: event without type", texts::MISSING_FIELD, |scene| {
            without(scene, "type")
        }),
        case("send_leave v2: event without content", texts::MISSING_FIELD, |scene| {
            without(scene, "content")
        })
        .differs(MISSING),
        case("send_leave v2: event without origin_server_ts", texts::MISSING_FIELD, |scene| {
            without(scene, "origin_server_ts")
        })
        .differs(MISSING),
        case("send_leave v2: event without depth", texts::MISSING_FIELD, |scene| {
            without(scene, "depth")
        }),
        case("send_leave v2: event without prev_events", texts::MISSING_FIELD, |scene| {
            without(scene, "prev_events")
        })
        .differs(MISSING),
        case("send_leave v2: event without auth_events", texts::MISSING_FIELD, |scene| {
            without(scene, "auth_events")
        })
        .differs(MISSING),
        case("send_leave v2: event without hashes", texts::MISSING_FIELD, |scene| {
            let (room, mut event) = invited(scene);
            scene.sign_as_it_is(&mut event, &key(HS2));
            scene.send(V2, &room, &event)
        }),
    ]
}

fn wrong() -> Vec<Case> {
    vec![
        case("send_leave v2: content of wrong type ('leave')", texts::WRONG_FIELD, |scene| {
            with(scene, "content", r#""leave""#)
        }),
        case("send_leave v2: prev_events of wrong type ('x')", texts::WRONG_FIELD, |scene| {
            with(scene, "prev_events", r#""x""#)
        }),
        case("send_leave v2: depth of wrong type ('8')", texts::WRONG_FIELD, |scene| {
            with(scene, "depth", r#""8""#)
        }),
        case("send_leave v2: sender of wrong type (5)", texts::WRONG_FIELD, |scene| {
            with(scene, "sender", "5")
        }),
        case("send_leave v2: state_key of wrong type (5)", texts::WRONG_FIELD, |scene| {
            with(scene, "state_key", "5")
        }),
        case("send_leave v2: content hash wrong, signature right", texts::CONTENT_HASH, |scene| {
            let (room, mut event) = invited(scene);
            let content = object(r#"{"membership": "leave", "reason": "none"}"#);
            event.insert("content", content);
            let hash = base64::encode([7; 32]);
            event.insert("hashes", Object::from_iter([("sha256", hash)]));
            scene.sign_as_it_is(&mut event, &key(HS2));
            let answer = scene.send(V2, &room, &event);
            assert_eq!(scene.membership(&room, EVE).as_deref(), Some("leave"));
            answer
        }),
    ]
}

fn endpoints() -> Vec<Case> {
    vec![
        case("send_leave: GET", texts::METHOD, |scene| {
            let (uri, _) = good(scene);
            (&scene.ask(HS2, signed("GET", &uri, None, &key(HS2)))).into()
        }),
        case("send_leave: POST", texts::METHOD, |scene| {
            let (uri, body) = good(scene);
            (&scene.ask(HS2, signed("POST", &uri, Some(body), &key(HS2)))).into()
        }),
        case("send_leave: v3", texts::ENDPOINT, |scene| {
            let (uri, body) = good(scene);
            let uri = uri.replace("/v2/", "/v3/");
            scene.put(&uri, body)
        }),
    ]
}
