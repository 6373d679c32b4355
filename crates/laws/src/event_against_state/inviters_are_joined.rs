use exeunt_auth::Power;
use exeunt_event::content::{AuthorisingUser, Membership, Property};
use exeunt_version::RoomVersion;

use crate::judgement::general;
use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S5",
    name: "inviters-are-joined",
    sentence: "An invite is allowed exactly when whoever invites is joined and has at least the level \
               for inviting, which is 0 where none is set, and whom they invite is neither joined nor \
               banned; unless the room does not federate and they are of another server, or the \
               invite says by whom it is authorised and names no user.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let Some((sender, target, Membership::Invite)) = it.plain_member() else {
        return Answer::Silent;
    };
    let is_malformed = it.member().is_some_and(|(_, member)| {
        matches!(member.authorising_user, AuthorisingUser::Malformed)
    });
    if is_malformed && it.version().capabilities.restricted_joins
        || super::unfederated_rooms::is_shut_out(it)
    {
        return Answer::Silent;
    }
    let of_target = it.membership(target);
    let may_invite = it.membership(sender) == Some(Membership::Join)
        && !matches!(of_target, Some(Membership::Join | Membership::Ban))
        && it.power(sender) >= Power::Level(general(it.levels(), Property::Invite));
    Answer::of(it.is_allowed() == may_invite, || {
        let verdict = if it.is_allowed() { "allowed" } else { "rejected" };
        let before = of_target.map_or("none", Membership::as_str);
        it.witness(format!("the invite of {target} from {before} by {sender} is {verdict}"))
    })
}
