use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R1",
    name: "order-and-multiplicity",
    sentence: "The order of the states, and how often each is there, do not matter.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#room-state-resolution",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let mut sets = it.sets();
    let state = it.resolution().state();
    sets.reverse();
    sets.extend(it.sets());
    let other = it.resolve(&sets);
    Answer::of(state == other, || it.witness(it.difference(&state, &other)))
}
