use exeunt_room::{Outcome, Standing};
use exeunt_version::RoomVersion;

use crate::{About, Answer, Arrival, Expected, Law, Witness};

pub(super) const LAW: Law = Law {
    id: "F4",
    name: "soft-failure-changes-nothing",
    sentence: "A soft-failed event leaves the current state and the forward extremities as they were.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#soft-failure",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Arrival(check),
};

fn check(it: &Arrival<'_>) -> Answer {
    let receipt = &it.step.receipt;
    let Outcome::Decided(Standing::SoftFailed(_)) = &receipt.outcome else { return Answer::Silent };
    if !receipt.taken_up.is_empty() {
        return Answer::Silent;
    }
    Answer::of(it.step.before == it.step.after, || {
        Witness::new("a soft-failed event has changed the room", [it.event.event_id().clone()])
    })
}
