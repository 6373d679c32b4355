//! What the authorisation rules read of an event's content, parsed once into typed values that
//! keep what each room version tolerates.

mod create;
mod join_rules;
mod level;
mod member;
mod power_levels;
mod third_party_invite;

use exeunt_version::RoomVersion;

use crate::EventType;
use crate::json::Object;

pub use create::{AdditionalCreators, Create, Federate, NamedVersion};
pub use join_rules::JoinRule;
pub use level::Level;
pub use member::{AuthorisingUser, InviteProof, Member, Membership, SignedInvite};
pub use power_levels::{LevelMap, LevelValue, PowerLevels, Property};
pub use third_party_invite::ThirdPartyInvite;

/// The content of an event, as far as the rules read it.
///
/// Parsing never fails: whatever is malformed is kept as such, for a rule to reject.
#[derive(Clone, Debug)]
pub enum Content {
    /// Of `m.room.create`.
    Create(Create),
    /// Of `m.room.member`.
    Member(Member),
    /// Of `m.room.power_levels`.
    PowerLevels(Box<PowerLevels>),
    /// Of `m.room.join_rules`.
    JoinRules(JoinRule),
    /// Of `m.room.third_party_invite`.
    ThirdPartyInvite(ThirdPartyInvite),
    /// Of any other type: no rule reads it.
    Other,
}

impl Content {
    pub(crate) fn new(event_type: &EventType, content: &Object<'_>, version: &RoomVersion) -> Self {
        match event_type {
            EventType::Create => Self::Create(Create::new(content)),
            EventType::Member => Self::Member(Member::new(content, version)),
            EventType::PowerLevels => {
                Self::PowerLevels(Box::new(PowerLevels::new(content, version)))
            }
            EventType::JoinRules => Self::JoinRules(JoinRule::new(content)),
            EventType::ThirdPartyInvite => Self::ThirdPartyInvite(ThirdPartyInvite::new(content)),
            EventType::Aliases | EventType::Redaction | EventType::Other(_) => Self::Other,
        }
    }
}
