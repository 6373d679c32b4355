//! Events that wait: for what, until when, and in which order they are taken up.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use exeunt_event::EventId;
use exeunt_room::{Context, Dropped, Input, Outcome, Receipt, Room, Standing};
use exeunt_version::RoomVersion;
use proptest::prelude::*;
use serde_json::json;
use world::random::{orders, rooms, shuffled};
use world::{
    ALICE, BOB, CAROL, DAVE, Scribe, join, keys, message, receive_all, sealed, state, topic,
    version,
};

const PEOPLED: [&str; 6] = ["create", "alice", "levels", "rule", "bob", "carol"];

/// The names of what the last event of these waits for.
fn missing(scribe: &Scribe, names: &[&str]) -> Vec<String> {
    let (_, receipts) = scribe.received(names);
    match &receipts.last().unwrap().outcome {
        Outcome::Pending { missing } => {
            missing.iter().map(|id| scribe.name(id).to_owned()).collect()
        }
        other => panic!("{other:?} is not pending"),
    }
}

#[test]
fn what_is_missing_is_listed_each_once() {
    let scribe = Scribe::peopled(version(11));
    assert_eq!(missing(&scribe, &["alice"]), ["create"]);
    assert_eq!(missing(&scribe, &["create", "rule"]), ["levels", "alice"]);
    assert_eq!(missing(&scribe, &["create", "alice", "levels", "bob"]), ["rule"]);
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("merge", message(BOB, "hello").after(&["levels", "rule", "bob"]));
    let known = ["create", "alice", "levels", "merge"];
    assert_eq!(missing(&scribe, &known), ["bob", "rule"]);
}

/// Its room ID is the create event's, and it may not cite it.
#[test]
fn in_version_12_every_event_waits_for_the_create_event() {
    let scribe = Scribe::peopled(version(12));
    assert_eq!(missing(&scribe, &["bob"]), ["levels", "rule", "create"]);
    assert_eq!(missing(&scribe, &["alice"]), ["create"]);
    let room = scribe.room_of(&["bob"]);
    assert_eq!(room.room_id(), scribe.room.room_id());
}

#[test]
fn what_waits_is_no_part_of_the_room() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("hello", message(BOB, "hello"));
    let before = scribe.room_of(&PEOPLED[..5]);
    let (room, receipt) = before.receive(scribe.pdu("hello"), Context::default());
    assert_eq!(receipt.outcome, Outcome::Pending { missing: vec![scribe.id("carol")] });
    assert!(room.record(&scribe.id("hello")).is_none());
    assert_eq!(room.dag().len(), before.dag().len());
    assert_eq!(room.current_state(), before.current_state());
    let pending: Vec<_> = room.pending().collect();
    assert_eq!(pending, [(&scribe.id("hello"), vec![scribe.id("carol")])]);
}

#[test]
fn what_waited_is_taken_up_in_the_order_in_which_it_becomes_complete() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("one", message(BOB, "one"));
    scribe.write("two", message(BOB, "two"));
    scribe.write("three", message(BOB, "three").after(&["carol"]));
    let names = [&PEOPLED[..5], &["two", "three", "one", "carol"]].concat();
    let (room, receipts) = scribe.received(&names);
    assert_eq!(room.pending().count(), 0);
    let last: &Receipt = receipts.last().unwrap();
    let taken_up: Vec<_> = last.taken_up.iter().map(|(id, _)| scribe.name(id)).collect();
    assert_eq!(taken_up, ["three", "one", "two"]);
    assert!(last.taken_up.iter().all(|(_, standing)| *standing == Standing::Accepted));
    assert_eq!(scribe.named(&room.forward_extremities()), ["three", "two"]);
}

#[test]
fn what_waits_for_a_rejected_event_is_taken_up_too() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("coup", world::levels(CAROL, json!({ CAROL: 100 })));
    scribe.write("hello", message(BOB, "hello"));
    let (room, receipts) = scribe.received(&[&PEOPLED[..], &["hello", "coup"]].concat());
    assert!(matches!(receipts.last().unwrap().outcome, Outcome::Decided(Standing::Rejected(_))));
    assert_eq!(receipts.last().unwrap().taken_up, [(scribe.id("hello"), Standing::Accepted)]);
    assert_eq!(room.forward_extremities(), [&scribe.id("hello")]);
}

#[test]
fn what_waits_for_a_dropped_event_goes_on_waiting() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("one", message(BOB, "one"));
    scribe.write("two", message(CAROL, "two"));
    let keys = keys(&version(11));
    let context = Context { keys: Some(&keys) };
    let mut room = scribe.room_of(&PEOPLED);
    let mut unsigned: serde_json::Value = serde_json::from_slice(scribe.pdu("one")).unwrap();
    unsigned["signatures"] = json!({});
    room.take(&Input::Pdu(scribe.pdu("two").into()), context);
    let receipt = room.take(&Input::Pdu(unsigned.to_string().into_bytes().into()), context);
    assert!(matches!(receipt.outcome, Outcome::Dropped(Dropped::Signatures(_))));
    assert_eq!(room.pending().count(), 1);
    // Until it comes as it should be.
    let receipt = room.take(&Input::Pdu(scribe.pdu("one").into()), context);
    assert_eq!(receipt.taken_up, [(scribe.id("two"), Standing::Accepted)]);
}

#[test]
fn a_waiting_event_that_comes_again_is_known() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("hello", message(BOB, "hello"));
    let names = [&PEOPLED[..5], &["hello", "hello", "carol"]].concat();
    let (room, receipts) = scribe.received(&names);
    assert_eq!(receipts[6].outcome, Outcome::Known);
    assert_eq!(receipts[7].taken_up.len(), 1);
    assert_eq!(room.dag().len(), 7);
}

/// Senders choose the IDs of versions 1 and 2, and so what an event can cite.
#[test]
fn events_that_cite_themselves_or_each_other_wait_for_ever() {
    for number in [1, 2] {
        let mut scribe = Scribe::peopled(version(number));
        scribe.forge("own auth", message(BOB, "hello").citing(&["create", "own auth"]));
        scribe.forge("own prev", message(BOB, "hello").after(&["carol", "own prev"]));
        scribe.forge("one", message(BOB, "one").after(&["carol", "other"]).citing(&["create"]));
        scribe.forge("other", message(BOB, "other").after(&["one"]).citing(&["create"]));
        scribe.forge("follower", message(BOB, "hello").after(&["other"]).citing(&["create"]));
        let cyclic = ["own auth", "own prev", "one", "other", "follower"];
        let room = scribe.room_of(&[&PEOPLED[..], &cyclic].concat());
        assert_eq!(room.pending().count(), cyclic.len());
        assert_eq!(room.dag().len(), PEOPLED.len());
        let waiting = |name: &str| {
            let (_, missing) = room.pending().find(|(id, _)| **id == scribe.id(name)).unwrap();
            missing.iter().map(|id| scribe.name(id).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(waiting("own auth"), ["own auth"]);
        assert_eq!(waiting("own prev"), ["own prev"]);
        assert_eq!(waiting("one"), ["other"]);
    }
}

/// A chain without an end to it for the stack, and with no work beyond one step for each event.
#[test]
fn a_chain_of_100_000_events_arrives_in_reverse() {
    const LENGTH: usize = 100_000;
    // In which senders choose the IDs.
    let version = version(1);
    let scribe = Scribe::public(version.clone());
    let mut pdus = scribe.pdus.clone();
    let start = pdus.len();
    let pair = |id: &str| json!([id, {}]);
    let cited = ["create", "levels", "alice"].map(|name| pair(scribe.id(name).as_str()));
    let mut last = scribe.id("rule").as_str().to_owned();
    for at in 0..LENGTH {
        let id = format!("${at}:a.example");
        let pdu = json!({
            "type": "m.room.message",
            "sender": ALICE,
            "content": {},
            "depth": at,
            "event_id": id,
            "origin_server_ts": at,
            "prev_events": [pair(&last)],
            "auth_events": cited,
            "room_id": "!room:a.example",
            "signatures": {},
            "hashes": { "sha256": "" },
        });
        last = id;
        pdus.push(pdu.to_string().into_bytes());
    }
    let mut room = Room::new(version);
    for pdu in pdus[start..].iter().rev().chain(&pdus[..start - 1]) {
        room.take(&Input::Pdu(pdu.as_slice().into()), Context::default());
    }
    assert_eq!(room.dag().len(), start - 1);
    let receipt = room.take(&Input::Pdu(pdus[start - 1].as_slice().into()), Context::default());
    assert_eq!(receipt.taken_up.len(), LENGTH);
    assert_eq!(room.pending().count(), 0);
    assert_eq!(room.forward_extremities(), [&EventId::from_received(&last)]);
}

/// An outlier is known for what others cite it for; as a prev event it is wanted with its place.
#[test]
fn a_prev_event_must_have_its_place_in_the_history() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("hello", message(BOB, "hello"));
    let mut room = scribe.room_of(&PEOPLED[..5]);
    room.take(&Input::Outlier(scribe.pdu("carol").into()), Context::default());
    let receipt = room.take(&Input::Pdu(scribe.pdu("hello").into()), Context::default());
    assert_eq!(receipt.outcome, Outcome::Pending { missing: vec![scribe.id("carol")] });
    let receipt = room.take(&Input::Pdu(scribe.pdu("carol").into()), Context::default());
    assert_eq!(receipt.taken_up, [(scribe.id("hello"), Standing::Accepted)]);
}

#[test]
fn an_outlier_waits_for_its_auth_events_alone() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("topic", topic(BOB, "Exits"));
    let mut room = Room::new(version(11));
    for name in ["topic", "bob", "rule", "levels", "alice"] {
        let receipt = room.take(&Input::Outlier(scribe.pdu(name).into()), Context::default());
        assert!(matches!(receipt.outcome, Outcome::Pending { .. }), "{name}");
    }
    let receipt = room.take(&Input::Outlier(scribe.pdu("create").into()), Context::default());
    assert_eq!(receipt.taken_up.len(), 5);
    assert!(room.forward_extremities().is_empty() && room.current_state().is_empty());
    assert!(room.dag().events().all(|event| room.dag().get(event).unwrap().is_outlier()));
}

#[test]
fn a_waiting_outlier_may_be_wanted_for_the_history() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("topic", topic(BOB, "Exits"));
    let mut room = scribe.room_of(&PEOPLED[..4]);
    room.take(&Input::Outlier(scribe.pdu("topic").into()), Context::default());
    let receipt = room.take(&Input::Pdu(scribe.pdu("topic").into()), Context::default());
    let missing = vec![scribe.id("bob"), scribe.id("carol")];
    assert_eq!(receipt.outcome, Outcome::Pending { missing });
    room.take(&Input::Pdu(scribe.pdu("bob").into()), Context::default());
    assert_eq!(room.dag().len(), 5);
    let receipt = room.take(&Input::Pdu(scribe.pdu("carol").into()), Context::default());
    assert_eq!(receipt.taken_up, [(scribe.id("topic"), Standing::Accepted)]);
    assert!(!room.record(&scribe.id("topic")).unwrap().is_outlier());
}

/// The state that somebody gives may have an event in it whose own prev events are not there.
#[test]
fn what_waits_for_its_place_may_be_cited_before_it_has_one() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("dave", join(DAVE));
    scribe.write("hello", message(DAVE, "hello"));
    let mut room = scribe.room_of(&PEOPLED[..5]);
    let receipt = room.take(&Input::Pdu(scribe.pdu("dave").into()), Context::default());
    assert_eq!(receipt.outcome, Outcome::Pending { missing: vec![scribe.id("carol")] });
    let receipt = room.take(&Input::Outlier(scribe.pdu("dave").into()), Context::default());
    assert_eq!(receipt.outcome, Outcome::Decided(Standing::Accepted));
    // It still waits.
    assert!(room.pending_event(&scribe.id("dave")).is_some());
    let state = PEOPLED[..5].iter().copied().chain(["dave"]).map(|name| scribe.id(name)).collect();
    let given = Input::Given { pdu: scribe.pdu("hello").into(), state };
    room.take(&given, Context::default());
    // Check 6 may refuse it, as nobody is told of Dave by a state that is given; check 5 does not.
    let hello = room.record(&scribe.id("hello")).unwrap();
    assert!(!hello.standing().is_rejected());
    assert_eq!(hello.state_before().unwrap().len(), 6);
    let receipt = room.take(&Input::Pdu(scribe.pdu("carol").into()), Context::default());
    assert_eq!(receipt.taken_up, [(scribe.id("dave"), Standing::Accepted)]);
    assert!(!room.record(&scribe.id("dave")).unwrap().is_outlier());
}

/// Where the events before an event never come, somebody may give the state before it.
#[test]
fn a_waiting_event_may_come_again_with_the_state_before_it() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("lost", message(BOB, "lost"));
    scribe.write("found", message(CAROL, "found"));
    let mut room = scribe.room_of(&PEOPLED);
    let receipt = room.take(&Input::Pdu(scribe.pdu("found").into()), Context::default());
    assert!(matches!(receipt.outcome, Outcome::Pending { .. }));
    let state = PEOPLED.iter().map(|name| scribe.id(name)).collect();
    let given = Input::Given { pdu: scribe.pdu("found").into(), state };
    let receipt = room.take(&given, Context::default());
    assert_eq!(receipt.outcome, Outcome::Decided(Standing::Accepted));
    assert_eq!(room.pending().count(), 0);
    // The one before it comes late, and is behind it.
    let receipt = room.take(&Input::Pdu(scribe.pdu("lost").into()), Context::default());
    assert_eq!(receipt.outcome, Outcome::Decided(Standing::Accepted));
    assert!(receipt.taken_up.is_empty());
    assert!(!room.forward_extremities().contains(&&scribe.id("lost")));
}

#[test]
fn a_state_that_somebody_gave_is_waited_for() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("hello", message(BOB, "hello"));
    let mut room = Room::new(version(11));
    let state = PEOPLED.iter().map(|name| scribe.id(name)).collect();
    let given = Input::Given { pdu: scribe.pdu("hello").into(), state };
    let receipt = room.take(&given, Context::default());
    let Outcome::Pending { missing } = &receipt.outcome else { panic!("{receipt:?}") };
    assert_eq!(missing.len(), PEOPLED.len());
    for name in PEOPLED.iter().rev().take(5) {
        room.take(&Input::Outlier(scribe.pdu(name).into()), Context::default());
    }
    let receipt = room.take(&Input::Outlier(scribe.pdu("create").into()), Context::default());
    assert_eq!(receipt.taken_up.len(), 6);
    assert_eq!(room.forward_extremities(), [&scribe.id("hello")]);
    assert_eq!(room.current_state().len(), 6);
}

/// Two create events of one room ID, which version 12 rules out.
#[test]
fn a_second_create_event_waits_for_nothing() {
    for version in RoomVersion::all().take(11) {
        let mut scribe = Scribe::peopled(version.clone());
        let content = json!({ "room_version": version.id(), "creator": ALICE, "second": true });
        let second = state(ALICE, "m.room.create", "", content).after(&[]);
        scribe.write("second", second);
        let (room, receipts) = scribe.received(&["second", "create"]);
        for receipt in &receipts {
            assert_eq!(receipt.outcome, Outcome::Decided(Standing::Accepted), "{version}");
        }
        assert_eq!(room.forward_extremities().len(), 2);
    }
}

#[test]
fn a_create_event_that_says_whose_room_it_is_waits_in_version_12() {
    let mut scribe = Scribe::peopled(version(12));
    let room_id = scribe.room.room_id().unwrap().as_str().to_owned();
    let content = json!({ "room_version": "12" });
    let draft = state(ALICE, "m.room.create", "", content).after(&[]).field("room_id", room_id);
    scribe.forge("second", draft);
    let (_, receipts) = scribe.received(&["second", "create"]);
    assert_eq!(receipts[0].outcome, Outcome::Pending { missing: vec![scribe.id("create")] });
    let [(id, Standing::Rejected(refusal))] = &*receipts[1].taken_up else { panic!() };
    let rejected = (&scribe.id("second"), Some(exeunt_auth::Rule::CreateHasRoomId));
    assert_eq!((id, refusal.rule), rejected);
}

#[test]
fn of_two_waiting_events_with_one_id_the_first_counts() {
    let mut scribe = Scribe::peopled(version(1));
    scribe.write("topic", topic(BOB, "Exits"));
    let mut pdu: serde_json::Value = serde_json::from_slice(scribe.pdu("topic")).unwrap();
    pdu["content"]["topic"] = json!("Entrances");
    pdu["prev_events"] = json!([]);
    let other = sealed(&pdu, &[], &version(1));
    for first_as_outlier in [false, true] {
        let mut room = scribe.room_of(&PEOPLED[..4]);
        let topic = scribe.pdu("topic").into();
        let first = if first_as_outlier { Input::Outlier(topic) } else { Input::Pdu(topic) };
        room.take(&first, Context::default());
        room.take(&Input::Pdu(other.as_slice().into()), Context::default());
        room.take(&Input::Pdu(scribe.pdu("bob").into()), Context::default());
        room.take(&Input::Pdu(scribe.pdu("carol").into()), Context::default());
        let record = room.record(&scribe.id("topic")).unwrap();
        assert!(record.event(room.version()).unwrap().text().contains("Exits"));
        assert!(!record.is_outlier());
        assert_eq!(room.forward_extremities(), [&scribe.id("topic")]);
    }
}

#[test]
fn an_outlier_that_enters_the_history_stays_the_event_that_it_was() {
    let mut scribe = Scribe::peopled(version(1));
    scribe.write("topic", topic(BOB, "Exits"));
    let mut pdu: serde_json::Value = serde_json::from_slice(scribe.pdu("topic")).unwrap();
    pdu["content"]["topic"] = json!("Entrances");
    pdu["prev_events"] = json!([]);
    let other = sealed(&pdu, &[], &version(1));
    let mut room = scribe.room_of(&PEOPLED);
    room.take(&Input::Outlier(scribe.pdu("topic").into()), Context::default());
    let receipt = room.take(&Input::Pdu(other.into()), Context::default());
    assert_eq!(receipt.outcome, Outcome::Decided(Standing::Accepted));
    assert!(room.event(&scribe.id("topic")).unwrap().text().contains("Exits"));
    assert_eq!(room.forward_extremities(), [&scribe.id("topic")]);
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 64))]

    #[test]
    fn nothing_waits_once_everything_is_there((scribe, order) in (rooms(0..30), orders())) {
        let pdus = shuffled(&scribe.pdus, &order);
        let version = scribe.room.version();
        let (room, receipts) = receive_all(version, pdus.iter().map(Vec::as_slice));
        prop_assert_eq!(room.pending().count(), 0);
        prop_assert_eq!(room.dag().len(), scribe.pdus.len());
        // Each event was decided in exactly one receipt.
        let decided = receipts.iter().map(|receipt| {
            receipt.taken_up.len() + usize::from(matches!(receipt.outcome, Outcome::Decided(_)))
        });
        prop_assert_eq!(decided.sum::<usize>(), scribe.pdus.len());
    }

    /// What waits misses something, at any time.
    #[test]
    fn what_waits_misses_something((scribe, order) in (rooms(0..16), orders())) {
        let mut room = Room::new(scribe.room.version().clone());
        for pdu in shuffled(&scribe.pdus, &order) {
            let receipt = room.take(&Input::Pdu(pdu.into()), Context::default());
            for (id, missing) in room.pending() {
                prop_assert!(!missing.is_empty());
                prop_assert!(room.record(id).is_none());
                prop_assert!(missing.iter().all(|id| room.record(id).is_none()));
            }
            if let Outcome::Pending { missing } = receipt.outcome {
                let id = receipt.event_id.unwrap();
                let listed = room.pending().find(|(waiting, _)| **waiting == id);
                prop_assert_eq!(listed.map(|(_, missing)| missing), Some(missing));
            }
        }
    }
}

#[test]
fn a_room_without_its_create_event_is_all_waiting() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("hello", message(BOB, "hello"));
    scribe.write("dave", join(world::DAVE));
    let names = ["dave", "hello", "carol", "bob", "rule", "levels", "alice"];
    let room = scribe.room_of(&names);
    assert_eq!(room.pending().count(), names.len());
    assert!(room.dag().is_empty() && room.forward_extremities().is_empty());
}
