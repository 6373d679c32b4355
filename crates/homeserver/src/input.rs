//! What happens to a homeserver, and what it does about it.

use exeunt_event::json::Object;
use exeunt_event::signatures::Keys;
use exeunt_event::{EventId, RoomId, ServerName, UserId};

use crate::{Denial, Request, Response};

/// Something that happens to a homeserver.
#[derive(Clone, Debug)]
pub enum Input {
    /// Another server asks something.
    Request {
        /// Comes back with the answer.
        id: u64,
        /// The request.
        request: Request,
    },
    /// A request of this server was answered, or could not be delivered.
    Answer {
        /// The request ([`Output::Request`]).
        id: u64,
        /// The answer; `None` if the server was not reached or did not answer in time.
        response: Option<Response>,
    },
    /// A local user does something.
    Client {
        /// Comes back with the outcome.
        id: u64,
        /// The user.
        user: UserId,
        /// What they do.
        action: Action,
    },
    /// Keys of servers, to be known from now on instead of all known before.
    Keys(Keys),
    /// Time has passed: what could not be delivered is tried again.
    Retry,
}

/// What a local user does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Creates a room.
    Create {
        /// The room's ID, which the caller makes up, as this has no randomness; in room versions
        /// where it follows from the create event it is not used.
        room_id: RoomId,
        /// The room version.
        room_version: String,
        /// More content for the create event.
        content: Object<'static>,
        /// State events after the power levels: type, state key, content.
        initial_state: Vec<(String, String, Object<'static>)>,
    },
    /// Sends an event.
    Send {
        /// The room.
        room_id: RoomId,
        /// The type.
        event_type: String,
        /// The state key of a state event.
        state_key: Option<String>,
        /// The content.
        content: Object<'static>,
    },
    /// Invites a user.
    Invite {
        /// The room.
        room_id: RoomId,
        /// Whom.
        target: UserId,
        /// Why.
        reason: Option<String>,
    },
    /// Joins.
    Join {
        /// The room.
        room_id: RoomId,
        /// Servers to ask, in order.
        via: Vec<ServerName>,
    },
    /// Knocks.
    Knock {
        /// The room.
        room_id: RoomId,
        /// Servers to ask, in order.
        via: Vec<ServerName>,
        /// Why.
        reason: Option<String>,
    },
    /// Leaves, rejects an invite, or retracts a knock.
    Leave {
        /// The room.
        room_id: RoomId,
        /// Why.
        reason: Option<String>,
    },
    /// Takes somebody else out of the room: a kick, the end of an invite, a knock denied.
    Kick {
        /// The room.
        room_id: RoomId,
        /// Whom.
        target: UserId,
        /// Why.
        reason: Option<String>,
    },
    /// Bans.
    Ban {
        /// The room.
        room_id: RoomId,
        /// Whom.
        target: UserId,
        /// Why.
        reason: Option<String>,
    },
    /// Ends a ban.
    Unban {
        /// The room.
        room_id: RoomId,
        /// Whom.
        target: UserId,
    },
    /// Forgets a room.
    Forget {
        /// The room.
        room_id: RoomId,
    },
    /// Takes no invites any more, or takes them again.
    BlockInvites(bool),
    /// Asks for older events of a room whose history begins later.
    Backfill {
        /// The room.
        room_id: RoomId,
        /// The server to ask.
        from: ServerName,
        /// How many events at most.
        limit: usize,
    },
}

/// What a homeserver does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// It answers a request.
    Answer {
        /// The request ([`Input::Request`]).
        id: u64,
        /// The answer.
        response: Response,
    },
    /// It asks another server.
    Request {
        /// To come back with the answer ([`Input::Answer`]).
        id: u64,
        /// Whom.
        to: ServerName,
        /// The request.
        request: Request,
    },
    /// A local user's action has come to its end.
    Client {
        /// The action ([`Input::Client`]).
        id: u64,
        /// What came of it.
        outcome: Result<Done, Denial>,
    },
    /// An EDU that passed: what it does is nothing to a room.
    Edu {
        /// Who sent it.
        origin: ServerName,
        /// The EDU.
        edu: Object<'static>,
    },
}

/// What came of a local user's action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// An event was sent into the room, and everybody there is told.
    Sent {
        /// The room.
        room_id: RoomId,
        /// The event.
        event_id: EventId,
    },
    /// A remote invite was rejected, or a knock retracted, or a room left that nobody of this
    /// server is in any more; and no server that is in the room was told.
    LeftUntold {
        /// The room.
        room_id: RoomId,
        /// What each server that was asked said.
        tried: Vec<(ServerName, String)>,
    },
    /// It was done, and concerned nobody else.
    Locally,
}
