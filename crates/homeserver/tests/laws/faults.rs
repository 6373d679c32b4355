//! Falsified messages, and messages of strangers.

use exeunt_homeserver::{Request, Response};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What is done to a message.
#[derive(Clone, Debug)]
pub(crate) enum Lie {
    /// Another status; of a request, another method.
    Status(u16),
    /// Bytes in place of the body.
    Body(Vec<u8>),
    /// A node of the body's JSON has another value, or is gone. Of a request, the server's own
    /// signature is over that if `resigned`.
    Node { at: u16, value: u8, resigned: bool },
    /// Another path: a segment is replaced by another or changed.
    Path { at: u8, other: u8, resigned: bool },
    /// Another header.
    Header(String),
    /// The next template that a server gives says something else.
    Claim { field: u8, value: u8 },
}

/// A request of anybody.
#[derive(Clone, Debug)]
pub(crate) struct Bytes {
    pub(crate) method: String,
    pub(crate) uri: String,
    pub(crate) headers: Vec<String>,
    pub(crate) body: Option<Vec<u8>>,
    /// Whether the server from which it comes signs it, if it can.
    pub(crate) is_signed: bool,
}

pub(crate) fn lies() -> impl Strategy<Value = Lie> {
    prop_oneof![
        2 => prop_oneof![Just(403), Just(404), Just(500), Just(400), any::<u16>()].prop_map(Lie::Status),
        1 => bodies().prop_map(Lie::Body),
        6 => (any::<u16>(), any::<u8>(), any::<bool>())
            .prop_map(|(at, value, resigned)| Lie::Node { at, value, resigned }),
        2 => (any::<u8>(), any::<u8>(), any::<bool>())
            .prop_map(|(at, other, resigned)| Lie::Path { at, other, resigned }),
        1 => headers().prop_map(Lie::Header),
        4 => (any::<u8>(), any::<u8>()).prop_map(|(field, value)| Lie::Claim { field, value }),
    ]
}

fn headers() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("X-Matrix ".to_owned()),
        ".*",
        r#"X-Matrix (origin|key|sig|destination)=[a-z"\\,:= ]{0,12}(,(origin|sig|key)="[ -~]{0,9}"?){0,3}"#,
        Just(r#"X-Matrix origin="hs1",destination="hs2",key="ed25519:1",sig="AAAA""#.to_owned()),
    ]
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        Just(b"{}".to_vec()),
        Just(b"[]".to_vec()),
        Just(b"[200, {}]".to_vec()),
        any::<u8>().prop_map(|at| serde_json::to_vec(&other_value(at)).unwrap()),
        (1..2_000_usize).prop_map(|depth| "[".repeat(depth).into_bytes()),
        r#"\{("pdus"|"event"|"edus"|"room_version"|"state"|"auth_chain"): ?(\[\{\}\]|\[[0-9]{1,30}\]|"11"|1e999|null)(, "pdus": \[("x"|\{"room_id": "!room:hs1"\})\])?\}"#
            .prop_map(String::into_bytes),
    ]
}

pub(crate) fn wild() -> impl Strategy<Value = Bytes> {
    let method =
        prop_oneof![Just("GET"), Just("PUT"), Just("POST"), Just("DELETE"), Just("get"), Just("")];
    let room = prop_oneof![
        Just("!room:hs1"),
        Just("%21room%3Ahs1"),
        Just("!x:hs1"),
        Just("%ff"),
        Just("")
    ];
    let last = prop_oneof![
        Just("@a:evil".to_owned()),
        Just("@a:hs1".to_owned()),
        Just("%40a%3Ahs2".to_owned()),
        Just("$event".to_owned()),
        ".{0,6}",
    ];
    let name = prop_oneof![
        Just("make_leave"),
        Just("make_join"),
        Just("make_knock"),
        Just("send_leave"),
        Just("send_join"),
        Just("send_knock"),
        Just("invite"),
        Just("send"),
        Just("event"),
        Just("event_auth"),
        Just("state"),
        Just("state_ids"),
        Just("backfill"),
        Just("get_missing_events"),
        Just("query"),
    ];
    let query = prop_oneof![
        Just(String::new()),
        Just("?ver=1&ver=11".to_owned()),
        Just("?v=$a&limit=18446744073709551615".to_owned()),
        Just("?event_id=$a".to_owned()),
        Just("?omit_members=true".to_owned()),
        r"\?[a-z=&%0-9]{0,12}",
    ];
    let uri = prop_oneof![
        8 => ("v[12]", name, room, last, query).prop_map(|(form, name, room, last, query)| {
            format!("/_matrix/federation/{form}/{name}/{room}/{last}{query}")
        }),
        1 => ".{0,30}",
        1 => "/_matrix/federation/v[123](/[a-z_]{1,9}){0,4}",
    ];
    let headers = proptest::collection::vec(headers(), 0..3);
    let body = proptest::option::of(bodies());
    (method, uri, headers, body, any::<bool>()).prop_map(
        |(method, uri, headers, body, is_signed)| Bytes {
            method: method.to_owned(),
            uri,
            headers,
            body,
            is_signed,
        },
    )
}

/// Values that stand where others should.
fn other_value(at: u8) -> Value {
    let values = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(9_007_199_254_740_991_i64),
        json!(9_007_199_254_740_992_i64),
        json!(1.5),
        json!(""),
        json!("x"),
        json!("@a:hs1"),
        json!("@b:hs2"),
        json!("@a:evil"),
        json!("!room:hs1"),
        json!("!other:hs2"),
        json!("leave"),
        json!("join"),
        json!("invite"),
        json!("knock"),
        json!("ban"),
        json!("m.room.member"),
        json!("m.room.create"),
        json!("m.room.power_levels"),
        json!("1"),
        json!("11"),
        json!("12"),
        json!("x".repeat(70_000)),
        json!([]),
        json!({}),
        json!([[], {}]),
        json!({"membership": "leave"}),
        json!({"hs1": {"ed25519:1": "AAAA"}}),
        json!(["$nothing"]),
    ];
    values[usize::from(at) % values.len()].clone()
}

/// Puts another value in the place of the `at`-th node, or takes it away.
pub(crate) fn change(value: &mut Value, at: u16, other: u8) {
    let count = nodes(value);
    let mut left = usize::from(at) % count.max(1);
    change_node(value, &mut left, other);
}

fn nodes(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(nodes).sum::<usize>(),
        Value::Object(object) => 1 + object.values().map(nodes).sum::<usize>(),
        _ => 1,
    }
}

/// Whether the node was found.
fn change_node(value: &mut Value, left: &mut usize, other: u8) -> bool {
    if *left == 0 {
        *value = other_value(other);
        return true;
    }
    *left -= 1;
    match value {
        Value::Array(list) => list.iter_mut().any(|value| change_node(value, left, other)),
        Value::Object(object) => {
            let keys: Vec<_> = object.keys().cloned().collect();
            for key in keys {
                if *left == 0 && other % 4 == 3 {
                    object.remove(&key);
                    return true;
                }
                if change_node(&mut object[&key], left, other) {
                    return true;
                }
            }
            false
        }
        _ => false,
    }
}

fn changed(body: &[u8], at: u16, other: u8) -> Vec<u8> {
    match serde_json::from_slice(body) {
        Ok(mut value) => {
            change(&mut value, at, other);
            serde_json::to_vec(&value).unwrap()
        }
        Err(_) => b"{".to_vec(),
    }
}

/// A lie about an answer.
pub(crate) fn false_answer(response: &Response, lie: &Lie) -> Option<Response> {
    let mut response = response.clone();
    match lie {
        Lie::Status(status) => response.status = *status,
        Lie::Body(body) => response.body.clone_from(body),
        Lie::Node { at, value, .. } => response.body = changed(&response.body, *at, *value),
        Lie::Path { .. } => response.status = 200,
        Lie::Header(_) | Lie::Claim { .. } => return None,
    }
    Some(response)
}

/// A lie about a request, and whether its sender signs it.
pub(crate) fn false_request(request: &Request, lie: &Lie) -> (Request, bool) {
    let mut request = request.clone();
    let mut is_signed = false;
    match lie {
        Lie::Status(status) => {
            let methods = ["GET", "PUT", "POST", "PATCH"];
            methods[usize::from(*status) % methods.len()].clone_into(&mut request.method);
        }
        Lie::Body(body) => request.body = Some(body.clone()),
        Lie::Node { at, value, resigned } => {
            request.body = request.body.map(|body| changed(&body, *at, *value));
            is_signed = *resigned;
        }
        Lie::Path { at, other, resigned } => {
            let mut segments: Vec<String> = request.uri.split('/').map(ToOwned::to_owned).collect();
            let at = usize::from(*at) % segments.len();
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
            others[usize::from(*other) % others.len()].clone_into(&mut segments[at]);
            request.uri = segments.join("/");
            is_signed = *resigned;
        }
        Lie::Header(header) => request.authorization = vec![header.clone()],
        Lie::Claim { .. } => {}
    }
    (request, is_signed)
}

/// An answer with a template that claims something else, if it has a template.
pub(crate) fn false_template(response: &Response, field: u8, value: u8) -> Option<Response> {
    let mut answer: Value = serde_json::from_slice(&response.body).ok()?;
    let event = answer.get_mut("event")?.as_object_mut()?;
    if event.contains_key("signatures") || !event.contains_key("sender") {
        return None;
    }
    let users = ["@a:hs1", "@b:hs1", "@a:hs2", "@b:hs3"];
    let user = json!(users[usize::from(value) % users.len()]);
    let memberships = ["join", "leave", "invite", "knock", "ban"];
    let membership = memberships[usize::from(value) % memberships.len()];
    match field % 5 {
        0 => event.insert("sender".to_owned(), user),
        1 => event.insert("state_key".to_owned(), user),
        2 => event.insert("type".to_owned(), json!("m.room.topic")),
        3 => event.insert("content".to_owned(), json!({"membership": membership})),
        _ => event.insert("room_id".to_owned(), json!("!r1:hs1")),
    };
    Some(Response { status: 200, body: serde_json::to_vec(&answer).unwrap() })
}
