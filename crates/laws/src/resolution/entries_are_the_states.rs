use exeunt_version::{RoomVersion, StateResolution};

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R4a",
    name: "entries-are-the-states",
    sentence: "Every entry of the result is one of the states'.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#state-resolution",
    expected: |version: &RoomVersion| match version.capabilities.state_resolution {
        StateResolution::V1 => Expected::Holds,
        StateResolution::V2 | StateResolution::V2_1 => {
            let case = "a join and a leave of one time, and the state before both";
            Expected::Fails { case, events: 3 }
        }
    },
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let state = it.resolution().state();
    let stray = state.iter().find(|(key, event)| {
        it.states.iter().all(|(_, set)| set.get(*key) != Some(*event))
    });
    Answer::of(stray.is_none(), || {
        let name = stray.map(|(key, _)| it.name(key)).unwrap_or_default();
        it.witness(format!("{name} is what no state has"))
    })
}
