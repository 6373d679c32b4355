//! `m.room.create`. <https://spec.matrix.org/v1.19/client-server-api/#mroomcreate>

use crate::UserId;
use crate::json::{Object, Value};

/// The content of a create event.
#[derive(Clone, Debug)]
pub struct Create {
    /// Whether there is a `creator`, of whatever type.
    pub has_creator: bool,
    /// The `creator`, if it is a string.
    pub creator: Option<UserId>,
    /// The `room_version`.
    pub room_version: NamedVersion,
    /// The `m.federate`.
    pub federate: Federate,
    /// The `additional_creators`.
    pub additional_creators: AdditionalCreators,
}

/// `room_version` of a create event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedVersion {
    /// Not there: the room is of version 1.
    Absent,
    /// A string.
    Named(Box<str>),
    /// There, but no string.
    Malformed,
}

/// `m.federate` of a create event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Federate {
    /// Not there.
    Absent,
    /// `true` or `false`.
    Is(bool),
    /// There, but neither.
    Malformed,
}

/// `additional_creators` of a create event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdditionalCreators {
    /// Not there.
    Absent,
    /// An array of strings, each of which may or may not be a user ID.
    Listed(Box<[UserId]>),
    /// There, but no array of strings.
    Malformed,
}

impl AdditionalCreators {
    /// Those listed; none if absent or malformed.
    pub fn listed(&self) -> &[UserId] {
        match self {
            Self::Listed(users) => users,
            Self::Absent | Self::Malformed => &[],
        }
    }
}

impl Create {
    pub(super) fn new(content: &Object<'_>) -> Self {
        Self {
            has_creator: content.contains_key("creator"),
            creator: content.get("creator").and_then(Value::as_str).map(UserId::from_received),
            room_version: match content.get("room_version") {
                None => NamedVersion::Absent,
                Some(Value::String(id)) => NamedVersion::Named(id.as_ref().into()),
                Some(_) => NamedVersion::Malformed,
            },
            federate: match content.get("m.federate") {
                None => Federate::Absent,
                Some(Value::Bool(federate)) => Federate::Is(*federate),
                Some(_) => Federate::Malformed,
            },
            additional_creators: content.get("additional_creators").map_or(
                AdditionalCreators::Absent,
                |users| {
                    let listed = users.as_array().and_then(|users| {
                        users.iter().map(|user| user.as_str().map(UserId::from_received)).collect()
                    });
                    listed.map_or(AdditionalCreators::Malformed, AdditionalCreators::Listed)
                },
            ),
        }
    }
}
