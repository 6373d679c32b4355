//! A room is a value: every earlier one stays what it was, and a clone shares what it has.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use std::fmt::Write as _;

use exeunt_recordings::room as recording;
use exeunt_room::{Context, Fingerprint, Input, Room};
use exeunt_version::RoomVersion;
use proptest::prelude::*;
use world::random::{orders, rooms, shuffled};
use world::{BOB, Scribe, message, topic, version};

/// All that can be seen of a room, as text.
fn seen(room: &Room) -> String {
    let mut seen = format!("{} {:?}\n", room.fingerprint(), room.forward_extremities());
    for number in room.dag().events() {
        let record = room.dag().get(number).unwrap();
        let states = [record.state_before(), record.state_after()];
        let states = states.map(|state| state.map(|state| state.fingerprint().to_string()));
        let (id, standing) = (room.dag().id(number), record.standing());
        writeln!(seen, "{id:?} {standing:?} {states:?}").unwrap();
    }
    for (id, missing) in room.pending() {
        writeln!(seen, "{id} waits for {missing:?}").unwrap();
    }
    seen + &format!("{:?} {}", room.event_ids(room.current_state()), room.log().len())
}

/// Folds in one go with every room kept, and compares each with one folded for itself.
fn every_earlier_room_stays(version: &RoomVersion, pdus: &[Vec<u8>], every: usize) {
    let mut rooms = vec![Room::new(version.clone())];
    let mut kept = vec![seen(&rooms[0])];
    for pdu in pdus {
        let (next, _) = rooms.last().unwrap().receive(pdu, Context::default());
        kept.push(seen(&next));
        rooms.push(next);
    }
    for (at, (room, kept)) in rooms.iter().zip(&kept).enumerate().step_by(every) {
        assert_eq!(&seen(room), kept);
        let inputs: Vec<_> =
            pdus[..at].iter().map(|pdu| Input::Pdu(pdu.as_slice().into())).collect();
        let alone = Room::fold(version.clone(), &inputs, Context::default());
        assert_eq!(&seen(&alone), kept);
    }
}

#[test]
fn every_earlier_room_of_a_recording_stays_what_it_was() {
    for name in ["12-forked", "1-evil"] {
        let recorded = recording(name);
        let version = RoomVersion::specified(&recorded.version).unwrap();
        every_earlier_room_stays(&version, &recorded.lines(), 17);
    }
}

#[test]
fn an_earlier_room_goes_on_another_way() {
    let mut scribe = Scribe::peopled(version(11));
    let before = scribe.room.clone();
    let fingerprint = before.fingerprint();
    scribe.write("one", topic(BOB, "one"));
    scribe.write("other", topic(BOB, "other").after(&["carol"]));
    let (one, _) = before.receive(scribe.pdu("one"), Context::default());
    let (other, _) = before.receive(scribe.pdu("other"), Context::default());
    assert_eq!(before.fingerprint(), fingerprint);
    assert_eq!(one.forward_extremities(), [&scribe.id("one")]);
    assert_eq!(other.forward_extremities(), [&scribe.id("other")]);
    assert_ne!(one.current_state(), other.current_state());
    assert!(before.record(&scribe.id("one")).is_none());
}

/// A clone has the same bytes, not equal ones: of every event, of every line of the log, and of the
/// current state. What does not share is no more than the room's own fields.
#[test]
fn a_clone_shares_everything() {
    let mut scribe = Scribe::peopled(version(11));
    for at in 0..200 {
        scribe.write(&format!("message {at}"), message(BOB, "hello"));
    }
    let room = &scribe.room;
    let clone = room.clone();
    for (one, other) in room.log().zip(clone.log()) {
        assert!(std::ptr::eq(one, other), "the log's own places");
    }
    for number in room.dag().events() {
        let (one, other) = (room.dag().get(number).unwrap(), clone.dag().get(number).unwrap());
        assert!(std::ptr::eq(one, other), "the records' own places");
        assert!(std::ptr::eq(room.dag().id(number).unwrap(), clone.dag().id(number).unwrap()));
    }
    assert!(std::ptr::eq(room.version(), clone.version()));
    assert!(size_of::<Room>() < 2_048, "{}", size_of::<Room>());
}

/// One event more, and all but the last few of the room's places are shared.
#[test]
fn a_room_and_the_next_share_all_but_a_few_places() {
    let mut scribe = Scribe::peopled(version(11));
    for at in 0..2_000 {
        scribe.write(&format!("message {at}"), message(BOB, "hello"));
    }
    scribe.forge("last", message(BOB, "hello"));
    let room = &scribe.room;
    let (next, _) = room.receive(scribe.pdu("last"), Context::default());
    let apart = room
        .dag()
        .events()
        .filter(|number| {
            let (one, other) = (room.dag().get(*number).unwrap(), next.dag().get(*number).unwrap());
            !std::ptr::eq(one, other)
        })
        .count();
    // The chunk of the last event, and those of the events that the new one cites.
    assert!(apart <= 5 * 64, "{apart}");
    let apart = room.log().zip(next.log()).filter(|(one, other)| !std::ptr::eq(*one, *other));
    assert!(apart.count() <= 64);
}

/// Messages do not make states: all of them have the same one.
#[test]
fn the_states_around_a_message_are_one() {
    let mut scribe = Scribe::peopled(version(11));
    for name in ["one", "two"] {
        scribe.write(name, message(BOB, "hello"));
    }
    let state = |name| scribe.room.state_after(&scribe.id(name)).unwrap();
    assert!(state("carol").is_same(state("one")) && state("one").is_same(state("two")));
    assert!(scribe.room.current_state().is_same(state("two")));
}

/// The log and the record of an event share its text.
#[test]
fn the_log_and_the_events_share_their_texts() {
    let scribe = Scribe::peopled(version(11));
    for (number, input) in scribe.room.dag().events().zip(scribe.room.log()) {
        let event = scribe.room.dag().get(number).unwrap().event(scribe.room.version()).unwrap();
        if event.state_key().is_some() {
            assert!(std::ptr::eq(event.text().as_bytes(), input.pdu()));
        }
    }
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 24))]

    #[test]
    fn every_earlier_room_stays_what_it_was((scribe, order) in (rooms(0..16), orders())) {
        every_earlier_room_stays(scribe.room.version(), &shuffled(&scribe.pdus, &order), 3);
    }

    #[test]
    fn receive_and_take_are_the_same((scribe, order) in (rooms(0..16), orders())) {
        let mut taken = Room::new(scribe.room.version().clone());
        let mut received = taken.clone();
        for pdu in shuffled(&scribe.pdus, &order) {
            let one = taken.take(&Input::Pdu(pdu.as_slice().into()), Context::default());
            let (next, other) = received.receive(&pdu, Context::default());
            received = next;
            prop_assert_eq!(one, other);
            let (one, other): (Fingerprint, _) = (taken.fingerprint(), received.fingerprint());
            prop_assert_eq!(one, other);
        }
    }
}
