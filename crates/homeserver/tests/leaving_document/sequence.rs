//! The handshake's five steps, in order.

use exeunt_event::json::{Object, Value, parse_any};
use exeunt_event::{Event, RoomId};
use exeunt_homeserver::{Action, Body, Message, Request, Settings};

use crate::house::{House, make_leave_uri, send_leave_uri, server, user, versions};

fn request(message: &Message) -> &Request {
    let Body::Request(request) = &message.body else { panic!("{message:?}") };
    request
}

fn object(bytes: &[u8]) -> Object<'static> {
    parse_any(bytes).unwrap().value.as_object().unwrap().clone().into_owned()
}

#[test]
fn the_five_steps_of_the_handshake_in_order() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let room_id: RoomId = house.room_id.clone();
        let action = house.network.act(
            &user("bob"),
            Action::Leave { room_id: room_id.clone(), reason: Some("no time".to_owned()) },
        );

        // 1: Bob's server asks a resident server for a template, and for nothing else.
        assert_eq!(house.network.in_flight().len(), 1);
        let asked = house.network.deliver(0).unwrap();
        assert_eq!((&asked.from, &asked.to), (&server(2), &server(1)), "{version}");
        assert_eq!(request(&asked).method, "GET");
        let path = request(&asked).uri.clone();
        assert_eq!(decoded(&path), decoded(&make_leave_uri(room_id.as_str(), "@bob:hs2")));

        // 2: the template is unsigned, and the room does not know of it.
        let before = house.fingerprint(1);
        let answer = house.network.deliver(0).unwrap();
        let Body::Answer(Some(answer)) = answer.body else { panic!("{version}") };
        assert_eq!(answer.status, 200, "{version}");
        let answer = object(&answer.body);
        assert_eq!(answer.get("room_version").unwrap().as_str(), Some(version.id()));
        let template = answer.get("event").unwrap().as_object().unwrap();
        assert!(template.get("signatures").is_none() && template.get("hashes").is_none());
        let text = |name: &str| template.get(name).and_then(Value::as_str);
        assert_eq!(text("sender"), Some("@bob:hs2"), "{version}");
        assert_eq!(text("state_key"), Some("@bob:hs2"), "{version}");
        assert_eq!(text("type"), Some("m.room.member"), "{version}");
        assert_eq!(text("room_id"), Some(room_id.as_str()), "{version}");
        assert_eq!(text("origin"), Some("hs1"), "{version}");
        assert!(template.get("origin_server_ts").unwrap().as_integer().is_some(), "{version}");
        assert_eq!(house.fingerprint(1), before, "{version}");

        // 3 and 4: signed, and sent by the event's own ID.
        assert_eq!(house.network.in_flight().len(), 1);
        let sent = house.network.in_flight()[0].clone();
        assert_eq!((&sent.from, &sent.to), (&server(2), &server(1)), "{version}");
        assert_eq!(request(&sent).method, "PUT");
        let body = object(request(&sent).body.as_deref().unwrap());
        let event = Event::from_object(&body, &version).unwrap();
        let path = send_leave_uri("v2", room_id.as_str(), event.event_id().as_str());
        assert_eq!(decoded(&request(&sent).uri), decoded(&path), "{version}");
        let signatures = body.get("signatures").unwrap().as_object().unwrap();
        assert!(signatures.get("hs2").is_some() && signatures.len() == 1, "{version}");
        assert_eq!(body.get("origin").and_then(Value::as_str), Some("hs2"), "{version}");
        let content = body.get("content").unwrap().as_object().unwrap();
        assert_eq!(content.get("reason").and_then(Value::as_str), Some("no time"), "{version}");
        assert_eq!(house.status("bob"), Some("invite"), "{version}");
        house.network.deliver(0).unwrap();

        // 5: it is in the graph, Bob's server is told with an empty object, and so is Carol's.
        assert_eq!(house.membership(1, "bob").as_deref(), Some("leave"), "{version}");
        assert_eq!(house.membership(3, "bob").as_deref(), Some("invite"), "{version}");
        let mut to: Vec<_> = house.network.in_flight().iter().map(|it| it.to.as_str()).collect();
        to.sort_unstable();
        assert_eq!(to, ["hs2", "hs3"], "{version}");
        for message in house.network.in_flight() {
            match &message.body {
                Body::Answer(Some(answer)) => assert_eq!(answer.body, b"{}", "{version}"),
                Body::Request(request) => {
                    assert!(request.uri.contains("/v1/send/"), "{version}");
                    assert_eq!(message.to, server(3), "{version}");
                }
                Body::Answer(None) => panic!("{version}"),
            }
        }
        house.settle();
        assert_eq!(house.membership(3, "bob").as_deref(), Some("leave"), "{version}");
        assert_eq!(house.status("bob"), Some("leave"), "{version}");
        assert!(house.network.outcome(action.unwrap()).unwrap().is_ok(), "{version}");
    }
}

/// Two encodings of one path need not be the same bytes.
fn decoded(uri: &str) -> String {
    let mut parts = uri.split('%');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).unwrap()
}
