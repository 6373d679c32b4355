//! Law F1: the same events in any order of arrival have the same verdicts at checks 1 to 5 and the
//! same states. Check 6, and with it the extremities and the current state, may depend on the order.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use std::collections::{BTreeMap, BTreeSet};

use exeunt_auth::Rule;
use exeunt_event::{Event, EventId};
use exeunt_forks::Mood;
use exeunt_recordings::rooms as recordings;
use exeunt_room::{Check, Context, Fingerprint, Room, Standing};
use exeunt_version::RoomVersion;
use proptest::prelude::*;
use serde_json::json;
use world::random::{forked, orders, rooms, shuffled};
use world::{
    ALICE, BOB, CAROL, DAVE, Scribe, entries, join, member, message, receive_all, refusal, state,
    topic, version,
};

/// What must not depend on the order: of each event the verdict of checks 1 to 5, and the states
/// before and after it.
#[derive(Clone, Debug, PartialEq)]
struct Lasting {
    rejected: Option<(Check, Rule)>,
    text: String,
    before: Fingerprint,
    after: Fingerprint,
}

/// Whoever sends an event on may say something else in `unsigned`; the first counts.
fn what_is_hashed(event: &Event) -> String {
    let mut object = event.object();
    object.remove("unsigned");
    object.as_received()
}

fn lasting(room: &Room) -> BTreeMap<EventId, Lasting> {
    let of = |number| {
        let record = room.dag().get(number).unwrap();
        let standing = record.standing();
        let lasting = Lasting {
            rejected: if standing.is_rejected() { refusal(standing) } else { None },
            text: what_is_hashed(&record.event(room.version()).unwrap()),
            before: record.state_before().unwrap().fingerprint(),
            after: record.state_after().unwrap().fingerprint(),
        };
        (room.dag().id(number).unwrap().clone(), lasting)
    };
    room.dag().events().map(of).collect()
}

/// The events of which something that must not depend on the order differs.
fn differing(one: &Room, other: &Room) -> BTreeSet<EventId> {
    let (one, other) = (lasting(one), lasting(other));
    let ids = one.keys().chain(other.keys());
    ids.filter(|id| one.get(*id) != other.get(*id)).cloned().collect()
}

fn soft_failed(room: &Room) -> usize {
    let standings = room.dag().events().map(|number| room.dag().get(number).unwrap().standing());
    standings.filter(|standing| matches!(standing, Standing::SoftFailed(_))).count()
}

/// Both halves of the law, for two orders. Whether anything was soft-failed.
fn converge(one: &Room, other: &Room) -> bool {
    assert_eq!(differing(one, other), BTreeSet::new());
    assert!(one.pending().map(|(id, _)| id).eq(other.pending().map(|(id, _)| id)));
    let is_soft_failed = soft_failed(one) + soft_failed(other) > 0;
    if !is_soft_failed {
        assert_eq!(one.forward_extremities(), other.forward_extremities());
        assert_eq!(one.current_state(), other.current_state());
        assert_eq!(entries(one, one.current_state()), entries(other, other.current_state()));
    }
    is_soft_failed
}

/// The rooms of which one recorded server has the whole history.
fn recorded() -> impl Iterator<Item = (String, RoomVersion, Vec<Vec<u8>>)> {
    let whole = recordings().into_iter().filter(|room| !room.name.contains("hs"));
    whole.map(|room| {
        let version = RoomVersion::specified(&room.version).unwrap();
        let mut pdus = room.lines();
        // Those that nobody stored as well: they are dropped, rejected, or wait.
        let cases = room.cases();
        pdus.extend(cases.iter().map(|case| serde_json::to_vec(&case["pdu"]).unwrap()));
        (room.name, version, pdus)
    })
}

#[test]
fn recorded_rooms_converge_in_any_order() {
    let mut count = 0;
    for (name, version, pdus) in recorded() {
        let (in_order, _) = receive_all(&version, pdus.iter().map(Vec::as_slice));
        let mut reversed = pdus.clone();
        reversed.reverse();
        let orders = [&[7, 5, 3][..], &[0x9e37_79b9, 0x85eb_ca6b, 0xc2b2_ae35, 1, 0x27d4_eb2f]];
        let orders = orders.iter().map(|keys| shuffled(&pdus, keys));
        for order in orders.chain([reversed]) {
            let (room, _) = receive_all(&version, order.iter().map(Vec::as_slice));
            assert_eq!(differing(&room, &in_order), BTreeSet::new(), "{name}");
            converge(&in_order, &room);
        }
        count += 1;
    }
    assert_eq!(count, 24);
}

/// The smallest room with one create event in which the order decides: a topic beside its setter's
/// leave. Nothing smaller does it. Two events that an order could exchange must both be there beside
/// the create event, and what passes check 5 right after the create event is the creator's join
/// (and, up to version 5, aliases, which no state refuses); a second such join passes check 6 too.
/// So of the two at least one follows that join, and then both do.
#[test]
fn smallest_order_dependence() {
    for version in RoomVersion::all() {
        let mut scribe = beside_a_leave(&version);
        let accepted = scribe.room_of(&["create", "join", "topic", "leave"]);
        let soft_failed = scribe.room_of(&["create", "join", "leave", "topic"]);
        assert_eq!(lasting(&accepted), lasting(&soft_failed), "{version}");
        let standing = |room: &Room| room.record(&scribe.id("topic")).unwrap().standing().clone();
        assert_eq!(standing(&accepted), Standing::Accepted);
        let refused = Some((Check::CurrentState, Rule::SenderNotJoined));
        assert_eq!(refusal(&standing(&soft_failed)), refused);
        assert_eq!(scribe.named(&accepted.forward_extremities()), ["leave", "topic"]);
        assert_eq!(scribe.named(&soft_failed.forward_extremities()), ["leave"]);
        let named = |room: &Room| {
            let ids = room.event_ids(room.current_state());
            scribe.named(&ids).iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(named(&accepted), ["create", "leave", "topic"], "{version}");
        assert_eq!(named(&soft_failed), ["create", "leave"], "{version}");
        // Any event that is accepted after both, and the rooms are of one mind again. Nobody is
        // left to send one, but the server of who comes back.
        scribe.write("back", join(ALICE).after(&["leave", "topic"]).citing(&["create", "leave"]));
        let back = |room: &Room| room.receive(scribe.pdu("back"), Context::default()).0;
        assert_eq!(lasting(&back(&accepted)), lasting(&back(&soft_failed)));
    }
}

/// Alice creates a room, joins it, sets the topic and leaves, the last two at the same time.
fn beside_a_leave(version: &RoomVersion) -> Scribe {
    let mut scribe = Scribe::new(version.clone());
    scribe.create();
    scribe.write("join", join(ALICE));
    scribe.write("topic", topic(ALICE, "Exits"));
    scribe.write("leave", member(ALICE, ALICE, "leave").after(&["join"]));
    scribe
}

/// With two create events, which is one thing that version 12 rules out, three events are enough:
/// Alice's join is allowed as the creator's, until the current state has the room created by Dave.
/// Two events are not: a create event passes check 6 in any state, and anything else is decided
/// after the create event that it cites.
#[test]
fn smallest_order_dependence_with_two_create_events() {
    for version in RoomVersion::all().take(11) {
        let mut scribe = Scribe::new(version.clone());
        scribe.create();
        scribe.write("join", join(ALICE));
        let content = json!({ "room_version": version.id(), "creator": DAVE });
        // Which of the two wins is decided by their depths in version 1, by their times after that.
        let second = state(DAVE, "m.room.create", "", content).after(&[]).field("depth", 2);
        scribe.write("second", second);
        let accepted = scribe.room_of(&["create", "join", "second"]);
        let other = scribe.room_of(&["create", "second", "join"]);
        assert_eq!(lasting(&accepted), lasting(&other), "{version}");
        assert_eq!(soft_failed(&accepted), 0);
        assert_eq!(soft_failed(&other), 1, "{version}");
        assert_eq!(scribe.named(&accepted.forward_extremities()), ["join", "second"]);
        assert_eq!(scribe.named(&other.forward_extremities()), ["create", "second"]);
    }
}

/// The second half of the law, where the first needs it: the rooms differ, until one event refers
/// to all extremities and soft-failed events.
#[test]
fn one_event_that_refers_to_everything_ends_the_difference() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version);
        scribe.write("topic", topic(BOB, "Exits"));
        scribe.write("leave", member(BOB, BOB, "leave").after(&["carol"]));
        scribe.write("merge", message(CAROL, "hello").after(&["topic", "leave"]));
        let base = ["create", "alice", "levels", "rule", "bob", "carol"];
        let one = scribe.room_of(&[&base[..], &["topic", "leave"]].concat());
        let other = scribe.room_of(&[&base[..], &["leave", "topic"]].concat());
        assert_ne!(one.forward_extremities(), other.forward_extremities());
        assert_ne!(one.current_state(), other.current_state());
        let merged = |room: &Room| room.receive(scribe.pdu("merge"), Context::default()).0;
        let (one, other) = (merged(&one), merged(&other));
        assert_eq!(one.forward_extremities(), [&scribe.id("merge")]);
        assert_eq!(other.forward_extremities(), [&scribe.id("merge")]);
        assert_eq!(one.current_state(), other.current_state());
    }
}

/// Where a server starts from somebody's word, it goes on from that word (law F1, expected to
/// fail): a state that leaves Bob out.
#[test]
fn a_given_state_that_leaves_somebody_out_is_believed() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("dave", join(DAVE));
    scribe.write("hello", message(BOB, "hello"));
    let given = ["create", "alice", "levels", "rule", "carol"];
    let (room, _) = Room::joined(
        version(11),
        [scribe.pdu("bob")],
        given.iter().map(|name| scribe.pdu(name)),
        scribe.pdu("dave"),
        Context::default(),
    );
    let (room, receipt) = room.receive(scribe.pdu("hello"), Context::default());
    let rejected = Some((Check::StateBefore, Rule::SenderNotJoined));
    assert_eq!(world::refused(&receipt), rejected);
    let whole = scribe.room.record(&scribe.id("hello")).unwrap().standing();
    assert_eq!(whole, &Standing::Accepted);
    assert_eq!(room.begins_at().count(), 1);
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 96))]

    #[test]
    fn rooms_converge_in_any_order((scribe, order) in (rooms(0..32), orders())) {
        let pdus = shuffled(&scribe.pdus, &order);
        let (room, _) = receive_all(scribe.room.version(), pdus.iter().map(Vec::as_slice));
        // The scribe sent everything, so that nothing was soft-failed there.
        converge(&scribe.room, &room);
        let (in_order, _) = receive_all(
            scribe.room.version(),
            scribe.pdus.iter().map(Vec::as_slice),
        );
        converge(&in_order, &room);
    }

    #[test]
    fn forks_converge_in_any_order(
        ((version, pdus), order) in (prop_oneof![
            forked(Mood::Honest).boxed(),
            forked(Mood::Hostile).boxed(),
        ], orders()),
    ) {
        let (in_order, _) = receive_all(&version, pdus.iter().map(Vec::as_slice));
        let shuffled = shuffled(&pdus, &order);
        let (room, _) = receive_all(&version, shuffled.iter().map(Vec::as_slice));
        converge(&in_order, &room);
    }

    #[test]
    fn one_event_that_refers_to_everything_makes_rooms_agree(
        (mut scribe, one, other) in (rooms(0..24), orders(), orders()),
    ) {
        let dag = scribe.room.dag();
        let heads: Vec<_> =
            dag.forward_extremities().map(|number| dag.id(number).unwrap()).collect();
        prop_assume!(heads.len() <= 20);
        let heads: Vec<_> = heads.iter().map(|id| scribe.name(id).to_owned()).collect();
        let heads: Vec<_> = heads.iter().map(String::as_str).collect();
        let last = scribe.write("last", message(ALICE, "amen").after(&heads));
        let rooms = [one, other].map(|order| {
            let pdus = shuffled(&scribe.pdus, &order);
            receive_all(scribe.room.version(), pdus.iter().map(Vec::as_slice)).0
        });
        let standings = rooms.each_ref().map(|room| room.record(&last).unwrap().standing());
        if standings == [&Standing::Accepted; 2] {
            prop_assert_eq!(rooms[0].forward_extremities(), [&last]);
            prop_assert_eq!(rooms[1].forward_extremities(), [&last]);
            prop_assert_eq!(rooms[0].current_state(), rooms[1].current_state());
        }
    }
}
