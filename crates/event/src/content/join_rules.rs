//! `m.room.join_rules`. <https://spec.matrix.org/v1.19/client-server-api/#mroomjoin_rules>

use exeunt_version::RoomVersion;

use crate::json::{Object, Value};

/// The `join_rule` of a join rules event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinRule {
    /// `public`
    Public,
    /// `invite`
    Invite,
    /// `knock`
    Knock,
    /// `restricted`
    Restricted,
    /// `knock_restricted`
    KnockRestricted,
    /// Any other (`private`, say), or none.
    Other,
}

impl JoinRule {
    pub(super) fn new(content: &Object<'_>) -> Self {
        match content.get("join_rule").and_then(Value::as_str) {
            Some("public") => Self::Public,
            Some("invite") => Self::Invite,
            Some("knock") => Self::Knock,
            Some("restricted") => Self::Restricted,
            Some("knock_restricted") => Self::KnockRestricted,
            _ => Self::Other,
        }
    }

    /// The join rules that a room version knows, in the order in which versions brought them.
    pub fn of(version: &RoomVersion) -> impl Iterator<Item = Self> {
        let rules =
            [Self::Public, Self::Invite, Self::Knock, Self::Restricted, Self::KnockRestricted];
        rules.into_iter().filter(|rule| rule.is_in(version))
    }

    /// Whether the room version knows the join rule. What it does not know lets nobody in.
    pub fn is_in(self, version: &RoomVersion) -> bool {
        match self {
            Self::Public | Self::Invite => true,
            Self::Knock => version.capabilities.knocking,
            Self::Restricted => version.capabilities.restricted_joins,
            Self::KnockRestricted => version.capabilities.knock_restricted_joins,
            Self::Other => false,
        }
    }

    /// Its name in the specification.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Invite => "invite",
            Self::Knock => "knock",
            Self::Restricted => "restricted",
            Self::KnockRestricted => "knock_restricted",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_bring_join_rules() {
        let counts: Vec<_> =
            RoomVersion::all().map(|version| JoinRule::of(&version).count()).collect();
        assert_eq!(counts, [2, 2, 2, 2, 2, 2, 3, 4, 4, 5, 5, 5]);
        assert!(RoomVersion::all().all(|version| !JoinRule::Other.is_in(&version)));
    }
}
