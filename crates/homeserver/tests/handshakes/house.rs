//! Servers `hs1`, `hs2`, … and what their users do.

use exeunt_event::json::Object;
use exeunt_event::signatures::SigningKey;
use exeunt_event::{RoomId, ServerName, UserId};
use exeunt_homeserver::{Action, Denial, Done, Homeserver, Network, Settings, Status};

pub(crate) const NOW: i64 = 1_700_000_000_000;
pub(crate) const VERSIONS: [&str; 12] =
    ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];

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

/// Does it, and lets everything that follows happen.
pub(crate) fn act(network: &mut Network, name: &str, action: Action) -> Result<Done, Denial> {
    let id = network.act(&user(name), action).unwrap();
    network.settle(10_000);
    network.pass(1);
    network.settle(10_000);
    network.outcome(id).unwrap().clone()
}

pub(crate) fn json(text: &str) -> Object<'static> {
    let parsed = exeunt_event::json::parse_any(text.as_bytes()).unwrap();
    parsed.value.as_object().unwrap().clone().into_owned()
}

/// A room of alice's with a join rule.
pub(crate) fn room(network: &mut Network, version: &str, join_rules: &str) -> RoomId {
    let done = act(
        network,
        "alice",
        Action::Create {
            room_id: RoomId::parse("!room:hs1").unwrap(),
            room_version: version.to_owned(),
            content: Object::new(),
            initial_state: vec![("m.room.join_rules".to_owned(), String::new(), json(join_rules))],
        },
    );
    match done.unwrap() {
        Done::Sent { room_id, .. } => room_id,
        done => panic!("{done:?}"),
    }
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
    let room = network.server(&server(at)).unwrap().room(room_id)?;
    let user = user(name);
    let mut entries = room.entries(room.current_state());
    let (_, _, id) =
        entries.find(|(kind, key, _)| kind.as_str() == "m.room.member" && *key == user.as_str())?;
    let event = room.event(id)?;
    let object = event.object();
    let content = object.get("content")?.as_object()?;
    Some(content.get("membership")?.as_str()?.to_owned())
}
