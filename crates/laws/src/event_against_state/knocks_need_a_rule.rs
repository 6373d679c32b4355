use exeunt_event::content::{AuthorisingUser, JoinRule, Membership};
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S19",
    name: "knocks-need-a-rule",
    sentence: "A knock is allowed exactly when it is one's own, the join rule is knock or, where \
               there is such a rule, knock_restricted, and one is neither joined, invited nor \
               banned; unless the room does not federate and one is of another server, or the knock \
               says by whom it is authorised and names no user.",
    source: "https://spec.matrix.org/v1.19/rooms/v7/#authorization-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let Some((target, member)) = it.member() else { return Answer::Silent };
    let capabilities = &it.version().capabilities;
    let is_malformed = matches!(member.authorising_user, AuthorisingUser::Malformed);
    if member.membership != Some(Membership::Knock)
        || is_malformed && capabilities.restricted_joins
        || super::unfederated_rooms::is_shut_out(it)
    {
        return Answer::Silent;
    }
    let takes_knocks = match it.join_rule() {
        Some(JoinRule::Knock) => capabilities.knocking,
        Some(JoinRule::KnockRestricted) => capabilities.knock_restricted_joins,
        _ => false,
    };
    let before = it.membership(target);
    let is_near =
        matches!(before, Some(Membership::Join | Membership::Invite | Membership::Ban));
    let may_knock = takes_knocks && !is_near && it.sender() == target;
    Answer::of(it.is_allowed() == may_knock, || {
        let rule = it.join_rule().map_or("missing", JoinRule::as_str);
        let before = before.map_or("none", Membership::as_str);
        let verdict = if it.is_allowed() { "allowed" } else { "rejected" };
        it.witness(format!("{target} knocks from {before} under the join rule {rule}: {verdict}"))
    })
}
