use exeunt_version::{RoomVersion, StateResolution};

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R6",
    name: "absorption",
    sentence: "Resolving a state with a result that it is part of gives that result.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#room-state-resolution",
    expected: |version: &RoomVersion| match version.capabilities.state_resolution {
        StateResolution::V1 => {
            Expected::Fails { case: "two joins of the creator beside each other, and power levels after each", events: 5 }
        }
        StateResolution::V2 | StateResolution::V2_1 => {
            Expected::Fails { case: "what the creator sets after one of two joins beside each other", events: 4 }
        }
    },
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let Some(both) = it.of_two() else { return Answer::Silent };
    let again = it.resolve(&[it.states[0].1.clone(), both.clone()]);
    Answer::of(*both == again, || it.witness(it.difference(both, &again)))
}
