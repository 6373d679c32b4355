use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R8",
    name: "nothing-that-all-have-is-lost",
    sentence: "A type and state key that every state has, the result has.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#room-state-resolution",
    expected: |_: &RoomVersion| Expected::Fails {
        case: "two topics and the leave of who set them, all of one time",
        events: 5,
    },
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let [first, others @ ..] = &it.states[..] else { return Answer::Silent };
    let state = it.resolution().state();
    let everywhere = first.1.iter().map(|(key, _)| key);
    let lost = everywhere
        .filter(|key| others.iter().all(|(_, set)| set.get(*key).is_some()))
        .find(|key| state.get(*key).is_none());
    Answer::of(lost.is_none(), || {
        let name = lost.map(|key| it.name(key)).unwrap_or_default();
        it.witness(format!("every state has {name}, and the result has none"))
    })
}
