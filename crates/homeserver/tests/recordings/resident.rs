//! Our homeserver as the resident one of recorded handshakes.

use std::collections::BTreeSet;

use exeunt_event::RoomId;
use exeunt_homeserver::{Action, Homeserver, Input, Output};
use exeunt_recordings::handshakes::Exchange;
use exeunt_version::RoomIds;
use serde_json::{Value, json};

use crate::replay::{
    ALICE, BOB, HS1, Recording, ask, body, endpoint, event, event_id, membership, request, user,
};

/// Every request to `hs1` is asked again, in order, after what happened at `hs1` before.
fn replay(name: &str) -> (Recording, Homeserver) {
    let recording = Recording::read(name);
    let mut server = recording.resident();
    let mut now = 0;
    for exchange in &recording.handshake.federation {
        let seq = exchange.seq;
        let asked = &exchange.request;
        if exchange.from == HS1 {
            match endpoint(&asked.path) {
                // As `hs2` gave it back, with its signature.
                "invite" => recording.happens(&mut server, &exchange.response.body["event"]),
                "send" => recording.happens(&mut server, &asked.body["pdus"][0]),
                "query" => {}
                other => panic!("{other}"),
            }
            continue;
        }
        // A template says when it was made.
        let made = exchange.response.body["event"]["origin_server_ts"].as_i64();
        now = made.filter(|_| asked.method == "GET").unwrap_or(now);
        let answer = ask(&mut server, now, request(exchange, &recording.version));
        let ours = body(&answer.body);
        assert_eq!(answer.status, exchange.response.status, "{name} {seq}: {ours}");
        if answer.status != 200 {
            assert_eq!(ours["errcode"], exchange.response.body["errcode"], "{name} {seq}");
            continue;
        }
        let theirs = &exchange.response.body;
        match endpoint(&asked.path) {
            "make_join" | "make_leave" | "make_knock" => same_template(&ours, theirs),
            "send_join" => same_state(&ours, theirs, exchange, &recording),
            "send_leave" => assert_eq!(ours, *theirs),
            "send_knock" => {
                assert_eq!(
                    ids(&ours["knock_room_state"], &recording),
                    ids(&theirs["knock_room_state"], &recording)
                );
            }
            "state_ids" => same_state_ids(&ours, theirs, &recording),
            "send" => assert_eq!(ours, *theirs, "{name} {seq}"),
            other => panic!("{other}"),
        }
        let note = match endpoint(&asked.path) {
            "send_join" => Some("hs1_after_join"),
            "send_knock" => Some("hs1_after_knock"),
            _ => None,
        };
        let note = note.and_then(|note| recording.handshake.notes.get(note));
        if let Some(expected) = note {
            assert_eq!(membership(&server, &room_of(exchange), BOB).as_deref(), expected.as_str());
        }
    }
    (recording, server)
}

/// The room that the path names.
fn room_of(exchange: &Exchange) -> String {
    let path = exchange.request.path.split('?').next().unwrap();
    crate::replay::decoded(path.split('/').nth(5).unwrap())
}

fn strings(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

fn ids(events: &Value, recording: &Recording) -> BTreeSet<String> {
    let events = events.as_array().unwrap().iter();
    events.map(|event| event_id(event, &recording.version)).collect()
}

/// Templates, field by field.
///
/// Ours has an `origin` besides, "the name of the resident homeserver", which the schemas require.
/// Theirs has, in room versions 1 and 2, an `event_id`, which the schemas do not know, and in whose
/// place Synapse itself puts another when it is the server that asked.
fn same_template(ours: &Value, theirs: &Value) {
    assert_eq!(ours["room_version"], theirs["room_version"]);
    let (mut ours, mut theirs) = (ours["event"].clone(), theirs["event"].clone());
    assert_eq!(ours.as_object_mut().unwrap().remove("origin"), Some(json!(HS1)));
    theirs.as_object_mut().unwrap().remove("event_id");
    for list in ["auth_events", "prev_events"] {
        let members = |event: &mut Value| event.as_object_mut().unwrap().remove(list).unwrap();
        same_references(&members(&mut ours), &members(&mut theirs));
    }
    assert_eq!(ours, theirs);
}

/// The same events in any order.
///
/// In room versions 1 and 2 references are "event IDs and reference hashes". Synapse leaves the hash
/// out of those to events that it made in one go with the event; ours never does.
pub(crate) fn same_references(ours: &Value, theirs: &Value) {
    let (ours, theirs) = (ours.as_array().unwrap(), theirs.as_array().unwrap());
    assert_eq!(ours.len(), theirs.len(), "{ours:?} {theirs:?}");
    for reference in theirs {
        let is_same = |own: &&Value| match reference {
            Value::Array(pair) if pair[1] == json!({}) => own[0] == pair[0],
            reference => *own == reference,
        };
        assert!(ours.iter().any(|own| is_same(&own)), "{ours:?} {theirs:?}");
    }
}

/// Answers to a join, by event IDs.
///
/// In `state` Synapse gives the invite of the user who joins; in ours it is in `auth_chain` alone. To
/// be given there are the members "who would be included in the `m.heroes` property", and that list
/// "must never include the client's own user ID".
fn same_state(ours: &Value, theirs: &Value, exchange: &Exchange, recording: &Recording) {
    let version = &recording.version;
    for field in ["members_omitted", "servers_in_room"] {
        assert_eq!(ours[field], theirs[field], "{field}");
    }
    let all = |answer: &Value| -> BTreeSet<String> {
        ids(&answer["state"], recording)
            .union(&ids(&answer["auth_chain"], recording))
            .cloned()
            .collect()
    };
    assert_eq!(all(ours), all(theirs));
    let without_own = |answer: &Value| {
        let is_own = |event: &&Value| event["state_key"] == exchange.request.body["state_key"];
        let state = answer["state"].as_array().unwrap().iter();
        ids(&state.filter(|event| !is_own(event)).cloned().collect(), recording)
    };
    assert_eq!(ids(&ours["state"], recording), without_own(theirs));
    let sent = event(&exchange.request.body, version);
    for answer in [ours, theirs] {
        assert_eq!(event(&answer["event"], version).event_id(), sent.event_id());
    }
    let signers = |answer: &Value| {
        let signatures = answer["event"]["signatures"].as_object().unwrap();
        signatures.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(signers(ours), signers(theirs));
}

/// In room version 12 Synapse has the create event in every auth chain. No event cites it there, and
/// the auth chain is "the set containing all of *E*'s auth events, all of *their* auth events, and so
/// on recursively": ours has it in the state alone.
fn same_state_ids(ours: &Value, theirs: &Value, recording: &Recording) {
    assert_eq!(strings(&ours["pdu_ids"]), strings(&theirs["pdu_ids"]));
    let mut chain = strings(&theirs["auth_chain_ids"]);
    if recording.version.capabilities.room_ids == RoomIds::CreateEvent {
        let (room_id, _) = recording.beginnings.first_key_value().unwrap();
        assert!(chain.remove(&room_id.replacen('!', "$", 1)));
    }
    assert_eq!(strings(&ours["auth_chain_ids"]), chain);
}

fn note<'r>(recording: &'r Recording, name: &str) -> &'r str {
    recording.handshake.notes[name].as_str().unwrap()
}

fn only_room(recording: &Recording) -> String {
    recording.beginnings.keys().next().unwrap().clone()
}

#[test]
fn a_rejected_invite_is_answered_as_the_real_resident_answered_it() {
    for name in ["invite_reject_v1", "invite_reject_v6", "invite_reject_v11", "invite_reject_v12"] {
        let (recording, server) = replay(name);
        let room_id = only_room(&recording);
        let left = membership(&server, &room_id, BOB);
        assert_eq!(left.as_deref(), Some(note(&recording, "hs1_membership")), "{name}");
        let room = server.room(&RoomId::parse(&room_id).unwrap()).unwrap();
        let recorded = recording.handshake.notes["hs1_event"]["event_id"].as_str().unwrap();
        assert_eq!(room.forward_extremities()[0].as_str(), recorded, "{name}");
    }
}

#[test]
fn a_join_and_a_leave_are_answered_as_the_real_resident_answered_them() {
    for name in ["invite_join_leave_v1", "invite_join_leave_v10", "invite_join_leave_v12"] {
        let (recording, server) = replay(name);
        let left = membership(&server, &only_room(&recording), BOB);
        assert_eq!(left.as_deref(), Some(note(&recording, "hs1_after_leave")), "{name}");
    }
}

#[test]
fn a_restricted_join_is_refused_and_authorised_as_by_the_real_resident() {
    let (recording, server) = replay("restricted_join_v10");
    let memberships: BTreeSet<_> =
        recording.beginnings.keys().map(|room| membership(&server, room, BOB).unwrap()).collect();
    // He left the restricted room, and is in the other still.
    assert_eq!(
        memberships,
        BTreeSet::from(["join".to_owned(), note(&recording, "hs1_after").to_owned()])
    );
}

#[test]
fn a_banned_user_is_refused_as_by_the_real_resident() {
    let (recording, server) = replay("ban_joined_v12");
    let room_id = only_room(&recording);
    assert_eq!(membership(&server, &room_id, BOB).as_deref(), Some("ban"));
    let unban = Action::Unban { room_id: RoomId::parse(&room_id).unwrap(), target: user(BOB) };
    let (server, _) = act(&server, unban);
    let left = membership(&server, &room_id, BOB);
    assert_eq!(left.as_deref(), Some(note(&recording, "hs1_after_unban")));
}

#[test]
fn the_rooms_that_are_forgotten_are_left_as_by_the_real_resident() {
    for name in ["forget_default", "forget_forced"] {
        let (recording, server) = replay(name);
        let memberships: Vec<_> = recording
            .beginnings
            .keys()
            .map(|room| membership(&server, room, BOB).unwrap())
            .collect();
        assert_eq!(memberships.len(), 5);
        assert_eq!(memberships.iter().filter(|membership| *membership == "ban").count(), 1);
        assert_eq!(memberships.iter().filter(|membership| *membership == "leave").count(), 4);
    }
}

#[test]
fn a_knock_is_answered_as_the_real_resident_answered_it() {
    let (recording, server) = replay("knock_retract_v10");
    let room_id = only_room(&recording);
    // Synapse retracts a knock without telling anybody, which the recording notes as its gap.
    let left = membership(&server, &room_id, BOB);
    assert_eq!(left.as_deref(), Some(note(&recording, "hs1_after_retract")));

    let (recording, server) = replay("knock_denied_v12");
    let room_id = only_room(&recording);
    let kick = Action::Kick {
        room_id: RoomId::parse(&room_id).unwrap(),
        target: user(BOB),
        reason: Some("denied".to_owned()),
    };
    let (server, outputs) = act(&server, kick);
    let left = membership(&server, &room_id, BOB);
    assert_eq!(left.as_deref(), Some(note(&recording, "hs1_final")));
    // Synapse does not tell the server of the user who knocked; ours does, so that its user learns of
    // it. The text asks for neither.
    assert!(outputs.iter().any(|output| matches!(output, Output::Request { .. })));
}

#[test]
fn an_invite_that_is_taken_back_leaves_the_room_as_it_left_the_real_one() {
    let (recording, server) = replay("kick_invited_v11");
    let left = membership(&server, &only_room(&recording), BOB);
    assert_eq!(left.as_deref(), Some(note(&recording, "hs1_final")));
    let (recording, server) = replay("reject_while_inviter_down");
    let left = membership(&server, &only_room(&recording), BOB);
    assert_eq!(left.as_deref(), Some(note(&recording, "hs1 view after it is back")));
}

/// Alice does something.
fn act(server: &Homeserver, action: Action) -> (Homeserver, Vec<Output>) {
    server.step(2_000_000_000_000, Input::Client { id: 1, user: user(ALICE), action })
}
