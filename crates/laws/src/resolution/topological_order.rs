use exeunt_resolve::Account;
use exeunt_version::{RoomVersion, StateResolution};

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R10",
    name: "topological-order",
    sentence: "In the order of the power events none comes before one of its own auth chain.",
    source: "https://spec.matrix.org/v1.19/rooms/v2/#definitions",
    expected: |version: &RoomVersion| match version.capabilities.state_resolution {
        StateResolution::V1 => Expected::Silent("its orderings have nothing to do with auth events"),
        StateResolution::V2 | StateResolution::V2_1 => Expected::Holds,
    },
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let resolution = it.resolution();
    let Account::V2(account) = &resolution.account else { return Answer::Silent };
    let order: Vec<_> = account.power_events.iter().map(|step| step.event).collect();
    if order.len() < 2 {
        return Answer::Silent;
    }
    let is_before_its_own = |at: usize| {
        let chain = it.room.dag().auth().ancestors([order[at]]);
        order[at + 1..].iter().any(|later| chain.contains(later))
    };
    let wrong = (0..order.len()).find(|at| is_before_its_own(*at));
    Answer::of(wrong.is_none(), || it.witness("a power event comes before one that it rests on"))
}
