//! What local users see of rooms, and forgetting.
//!
//! <https://spec.matrix.org/v1.19/client-server-api/#leaving-rooms>

use exeunt_event::content::Membership;
use exeunt_event::{Event, EventId, RoomId, ServerName, UserId};
use exeunt_version::Mutant;
use im::{OrdMap, OrdSet};

/// A user's relation to a room, as their server knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// They are invited.
    Invited(Box<Stripped>),
    /// They are joined.
    Joined,
    /// They knocked.
    Knocked(Box<Stripped>),
    /// They left, or somebody took them out.
    Left,
    /// They are banned.
    Banned,
}

impl Status {
    /// Its name, as memberships are named.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Invited(_) => "invite",
            Self::Joined => "join",
            Self::Knocked(_) => "knock",
            Self::Left => "leave",
            Self::Banned => "ban",
        }
    }

    /// Whether the room can be forgotten.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Left | Self::Banned)
    }

    /// The invite or the knock.
    pub(crate) fn event(&self) -> Option<&Event> {
        match self {
            Self::Invited(stripped) | Self::Knocked(stripped) => Some(&stripped.event),
            Self::Joined | Self::Left | Self::Banned => None,
        }
    }
}

/// What a server knows of a room that it may not be in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stripped {
    /// The room version.
    pub room_version: String,
    /// The invite or the knock.
    pub event: Event,
    /// The state events that came with it, without those that were not valid.
    pub state: Vec<Event>,
    /// The servers that can be asked about the room, the most promising first.
    pub servers: Vec<ServerName>,
}

impl Stripped {
    /// The server that an invite came from or that was knocked at, and then those whose users sent
    /// the state that came with it: they may be in the room too.
    pub(crate) fn servers_by(first: ServerName, state: &[Event]) -> Vec<ServerName> {
        let mut servers = vec![first];
        for server in state.iter().map(|event| event.sender().server_name()) {
            if !servers.contains(&server) {
                servers.push(server);
            }
        }
        servers
    }
}

/// A user's view of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Their relation to it.
    pub status: Status,
    /// Whether they have forgotten it.
    pub forgotten: bool,
    /// Whether their server left by its own word alone, as no server that is in the room was told.
    pub untold: bool,
    /// When it changed, in the order of all changes of the server's views.
    pub position: u64,
    /// When the status became this one.
    pub since: u64,
    /// The invites and knocks that ended since the user was last joined, and not by an event in a
    /// room that their server was in. They are not shown again: "the user will need to be
    /// re-invited".
    pub(crate) ended: OrdSet<EventId>,
    /// By what it ended, if a server in the room knows that. This server may come into the room with
    /// a state that is earlier.
    pub(crate) leave: Option<Box<Event>>,
}

/// A local user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) rooms: OrdMap<RoomId, View>,
    pub(crate) blocks_invites: bool,
}

/// What a sync tells about rooms: their IDs by section.
///
/// <https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sync {
    /// Where the next sync goes on.
    pub next: u64,
    /// Rooms that the user is invited to.
    pub invite: Vec<RoomId>,
    /// Rooms that the user is joined to.
    pub join: Vec<RoomId>,
    /// Rooms that the user knocked on.
    pub knock: Vec<RoomId>,
    /// Rooms that the user left or was banned from.
    pub leave: Vec<RoomId>,
}

impl crate::Homeserver {
    /// What its users see of rooms, by user and room.
    pub fn views(&self) -> impl Iterator<Item = (&UserId, &RoomId, &View)> {
        self.users.iter().flat_map(|(user, account)| {
            account.rooms.iter().map(move |(room_id, view)| (user, room_id, view))
        })
    }

    /// What changed for a user since an earlier sync; everything that there is to see if it is
    /// their first.
    ///
    /// A room that was left since is told of even if it was forgotten at once: a client has to
    /// learn that the user is not in it any more. After that, and in a first sync, a forgotten room
    /// is not there.
    pub fn sync(&self, user: &UserId, since: Option<u64>) -> Sync {
        let mut sync = Sync { next: self.position, ..Sync::default() };
        let rooms = self.users.get(user).map(|account| &account.rooms);
        for (room_id, view) in rooms.into_iter().flatten() {
            let has_changed = since.is_none_or(|since| view.position > since);
            let became_so = since.is_some_and(|since| view.since > since);
            if !has_changed || (view.forgotten && !became_so) {
                continue;
            }
            let section = match view.status {
                Status::Invited(_) => &mut sync.invite,
                Status::Joined => &mut sync.join,
                Status::Knocked(_) => &mut sync.knock,
                // A first sync leaves rooms out that the user is not in any more.
                Status::Left | Status::Banned if since.is_none() => continue,
                Status::Left | Status::Banned => &mut sync.leave,
            };
            section.push(room_id.clone());
        }
        sync
    }

    /// Whether a user takes no invites.
    pub fn blocks_invites(&self, user: &UserId) -> bool {
        self.users.get(user).is_some_and(|account| account.blocks_invites)
    }

    /// A user's relation to a room changed, unless it would be to an invite or a knock that ended.
    pub(crate) fn set_status(&mut self, user: &UserId, room_id: &RoomId, status: Status) {
        let is_over = status.is_over();
        let account = self.users.entry(user.clone()).or_default();
        let before = account.rooms.get(room_id);
        if before.is_some_and(|view| view.status == status) {
            return;
        }
        let ended = before.map(|view| view.ended.clone()).unwrap_or_default();
        if status.event().is_some_and(|event| ended.contains(event.event_id())) {
            return;
        }
        // Somebody who left and is banned then is told nothing about a room that they forgot.
        let stays_forgotten =
            is_over && before.is_some_and(|view| view.forgotten && view.status.is_over());
        self.position += 1;
        let view = View {
            forgotten: stays_forgotten || (is_over && self.settings.forget_upon_leave),
            untold: false,
            position: self.position,
            since: if stays_forgotten { 0 } else { self.position },
            // From a join on the room tells: it may have been by the very invite.
            ended: if status == Status::Joined { OrdSet::new() } else { ended },
            leave: None,
            status,
        };
        account.rooms.insert(room_id.clone(), view);
    }

    /// The user left without a server in the room being told.
    pub(crate) fn leave_untold(&mut self, user: &UserId, room_id: &RoomId) {
        self.set_status(user, room_id, Status::Left);
        if let Some(view) = self.view_mut(user, room_id) {
            view.untold = true;
        }
    }

    /// A server in the room knows of the leave or ban, which perhaps is another than the one that
    /// made the user's view what it is.
    pub(crate) fn leave_told(&mut self, user: &UserId, room_id: &RoomId, leave: &Event) {
        if let Some(view) = self.view_mut(user, room_id).filter(|view| view.status.is_over()) {
            view.untold = false;
            view.leave = Some(leave.clone().into());
        }
    }

    /// An invite or a knock ended.
    pub(crate) fn end(&mut self, user: &UserId, room_id: &RoomId, event_id: EventId) {
        let view = self.view_mut(user, room_id);
        if let Some(view) = view.filter(|view| view.status != Status::Joined) {
            view.ended.insert(event_id);
        }
    }

    /// Whether an event is of an invite or a knock that ended, as what ends one cites it.
    pub(crate) fn is_of_ended(&self, user: &UserId, room_id: &RoomId, event: &Event) -> bool {
        let view = self.view(user, room_id);
        view.is_some_and(|view| event.auth_events().iter().any(|id| view.ended.contains(id)))
    }

    /// By what users who are not in a room left it, so far as servers in the room know.
    pub(crate) fn told_leaves(&self, room_id: &RoomId) -> Vec<Event> {
        let views = self.users.values().filter_map(|account| account.rooms.get(room_id));
        views.filter_map(|view| view.leave.as_deref().cloned()).collect()
    }

    fn view_mut(&mut self, user: &UserId, room_id: &RoomId) -> Option<&mut View> {
        self.users.get_mut(user)?.rooms.get_mut(room_id)
    }

    /// Forgets a room that the user has left; `false` if they have not.
    pub(crate) fn forget(&mut self, user: &UserId, room_id: &RoomId) -> bool {
        let version = self.rooms.get(room_id).map(|hosted| hosted.room.version());
        let account = self.users.get_mut(user);
        let Some(view) = account.and_then(|account| account.rooms.get_mut(room_id)) else {
            return false;
        };
        let is_let_pass =
            version.is_some_and(|version| version.is_mutant(Mutant::ForgetWhileJoined));
        if !view.status.is_over() && !is_let_pass {
            return false;
        }
        if !view.forgotten {
            self.position += 1;
            view.forgotten = true;
            view.position = self.position;
        }
        true
    }
}

/// The status that a membership in the current state of a room that the server is in stands for.
pub(crate) fn status_of(
    membership: Option<&Membership>,
    stripped: impl FnOnce() -> Option<Stripped>,
) -> Option<Status> {
    match membership {
        Some(Membership::Join) => Some(Status::Joined),
        Some(Membership::Invite) => Some(Status::Invited(Box::new(stripped()?))),
        Some(Membership::Knock) => Some(Status::Knocked(Box::new(stripped()?))),
        Some(Membership::Ban) => Some(Status::Banned),
        Some(Membership::Leave) => Some(Status::Left),
        _ => None,
    }
}
