use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R2",
    name: "one-state-stays",
    sentence: "The resolution of one state, or of equal states, is that state.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#room-state-resolution",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let Some((_, set)) = it.states.first() else { return Answer::Silent };
    let state = it.resolve(&[(*set).clone(), (*set).clone()]);
    Answer::of(state == **set, || it.witness(it.difference(set, &state)))
}
