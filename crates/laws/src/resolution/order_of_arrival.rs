use std::collections::BTreeSet;

use exeunt_dag::Number;
use exeunt_event::EventId;
use exeunt_resolve::{StateSet, resolve};
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R9",
    name: "order-of-arrival",
    sentence: "The order in which a server came to know the events does not matter.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#room-state-resolution",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Merge(check),
};

/// The same states of the same events, the last of which came first.
fn check(it: &Merge<'_>) -> Answer {
    let dag = it.room.dag();
    let pool = it.pool();
    let id = |number: Number| dag.id(number);
    let states: Result<Vec<StateSet>, _> =
        it.states.iter().map(|(_, set)| pool.state(set.iter().filter_map(|(_, at)| id(at)))).collect();
    let Ok(states) = states else {
        return Answer::Broken(it.witness("a state has an event that the room does not have"));
    };
    let other = resolve(pool.events(it.room.version()), &states).state();
    let other: BTreeSet<&EventId> = other.iter().filter_map(|(_, at)| pool.dag().id(at)).collect();
    let one = it.resolution().state();
    let one: BTreeSet<&EventId> = one.iter().filter_map(|(_, at)| id(at)).collect();
    Answer::of(one == other, || {
        let differing = one.symmetric_difference(&other).next();
        let differing = differing.map(ToString::to_string).unwrap_or_default();
        it.witness(format!("{differing} is in one of the results alone"))
    })
}
