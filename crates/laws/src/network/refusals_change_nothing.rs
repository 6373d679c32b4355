use std::collections::BTreeMap;

use exeunt_event::{RoomId, ServerName};
use exeunt_homeserver::Network;
use exeunt_room::Fingerprint;
use exeunt_version::RoomVersion;

use super::reading::{at, is_success, request, rooms};
use crate::{About, Answer, Expected, Happening, Law, NetworkHistory, NetworkStep, Tally};

pub(super) const LAW: Law = Law {
    id: "F14",
    name: "refusals-change-nothing",
    sentence: "Every request is answered, and messages come to an end. What is refused is refused \
               with an error code, changes no room, and has nothing else sent.",
    source: "https://spec.matrix.org/v1.19/client-server-api/#standard-error-response",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Network(check),
};

fn check(history: &NetworkHistory) -> Tally {
    let mut tally: Tally = history.steps.iter().enumerate().map(answered).collect();
    let left = history.network().in_flight().len();
    if history.is_settled && left > 0 {
        let sentence = || format!("{left} messages are still on their way");
        tally.count(at(history.steps.len().saturating_sub(1), false, sentence));
    }
    tally
}

fn answered((number, step): (usize, &NetworkStep)) -> Answer {
    let Happening::Arrived(message) = &step.what else { return Answer::Silent };
    let to = &message.to;
    let Some((_, request, answer)) = step.answered() else {
        let is_for_nobody = request(message).is_none() || step.before.server(to).is_none();
        if is_for_nobody {
            return Answer::Silent;
        }
        return at(number, false, || format!("{to} gives no answer"));
    };
    if is_success(answer) {
        return Answer::Silent;
    }
    let uri = &request.uri;
    let has_code = answer.errcode().is_some_and(|code| code.starts_with("M_"));
    if !(300..=599).contains(&answer.status) || !has_code {
        return at(number, false, || format!("{to} refuses {uri} with no error code"));
    }
    if step.sent().count() != 1 {
        return at(number, false, || format!("{to} refuses {uri} and sends more than its answer"));
    }
    let is_same = stored(&step.before, to) == stored(&step.after, to);
    at(number, is_same, || format!("{to} refuses {uri} and is changed by it"))
}

/// What a server has of rooms, and what it waits for.
fn stored<'n>(
    network: &'n Network,
    server: &ServerName,
) -> Option<(BTreeMap<&'n RoomId, Fingerprint>, usize)> {
    let server = network.server(server)?;
    Some((rooms(server), server.awaits()))
}
