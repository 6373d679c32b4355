use exeunt_event::content::{AuthorisingUser, Membership};
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S1",
    name: "own-leave",
    sentence: "A user's own leave is allowed exactly when their membership is invite, join or, where \
               rooms can be knocked at, knock; unless the room does not federate and they are of \
               another server, or the leave says by whom it is authorised and names no user.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let Some((target, member)) = it.member() else { return Answer::Silent };
    // A closed room refuses users of other servers before anything else is looked at, and whatever
    // names an authoriser needs that user's server to have signed it.
    let is_malformed = matches!(member.authorising_user, AuthorisingUser::Malformed);
    if it.sender() != target
        || member.membership != Some(Membership::Leave)
        || is_malformed && it.version().capabilities.restricted_joins
        || super::unfederated_rooms::is_shut_out(it)
    {
        return Answer::Silent;
    }
    let may_leave = match it.membership(target) {
        Some(Membership::Invite | Membership::Join) => true,
        Some(Membership::Knock) => it.version().capabilities.knocking,
        _ => false,
    };
    Answer::of(it.is_allowed() == may_leave, || {
        let before = it.membership(target).map_or("none", Membership::as_str);
        let verdict = if it.is_allowed() { "allowed" } else { "rejected" };
        it.witness(format!("the leave of {target}, whose membership is {before}, is {verdict}"))
    })
}
