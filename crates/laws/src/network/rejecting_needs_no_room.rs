use std::collections::BTreeMap;

use exeunt_event::{RoomId, UserId};
use exeunt_homeserver::{Action, Done, Status, Told};
use exeunt_version::RoomVersion;

use super::reading::{at, path, request, rooms, status};
use crate::{About, Answer, Expected, Happening, Law, NetworkHistory, NetworkStep, Tally};

pub(super) const LAW: Law = Law {
    id: "F5",
    name: "rejecting-needs-no-room",
    sentence: "Who rejects an invite or retracts a knock at a server that is not in the room sees \
               themselves leave, whatever other servers answer and whether or not they do; and the \
               server gets no room by it.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#leaving-rooms-rejecting-invites",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Network(check),
};

fn check(history: &NetworkHistory) -> Tally {
    let mut tally = Tally::default();
    // What has not come to its end, and the step in which it began.
    let mut open: BTreeMap<u64, (&UserId, &RoomId, usize)> = BTreeMap::new();
    for (number, step) in history.steps.iter().enumerate() {
        if let Some((id, user, room_id)) = begins(step) {
            open.insert(id, (user, room_id, number));
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
            open.retain(|_, (user, ..)| user.server_name() != *server);
        }
        for told in step.after.told().skip(step.before.told().count()) {
            if let Told::Outcome { id, outcome, .. } = told
                && let Some((user, room_id, _)) = open.remove(id)
            {
                tally.count(ends(step, number, (user, room_id), outcome.as_ref().ok()));
            }
        }
    }
    if history.network().in_flight().is_empty()
        && let Some((user, room_id, number)) = open.values().next()
    {
        let sentence = || format!("{user} never hears what became of leaving {room_id}");
        tally.count(at(*number, false, sentence));
    }
    tally
}

fn begins(step: &NetworkStep) -> Option<(u64, &UserId, &RoomId)> {
    let Happening::Acted { id, user, action: Action::Leave { room_id, .. } } = &step.what else {
        return None;
    };
    let is_resident = step.before.server(&user.server_name())?.is_resident(room_id);
    let status = status(&step.before, user, room_id)?;
    let is_between = matches!(status, Status::Invited(_) | Status::Knocked(_));
    (is_between && !is_resident).then_some((*id, user, room_id))
}

fn ends(
    step: &NetworkStep,
    number: usize,
    (user, room_id): (&UserId, &RoomId),
    done: Option<&Done>,
) -> Answer {
    let name = user.server_name();
    let (Some(before), Some(after)) = (step.before.server(&name), step.after.server(&name)) else {
        return Answer::Silent;
    };
    let view = after.view(user, room_id);
    let is_left = view.is_some_and(|view| view.status == Status::Left);
    let is_as_told = match done {
        Some(Done::Sent { .. }) => true,
        Some(Done::LeftUntold { .. }) => view.is_some_and(|view| view.untold),
        _ => false,
    };
    if !is_left || !is_as_told {
        return at(number, false, || format!("{user} did not leave {room_id}"));
    }
    let is_untouched = before.is_resident(room_id) || rooms(before) == rooms(after);
    at(number, is_untouched, || format!("{name} has another room by it"))
}
