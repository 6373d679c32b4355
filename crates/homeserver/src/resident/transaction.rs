//! Transactions: PDUs and EDUs that other servers send.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv1sendtxnid>

use exeunt_event::content::{Content, Membership};
use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventType, RoomId, ServerName, UserId};
use exeunt_room::{Context, Input as RoomInput, Outcome, Standing, check};
use exeunt_version::{Mutant, RoomIds};

use crate::outbox::MOST_PDUS;
use crate::turn::{Turn, pdu};
use crate::view::Status;
use crate::{Output, Refusal, Response};

/// How many EDUs a transaction has at most.
const MOST_EDUS: usize = 100;

impl Turn {
    pub(super) fn take_transaction(
        &mut self,
        origin: &ServerName,
        transaction_id: &str,
        body: &Object<'_>,
    ) -> Result<Response, Refusal> {
        let mut answered = self.server.answered.iter();
        let is_this = |(from, id, _): &&(ServerName, String, Response)| {
            from == origin && id == transaction_id
        };
        if let Some((_, _, response)) = answered.find(is_this) {
            return Ok(response.clone());
        }
        let pdus = list(body, "pdus", MOST_PDUS)?.ok_or(Refusal::MissingParam("pdus"))?;
        let edus = list(body, "edus", MOST_EDUS)?.unwrap_or_default();
        let mut results = Object::new();
        for value in pdus {
            // What has no ID that can be told has no place in the answer.
            let Some((id, outcome)) = self.take_pdu(origin, value) else { continue };
            let mut result = Object::new();
            if let Err(error) = outcome {
                result.insert("error", error);
            }
            results.insert(id, result);
        }
        for value in edus {
            if let Some(edu) = value.as_object().and_then(|edu| self.passed(origin, edu)) {
                self.outputs.push(Output::Edu { origin: origin.clone(), edu });
            }
        }
        let response = Response::ok(&Object::from_iter([("pdus", results)]));
        let entry = (origin.clone(), transaction_id.to_owned(), response.clone());
        self.server.answered.push_back(entry);
        Ok(response)
    }

    /// One PDU: its ID, if there is one, and what became of it.
    fn take_pdu(
        &mut self,
        origin: &ServerName,
        value: &Value<'_>,
    ) -> Option<(String, Result<(), String>)> {
        let object = value.as_object()?;
        let room_id = self.room_of(object)?;
        let Some(hosted) = self.server.rooms.get(&room_id) else {
            return self.take_stray(origin, &room_id, object);
        };
        let version = hosted.room.version().clone();
        let event = Event::from_object(object, &version).ok()?;
        let id = event.event_id().to_string();
        let of_sender = event.sender().server_name();
        let is_of_sender = version.is_mutant(Mutant::AclOfSender);
        // The ACL is about who sends, not about whose event it is.
        let sending = if is_of_sender { &of_sender } else { origin };
        if hosted.denies(sending, self.server.features()) {
            let denied = Refusal::DeniedByAcl { origin: origin.to_string() };
            return Some((id, Err(denied.to_string())));
        }
        if !hosted.has(&self.server.name) {
            return match self.take_stray(origin, &room_id, object) {
                Some(result) => Some(result),
                None => Some((id, Err(Refusal::NotResident.to_string()))),
            };
        }
        let receipt = self.take_in(&room_id, &RoomInput::Pdu(pdu(&event)))?;
        let result = match receipt.outcome {
            Outcome::Decided(Standing::Accepted | Standing::SoftFailed(_)) | Outcome::Known => {
                Ok(())
            }
            Outcome::Decided(Standing::Rejected(refusal)) => {
                let check = refusal.check.number();
                Err(format!("The event is rejected at check {check}: {}.", refusal.reason))
            }
            Outcome::Dropped(dropped) => Err(format!("The event is dropped: {dropped}.")),
            Outcome::Pending { .. } => {
                self.fetch(&room_id, event.event_id(), origin);
                Ok(())
            }
        };
        Some((id, result))
    }

    /// The room that a PDU is of: in some room versions that of a create event has no `room_id`,
    /// but then there can be no room yet that it would be received for.
    fn room_of(&self, object: &Object<'_>) -> Option<RoomId> {
        if let Some(room_id) = object.get("room_id") {
            return room_id.as_str().map(RoomId::from_received);
        }
        let derived = |room_ids| room_ids == RoomIds::CreateEvent;
        let versions = self.server.versions.values();
        let mut versions = versions.filter(|version| derived(version.capabilities.room_ids));
        versions.find_map(|version| {
            let event = Event::from_object(object, version).ok()?;
            self.server.rooms.contains_key(event.room_id()).then(|| event.room_id().clone())
        })
    }

    /// A PDU of a room that the server is not in. Only one is of use: that who invited a local user
    /// has taken the invite back, or that a knock was denied. The rules cannot be checked, so it is
    /// believed to its sender alone whose word the invite was, or whose server was knocked at.
    fn take_stray(
        &mut self,
        origin: &ServerName,
        room_id: &RoomId,
        object: &Object<'_>,
    ) -> Option<(String, Result<(), String>)> {
        let user = object.get("state_key").and_then(Value::as_str);
        let user = user.and_then(|key| UserId::parse(key).ok())?;
        let view = self.server.view(&user, room_id)?;
        let (stripped, is_knock) = match &view.status {
            Status::Invited(stripped) => (stripped, false),
            Status::Knocked(stripped) => (stripped, true),
            _ => return None,
        };
        let shown = stripped.event.event_id().clone();
        let version = self.server.version(&stripped.room_version)?;
        let event = Event::from_object(object, &version).ok()?;
        let id = event.event_id().to_string();
        let context = Context { keys: Some(&self.server.keys) };
        if let Err((_, dropped)) = check(event.text().as_bytes(), &version, context) {
            return Some((id, Err(format!("The event is dropped: {dropped}."))));
        }
        let is_believed = event.sender().domain() == origin.as_str()
            && if is_knock {
                // The first is the one that was knocked at.
                stripped.servers.first() == Some(origin)
            } else {
                event.sender() == stripped.event.sender()
            };
        let status = match event.content() {
            Content::Member(member) if *event.event_type() == EventType::Member => {
                match member.membership {
                    Some(Membership::Leave) => Some(Status::Left),
                    Some(Membership::Ban) => Some(Status::Banned),
                    _ => None,
                }
            }
            _ => None,
        };
        match status.filter(|_| is_believed) {
            Some(status) => {
                self.server.set_status(&user, room_id, status);
                // One that does not cite it may be late, and of an earlier one.
                if event.auth_events().contains(&shown) {
                    self.server.end(&user, room_id, shown);
                    self.server.leave_told(&user, room_id, &event);
                }
                Some((id, Ok(())))
            }
            None => Some((id, Err(Refusal::UnknownRoom.to_string()))),
        }
    }

    /// An EDU without what it says about rooms whose ACL denies the origin; `None` if nothing is
    /// left.
    ///
    /// <https://spec.matrix.org/v1.19/server-server-api/#server-access-control-lists-acls>
    fn passed(&self, origin: &ServerName, edu: &Object<'_>) -> Option<Object<'static>> {
        let features = self.server.features();
        let is_denied = |room: &str| {
            let hosted = self.server.rooms.get(&RoomId::from_received(room));
            hosted.is_some_and(|hosted| hosted.denies(origin, features))
        };
        let mut edu = edu.clone().into_owned();
        match edu.get("edu_type").and_then(Value::as_str)? {
            "m.typing" => {
                let content = edu.get("content").and_then(Value::as_object)?;
                let room = content.get("room_id").and_then(Value::as_str)?;
                (!is_denied(room)).then_some(edu)
            }
            "m.receipt" => {
                let content = edu.get_mut("content").and_then(Value::as_object_mut)?;
                content.retain(|room, _| !is_denied(room));
                (!content.is_empty()).then_some(edu)
            }
            _ => Some(edu),
        }
    }
}

fn list<'b>(
    body: &'b Object<'_>,
    name: &'static str,
    most: usize,
) -> Result<Option<&'b [Value<'b>]>, Refusal> {
    let Some(value) = body.get(name) else { return Ok(None) };
    let list = value.as_array();
    let list = list.ok_or_else(|| Refusal::BadJson(format!("`{name}` is no array.")))?;
    if list.len() > most {
        let count = list.len();
        return Err(Refusal::BadJson(format!("`{name}` has {count} entries, more than {most}.")));
    }
    Ok(Some(list))
}
