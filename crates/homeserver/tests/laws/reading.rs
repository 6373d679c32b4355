//! Reading networks and messages from outside.

use std::collections::BTreeMap;

use exeunt_event::json::{Object, Value, parse_any};
use exeunt_event::{Event, RoomId, ServerName, UserId};
use exeunt_homeserver::{Body, Homeserver, Message, Network, Request, Response, Status, XMatrix};
use exeunt_room::{Fingerprint, Room};

/// The decoded segments of a request's path, without the two that all have.
pub(crate) fn path(request: &Request) -> Option<Vec<String>> {
    let path = request.uri.split('?').next()?.strip_prefix("/_matrix/federation/")?;
    path.split('/').map(decoded).collect()
}

fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

/// Whom the request says that it is from.
pub(crate) fn origin(request: &Request) -> Option<ServerName> {
    let header = request.authorization.iter().find_map(|header| XMatrix::parse(header))?.ok()?;
    ServerName::parse(&header.origin).ok()
}

pub(crate) fn object(bytes: &[u8]) -> Option<Object<'static>> {
    match parse_any(bytes).ok()?.value.into_owned() {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

pub(crate) fn request(message: &Message) -> Option<&Request> {
    match &message.body {
        Body::Request(request) => Some(request),
        Body::Answer(_) => None,
    }
}

/// The answer to a request that was just delivered.
pub(crate) fn answer<'m>(
    to: &Message,
    mut sent: impl Iterator<Item = &'m Message>,
) -> Option<&'m Response> {
    sent.find_map(|message| match &message.body {
        Body::Answer(Some(response)) if message.id == to.id && message.from == to.to => {
            Some(response)
        }
        _ => None,
    })
}

pub(crate) fn is_success(response: &Response) -> bool {
    (200..300).contains(&response.status)
}

pub(crate) fn room<'n>(
    network: &'n Network,
    server: &ServerName,
    room_id: &RoomId,
) -> Option<&'n Room> {
    network.server(server)?.room(room_id)
}

/// What stands for everything that happened to each room of a server.
pub(crate) fn rooms(server: &Homeserver) -> BTreeMap<RoomId, Fingerprint> {
    server.rooms().map(|(id, room)| (id.clone(), room.fingerprint())).collect()
}

pub(crate) fn status<'n>(
    network: &'n Network,
    user: &UserId,
    room_id: &RoomId,
) -> Option<&'n Status> {
    Some(&network.server(&user.server_name())?.view(user, room_id)?.status)
}

/// The current state entry.
pub(crate) fn entry(room: &Room, event_type: &str, state_key: &str) -> Option<Event> {
    let mut entries = room.entries(room.current_state());
    let (_, _, id) =
        entries.find(|(kind, key, _)| kind.as_str() == event_type && *key == state_key)?;
    room.event(id)
}

/// A string of the event's content.
pub(crate) fn content(event: &Event, key: &str) -> Option<String> {
    let object = event.object();
    Some(object.get("content")?.as_object()?.get(key)?.as_str()?.to_owned())
}

pub(crate) fn membership(room: &Room, user: &UserId) -> Option<String> {
    content(&entry(room, "m.room.member", user.as_str())?, "membership")
}
