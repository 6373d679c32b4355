use exeunt_dag::Number;
use exeunt_resolve::Account;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R4",
    name: "entries-have-an-origin",
    sentence: "Every entry of the result is one of the states', or an event of the full conflicted \
               set.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#state-resolution",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let resolution = it.resolution();
    let state = resolution.state();
    let is_conflicted = |event: &Number| match &resolution.account {
        Account::V1(_) => false,
        Account::V2(account) => {
            let between = account.subgraph.iter().flatten();
            account.conflicted.iter().chain(&account.auth_difference).chain(between).any(|it| it == event)
        }
    };
    let stray = state.iter().find(|(key, event)| {
        it.states.iter().all(|(_, set)| set.get(*key) != Some(*event)) && !is_conflicted(event)
    });
    Answer::of(stray.is_none(), || {
        let name = stray.map(|(key, _)| it.name(key)).unwrap_or_default();
        it.witness(format!("{name} comes from nowhere"))
    })
}
