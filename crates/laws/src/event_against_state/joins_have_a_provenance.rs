use exeunt_event::content::{AuthorisingUser, JoinRule, Membership, Property};
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S6",
    name: "joins-have-a-provenance",
    sentence: "Every join is the creator's first, or follows an invite or a join, or the room is \
               public, or somebody joined who may invite vouches for it where the join rule takes \
               conditions.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let Some((target, member)) = it.member() else { return Answer::Silent };
    if member.membership != Some(Membership::Join) || !it.is_allowed() {
        return Answer::Silent;
    }
    if it.is_first_join() {
        return Answer::Kept;
    }
    let capabilities = &it.version().capabilities;
    let before = it.membership(target);
    let was_let_in = matches!(before, Some(Membership::Invite | Membership::Join));
    let is_vouched_for = match &member.authorising_user {
        AuthorisingUser::User(user) => {
            it.membership(user.as_str()) == Some(Membership::Join)
                && it.power(user.as_str()) >= it.level(Property::Invite)
        }
        AuthorisingUser::Absent | AuthorisingUser::Malformed => false,
    };
    let has_provenance = match it.join_rule() {
        Some(JoinRule::Public) => before != Some(Membership::Ban),
        Some(JoinRule::Invite) => was_let_in,
        Some(JoinRule::Knock) => capabilities.knocking && was_let_in,
        Some(JoinRule::Restricted) => {
            capabilities.restricted_joins && (was_let_in || is_vouched_for)
        }
        Some(JoinRule::KnockRestricted) => {
            capabilities.knock_restricted_joins && (was_let_in || is_vouched_for)
        }
        Some(JoinRule::Other) | None => false,
    };
    Answer::of(has_provenance && it.sender() == target, || {
        let rule = it.join_rule().map_or("missing", JoinRule::as_str);
        let before = before.map_or("none", Membership::as_str);
        it.witness(format!("{target} joins from {before} while the join rule is {rule}"))
    })
}
