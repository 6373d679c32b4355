//! `make_knock` and `invite`.

use exeunt_event::RoomId;
use exeunt_event::json::{Object, Value};
use exeunt_homeserver::{Action, Body, Message, Response};

use crate::case::{Case, case};
use crate::house::{
    ALICE, Answer, EVE, HS2, HS3, MALLORY, Scene, key, outcome, request, uri, user,
};
use crate::texts;

const NAMED: &str = "The text names the code, though as what should be; Synapse says that \
                     the error is unknown.";
const NAMED_NOT_FORBIDDEN: &str = "The text names the code, though as what should be; Synapse takes \
                                   the event for one that is forbidden.";

pub(crate) fn cases() -> Vec<Case> {
    let mut all = vec![case("make_knock: public room", texts::KNOCK_FORBIDDEN, |scene| {
        scene.make("knock", &scene.open.clone(), EVE)
    })];
    all.extend(accepted());
    all.extend(paths());
    all.extend(refused());
    all.extend(forms());
    all
}

/// An invite to a room of eve's, of which `hs1` knows nothing.
struct Invite {
    room: RoomId,
    event: Object<'static>,
    room_version: String,
    state: Vec<Object<'static>>,
}

impl Invite {
    fn new(scene: &mut Scene, sender: &str, target: &str) -> Self {
        let room = scene.room(EVE, "!eve:hs2", "invite");
        let event = scene.member(HS2, &room, (sender, target), "invite");
        let state = scene.state(HS2, &room);
        Self { room, event, room_version: scene.version.id().to_owned(), state }
    }

    fn body(self) -> Vec<u8> {
        let mut body = Object::new();
        body.insert("room_version", self.room_version);
        body.insert("event", self.event);
        let state = self.state.into_iter().map(Value::Object);
        body.insert("invite_room_state", Value::Array(state.collect()));
        body.as_received().into_bytes()
    }
}

/// Alice is invited by eve; `change` changes the invite, which is then hashed, signed and sent.
fn invited(scene: &mut Scene, change: impl FnOnce(&mut Invite)) -> Answer {
    let mut invite = Invite::new(scene, EVE, ALICE);
    change(&mut invite);
    send(scene, invite)
}

fn send(scene: &mut Scene, mut invite: Invite) -> Answer {
    scene.hash_and_sign(&mut invite.event, &key(HS2));
    let uri = uri("v2/invite", invite.room.as_str(), &scene.event_id(&invite.event));
    scene.put(&uri, invite.body())
}

fn accepted() -> Vec<Case> {
    vec![
        case("invite v2: ok (full PDU invite_room_state)", texts::INVITED, |scene| {
            invited(scene, |_| ())
        }),
        case(
            "  then alice rejects: hs1 asks fake for make_leave (404)",
            texts::REJECTED,
            |scene| {
                let invite = Invite::new(scene, EVE, ALICE);
                let room_id = invite.room.clone();
                send(scene, invite);
                let action = Action::Leave { room_id, reason: None };
                let id = scene.network.act(&user(ALICE), action).unwrap();
                let asked = scene.network.in_flight().iter().position(|message| {
                    matches!(&message.body, Body::Request(request) if request.uri.contains("/make_leave/"))
                });
                let asked = asked.unwrap();
                let Message { from, to, id: number, .. } = scene.network.in_flight()[asked].clone();
                let said = br#"{"errcode": "M_NOT_FOUND", "error": "no such room"}"#.to_vec();
                let body = Body::Answer(Some(Response { status: 404, body: said }));
                let answer = Message { from: to, to: from, id: number, body };
                scene.network.replace(asked, answer).unwrap();
                scene.network.settle(10_000);
                outcome(scene.network.outcome(id).unwrap())
            },
        ),
        case("invite v2: invite_room_state without m.room.create", texts::INVITE_STATE, |scene| {
            invited(scene, |invite| {
                let is_create = |event: &Object<'_>| {
                    event.get("type").and_then(Value::as_str) == Some("m.room.create")
                };
                invite.state.retain(|event| !is_create(event));
            })
        })
        .differs(
            "In version 12 servers should refuse, as without the create event nobody can tell whose \
             room it is; Synapse does not check.",
        ),
        case("invite v2: legacy stripped invite_room_state", texts::INVITE_STATE, |scene| {
            invited(scene, |invite| {
                for event in &mut invite.state {
                    let is_stripped =
                        |key: &str| matches!(key, "type" | "state_key" | "content" | "sender");
                    event.retain(|key, _| is_stripped(key));
                }
            })
        })
        .differs("In version 12 servers should refuse what is no PDU of the room; Synapse does not check."),
    ]
}

fn paths() -> Vec<Case> {
    vec![
        case("invite v2: event id mismatch", texts::INVITE_PATH, |scene| {
            let mut invite = Invite::new(scene, EVE, ALICE);
            scene.hash_and_sign(&mut invite.event, &key(HS2));
            let uri = uri("v2/invite", invite.room.as_str(), "$another:hs2");
            scene.put(&uri, invite.body())
        }),
        case("invite v2: path room differs", texts::INVITE_PATH, |scene| {
            let mut invite = Invite::new(scene, EVE, ALICE);
            scene.hash_and_sign(&mut invite.event, &key(HS2));
            let uri = uri("v2/invite", "!another:hs2", &scene.event_id(&invite.event));
            scene.put(&uri, invite.body())
        }),
        case("invite v2: room_version 99", texts::INVITE_VERSION, |scene| {
            invited(scene, |invite| "99".clone_into(&mut invite.room_version))
        })
        .differs(
            "The code that Synapse has is for a client that creates a room; the one that the \
             endpoint shows carries the room version.",
        ),
        case("invite v2: local user does not exist", texts::INVITED_NOBODY, |scene| {
            let invite = Invite::new(scene, EVE, "@nobody:hs1");
            send(scene, invite)
        }),
    ]
}

fn refused() -> Vec<Case> {
    vec![
        case("invite v2: user of a third server", texts::INVITE_CHECKED, |scene| {
            let invite = Invite::new(scene, EVE, MALLORY);
            send(scene, invite)
        })
        .differs(NAMED),
        case("invite v2: membership=join", texts::INVITE_CHECKED, |scene| {
            invited(scene, |invite| {
                let content = Object::from_iter([("membership", "join")]);
                invite.event.insert("content", content);
            })
        })
        .differs(NAMED),
        case("invite v2: sender not of origin", texts::INVITE_CHECKED, |scene| {
            let mut invite = Invite::new(scene, MALLORY, ALICE);
            scene.hash_and_sign(&mut invite.event, &key(HS3));
            let uri = uri("v2/invite", invite.room.as_str(), &scene.event_id(&invite.event));
            scene.put(&uri, invite.body())
        })
        .differs(NAMED_NOT_FORBIDDEN),
        case("invite v2: no signatures", texts::INVITE_CHECKED, |scene| {
            let mut invite = Invite::new(scene, EVE, ALICE);
            scene.hash_and_sign(&mut invite.event, &key(HS2));
            invite.event.insert("signatures", Object::new());
            let uri = uri("v2/invite", invite.room.as_str(), &scene.event_id(&invite.event));
            scene.put(&uri, invite.body())
        })
        .differs(NAMED_NOT_FORBIDDEN),
        case("invite v2: no auth", texts::UNAUTHENTICATED, |scene| {
            let mut invite = Invite::new(scene, EVE, ALICE);
            scene.hash_and_sign(&mut invite.event, &key(HS2));
            let uri = uri("v2/invite", invite.room.as_str(), &scene.event_id(&invite.event));
            (&scene.ask(HS2, request("PUT", &uri, Some(invite.body()), None))).into()
        }),
    ]
}

fn forms() -> Vec<Case> {
    vec![
        case("invite v1: ok?", texts::INVITED_BY_V1, |scene| {
            let Invite { room, mut event, state, .. } = Invite::new(scene, EVE, ALICE);
            let state = Value::Array(state.into_iter().map(Value::Object).collect());
            event.insert("unsigned", Object::from_iter([("invite_room_state", state)]));
            scene.hash_and_sign(&mut event, &key(HS2));
            scene.send("v1/invite", &room, &event)
        })
        .apart(&[3, 4, 5], "The format of events is another from version 3 on."),
        case("invite v2: body {}", texts::INVITE_EMPTY, |scene| {
            let mut invite = Invite::new(scene, EVE, ALICE);
            scene.hash_and_sign(&mut invite.event, &key(HS2));
            let uri = uri("v2/invite", invite.room.as_str(), &scene.event_id(&invite.event));
            scene.put(&uri, b"{}".to_vec())
        })
        .differs("The request is at fault, and not the server; Synapse fails on its own side."),
    ]
}
