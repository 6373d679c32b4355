//! Everything that a homeserver refuses over federation.

use exeunt_auth::Rule;

/// Why a request is refused, in the order in which requests are looked at: endpoint, body,
/// authentication, parameters, room, event. It maps to a status, an `errcode` and a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such endpoint.
    /// <https://spec.matrix.org/v1.19/server-server-api/#unsupported-endpoints>
    #[error("There is no such endpoint.")]
    UnknownEndpoint,
    /// The endpoint has no such method.
    /// <https://spec.matrix.org/v1.19/server-server-api/#unsupported-endpoints>
    #[error("The endpoint has no such method.")]
    UnknownMethod,

    /// The body is not JSON.
    #[error("The body is not JSON: {0}.")]
    NotJson(String),
    /// The body is JSON, but something in it is not what it has to be.
    #[error("{0}")]
    BadJson(String),
    /// Something that has to be there is not.
    #[error("{0} is missing.")]
    MissingParam(&'static str),
    /// Something is there and wrong.
    #[error("{0}")]
    InvalidParam(String),
    /// The event is larger than events may be.
    #[error("The event is larger than 65536 bytes.")]
    TooLarge,

    /// No `Authorization` header speaks of `X-Matrix`.
    /// <https://spec.matrix.org/v1.19/server-server-api/#request-authentication>
    #[error("The request has no X-Matrix authorization.")]
    NoAuthorization,
    /// An `X-Matrix` header is not of the form that it has to have.
    #[error("The X-Matrix authorization is malformed: {0}.")]
    MalformedAuthorization(&'static str),
    /// The request was meant for another server.
    #[error("The request is for {destination}, which is not this server.")]
    WrongDestination {
        /// The server that it was meant for.
        destination: String,
    },
    /// The origin has no such key, as far as is known.
    #[error("The key {key_id} of {origin} is not known.")]
    UnknownKey {
        /// The origin.
        origin: String,
        /// The key's ID.
        key_id: String,
    },
    /// The origin's key is not valid any more.
    #[error("The key {key_id} of {origin} is not valid any more.")]
    ExpiredKey {
        /// The origin.
        origin: String,
        /// The key's ID.
        key_id: String,
    },
    /// The signature on the request is wrong.
    #[error("The signature of {origin} on the request is wrong.")]
    RequestSignature {
        /// The origin.
        origin: String,
    },

    /// The room is not known.
    #[error("The room is not known.")]
    UnknownRoom,
    /// The server knows the room, but has nobody in it.
    #[error("This server has no user in the room.")]
    NotResident,
    /// The event is not known, or not of the room.
    #[error("The event is not known.")]
    UnknownEvent,
    /// The room's server ACL denies the origin.
    /// <https://spec.matrix.org/v1.19/server-server-api/#server-access-control-lists-acls>
    #[error("The room's server ACL denies {origin}.")]
    DeniedByAcl {
        /// The origin.
        origin: String,
    },
    /// The origin has nobody in the room, and asks for what is for servers in the room alone.
    #[error("{origin} has no user in the room.")]
    OriginNotInRoom {
        /// The origin.
        origin: String,
    },
    /// A user of another server than the origin.
    #[error("{user} is not a user of {origin}.")]
    UserOfAnotherServer {
        /// The user.
        user: String,
        /// The origin.
        origin: String,
    },
    /// The room's version is none that the asking server supports.
    #[error("The room has the version {room_version}, which the request does not list.")]
    IncompatibleRoomVersion {
        /// The room's version.
        room_version: String,
    },
    /// The room's version is none that this server supports.
    #[error("This server does not support the room version {room_version}.")]
    UnsupportedRoomVersion {
        /// The room's version.
        room_version: String,
    },

    /// An event does not have the signatures that it has to have.
    #[error("The event fails the signature check: {0}.")]
    EventSignature(String),
    /// [`Refusal::EventSignature`], by the error code that the room-leaving document lists.
    #[error("The event's signature is invalid: {0}.")]
    InvalidSignature(String),
    /// What the event cites is not there, and could not be had.
    #[error("The event cites events that cannot be had.")]
    MissingEvents,
    /// An authorisation rule rejects the event.
    #[error("Rule {number}: {reason}.")]
    NotAllowed {
        /// The rule; `None` where it is none of the authorisation rules.
        rule: Option<Rule>,
        /// Its number in the room version.
        number: String,
        /// What decided, in words.
        reason: String,
    },
    /// The room's join rule takes conditions, and this server cannot tell whether one is met.
    /// <https://spec.matrix.org/v1.19/server-server-api/#restricted-rooms>
    #[error("This server cannot tell whether a condition of the room is met.")]
    UnableToAuthoriseJoin,
    /// A condition is met, but no user of this server may let the user in.
    #[error("No user of this server may let the user in; another server may.")]
    UnableToGrantJoin,
    /// None of the conditions of the room is met.
    #[error("The user meets none of the room's conditions.")]
    NoConditionMet,
    /// The invited user does not take invites from this sender.
    #[error("The user does not take this invite.")]
    InviteBlocked {
        /// Whether the release that the server follows has an `errcode` for it.
        has_code: bool,
    },
}

impl Refusal {
    /// The status of HTTP.
    pub fn status(&self) -> u16 {
        match self {
            Self::UnknownEndpoint | Self::UnknownRoom | Self::NotResident | Self::UnknownEvent => {
                404
            }
            Self::UnknownMethod => 405,
            Self::TooLarge => 413,
            Self::NoAuthorization
            | Self::MalformedAuthorization(_)
            | Self::WrongDestination { .. }
            | Self::UnknownKey { .. }
            | Self::ExpiredKey { .. }
            | Self::RequestSignature { .. } => 401,
            Self::DeniedByAcl { .. }
            | Self::OriginNotInRoom { .. }
            | Self::UserOfAnotherServer { .. }
            | Self::MissingEvents
            | Self::NotAllowed { .. }
            | Self::NoConditionMet
            | Self::InviteBlocked { .. } => 403,
            Self::NotJson(_)
            | Self::BadJson(_)
            | Self::MissingParam(_)
            | Self::InvalidParam(_)
            | Self::IncompatibleRoomVersion { .. }
            | Self::UnsupportedRoomVersion { .. }
            | Self::EventSignature(_)
            | Self::InvalidSignature(_)
            | Self::UnableToAuthoriseJoin
            | Self::UnableToGrantJoin => 400,
        }
    }

    /// The `errcode`.
    pub fn errcode(&self) -> &'static str {
        match self {
            Self::UnknownEndpoint | Self::UnknownMethod => "M_UNRECOGNIZED",
            Self::NotJson(_) => "M_NOT_JSON",
            Self::BadJson(_) => "M_BAD_JSON",
            Self::MissingParam(_) => "M_MISSING_PARAM",
            Self::InvalidParam(_) | Self::EventSignature(_) => "M_INVALID_PARAM",
            Self::InvalidSignature(_) => "M_INVALID_SIGNATURE",
            Self::TooLarge => "M_TOO_LARGE",
            Self::NoAuthorization
            | Self::MalformedAuthorization(_)
            | Self::WrongDestination { .. }
            | Self::UnknownKey { .. }
            | Self::ExpiredKey { .. }
            | Self::RequestSignature { .. } => "M_UNAUTHORIZED",
            Self::UnknownRoom | Self::NotResident | Self::UnknownEvent => "M_NOT_FOUND",
            Self::DeniedByAcl { .. }
            | Self::OriginNotInRoom { .. }
            | Self::UserOfAnotherServer { .. }
            | Self::MissingEvents
            | Self::NotAllowed { .. }
            | Self::NoConditionMet
            | Self::InviteBlocked { has_code: false } => "M_FORBIDDEN",
            Self::InviteBlocked { has_code: true } => "M_INVITE_BLOCKED",
            Self::IncompatibleRoomVersion { .. } => "M_INCOMPATIBLE_ROOM_VERSION",
            Self::UnsupportedRoomVersion { .. } => "M_UNSUPPORTED_ROOM_VERSION",
            Self::UnableToAuthoriseJoin => "M_UNABLE_TO_AUTHORISE_JOIN",
            Self::UnableToGrantJoin => "M_UNABLE_TO_GRANT_JOIN",
        }
    }
}
