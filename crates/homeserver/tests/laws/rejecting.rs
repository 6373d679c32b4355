//! Law F5: rejecting an invite never needs the server to be in the room, and the user sees the leave
//! even when no resident server answers. The same for a knock that is retracted.
//!
//! Until the outcome of a leave the world goes on: another invite may come, the server may come into
//! the room by another user, or the user themselves. So the law is about the invite or knock that
//! they left: they see it no more, whatever else they see.

use std::collections::BTreeMap;

use exeunt_event::{EventId, RoomId, UserId};
use exeunt_homeserver::{Action, Denial, Done, Network, Status, Told};
use proptest::prelude::*;

use crate::plan::{EVERYTHING, Mix, Plan, plans, sample};
use crate::reading::{path, request, rooms, status};
use crate::world::{Happened, Law, Seen, run};

#[derive(Default)]
struct Rejecting {
    /// With the invites and knocks that they are to end.
    open: BTreeMap<u64, (UserId, RoomId, EventId)>,
    /// Leaves of which a resident server was told, and of which none was.
    told: usize,
    untold: usize,
}

impl Law for Rejecting {
    fn see(&mut self, seen: &Seen<'_>) {
        if let Happened::Act { id, user, action: Action::Leave { room_id, .. } } = seen.happened {
            let server = user.server_name();
            let is_resident = seen.before.server(&server).unwrap().is_resident(room_id);
            let shown = shown(seen.before, user, room_id).filter(|_| !is_resident);
            if let Some(event_id) = shown {
                self.open.insert(*id, (user.clone(), room_id.clone(), event_id.clone()));
                for message in seen.sent() {
                    let path = path(request(message).unwrap()).unwrap();
                    assert_eq!(path[1], "make_leave");
                }
            }
        }
        for told in seen.after.told().skip(seen.before.told().count()) {
            let Told::Outcome { server, id, outcome } = told else { continue };
            let Some((user, room_id, event_id)) = self.open.remove(id) else { continue };
            let (before, after) =
                (seen.before.server(server).unwrap(), seen.after.server(server).unwrap());
            let shows = |network| shown(network, &user, &room_id) == Some(&event_id);
            assert!(!shows(seen.after), "{user} still sees {event_id} of {room_id}");
            let view = after.view(&user, &room_id).unwrap();
            let is_plain = shows(seen.before) && !before.is_resident(&room_id);
            assert!(!is_plain || view.status == Status::Left, "{view:?}");
            match outcome {
                Ok(Done::Sent { .. }) => {
                    assert!(!view.untold, "{view:?}");
                    self.told += 1;
                }
                Ok(Done::LeftUntold { .. }) if shows(seen.before) => {
                    assert!(view.untold, "{view:?}");
                    self.untold += 1;
                }
                Ok(Done::LeftUntold { .. }) => {}
                Err(Denial::NobodyHelped(_)) if view.status == Status::Joined => {}
                other => panic!("{user} did not leave {room_id}: {other:?}"),
            }
            if !before.is_resident(&room_id) {
                assert_eq!(rooms(before), rooms(after), "no room is needed for it");
            }
        }
    }
}

/// The invite or knock that the user sees.
fn shown<'n>(network: &'n Network, user: &UserId, room_id: &RoomId) -> Option<&'n EventId> {
    match status(network, user, room_id)? {
        Status::Invited(stripped) | Status::Knocked(stripped) => Some(stripped.event.event_id()),
        Status::Joined | Status::Left | Status::Banned => None,
    }
}

/// How many leaves resident servers were told of, and of how many none was.
fn holds(plan: &Plan) -> (usize, usize) {
    let mut law = Rejecting::default();
    run(plan, &mut law);
    assert!(law.open.is_empty(), "without an end: {:?}", law.open);
    (law.told, law.untold)
}

const MIX: Mix = Mix { loses: 5, falsifies: 6, ..EVERYTHING };

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 24))]

    #[test]
    fn rejecting_never_needs_the_room_nor_an_answer(plan in plans(MIX)) {
        holds(&plan);
    }
}

#[test]
fn many_reject() {
    let counts: Vec<_> = sample(MIX, 64).iter().map(holds).collect();
    let told: usize = counts.iter().map(|(told, _)| told).sum();
    let untold: usize = counts.iter().map(|(_, untold)| untold).sum();
    eprintln!("{told} told, {untold} untold");
    assert!(told >= 3 && untold >= 3, "{told} told, {untold} untold");
}

#[test]
fn a_leave_of_nothing_is_denied() {
    struct Denied(usize);
    impl Law for Denied {
        fn see(&mut self, seen: &Seen<'_>) {
            let Happened::Act { id, user, action: Action::Leave { room_id, .. } } = seen.happened
            else {
                return;
            };
            let server = seen.before.server(&user.server_name()).unwrap();
            let is_over = matches!(
                status(seen.before, user, room_id),
                None | Some(Status::Left | Status::Banned)
            );
            if !server.is_resident(room_id) && is_over {
                let outcome = seen.after.outcome(*id);
                assert_eq!(outcome, Some(&Err(Denial::NothingToLeave)));
                self.0 += 1;
            }
        }
    }
    let mut law = Denied(0);
    for plan in sample(MIX, 48) {
        run(&plan, &mut law);
    }
    assert!(law.0 >= 4, "{}", law.0);
}
