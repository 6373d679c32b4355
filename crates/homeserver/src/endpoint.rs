//! Which endpoint a request is for, and with which parameters.

use exeunt_event::{EventId, RoomId, UserId};

use crate::http::Method;
use crate::uri::Uri;
use crate::{Features, Refusal, Request};

/// The membership that a handshake is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Handshake {
    /// `make_leave`, `send_leave`: leaving, rejecting an invite, retracting a knock.
    Leave,
    /// `make_join`, `send_join`.
    Join,
    /// `make_knock`, `send_knock`.
    Knock,
}

impl Handshake {
    /// The membership.
    pub fn membership(self) -> &'static str {
        match self {
            Self::Leave => "leave",
            Self::Join => "join",
            Self::Knock => "knock",
        }
    }
}

/// The two forms in which some endpoints answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// `[200, {…}]`.
    V1,
    /// `{…}`.
    V2,
}

/// A request that is for an endpoint, with its parameters.
///
/// <https://spec.matrix.org/v1.19/server-server-api/>
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `GET v1/make_{leave,join,knock}/{roomId}/{userId}`
    Make {
        /// Which of them.
        handshake: Handshake,
        /// The room.
        room_id: RoomId,
        /// The user.
        user_id: UserId,
        /// The room versions that the origin supports; `None` if it does not say.
        versions: Option<Vec<String>>,
    },
    /// `PUT {v1,v2}/send_{leave,join}/{roomId}/{eventId}`, `PUT v1/send_knock/{roomId}/{eventId}`
    Send {
        /// Which of them.
        handshake: Handshake,
        /// In which form to answer.
        form: Form,
        /// The room.
        room_id: RoomId,
        /// The event.
        event_id: EventId,
        /// Whether the answer to a join may leave out members.
        omit_members: bool,
    },
    /// `PUT {v1,v2}/invite/{roomId}/{eventId}`
    Invite {
        /// In which form to answer.
        form: Form,
        /// The room.
        room_id: RoomId,
        /// The event.
        event_id: EventId,
    },
    /// `PUT v1/send/{txnId}`
    Transaction {
        /// The transaction.
        transaction_id: String,
    },
    /// `GET v1/event/{eventId}`
    Event {
        /// The event.
        event_id: EventId,
    },
    /// `GET v1/event_auth/{roomId}/{eventId}`
    EventAuth {
        /// The room.
        room_id: RoomId,
        /// The event.
        event_id: EventId,
    },
    /// `GET v1/state/{roomId}` and `GET v1/state_ids/{roomId}`
    State {
        /// The room.
        room_id: RoomId,
        /// The event before which the state is asked for.
        event_id: EventId,
        /// Whether event IDs are asked for, and not events.
        ids: bool,
    },
    /// `GET v1/backfill/{roomId}`
    Backfill {
        /// The room.
        room_id: RoomId,
        /// From where to go back.
        from: Vec<EventId>,
        /// How many events at most.
        limit: usize,
    },
    /// `POST v1/get_missing_events/{roomId}`
    MissingEvents {
        /// The room.
        room_id: RoomId,
    },
}

const PREFIX: [&str; 2] = ["_matrix", "federation"];

impl Endpoint {
    /// The endpoint that a request is for.
    pub fn of(request: &Request, features: Features) -> Result<Self, Refusal> {
        let uri = Uri::parse(&request.uri).ok_or(Refusal::UnknownEndpoint)?;
        let path: Vec<&str> = uri.path.iter().map(String::as_str).collect();
        let rest = path.strip_prefix(&PREFIX[..]).ok_or(Refusal::UnknownEndpoint)?;
        let (known_method, endpoint) = Self::find(rest, &uri, features)?;
        if Method::new(&request.method) != known_method {
            return Err(Refusal::UnknownMethod);
        }
        if uri.query.is_none() {
            let reason = "The query does not decode to UTF-8.";
            return Err(Refusal::InvalidParam(reason.to_owned()));
        }
        endpoint
    }

    /// The room that the path names.
    pub fn room_id(&self) -> Option<&RoomId> {
        match self {
            Self::Make { room_id, .. }
            | Self::Send { room_id, .. }
            | Self::Invite { room_id, .. }
            | Self::EventAuth { room_id, .. }
            | Self::State { room_id, .. }
            | Self::Backfill { room_id, .. }
            | Self::MissingEvents { room_id } => Some(room_id),
            Self::Transaction { .. } | Self::Event { .. } => None,
        }
    }

    /// The method of the endpoint, and what the request asks of it.
    fn find(
        path: &[&str],
        uri: &Uri,
        features: Features,
    ) -> Result<(Method, Result<Self, Refusal>), Refusal> {
        let found = match path {
            ["v1", name @ ("make_leave" | "make_join" | "make_knock"), room, user] => {
                (Method::Get, Self::make(name, room, user, uri))
            }
            [form @ ("v1" | "v2"), name @ ("send_leave" | "send_join"), room, event] => {
                let form = form_of(form);
                if form == Form::V1 && !features.v1_send {
                    return Err(Refusal::UnknownEndpoint);
                }
                (Method::Put, Self::send(name, form, room, event, uri, features))
            }
            ["v1", name @ "send_knock", room, event] => {
                (Method::Put, Self::send(name, Form::V2, room, event, uri, features))
            }
            [form @ ("v1" | "v2"), "invite", room, event] => {
                let (room_id, event_id) = (room_id(room), event_id(event));
                let form = form_of(form);
                (Method::Put, Ok(Self::Invite { form, room_id, event_id }))
            }
            ["v1", "send", transaction_id] => {
                let transaction_id = (*transaction_id).to_owned();
                (Method::Put, Ok(Self::Transaction { transaction_id }))
            }
            ["v1", "event", event] => (Method::Get, Ok(Self::Event { event_id: event_id(event) })),
            ["v1", "event_auth", room, event] => {
                let (room_id, event_id) = (room_id(room), event_id(event));
                (Method::Get, Ok(Self::EventAuth { room_id, event_id }))
            }
            ["v1", name @ ("state" | "state_ids"), room] => {
                let event = uri.parameter("event_id").ok_or(Refusal::MissingParam("event_id"));
                let state = event.map(|event| Self::State {
                    room_id: room_id(room),
                    event_id: event_id(event),
                    ids: *name == "state_ids",
                });
                (Method::Get, state)
            }
            ["v1", "backfill", room] => (Method::Get, Self::backfill(room, uri)),
            ["v1", "get_missing_events", room] => {
                (Method::Post, Ok(Self::MissingEvents { room_id: room_id(room) }))
            }
            _ => return Err(Refusal::UnknownEndpoint),
        };
        Ok(found)
    }

    fn make(name: &str, room: &str, user: &str, uri: &Uri) -> Result<Self, Refusal> {
        let handshake = match name {
            "make_leave" => Handshake::Leave,
            "make_join" => Handshake::Join,
            _ => Handshake::Knock,
        };
        let user_id = UserId::parse(user)
            .map_err(|error| Refusal::InvalidParam(format!("{user:?} is no user ID: {error}.")))?;
        let versions: Vec<String> = uri.parameters("ver").map(ToOwned::to_owned).collect();
        let versions = Some(versions).filter(|versions| !versions.is_empty());
        if handshake == Handshake::Knock && versions.is_none() {
            return Err(Refusal::MissingParam("ver"));
        }
        Ok(Self::Make { handshake, room_id: room_id(room), user_id, versions })
    }

    fn send(
        name: &str,
        form: Form,
        room: &str,
        event: &str,
        uri: &Uri,
        features: Features,
    ) -> Result<Self, Refusal> {
        let handshake = match name {
            "send_leave" => Handshake::Leave,
            "send_join" => Handshake::Join,
            _ => Handshake::Knock,
        };
        // Elsewhere the parameter is unknown, and says nothing.
        let is_known = handshake == Handshake::Join && form == Form::V2 && features.omitted_members;
        let omit_members = match uri.parameter("omit_members").filter(|_| is_known) {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                let reason = format!("omit_members is {other:?}, and neither true nor false.");
                return Err(Refusal::InvalidParam(reason));
            }
        };
        let (room_id, event_id) = (room_id(room), event_id(event));
        Ok(Self::Send { handshake, form, room_id, event_id, omit_members })
    }

    fn backfill(room: &str, uri: &Uri) -> Result<Self, Refusal> {
        let limit = uri.parameter("limit").ok_or(Refusal::MissingParam("limit"))?;
        let limit = limit
            .parse()
            .map_err(|_| Refusal::InvalidParam(format!("limit is {limit:?}, and no number.")))?;
        let from: Vec<_> = uri.parameters("v").map(event_id).collect();
        if from.is_empty() {
            return Err(Refusal::MissingParam("v"));
        }
        Ok(Self::Backfill { room_id: room_id(room), from, limit })
    }
}

fn form_of(name: &str) -> Form {
    if name == "v1" { Form::V1 } else { Form::V2 }
}

/// Any text may name a room or an event; what names none is not found.
fn room_id(text: &str) -> RoomId {
    RoomId::from_received(text)
}

fn event_id(text: &str) -> EventId {
    EventId::from_received(text)
}
