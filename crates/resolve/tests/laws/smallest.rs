//! The smallest histories that break the laws that do not hold, found by trying all.

use exeunt_resolve::StateSet;
use exeunt_version::RoomVersion;

use crate::room::*;

/// What Alice, who created the room, and Bob may do.
fn acts() -> [(&'static str, Draft); 8] {
    [
        ("join", join(ALICE)),
        ("leave", leave(ALICE)),
        ("levels", levels(ALICE, &[(ALICE, 100)])),
        ("public", rule(ALICE, "public")),
        ("invite-only", rule(ALICE, "invite")),
        ("topic", topic(ALICE, "Winter")),
        ("bob-joins", join(BOB)),
        ("ban", member(ALICE, BOB, "ban")),
    ]
}

/// An event of a history: what it is called, and which it follows.
type Said = Vec<(String, usize)>;

/// The first of all histories of so many events, of which Alice's join is the second, that breaks a
/// law. Every event follows one other, and is sent the given time after the one before it.
fn first_of(
    version: &RoomVersion,
    size: usize,
    tick: i64,
    breaks: &dyn Fn(&Room, &[StateSet]) -> bool,
) -> Option<Said> {
    let mut open = vec![(Room::new(version.clone()), vec![StateSet::new()], Said::new())];
    open[0].1 = vec![open[0].0.after("create"), open[0].0.after("alice-joins")];
    while let Some((room, states, said)) = open.pop() {
        if states.len() == size {
            if breaks(&room, &states) {
                return Some(said);
            }
            continue;
        }
        for parent in (0..states.len()).rev() {
            for (name, draft) in acts().into_iter().rev() {
                let after = name_of(&said, parent);
                let time = i64::try_from(states.len()).unwrap() * tick;
                let draft = draft.at(time);
                if !room.may_send_in(&[&after], &states[parent], &draft) {
                    continue;
                }
                let (mut room, mut states, mut said) = (room.clone(), states.clone(), said.clone());
                said.push((name.to_owned(), parent));
                let name = name_of(&said, states.len());
                room.send(&name, &[&after], draft);
                states.push(room.after(&name));
                open.push((room, states, said));
            }
        }
    }
    None
}

fn name_of(said: &Said, place: usize) -> String {
    match place {
        0 => "create".to_owned(),
        1 => "alice-joins".to_owned(),
        _ => format!("{}-{place}", said[place - 2].0),
    }
}

/// The history in words: what each event after Alice's join is, and which it follows.
fn told(said: &Said) -> Vec<String> {
    (0..said.len())
        .map(|at| format!("{} after {}", name_of(said, at + 2), name_of(said, said[at].1)))
        .collect()
}

fn smallest(
    number: u8,
    sizes: std::ops::RangeInclusive<usize>,
    tick: i64,
    breaks: impl Fn(&Room, &[StateSet]) -> bool,
) -> Vec<String> {
    for size in sizes {
        if let Some(said) = first_of(&version(number), size, tick, &breaks) {
            return told(&said);
        }
    }
    Vec::new()
}

fn merged(room: &Room, states: &[&StateSet]) -> StateSet {
    let states: Vec<_> = states.iter().map(|state| (*state).clone()).collect();
    room.resolve(&states).state()
}

/// Whether some two states break a law.
fn some_two(states: &[StateSet], breaks: impl Fn(&StateSet, &StateSet) -> bool) -> bool {
    states.iter().any(|one| states.iter().any(|other| breaks(one, other)))
}

fn is_not_associative(room: &Room, states: &[StateSet]) -> bool {
    some_two(states, |a, b| {
        let pair = merged(room, &[a, b]);
        states.iter().any(|c| merged(room, &[&pair, c]) != merged(room, &[a, b, c]))
    })
}

fn is_not_absorbed(room: &Room, states: &[StateSet]) -> bool {
    some_two(states, |a, b| {
        let both = merged(room, &[a, b]);
        merged(room, &[a, &both]) != both
    })
}

/// Whether the state after the last event, merged with that after an event before it, is another.
fn is_no_fast_forward(room: &Room, states: &[StateSet]) -> bool {
    let (last, earlier) = states.split_last().unwrap();
    let mut event = room.events.last().unwrap();
    while let Some(before) = event.prev_events().first() {
        let at = room.events.iter().position(|event| event.event_id() == before).unwrap();
        if merged(room, &[&earlier[at], last]) != *last {
            return true;
        }
        event = &room.events[at];
    }
    false
}

#[test]
fn r5_associativity_is_false_from_four_events_on() {
    for number in [2, 11] {
        let found = smallest(number, 3..=5, 10, is_not_associative);
        assert_eq!(found, ["join-2 after create", "levels-3 after join-2"]);
    }
    let found = smallest(12, 3..=5, 10, is_not_associative);
    assert_eq!(found, ["join-2 after create", "public-3 after join-2"]);
    let found = smallest(1, 3..=5, 10, is_not_associative);
    assert_eq!(
        found,
        ["join-2 after create", "levels-3 after alice-joins", "levels-4 after alice-joins"]
    );
}

#[test]
fn r6_absorption_is_false_from_four_events_on() {
    for number in [2, 11] {
        let found = smallest(number, 3..=4, 10, is_not_absorbed);
        assert_eq!(found, ["join-2 after create", "levels-3 after join-2"]);
    }
    let found = smallest(12, 3..=4, 10, is_not_absorbed);
    assert_eq!(found, ["join-2 after create", "public-3 after join-2"]);
    let found = smallest(1, 3..=5, 10, is_not_absorbed);
    assert_eq!(
        found,
        ["join-2 after create", "levels-3 after alice-joins", "levels-4 after join-2"]
    );
}

#[test]
fn r7_fast_forward_is_false_from_three_events_of_one_time_on() {
    for number in [2, 11, 12] {
        let found = smallest(number, 3..=4, 0, is_no_fast_forward);
        assert_eq!(found, ["leave-2 after alice-joins"]);
    }
}

#[test]
fn r7_fast_forward_is_false_from_five_events_of_rising_times_on() {
    for number in [2, 11, 12] {
        let found = smallest(number, 3..=5, 10, is_no_fast_forward);
        assert_eq!(
            found,
            [
                "public-2 after alice-joins",
                "bob-joins-3 after public-2",
                "invite-only-4 after bob-joins-3"
            ]
        );
    }
    let found = smallest(1, 3..=5, 10, is_no_fast_forward);
    assert_eq!(
        found,
        ["levels-2 after alice-joins", "levels-3 after levels-2", "leave-4 after levels-3"]
    );
}

// The same by name, with the account of what goes wrong.

#[test]
fn r6_absorption_loses_power_levels_with_who_set_them() {
    let resolutions = |number| {
        let mut room = Room::new(version(number));
        room.send("levels", &["alice-joins"], levels(ALICE, &[(ALICE, 100)]));
        room.send("leave", &["alice-joins"], leave(ALICE));
        assert_eq!(room.events.len(), 4);
        let a = room.after("leave");
        let both = room.resolve(&[a.clone(), room.after("levels")]);
        let told = room.tell(&both);
        [told, room.tell(&room.resolve(&[a, both.state()]))].concat()
    };
    for number in 2..=11 {
        assert_eq!(
            resolutions(number),
            [
                "conflicted: alice-joins levels leave",
                "power: alice-joins by 100 at 10: allowed by join-creator",
                "power: levels by 100 at 20: allowed by power-levels-first",
                "mainline: levels",
                "other: leave on ∞ at 30: allowed by leave-own",
                "power_levels is levels",
                "member Alice is leave",
                "conflicted: levels",
                "power: levels by 100 at 20: rejected by sender-not-joined: the membership of Alice is leave",
                "power_levels is nothing"
            ]
        );
    }
    assert_eq!(
        resolutions(12),
        [
            "conflicted: alice-joins levels leave",
            "subgraph: alice-joins levels leave",
            "power: alice-joins by infinite at 10: allowed by join-creator",
            "power: levels by infinite at 20: allowed by power-levels-first",
            "mainline: levels",
            "other: leave on ∞ at 30: allowed by leave-own",
            "power_levels is levels",
            "member Alice is leave",
            "conflicted: levels",
            "subgraph: levels",
            "power: levels by infinite at 20: allowed by power-levels-first",
            "mainline: levels",
            "power_levels is levels"
        ]
    );
}

#[test]
fn r7_fast_forward_joins_who_has_left_by_event_ids() {
    for number in 2..=11 {
        let mut room = Room::new(version(number));
        room.send("leave", &["alice-joins"], leave(ALICE).at(10).id_before("alice-joins"));
        assert_eq!(
            room.tell(&room.merge(&["alice-joins", "leave"])),
            [
                "conflicted: alice-joins leave",
                "difference: alice-joins",
                "other: leave on ∞ at 10: allowed by leave-own",
                "other: alice-joins on ∞ at 10: allowed by join-creator",
                "member Alice is alice-joins"
            ]
        );
    }
    let mut room = Room::new(version(12));
    room.send("leave", &["alice-joins"], leave(ALICE).at(10).id_before("alice-joins"));
    assert_eq!(
        room.tell(&room.merge(&["alice-joins", "leave"])),
        [
            "conflicted: alice-joins leave",
            "difference: alice-joins",
            "subgraph: alice-joins leave",
            "other: leave on ∞ at 10: allowed by leave-own",
            "other: alice-joins on ∞ at 10: allowed by join-creator",
            "member Alice is alice-joins"
        ]
    );
}

#[test]
fn r7_fast_forward_drops_who_joined_before_the_room_was_closed() {
    for number in 2..=11 {
        let mut room = Room::new(version(number));
        room.send("public", &["alice-joins"], rule(ALICE, "public"));
        room.send("bob-joins", &["public"], join(BOB));
        room.send("invite-only", &["bob-joins"], rule(ALICE, "invite"));
        assert_eq!(
            room.tell(&room.merge(&["public", "invite-only"])),
            [
                "conflicted: public bob-joins invite-only",
                "difference: public",
                "power: public by 100 at 20: allowed by otherwise",
                "power: invite-only by 100 at 40: allowed by otherwise",
                "other: bob-joins on ∞ at 30: rejected by join-otherwise: Bob has no membership",
                "join_rules is invite-only",
                "member Bob is nothing"
            ]
        );
    }
}

#[test]
fn r7_fast_forward_in_version_1_loses_what_was_set_by_who_has_left() {
    let mut room = Room::new(version(1));
    room.send("levels-1", &["alice-joins"], levels(ALICE, &[(ALICE, 100)]));
    room.send("levels-2", &["levels-1"], levels(ALICE, &[(ALICE, 100), (BOB, 50)]));
    room.send("leave", &["levels-2"], leave(ALICE));
    assert_eq!(
        room.tell(&room.merge(&["levels-1", "leave"])),
        [
            "levels: levels-1 depth 3: first",
            "levels: levels-2 depth 4: rejected by sender-not-joined: Alice has no membership",
            "members: alice-joins depth 2: first",
            "members: leave depth 5: allowed by leave-own",
            "power_levels is levels-1",
            "member Alice is leave"
        ]
    );
}

// R4: the result has an event that only auth chains have.

#[test]
fn r4_entries_from_the_states_alone_is_false_in_six_events() {
    let merged = |number| {
        let mut room = Room::new(version(number));
        room.send("public", &["alice-joins"], rule(ALICE, "public"));
        room.send("invite-only", &["alice-joins"], rule(ALICE, "invite"));
        room.send("leave", &["public"], leave(ALICE));
        room.send("joins-again", &["leave"], join(ALICE));
        assert_eq!(room.events.len(), 6);
        room.tell(&room.merge(&["invite-only", "joins-again"]))
    };
    for number in 2..=11 {
        assert_eq!(
            merged(number),
            [
                "conflicted: alice-joins public invite-only joins-again",
                "difference: public leave",
                "power: alice-joins by 100 at 10: allowed by join-creator",
                "power: public by 100 at 20: allowed by otherwise",
                "power: invite-only by 100 at 30: allowed by otherwise",
                "other: leave on ∞ at 40: allowed by leave-own",
                "other: joins-again on ∞ at 50: rejected by join-otherwise: the membership of Alice is leave",
                "join_rules is invite-only",
                "member Alice is leave"
            ]
        );
    }
    assert_eq!(
        merged(12),
        [
            "conflicted: alice-joins public invite-only joins-again",
            "difference: public leave",
            "subgraph: alice-joins public invite-only leave joins-again",
            "power: alice-joins by infinite at 10: allowed by join-creator",
            "power: public by infinite at 20: allowed by otherwise",
            "power: invite-only by infinite at 30: allowed by otherwise",
            "other: leave on ∞ at 40: allowed by leave-own",
            "other: joins-again on ∞ at 50: rejected by join-otherwise: the membership of Alice is leave",
            "join_rules is invite-only",
            "member Alice is leave"
        ]
    );
}

// R8 in six events is `double-join-drop`.

#[test]
fn r8_in_version_1_what_every_state_has_is_lost_with_who_set_it() {
    let mut room = Room::new(version(1));
    room.send("topic-1", &["alice-joins"], topic(ALICE, "Winter"));
    room.send("topic-2", &["topic-1"], topic(ALICE, "Spring"));
    room.send("leave", &["topic-2"], leave(ALICE));
    assert_eq!(
        room.tell(&room.merge(&["topic-1", "leave"])),
        [
            "members: alice-joins depth 2: first",
            "members: leave depth 5: allowed by leave-own",
            "others: topic-2 depth 4: rejected by sender-not-joined: the membership of Alice is leave",
            "others: topic-1 depth 3: rejected by sender-not-joined: the membership of Alice is leave",
            "member Alice is leave",
            "topic is nothing"
        ]
    );
}
