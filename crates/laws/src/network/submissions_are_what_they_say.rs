use exeunt_event::json::Object;
use exeunt_event::{Event, RoomId};
use exeunt_homeserver::{Message, Request};
use exeunt_version::RoomVersion;

use super::reading::{at, content, is_success, origin, path, room};
use crate::{About, Answer, Expected, Law, NetworkHistory, NetworkStep, Tally};

pub(super) const LAW: Law = Law {
    id: "F6",
    name: "submissions-are-what-they-say",
    sentence: "What a server accepts of a leave, join or knock that another submits agrees with the \
               path, the type, the membership, the sender's server and the state key.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#joining-rooms",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Network(check),
};

fn check(history: &NetworkHistory) -> Tally {
    history.steps.iter().enumerate().map(|(number, step)| submitted(number, step)).collect()
}

fn submitted(number: usize, step: &NetworkStep) -> Answer {
    let Some((message, request, answer)) = step.answered() else { return Answer::Silent };
    let Some(path) = path(request) else { return Answer::Silent };
    let [form, name, room_id, event_id] = &path[..] else { return Answer::Silent };
    let Some(expected) = name.strip_prefix("send_") else { return Answer::Silent };
    if !is_success(answer) {
        return Answer::Silent;
    }
    let is_form = match expected {
        "knock" => form == "v1",
        "join" | "leave" => form == "v1" || form == "v2",
        _ => return Answer::Silent,
    };
    let is_so = is_form
        && request.method == "PUT"
        && request.object().is_some_and(|body| {
            let claimed = Claimed { expected, room_id, event_id };
            agrees(step, message, request, &body, &claimed) == Some(true)
        });
    at(number, is_so, || format!("{} accepts what is no {expected} of that path", message.to))
}

/// What the path says.
struct Claimed<'p> {
    expected: &'p str,
    room_id: &'p str,
    event_id: &'p str,
}

fn agrees(
    step: &NetworkStep,
    message: &Message,
    request: &Request,
    body: &Object<'_>,
    claimed: &Claimed<'_>,
) -> Option<bool> {
    let room_id = RoomId::parse(claimed.room_id).ok()?;
    let room = room(&step.after, &message.to, &room_id)?;
    let event = Event::from_object(body, room.version()).ok()?;
    let record = room.record(event.event_id())?;
    let sender = event.sender();
    Some(
        *event.room_id() == room_id
            && event.event_id().as_str() == claimed.event_id
            && event.event_type().as_str() == "m.room.member"
            && content(body, "membership") == Some(claimed.expected)
            && sender.server_name() == origin(request)?
            && event.state_key() == Some(sender.as_str())
            && record.standing().refusal().is_none(),
    )
}
