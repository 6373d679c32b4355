//! Our homeserver as the one whose user invites, kicks and bans in recorded handshakes.

use std::collections::BTreeSet;

use exeunt_event::{EventId, RoomId};
use exeunt_homeserver::{Action, Done, Homeserver, Input, Output, Request};
use exeunt_recordings::handshakes::{Exchange, NAMES};
use serde_json::Value;

use crate::comparison::same_event;
use crate::replay::{
    ALICE, BOB, HS1, HS2, Recording, ask, body, decoded, endpoint, event_id, membership, request,
    signed_by, user,
};

/// What alice does, and the one request that comes of it.
fn act(server: &Homeserver, now: i64, action: Action) -> (Homeserver, u64, Request) {
    let input = Input::Client { id: 1, user: user(ALICE), action };
    let (server, outputs) = server.step(now, input);
    let mut requests = outputs.into_iter().filter_map(|output| match output {
        Output::Request { id, to, request } => Some((id, to, request)),
        _ => None,
    });
    let (id, to, request) = requests.next().unwrap();
    assert_eq!((to.as_str(), requests.next()), (HS2, None));
    (server, id, request)
}

fn target(recorded: &Value) -> (i64, RoomId, Option<String>) {
    assert_eq!(recorded["state_key"], BOB);
    let reason = recorded["content"].get("reason").and_then(Value::as_str);
    let room_id = RoomId::parse(recorded["room_id"].as_str().unwrap()).unwrap();
    (recorded["origin_server_ts"].as_i64().unwrap(), room_id, reason.map(ToOwned::to_owned))
}

fn invites(recording: &Recording, server: &Homeserver, exchange: &Exchange) {
    let version = &recording.version;
    let theirs = &exchange.request.body;
    let (now, room_id, reason) = target(&theirs["event"]);
    let invite = Action::Invite { room_id: room_id.clone(), target: user(BOB), reason };
    let (server, id, ours) = act(server, now, invite);
    let sent = body(ours.body.as_deref().unwrap());
    assert_eq!(ours.method, exchange.request.method);
    let until_event = |path: &str| path.rsplit_once('/').unwrap().0.to_owned();
    assert_eq!(until_event(&ours.uri), until_event(&exchange.request.path));
    let own_id = event_id(&sent["event"], version);
    assert_eq!(decoded(ours.uri.rsplit_once('/').unwrap().1), own_id);
    assert_eq!(sent["room_version"], theirs["room_version"]);
    same_event(&sent["event"], &theirs["event"], version);
    let told = |body: &Value| -> BTreeSet<String> {
        let told = body["invite_room_state"].as_array().unwrap().iter();
        told.map(|event| event_id(event, version)).collect()
    };
    assert_eq!(told(&sent), told(theirs));
    // Answered as it was, it enters the room.
    let signed = signed_by(&sent["event"], [HS1.to_owned(), HS2.to_owned()], version);
    let mut answer = crate::replay::response(exchange, version);
    answer.body = serde_json::to_vec(&serde_json::json!({ "event": signed })).unwrap();
    let (server, outputs) = server.step(now, Input::Answer { id, response: Some(answer) });
    let expected =
        Done::Sent { room_id: room_id.clone(), event_id: EventId::from_received(&own_id) };
    assert_eq!(outputs, [Output::Client { id: 1, outcome: Ok(expected) }]);
    assert_eq!(membership(&server, room_id.as_str(), BOB).as_deref(), Some("invite"));
}

fn kicks_or_bans(recording: &Recording, server: &Homeserver, exchange: &Exchange) {
    let theirs = &exchange.request.body;
    let pdu = &theirs["pdus"][0];
    let (now, room_id, reason) = target(pdu);
    let target = user(BOB);
    let expected = pdu["content"]["membership"].as_str().unwrap();
    let action = if expected == "ban" {
        Action::Ban { room_id: room_id.clone(), target, reason }
    } else {
        Action::Kick { room_id: room_id.clone(), target, reason }
    };
    let (server, _, ours) = act(server, now, action);
    assert_eq!((ours.method.as_str(), endpoint(&ours.uri)), ("PUT", "send"));
    let sent = body(ours.body.as_deref().unwrap());
    assert_eq!(sent["origin"], theirs["origin"]);
    assert_eq!(sent["pdus"].as_array().unwrap().len(), 1);
    same_event(&sent["pdus"][0], pdu, &recording.version);
    assert_eq!(membership(&server, room_id.as_str(), BOB).as_deref(), Some(expected));
}

#[test]
fn invites_kicks_and_bans_are_the_recorded_ones() {
    let (mut invited, mut others) = (0, 0);
    for name in NAMES.into_iter().filter(|name| *name != "capabilities") {
        let recording = Recording::read(name);
        let mut server = recording.resident();
        for exchange in &recording.handshake.federation {
            let asked = &exchange.request;
            if exchange.from != HS1 {
                ask(&mut server, 0, request(exchange, &recording.version));
                continue;
            }
            match endpoint(&asked.path) {
                "invite" => {
                    let room_id = RoomId::parse(asked.body["event"]["room_id"].as_str().unwrap());
                    // But where the room before the invite could not be had.
                    if server.room(&room_id.unwrap()).is_some() {
                        invites(&recording, &server, exchange);
                        invited += 1;
                    }
                    recording.happens(&mut server, &exchange.response.body["event"]);
                }
                "send" => {
                    kicks_or_bans(&recording, &server, exchange);
                    others += 1;
                    recording.happens(&mut server, &asked.body["pdus"][0]);
                }
                _ => {}
            }
        }
    }
    assert_eq!((invited, others), (19, 8));
}
