//! What happened, as the driver notes it and both ways of telling it read it.

use clap::ValueEnum;
use exeunt_event::{Event, RoomId, ServerName, UserId};
use exeunt_homeserver::{Denial, Done, Endpoint, Request, Response};

use super::side::Side;

/// A handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Bob rejects an invite
    Leave,
    /// Bob joins the room
    Join,
    /// Bob knocks on the room
    Knock,
    /// Alice invites Bob
    Invite,
}

impl Kind {
    /// The membership that it is about.
    pub(super) fn membership(self) -> &'static str {
        match self {
            Self::Leave => "leave",
            Self::Join => "join",
            Self::Knock => "knock",
            Self::Invite => "invite",
        }
    }
}

/// A handshake from its beginning to its end.
pub(super) struct Played {
    pub(super) room_id: RoomId,
    /// What went before.
    pub(super) story: Vec<String>,
    pub(super) before: Vec<Side>,
    pub(super) steps: Vec<Step>,
    pub(super) outcome: Result<Done, Denial>,
    pub(super) after: Vec<Side>,
}

/// Something that was looked at, and passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) says: String,
    /// The number of the authorisation rule that decided, if one did.
    pub(super) rule: Option<String>,
}

impl From<String> for Check {
    fn from(says: String) -> Self {
        Self { says, rule: None }
    }
}

/// One thing that happens.
pub(super) enum Step {
    /// A user does something, and their server has to ask others.
    Acts { user: UserId, servers: Vec<ServerName> },
    /// A server signs an event of its own user, after checks.
    Signs { server: ServerName, checks: Vec<Check>, event: Event },
    /// A server asks another.
    Asks { from: ServerName, to: ServerName, endpoint: Endpoint, request: Request },
    /// A request did not arrive.
    IsLost { from: ServerName, to: ServerName, endpoint: Endpoint },
    /// A server answers.
    Answers(Box<Answered>),
    /// The answer, or that there was none, is of no use.
    TurnsAway { server: ServerName, asked: ServerName, said: Option<String>, next: Next },
    /// The handshake is over for the server that asked.
    Ends { server: ServerName, checks: Vec<Check> },
}

/// An answer.
pub(super) struct Answered {
    pub(super) server: ServerName,
    pub(super) to: ServerName,
    pub(super) endpoint: Endpoint,
    /// The request's body was this.
    pub(super) asked: Option<Vec<u8>>,
    pub(super) response: Response,
    /// What it checked, if it did what it was asked for.
    pub(super) checks: Vec<Check>,
    /// Whether the fault that was asked for made the answer what it is.
    pub(super) is_fault: bool,
}

/// What is tried next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The same server in the older form of the endpoint.
    OlderForm,
    /// Another server.
    Server(ServerName),
    /// Nothing: there is nobody else to ask.
    Nobody,
}
