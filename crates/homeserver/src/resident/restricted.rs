//! The conditions of restricted rooms.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#restricted-rooms>

use exeunt_event::content::{JoinRule, Membership, Property};
use exeunt_event::json::Value;
use exeunt_event::{RoomId, UserId};

use crate::Refusal;
use crate::hosted::Hosted;
use crate::turn::Turn;

/// Whether a user meets a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Met,
    NotMet,
    /// This server cannot tell.
    Unknown,
}

impl Turn {
    /// The local user who authorises a join that needs that; `None` if it needs none.
    pub(crate) fn authoriser(
        &self,
        hosted: &Hosted,
        user: &UserId,
    ) -> Result<Option<UserId>, Refusal> {
        if !is_restricted(hosted) || is_free_to_join(hosted, user) {
            return Ok(None);
        }
        self.check_conditions(hosted, user)?;
        let mut local = hosted.users_of(&self.server.name);
        let authoriser = local.find(|user| may_invite(hosted, user));
        authoriser.cloned().map(Some).ok_or(Refusal::UnableToGrantJoin)
    }

    /// Whether a user meets one of the room's conditions.
    pub(super) fn check_conditions(&self, hosted: &Hosted, user: &UserId) -> Result<(), Refusal> {
        let mut is_unknown = false;
        for room_id in allowed_rooms(hosted) {
            match self.membership_condition(&room_id, user) {
                Condition::Met => return Ok(()),
                Condition::NotMet => {}
                Condition::Unknown => is_unknown = true,
            }
        }
        Err(if is_unknown { Refusal::UnableToAuthoriseJoin } else { Refusal::NoConditionMet })
    }

    fn membership_condition(&self, room_id: &RoomId, user: &UserId) -> Condition {
        match self.server.rooms.get(room_id) {
            // A room that the server is not in may have changed since.
            Some(hosted) if hosted.has(&self.server.name) => match hosted.membership(user) {
                Some(Membership::Join) => Condition::Met,
                _ => Condition::NotMet,
            },
            _ => Condition::Unknown,
        }
    }
}

/// Whether the room's join rule takes conditions.
pub(super) fn is_restricted(hosted: &Hosted) -> bool {
    hosted.view().join_rule().is_some_and(|rule| {
        matches!(rule, JoinRule::Restricted | JoinRule::KnockRestricted)
            && rule.is_in(hosted.room.version())
    })
}

/// Whether the user needs nobody's authority: "if the user is responding to an invite", or joined.
fn is_free_to_join(hosted: &Hosted, user: &UserId) -> bool {
    matches!(hosted.membership(user), Some(Membership::Invite | Membership::Join))
}

/// The rooms whose members may join; other conditions, and malformed ones, count as not met.
///
/// <https://spec.matrix.org/v1.19/client-server-api/#mroomjoin_rules>
fn allowed_rooms(hosted: &Hosted) -> Vec<RoomId> {
    let Some(event) = hosted.entry("m.room.join_rules", "") else { return Vec::new() };
    let object = event.object();
    let content = object.get("content").and_then(Value::as_object);
    let allow = content.and_then(|content| content.get("allow")).and_then(Value::as_array);
    let room = |condition: &Value<'_>| {
        let condition = condition.as_object()?;
        let kind = condition.get("type")?.as_str()?;
        (kind == "m.room_membership").then_some(())?;
        RoomId::parse(condition.get("room_id")?.as_str()?).ok()
    };
    allow.into_iter().flatten().filter_map(room).collect()
}

fn may_invite(hosted: &Hosted, user: &UserId) -> bool {
    let state = hosted.view();
    state.power(user.as_str()) >= state.level(Property::Invite)
}
