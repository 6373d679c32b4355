use exeunt_version::RoomVersion;

use super::convergence::lasting;
use crate::{About, Answer, Expected, History, Law, Server, Tally, Witness};

/// Nothing that comes to a server shows whether the state is true that it was given.
pub(super) const LAW: Law = Law {
    id: "F1b",
    name: "converges-by-word",
    sentence: "A server that starts from another's word for the state has the same verdicts at \
               receipt checks 4 and 5, and the same states before and after each event, as one that \
               knows the whole history.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#joining-rooms",
    expected: |_: &RoomVersion| Expected::Fails {
        case: "a first join, and a state for it that leaves out who else is joined",
        events: 4,
    },
    about: About::History(check),
};

fn check(history: &History) -> Tally {
    let mut tally = Tally::default();
    let whole = history.servers.iter().filter(|server| server.is_whole);
    let Some(whole) = whole.max_by_key(|server| server.room.dag().len()) else { return tally };
    let known = lasting(&whole.room);
    let told = |server: &&Server| !server.is_whole;
    for server in history.servers.iter().filter(told) {
        for (id, lasting) in &lasting(&server.room) {
            let Some(true_one) = known.get(id) else { continue };
            // Of what a state is made of the server knows no state.
            if !lasting.has_states() || !true_one.has_states() {
                continue;
            }
            tally.count(Answer::of(lasting == true_one, || {
                let [one, other] = [&server.name, &whole.name];
                Witness::new(format!("{one} and {other} differ about an event"), [(*id).clone()])
            }));
        }
    }
    tally
}
