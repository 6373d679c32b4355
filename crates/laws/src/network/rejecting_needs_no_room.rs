use std::collections::BTreeMap;

use exeunt_event::{EventId, RoomId, UserId};
use exeunt_homeserver::{Action, Done, Network, Status, Told};
use exeunt_version::RoomVersion;

use super::reading::{at, path, request, rooms, status};
use crate::{About, Answer, Expected, Happening, Law, NetworkHistory, NetworkStep, Tally};

pub(super) const LAW: Law = Law {
    id: "F5",
    name: "rejecting-needs-no-room",
    sentence: "Who rejects an invite or retracts a knock at a server that is not in the room sees \
               it no more, whatever other servers answer and whether or not they do; and the \
               server gets no room by it.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#leaving-rooms-rejecting-invites",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Network(check),
};

fn check(history: &NetworkHistory) -> Tally {
    let mut tally = Tally::default();
    // What has not come to its end, and the step in which it began.
    let mut open: BTreeMap<u64, (Left<'_>, usize)> = BTreeMap::new();
    for (number, step) in history.steps.iter().enumerate() {
        if let Some((id, left)) = begins(step) {
            open.insert(id, (left, number));
            let asks = |message| {
                let path = request(message).and_then(path);
                path.is_some_and(|path| path.get(1).is_some_and(|name| name == "make_leave"))
            };
            if !step.sent().all(asks) {
                tally.count(at(number, false, || "it begins with no make_leave".to_owned()));
            }
        }
        if let Happening::Restarted(server) = &step.what {
            // Nobody is told then.
            open.retain(|_, (left, _)| left.user.server_name() != *server);
        }
        for told in step.after.told().skip(step.before.told().count()) {
            if let Told::Outcome { id, outcome, .. } = told
                && let Some((left, _)) = open.remove(id)
            {
                tally.count(ends(step, number, &left, outcome.as_ref().ok()));
            }
        }
    }
    if history.network().in_flight().is_empty()
        && let Some((Left { user, room_id, .. }, number)) = open.values().next()
    {
        let sentence = || format!("{user} never hears what became of leaving {room_id}");
        tally.count(at(*number, false, sentence));
    }
    tally
}

/// Until the outcome of a leave the world goes on: another invite may come, the server may come into
/// the room by another user, or the user themselves. So the law is about the invite or knock that
/// they left, and not about whatever they see then.
struct Left<'h> {
    user: &'h UserId,
    room_id: &'h RoomId,
    event_id: &'h EventId,
}

impl Left<'_> {
    fn is_shown(&self, network: &Network) -> bool {
        shown(network, self.user, self.room_id) == Some(self.event_id)
    }
}

/// The invite or knock that a user sees.
fn shown<'n>(network: &'n Network, user: &UserId, room_id: &RoomId) -> Option<&'n EventId> {
    match status(network, user, room_id)? {
        Status::Invited(stripped) | Status::Knocked(stripped) => Some(stripped.event.event_id()),
        Status::Joined | Status::Left | Status::Banned => None,
    }
}

fn begins(step: &NetworkStep) -> Option<(u64, Left<'_>)> {
    let Happening::Acted { id, user, action: Action::Leave { room_id, .. } } = &step.what else {
        return None;
    };
    let is_resident = step.before.server(&user.server_name())?.is_resident(room_id);
    let event_id = shown(&step.before, user, room_id)?;
    (!is_resident).then_some((*id, Left { user, room_id, event_id }))
}

fn ends(step: &NetworkStep, number: usize, left: &Left<'_>, done: Option<&Done>) -> Answer {
    let Left { user, room_id, .. } = left;
    let name = user.server_name();
    let (Some(before), Some(after)) = (step.before.server(&name), step.after.server(&name)) else {
        return Answer::Silent;
    };
    let Some(view) = after.view(user, room_id) else {
        return at(number, false, || format!("{user} has never heard of {room_id}"));
    };
    let (was_shown, is_resident) = (left.is_shown(&step.before), before.is_resident(room_id));
    // If nothing else happened, nothing else is seen.
    let is_plain = was_shown && !is_resident;
    let is_gone = !left.is_shown(&step.after) && (view.status == Status::Left || !is_plain);
    let is_as_told = match done {
        Some(Done::Sent { .. }) => !view.untold,
        Some(Done::LeftUntold { .. }) => view.untold || !was_shown,
        // Nobody helped, and the user has come into the room since.
        _ => view.status == Status::Joined,
    };
    if !is_gone || !is_as_told {
        return at(number, false, || format!("{user} did not leave {room_id}"));
    }
    let is_untouched = is_resident || rooms(before) == rooms(after);
    at(number, is_untouched, || format!("{name} has another room by it"))
}
