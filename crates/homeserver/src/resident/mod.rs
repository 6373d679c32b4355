//! What a homeserver answers to other servers.

mod history;
mod invite;
mod make;
mod restricted;
mod send;
mod transaction;

use exeunt_event::json::{Object, Value};
use exeunt_event::{EventError, RoomId, ServerName};

use crate::hosted::Hosted;
use crate::turn::Turn;
use crate::{Endpoint, Refusal, Request, Response, authenticate};

impl Turn {
    /// Answers a request.
    pub(crate) fn serve(&mut self, request: &Request) -> Result<Response, Refusal> {
        let endpoint = Endpoint::of(request, self.server.features())?;
        let body = body(request, &endpoint, self.server.forbids_duplicate_keys())?;
        let (name, keys) = (&self.server.name, &self.server.keys);
        let authenticated = authenticate(request, name, keys, self.now)?;
        let origin = authenticated.origin();
        match endpoint {
            Endpoint::Make { handshake, room_id, user_id, versions } => {
                self.make(origin, handshake, &room_id, &user_id, versions.as_deref())
            }
            Endpoint::Send { handshake, form, room_id, event_id, omit_members } => {
                let sent = send::Sent { handshake, form, room_id, event_id, omit_members };
                self.take_sent(origin, &sent, &body)
            }
            Endpoint::Invite { form, room_id, event_id } => {
                self.take_invite(origin, form, (&room_id, &event_id), &body)
            }
            Endpoint::Transaction { transaction_id } => {
                self.take_transaction(origin, &transaction_id, &body)
            }
            Endpoint::Event { event_id } => self.give_event(origin, &event_id),
            Endpoint::EventAuth { room_id, event_id } => {
                self.give_event_auth(origin, &room_id, &event_id)
            }
            Endpoint::State { room_id, event_id, ids } => {
                self.give_state(origin, &room_id, &event_id, ids)
            }
            Endpoint::Backfill { room_id, from, limit } => {
                self.give_backfill(origin, &room_id, &from, limit)
            }
            Endpoint::MissingEvents { room_id } => self.give_missing(origin, &room_id, &body),
        }
    }

    /// A room that this server is in, if its ACL lets the origin ask about it.
    fn open_to(&self, origin: &ServerName, room_id: &RoomId) -> Result<&Hosted, Refusal> {
        let hosted = self.server.rooms.get(room_id).ok_or(Refusal::UnknownRoom)?;
        if hosted.denies(origin, self.server.features()) {
            return Err(Refusal::DeniedByAcl { origin: origin.to_string() });
        }
        if hosted.has(&self.server.name) { Ok(hosted) } else { Err(Refusal::NotResident) }
    }

    /// A room that the origin is in, for what is for servers in the room alone. Whether this server
    /// is in it still does not matter: it may be the only one that others know of.
    fn shared_with(&self, origin: &ServerName, room_id: &RoomId) -> Result<&Hosted, Refusal> {
        let hosted = self.server.rooms.get(room_id).ok_or(Refusal::UnknownRoom)?;
        if hosted.denies(origin, self.server.features()) {
            return Err(Refusal::DeniedByAcl { origin: origin.to_string() });
        }
        if hosted.has(origin) {
            Ok(hosted)
        } else {
            Err(Refusal::OriginNotInRoom { origin: origin.to_string() })
        }
    }
}

/// The body of a request: an object, where the endpoint takes one.
fn body<'r>(
    request: &'r Request,
    endpoint: &Endpoint,
    forbids_duplicate_keys: bool,
) -> Result<Object<'r>, Refusal> {
    let is_read = matches!(
        endpoint,
        Endpoint::Send { .. }
            | Endpoint::Invite { .. }
            | Endpoint::Transaction { .. }
            | Endpoint::MissingEvents { .. }
    );
    if !is_read {
        return Ok(Object::new());
    }
    let bytes = request.body.as_deref().unwrap_or_default();
    let parsed = exeunt_event::json::parse_any(bytes);
    let parsed = parsed.map_err(|error| Refusal::NotJson(error.to_string()))?;
    if let Some(twice) = parsed.duplicates.first().filter(|_| forbids_duplicate_keys) {
        return Err(Refusal::NotJson(format!("an object has the key {:?} twice", twice.key)));
    }
    match parsed.value {
        Value::Object(object) => Ok(object),
        _ => Err(Refusal::BadJson("The body is no object.".to_owned())),
    }
}

/// Why an object is no event.
pub(crate) fn no_event(error: &EventError) -> Refusal {
    match error {
        EventError::Missing(field) => Refusal::MissingParam(field),
        error => Refusal::BadJson(format!("The event is malformed: {error}.")),
    }
}
