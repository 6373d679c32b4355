use exeunt_event::content::{Membership, Property};
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S5",
    name: "inviters-are-joined",
    sentence: "Whoever invites is joined, and has at least the level for inviting.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let Some((sender, target, Membership::Invite)) = it.plain_member() else {
        return Answer::Silent;
    };
    if !it.is_allowed() {
        return Answer::Silent;
    }
    let may_invite = it.membership(sender) == Some(Membership::Join)
        && it.power(sender) >= it.level(Property::Invite);
    Answer::of(may_invite, || it.witness(format!("{sender} invites {target} all the same")))
}
