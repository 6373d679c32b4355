use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R6",
    name: "absorption",
    sentence: "Resolving a state with a result that it is part of gives that result.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#room-state-resolution",
    expected: |_: &RoomVersion| Expected::Fails {
        case: "power levels beside the leave of who set them",
        events: 4,
    },
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let sets = it.sets();
    let [a, b, ..] = &sets[..] else { return Answer::Silent };
    let both = it.resolve(&[a.clone(), b.clone()]);
    let again = it.resolve(&[a.clone(), both.clone()]);
    Answer::of(both == again, || it.witness(it.difference(&both, &again)))
}
