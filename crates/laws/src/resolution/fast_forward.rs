use exeunt_version::{RoomVersion, StateResolution};

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R7",
    name: "fast-forward",
    sentence: "Resolving the state after an event with that after a later one on the same line \
               gives the later state.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#room-state-resolution",
    expected: |version: &RoomVersion| match version.capabilities.state_resolution {
        StateResolution::V1 => {
            Expected::Fails { case: "a join, and a leave after it that says to be less deep", events: 3 }
        }
        StateResolution::V2 | StateResolution::V2_1 => {
            Expected::Fails { case: "a join and a leave of one time, one after the other", events: 3 }
        }
    },
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let [(earlier, _), (later, after)] = it.states[..] else { return Answer::Silent };
    // Only where the later state is that of a line that goes on from the earlier event.
    let mut at = later;
    while at != earlier {
        match it.room.dag().prev().parents(at) {
            [parent] => at = *parent,
            _ => return Answer::Silent,
        }
    }
    let state = it.resolution().state();
    Answer::of(state == *after, || it.witness(it.difference(after, &state)))
}
