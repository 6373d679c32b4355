//! Resolutions larger than any stack: what is fast follows chains of whatever length, and takes as
//! many conflicted events as there are.
//!
//! A release run takes twenty times the events of a debug run.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use exeunt_dag::{Dag, Number};
use exeunt_event::{Event, EventId, EventType};
use exeunt_resolve::{
    Account, AccountV2, Body, Events, Key, Keys, Names, Resolution, StateEvent, StateSet, resolve,
};
use exeunt_version::RoomVersion;

const SCALE: usize = if cfg!(debug_assertions) { 1 } else { 20 };

/// An event among many that say the same, so that a test need not make them one by one.
#[derive(Clone)]
struct Same {
    event: Event,
    names: Names,
}

impl Body for Same {
    fn state_event(&self) -> Option<StateEvent<'_>> {
        Some(StateEvent::new(&self.event, self.names, false))
    }
}

struct Room {
    version: RoomVersion,
    dag: Dag<Same>,
    keys: Keys,
}

const ALICE: &str = "@alice:example.org";

fn id(of: impl std::fmt::Display) -> EventId {
    EventId::from_received(&format!("${of}"))
}

impl Room {
    fn new(version: &str) -> Self {
        let version = RoomVersion::specified(version).unwrap();
        let mut room = Self { version, dag: Dag::new(), keys: Keys::new() };
        room.add(&id("create"), "m.room.create", "", "{}", &[]);
        room.add(&id("alice"), "m.room.member", ALICE, r#"{"membership":"join"}"#, &[id("create")]);
        room
    }

    fn event(&self, event_type: &str, state_key: &str, content: &str) -> Event {
        let room = format!("!{}", "A".repeat(43));
        let pdu = format!(
            r#"{{"type":"{event_type}","state_key":"{state_key}","sender":"{ALICE}",
            "room_id":"{room}","content":{content},"depth":1,"origin_server_ts":1,
            "prev_events":[],"auth_events":[],"hashes":{{"sha256":""}},"signatures":{{}},
            "event_id":"$same:example.org"}}"#
        );
        Event::parse(pdu.as_bytes(), &self.version).unwrap()
    }

    fn same(&mut self, event_type: &str, state_key: &str, content: &str) -> Same {
        let event = self.event(event_type, state_key, content);
        let names = self.keys.of(&event).unwrap();
        Same { event, names }
    }

    fn add(
        &mut self,
        id: &EventId,
        event_type: &str,
        state_key: &str,
        content: &str,
        cited: &[EventId],
    ) -> Number {
        let same = self.same(event_type, state_key, content);
        self.dag.insert(id, &[], cited, same).number()
    }

    fn state(&self, numbers: &[Number]) -> StateSet {
        let entry = |number: &Number| (self.dag.get(*number).unwrap().names.key, *number);
        numbers.iter().map(entry).collect()
    }

    fn number(&self, of: &str) -> Number {
        self.dag.known(&id(of)).unwrap()
    }

    fn resolve(&self, sets: &[StateSet]) -> Resolution<'_> {
        let Self { version, dag, keys } = self;
        resolve(Events { version, dag, keys }, sets)
    }
}

fn v2<'r, 'a>(resolution: &'r Resolution<'a>) -> &'r AccountV2<'a> {
    match &resolution.account {
        Account::V2(account) => account,
        Account::V1(_) => panic!("resolved by v1"),
    }
}

/// Power levels that each cite those before.
fn chain_of_levels(version: &str, is_backwards: bool) -> Room {
    let mut room = Room::new(version);
    // In version 12 the creator has no level.
    let content = if version == "12" { "{}" } else { r#"{"users":{"@alice:example.org":100}}"# };
    let levels = room.same("m.room.power_levels", "", content);
    let insert = |at: usize| {
        let before = id(at.wrapping_sub(1));
        let cited = [id("create"), id("alice"), before];
        let cited = if at == 0 { &cited[..2] } else { &cited[..] };
        room.dag.insert(&id(at), &[], cited, levels.clone());
    };
    if is_backwards {
        (0..LENGTH).rev().for_each(insert);
    } else {
        (0..LENGTH).for_each(insert);
    }
    room
}

const LENGTH: usize = 50_000 * SCALE;

#[test]
fn a_chain_of_auth_events_may_be_as_long_as_it_likes() {
    for (version, is_backwards) in [("11", false), ("11", true), ("12", false), ("12", true)] {
        let room = chain_of_levels(version, is_backwards);
        let (create, alice) = (room.number("create"), room.number("alice"));
        let last = room.number(&(LENGTH - 1).to_string());
        let one = room.state(&[create, alice, room.number("0")]);
        let other = room.state(&[create, alice, last]);
        let resolution = room.resolve(&[one, other]);
        let account = v2(&resolution);
        assert_eq!(account.power_events.len(), LENGTH);
        assert_eq!(account.mainline.len(), LENGTH);
        assert!(account.cyclic.is_empty() && account.others.is_empty());
    }
}

#[test]
fn a_cycle_of_auth_events_may_be_as_long_as_it_likes() {
    let mut room = chain_of_levels("11", false);
    let (create, alice) = (room.number("create"), room.number("alice"));
    // A second chain whose first event cites its last.
    let levels = room.dag.get(room.number("0")).unwrap().clone();
    for at in 0..LENGTH {
        let before = id(format_args!("round {}", (at + LENGTH - 1) % LENGTH));
        room.dag.insert(&id(format_args!("round {at}")), &[], &[before], levels.clone());
    }
    let one = room.state(&[create, alice, room.number("0")]);
    let other = room.state(&[create, alice, room.number("round 7")]);
    let resolution = room.resolve(&[one, other]);
    assert_eq!(v2(&resolution).cyclic.len(), LENGTH);
    assert_eq!(resolution.get(Key::POWER_LEVELS), Some(room.number("0")));
}

#[test]
fn many_events_may_be_in_conflict() {
    for (version, count) in [("1", 2_500 * SCALE), ("11", 50_000), ("12", 2_500 * SCALE)] {
        let mut room = Room::new(version);
        let (create, alice) = (room.number("create"), room.number("alice"));
        let mut topic = room.same("m.room.topic", "", "{}");
        let (mut one, mut other) = (vec![create, alice], vec![create, alice]);
        let cited = [id("create"), id("alice")];
        for at in 0..count {
            topic.names.key =
                room.keys.intern(&EventType::new("m.room.topic"), &format!("topic {at}"));
            for (side, state) in [("one", &mut one), ("other", &mut other)] {
                let id = id(format_args!("{side} {at}"));
                state.push(room.dag.insert(&id, &[], &cited, topic.clone()).number());
            }
        }
        let resolution = room.resolve(&[room.state(&one), room.state(&other)]);
        assert_eq!(resolution.contested().len(), count);
        match &resolution.account {
            Account::V1(account) => assert_eq!(account.contests.len(), count),
            Account::V2(account) => {
                assert_eq!(account.conflicted.len(), 2 * count);
                assert_eq!(account.others.len(), 2 * count);
            }
        }
    }
}
