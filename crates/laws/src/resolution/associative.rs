use exeunt_version::{RoomVersion, StateResolution};

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R5",
    name: "associative",
    sentence: "Resolving two of three states first, and their result with the third, is resolving \
               all three.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#room-state-resolution",
    expected: |version: &RoomVersion| match version.capabilities.state_resolution {
        StateResolution::V1 => {
            Expected::Fails { case: "two joins of the creator beside each other, and two power levels after the first", events: 5 }
        }
        StateResolution::V2 | StateResolution::V2_1 => {
            Expected::Fails { case: "what the creator sets after one of two joins beside each other", events: 4 }
        }
    },
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let sets = it.sets();
    let [a, b, c, others @ ..] = &sets[..] else { return Answer::Silent };
    let Some(pair) = it.of_two() else { return Answer::Silent };
    let in_steps = it.resolve(&[pair.clone(), c.clone()]);
    let at_once = match others {
        [] => it.resolution().state(),
        _ => it.resolve(&[a.clone(), b.clone(), c.clone()]),
    };
    Answer::of(in_steps == at_once, || it.witness(it.difference(&in_steps, &at_once)))
}
