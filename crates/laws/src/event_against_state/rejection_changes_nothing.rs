use exeunt_room::{Outcome, Standing};
use exeunt_version::RoomVersion;

use crate::{About, Answer, Arrival, Expected, Law, Witness};

pub(super) const LAW: Law = Law {
    id: "S16",
    name: "rejection-changes-nothing",
    sentence: "A rejected event leaves the state after it, the current state and the forward \
               extremities as they were.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#rejection",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Arrival(check),
};

fn check(it: &Arrival<'_>) -> Answer {
    let receipt = &it.step.receipt;
    // What waited for it may be accepted with it.
    let is_alone = receipt.taken_up.is_empty();
    let Outcome::Decided(Standing::Rejected(_)) = &receipt.outcome else { return Answer::Silent };
    let Some(record) = it.room.record(it.event.event_id()).filter(|_| is_alone) else {
        return Answer::Silent;
    };
    let keeps_state = record.state_before() == record.state_after();
    Answer::of(keeps_state && it.step.before == it.step.after, || {
        Witness::new("a rejected event has changed the state", [it.event.event_id().clone()])
    })
}
