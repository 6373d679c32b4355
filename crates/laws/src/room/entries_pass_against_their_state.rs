use exeunt_auth::{ServerSignatures, check_state};
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, History, Law, Tally, Witness};

pub(super) const LAW: Law = Law {
    id: "F3",
    name: "entries-pass-against-their-state",
    sentence: "Every event of a current state is allowed by that state.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Fails {
        case: "a leave, which the state after it would not allow",
        events: 3,
    },
    about: About::History(check),
};

fn check(history: &History) -> Tally {
    let mut tally = Tally::default();
    for server in &history.servers {
        let room = &server.room;
        let state = room.current_state();
        for (_, _, id) in room.entries(state) {
            let Some(event) = room.event(id) else { continue };
            let view = room.view(state);
            let verdict = check_state(room.version(), &event, view, ServerSignatures::Satisfied);
            tally.count(Answer::of(verdict.is_allowed(), || {
                Witness::new("an entry of the current state would be rejected", [id.clone()])
            }));
        }
    }
    tally
}
