//! The rules about `m.room.member`, a file for each membership.

mod ban;
mod invite;
mod join;
mod knock;
mod leave;
mod third_party_invite;

use exeunt_event::content::{AuthorisingUser, Member, Membership, Property};
use exeunt_event::{Event, UserId};
use exeunt_version::Creator;

use crate::check::{Decision, ServerSignatures, reject};
use crate::state::{View, member};
use crate::{LevelOf, Rule, Witness};

/// A membership that an event would give.
struct Transition<'v, 's, 'a> {
    event: &'a Event,
    view: &'v View<'s, 'a>,
    content: &'a Member,
    sender: &'a str,
    /// The target user: the state key.
    target: &'a str,
}

pub(crate) fn check<'a>(
    event: &'a Event,
    view: &View<'_, 'a>,
    signatures: ServerSignatures<'_>,
) -> Decision<'a> {
    let content = member(event)?;
    let Some(target) = event.state_key() else {
        return reject(Rule::MemberIncomplete, Witness::Property("state_key"));
    };
    let Some(membership) = content.membership else {
        return reject(Rule::MemberIncomplete, Witness::Property("content.membership"));
    };
    let sender = event.sender().as_str();
    let transition = Transition { event, view, content, sender, target };
    transition.check_authoriser(signatures).or_else(|| match membership {
        Membership::Join => transition.join(),
        Membership::Invite => transition.invite(),
        Membership::Leave => transition.leave(),
        Membership::Ban => transition.ban(),
        Membership::Knock if view.version.capabilities.knocking => transition.knock(),
        Membership::Knock | Membership::Unknown => {
            reject(Rule::MemberUnknown, Witness::Property("content.membership"))
        }
    })
}

impl<'a> Transition<'_, '_, 'a> {
    /// Who authorises a join must have signed it, whatever the membership.
    fn check_authoriser(&self, signatures: ServerSignatures<'_>) -> Decision<'a> {
        let capabilities = &self.view.version.capabilities;
        if !(capabilities.restricted_joins || capabilities.knock_restricted_joins) {
            return None;
        }
        let is_signed = match &self.content.authorising_user {
            AuthorisingUser::Absent => true,
            // What is no user ID denotes no homeserver that could have signed.
            AuthorisingUser::Malformed => false,
            AuthorisingUser::User(user) => {
                UserId::parse(user.as_str()).is_ok_and(|user| match signatures {
                    ServerSignatures::Satisfied => true,
                    ServerSignatures::Checked(signed_by) => signed_by(&user.server_name()),
                })
            }
        };
        let witness = Witness::Property("content.join_authorised_via_users_server");
        if is_signed { None } else { reject(Rule::MemberAuthoriserSignature, witness) }
    }

    fn membership(&self, user: &'a str) -> Witness<'a> {
        Witness::Membership { user, membership: self.view.membership(user) }
    }

    /// Rejects unless the sender is joined.
    fn sender_is_joined(&self, rule: Rule) -> Decision<'a> {
        if self.view.is_joined(self.sender) {
            return None;
        }
        reject(rule, self.membership(self.sender))
    }

    /// What the sender lacks to act on the target: a level, or more power than the target has.
    fn lacks(&self, property: Property) -> Option<Witness<'a>> {
        let (power, level) = (self.view.power(self.sender), self.view.level(property));
        let target = self.view.power(self.target);
        let lacking = |of, level| Witness::Level { of, level, user: self.sender, power };
        if power < level {
            Some(lacking(LevelOf::Property(property.as_str()), level))
        } else if target >= power {
            Some(lacking(LevelOf::User(self.target), target))
        } else {
            None
        }
    }

    /// What a user lacks of a level.
    fn lacks_level(&self, user: &'a str, property: Property) -> Option<Witness<'a>> {
        let (power, level) = (self.view.power(user), self.view.level(property));
        let of = LevelOf::Property(property.as_str());
        (power < level).then_some(Witness::Level { of, level, user, power })
    }

    /// Whether this is the join that follows the create event alone, for which nothing else is
    /// asked.
    fn is_first_join(&self) -> bool {
        let create = self.view.create_event;
        let is_creator = match self.view.version.capabilities.creator {
            Creator::Property => self.view.is_creator(self.target.as_bytes()),
            // In version 12 only the sender, not the additional creators.
            Creator::Sender | Creator::Privileged => create.sender() == self.target,
        };
        is_creator && matches!(self.event.prev_events(), [only] if only == create.event_id())
    }
}
