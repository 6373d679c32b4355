use exeunt_event::EventType;
use exeunt_event::content::Federate;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S10b",
    name: "unfederated-members",
    sentence: "In a room that does not federate every user who gets a membership is of the \
               creator's server.",
    source: "https://spec.matrix.org/v1.19/client-server-api/#mroomcreate",
    expected: |_: &RoomVersion| {
        let case = "an invite to a user of another server";
        Expected::Fails { case, events: 3 }
    },
    about: About::Judgement(check),
};

/// The rules look at the sender alone.
fn check(it: &Judgement<'_>) -> Answer {
    let Some((create, content)) = it.create() else { return Answer::Silent };
    let is_member = *it.event.event_type() == EventType::Member;
    let Some(target) = it.event.state_key().filter(|_| is_member) else { return Answer::Silent };
    if content.federate != Federate::Is(false) || !it.is_allowed() {
        return Answer::Silent;
    }
    let server = target.split_once(':').map(|(_, server)| server);
    Answer::of(server == Some(create.sender().domain()), || {
        it.witness(format!("{target} gets a membership"))
    })
}
