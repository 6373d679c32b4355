//! Reading messages and networks from outside, with no help of the homeserver that is looked at.

use std::collections::BTreeMap;

use exeunt_event::content::Membership;
use exeunt_event::json::Object;
use exeunt_event::{RoomId, ServerName, UserId};
use exeunt_homeserver::{Body, Homeserver, Message, Network, Request, Response, Status, XMatrix};
use exeunt_room::{Fingerprint, Room};

use crate::{Answer, Witness};

/// The decoded segments of a request's path, without the two that all have.
pub(super) fn path(request: &Request) -> Option<Vec<String>> {
    let path = request.uri.split('?').next()?.strip_prefix("/_matrix/federation/")?;
    path.split('/').map(decoded).collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// Whom the request says that it is from.
pub(super) fn origin(request: &Request) -> Option<ServerName> {
    let header = request.authorization.iter().find_map(|header| XMatrix::parse(header))?.ok()?;
    ServerName::parse(&header.origin).ok()
}

pub(super) fn request(message: &Message) -> Option<&Request> {
    match &message.body {
        Body::Request(request) => Some(request),
        Body::Answer(_) => None,
    }
}

pub(super) fn is_success(response: &Response) -> bool {
    (200..300).contains(&response.status)
}

pub(super) fn room<'n>(
    network: &'n Network,
    server: &ServerName,
    room_id: &RoomId,
) -> Option<&'n Room> {
    network.server(server)?.room(room_id)
}

/// What stands for everything that happened to each room of a server.
pub(super) fn rooms(server: &Homeserver) -> BTreeMap<&RoomId, Fingerprint> {
    server.rooms().map(|(id, room)| (id, room.fingerprint())).collect()
}

pub(super) fn status<'n>(
    network: &'n Network,
    user: &UserId,
    room_id: &RoomId,
) -> Option<&'n Status> {
    Some(&network.server(&user.server_name())?.view(user, room_id)?.status)
}

/// The membership in the room's current state.
pub(super) fn membership(room: &Room, user: &UserId) -> Option<Membership> {
    room.view(room.current_state()).membership(user.as_str())
}

/// A string of an event's content.
pub(super) fn content<'o>(event: &'o Object<'_>, key: &str) -> Option<&'o str> {
    event.get("content")?.as_object()?.get(key)?.as_str()
}

/// Broken, in the step of that number, unless it is so.
pub(super) fn at(step: usize, is_so: bool, otherwise: impl FnOnce() -> String) -> Answer {
    Answer::of(is_so, || Witness::new(otherwise(), []).in_step(step))
}
