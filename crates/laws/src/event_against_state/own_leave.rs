use exeunt_event::content::Membership;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S1",
    name: "own-leave",
    sentence: "A user's own leave is allowed exactly when their membership is invite, join or, where \
               rooms can be knocked at, knock.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorization-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let Some((target, member)) = it.member() else { return Answer::Silent };
    // A closed room refuses users of other servers before anything else is looked at.
    if it.sender() != target
        || member.membership != Some(Membership::Leave)
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
