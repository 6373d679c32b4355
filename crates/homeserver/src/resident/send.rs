//! Leaves, joins and knocks that other servers submit.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv2send_leaveroomideventid>

use std::sync::Arc;

use exeunt_event::content::{AuthorisingUser, Content, Membership};
use exeunt_event::json::{Object, Value};
use exeunt_event::signatures::signed_by;
use exeunt_event::{Event, EventId, EventType, RoomId, ServerName, UserId};
use exeunt_room::{Context, Input as RoomInput, State, check};
use exeunt_version::{Mutant, RoomVersion};

use super::no_event;
use crate::hosted::Hosted;
use crate::http::Members;
use crate::signing::{ConditionMet, Ready};
use crate::turn::{Turn, pdu};
use crate::{Form, Handshake, Refusal, Response};

/// The request.
pub(super) struct Sent {
    pub(super) handshake: Handshake,
    pub(super) form: Form,
    pub(super) room_id: RoomId,
    pub(super) event_id: EventId,
    pub(super) omit_members: bool,
}

impl Turn {
    pub(super) fn take_sent(
        &mut self,
        origin: &ServerName,
        sent: &Sent,
        body: &Object<'_>,
    ) -> Result<Response, Refusal> {
        let hosted = self.open_to(origin, &sent.room_id)?;
        let version = hosted.room.version();
        let event = Event::from_object(body, version).map_err(|error| no_event(&error))?;
        // What is no valid event claims nothing: this is the first of the checks on receipt.
        exeunt_event::format::check(&event, version)
            .map_err(|error| self.dropped(&exeunt_room::Dropped::Format(error)))?;
        check_claims(&event, origin, sent, version)?;
        let countersigned = match sent.handshake {
            Handshake::Join => self.authorise(hosted, &event)?,
            Handshake::Leave | Handshake::Knock => None,
        };
        let event = countersigned.unwrap_or(event);
        let context = Context { keys: Some(&self.server.keys) };
        let checked = check(event.text().as_bytes(), version, context)
            .map_err(|(_, dropped)| self.dropped(&dropped))?;
        let before = hosted.clone();
        let input = RoomInput::Pdu(pdu(&event));
        self.enter_checked(&sent.room_id, &event, Ok(checked), &input, Some(origin))?;
        let answer = match sent.handshake {
            Handshake::Leave => Members::default(),
            Handshake::Join => {
                let omit = sent.omit_members && self.server.features().omitted_members;
                // For a join that was sent before, the state before it and not before now.
                let room = &self.server.rooms.get(&sent.room_id).unwrap_or(&before).room;
                let state = room.state_before(event.event_id()).cloned();
                let state = state.unwrap_or_else(|| before.room.current_state().clone());
                joined(&before, &state, &event, omit)
            }
            Handshake::Knock => {
                let mut answer = Members::default();
                answer.insert_events("knock_room_state", &before.told_to_invited(None));
                answer
            }
        };
        Ok(Response::ok_sent(sent.form, &answer))
    }

    /// The event with this server's signature, if it is a restricted join that needs it.
    fn authorise(&self, hosted: &Hosted, event: &Event) -> Result<Option<Event>, Refusal> {
        let version = hosted.room.version();
        let capabilities = &version.capabilities;
        let takes_authority = capabilities.restricted_joins || capabilities.knock_restricted_joins;
        let Content::Member(member) = event.content() else { return Ok(None) };
        let AuthorisingUser::User(authoriser) = &member.authorising_user else { return Ok(None) };
        if !takes_authority || !self.server.is_local(authoriser) {
            return Ok(None);
        }
        // Nothing is signed that its own sender did not sign.
        let server = event.sender().server_name();
        if !signed_by(event, &server, &self.server.keys, version) {
            return Err(self.signature_refusal(&format!("{server} has not signed it")));
        }
        if super::restricted::is_restricted(hosted) {
            self.check_conditions(hosted, event.sender())?;
        }
        let (version, met) = (Arc::new(version.clone()), ConditionMet::found());
        match Ready::from_restricted_join(event, &version, &self.server.name, met) {
            Some(ready) => self.sign(ready).map(Some),
            None => Ok(None),
        }
    }
}

/// Whether the event is what the path, the endpoint and the origin say (law F6).
fn check_claims(
    event: &Event,
    origin: &ServerName,
    sent: &Sent,
    version: &RoomVersion,
) -> Result<(), Refusal> {
    let refuse = |reason: String| Err(Refusal::InvalidParam(reason));
    if *event.room_id() != sent.room_id {
        return refuse(format!("The event is of the room {}.", event.room_id()));
    }
    if *event.event_id() != sent.event_id {
        return refuse(format!("The event's ID is {}.", event.event_id()));
    }
    let membership = match event.content() {
        Content::Member(member) if *event.event_type() == EventType::Member => &member.membership,
        _ => return refuse("The event is no m.room.member.".to_owned()),
    };
    let expected = sent.handshake.membership();
    let is_let_pass = sent.handshake == Handshake::Leave
        && *membership == Some(Membership::Join)
        && version.is_mutant(Mutant::SendLeaveTakesJoin);
    if membership.map(Membership::as_str) != Some(expected) && !is_let_pass {
        return refuse(format!("The membership is not {expected}."));
    }
    let sender = event.sender();
    if sender.domain() != origin.as_str() {
        return refuse(format!("The sender {sender} is no user of {origin}."));
    }
    if event.state_key() != Some(sender.as_str()) {
        return refuse("The state key is not the sender.".to_owned());
    }
    Ok(())
}

/// The answer to a join.
///
/// <https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv2send_joinroomideventid>
fn joined(before: &Hosted, state: &State, event: &Event, omit_members: bool) -> Members {
    let room = &before.room;
    let heroes = if omit_members { heroes(before, event.sender()) } else { Vec::new() };
    let is_told = |event_type: &EventType, state_key: &str| {
        !omit_members
            || *event_type != EventType::Member
            || heroes.iter().any(|hero| hero.as_str() == state_key)
    };
    let told = state.entries().iter().filter(|(key, _)| {
        room.keys().name(*key).is_some_and(|(event_type, key)| is_told(event_type, key))
    });
    let mut told: Vec<_> = told.map(|(_, number)| number).collect();
    let graph = room.dag();
    let cited = event.auth_events().iter().filter_map(|id| graph.known(id));
    // "All events in the auth chain for the new join event, as well as those in the auth chains for
    // any events returned in `state`". No event is in its own.
    let mut chain = graph.auth().ancestors(told.iter().copied().chain(cited.clone()));
    chain.extend(cited);
    chain.sort_unstable();
    chain.dedup();
    let event_at = |number| graph.get(number)?.event(room.version());
    let mut answer = Members::default();
    answer.insert_events("state", &told.iter().copied().filter_map(event_at).collect::<Vec<_>>());
    if omit_members {
        // What is in `state` need not be said again then.
        told.sort_unstable();
        chain.retain(|number| told.binary_search(number).is_err());
        let servers = before.servers().map(|server| Value::from(server.to_string()));
        answer.insert("servers_in_room", &Value::Array(servers.collect()));
    }
    answer.insert_events("auth_chain", &chain.into_iter().filter_map(event_at).collect::<Vec<_>>());
    answer.insert_event("event", event);
    answer.insert("members_omitted", &Value::Bool(omit_members));
    answer
}

/// Whom a client names a room after that has no name: the first five who are joined or invited.
///
/// <https://spec.matrix.org/v1.19/client-server-api/#calculating-the-display-name-for-a-room>
fn heroes(hosted: &Hosted, joining: &UserId) -> Vec<UserId> {
    let has = |event_type| hosted.entry(event_type, "").is_some();
    if has("m.room.name") || has("m.room.canonical_alias") {
        return Vec::new();
    }
    let room = &hosted.room;
    let members = room.entries(room.current_state());
    let members = members.filter(|(event_type, _, _)| **event_type == EventType::Member);
    let users = members.filter_map(|(_, state_key, _)| UserId::parse(state_key).ok());
    let is_hero = |user: &UserId| {
        user != joining
            && matches!(hosted.membership(user), Some(Membership::Join | Membership::Invite))
    };
    users.filter(is_hero).take(5).collect()
}
