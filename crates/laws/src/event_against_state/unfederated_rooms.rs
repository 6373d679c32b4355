use exeunt_event::EventType;
use exeunt_event::content::Federate;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S10",
    name: "unfederated-rooms",
    sentence: "In a room that does not federate every sender is of the creator's server.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

/// Whether the room does not federate, and the sender is of another server.
pub(super) fn is_shut_out(it: &Judgement<'_>) -> bool {
    let Some((event, create)) = it.create() else { return false };
    create.federate == Federate::Is(false)
        && event.sender().domain() != it.event.sender().domain()
}

fn check(it: &Judgement<'_>) -> Answer {
    let is_closed =
        it.create().is_some_and(|(_, create)| create.federate == Federate::Is(false));
    // A create event is before every state.
    if !is_closed || !it.is_allowed() || *it.event.event_type() == EventType::Create {
        return Answer::Silent;
    }
    Answer::of(!is_shut_out(it), || it.witness(format!("{} sends an event", it.sender())))
}
