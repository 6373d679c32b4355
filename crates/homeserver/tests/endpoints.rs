//! Endpoints and methods: which there are, and what a request has to say.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#unsupported-endpoints>

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use exeunt_event::{EventId, RoomId, UserId};
use exeunt_homeserver::{
    Endpoint, Features, Form, Handshake, Refusal, Request, Response, Specification,
};
use exeunt_regressions::proptest::prelude::*;

fn features(release: &str) -> Features {
    release.parse::<Specification>().unwrap().features()
}

fn latest() -> Features {
    Specification::LATEST.features()
}

fn request(method: &str, uri: &str) -> Request {
    let (authorization, body) = (Vec::new(), None);
    Request { method: method.to_owned(), uri: uri.to_owned(), authorization, body }
}

/// What a request below `/_matrix/federation/` is for.
fn of(method: &str, path: &str, features: Features) -> Result<Endpoint, Refusal> {
    Endpoint::of(&request(method, &format!("/_matrix/federation/{path}")), features)
}

fn room() -> RoomId {
    RoomId::parse("!r:h").unwrap()
}

fn user() -> UserId {
    UserId::parse("@u:h").unwrap()
}

fn event(id: &str) -> EventId {
    EventId::from_received(id)
}

fn make(handshake: Handshake, versions: Option<&[&str]>) -> Endpoint {
    let versions = versions.map(|all| all.iter().map(|&one| one.to_owned()).collect());
    Endpoint::Make { handshake, room_id: room(), user_id: user(), versions }
}

fn send(handshake: Handshake, form: Form, omit_members: bool) -> Endpoint {
    Endpoint::Send { handshake, form, room_id: room(), event_id: event("$e"), omit_members }
}

/// Every endpoint, with its method; those that v1.18 removed last.
fn endpoints() -> Vec<(&'static str, &'static str, Endpoint)> {
    let (room_id, event_id) = (room(), event("$e"));
    let state = |ids| Endpoint::State { room_id: room(), event_id: event("$e"), ids };
    let invite = |form| Endpoint::Invite { form, room_id: room(), event_id: event("$e") };
    let from = vec![event("$e"), event("$f")];
    vec![
        ("GET", "v1/make_leave/!r:h/@u:h", make(Handshake::Leave, None)),
        ("GET", "v1/make_join/!r:h/@u:h", make(Handshake::Join, None)),
        (
            "GET",
            "v1/make_join/!r:h/@u:h?ver=1&ver=org.x",
            make(Handshake::Join, Some(&["1", "org.x"])),
        ),
        ("GET", "v1/make_knock/!r:h/@u:h?ver=11", make(Handshake::Knock, Some(&["11"]))),
        ("PUT", "v2/send_leave/!r:h/$e", send(Handshake::Leave, Form::V2, false)),
        ("PUT", "v2/send_join/!r:h/$e", send(Handshake::Join, Form::V2, false)),
        ("PUT", "v2/send_join/!r:h/$e?omit_members=true", send(Handshake::Join, Form::V2, true)),
        ("PUT", "v2/send_join/!r:h/$e?omit_members=false", send(Handshake::Join, Form::V2, false)),
        ("PUT", "v1/send_knock/!r:h/$e", send(Handshake::Knock, Form::V2, false)),
        ("PUT", "v1/invite/!r:h/$e", invite(Form::V1)),
        ("PUT", "v2/invite/!r:h/$e", invite(Form::V2)),
        ("PUT", "v1/send/a%2Fb", Endpoint::Transaction { transaction_id: "a/b".to_owned() }),
        ("GET", "v1/event/$e", Endpoint::Event { event_id: event("$e") }),
        ("GET", "v1/event_auth/!r:h/$e", Endpoint::EventAuth { room_id, event_id }),
        ("GET", "v1/state/!r:h?event_id=$e", state(false)),
        ("GET", "v1/state_ids/!r:h?event_id=$e", state(true)),
        (
            "GET",
            "v1/backfill/!r:h?v=$e&limit=7&v=$f",
            Endpoint::Backfill { room_id: room(), from, limit: 7 },
        ),
        ("POST", "v1/get_missing_events/!r:h", Endpoint::MissingEvents { room_id: room() }),
        ("PUT", "v1/send_leave/!r:h/$e", send(Handshake::Leave, Form::V1, false)),
        ("PUT", "v1/send_join/!r:h/$e", send(Handshake::Join, Form::V1, false)),
    ]
}

#[test]
fn every_endpoint_is_found() {
    for (method, path, expected) in endpoints() {
        assert_eq!(of(method, path, features("v1.17")), Ok(expected), "{method} {path}");
    }
}

#[test]
fn another_method_of_an_endpoint_is_405() {
    for (known, path, _) in endpoints() {
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "get", "Put", ""] {
            if method != known {
                let refusal = of(method, path, features("v1.17")).unwrap_err();
                assert_eq!(refusal, Refusal::UnknownMethod, "{method} {path}");
            }
        }
    }
}

/// Whatever else is wrong with the request.
#[test]
fn another_method_is_refused_before_the_parameters() {
    for path in ["v1/make_join/!r:h/nobody", "v1/state/!r:h", "v1/backfill/!r:h?%", "v1/event/$e?%"]
    {
        assert_eq!(of("PUT", path, latest()), Err(Refusal::UnknownMethod), "{path}");
    }
}

#[test]
fn anything_else_is_404() {
    for uri in [
        "",
        "/",
        "/_matrix",
        "/_matrix/federation",
        "/_matrix/federation/v1",
        "/_matrix/federation/v1/",
        "/_matrix/client/v1/make_leave/!r:h/@u:h",
        "/matrix/federation/v1/make_leave/!r:h/@u:h",
        "_matrix/federation/v1/make_leave/!r:h/@u:h",
        "//_matrix/federation/v1/make_leave/!r:h/@u:h",
        "https://one.example/_matrix/federation/v1/make_leave/!r:h/@u:h",
        "/_matrix/federation/v1/make_leave/!r:h",
        "/_matrix/federation/v1/make_leave/!r:h/@u:h/",
        "/_matrix/federation/v1/make_leave/!r:h/@u:h/x",
        "/_matrix/federation/v2/make_leave/!r:h/@u:h",
        "/_matrix/federation/v3/send_leave/!r:h/$e",
        "/_matrix/federation/V2/send_leave/!r:h/$e",
        "/_matrix/federation/v2/Send_leave/!r:h/$e",
        "/_matrix/federation/v2/send_knock/!r:h/$e",
        "/_matrix/federation/v2/send/1",
        "/_matrix/federation/unstable/send_knock/!r:h/$e",
        "/_matrix/federation/v1/make_leave/!r:h/%ff",
        "/_matrix/federation/v1/make_leave/!r:h/%4",
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let refusal = Endpoint::of(&request(method, uri), latest());
            assert_eq!(refusal, Err(Refusal::UnknownEndpoint), "{method} {uri}");
        }
    }
}

#[test]
fn both_are_unrecognized() {
    for (refusal, status) in [(Refusal::UnknownEndpoint, 404), (Refusal::UnknownMethod, 405)] {
        let response = Response::from(refusal);
        assert_eq!(response.status, status);
        assert_eq!(response.errcode().as_deref(), Some("M_UNRECOGNIZED"));
    }
}

/// MSC4376: from then on they are endpoints as unknown as any, with every method.
#[test]
fn v1_18_removes_send_leave_and_send_join_of_v1() {
    for release in Specification::all() {
        let is_there = release < "v1.18".parse().unwrap();
        for name in ["send_leave", "send_join"] {
            let path = format!("v1/{name}/!r:h/$e");
            let put = of("PUT", &path, release.features()).err();
            let get = of("GET", &path, release.features()).err();
            let expected = if is_there {
                (None, Some(Refusal::UnknownMethod))
            } else {
                (Some(Refusal::UnknownEndpoint), Some(Refusal::UnknownEndpoint))
            };
            assert_eq!((put, get), expected, "{release} {name}");
            assert!(of("PUT", &path.replace("v1", "v2"), release.features()).is_ok(), "{release}");
        }
        for path in ["v1/send_knock/!r:h/$e", "v1/invite/!r:h/$e"] {
            assert!(of("PUT", path, release.features()).is_ok(), "{release} {path}");
        }
    }
}

#[test]
fn omit_members_is_of_send_join_v2_from_v1_6_on() {
    let path = "v2/send_join/!r:h/$e?omit_members=true";
    for release in Specification::all() {
        let omits = release >= "v1.6".parse().unwrap();
        let expected = send(Handshake::Join, Form::V2, omits);
        assert_eq!(of("PUT", path, release.features()), Ok(expected), "{release}");
    }
    let refusal = of("PUT", "v2/send_join/!r:h/$e?omit_members=maybe", latest()).unwrap_err();
    assert_eq!((refusal.status(), refusal.errcode()), (400, "M_INVALID_PARAM"));
    // Elsewhere it is unknown, whatever it says.
    for path in ["v2/send_leave/!r:h/$e", "v1/send_join/!r:h/$e", "v1/send_knock/!r:h/$e"] {
        for value in ["true", "maybe"] {
            let path = format!("{path}?omit_members={value}");
            let found = of("PUT", &path, features("v1.17")).unwrap();
            assert!(matches!(found, Endpoint::Send { omit_members: false, .. }), "{path}");
        }
    }
}

#[test]
fn missing_parameters_are_named() {
    for (path, name) in [
        ("v1/make_knock/!r:h/@u:h", "ver"),
        ("v1/state/!r:h", "event_id"),
        ("v1/state_ids/!r:h?event=$e", "event_id"),
        ("v1/backfill/!r:h?v=$e", "limit"),
        ("v1/backfill/!r:h?limit=1", "v"),
    ] {
        let refusal = of("GET", path, latest()).unwrap_err();
        assert_eq!(refusal, Refusal::MissingParam(name), "{path}");
        assert_eq!((refusal.status(), refusal.errcode()), (400, "M_MISSING_PARAM"));
    }
}

#[test]
fn wrong_parameters_are_refused() {
    for path in [
        "v1/make_leave/!r:h/eve",
        "v1/make_leave/!r:h/@eve",
        "v1/make_leave/!r:h/",
        "v1/make_join/!r:h/@u:a%20b",
        "v1/backfill/!r:h?v=$e&limit=",
        "v1/backfill/!r:h?v=$e&limit=-1",
        "v1/backfill/!r:h?v=$e&limit=1.5",
        "v1/backfill/!r:h?v=$e&limit=99999999999999999999999",
        // The endpoint is known, and its query is not UTF-8 or has half an escape.
        "v1/event/$e?x=%ff",
        "v1/state/!r:h?event_id=%4",
    ] {
        let refusal = of("GET", path, latest()).unwrap_err();
        assert_eq!((refusal.status(), refusal.errcode()), (400, "M_INVALID_PARAM"), "{path}");
    }
}

/// A room or event that there cannot be is one that is not known.
#[test]
fn any_text_names_a_room_or_an_event() {
    for (path, expected) in [("v1/make_leave/foo/@u:h", "foo"), ("v1/make_leave//@u:h", "")] {
        let found = of("GET", path, latest()).unwrap();
        assert_eq!(found.room_id().map(RoomId::as_str), Some(expected));
    }
}

#[test]
fn paths_and_queries_are_decoded_once() {
    let found = of("PUT", "v2/send%5Fleave/%21r%3ah/%24e", latest());
    assert_eq!(found, Ok(send(Handshake::Leave, Form::V2, false)));
    let found = of("GET", "v1/event/%2524e%2F+", latest());
    assert_eq!(found, Ok(Endpoint::Event { event_id: event("%24e/+") }));
    // In a query a plus is a space.
    let Ok(Endpoint::State { event_id, .. }) = of("GET", "v1/state/!r:h?event_id=a+b%2B", latest())
    else {
        unreachable!("the endpoint is there");
    };
    assert_eq!(event_id.as_str(), "a b+");
}

/// Every byte as an escape.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        write!(escaped, "%{byte:02x}").unwrap();
        escaped
    })
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn escaped_names_come_back(room: String, id: String, localpart in "[^:\0]{0,8}") {
        let user = format!("@{localpart}:h");
        let path = format!("v1/make_leave/{}/{}", escaped(&room), escaped(&user));
        let Ok(Endpoint::Make { room_id, user_id, .. }) = of("GET", &path, latest()) else {
            return Err(TestCaseError::fail(path));
        };
        prop_assert_eq!((room_id.as_str(), user_id.as_str()), (room.as_str(), user.as_str()));
        let path = format!("v1/state/{}?x&event_id={}", escaped(&room), escaped(&id));
        let Ok(Endpoint::State { room_id, event_id, .. }) = of("GET", &path, latest()) else {
            return Err(TestCaseError::fail(path));
        };
        prop_assert_eq!((room_id.as_str(), event_id.as_str()), (room.as_str(), id.as_str()));
    }

    #[test]
    fn no_request_panics(
        method in prop_oneof!["(GET|PUT|POST)", any::<String>()],
        pieces in prop::collection::vec(prop_oneof![
            "(/|v1|v2|make_leave|send_join|state|backfill|event|send|\\?|&|=|%|%2|%ff|limit=|v=|ver)",
            any::<String>(),
        ], 0..8),
        anywhere: bool,
    ) {
        let rest = pieces.concat();
        let uri = if anywhere { rest } else { format!("/_matrix/federation/v1/{rest}") };
        for release in ["v1.1", "v1.19"] {
            if let Err(refusal) = Endpoint::of(&request(&method, &uri), features(release)) {
                prop_assert!(matches!(refusal.status(), 400 | 404 | 405));
            }
        }
    }
}
