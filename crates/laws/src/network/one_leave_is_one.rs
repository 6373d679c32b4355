use exeunt_event::content::Membership;
use exeunt_event::json::Object;
use exeunt_event::signatures::SigningKey;
use exeunt_event::{Event, RoomId, ServerName};
use exeunt_homeserver::{
    Body, Message, Network, Request, Response, Specification, percent_encode, sign_request,
    sign_unchecked,
};
use exeunt_room::Fingerprint;
use exeunt_version::RoomVersion;

use super::reading::{at, is_success, membership, origin, path, room};
use crate::{About, Answer, Expected, Law, NetworkHistory, NetworkStep, Tally};

pub(super) const LAW: Law = Law {
    id: "F8",
    name: "one-leave-is-one",
    sentence: "A leave that was accepted and is submitted once more to a server that is still in \
               the room is accepted, changes nothing and is told to nobody; another leave of the \
               same user is refused.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#leaving-rooms-rejecting-invites",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Network(check),
};

/// Each accepted leave is submitted twice more, aside from what happens then.
fn check(history: &NetworkHistory) -> Tally {
    let mut tally = Tally::default();
    for (number, step) in history.steps.iter().enumerate() {
        if let Some(answer) = submitted(history, step, number) {
            tally.count(answer);
        }
    }
    tally
}

fn submitted(history: &NetworkHistory, step: &NetworkStep, number: usize) -> Option<Answer> {
    let (message, request, answer) = step.answered()?;
    let path = path(request)?;
    let [_, name, room_id, _] = &path[..] else { return None };
    if name != "send_leave" || !is_success(answer) {
        return None;
    }
    let (room_id, from) = (RoomId::parse(room_id).ok()?, origin(request)?);
    let body = request.object()?;
    let here = room(&step.after, &message.to, &room_id)?;
    let event = Event::from_object(&body, here.version()).ok()?;
    let after = &step.after;
    // By what the leave brought together, the server's own users may be out of the room.
    if !after.server(&message.to)?.is_resident(&room_id) {
        return None;
    }
    let said = heads_and_state(after, &message.to, &room_id);

    let (again, answer, is_told) = ask(after, &from, &message.to, request.clone())?;
    let is_same = heads_and_state(&again, &message.to, &room_id) == said;
    if !is_success(&answer) || !is_same || is_told {
        let sentence = || format!("{} does not take the same leave for the same", message.to);
        return Some(at(number, false, sentence));
    }
    // Resolution may have put another membership in the place of the leave.
    if membership(here, event.sender()) != Some(Membership::Leave) {
        return Some(Answer::Kept);
    }
    let second = later(&body, &event, history.keys.get(&from)?, here.version())?;
    let (room, id) = (percent_encode(room_id.as_str()), percent_encode(second.event_id().as_str()));
    let uri = format!("/_matrix/federation/v2/send_leave/{room}/{id}");
    let features = Specification::LATEST.features();
    let key = history.keys.get(&from)?;
    let request = sign_request("PUT", &uri, &message.to, Some(&second.object()), key, features);
    let (again, answer, is_told) = ask(after, &from, &message.to, request)?;
    let is_same = heads_and_state(&again, &message.to, &room_id) == said;
    let is_so = answer.status == 403 && is_same && !is_told;
    Some(at(number, is_so, || format!("{} takes a second leave", message.to)))
}

/// The same leave a millisecond later.
fn later(
    body: &Object<'_>,
    event: &Event,
    key: &SigningKey,
    version: &RoomVersion,
) -> Option<Event> {
    let mut second = body.clone().into_owned();
    second.insert("origin_server_ts", event.origin_server_ts().saturating_add(1));
    sign_unchecked(second, key, version).ok()
}

fn heads_and_state(
    network: &Network,
    server: &ServerName,
    room_id: &RoomId,
) -> Option<(Vec<String>, Fingerprint)> {
    let room = room(network, server, room_id)?;
    let heads = room.forward_extremities().iter().map(ToString::to_string).collect();
    Some((heads, room.current_state().fingerprint()))
}

/// The network after one more request, the answer, and whether that had anything else sent.
fn ask(
    network: &Network,
    from: &ServerName,
    to: &ServerName,
    request: Request,
) -> Option<(Network, Response, bool)> {
    let mut network = network.clone();
    let before = network.in_flight().len();
    let (from, to) = (from.clone(), to.clone());
    network.inject(Message { from, to, id: u64::MAX, body: Body::Request(request) });
    network.deliver(before)?;
    let is_told = network.in_flight().len() > before + 1;
    let response = network.in_flight().iter().find_map(|message| match &message.body {
        Body::Answer(Some(response)) if message.id == u64::MAX => Some(response.clone()),
        _ => None,
    });
    Some((network, response?, is_told))
}
