use exeunt_version::RoomVersion;

use super::convergence::{know_the_same, pairs};
use crate::{About, Answer, Expected, History, Law, Tally, Witness};

pub(super) const LAW: Law = Law {
    id: "F1a",
    name: "current-states-converge",
    sentence: "Servers that know the same whole history have the same current state.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#soft-failure",
    expected: |_: &RoomVersion| Expected::Fails {
        case: "a topic beside the leave of who sets it, in either order",
        events: 4,
    },
    about: About::History(check),
};

fn check(history: &History) -> Tally {
    let mut tally = Tally::default();
    for [one, other] in pairs(history) {
        if know_the_same(&one.room, &other.room) {
            let is_same = one.room.current_state() == other.room.current_state();
            tally.count(Answer::of(is_same, || {
                let sentence = format!("{} and {} have other current states", one.name, other.name);
                Witness::new(sentence, [])
            }));
        }
    }
    tally
}
