use exeunt_event::content::Membership;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, History, Judgement, Law, Tally};

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
        let (before, after) = (&arrival.step.before, arrival.after);
        let changed = before.current_state().entries().differing(after.current_state().entries());
        for key in changed {
            let Some((event_type, user)) = after.keys().name(key) else { continue };
            if event_type.as_str() != "m.room.member" {
                continue;
            }
            let was = Judgement::new(arrival.event, before, before.current_state());
            let is = Judgement::new(arrival.event, after, after.current_state());
            let was_out =
                matches!(was.membership(user), Some(Membership::Leave | Membership::Ban));
            if was_out && is.membership(user) == Some(Membership::Join) {
                // It may have waited for the event that arrived; but one that was there before is
                // an old join that came back.
                let entry = after.current_state().entries().get(key);
                let entry = entry.and_then(|number| after.dag().id(number));
                let is_new = entry.is_some_and(|id| before.record(id).is_none());
                tally.count(Answer::of(is_new, || {
                    is.witness(format!("{user} is joined again without a join"))
                }));
            }
        }
    }
    tally
}
