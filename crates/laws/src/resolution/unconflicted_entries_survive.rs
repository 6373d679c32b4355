use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R3",
    name: "unconflicted-entries-survive",
    sentence: "An entry that is the same in every state is in the result.",
    source: "https://spec.matrix.org/v1.19/rooms/v2/#state-resolution",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let [first, others @ ..] = &it.states[..] else { return Answer::Silent };
    let resolution = it.resolution();
    let unconflicted = first.1.iter().filter(|(key, event)| {
        others.iter().all(|(_, state)| state.get(*key) == Some(*event))
    });
    let lost = unconflicted.into_iter().find(|(key, event)| resolution.get(*key) != Some(*event));
    Answer::of(lost.is_none(), || {
        let name = lost.map(|(key, _)| it.name(key)).unwrap_or_default();
        it.witness(format!("{name} is the same in all states, and another in the result"))
    })
}
