//! Convergence: no order of arrival puts two servers' rooms apart.
//!
//! What the text gives is this, for messages that are delayed, reordered, doubled, and lost as long
//! as the sender is told so and tries again:
//!
//! 1. Two servers that both have an event in their history agree on whether it is rejected and on
//!    the state before it. Where a server came in later and was given a state, that state is the one
//!    that the others have there.
//! 2. Once everything has arrived, and somebody of each server has said something that all others
//!    got, all servers that are in the room have the same forward extremities and the same current
//!    state, if each of them knows that the others are in it, and no event was soft-failed anywhere.
//!
//! Each condition is needed:
//!
//! - The last event of each server: a message that arrives before the answer to `send_join` has no
//!   room that it would be received for, and what happens beside a join is not in the state that
//!   comes with it. Both are made good for by the next event that refers to them.
//! - Knowing of each other: two servers that join at the same time by a third, which then leaves,
//!   may have nobody who tells them of each other.
//! - No soft failure: check 6 is about what is current when an event arrives, and so about the order
//!   of arrival. That the first sentence holds nevertheless is what makes it harmless to states.

use exeunt_event::{RoomId, UserId};
use exeunt_homeserver::{Action, Body, Homeserver, Message};
use exeunt_room::{Room, Standing};
use proptest::prelude::*;

use crate::plan::{EVERYTHING, Manner, Mix, Plan, plans, sample};
use crate::reading::membership;
use crate::world::{Nothing, World, content, run};

/// Somebody of each server in a room says something, and everybody gets it. Twice, as what the first
/// of them says cannot refer to what the last knows.
fn say_something(world: &mut World) {
    let rooms: Vec<RoomId> = world.rooms.keys().cloned().collect();
    for room_id in rooms.iter().chain(&rooms) {
        for user in world.users().to_vec() {
            let server = world.network.server(&user.server_name()).unwrap();
            let is_joined = server
                .room(room_id)
                .is_some_and(|room| membership(room, &user).as_deref() == Some("join"));
            if is_joined {
                say(world, room_id, &user);
                world.finish(&mut Nothing);
            }
        }
    }
}

fn say(world: &mut World, room_id: &RoomId, user: &UserId) {
    let action = Action::Send {
        room_id: room_id.clone(),
        event_type: "m.room.message".to_owned(),
        state_key: None,
        content: content(&serde_json::json!({"body": "here"})),
    };
    world.act_as(user, action, &mut Nothing);
}

fn has_soft_failed(room: &Room) -> bool {
    let mut standings =
        room.dag().events().map(|number| room.dag().get(number).unwrap().standing());
    standings.any(|standing| matches!(standing, Standing::SoftFailed(_)))
}

/// How many events two servers both have in their histories.
fn agree_on_the_past(one: &Room, other: &Room) -> usize {
    let mut count = 0;
    for number in one.dag().events() {
        let id = one.dag().id(number).unwrap();
        let (Some(here), Some(there)) = (one.record(id), other.record(id)) else { continue };
        let (Some(before), Some(other_before)) = (here.state_before(), there.state_before()) else {
            continue;
        };
        assert_eq!(before.fingerprint(), other_before.fingerprint(), "the state before {id}");
        assert_eq!(here.standing().is_rejected(), there.standing().is_rejected(), "{id}");
        count += 1;
    }
    count
}

/// How often the premises of both sentences were met.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    /// Events that two servers have.
    events: usize,
    /// Rooms of several servers for which the second sentence says something.
    rooms: usize,
    /// Rooms of several servers for which it does not.
    others: usize,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.events += other.events;
        self.rooms += other.rooms;
        self.others += other.others;
    }
}

fn compare(world: &World, counts: &mut Counts, has_heard_everybody: bool) {
    for room_id in world.rooms.keys() {
        let servers = || world.network.servers().filter(|server| server.is_resident(room_id));
        let is_known = servers().all(|one| {
            let knows = |other: &Homeserver| one.servers_in(room_id).any(|it| it == other.name());
            servers().all(knows)
        });
        let here: Vec<&Room> = servers().map(|server| server.room(room_id).unwrap()).collect();
        let is_soft =
            world.network.servers().filter_map(|it| it.room(room_id)).any(has_soft_failed);
        for (one, other) in here.iter().zip(here.iter().skip(1)) {
            counts.events += agree_on_the_past(one, other);
            if has_heard_everybody && is_known && !is_soft {
                assert_eq!(one.forward_extremities(), other.forward_extremities(), "{room_id}");
                let state = one.current_state().fingerprint();
                assert_eq!(state, other.current_state().fingerprint(), "{room_id}");
            }
        }
        if here.len() > 1 && has_heard_everybody {
            counts.rooms += usize::from(is_known && !is_soft);
            counts.others += usize::from(!is_known || is_soft);
        }
    }
}

fn holds(plan: &Plan) -> Counts {
    let mut counts = Counts::default();
    let mut world = run(plan, &mut Nothing);
    compare(&world, &mut counts, false);
    say_something(&mut world);
    compare(&world, &mut counts, true);
    counts
}

const REORDERED: Mix =
    Mix { loses: 0, falsifies: 0, strangers: 0, reorders: 8, acls: 0, ..EVERYTHING };
const LOST: Mix = Mix { loses: 4, ..REORDERED };
/// Requests of anybody, and of a server that makes its events by hand.
const STRANGERS: Mix = Mix { strangers: 8, acls: 2, ..LOST };

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 24))]

    #[test]
    fn servers_agree_whatever_the_order_of_arrival(plan in plans(REORDERED)) {
        holds(&plan);
    }

    #[test]
    fn servers_agree_whatever_is_lost_and_sent_again(plan in plans(LOST)) {
        holds(&plan);
    }

    #[test]
    fn servers_agree_on_the_past_whatever_strangers_send(plan in plans(STRANGERS)) {
        let world = run(&plan, &mut Nothing);
        compare(&world, &mut Counts::default(), false);
    }
}

#[test]
fn many_rooms_have_several_servers() {
    for mix in [REORDERED, LOST] {
        let mut counts = Counts::default();
        for plan in sample(mix, 48) {
            counts.add(holds(&plan));
        }
        eprintln!("{counts:?}");
        assert!(counts.events > 200 && counts.rooms >= 8, "{counts:?}");
    }
}

/// Hands a message that is on its way over, or something else in its place.
fn deliver_instead(world: &mut World, change: impl Fn(&str, &mut Message)) {
    let mut asked = std::collections::BTreeMap::new();
    while let Some(mut message) = world.network.in_flight().front().cloned() {
        if let Body::Request(request) = &message.body {
            asked.insert((message.from.clone(), message.id), request.uri.clone());
        }
        let uri = match &message.body {
            Body::Request(request) => request.uri.clone(),
            Body::Answer(_) => asked[&(message.to.clone(), message.id)].clone(),
        };
        change(&uri, &mut message);
        world.network.replace(0, message).unwrap();
        world.network.deliver(0).unwrap();
    }
}

/// An event whose state could not be had whole waits, and is not decided by a part of it.
#[test]
fn a_part_of_a_state_is_not_gone_on_with() {
    for version in 1..=12 {
        let manner =
            Manner { specification: 19, forgets: false, strict: false, invalid_signature: false };
        let manners = vec![manner; 5];
        let plan = Plan { servers: 2, version, rule: 0, manners, steps: Vec::new() };
        let mut world = World::new(&plan, &mut Nothing);
        let room_id = world.rooms.keys().next().unwrap().clone();
        let [owner, guest, other] =
            ["@a:hs1", "@b:hs1", "@a:hs2"].map(|user| UserId::parse(user).unwrap());
        let join = || Action::Join { room_id: room_id.clone(), via: vec![owner.server_name()] };
        world.act_as(&other, join(), &mut Nothing);
        world.finish(&mut Nothing);
        // The other server says that it got the second join, and did not read it.
        world.act_as(&guest, join(), &mut Nothing);
        deliver_instead(&mut world, |_, message| match &mut message.body {
            Body::Request(request) => request.authorization.clear(),
            Body::Answer(Some(answer)) => answer.status = 200,
            Body::Answer(None) => {}
        });
        say(&mut world, &room_id, &guest);
        deliver_instead(&mut world, |uri, message| {
            if let Body::Answer(Some(answer)) = &mut message.body
                && ["/get_missing_events/", "/event_auth/", "/event/"]
                    .iter()
                    .any(|it| uri.contains(it))
            {
                answer.status = 403;
            }
        });
        let room = |world: &World| {
            world.network.server(&other.server_name()).unwrap().room(&room_id).unwrap().clone()
        };
        let waiting = room(&world);
        assert_eq!(waiting.pending().count(), 1, "version {version}");
        assert_eq!(membership(&waiting, &guest), None, "version {version}");
        // Another event brings both.
        say(&mut world, &room_id, &guest);
        world.finish(&mut Nothing);
        let room = room(&world);
        assert_eq!(room.pending().count(), 0, "version {version}");
        assert_eq!(membership(&room, &guest).as_deref(), Some("join"), "version {version}");
    }
}
