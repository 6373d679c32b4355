//! What local users do.

use exeunt_event::json::Object;
use exeunt_event::{RoomId, ServerName, UserId};
use exeunt_room::{Context, Input as RoomInput, Outcome, Room, Standing};
use exeunt_version::{Creator, RoomIds};
use std::sync::Arc;

use crate::handshake::Plan;
use crate::hosted::Hosted;
use crate::signing::{Draft, Ready, Template, membership};
use crate::turn::{Turn, pdu};
use crate::view::Status;
use crate::{Action, Denial, Done, Handshake, Refusal};

impl Turn {
    pub(crate) fn act(&mut self, id: u64, user: &UserId, action: Action) {
        let outcome = if self.server.is_local(user) {
            self.try_act(id, user, action)
        } else {
            Err(Denial::NotLocal)
        };
        match outcome {
            Ok(Some(done)) => self.tell(id, Ok(done)),
            // A handshake will tell.
            Ok(None) => {}
            Err(denial) => self.tell(id, Err(denial)),
        }
    }

    fn try_act(&mut self, id: u64, user: &UserId, action: Action) -> Result<Option<Done>, Denial> {
        match action {
            Action::Create { room_id, room_version, content, initial_state } => {
                self.create(user, &room_id, &room_version, content, initial_state).map(Some)
            }
            Action::Send { room_id, event_type, state_key, content } => {
                let sender = user.clone();
                self.sent(&room_id, &Draft { event_type, state_key, sender, content }).map(Some)
            }
            Action::Invite { room_id, target, reason } => {
                let content = with_reason(membership("invite"), reason);
                let draft = Draft::member(user, &target, content);
                if self.server.is_local(&target) {
                    if self.server.blocks_invites(&target) {
                        let has_code = self.server.features().invite_blocking;
                        return Err(Refusal::InviteBlocked { has_code }.into());
                    }
                    return self.sent(&room_id, &draft).map(Some);
                }
                self.invite_remote(id, &room_id, &target, &draft)?;
                Ok(None)
            }
            Action::Join { room_id, via } => self.join(id, user, &room_id, via),
            Action::Knock { room_id, via, reason } => {
                let content = with_reason(Object::new(), reason);
                if self.server.is_resident(&room_id) {
                    let content = with_membership(content, "knock");
                    let draft = Draft::member(user, user, content);
                    return self.sent(&room_id, &draft).map(Some);
                }
                self.walk(self.plan(id, Handshake::Knock, user, &room_id, content, via));
                Ok(None)
            }
            Action::Leave { room_id, reason } => self.leave(id, user, &room_id, reason),
            Action::Kick { room_id, target, reason } => {
                let content = with_reason(membership("leave"), reason);
                self.sent(&room_id, &Draft::member(user, &target, content)).map(Some)
            }
            Action::Ban { room_id, target, reason } => {
                let content = with_reason(membership("ban"), reason);
                self.sent(&room_id, &Draft::member(user, &target, content)).map(Some)
            }
            Action::Unban { room_id, target } => {
                let draft = Draft::member(user, &target, membership("leave"));
                self.sent(&room_id, &draft).map(Some)
            }
            Action::Forget { room_id } => {
                let knows = self.server.view(user, &room_id).is_some();
                match self.server.forget(user, &room_id) {
                    true => Ok(Some(Done::Locally)),
                    false if knows => Err(Denial::NotLeft),
                    false => Err(Refusal::UnknownRoom.into()),
                }
            }
            Action::BlockInvites(blocks) => {
                self.server.users.entry(user.clone()).or_default().blocks_invites = blocks;
                Ok(Some(Done::Locally))
            }
            Action::Backfill { room_id, from, limit } => {
                self.backfill(id, &room_id, &from, limit).map(|()| None)
            }
        }
    }

    fn sent(&mut self, room_id: &RoomId, draft: &Draft) -> Result<Done, Denial> {
        let event_id = self.send(room_id, draft)?;
        Ok(Done::Sent { room_id: room_id.clone(), event_id })
    }

    /// What a user wants to reach by a handshake.
    fn plan(
        &self,
        id: u64,
        handshake: Handshake,
        user: &UserId,
        room_id: &RoomId,
        content: Object<'static>,
        servers: Vec<ServerName>,
    ) -> Plan {
        let template = Template { handshake, room_id: room_id.clone(), user_id: user.clone() };
        Plan::new(id, template, content, servers, &self.server.name)
    }

    /// A leave succeeds for the user whatever other servers say.
    fn leave(
        &mut self,
        id: u64,
        user: &UserId,
        room_id: &RoomId,
        reason: Option<String>,
    ) -> Result<Option<Done>, Denial> {
        if self.server.is_resident(room_id) {
            let content = with_reason(membership("leave"), reason);
            return self.sent(room_id, &Draft::member(user, user, content)).map(Some);
        }
        let view = self.server.view(user, room_id).ok_or(Denial::NothingToLeave)?;
        let stripped = match &view.status {
            Status::Invited(stripped) | Status::Knocked(stripped) => stripped,
            Status::Joined | Status::Left | Status::Banned => return Err(Denial::NothingToLeave),
        };
        let (ends, servers) = (stripped.event.event_id().clone(), stripped.servers.clone());
        let content = with_reason(Object::new(), reason);
        let plan = self.plan(id, Handshake::Leave, user, room_id, content, servers);
        self.walk(Plan { ends: Some(ends), ..plan });
        Ok(None)
    }

    fn join(
        &mut self,
        id: u64,
        user: &UserId,
        room_id: &RoomId,
        via: Vec<ServerName>,
    ) -> Result<Option<Done>, Denial> {
        if self.server.is_resident(room_id) {
            match self.local_join(user, room_id) {
                // Another server of the room may be able to let the user in.
                Err(Refusal::UnableToGrantJoin | Refusal::UnableToAuthoriseJoin)
                    if !via.is_empty() => {}
                outcome => return Ok(Some(outcome?)),
            }
        }
        let invited = match self.server.view(user, room_id).map(|view| &view.status) {
            Some(Status::Invited(stripped)) => stripped.servers.clone(),
            _ => Vec::new(),
        };
        let servers = via.into_iter().chain(invited).collect();
        self.walk(self.plan(id, Handshake::Join, user, room_id, Object::new(), servers));
        Ok(None)
    }

    fn local_join(&mut self, user: &UserId, room_id: &RoomId) -> Result<Done, Refusal> {
        let hosted = self.resident_room(room_id)?;
        let mut content = membership("join");
        if let Some(authoriser) = self.authoriser(hosted, user)? {
            content.insert("join_authorised_via_users_server", authoriser.to_string());
        }
        let event_id = self.send(room_id, &Draft::member(user, user, content))?;
        Ok(Done::Sent { room_id: room_id.clone(), event_id })
    }

    /// A room with its create event, its creator, power levels and what else is given.
    fn create(
        &mut self,
        user: &UserId,
        room_id: &RoomId,
        room_version: &str,
        mut content: Object<'static>,
        initial_state: Vec<(String, String, Object<'static>)>,
    ) -> Result<Done, Denial> {
        let unsupported =
            || Refusal::UnsupportedRoomVersion { room_version: room_version.to_owned() };
        let version = self.server.version(room_version).ok_or_else(unsupported)?;
        content.insert("room_version", room_version.to_owned());
        if version.capabilities.creator == Creator::Property {
            content.insert("creator", user.to_string());
        }
        let state = |event_type: &str, state_key: &str, content| Draft {
            event_type: event_type.to_owned(),
            state_key: Some(state_key.to_owned()),
            sender: user.clone(),
            content,
        };
        let first = state("m.room.create", "", content);
        let named = (version.capabilities.room_ids == RoomIds::Domain).then_some(room_id);
        let room = self.first_event(Room::new((*version).clone()), &first, named)?;
        let room_id = room.room_id().ok_or(Refusal::UnknownRoom)?.clone();
        if self.server.rooms.contains_key(&room_id) {
            return Err(Refusal::InvalidParam(format!("There is a room {room_id}.")).into());
        }
        let hosted = Hosted::new(Room::new((*version).clone()));
        let earlier = self.server.clone();
        self.server.rooms.insert(room_id.clone(), hosted);
        self.replace(&room_id, room);
        let users = match version.capabilities.creator {
            Creator::Privileged => Object::new(),
            _ => Object::from_iter([(user.to_string(), 100)]),
        };
        let levels = state("m.room.power_levels", "", Object::from_iter([("users", users)]));
        let initial =
            initial_state.into_iter().map(|(kind, key, content)| state(&kind, &key, content));
        let join = Draft::member(user, user, membership("join"));
        for draft in [join, levels].into_iter().chain(initial) {
            if let Err(refusal) = self.send_as_first(&room_id, &draft) {
                // All of it or nothing.
                self.server = earlier;
                return Err(refusal.into());
            }
        }
        let created = self.server.rooms.get(&room_id);
        let created = created.and_then(|hosted| hosted.entry("m.room.create", ""));
        let event_id = created.ok_or(Refusal::UnknownEvent)?.event_id().clone();
        Ok(Done::Sent { room_id, event_id })
    }

    fn first_event(
        &self,
        room: Room,
        draft: &Draft,
        room_id: Option<&RoomId>,
    ) -> Result<Room, Refusal> {
        let event = self.sign(Ready::from_first(&room, draft, room_id, self.now)?)?;
        let keys = Arc::clone(&self.server.keys);
        let mut room = room;
        let input = RoomInput::Sent(pdu(&event));
        match room.take(&input, Context { keys: Some(&keys) }).outcome {
            Outcome::Decided(Standing::Accepted) => Ok(room),
            Outcome::Dropped(dropped) => Err(self.dropped(&dropped)),
            _ => Err(Refusal::BadJson("The create event is not accepted.".to_owned())),
        }
    }

    /// [`Turn::send`] into a room that has nobody yet.
    fn send_as_first(&mut self, room_id: &RoomId, draft: &Draft) -> Result<(), Refusal> {
        let hosted = self.server.rooms.get(room_id).ok_or(Refusal::UnknownRoom)?;
        let event = self.sign(Ready::from_draft(&hosted.room, draft, self.now)?)?;
        self.enter(room_id, &event, &RoomInput::Sent(pdu(&event)), None)
    }
}

fn with_reason(mut content: Object<'static>, reason: Option<String>) -> Object<'static> {
    if let Some(reason) = reason {
        content.insert("reason", reason);
    }
    content
}

fn with_membership(mut content: Object<'static>, membership: &str) -> Object<'static> {
    content.insert("membership", membership.to_owned());
    content
}
