use exeunt_resolve::definition;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R14",
    name: "fast-equals-definition",
    sentence: "The algorithm that everybody calls gives what the definition in the words of the \
               specification gives, with the same account.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#room-state-resolution",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let sets = it.sets();
    let fast = it.resolution();
    let slow = definition::resolve(it.room.events(), &sets);
    let (one, other) = (fast.state(), slow.state());
    Answer::of(one == other && fast.account == slow.account, || {
        it.witness(it.difference(&one, &other))
    })
}
