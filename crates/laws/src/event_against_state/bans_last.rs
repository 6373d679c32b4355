use exeunt_event::content::{Membership, Property};
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S3",
    name: "bans-last",
    sentence: "A banned user's membership changes only by somebody joined whose power is at least \
               the levels for banning and for kicking, and above the target's.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let Some((sender, target, after)) = it.plain_member() else { return Answer::Silent };
    let was_banned = it.membership(target) == Some(Membership::Ban);
    if !it.is_allowed() || !was_banned || after == Membership::Ban || it.is_first_join() {
        return Answer::Silent;
    }
    let power = it.power(sender);
    let may_unban = it.membership(sender) == Some(Membership::Join)
        && power >= it.level(Property::Ban)
        && power >= it.level(Property::Kick)
        && power > it.power(target);
    Answer::of(after == Membership::Leave && may_unban, || {
        it.witness(format!("{sender} with power {power} ends the ban of {target}"))
    })
}
