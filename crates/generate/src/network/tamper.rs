//! Falsified messages.

use exeunt_event::json::{Object, Value, parse_any};
use exeunt_homeserver::{Request, Response};
use exeunt_version::LenientNumbers;

use super::NetworkOp;

/// What an operation makes of an answer, if it makes anything of it.
pub(super) fn answer(response: &Response, op: NetworkOp) -> Option<Response> {
    let mut response = response.clone();
    match op {
        NetworkOp::Status { status, .. } => {
            let statuses = [403, 404, 500, 400, 502, 200, 301, 429, 599, 0, 65_535];
            response.status = statuses[usize::from(status) % statuses.len()];
        }
        NetworkOp::Garble { body, .. } => response.body = garbage(body),
        NetworkOp::Change { node, value, .. } => {
            response.body = changed(&response.body, node, value);
        }
        NetworkOp::Path { .. } => response.status = 200,
        _ => return None,
    }
    Some(response)
}

/// What an operation makes of a request, and whether its sender signs that.
pub(super) fn request(request: &Request, op: NetworkOp) -> (Request, bool) {
    let mut request = request.clone();
    let mut is_signed = false;
    match op {
        NetworkOp::Status { status, .. } => {
            let methods = ["GET", "PUT", "POST", "PATCH"];
            methods[usize::from(status) % methods.len()].clone_into(&mut request.method);
        }
        NetworkOp::Garble { body, .. } => request.body = Some(garbage(body)),
        NetworkOp::Change { node, value, signed, .. } => {
            request.body = request.body.map(|body| changed(&body, node, value));
            is_signed = signed % 2 == 1;
        }
        NetworkOp::Path { segment, other, signed, .. } => {
            let mut segments: Vec<String> = request.uri.split('/').map(ToOwned::to_owned).collect();
            let at = usize::from(segment) % segments.len().max(1);
            let others = [
                "v1",
                "v2",
                "send_join",
                "send_leave",
                "send_knock",
                "make_join",
                "$x",
                "%21room%3Ahs1",
                "@a:hs1",
                "",
            ];
            if let Some(segment) = segments.get_mut(at) {
                others[usize::from(other) % others.len()].clone_into(segment);
            }
            request.uri = segments.join("/");
            is_signed = signed % 2 == 1;
        }
        NetworkOp::Header { header: which, .. } => request.authorization = vec![header(which)],
        _ => {}
    }
    (request, is_signed)
}

/// An answer with a template that says something else, if it has a template.
pub(super) fn template(response: &Response, field: u16, value: u16) -> Option<Response> {
    let mut answer = response.object()?;
    let event = answer.get_mut("event")?.as_object_mut()?;
    if event.contains_key("signatures") || !event.contains_key("sender") {
        return None;
    }
    let user = ["@a:hs1", "@b:hs1", "@a:hs2", "@b:hs3"][usize::from(value) % 4];
    claim(event, field, value, user, "!r1:hs1");
    Some(Response { status: 200, ..Response::ok(&answer) })
}

/// Has an event say something else in a field that servers have to check: perhaps that user, or
/// that room.
pub(super) fn claim(
    event: &mut Object<'static>,
    field: u16,
    value: u16,
    user: &str,
    room_id: &str,
) {
    let membership = ["join", "leave", "invite", "knock", "ban"][usize::from(value) % 5];
    match field % 5 {
        0 => event.insert("sender", user.to_owned()),
        1 => event.insert("state_key", user.to_owned()),
        2 => event.insert("type", "m.room.topic"),
        3 => event.insert("content", Object::from_iter([("membership", membership)])),
        _ => event.insert("room_id", room_id.to_owned()),
    };
}

/// Bytes in place of a body: of JSON, or not.
pub(super) fn garbage(which: u16) -> Vec<u8> {
    let at = usize::from(which);
    let fixed: [&[u8]; 12] = [
        b"{}",
        b"[]",
        b"[200, {}]",
        b"",
        b"{",
        br#"{"pdus": []}"#,
        br#"{"pdus": [{}], "edus": [{}]}"#,
        br#"{"pdus": 1e999}"#,
        br#"{"pdus": [123456789012345678901234567890]}"#,
        br#"{"event": null, "room_version": "11"}"#,
        br#"{"state": [{}], "auth_chain": [{}], "event": {}}"#,
        br#"{"pdus": [{"room_id": "!room:hs1"}]}"#,
    ];
    match at % 16 {
        12 => "[".repeat(at * 8).into_bytes(),
        13 => other_value(which / 16).to_canonical(LenientNumbers::Value).into_bytes(),
        14 | 15 => noise(which, at % 40),
        fixed_at => fixed[fixed_at].to_vec(),
    }
}

/// Bytes that follow from a number.
pub(super) fn noise(number: u16, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(&number.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

pub(super) fn header(which: u16) -> String {
    let fixed = [
        "",
        "X-Matrix ",
        "X-Matrix origin",
        "X-Matrix origin=hs1",
        "X-Matrix origin=\"hs1",
        "X-Matrix origin=a,origin=b,key=\"c\"",
        "X-Matrix origin=\"hs1\",destination=\"hs2\",key=\"ed25519:1\",sig=\"AAAA\"",
        "x-matrix origin=hs1 , key=\"ed25519:1\",sig=\"\\\"\"",
        "Bearer hs1",
    ];
    let at = usize::from(which) % 12;
    match fixed.get(at) {
        Some(header) => (*header).to_owned(),
        None => format!("X-Matrix {}", String::from_utf8_lossy(&noise(which, 24))),
    }
}

/// Values that stand where others should.
pub(super) fn other_value(at: u16) -> Value<'static> {
    let strings = [
        "",
        "x",
        "@a:hs1",
        "@b:hs2",
        "@a:evil",
        "!room:hs1",
        "!other:hs2",
        "leave",
        "join",
        "invite",
        "knock",
        "ban",
        "m.room.member",
        "m.room.create",
        "m.room.power_levels",
        "1",
        "11",
        "12",
    ];
    let others: [fn() -> Value<'static>; 14] = [
        || Value::Null,
        || Value::from(true),
        || Value::from(0),
        || Value::from(-1),
        || Value::from(9_007_199_254_740_991),
        || Value::from(9_007_199_254_740_992),
        || Value::Number("1.5".into()),
        || Value::from("x".repeat(70_000)),
        || Value::Array(Vec::new()),
        || Value::Object(Object::new()),
        || Value::Array(vec![Value::Array(Vec::new()), Value::Object(Object::new())]),
        || Object::from_iter([("membership", "leave")]).into(),
        || {
            let signature = Object::from_iter([("ed25519:1", "AAAA")]);
            Object::from_iter([("hs1", signature)]).into()
        },
        || Value::Array(vec![Value::from("$nothing")]),
    ];
    let at = usize::from(at) % (strings.len() + others.len());
    match strings.get(at) {
        Some(string) => Value::from(*string),
        None => others[at - strings.len()](),
    }
}

/// The bytes with another value in the place of the `at`-th node, or without it.
fn changed(body: &[u8], at: u16, other: u16) -> Vec<u8> {
    let Ok(parsed) = parse_any(body) else { return b"{".to_vec() };
    let mut value = parsed.value.into_owned();
    change(&mut value, at, other);
    let mut text = Vec::new();
    exeunt_event::json::write_canonical(&value, LenientNumbers::Value, &mut text);
    text
}

/// Puts another value in the place of the `at`-th node, or takes it away.
pub(super) fn change(value: &mut Value<'static>, at: u16, other: u16) {
    let count = nodes(value);
    let mut left = usize::from(at) % count.max(1);
    change_node(value, &mut left, other);
}

fn nodes(value: &Value<'_>) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(nodes).sum::<usize>(),
        Value::Object(object) => 1 + object.iter().map(|(_, value)| nodes(value)).sum::<usize>(),
        _ => 1,
    }
}

/// Whether the node was found.
fn change_node(value: &mut Value<'static>, left: &mut usize, other: u16) -> bool {
    if *left == 0 {
        *value = other_value(other);
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(list) => list.iter_mut().any(|value| change_node(value, left, other)),
        Value::Object(object) => {
            let mut is_found = false;
            object.retain(|_, value| {
                if is_found {
                    return true;
                }
                if *left == 0 && other % 4 == 3 {
                    is_found = true;
                    return false;
                }
                is_found = change_node(value, left, other);
                true
            });
            is_found
        }
        _ => false,
    }
}
