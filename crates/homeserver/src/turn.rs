//! One step of a homeserver.

use std::collections::BTreeSet;
use std::sync::Arc;

use exeunt_event::content::{Content, Membership};
use exeunt_event::{Event, EventId, RoomId, ServerName, UserId};
use exeunt_room::{
    Checked, Context, DroppedEvent, Input as RoomInput, Outcome, Receipt, Room, Standing, check,
};

use crate::awaited::Awaited;
use crate::hosted::Hosted;
use crate::outbox::MOST_PDUS;
use crate::signing::{Draft, Ready};
use crate::view::{Stripped, status_of};
use crate::{Denial, Done, Homeserver, Input, Output, Refusal, Response};

/// A homeserver during one step.
pub(crate) struct Turn {
    pub(crate) server: Homeserver,
    pub(crate) now: i64,
    pub(crate) outputs: Vec<Output>,
}

impl Turn {
    pub(crate) fn new(server: Homeserver, now: i64) -> Self {
        Self { server, now, outputs: Vec::new() }
    }

    pub(crate) fn take(&mut self, input: Input) {
        match input {
            Input::Request { id, request } => {
                let response = self.serve(&request).unwrap_or_else(Response::from);
                self.outputs.push(Output::Answer { id, response });
            }
            Input::Answer { id, response } => {
                if let Some(awaited) = self.server.awaited.remove(&id) {
                    self.answered(awaited, response.as_ref());
                }
            }
            Input::Client { id, user, action } => self.act(id, &user, action),
            Input::Keys(mut keys) => {
                let (name, key_id) = (self.server.name.as_str(), self.server.signer.key_id());
                if let Some(own) = self.server.keys.get(name, key_id) {
                    keys.insert(name, key_id, own.clone());
                }
                self.server.keys = Arc::new(keys);
            }
            Input::Retry => {
                let waiting: Vec<_> = self.server.outboxes.keys().cloned().collect();
                for server in &waiting {
                    self.deliver(server);
                }
            }
        }
    }

    /// Asks another server.
    pub(crate) fn ask(
        &mut self,
        to: &ServerName,
        (method, uri): (&str, &str),
        content: Option<&exeunt_event::json::Object<'_>>,
        awaited: Awaited,
    ) {
        let id = self.server.next;
        self.server.next += 1;
        let features = self.server.features();
        let request = self.server.signer.request(method, uri, to, content, features);
        self.server.awaited.insert(id, awaited);
        self.outputs.push(Output::Request { id, to: to.clone(), request });
    }

    pub(crate) fn tell(&mut self, id: u64, outcome: Result<Done, Denial>) {
        self.outputs.push(Output::Client { id, outcome });
    }

    /// A room that the server is in.
    pub(crate) fn resident_room(&self, room_id: &RoomId) -> Result<&Hosted, Refusal> {
        let hosted = self.server.rooms.get(room_id).ok_or(Refusal::UnknownRoom)?;
        if hosted.has(&self.server.name) { Ok(hosted) } else { Err(Refusal::NotResident) }
    }

    /// Sends an event of a local user into a room that the server is in.
    pub(crate) fn send(&mut self, room_id: &RoomId, draft: &Draft) -> Result<EventId, Refusal> {
        let hosted = self.resident_room(room_id)?;
        let ready = Ready::from_draft(&hosted.room, draft, self.now)?;
        let event = self.sign(ready)?;
        self.enter(room_id, &event, &RoomInput::Sent(pdu(&event)), None)?;
        Ok(event.event_id().clone())
    }

    pub(crate) fn sign(&self, ready: Ready) -> Result<Event, Refusal> {
        self.server.signer.sign(ready).map_err(|error| Refusal::BadJson(error.to_string()))
    }

    /// Lets an event enter a room if it is accepted, and tells the room's other servers; else the
    /// room stays as it is. `from` is the server that knows of the event.
    pub(crate) fn enter(
        &mut self,
        room_id: &RoomId,
        event: &Event,
        input: &RoomInput,
        from: Option<&ServerName>,
    ) -> Result<(), Refusal> {
        let hosted = self.server.rooms.get(room_id).ok_or(Refusal::UnknownRoom)?;
        let context = Context { keys: Some(&self.server.keys) };
        let checked = check(input.pdu(), hosted.room.version(), context);
        self.enter_checked(room_id, event, checked, input, from)
    }

    /// [`Turn::enter`], of an event that has been through checks 1 to 3 already.
    pub(crate) fn enter_checked(
        &mut self,
        room_id: &RoomId,
        event: &Event,
        checked: Result<Checked, DroppedEvent>,
        input: &RoomInput,
        from: Option<&ServerName>,
    ) -> Result<(), Refusal> {
        let hosted = self.server.rooms.get(room_id).ok_or(Refusal::UnknownRoom)?;
        let keys = Arc::clone(&self.server.keys);
        let mut room = hosted.room.clone();
        let receipt = room.take_checked_input(checked, input, Context { keys: Some(&keys) });
        match &receipt.outcome {
            Outcome::Decided(Standing::Accepted) => {}
            Outcome::Known => {
                // It was sent before, and what became of it then holds.
                let standing =
                    room.record(event.event_id()).map(|record| record.standing().clone());
                return match standing {
                    Some(standing) => refused(&standing, room.version()),
                    None => Err(Refusal::MissingEvents),
                };
            }
            Outcome::Decided(standing) => return refused(standing, room.version()),
            Outcome::Pending { .. } => return Err(Refusal::MissingEvents),
            Outcome::Dropped(dropped) => return Err(self.dropped(dropped)),
        }
        let before: BTreeSet<ServerName> = hosted.servers().cloned().collect();
        self.replace(room_id, room);
        self.broadcast(room_id, event, before, from);
        Ok(())
    }

    /// Tells every server of the room before or after the event, and its target's server.
    fn broadcast(
        &mut self,
        room_id: &RoomId,
        event: &Event,
        mut servers: BTreeSet<ServerName>,
        from: Option<&ServerName>,
    ) {
        servers.extend(self.server.servers_in(room_id).cloned());
        let is_member = *event.event_type() == exeunt_event::EventType::Member;
        // Who was invited or knocked is in no room that would tell their server. The invite itself
        // that server has signed.
        let is_invite = matches!(event.content(),
            Content::Member(member) if member.membership == Some(Membership::Invite));
        let target = event.state_key().filter(|_| is_member && !is_invite);
        if let Some(user) = target.and_then(|key| UserId::parse(key).ok()) {
            servers.insert(user.server_name());
        }
        servers.remove(&self.server.name);
        if let Some(from) = from {
            servers.remove(from);
        }
        for server in servers {
            let outbox = self.server.outboxes.entry(server.clone()).or_default();
            outbox.pdus.push_back(event.text().into());
            self.deliver(&server);
        }
    }

    /// Sends what waits for a server, unless something is on its way there.
    pub(crate) fn deliver(&mut self, to: &ServerName) {
        use exeunt_event::json::{Object, Value, parse_any};
        let Some(outbox) = self.server.outboxes.get_mut(to) else { return };
        if outbox.in_flight > 0 || outbox.pdus.is_empty() {
            return;
        }
        // "The sending server must wait and retry for a 200 OK response before sending a
        // transaction with a different `txnId`": the same is sent again, and not more with it.
        let another = (self.server.next, outbox.pdus.len().min(MOST_PDUS));
        let (number, count) = *outbox.transaction.get_or_insert(another);
        outbox.in_flight = count;
        let texts: Vec<Arc<str>> = outbox.pdus.iter().take(outbox.in_flight).cloned().collect();
        let parsed = texts.iter().filter_map(|text| Some(parse_any(text.as_bytes()).ok()?.value));
        let mut body = Object::new();
        body.insert("origin", self.server.name.to_string());
        body.insert("origin_server_ts", self.now);
        body.insert("pdus", Value::Array(parsed.collect()));
        let uri = format!("/_matrix/federation/v1/send/{number}");
        self.ask(to, ("PUT", &uri), Some(&body), Awaited::Transaction { to: to.clone() });
    }

    /// Puts a later room in the place of the one there is, and lets local users see it.
    pub(crate) fn replace(&mut self, room_id: &RoomId, room: Room) {
        let Some(hosted) = self.server.rooms.get_mut(room_id) else { return };
        let moved = hosted.replace(room);
        let hosted = hosted.clone();
        for moved in moved {
            if !self.server.is_local(&moved.user) {
                continue;
            }
            let stripped = || {
                let event = hosted.entry("m.room.member", moved.user.as_str())?.clone();
                let state = hosted.told_to_invited(Some(event.sender()));
                let servers = Stripped::servers_by(event.sender().server_name(), &state);
                Some(Stripped {
                    room_version: hosted.room.version().id().to_owned(),
                    state,
                    event,
                    servers,
                })
            };
            if let Some(status) = status_of(moved.membership.as_ref(), stripped) {
                self.server.set_status(&moved.user, room_id, status);
            }
            // What nobody in the room was told of may be known there in the end.
            let is_over = matches!(moved.membership, Some(Membership::Leave | Membership::Ban));
            if let Some(event) = hosted.entry("m.room.member", moved.user.as_str())
                && is_over
                && self.server.is_of_ended(&moved.user, room_id, event)
            {
                self.server.leave_told(&moved.user, room_id, event);
            }
        }
    }

    /// Takes something in that need not be accepted, in place of the room there is.
    pub(crate) fn take_in(&mut self, room_id: &RoomId, input: &RoomInput) -> Option<Receipt> {
        let keys = Arc::clone(&self.server.keys);
        let mut room = self.server.rooms.get(room_id)?.room.clone();
        let receipt = room.take(input, Context { keys: Some(&keys) });
        self.replace(room_id, room);
        Some(receipt)
    }

    pub(crate) fn dropped(&self, dropped: &exeunt_room::Dropped) -> Refusal {
        use exeunt_room::Dropped;
        match dropped {
            Dropped::Signatures(error) => self.signature_refusal(&error.to_string()),
            Dropped::Format(exeunt_event::format::FormatError::TooLarge(_)) => Refusal::TooLarge,
            Dropped::NoEvent(error) => crate::resident::no_event(error),
            other => Refusal::BadJson(format!("The event is malformed: {other}.")),
        }
    }

    pub(crate) fn signature_refusal(&self, reason: &str) -> Refusal {
        match self.server.settings.signature_error {
            crate::SignatureError::InvalidParam => Refusal::EventSignature(reason.to_owned()),
            crate::SignatureError::InvalidSignature => Refusal::InvalidSignature(reason.to_owned()),
        }
    }
}

fn refused(standing: &Standing, version: &exeunt_version::RoomVersion) -> Result<(), Refusal> {
    match standing {
        Standing::Accepted => Ok(()),
        Standing::SoftFailed(refusal) | Standing::Rejected(refusal) => Err(Refusal::NotAllowed {
            rule: refusal.rule,
            number: refusal
                .rule
                .map(|rule| crate::signing::number(rule, version))
                .unwrap_or_default(),
            reason: refusal.reason.to_string(),
        }),
    }
}

/// An event's bytes, as a room's log has them.
pub(crate) fn pdu(event: &Event) -> Arc<[u8]> {
    event.shared_text().into()
}
