use exeunt_event::{RoomId, UserId};
use exeunt_homeserver::{Action, Denial, Done, Network, View};
use exeunt_version::RoomVersion;

use super::reading::{at, rooms};
use crate::{About, Answer, Expected, Happening, Law, NetworkHistory, NetworkStep, Tally};

pub(super) const LAW: Law = Law {
    id: "F10",
    name: "forgetting-touches-nothing",
    sentence: "Forgetting touches no room and nobody is told; only a room that the user has left \
               can be forgotten, and where servers forget upon leaving none is left and remembered.",
    source: "https://spec.matrix.org/v1.19/client-server-api/#leaving-rooms",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Network(check),
};

fn check(history: &NetworkHistory) -> Tally {
    let mut tally = Tally::default();
    for (number, step) in history.steps.iter().enumerate() {
        if let Happening::Acted { id, user, action: Action::Forget { room_id } } = &step.what {
            tally.count(forgotten(step, number, *id, user, room_id));
        }
        for (before, after) in step.before.servers().zip(step.after.servers()) {
            // Views are looked at once, when they change.
            let known = |user: &UserId, room_id: &RoomId| before.view(user, room_id);
            let changed =
                after.views().filter(|(user, room_id, view)| known(user, room_id) != Some(*view));
            for (user, room_id, view) in changed {
                let is_over = view.status.is_over();
                let has_to = after.settings().forget_upon_leave && is_over;
                let is_so = if view.forgotten { is_over } else { !has_to };
                if view.forgotten || has_to || !is_so {
                    let sentence = || format!("{user} has {room_id} forgotten or not, and wrongly");
                    tally.count(at(number, is_so, sentence));
                }
            }
        }
    }
    tally
}

fn forgotten(
    step: &NetworkStep,
    number: usize,
    id: u64,
    user: &UserId,
    room_id: &RoomId,
) -> Answer {
    let mut servers = step.before.servers().zip(step.after.servers());
    if !servers.all(|(before, after)| rooms(before) == rooms(after)) {
        return at(number, false, || format!("{user} forgets {room_id}, and a room changes"));
    }
    if step.sent().count() > 0 {
        return at(number, false, || format!("{user} forgets {room_id}, and somebody is told"));
    }
    let (before, after) = (view(&step.before, user, room_id), view(&step.after, user, room_id));
    let is_over = before.is_some_and(|view| view.status.is_over());
    let is_so = match step.after.outcome(id) {
        Some(Ok(Done::Locally)) => is_over && after.is_some_and(|view| view.forgotten),
        Some(Err(denial)) => {
            let is_by_view = before.is_some() == (*denial == Denial::NotLeft);
            !is_over && is_by_view && before == after
        }
        _ => false,
    };
    at(number, is_so, || format!("{user} forgets {room_id}, or is refused, and should not be"))
}

fn view<'n>(network: &'n Network, user: &UserId, room_id: &RoomId) -> Option<&'n View> {
    network.server(&user.server_name())?.view(user, room_id)
}
