use exeunt_event::content::{Membership, Property};
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S4",
    name: "only-power-removes",
    sentence: "Only a kick or a ban by somebody of more power takes somebody else out of the room.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let Some((sender, target, after)) = it.plain_member() else { return Answer::Silent };
    let was_joined = it.membership(target) == Some(Membership::Join);
    if !it.is_allowed() || !was_joined || sender == target || after == Membership::Join {
        return Answer::Silent;
    }
    let level = match after {
        Membership::Leave => Some(it.level(Property::Kick)),
        Membership::Ban => Some(it.level(Property::Ban)),
        _ => None,
    };
    let power = it.power(sender);
    let may_remove = level.is_some_and(|level| power >= level) && power > it.power(target);
    Answer::of(may_remove, || {
        let after = after.as_str();
        it.witness(format!("{sender} with power {power} takes {target} from join to {after}"))
    })
}
