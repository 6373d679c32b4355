//! What a user sees of a state, and may do by it.

use std::cell::OnceCell;

use exeunt_auth::{Power, State as _};
use exeunt_event::content::{JoinRule, Membership, PowerLevels, Property};
use exeunt_event::{Event, EventType};
use exeunt_room::{Room, State, StateView};

use super::cast::{USERS, User};
use crate::Kind;

/// A state, as its readers ask it. What was asked about a user is remembered: whoever looks for
/// somebody who may do something asks the same again and again.
#[derive(Clone)]
pub(crate) struct Sight<'r> {
    pub(crate) room: &'r Room,
    pub(crate) state: &'r State,
    memberships: [OnceCell<Option<Membership>>; USERS],
    powers: [OnceCell<Power>; USERS],
}

impl<'r> Sight<'r> {
    pub(crate) fn new(room: &'r Room, state: &'r State) -> Self {
        let (memberships, powers) = (Default::default(), Default::default());
        Self { room, state, memberships, powers }
    }

    pub(crate) fn view(&self) -> StateView<'r> {
        self.room.view(self.state)
    }

    pub(crate) fn entry(&self, event_type: &EventType, state_key: &str) -> Option<&'r Event> {
        self.view().entry(event_type, state_key)
    }

    pub(crate) fn membership(&self, user: User<'_>) -> Option<Membership> {
        remembered(self.memberships.get(user.at), || self.view().membership(user.id))
    }

    pub(crate) fn is_joined(&self, user: User<'_>) -> bool {
        self.membership(user) == Some(Membership::Join)
    }

    pub(crate) fn power(&self, user: User<'_>) -> Power {
        remembered(self.powers.get(user.at), || self.view().power(user.id))
    }

    pub(crate) fn levels(&self) -> Option<&'r PowerLevels> {
        self.view().levels()
    }

    pub(crate) fn level(&self, property: Property) -> Power {
        self.view().level(property)
    }

    fn required(&self, event_type: &str, is_state: bool) -> Power {
        let without = if is_state { Property::StateDefault } else { Property::EventsDefault };
        Power::Level(match self.levels() {
            Some(levels) => levels.required(event_type, is_state),
            None if is_state && event_type != "m.room.power_levels" => 0,
            None => without.default_level(),
        })
    }

    pub(crate) fn join_rule(&self) -> Option<JoinRule> {
        self.view().join_rule()
    }

    /// Whether the rules would allow it, more or less: a simulation that is right about most events
    /// and need not be about any.
    pub(crate) fn may(
        &self,
        kind: Kind,
        actor: User<'_>,
        target: User<'_>,
        event_type: &str,
    ) -> bool {
        let is_joined = || self.is_joined(actor);
        let own = || self.power(actor);
        let of_target = || self.membership(target);
        let outranks = || target.at != actor.at && self.power(target) < own();
        match kind {
            Kind::Create => false,
            Kind::Aliases => self.room.version().capabilities.aliases_rule || is_joined(),
            Kind::Join => self.may_join(actor),
            Kind::Leave => matches!(
                self.membership(actor),
                Some(Membership::Join | Membership::Invite | Membership::Knock)
            ),
            Kind::Knock => {
                let takes =
                    matches!(self.join_rule(), Some(JoinRule::Knock | JoinRule::KnockRestricted));
                takes && matches!(self.membership(actor), None | Some(Membership::Leave))
            }
            Kind::Invite => {
                is_joined()
                    && !matches!(of_target(), Some(Membership::Join | Membership::Ban))
                    && own() >= self.level(Property::Invite)
            }
            Kind::TokenInvite => {
                let token = EventType::ThirdPartyInvite;
                of_target() != Some(Membership::Ban)
                    && self
                        .entry(&token, super::act::TOKEN)
                        .is_some_and(|token| *token.sender() == *actor.id)
            }
            Kind::Kick => {
                is_joined()
                    && !matches!(of_target(), None | Some(Membership::Ban | Membership::Leave))
                    && outranks()
                    && own() >= self.level(Property::Kick)
            }
            Kind::Ban => {
                is_joined()
                    && of_target() != Some(Membership::Ban)
                    && outranks()
                    && own() >= self.level(Property::Ban)
            }
            Kind::Unban => {
                is_joined()
                    && of_target() == Some(Membership::Ban)
                    && outranks()
                    && own() >= self.level(Property::Ban)
                    && own() >= self.level(Property::Kick)
            }
            Kind::Token => is_joined() && own() >= self.level(Property::Invite),
            Kind::Redact | Kind::Message => {
                is_joined() && own() >= self.required(event_type, false)
            }
            Kind::State | Kind::Levels | Kind::JoinRules | Kind::Acl => {
                is_joined() && own() >= self.required(event_type, true)
            }
        }
    }

    fn may_join(&self, actor: User<'_>) -> bool {
        let before = self.membership(actor);
        if before == Some(Membership::Ban) {
            return false;
        }
        let was_let_in = matches!(before, Some(Membership::Join | Membership::Invite));
        match self.join_rule() {
            None if before.is_none() => self.is_new_room_of(actor.id),
            None | Some(JoinRule::Other) => false,
            Some(JoinRule::Invite | JoinRule::Knock) => was_let_in,
            // Where it takes conditions somebody may vouch.
            Some(JoinRule::Public | JoinRule::Restricted | JoinRule::KnockRestricted) => true,
        }
    }

    /// Whether there is a create event, and nothing else yet.
    fn is_new_room_of(&self, actor: &str) -> bool {
        let create = self.entry(&EventType::Create, "").filter(|_| self.state.len() == 1);
        create.is_some_and(|create| *create.sender() == *actor)
    }
}

fn remembered<T: Copy>(place: Option<&OnceCell<T>>, ask: impl FnOnce() -> T) -> T {
    match place {
        Some(place) => *place.get_or_init(ask),
        None => ask(),
    }
}
