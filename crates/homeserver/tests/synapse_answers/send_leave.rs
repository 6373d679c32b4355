//! `send_leave`: the event, and whether it is let in.

use exeunt_event::RoomId;
use exeunt_event::json::{Object, Value};

use crate::case::{Case, case};
use crate::house::{
    ALICE, Answer, EVE, HS1, HS2, HS3, MALLORY, Scene, json, key, object, unknown_key, uri,
    wrong_key,
};
use crate::texts;

const V2: &str = "v2/send_leave";

/// Why we have `M_INVALID_PARAM` where Synapse has `M_BAD_JSON`.
const NAMED: &str = "The text names the code, though as what should be; Synapse has the one for \
                     malformed JSON.";
const NAMED_NOT_FORBIDDEN: &str = "The text names the code, though as what should be; Synapse takes \
                                   the event for one that is forbidden.";
const NOT_LET_IN: &str = "Synapse keeps the event as a soft-failed one, and answers as if it had \
                          entered the room; we refuse it, and so say that it did not.";

pub(crate) fn cases() -> Vec<Case> {
    let mut all = paths();
    all.extend(claims());
    all.extend(signatures());
    all.extend(rules());
    all.extend(sizes());
    all
}

/// Eve is invited, and has a template for her leave.
pub(crate) fn invited(scene: &mut Scene) -> (RoomId, Object<'static>) {
    let room = scene.closed.clone();
    scene.invite(&room, EVE);
    let template = scene.template("leave", &room, EVE);
    (room, template)
}

/// Eve's leave, changed before `hs2` hashes and signs it.
pub(crate) fn changed(scene: &mut Scene, change: impl FnOnce(&mut Object<'static>)) -> Answer {
    let (room, mut event) = invited(scene);
    change(&mut event);
    scene.hash_and_sign(&mut event, &key(HS2));
    scene.send(V2, &room, &event)
}

/// Eve's leave, hashed and signed by `hs2`, and changed after that.
fn changed_after(scene: &mut Scene, change: impl FnOnce(&mut Object<'static>)) -> Answer {
    let (room, mut event) = invited(scene);
    scene.hash_and_sign(&mut event, &key(HS2));
    change(&mut event);
    scene.send(V2, &room, &event)
}

fn paths() -> Vec<Case> {
    vec![
        case("send_leave v2: ok (reject invite)", texts::LEAVE_ACCEPTED, |scene| {
            let answer = changed(scene, |_| ());
            assert_eq!(scene.membership(&scene.closed, EVE).as_deref(), Some("leave"));
            answer
        }),
        case("send_leave v2: same event again", texts::LEAVE_ACCEPTED, |scene| {
            let (room, mut event) = invited(scene);
            scene.hash_and_sign(&mut event, &key(HS2));
            scene.send(V2, &room, &event);
            scene.send(V2, &room, &event)
        }),
        case("send_leave v1: ok", texts::REMOVED, |scene| {
            let (room, mut event) = invited(scene);
            scene.hash_and_sign(&mut event, &key(HS2));
            scene.send("v1/send_leave", &room, &event)
        })
        .differs("We follow v1.19 unless told otherwise; set to v1.17, we answer as Synapse does."),
        case("send_leave v2: event id in path differs from event's", texts::LEAVE_PATH, |scene| {
            let (room, mut event) = invited(scene);
            scene.hash_and_sign(&mut event, &key(HS2));
            let uri = uri(V2, room.as_str(), "$another:hs2");
            let answer = scene.put(&uri, event.as_received().into_bytes());
            assert_eq!(scene.membership(&room, EVE).as_deref(), Some("invite"));
            answer
        })
        .differs(
            "A path that names another event than the body is a parameter with a wrong value; \
             Synapse does not look at it.",
        ),
        case("send_leave v2: body room_id != path room", texts::LEAVE_PATH, |scene| {
            let (_, mut event) = invited(scene);
            scene.hash_and_sign(&mut event, &key(HS2));
            scene.send(V2, &scene.open.clone(), &event)
        })
        .differs("The body is well-formed JSON; it is the parameter that has the wrong value."),
        case("send_leave v2: unknown room", texts::UNKNOWN_ROOM_TO_LEAVE, |scene| {
            let (_, mut event) = invited(scene);
            let unknown = RoomId::parse("!unknown:hs1").unwrap();
            event.insert("room_id", unknown.to_string());
            scene.hash_and_sign(&mut event, &key(HS2));
            scene.send(V2, &unknown, &event)
        }),
    ]
}

fn claims() -> Vec<Case> {
    vec![
        case("send_leave v2: membership=join", texts::LEAVE_CHECKED, |scene| {
            changed(scene, |event| {
                drop(event.insert("content", object(r#"{"membership": "join"}"#)));
            })
        })
        .differs(NAMED),
        case("send_leave v2: membership=knock", texts::LEAVE_CHECKED, |scene| {
            changed(scene, |event| {
                drop(event.insert("content", object(r#"{"membership": "knock"}"#)));
            })
        })
        .differs(NAMED),
        case("send_leave v2: no membership", texts::LEAVE_CHECKED, |scene| {
            changed(scene, |event| drop(event.insert("content", Object::new())))
        })
        .differs(NAMED),
        case("send_leave v2: type m.room.topic", texts::LEAVE_CHECKED, |scene| {
            changed(scene, |event| drop(event.insert("type", "m.room.topic")))
        })
        .differs(NAMED),
        case("send_leave v2: no state_key", texts::LEAVE_CHECKED, |scene| {
            changed(scene, |event| drop(event.remove("state_key")))
        })
        .differs(NAMED),
        case(
            "send_leave v2: sender of another server, signed by origin",
            texts::LEAVE_CHECKED,
            |scene| {
                let (room, mut event) = (scene.closed.clone(), Object::new());
                scene.invite(&room, MALLORY);
                event.clone_from(&scene.template("leave", &room, MALLORY));
                scene.hash_and_sign(&mut event, &key(HS2));
                scene.send(V2, &room, &event)
            },
        )
        .differs(NAMED_NOT_FORBIDDEN),
        case(
            "send_leave v2: valid event of another server, relayed",
            texts::LEAVE_CHECKED,
            |scene| {
                let room = scene.closed.clone();
                scene.invite(&room, MALLORY);
                let mut event = scene.template("leave", &room, MALLORY);
                scene.hash_and_sign(&mut event, &key(HS3));
                scene.send(V2, &room, &event)
            },
        )
        .differs(NAMED_NOT_FORBIDDEN),
    ]
}

fn signatures() -> Vec<Case> {
    vec![
        case("send_leave v2: no event signatures", texts::LEAVE_CHECKED, |scene| {
            changed_after(scene, |event| drop(event.insert("signatures", Object::new())))
        })
        .differs(NAMED_NOT_FORBIDDEN),
        case("send_leave v2: no signatures key", texts::FORMAT, |scene| {
            changed_after(scene, |event| drop(event.remove("signatures")))
        })
        .differs(
            "The format is checked before the signatures, and has `signatures`; Synapse misses the \
             origin's.",
        ),
        case("send_leave v2: bad event signature", texts::LEAVE_CHECKED, |scene| {
            let (room, mut event) = invited(scene);
            scene.hash_and_sign(&mut event, &wrong_key(HS2));
            scene.send(V2, &room, &event)
        })
        .differs(NAMED_NOT_FORBIDDEN),
        case("send_leave v2: event signed with unknown key id", texts::LEAVE_CHECKED, |scene| {
            let (room, mut event) = invited(scene);
            scene.hash_and_sign(&mut event, &unknown_key(HS2));
            scene.send(V2, &room, &event)
        })
        .differs(NAMED_NOT_FORBIDDEN),
        case("send_leave v2: hashes {} (signature then wrong too)", texts::FORMAT, |scene| {
            changed_after(scene, |event| drop(event.insert("hashes", Object::new())))
        })
        .differs(
            "The format is checked before the signatures, and has a `sha256` in `hashes`; Synapse \
             looks at the signatures first.",
        ),
        case("send_leave v2: state_key != sender (kick)", texts::LEAVE_CHECKED, |scene| {
            changed(scene, |event| drop(event.insert("state_key", ALICE)))
        })
        .differs(NAMED),
        case("send_leave v2: origin denied by ACL", texts::ACL, |scene| {
            let (room, mut event) = invited(scene);
            scene.deny(&room);
            scene.hash_and_sign(&mut event, &key(HS2));
            let answer = scene.send(V2, &room, &event);
            assert_eq!(scene.membership(&room, EVE).as_deref(), Some("invite"));
            answer
        }),
    ]
}

fn rules() -> Vec<Case> {
    vec![
        case("send_leave v2: unknown prev_event", texts::LEAVE_UNCHECKABLE, |scene| {
            let unknown = scene.unknown_event();
            changed(scene, |event| drop(event.insert("prev_events", unknown)))
        }),
        case("send_leave v2: empty prev_events", texts::LEAVE_UNAUTHORISED, |scene| {
            changed(scene, |event| drop(event.insert("prev_events", Value::Array(Vec::new()))))
        }),
        case("send_leave v2: unknown auth_event", texts::LEAVE_UNCHECKABLE, |scene| {
            let unknown = scene.unknown_event();
            changed(scene, |event| drop(event.insert("auth_events", unknown)))
        }),
        case("send_leave v2: empty auth_events", texts::LEAVE_UNAUTHORISED, |scene| {
            changed(scene, |event| drop(event.insert("auth_events", Value::Array(Vec::new()))))
        }),
        case("send_leave v2: user never in room", texts::LEAVE_UNAUTHORISED, |scene| {
            let room = scene.closed.clone();
            let mut event = scene.member(HS1, &room, (EVE, EVE), "leave");
            scene.hash_and_sign(&mut event, &key(HS2));
            scene.send(V2, &room, &event)
        }),
        case(
            "send_leave v2: banned after make_leave (stale template)",
            texts::SOFT_FAILED,
            |scene| {
                let (room, mut event) = invited(scene);
                scene.ban(&room, EVE);
                scene.hash_and_sign(&mut event, &key(HS2));
                let answer = scene.send(V2, &room, &event);
                assert_eq!(scene.membership(&room, EVE).as_deref(), Some("ban"));
                answer
            },
        )
        .differs(NOT_LET_IN),
        case("send_leave v2: invite rescinded after make_leave", texts::SOFT_FAILED, |scene| {
            let (room, mut event) = invited(scene);
            scene.kick(&room, EVE);
            scene.hash_and_sign(&mut event, &key(HS2));
            scene.send(V2, &room, &event)
        })
        .differs(NOT_LET_IN),
        case(
            "send_leave v2: banned user, event on top of the ban",
            texts::LEAVE_UNAUTHORISED,
            |scene| {
                let room = scene.closed.clone();
                scene.invite(&room, EVE);
                scene.ban(&room, EVE);
                let mut event = scene.member(HS1, &room, (EVE, EVE), "leave");
                scene.hash_and_sign(&mut event, &key(HS2));
                scene.send(V2, &room, &event)
            },
        ),
    ]
}

fn sizes() -> Vec<Case> {
    vec![
        case("send_leave v2: depth -5", texts::NEGATIVE_DEPTH, |scene| {
            changed(scene, |event| drop(event.insert("depth", -5)))
        }),
        case("send_leave v2: depth 2^63 (signed as is)", texts::DEPTH_LIMIT, |scene| {
            changed(scene, |event| drop(event.insert("depth", json("9223372036854775808"))))
        }),
        case("send_leave v2: float in content", texts::FLOAT, |scene| {
            let content = object(r#"{"membership": "leave", "float": 1.5}"#);
            changed(scene, |event| drop(event.insert("content", content)))
        }),
        case("send_leave v2: 70 kB event", texts::SIZE, |scene| {
            let reason = "x".repeat(70_000);
            let content = object(&format!(r#"{{"membership": "leave", "reason": "{reason}"}}"#));
            changed(scene, |event| drop(event.insert("content", content)))
        }),
    ]
}
