//! Soft-failed events: kept out of the extremities, and part of the room once they are followed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use exeunt_auth::Rule;
use exeunt_event::EventId;
use exeunt_room::{Check, Context, Input, Room, Standing};
use exeunt_version::RoomVersion;
use proptest::prelude::*;
use serde_json::json;
use world::random::{orders, rooms, shuffled};
use world::{
    ALICE, BOB, CAROL, DAVE, Scribe, join, join_rule, levels, member, message, read_as, refusal,
    refused, topic, version,
};

const PEOPLED: [&str; 6] = ["create", "alice", "levels", "rule", "bob", "carol"];

/// The text's example: `ban` and `evading` beside each other, which the server receives in this
/// order, then `merge` that refers to both.
fn evasion(version: RoomVersion) -> Scribe {
    let mut scribe = Scribe::peopled(version);
    scribe.write("ban", member(ALICE, BOB, "ban"));
    scribe.write("evading", topic(BOB, "still here").after(&["carol"]));
    scribe.write("merge", message(CAROL, "hello").after(&["ban", "evading"]));
    scribe.write("only ban", message(CAROL, "hello").after(&["ban"]));
    scribe.write("only evading", message(CAROL, "hello").after(&["evading"]));
    scribe
}

fn standing(room: &Room, scribe: &Scribe, name: &str) -> Standing {
    room.record(&scribe.id(name)).unwrap().standing().clone()
}

#[test]
fn an_event_that_refers_to_a_soft_failed_one_is_handled_as_usual() {
    for version in RoomVersion::all() {
        let scribe = evasion(version.clone());
        let (room, receipts) =
            scribe.received(&[&PEOPLED[..], &["ban", "evading", "merge"]].concat());
        assert!(matches!(standing(&room, &scribe, "evading"), Standing::SoftFailed(_)));
        assert_eq!(refused(receipts.last().unwrap()), None);
        assert_eq!(room.forward_extremities(), [&scribe.id("merge")]);
        // It takes part in the resolution. In version 1 the topic wins; later the ban comes first.
        let state = room.event_ids(room.state_before(&scribe.id("merge")).unwrap());
        let has_topic = state.contains(&&scribe.id("evading"));
        assert_eq!(has_topic, version.id() == "1", "{version}");
        assert!(state.contains(&&scribe.id("ban")));
    }
}

#[test]
fn the_extremities_behind_a_soft_failed_event_are_replaced_once_it_is_followed() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("aside", message(CAROL, "aside").after(&["carol"]));
    scribe.write("ban", member(ALICE, BOB, "ban").after(&["carol"]));
    scribe.write("evading", topic(BOB, "still here").after(&["aside"]));
    scribe.write("follower", message(CAROL, "hello").after(&["evading"]));
    let before = [&PEOPLED[..], &["aside", "ban", "evading"]].concat();
    let room = scribe.room_of(&before);
    assert_eq!(scribe.named(&room.forward_extremities()), ["aside", "ban"]);
    let (room, receipt) = room.receive(scribe.pdu("follower"), Context::default());
    assert_eq!(refused(&receipt), None);
    assert_eq!(scribe.named(&room.forward_extremities()), ["ban", "follower"]);
}

#[test]
fn a_soft_failed_event_that_comes_before_the_ban_is_accepted() {
    let scribe = evasion(version(11));
    let room = scribe.room_of(&[&PEOPLED[..], &["evading", "ban"]].concat());
    assert_eq!(standing(&room, &scribe, "evading"), Standing::Accepted);
    assert_eq!(scribe.named(&room.forward_extremities()), ["ban", "evading"]);
}

#[test]
fn an_event_may_follow_a_soft_failed_one_and_be_soft_failed_itself() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("ban", member(ALICE, BOB, "ban"));
    scribe.write("one", message(BOB, "one").after(&["carol"]));
    scribe.write("two", message(BOB, "two").after(&["one"]));
    let room = scribe.room_of(&[&PEOPLED[..], &["ban", "one", "two"]].concat());
    for name in ["one", "two"] {
        let soft_failed = Some((Check::CurrentState, Rule::SenderNotJoined));
        assert_eq!(refusal(&standing(&room, &scribe, name)), soft_failed);
    }
    assert_eq!(room.forward_extremities(), [&scribe.id("ban")]);
}

/// The smallest event at exactly the extremities that check 6 refuses: the server has two
/// extremities whose resolution it checks against anyway, so nothing differs there; but where the
/// event refers to *some* of the extremities, or a soft-failed one beside them, check 5 and check 6
/// see different states.
#[test]
fn the_reading_skips_check_6_at_the_extremities_and_only_there() {
    for (choice, is_skipped) in [("checked", false), ("skipped_at_extremities", true)] {
        let version = read_as(version(11), "soft_failure", choice);
        // Bob's server did not see the rule that was soft-failed here, and sees the room as it was.
        let scribe = evasion(version);
        let room = scribe.room_of(&[&PEOPLED[..], &["ban", "evading"]].concat());
        // At other places than the extremities, the reading makes no difference.
        let soft_failed = Some((Check::CurrentState, Rule::SenderNotJoined));
        assert_eq!(refusal(&standing(&room, &scribe, "evading")), soft_failed);
        let given = Given::new(choice);
        assert_eq!(given.is_accepted(), is_skipped, "{choice}");
    }
}

/// An event at the extremities whose state before is somebody's word: the current state says that
/// Bob is banned, and the given one that he is joined.
struct Given {
    scribe: Scribe,
    room: Room,
}

impl Given {
    fn new(choice: &str) -> Self {
        let mut scribe = Scribe::peopled(read_as(version(11), "soft_failure", choice));
        scribe.write("ban", member(ALICE, BOB, "ban"));
        scribe.write("hello", message(BOB, "hello").citing(&["create", "levels", "bob"]));
        let mut room = scribe.room_of(&[&PEOPLED[..], &["ban"]].concat());
        let state = PEOPLED.iter().map(|name| scribe.id(name)).collect();
        let given = Input::Given { pdu: scribe.pdu("hello").into(), state };
        room.take(&given, Context::default());
        Self { scribe, room }
    }

    fn is_accepted(&self) -> bool {
        let standing = standing(&self.room, &self.scribe, "hello");
        if standing != Standing::Accepted {
            let soft_failed = Some((Check::CurrentState, Rule::SenderNotJoined));
            assert_eq!(refusal(&standing), soft_failed);
        }
        standing == Standing::Accepted
    }
}

/// 100 bans 75, who at the same time bans 50, who at the same time sets the join rule. Whoever
/// receives them in this order soft-fails the last two, and never refers to the last: a server that
/// has seen the join rule alone goes on with it, this one goes on without.
#[test]
fn soft_fail_hides_state() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version.clone());
        let mut users = json!({ ALICE: 100, BOB: 75, CAROL: 50 });
        if version.id() == "12" {
            users.as_object_mut().unwrap().remove(ALICE);
        }
        scribe.write("powers", levels(ALICE, users));
        scribe.write("75 is banned", member(ALICE, BOB, "ban").after(&["powers"]));
        scribe.write("50 is banned", member(BOB, CAROL, "ban").after(&["powers"]));
        scribe.write("closed", join_rule(CAROL, "invite").after(&["powers"]));
        let before = [&PEOPLED[..], &["powers"]].concat();
        let in_order = ["75 is banned", "50 is banned", "closed"];
        let room = scribe.room_of(&[&before[..], &in_order].concat());
        // Carol is not banned, as far as this server goes: her own event is fine.
        let (one, two) = (
            matches!(standing(&room, &scribe, "50 is banned"), Standing::SoftFailed(_)),
            standing(&room, &scribe, "closed") == Standing::Accepted,
        );
        assert!(one && two, "{version}");
        // In the other order the join rule is hidden behind the ban of its setter.
        let other = ["50 is banned", "closed", "75 is banned"];
        let hidden = scribe.room_of(&[&before[..], &other].concat());
        assert!(matches!(standing(&hidden, &scribe, "closed"), Standing::SoftFailed(_)));
        assert_eq!(scribe.named(&hidden.forward_extremities()), ["50 is banned", "75 is banned"]);
        let rule =
            |room: &Room| room.event_ids(room.current_state()).contains(&&scribe.id("closed"));
        assert!(rule(&room) && !rule(&hidden), "{version}");
        // Bob's ban of Carol falls with Bob, so that the join rule would stand if anybody referred
        // to it; no event of this server does.
        let state = hidden.event_ids(hidden.current_state());
        assert!(!state.contains(&&scribe.id("50 is banned")), "{version}");
        assert!(state.contains(&&scribe.id("carol")), "{version}");
    }
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 64))]

    /// Law F4.
    #[test]
    fn a_soft_failed_event_changes_nothing_until_an_event_refers_to_it(
        (scribe, order) in (rooms(0..24), orders()),
    ) {
        let version = scribe.room.version().clone();
        let mut room = Room::new(version.clone());
        let mut soft_failed = Vec::new();
        for pdu in shuffled(&scribe.pdus, &order) {
            let (next, receipt) = room.receive(&pdu, Context::default());
            let id = receipt.event_id.clone().unwrap();
            let is_soft_failed = next
                .record(&id)
                .is_some_and(|record| matches!(record.standing(), Standing::SoftFailed(_)));
            if is_soft_failed && receipt.taken_up.is_empty() {
                prop_assert_eq!(room.current_state(), next.current_state());
                prop_assert_eq!(room.forward_extremities(), next.forward_extremities());
            }
            if is_soft_failed {
                soft_failed.push(id);
            }
            room = next;
        }
        // Without those that nothing refers to, the rest is as it is.
        let is_referred_to = |id: &EventId| {
            let number = room.dag().known(id).unwrap();
            let mut children = room.dag().prev().children(number).chain(room.dag().auth().children(number));
            children.next().is_some()
        };
        let without: Vec<_> = soft_failed.into_iter().filter(|id| !is_referred_to(id)).collect();
        let mut rest = Room::new(version);
        for pdu in shuffled(&scribe.pdus, &order) {
            let id = rest.receive(&pdu, Context::default()).1.event_id.unwrap();
            if !without.contains(&id) {
                rest.take(&Input::Pdu(pdu.into()), Context::default());
            }
        }
        prop_assert_eq!(rest.current_state(), room.current_state());
        prop_assert_eq!(rest.forward_extremities(), room.forward_extremities());
        for number in rest.dag().events() {
            let id = rest.dag().id(number).unwrap();
            let (one, other) = (rest.record(id).unwrap(), room.record(id).unwrap());
            prop_assert_eq!(one.standing(), other.standing());
            prop_assert_eq!(one.state_after(), other.state_after());
        }
    }
}

/// A join that was allowed where it was made, and is not where it arrives.
#[test]
fn a_join_from_before_the_room_was_closed_is_soft_failed_and_its_joiner_stays_out() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("closed", join_rule(ALICE, "invite"));
    scribe.write("dave", join(DAVE).after(&["carol"]));
    scribe.write("hello", message(DAVE, "hello").after(&["dave"]));
    let room = scribe.room_of(&[&PEOPLED[..], &["closed", "dave", "hello"]].concat());
    let join = Some((Check::CurrentState, Rule::JoinOtherwise));
    assert_eq!(refusal(&standing(&room, &scribe, "dave")), join);
    let hello = Some((Check::CurrentState, Rule::SenderNotJoined));
    assert_eq!(refusal(&standing(&room, &scribe, "hello")), hello);
}
