//! Invites of local users by other servers.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#inviting-to-a-room>

use std::sync::Arc;

use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventId, EventType, RoomId, ServerName, UserId, format};
use exeunt_room::{Context, Standing, check};
use exeunt_version::{RoomIds, RoomVersion};

use super::no_event;
use crate::signing::Ready;
use crate::turn::Turn;
use crate::view::{Status, Stripped};
use crate::{Form, Refusal, Response};

/// A room version whose events have the form of those of versions 1 and 2: "servers which receive a
/// v1 invite request must assume that the room version is either "1" or "2"".
const ASSUMED: &str = "1";

impl Turn {
    pub(super) fn take_invite(
        &mut self,
        origin: &ServerName,
        form: Form,
        (room_id, event_id): (&RoomId, &EventId),
        body: &Object<'_>,
    ) -> Result<Response, Refusal> {
        let (name, object, told) = match form {
            Form::V1 => {
                let unsigned = body.get("unsigned").and_then(Value::as_object);
                (ASSUMED, body, unsigned.and_then(|unsigned| unsigned.get("invite_room_state")))
            }
            Form::V2 => {
                let name = text(body, "room_version")?;
                let event = body.get("event").ok_or(Refusal::MissingParam("event"))?;
                let no_object = || Refusal::BadJson("`event` is no object.".to_owned());
                (name, event.as_object().ok_or_else(no_object)?, body.get("invite_room_state"))
            }
        };
        let unsupported = || Refusal::IncompatibleRoomVersion { room_version: name.to_owned() };
        let version = self.server.version(name).ok_or_else(unsupported)?;
        let event = Event::from_object(object, &version).map_err(|error| no_event(&error))?;
        format::check(&event, &version)
            .map_err(|error| self.dropped(&exeunt_room::Dropped::Format(error)))?;
        let wrong = |reason: String| Err(Refusal::InvalidParam(reason));
        if event.room_id() != room_id {
            return wrong(format!("The event is of the room {}.", event.room_id()));
        }
        if event.event_id() != event_id {
            return wrong(format!("The event's ID is {}.", event.event_id()));
        }
        let ready = Ready::from_invite(&event, &version, origin, &self.server.name)?;
        let context = Context { keys: Some(&self.server.keys) };
        let checked = check(event.text().as_bytes(), &version, context)
            .map_err(|(_, dropped)| self.dropped(&dropped))?;
        if checked.is_redacted() {
            return wrong("The content hash is wrong.".to_owned());
        }
        if let Some(hosted) = self.server.rooms.get(room_id)
            && hosted.denies(origin, self.server.features())
        {
            return Err(Refusal::DeniedByAcl { origin: origin.to_string() });
        }
        let target = event.state_key().and_then(|key| UserId::parse(key).ok());
        let target = target.ok_or(Refusal::MissingParam("state_key"))?;
        let state = self.check_told(told, &version, room_id)?;
        if self.server.blocks_invites(&target) {
            let has_code = self.server.features().invite_blocking;
            return Err(Refusal::InviteBlocked { has_code });
        }
        let signed = self.sign(ready)?;
        let mut answered = signed.object().into_owned();
        // "All other fields of the events should remain untouched."
        if let Some(unsigned) = object.get("unsigned") {
            answered.insert("unsigned", unsigned.clone().into_owned());
        }
        // A server that is in the room sees the invite when it enters the room. If it saw that and
        // is not in the room any more, the request is a repeated one.
        let hosted = self.server.rooms.get(room_id);
        let record = hosted.and_then(|hosted| hosted.room.record(event_id));
        let was_seen = record.is_some_and(|record| *record.standing() == Standing::Accepted);
        if !was_seen && !self.server.is_resident(room_id) {
            let servers = Stripped::servers_by(event.sender().server_name(), &state);
            let room_version = name.to_owned();
            let stripped = Stripped { room_version, event: signed, state, servers };
            self.server.set_status(&target, room_id, Status::Invited(Box::new(stripped)));
        }
        let answer = Object::from_iter([("event", answered)]);
        Ok(match form {
            Form::V1 => Response::ok_pair(answer),
            Form::V2 => Response::ok(&answer),
        })
    }

    /// What accompanies the invite, without entries that are not valid where they are let pass.
    fn check_told(
        &self,
        told: Option<&Value<'_>>,
        version: &Arc<RoomVersion>,
        room_id: &RoomId,
    ) -> Result<Vec<Event>, Refusal> {
        let is_strict = self.server.features().create_event_in_invites
            && (self.server.settings.check_every_invite_state
                || version.capabilities.room_ids == RoomIds::CreateEvent);
        let entries = told.and_then(Value::as_array).unwrap_or_default();
        let mut valid = Vec::with_capacity(entries.len());
        for entry in entries {
            match self.valid_entry(entry, version, room_id) {
                Ok(event) => valid.push(event),
                Err(reason) if is_strict => {
                    let reason = format!("An entry of invite_room_state {reason}.");
                    return Err(Refusal::InvalidParam(reason));
                }
                Err(_) => {}
            }
        }
        let has_create = valid.iter().any(|event| *event.event_type() == EventType::Create);
        if is_strict && !has_create {
            let reason = "The create event is not among invite_room_state.";
            return Err(Refusal::InvalidParam(reason.to_owned()));
        }
        Ok(valid)
    }

    /// A PDU that came beside an invite or knock, if it is a state event of the room.
    pub(crate) fn valid_entry(
        &self,
        entry: &Value<'_>,
        version: &RoomVersion,
        room_id: &RoomId,
    ) -> Result<Event, String> {
        let object = entry.as_object().ok_or("is no object")?;
        let context = Context { keys: Some(&self.server.keys) };
        let checked = check(object.as_received().as_bytes(), version, context)
            .map_err(|(_, dropped)| format!("is not valid: {dropped}"))?;
        let event = checked.event();
        if event.room_id() != room_id {
            return Err(format!("is of the room {}", event.room_id()));
        }
        if event.state_key().is_none() {
            return Err("is no state event".to_owned());
        }
        Ok(event.clone())
    }
}

fn text<'b>(body: &'b Object<'_>, name: &'static str) -> Result<&'b str, Refusal> {
    let value = body.get(name).ok_or(Refusal::MissingParam(name))?;
    value.as_str().ok_or_else(|| Refusal::BadJson(format!("`{name}` is no string.")))
}
