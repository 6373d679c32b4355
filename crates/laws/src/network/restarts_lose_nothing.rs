use exeunt_version::RoomVersion;

use super::reading::{at, rooms};
use crate::{About, Answer, Expected, Happening, Law, NetworkHistory, NetworkStep, Tally};

pub(super) const LAW: Law = Law {
    id: "F16",
    name: "restarts-lose-nothing",
    sentence: "A server that starts again folds its logs into the rooms that it had, and its users \
               see what they saw.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#transactions",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Network(check),
};

fn check(history: &NetworkHistory) -> Tally {
    history.steps.iter().enumerate().map(restarted).collect()
}

fn restarted((number, step): (usize, &NetworkStep)) -> Answer {
    let Happening::Restarted(name) = &step.what else { return Answer::Silent };
    let (Some(before), Some(after)) = (step.before.server(name), step.after.server(name)) else {
        return Answer::Silent;
    };
    let is_same = rooms(before) == rooms(after) && before.views().eq(after.views());
    at(number, is_same, || format!("{name} has other rooms than before"))
}
