//! `make_join` and `send_join`.

use exeunt_event::RoomId;
use exeunt_event::json::Object;

use crate::case::{Case, case};
use crate::house::{ALICE, Answer, EVE, HS2, HS3, MALLORY, Scene, key, object, signed, uri};
use crate::texts;

const V2: &str = "v2/send_join";

const NAMED: &str = "The text names the code, though as what should be; Synapse has the one for \
                     malformed JSON.";
const NAMED_NOT_FORBIDDEN: &str = "The text names the code, though as what should be; Synapse takes \
                                   the event for one that is forbidden.";

pub(crate) fn cases() -> Vec<Case> {
    let mut all = made();
    all.extend(sent());
    all.extend(refused());
    all
}

/// `make_join` for eve and the public room, with this query.
fn with_query(scene: &mut Scene, query: &str) -> Answer {
    let uri = scene.make_uri("join", scene.open.as_str(), EVE);
    let (path, _) = uri.split_once('?').unwrap();
    (&scene.ask(HS2, signed("GET", &format!("{path}{query}"), None, &key(HS2)))).into()
}

fn made() -> Vec<Case> {
    vec![
        case("make_join: public room", texts::JOIN_TEMPLATE, |scene| {
            scene.make("join", &scene.open.clone(), EVE)
        }),
        case("make_join: no ver (=> only version 1)", texts::NO_VER, |scene| with_query(scene, ""))
            .apart(&[2, 3, 4, 5], "The default lists version 1 alone."),
        case("make_join: unsupported ver=99", texts::OTHER_VER, |scene| {
            with_query(scene, "?ver=99")
        }),
        case("make_join: invite-only, not invited", texts::JOIN_FORBIDDEN, |scene| {
            scene.make("join", &scene.closed.clone(), EVE)
        }),
        case("make_join: invite-only, invited", texts::JOIN_TEMPLATE, |scene| {
            let room = scene.closed.clone();
            scene.invite(&room, EVE);
            scene.make("join", &room, EVE)
        }),
        case("make_join: banned", texts::JOIN_FORBIDDEN, |scene| {
            let room = scene.open.clone();
            scene.ban(&room, EVE);
            scene.make("join", &room, EVE)
        }),
        case("make_join: unknown room", texts::JOIN_UNKNOWN_ROOM, |scene| {
            let uri = scene.make_uri("join", "!unknown:hs1", EVE);
            (&scene.ask(HS2, signed("GET", &uri, None, &key(HS2)))).into()
        }),
        case("make_join: user of another server", texts::JOIN_USER_OF_ORIGIN, |scene| {
            let uri = scene.make_uri("join", scene.open.as_str(), MALLORY);
            (&scene.ask(HS2, signed("GET", &uri, None, &key(HS2)))).into()
        }),
        case("make_join: denied by ACL", texts::ACL, |scene| {
            let room = scene.open.clone();
            scene.deny(&room);
            scene.make("join", &room, EVE)
        }),
        case(
            "make_join: room all of whose local users have left",
            texts::JOIN_NOBODY_LEFT,
            |scene| {
                let room = scene.open.clone();
                scene.leave(&room, ALICE);
                scene.make("join", &room, EVE)
            },
        ),
    ]
}

/// Eve has a template for her join of the public room.
fn open(scene: &mut Scene) -> (RoomId, Object<'static>) {
    let room = scene.open.clone();
    let template = scene.template("join", &room, EVE);
    (room, template)
}

/// Eve's join, changed before `hs2` hashes and signs it.
fn changed(scene: &mut Scene, change: impl FnOnce(&mut Object<'static>)) -> Answer {
    let (room, mut event) = open(scene);
    change(&mut event);
    scene.hash_and_sign(&mut event, &key(HS2));
    scene.send(V2, &room, &event)
}

fn sent() -> Vec<Case> {
    vec![
        case("send_join v2: ok", texts::JOIN_ACCEPTED, |scene| {
            let answer = changed(scene, |_| ());
            assert_eq!(scene.membership(&scene.open, EVE).as_deref(), Some("join"));
            answer
        }),
        case("send_join v2: same event again", texts::JOIN_ACCEPTED, |scene| {
            let (room, mut event) = open(scene);
            scene.hash_and_sign(&mut event, &key(HS2));
            scene.send(V2, &room, &event);
            scene.send(V2, &room, &event)
        }),
        case("send_join v1: ok", texts::REMOVED, |scene| {
            let (room, mut event) = open(scene);
            scene.hash_and_sign(&mut event, &key(HS2));
            scene.send("v1/send_join", &room, &event)
        })
        .differs("We follow v1.19 unless told otherwise; set to v1.17, we answer as Synapse does."),
        case("send_join v2?omit_members=true", texts::JOIN_ACCEPTED, |scene| {
            let (room, mut event) = open(scene);
            scene.hash_and_sign(&mut event, &key(HS2));
            scene.send("v2/send_join?omit_members=true", &room, &event)
        }),
        case("send_join v2: event id mismatch in path", texts::JOIN_PATH, |scene| {
            let (room, mut event) = open(scene);
            scene.hash_and_sign(&mut event, &key(HS2));
            let uri = uri(V2, room.as_str(), "$another:hs2");
            let answer = scene.put(&uri, event.as_received().into_bytes());
            assert_eq!(scene.membership(&room, EVE), None);
            answer
        })
        .differs(
            "A path that names another event than the body is a parameter with a wrong value; \
             Synapse does not look at it.",
        ),
    ]
}

fn refused() -> Vec<Case> {
    vec![
        case("send_join v2: membership=leave", texts::JOIN_CHECKED, |scene| {
            let content = object(r#"{"membership": "leave"}"#);
            changed(scene, |event| drop(event.insert("content", content)))
        })
        .differs(NAMED),
        case("send_join v2: body room_id != path room", texts::JOIN_PATH, |scene| {
            let (_, mut event) = open(scene);
            scene.hash_and_sign(&mut event, &key(HS2));
            scene.send(V2, &scene.closed.clone(), &event)
        })
        .differs("The body is well-formed JSON; it is the parameter that has the wrong value."),
        case("send_join v2: sender of another server", texts::JOIN_CHECKED, |scene| {
            let room = scene.open.clone();
            let mut event = scene.template("join", &room, MALLORY);
            scene.hash_and_sign(&mut event, &key(HS3));
            scene.send(V2, &room, &event)
        })
        .differs(NAMED_NOT_FORBIDDEN),
        case("send_join v2: state_key != sender", texts::JOIN_CHECKED, |scene| {
            changed(scene, |event| drop(event.insert("state_key", "@emil:hs2")))
        })
        .differs(NAMED),
        case(
            "send_join v2: banned after make_join (stale template)",
            texts::SOFT_FAILED,
            |scene| {
                let (room, mut event) = open(scene);
                scene.ban(&room, EVE);
                scene.hash_and_sign(&mut event, &key(HS2));
                let answer = scene.send(V2, &room, &event);
                assert_eq!(scene.membership(&room, EVE).as_deref(), Some("ban"));
                answer
            },
        )
        .differs(
            "Synapse keeps the event as a soft-failed one, and hands out the room's state as if the \
             user had joined; to us, a room that bans the user does not permit them to join, which \
             is 403.",
        ),
        case("send_join v2: no signatures", texts::JOIN_CHECKED, |scene| {
            let (room, mut event) = open(scene);
            scene.hash_and_sign(&mut event, &key(HS2));
            event.insert("signatures", Object::new());
            scene.send(V2, &room, &event)
        })
        .differs(NAMED_NOT_FORBIDDEN),
    ]
}
