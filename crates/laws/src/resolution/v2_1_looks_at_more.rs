use std::collections::BTreeSet;

use exeunt_dag::Number;
use exeunt_resolve::{Account, Events, Resolution, resolve};
use exeunt_version::{RoomVersion, StateResolution};

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R11",
    name: "v2-1-looks-at-more",
    sentence: "State resolution v2.1 looks at every event that v2 looks at: its full conflicted set \
               contains that of v2.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#definitions",
    expected: |version: &RoomVersion| match version.capabilities.state_resolution {
        StateResolution::V1 | StateResolution::V2 => {
            Expected::Silent("the version does not resolve by v2.1")
        }
        StateResolution::V2_1 => Expected::Holds,
    },
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let version = it.room.version();
    if version.capabilities.state_resolution != StateResolution::V2_1 {
        return Answer::Silent;
    }
    let mut before = version.clone();
    before.capabilities.state_resolution = StateResolution::V2;
    let events = Events { version: &before, ..it.room.events() };
    let less = looked_at(&resolve(events, &it.sets()));
    let more = looked_at(it.resolution());
    if less.is_empty() {
        return Answer::Silent;
    }
    let left_out = less.difference(&more).next();
    Answer::of(left_out.is_none(), || {
        let id = left_out.and_then(|number| it.room.dag().id(*number));
        let id = id.map(ToString::to_string).unwrap_or_default();
        it.witness(format!("v2 looks at {id}, v2.1 does not"))
    })
}

/// The full conflicted set, as the events of it were gone through.
fn looked_at(resolution: &Resolution<'_>) -> BTreeSet<Number> {
    let Account::V2(account) = &resolution.account else { return BTreeSet::new() };
    let power_events = account.power_events.iter().map(|step| step.event);
    let others = account.others.iter().map(|step| step.event);
    power_events.chain(others).chain(account.cyclic.iter().copied()).collect()
}
