use exeunt_event::content::Membership;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, History, Law, Tally, Witness};

pub(super) const LAW: Law = Law {
    id: "S17",
    name: "leave-is-final",
    sentence: "Where a room's history is one line, nobody who left, was kicked or banned is joined \
               again but by a join of their own.",
    source: "https://spec.matrix.org/v1.19/client-server-api/#room-membership",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::History(check),
};

fn check(history: &History) -> Tally {
    if !history.is_linear() {
        return Tally::default();
    }
    let mut tally = Tally::default();
    for arrival in history.arrivals() {
        let (step, room) = (arrival.step, arrival.room);
        let (before, after) = (&step.before.current_state, &step.after.current_state);
        let changed = before.entries().differing(after.entries());
        for key in changed {
            let Some((event_type, user)) = room.keys().name(key) else { continue };
            if event_type.as_str() != "m.room.member" {
                continue;
            }
            let was = room.view(before).membership(user);
            let was_out = matches!(was, Some(Membership::Leave | Membership::Ban));
            if was_out && room.view(after).membership(user) == Some(Membership::Join) {
                // It may have waited for the event that arrived; but one that was there before is
                // an old join that came back.
                let entry = after.entries().get(key).and_then(|number| room.dag().id(number));
                let is_new = entry.is_some_and(|id| {
                    let taken_up = &step.receipt.taken_up;
                    id == arrival.event.event_id() || taken_up.iter().any(|(it, _)| it == id)
                });
                tally.count(Answer::of(is_new, || {
                    let sentence = format!("{user} is joined again without a join");
                    Witness::new(sentence, [arrival.event.event_id().clone()])
                }));
            }
        }
    }
    tally
}
