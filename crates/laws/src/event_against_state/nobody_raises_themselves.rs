use exeunt_auth::Power;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S8",
    name: "nobody-raises-themselves",
    sentence: "Nobody lists themselves in the power levels with more power than they have.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let (Some(old), Some(new)) = (it.levels(), it.new_levels()) else { return Answer::Silent };
    let sender = it.sender();
    let [before, after] = [old, new].map(|levels| levels.users.get(sender));
    // An entry that goes leaves the power that everybody has, which may be more.
    let Some(after) = after.filter(|_| it.is_allowed() && before != after) else {
        return Answer::Silent;
    };
    let power = it.power(sender);
    Answer::of(Power::Level(after) <= power, || {
        it.witness(format!("{sender} with power {power} lists themselves with {after}"))
    })
}
