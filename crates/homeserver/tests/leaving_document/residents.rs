//! Malicious resident servers: each wrong template, and each worthless answer.

use exeunt_event::json::{Object, Value, parse_any};
use exeunt_homeserver::{Action, Body, Done, Message, Response, Settings};

use crate::house::{House, server, user, versions, with};

/// Bob leaves, and Alice's server answers what `falsify` makes of its answers; `None` is no answer.
fn leave(
    house: &mut House,
    falsify: impl Fn(&str, Response) -> Option<Response>,
) -> (Done, Vec<Message>) {
    leave_with(house, "bob", 1, falsify)
}

/// A user of Bob's server leaves, and a server lies.
fn leave_with(
    house: &mut House,
    name: &str,
    liar: u8,
    falsify: impl Fn(&str, Response) -> Option<Response>,
) -> (Done, Vec<Message>) {
    let (room_id, liar) = (house.room_id.clone(), server(liar));
    let action = house.network.act(&user(name), Action::Leave { room_id, reason: None }).unwrap();
    let mut sent = Vec::new();
    let mut asked = std::collections::BTreeMap::new();
    while let Some(message) = house.network.in_flight().front().cloned() {
        if let Body::Request(request) = &message.body
            && message.from == server(2)
        {
            asked.insert(message.id, request.uri.clone());
        }
        if let (Body::Answer(Some(response)), true, Some(uri)) =
            (&message.body, message.from == liar && message.to == server(2), asked.get(&message.id))
        {
            let body = Body::Answer(falsify(uri, response.clone()));
            house.network.replace(0, Message { body, ..message.clone() }).unwrap();
        }
        if message.from == server(2) {
            sent.push(message);
        }
        house.network.deliver(0).unwrap();
    }
    let done = house.network.outcome(action).unwrap().clone().unwrap();
    house.settle();
    (done, sent)
}

/// What Bob's server sent to `send_leave`.
fn submissions(sent: &[Message]) -> usize {
    let uris = sent.iter().filter_map(|message| match &message.body {
        Body::Request(request) => Some(&request.uri),
        Body::Answer(_) => None,
    });
    uris.filter(|uri| uri.contains("/send_leave/")).count()
}

fn ok(answer: &Object<'_>) -> Response {
    Response { status: 200, body: answer.as_received().into_bytes() }
}

/// The answer to `make_leave`, with another template.
fn falsified(response: &Response, change: &dyn Fn(Object<'static>) -> Object<'static>) -> Response {
    let answer = parse_any(&response.body).unwrap().value.into_owned();
    let answer = answer.as_object().unwrap();
    let template = answer.get("event").unwrap().as_object().unwrap().clone();
    ok(&with(answer, "event", Value::Object(change(template))))
}

/// No leave is made of the template, nothing is signed, and the user sees the leave nevertheless.
fn is_refused(name: &str, change: impl Fn(Object<'static>) -> Object<'static>) {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let (done, sent) = leave(&mut house, |uri, response| {
            assert!(uri.contains("/make_leave/"), "{version} {name}: {uri}");
            Some(falsified(&response, &change))
        });
        assert!(matches!(done, Done::LeftUntold { .. }), "{version} {name}: {done:?}");
        assert_eq!(submissions(&sent), 0, "{version} {name}");
        assert_eq!(house.status("bob"), Some("leave"), "{version} {name}");
        assert_eq!(house.membership(1, "bob").as_deref(), Some("invite"), "{version} {name}");
    }
}

fn text(text: &str) -> Value<'static> {
    Value::from(text.to_owned())
}

#[test]
fn a_template_of_another_room() {
    is_refused("room_id", |event| with(&event, "room_id", text("!other:hs1")));
    is_refused("no room_id", |mut event| {
        event.remove("room_id");
        event
    });
}

#[test]
fn a_template_of_another_sender() {
    for sender in ["@alice:hs1", "@bert:hs2", "bob", ""] {
        is_refused("sender", |event| with(&event, "sender", text(sender)));
    }
    is_refused("sender", |event| with(&event, "sender", Value::Null));
}

#[test]
fn a_template_of_another_state_key() {
    for state_key in ["@alice:hs1", "@bert:hs2", ""] {
        is_refused("state_key", |event| with(&event, "state_key", text(state_key)));
    }
    is_refused("no state_key", |mut event| {
        event.remove("state_key");
        event
    });
}

#[test]
fn a_template_of_another_type() {
    for kind in ["m.room.power_levels", "m.room.message", "M.ROOM.MEMBER", ""] {
        is_refused("type", |event| with(&event, "type", text(kind)));
    }
}

#[test]
fn a_template_of_another_membership() {
    for membership in ["join", "invite", "knock", "ban", "Leave", ""] {
        let content = || Object::from_iter([("membership", membership.to_owned())]);
        is_refused("membership", |event| with(&event, "content", content().into()));
    }
    is_refused("no membership", |event| with(&event, "content", Object::new().into()));
    is_refused("content", |event| with(&event, "content", Value::Null));
}

#[test]
fn a_template_that_makes_no_event() {
    is_refused("prev_events", |event| with(&event, "prev_events", Value::Integer(1)));
    is_refused("auth_events", |event| with(&event, "auth_events", text("all")));
    is_refused("depth", |event| with(&event, "depth", text("deep")));
    is_refused("size", |event| with(&event, "padding", text(&"x".repeat(65_536))));
}

#[test]
fn a_template_of_an_unknown_room_version() {
    for room_version in [text("0"), text("org.example"), text(""), Value::Integer(11), Value::Null]
    {
        for version in versions() {
            let mut house = House::new(&version, Settings::default());
            let (done, sent) = leave(&mut house, |_, response| {
                let answer = parse_any(&response.body).unwrap().value.into_owned();
                Some(ok(&with(answer.as_object().unwrap(), "room_version", room_version.clone())))
            });
            assert!(matches!(done, Done::LeftUntold { .. }), "{version}: {done:?}");
            assert_eq!(submissions(&sent), 0, "{version}");
            assert_eq!(house.status("bob"), Some("leave"), "{version}");
        }
    }
}

/// What the server that asks has to say itself is not taken from the template.
#[test]
fn a_template_with_signatures_hashes_and_a_time_of_its_own() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let (done, sent) = leave(&mut house, |uri, response| {
            if !uri.contains("/make_leave/") {
                return Some(response);
            }
            Some(falsified(&response, &|event| {
                let signatures = r#"{"hs1": {"ed25519:1": "AAAA"}, "hs2": {"ed25519:1": "AAAA"}}"#;
                let event = with(&event, "signatures", crate::house::json(signatures).into());
                let event = with(&event, "hashes", Object::new().into());
                let event = with(&event, "event_id", text("$mine:hs1"));
                let event = with(&event, "unsigned", crate::house::json(r#"{"age": 1}"#).into());
                with(&event, "origin_server_ts", Value::Integer(1))
            }))
        });
        assert!(matches!(done, Done::Sent { .. }), "{version}: {done:?}");
        let Body::Request(request) = &sent.last().unwrap().body else { panic!("{version}") };
        let body = parse_any(request.body.as_deref().unwrap()).unwrap().value;
        let body = body.as_object().unwrap();
        assert!(body.get("unsigned").is_none(), "{version}");
        assert_ne!(body.get("origin_server_ts").unwrap().as_integer(), Some(1), "{version}");
        assert_ne!(body.get("event_id").and_then(Value::as_str), Some("$mine:hs1"), "{version}");
        let signatures = body.get("signatures").unwrap().as_object().unwrap();
        assert!(signatures.get("hs1").is_none(), "{version}");
        assert_eq!(house.membership(3, "bob").as_deref(), Some("leave"), "{version}");
    }
}

/// The answers to one endpoint that are worth nothing: the user sees the leave with each of them.
fn worthless(endpoint: &str, answers: &[Option<(u16, &str)>]) {
    for version in versions() {
        for answer in answers {
            let mut house = House::new(&version, Settings::default());
            let (done, _) = leave(&mut house, |uri, response| {
                if !uri.contains(endpoint) {
                    return Some(response);
                }
                let (status, body) = (*answer)?;
                Some(Response { status, body: body.as_bytes().to_vec() })
            });
            assert!(matches!(done, Done::LeftUntold { .. }), "{version} {answer:?}: {done:?}");
            assert_eq!(house.status("bob"), Some("leave"), "{version} {answer:?}");
            assert_eq!(house.network.server(&server(2)).unwrap().awaits(), 0, "{version}");
        }
    }
}

const REFUSALS: [Option<(u16, &str)>; 9] = [
    None,
    Some((403, r#"{"errcode": "M_FORBIDDEN", "error": "no"}"#)),
    Some((404, r#"{"errcode": "M_UNRECOGNIZED", "error": "no"}"#)),
    Some((429, r#"{"errcode": "M_LIMIT_EXCEEDED", "error": "no"}"#)),
    Some((500, "")),
    Some((502, "<html></html>")),
    Some((302, "{}")),
    Some((0, "{}")),
    Some((600, "{}")),
];

#[test]
fn a_resident_server_that_refuses_a_template_or_is_not_reached() {
    worthless("/make_leave/", &REFUSALS);
}

#[test]
fn a_resident_server_that_refuses_the_leave_or_is_not_reached() {
    worthless("/send_leave/", &REFUSALS);
}

#[test]
fn a_resident_server_that_answers_without_a_template() {
    worthless(
        "/make_leave/",
        &[
            Some((200, "")),
            Some((200, "no")),
            Some((200, "{}")),
            Some((200, "[]")),
            Some((200, "null")),
            Some((200, r#"{"event": null, "room_version": "11"}"#)),
            Some((200, r#"{"event": [], "room_version": "11"}"#)),
            Some((200, r#"{"event": {}, "room_version": "11"}"#)),
            Some((200, r#"[200, {"event": {}, "room_version": "11"}]"#)),
            Some((200, "{\"event\": \u{1}")),
        ],
    );
}

/// The answer has nothing to say beyond its status, and so nothing that could be worthless.
#[test]
fn a_resident_server_that_takes_the_leave_and_says_more_than_nothing() {
    for version in versions() {
        for said in ["", "no", "[200, {}]", r#"{"event": {"type": "m.room.member"}}"#] {
            let mut house = House::new(&version, Settings::default());
            let (done, _) = leave(&mut house, |uri, response| {
                let body = said.as_bytes().to_vec();
                let is_last = uri.contains("/send_leave/");
                Some(if is_last { Response { body, ..response } } else { response })
            });
            assert!(matches!(done, Done::Sent { .. }), "{version} {said:?}");
            assert_eq!(house.status("bob"), Some("leave"), "{version} {said:?}");
        }
    }
}

/// A server that says that it took the leave, and did not, keeps others in the dark, but not the
/// user.
#[test]
fn a_resident_server_that_keeps_the_leave_to_itself() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let room_id = house.room_id.clone();
        house.network.act(&user("bob"), Action::Leave { room_id, reason: None }).unwrap();
        house.network.deliver(0).unwrap();
        house.network.deliver(0).unwrap();
        let submission = house.network.lose(0).unwrap();
        assert_eq!(submission.to, server(1));
        let message = house.network.in_flight()[0].clone();
        let body = Body::Answer(Some(Response { status: 200, body: b"{}".to_vec() }));
        house.network.replace(0, Message { body, ..message }).unwrap();
        house.settle();
        assert_eq!(house.status("bob"), Some("leave"), "{version}");
        assert_eq!(house.membership(1, "bob").as_deref(), Some("invite"), "{version}");
    }
}

/// Bert is invited by Carol to Alice's room, and Carol's server is asked first.
fn the_next_server_is_asked(name: &str, falsify: impl Fn(&str, Response) -> Option<Response>) {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let (room_id, target) = (house.room_id.clone(), user("bert"));
        house.act("carol", Action::Invite { room_id, target, reason: None }).unwrap();
        let (done, sent) = leave_with(&mut house, "bert", 3, &falsify);
        assert!(matches!(done, Done::Sent { .. }), "{version} {name}: {done:?}");
        let mut asked: Vec<_> = sent.iter().map(|message| message.to.as_str()).collect();
        asked.dedup();
        assert_eq!(asked, ["hs3", "hs1"], "{version} {name}");
        for at in [1, 3] {
            let membership = house.membership(at, "bert");
            assert_eq!(membership.as_deref(), Some("leave"), "{version} {name}");
        }
    }
}

#[test]
fn after_a_wrong_template_the_next_resident_server_is_asked() {
    for (field, value) in [
        ("room_id", "!other:hs1"),
        ("sender", "@carol:hs3"),
        ("state_key", "@carol:hs3"),
        ("type", "m.room.power_levels"),
        ("content", "leave"),
    ] {
        the_next_server_is_asked(field, |_, response| {
            Some(falsified(&response, &|event| with(&event, field, text(value))))
        });
    }
}

#[test]
fn after_a_worthless_answer_the_next_resident_server_is_asked() {
    for status in [None, Some(200), Some(403), Some(404), Some(500)] {
        the_next_server_is_asked("worthless", |_, _| {
            Some(Response { status: status?, body: b"{}".to_vec() })
        });
    }
}

/// The user's server cannot know better; the room does, and the next server says that the user is
/// not in it any more.
#[test]
fn a_resident_server_that_takes_the_leave_and_denies_it() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let (room_id, target) = (house.room_id.clone(), user("bert"));
        house.act("carol", Action::Invite { room_id, target, reason: None }).unwrap();
        let (done, _) = leave_with(&mut house, "bert", 3, |uri, response| {
            let status = if uri.contains("/send_leave/") { 500 } else { 200 };
            Some(Response { status, ..response })
        });
        let Done::LeftUntold { tried, .. } = done else { panic!("{version}: {done:?}") };
        let asked: Vec<_> = tried.iter().map(|(server, _)| server.as_str()).collect();
        assert_eq!(asked, ["hs3", "hs1"], "{version}");
        assert_eq!(house.status("bert"), Some("leave"), "{version}");
        assert_eq!(house.membership(1, "bert").as_deref(), Some("leave"), "{version}");
    }
}
