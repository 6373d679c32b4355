//! Servers `hs1`, `hs2`, … and what their users do.

use exeunt_event::json::Object;
use exeunt_event::signatures::SigningKey;
use exeunt_event::{RoomId, ServerName, UserId};
use exeunt_homeserver::{Action, Denial, Done, Homeserver, Network, Settings, Status};
use exeunt_room::Fingerprint;
use serde_json::{Value as Json, json};

use crate::wire::{Fate, Passing, drive};

pub(crate) const NOW: i64 = 1_700_000_000_000;
pub(crate) const VERSIONS: [&str; 12] =
    ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
/// Those in which users can knock.
pub(crate) const KNOCKING: &[&str] = &["7", "8", "9", "10", "11", "12"];
/// Those in which join rules take conditions.
pub(crate) const RESTRICTED: &[&str] = &["8", "9", "10", "11", "12"];
/// Those in which users can knock on rooms whose join rule takes conditions.
pub(crate) const KNOCK_RESTRICTED: &[&str] = &["10", "11", "12"];

pub(crate) fn server(number: u8) -> ServerName {
    ServerName::parse(&format!("hs{number}")).unwrap()
}

pub(crate) fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&format!("hs{number}"), "ed25519:1", &[number; 32])
}

/// `alice` of `hs1`, `bob` of `hs2`, `carol` of `hs3`, and so on.
pub(crate) fn user(name: &str) -> UserId {
    let number = match name {
        "alice" | "anna" => 1,
        "bob" | "bert" => 2,
        "carol" => 3,
        "dave" => 4,
        _ => panic!("nobody is called {name}"),
    };
    UserId::parse(&format!("@{name}:hs{number}")).unwrap()
}

pub(crate) fn network(servers: u8, settings: Settings) -> Network {
    let mut network = Network::new(NOW);
    for number in 1..=servers {
        network.add(Homeserver::new(key(number), settings).unwrap());
    }
    network
}

/// Servers that follow a release of the specification.
pub(crate) fn following(release: &str) -> Settings {
    Settings { specification: release.parse().unwrap(), ..Settings::default() }
}

/// Does it, and lets everything that follows happen.
pub(crate) fn act(network: &mut Network, name: &str, action: Action) -> Result<Done, Denial> {
    act_amid(network, name, action, |_| Fate::Arrives).0
}

/// Does it, and lets everything that follows happen but for faults; gives the outcome and what went
/// between servers.
pub(crate) fn act_amid(
    network: &mut Network,
    name: &str,
    action: Action,
    mut fate: impl FnMut(&Passing) -> Fate,
) -> (Result<Done, Denial>, Vec<String>) {
    let id = network.act(&user(name), action).unwrap();
    let mut lines = drive(network, &mut fate);
    network.pass(1);
    lines.extend(drive(network, &mut fate));
    (network.outcome(id).unwrap().clone(), lines)
}

pub(crate) fn object(json: &Json) -> Object<'static> {
    let text = json.to_string();
    let parsed = exeunt_event::json::parse_any(text.as_bytes()).unwrap();
    parsed.value.as_object().unwrap().clone().into_owned()
}

/// A room of alice's with a join rule.
pub(crate) fn room(network: &mut Network, version: &str, join_rule: &str) -> RoomId {
    room_with(network, version, "!room:hs1", &json!({ "join_rule": join_rule }))
}

/// A room of alice's; in room versions where its ID follows from the create event, the ID that is
/// given is part of that, so that others make other rooms.
pub(crate) fn room_with(
    network: &mut Network,
    version: &str,
    room_id: &str,
    join_rules: &Json,
) -> RoomId {
    let action = Action::Create {
        room_id: RoomId::parse(room_id).unwrap(),
        room_version: version.to_owned(),
        content: object(&json!({ "type": room_id })),
        initial_state: vec![("m.room.join_rules".to_owned(), String::new(), object(join_rules))],
    };
    match act(network, "alice", action).unwrap() {
        Done::Sent { room_id, .. } => room_id,
        done => panic!("{done:?}"),
    }
}

/// A room of alice's in which users of other servers are, who were invited.
pub(crate) fn room_of(network: &mut Network, version: &str, names: &[&str]) -> RoomId {
    let room_id = room(network, version, "invite");
    for name in names {
        bring(network, name, &room_id);
    }
    room_id
}

/// Alice invites, and they join.
pub(crate) fn bring(network: &mut Network, name: &str, room_id: &RoomId) {
    invite(network, "alice", name, room_id).unwrap();
    join(network, name, room_id, &[]).unwrap();
}

pub(crate) fn inviting(name: &str, room_id: &RoomId) -> Action {
    Action::Invite { room_id: room_id.clone(), target: user(name), reason: None }
}

pub(crate) fn leaving(room_id: &RoomId) -> Action {
    Action::Leave { room_id: room_id.clone(), reason: None }
}

pub(crate) fn joining(room_id: &RoomId, via: &[u8]) -> Action {
    Action::Join { room_id: room_id.clone(), via: via.iter().copied().map(server).collect() }
}

pub(crate) fn knocking(room_id: &RoomId, via: &[u8]) -> Action {
    let via = via.iter().copied().map(server).collect();
    Action::Knock { room_id: room_id.clone(), via, reason: Some("please".to_owned()) }
}

pub(crate) fn state(room_id: &RoomId, event_type: &str, key: &str, content: &Json) -> Action {
    Action::Send {
        room_id: room_id.clone(),
        event_type: event_type.to_owned(),
        state_key: Some(key.to_owned()),
        content: object(content),
    }
}

pub(crate) fn message(room_id: &RoomId, text: &str) -> Action {
    Action::Send {
        room_id: room_id.clone(),
        event_type: "m.room.message".to_owned(),
        state_key: None,
        content: object(&json!({ "body": text, "msgtype": "m.text" })),
    }
}

pub(crate) fn invite(
    network: &mut Network,
    by: &str,
    name: &str,
    room_id: &RoomId,
) -> Result<Done, Denial> {
    act(network, by, inviting(name, room_id))
}

pub(crate) fn leave(network: &mut Network, name: &str, room_id: &RoomId) -> Result<Done, Denial> {
    act(network, name, leaving(room_id))
}

pub(crate) fn join(
    network: &mut Network,
    name: &str,
    room_id: &RoomId,
    via: &[u8],
) -> Result<Done, Denial> {
    act(network, name, joining(room_id, via))
}

pub(crate) fn knock(
    network: &mut Network,
    name: &str,
    room_id: &RoomId,
    via: &[u8],
) -> Result<Done, Denial> {
    act(network, name, knocking(room_id, via))
}

/// The membership that a server's view of the room gives a user.
pub(crate) fn status(network: &Network, name: &str, room_id: &RoomId) -> Option<&'static str> {
    let user = user(name);
    let server = network.server(&user.server_name()).unwrap();
    server.view(&user, room_id).map(|view| Status::as_str(&view.status))
}

/// The membership in the current state of the room at a server.
pub(crate) fn membership(
    network: &Network,
    at: u8,
    name: &str,
    room_id: &RoomId,
) -> Option<String> {
    let member = entry(network, at, "m.room.member", user(name).as_str(), room_id)?;
    Some(member["content"]["membership"].as_str()?.to_owned())
}

/// An entry of the current state of the room at a server.
pub(crate) fn entry(
    network: &Network,
    at: u8,
    event_type: &str,
    state_key: &str,
    room_id: &RoomId,
) -> Option<Json> {
    let room = network.server(&server(at)).unwrap().room(room_id)?;
    let mut entries = room.entries(room.current_state());
    let (_, _, id) =
        entries.find(|(kind, key, _)| kind.as_str() == event_type && *key == state_key)?;
    Some(serde_json::from_str(room.event(id)?.text()).unwrap())
}

/// The room as each server has it, down to the last byte of what it took in.
pub(crate) fn rooms(network: &Network, room_id: &RoomId) -> Vec<Option<Fingerprint>> {
    let room = |server: &Homeserver| server.room(room_id).map(exeunt_room::Room::fingerprint);
    network.servers().map(room).collect()
}

/// Whether those servers agree on the room's state, and none has it in part.
pub(crate) fn agree(network: &Network, servers: &[u8], room_id: &RoomId) -> bool {
    let state = |at: &u8| {
        let room = network.server(&server(*at)).unwrap().room(room_id)?;
        let mut ids: Vec<_> =
            room.event_ids(room.current_state()).into_iter().map(ToString::to_string).collect();
        ids.sort();
        Some(ids)
    };
    let states: Vec<_> = servers.iter().map(state).collect();
    states.iter().all(|state| state.is_some() && *state == states[0])
}
