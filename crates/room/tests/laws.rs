//! Laws of the room that no other file states: what is accepted follows from what came before it,
//! and what is in a state need not pass against it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use std::collections::BTreeSet;

use exeunt_auth::{Rule, ServerSignatures, check_state};
use exeunt_dag::Number;
use exeunt_event::{Event, EventType};
use exeunt_resolve::{StateSet, resolve};
use exeunt_room::{Input, Room, Standing};
use exeunt_version::RoomVersion;
use proptest::prelude::*;
use world::random::{orders, rooms, shuffled};
use world::{ALICE, BOB, DAVE, Scribe, join, member, receive_all};

/// The states before and after every event once more, from nothing but the events and who was
/// rejected: by the definition and in the order of the ancestors.
fn state_before(room: &Room, number: Number) -> StateSet {
    let parents = room.dag().prev().parents(number).iter();
    let after: Vec<StateSet> = parents
        .map(|parent| {
            let mut state = state_before(room, *parent);
            let record = room.dag().get(*parent).unwrap();
            if let Some(event) = room.events().state_event(*parent)
                && !record.standing().is_rejected()
            {
                state.insert(event.key, *parent);
            }
            state
        })
        .collect();
    if after.is_empty() {
        return StateSet::new();
    }
    exeunt_resolve::definition::resolve(room.events(), &after).state()
}

/// The event's strict ancestors alone, each as it was decided.
fn of_ancestors(room: &Room, number: Number) -> Room {
    let mut wanted = BTreeSet::new();
    let mut open = room.dag().prev().parents(number).to_vec();
    while let Some(ancestor) = open.pop() {
        if wanted.insert(ancestor) {
            open.extend(room.dag().prev().parents(ancestor));
            open.extend(room.dag().auth().parents(ancestor));
        }
    }
    open.extend(room.dag().auth().parents(number));
    while let Some(ancestor) = open.pop() {
        if wanted.insert(ancestor) {
            open.extend(room.dag().prev().parents(ancestor));
            open.extend(room.dag().auth().parents(ancestor));
        }
    }
    let event = |number: &Number| room.dag().get(*number).unwrap().event(room.version()).unwrap();
    let texts: Vec<Event> = wanted.iter().map(event).collect();
    receive_all(room.version(), texts.iter().map(|event| event.text().as_bytes())).0
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 48))]

    /// Law F2: with nothing but what it cites, directly or not.
    #[test]
    fn what_is_accepted_passes_against_the_state_resolved_from_its_ancestors(
        (scribe, order) in (rooms(0..12), orders()),
    ) {
        let pdus = shuffled(&scribe.pdus, &order);
        let (room, _) = receive_all(scribe.room.version(), pdus.iter().map(Vec::as_slice));
        for number in room.dag().events() {
            let record = room.dag().get(number).unwrap();
            let event = record.event(room.version()).unwrap();
            let past = of_ancestors(&room, number);
            let sets: Vec<_> = event
                .prev_events()
                .iter()
                .map(|id| past.state_after(id).unwrap().entries().clone())
                .collect();
            let mut before = past.state_of(&[]);
            if !sets.is_empty() {
                let resolved = resolve(past.events(), &sets).state();
                let ids: Vec<_> = resolved
                    .iter()
                    .map(|(_, number)| past.dag().id(number).unwrap().clone())
                    .collect();
                before = past.state_of(&ids);
            }
            prop_assert_eq!(&before, record.state_before().unwrap());
            let signatures = ServerSignatures::Satisfied;
            let verdict = check_state(room.version(), &event, past.view(&before), signatures);
            if !record.standing().is_rejected() {
                prop_assert!(verdict.is_allowed(), "{}", verdict.explain());
            }
        }
    }

    /// What is kept, remembered and shared from event to event is what the definition gives.
    #[test]
    fn the_state_before_every_event_is_that_of_the_definition(scribe in rooms(0..7)) {
        let room = &scribe.room;
        for number in room.dag().events() {
            let kept = room.dag().get(number).unwrap().state_before().unwrap();
            prop_assert_eq!(kept.entries(), &state_before(room, number));
        }
        let extremities = room.forward_extremities().into_iter().map(|id| {
            room.state_after(id).unwrap().entries().clone()
        });
        let sets: Vec<_> = extremities.collect();
        let current = exeunt_resolve::definition::resolve(room.events(), &sets).state();
        prop_assert_eq!(room.current_state().entries(), &current);
        prop_assert_eq!(room.current_resolution().state(), current);
    }

    #[test]
    fn the_resolution_before_an_event_gives_the_state_before_it(scribe in rooms(0..16)) {
        let room = &scribe.room;
        for number in room.dag().events() {
            let id = room.dag().id(number).unwrap();
            if !room.dag().prev().parents(number).is_empty() {
                let resolution = room.resolution_before(id).unwrap();
                prop_assert_eq!(&resolution.state(), room.state_before(id).unwrap().entries());
            }
        }
    }

    /// Law S17, where nothing forks: between a user's leave, kick or ban and the next time that
    /// they are in there is a join of theirs.
    #[test]
    fn leave_is_final_on_linear_histories(steps in linear()) {
        let scribe = play_linear(&steps.0, &steps.1);
        let room = &scribe.room;
        let mut is_in = false;
        for number in room.dag().events() {
            let record = room.dag().get(number).unwrap();
            let after = membership(room, record.state_after().unwrap().entries());
            if after && !is_in {
                let event = record.event(room.version()).unwrap();
                prop_assert_eq!(event.event_type(), &EventType::Member);
                prop_assert_eq!(event.state_key(), Some(BOB));
                prop_assert_eq!(event.sender().as_str(), BOB);
                prop_assert_eq!(record.standing(), &Standing::Accepted);
            }
            is_in = after;
        }
    }
}

fn linear() -> impl Strategy<Value = (RoomVersion, Vec<u8>)> {
    (world::random::versions(), prop::collection::vec(0..9_u8, 0..20))
}

fn play_linear(version: &RoomVersion, acts: &[u8]) -> Scribe {
    let mut scribe = Scribe::peopled(version.clone());
    for (at, act) in acts.iter().enumerate() {
        let draft = match act {
            0 | 1 => join(BOB),
            2 => member(BOB, BOB, "leave"),
            3 => member(ALICE, BOB, "leave"),
            4 => member(ALICE, BOB, "ban"),
            5 => member(ALICE, BOB, "invite"),
            6 => world::join_rule(ALICE, "invite"),
            7 => world::join_rule(ALICE, "public"),
            _ => world::message(BOB, "hello"),
        };
        scribe.write(&format!("step{at}"), draft);
    }
    scribe
}

fn membership(room: &Room, state: &StateSet) -> bool {
    let Some(key) = room.keys().get(&EventType::Member, BOB) else { return false };
    let Some(number) = state.get(key) else { return false };
    room.events().state_event(number).unwrap().event.text().contains("\"membership\":\"join\"")
}

/// Law F3, which does not hold: an event of the state that does not pass against it. Alice invites
/// Dave and leaves; the invite is in the state, and nobody who may invite stands behind it.
#[test]
fn the_inviter_left() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::public(version.clone());
        scribe.write("invite", member(ALICE, DAVE, "invite"));
        scribe.write("gone", member(ALICE, ALICE, "leave"));
        let room = &scribe.room;
        let state = room.current_state();
        let mut failing = Vec::new();
        for id in room.event_ids(state) {
            let event = room.event(id).unwrap();
            let signatures = ServerSignatures::Satisfied;
            let verdict = check_state(&version, &event, room.view(state), signatures);
            if !verdict.is_allowed() {
                failing.push((scribe.name(id), verdict.rule()));
            }
        }
        failing.sort_unstable();
        assert_eq!(
            failing,
            [
                ("gone", Rule::LeaveOwn),
                ("invite", Rule::InviteSenderNotJoined),
                ("levels", Rule::SenderNotJoined),
                ("rule", Rule::SenderNotJoined),
            ],
            "{version}"
        );
        // Fewer events do: the leave alone, once it is in the state, is not allowed again.
        let mut scribe = Scribe::new(version.clone());
        scribe.create();
        scribe.write("join", join(ALICE));
        scribe.write("gone", member(ALICE, ALICE, "leave"));
        let room = &scribe.room;
        let gone = room.event(&scribe.id("gone")).unwrap();
        let view = room.view(room.current_state());
        let verdict = check_state(&version, &gone, view, ServerSignatures::Satisfied);
        assert_eq!(verdict.rule(), Rule::LeaveOwn);
        assert!(!verdict.is_allowed());
    }
}

/// The laws hold for a room that got its events as outliers first, too: what counts is the place in
/// the history.
#[test]
fn outliers_that_enter_the_history_have_the_states_of_events_that_came_at_once() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version.clone());
        scribe.write("gone", member(BOB, BOB, "leave"));
        scribe.write("hello", world::message(world::CAROL, "hello"));
        let mut room = Room::new(version);
        for pdu in &scribe.pdus {
            let input = Input::Outlier(pdu.as_slice().into());
            room.take(&input, exeunt_room::Context::default());
        }
        for pdu in &scribe.pdus {
            let input = Input::Pdu(pdu.as_slice().into());
            room.take(&input, exeunt_room::Context::default());
        }
        assert_eq!(room.current_state(), scribe.room.current_state());
        assert_eq!(room.forward_extremities(), scribe.room.forward_extremities());
        for number in room.dag().events() {
            let id = room.dag().id(number).unwrap();
            assert_eq!(room.state_before(id), scribe.room.state_before(id));
        }
    }
}
