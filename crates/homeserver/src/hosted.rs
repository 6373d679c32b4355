//! A room as a homeserver keeps it.

use exeunt_auth::State as _;
use exeunt_event::content::{Content, Membership};
use exeunt_event::json::Value;
use exeunt_event::{Event, EventType, ServerName, UserId};
use exeunt_room::{Room, StateView};
use exeunt_version::Mutant;
use im::{OrdMap, OrdSet};

use crate::{Features, ServerAcl};

/// A room, with what a homeserver asks again and again of its current state.
#[derive(Clone, Debug)]
pub(crate) struct Hosted {
    pub(crate) room: Room,
    /// The joined users of each server.
    joined: OrdMap<ServerName, OrdSet<UserId>>,
}

/// A user whose membership is another one after a room changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) user: UserId,
    pub(crate) membership: Option<Membership>,
}

impl Hosted {
    pub(crate) fn new(room: Room) -> Self {
        let mut hosted = Self { room: Room::new(room.version().clone()), joined: OrdMap::new() };
        hosted.replace(room);
        hosted
    }

    /// Puts a later room in its place, and gives the users whose membership changed.
    pub(crate) fn replace(&mut self, room: Room) -> Vec<Moved> {
        let before = self.room.current_state().clone();
        let mut moved = Vec::new();
        for key in before.entries().differing(room.current_state().entries()) {
            let Some((EventType::Member, state_key)) = room.keys().name(key) else { continue };
            let Ok(user) = UserId::parse(state_key) else { continue };
            let number = room.current_state().entries().get(key);
            let event = number.and_then(|at| room.dag().get(at)?.event(room.version()));
            let membership = event.as_ref().and_then(membership_of);
            let server = user.server_name();
            if membership == Some(Membership::Join) {
                self.joined.entry(server).or_default().insert(user.clone());
            } else if let Some(users) = self.joined.get_mut(&server) {
                users.remove(&user);
                if users.is_empty() {
                    self.joined.remove(&server);
                }
            }
            moved.push(Moved { user, membership });
        }
        self.room = room;
        moved
    }

    /// Whether a user of the server is joined.
    pub(crate) fn has(&self, server: &ServerName) -> bool {
        self.joined.contains_key(server)
    }

    /// The servers of joined users.
    pub(crate) fn servers(&self) -> impl Iterator<Item = &ServerName> {
        self.joined.keys()
    }

    /// The joined users of a server.
    pub(crate) fn users_of(&self, server: &ServerName) -> impl Iterator<Item = &UserId> {
        self.joined.get(server).into_iter().flatten()
    }

    /// The current state.
    pub(crate) fn view(&self) -> StateView<'_> {
        self.room.view(self.room.current_state())
    }

    pub(crate) fn membership(&self, user: &UserId) -> Option<Membership> {
        self.view().membership(user.as_str())
    }

    /// The current state entry of a type and state key.
    pub(crate) fn entry(&self, event_type: &str, state_key: &str) -> Option<&Event> {
        self.view().entry(&EventType::new(event_type), state_key)
    }

    /// Whether the current server ACL denies a server.
    pub(crate) fn denies(&self, server: &ServerName, features: Features) -> bool {
        let is_case_kept = self.room.version().is_mutant(Mutant::AclCase);
        let acl_ignores_case = features.acl_ignores_case && !is_case_kept;
        let features = Features { acl_ignores_case, ..features };
        ServerAcl::denies(self.entry("m.room.server_acl", ""), server, features)
    }

    /// What accompanies an invite or a knock: what tells what room it is, the create event first.
    ///
    /// <https://spec.matrix.org/v1.19/client-server-api/#stripped-state>
    pub(crate) fn told_to_invited(&self, inviter: Option<&UserId>) -> Vec<Event> {
        let singles = [
            "m.room.create",
            "m.room.join_rules",
            "m.room.canonical_alias",
            "m.room.avatar",
            "m.room.encryption",
            "m.room.name",
            "m.room.topic",
        ];
        let mut told: Vec<_> =
            singles.iter().filter_map(|kind| self.entry(kind, "").cloned()).collect();
        let inviter = inviter.and_then(|user| self.entry("m.room.member", user.as_str()));
        told.extend(inviter.cloned());
        told
    }
}

fn membership_of(event: &Event) -> Option<Membership> {
    match event.content() {
        Content::Member(member) => member.membership,
        _ => None,
    }
}

/// Events as the array that answers have.
pub(crate) fn pdus<'e>(events: impl IntoIterator<Item = &'e Event>) -> Value<'static> {
    let object = |event: &Event| Value::Object(event.object().into_owned());
    Value::Array(events.into_iter().map(object).collect())
}
