//! Law F10: forgetting, automatic or not, touches no room; only a room that the user has left can be
//! forgotten.

use std::collections::BTreeMap;

use exeunt_event::{RoomId, ServerName};
use exeunt_homeserver::{Action, Denial, Done};
use exeunt_room::Fingerprint;
use proptest::prelude::*;

use crate::plan::{EVERYTHING, Mix, Plan, plans, sample};
use crate::reading::rooms;
use crate::world::{Happened, Law, Seen, World, run};

#[derive(Default)]
struct Forgetting {
    forgotten: usize,
    refused: usize,
    by_itself: usize,
}

impl Law for Forgetting {
    fn see(&mut self, seen: &Seen<'_>) {
        if let Happened::Act { id, user, action: Action::Forget { room_id } } = seen.happened {
            for (before, after) in seen.before.servers().zip(seen.after.servers()) {
                assert_eq!(rooms(before), rooms(after));
            }
            assert_eq!(seen.sent().count(), 0, "nobody is told");
            let view = |network: &exeunt_homeserver::Network| {
                network.server(&user.server_name()).unwrap().view(user, room_id).cloned()
            };
            let (before, after) = (view(seen.before), view(seen.after));
            let is_over = before.as_ref().is_some_and(|view| view.status.is_over());
            match seen.after.outcome(*id).unwrap() {
                Ok(Done::Locally) => {
                    assert!(is_over && after.is_some_and(|view| view.forgotten));
                    self.forgotten += 1;
                }
                Err(denial) => {
                    assert!(!is_over);
                    assert_eq!(before.is_some(), *denial == Denial::NotLeft);
                    assert_eq!(before, after);
                    self.refused += 1;
                }
                Ok(done) => panic!("{done:?}"),
            }
        }
        for server in seen.after.servers() {
            for (user, room_id, view) in views(seen, server.name()) {
                assert!(!view.forgotten || view.status.is_over(), "{user} {room_id} {view:?}");
                if server.settings().forget_upon_leave && view.status.is_over() {
                    assert!(view.forgotten, "{user} {room_id} {view:?}");
                    self.by_itself += 1;
                }
            }
        }
    }
}

fn views<'s>(
    seen: &'s Seen<'_>,
    server: &'s ServerName,
) -> impl Iterator<Item = (String, &'s RoomId, &'s exeunt_homeserver::View)> {
    let users = ["a", "b"].map(|user| exeunt_event::UserId::parse(&format!("@{user}:{server}")));
    users.into_iter().flatten().flat_map(move |user| {
        seen.rooms.keys().filter_map(move |room_id| {
            let view = seen.after.server(server)?.view(&user, room_id)?;
            Some((user.to_string(), room_id, view))
        })
    })
}

/// Of all rooms of all servers.
fn all_rooms(world: &World) -> BTreeMap<ServerName, BTreeMap<RoomId, Fingerprint>> {
    world.network.servers().map(|server| (server.name().clone(), rooms(server))).collect()
}

fn holds(plan: &Plan) -> Forgetting {
    let mut law = Forgetting::default();
    let world = run(plan, &mut law);
    let mut other = plan.clone();
    for manner in &mut other.manners {
        manner.forgets = !manner.forgets;
    }
    let other = run(&other, &mut Forgetting::default());
    assert_eq!(all_rooms(&world), all_rooms(&other));
    law
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 12))]

    #[test]
    fn forgetting_touches_no_room_and_follows_leaving(plan in plans(MIX)) {
        holds(&plan);
    }
}

const MIX: Mix = EVERYTHING;

#[test]
fn many_forget() {
    let mut sum = Forgetting::default();
    for plan in sample(MIX, 24) {
        let law = holds(&plan);
        sum.forgotten += law.forgotten;
        sum.refused += law.refused;
        sum.by_itself += law.by_itself;
    }
    let counts = [sum.forgotten, sum.refused, sum.by_itself];
    eprintln!("{counts:?}");
    assert!(counts.iter().all(|count| *count >= 3), "{counts:?}");
}
