use exeunt_auth::{ServerSignatures, check_state};
use exeunt_resolve::resolve;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, History, Law, Tally, Witness};

pub(super) const LAW: Law = Law {
    id: "F2",
    name: "accepted-by-their-past",
    sentence: "Every event that is not rejected passes against the state resolved from the states \
               after the events before it.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#checks-performed-on-receipt-of-a-pdu",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::History(check),
};

fn check(history: &History) -> Tally {
    let mut tally = Tally::default();
    let Some(room) = history.whole_room() else { return tally };
    let dag = room.dag();
    for number in dag.events() {
        let Some(record) = dag.get(number) else { continue };
        if record.is_outlier() || record.standing().is_rejected() {
            continue;
        }
        let Some(event) = record.event(room.version()) else { continue };
        let parents = dag.prev().parents(number);
        let after = |parent| Some(dag.get(parent)?.state_after()?.entries().clone());
        let sets: Vec<_> = parents.iter().filter_map(|parent| after(*parent)).collect();
        if sets.is_empty() {
            continue;
        }
        let state = resolve(room.events(), &sets).state();
        let is_same = record.state_before().is_some_and(|before| *before.entries() == state);
        let passes = record.state_before().is_some_and(|before| {
            let view = room.view(before);
            check_state(room.version(), &event, view, ServerSignatures::Satisfied).is_allowed()
        });
        tally.count(Answer::of(is_same && passes, || {
            let sentence = "the state before it is another, or does not allow it";
            Witness::new(sentence, [event.event_id().clone()])
        }));
    }
    tally
}
