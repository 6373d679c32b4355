//! What a room is at one of the servers.

use exeunt_event::content::Content;
use exeunt_event::{EventType, RoomId, ServerName, UserId};
use exeunt_homeserver::{Homeserver, Network};
use exeunt_room::Room;

/// A server's side of the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) server: ServerName,
    /// Whether a user of the server is joined.
    pub(super) is_resident: bool,
    pub(super) room: Option<Known>,
    /// What the user sees, at their own server.
    pub(super) view: Option<View>,
}

/// A room that a server knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// The user's membership in the current state.
    pub(super) membership: Option<String>,
    /// How many entries the current state has.
    pub(super) entries: usize,
    pub(super) extremities: Vec<String>,
}

/// What a user sees of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    /// `None` if it is as if there were no such room.
    pub(super) membership: Option<&'static str>,
    /// Whether nobody in the room was told that they left.
    pub(super) untold: bool,
}

/// All sides of a room, with what it has of a user.
pub(super) fn sides(network: &Network, room_id: &RoomId, user: &UserId) -> Vec<Side> {
    network.servers().map(|server| side(server, room_id, user)).collect()
}

fn side(server: &Homeserver, room_id: &RoomId, user: &UserId) -> Side {
    let is_theirs = *server.name() == user.server_name();
    let view = is_theirs.then(|| {
        let view = server.view(user, room_id);
        View {
            membership: view.map(|view| view.status.as_str()),
            untold: view.is_some_and(|view| view.untold),
        }
    });
    Side {
        server: server.name().clone(),
        is_resident: server.is_resident(room_id),
        room: server.room(room_id).map(|room| known(room, user)),
        view,
    }
}

fn known(room: &Room, user: &UserId) -> Known {
    let state = room.current_state();
    let mut entries = room.entries(state);
    let member =
        entries.find(|(kind, key, _)| **kind == EventType::Member && *key == user.as_str());
    let membership = member.and_then(|(_, _, id)| match room.event(id)?.content() {
        Content::Member(member) => Some(member.membership?.as_str().to_owned()),
        _ => None,
    });
    let extremities = room.forward_extremities().into_iter().map(ToString::to_string).collect();
    Known { membership, entries: state.len(), extremities }
}
