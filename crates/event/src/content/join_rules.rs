//! `m.room.join_rules`. <https://spec.matrix.org/v1.19/client-server-api/#mroomjoin_rules>

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
