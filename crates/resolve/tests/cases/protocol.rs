//! Histories in which state resolution v2 takes something away or gives something back, and what
//! v2.1 makes of them.

use exeunt_version::RoomVersion;

use super::room::*;

/// The room versions with state resolution v2.
fn with_v2() -> impl Iterator<Item = Room> {
    (2..=11).map(|number| Room::public(version(number)))
}

/// Room version 12.
fn with_v2_1() -> Room {
    Room::public(version(12))
}

// `reset-a`: MSC4297, problem A. Alice made the room invite-only and left. Another server's state
// is the same, but for an outdated join rule.

fn reset_a(room: &mut Room) -> Vec<String> {
    room.send("invite-only", &["public"], rule(ALICE, "invite"));
    room.send("alice-leaves", &["invite-only"], leave(ALICE));
    let (right, outdated) =
        (room.after("alice-leaves"), room.after_but("alice-leaves", &["public"]));
    room.tell(&room.resolve(&[right, outdated]))
}

#[test]
fn reset_a_loses_the_join_rule_as_who_set_it_has_left() {
    for mut room in with_v2() {
        assert_eq!(
            reset_a(&mut room),
            [
                "conflicted: public invite-only",
                "power: public by 100 at 30: rejected by sender-not-joined: the membership of Alice is leave",
                "power: invite-only by 100 at 40: rejected by sender-not-joined: the membership of Alice is leave",
                "mainline: levels",
                "join_rules is nothing"
            ]
        );
    }
}

#[test]
fn reset_a_is_fixed_by_starting_from_an_empty_state() {
    assert_eq!(
        reset_a(&mut with_v2_1()),
        [
            "conflicted: public invite-only",
            "subgraph: public invite-only",
            "power: public by infinite at 30: allowed by otherwise",
            "power: invite-only by infinite at 40: allowed by otherwise",
            "join_rules is invite-only"
        ]
    );
}

// `reset-b`: MSC4297, problem B. Alice gave Bob power, and he gave some to Carol. Another server's
// state has the first power levels, though it has events that cite the second.

fn reset_b(room: &mut Room) -> Vec<String> {
    room.send("bob-joins", &["public"], join(BOB));
    room.send("levels-2", &["bob-joins"], levels(ALICE, &[(ALICE, 100), (BOB, 50)]));
    room.send("topic", &["levels-2"], topic(BOB, "Winter"));
    room.send("levels-3", &["topic"], levels(BOB, &[(ALICE, 100), (BOB, 50), (CAROL, 50)]));
    let (right, outdated) = (room.after("levels-3"), room.after_but("levels-3", &["levels"]));
    room.tell(&room.resolve(&[right, outdated]))
}

#[test]
fn reset_b_loses_power_as_what_gave_it_is_in_neither_state() {
    for mut room in with_v2() {
        assert_eq!(
            reset_b(&mut room),
            [
                "conflicted: levels levels-3",
                "power: levels by 100 at 20: allowed by power-levels-first",
                "power: levels-3 by 50 at 70: rejected by required-power-level: `events.m.room.power_levels` is 50, and Bob has 0",
                "mainline: levels",
                "power_levels is levels"
            ]
        );
    }
}

#[test]
fn reset_b_is_fixed_by_what_lies_between_the_conflicting_events() {
    assert_eq!(
        reset_b(&mut with_v2_1()),
        [
            "conflicted: levels levels-3",
            "subgraph: levels public bob-joins levels-2 levels-3",
            "power: levels by infinite at 20: allowed by power-levels-first",
            "power: public by infinite at 30: allowed by otherwise",
            "power: levels-2 by infinite at 50: allowed by power-levels-allowed",
            "power: bob-joins by 0 at 40: allowed by join-public",
            "power: levels-3 by 50 at 70: allowed by power-levels-allowed",
            "mainline: levels-3 levels-2 levels",
            "power_levels is levels-3"
        ]
    );
}

// `creator-rollback`: MSC4289. Alice made Bob a moderator. A power levels event of hers that claims
// to be older takes her own power away.

fn creator_rollback(room: &mut Room) -> Vec<String> {
    let promotion = levels(ALICE, &[(ALICE, 100), (BOB, 50)]);
    room.send("promotion", &["public"], promotion.at(50));
    room.send("backdated", &["public"], levels(ALICE, &[(ALICE, 49)]).at(40).depth(4));
    room.tell(&room.merge(&["promotion", "backdated"]))
}

#[test]
fn creator_rollback_undoes_a_promotion() {
    for mut room in with_v2() {
        assert_eq!(
            creator_rollback(&mut room),
            [
                "conflicted: promotion backdated",
                "power: backdated by 100 at 40: allowed by power-levels-allowed",
                "power: promotion by 100 at 50: rejected by required-power-level: `events.m.room.power_levels` is 50, and Alice has 49",
                "mainline: backdated levels",
                "power_levels is backdated"
            ]
        );
    }
}

#[test]
fn creator_rollback_fails_where_nothing_takes_the_creators_power_away() {
    assert_eq!(
        creator_rollback(&mut with_v2_1()),
        [
            "conflicted: promotion backdated",
            "subgraph: promotion backdated",
            "power: backdated by infinite at 40: allowed by power-levels-allowed",
            "power: promotion by infinite at 50: allowed by power-levels-allowed",
            "mainline: promotion levels",
            "power_levels is promotion"
        ]
    );
}

// `double-join-drop`: Bob joins twice at once. After one of the joins the room becomes invite-only.

fn double_join_drop(version: RoomVersion) -> Vec<String> {
    let mut room = Room::new(version);
    room.send("public", &["alice-joins"], rule(ALICE, "public"));
    room.send("bob-joins-1", &["public"], join(BOB));
    room.send("bob-joins-2", &["public"], join(BOB));
    room.send("invite-only", &["bob-joins-2"], rule(ALICE, "invite"));
    assert!(room.events.len() <= 7);
    room.tell(&room.merge(&["bob-joins-1", "invite-only"]))
}

#[test]
fn double_join_drop_leaves_no_membership() {
    for number in 2..=11 {
        assert_eq!(
            double_join_drop(version(number)),
            [
                "conflicted: public bob-joins-1 bob-joins-2 invite-only",
                "power: public by 100 at 20: allowed by otherwise",
                "power: invite-only by 100 at 50: allowed by otherwise",
                "other: bob-joins-1 on ∞ at 30: rejected by join-otherwise: Bob has no membership",
                "other: bob-joins-2 on ∞ at 40: rejected by join-otherwise: Bob has no membership",
                "join_rules is invite-only",
                "member Bob is nothing"
            ]
        );
    }
    assert_eq!(
        double_join_drop(version(12)),
        [
            "conflicted: public bob-joins-1 bob-joins-2 invite-only",
            "subgraph: public bob-joins-1 bob-joins-2 invite-only",
            "power: public by infinite at 20: allowed by otherwise",
            "power: invite-only by infinite at 50: allowed by otherwise",
            "other: bob-joins-1 on ∞ at 30: rejected by join-otherwise: Bob has no membership",
            "other: bob-joins-2 on ∞ at 40: rejected by join-otherwise: Bob has no membership",
            "join_rules is invite-only",
            "member Bob is nothing"
        ]
    );
}

// `topic-then-ban`: MSC1442. Bob sets a topic and is banned. The state before both is merged in.

fn topic_then_ban(room: &mut Room) -> Vec<String> {
    room.send("bob-joins", &["public"], join(BOB));
    room.send("moderator", &["bob-joins"], levels(ALICE, &[(ALICE, 100), (BOB, 50)]));
    room.send("topic", &["moderator"], topic(BOB, "Winter"));
    room.send("ban", &["topic"], member(ALICE, BOB, "ban"));
    room.tell(&room.merge(&["moderator", "ban"]))
}

#[test]
fn topic_then_ban_loses_the_topic() {
    for mut room in with_v2() {
        assert_eq!(
            topic_then_ban(&mut room),
            [
                "conflicted: bob-joins topic ban",
                "difference: bob-joins moderator",
                "power: moderator by 100 at 50: allowed by power-levels-allowed",
                "power: bob-joins by 0 at 40: allowed by join-public",
                "power: ban by 100 at 70: allowed by ban-allowed",
                "mainline: moderator levels",
                "other: topic on 0 at 60: rejected by sender-not-joined: the membership of Bob is ban",
                "member Bob is ban",
                "topic is nothing"
            ]
        );
    }
    assert_eq!(
        topic_then_ban(&mut with_v2_1()),
        [
            "conflicted: bob-joins topic ban",
            "difference: bob-joins moderator",
            "subgraph: bob-joins topic ban",
            "power: moderator by infinite at 50: allowed by power-levels-allowed",
            "power: bob-joins by 0 at 40: allowed by join-public",
            "power: ban by infinite at 70: allowed by ban-allowed",
            "mainline: moderator levels",
            "other: topic on 0 at 60: rejected by sender-not-joined: the membership of Bob is ban",
            "member Bob is ban",
            "topic is nothing"
        ]
    );
}

// `kick-not-sticky`: Alice kicks Bob while he changes his display name.

fn kick_beside_a_rename(room: &mut Room, before: &str) -> Vec<String> {
    room.send("kick", &[before], member(ALICE, BOB, "leave"));
    room.send("rename", &[before], join(BOB).saying("displayname", "Antigonus"));
    room.tell(&room.merge(&["kick", "rename"]))
}

#[test]
fn kick_not_sticky_in_a_public_room() {
    for mut room in with_v2() {
        room.send("bob-joins", &["public"], join(BOB));
        assert_eq!(
            kick_beside_a_rename(&mut room, "bob-joins"),
            [
                "conflicted: kick rename",
                "power: kick by 100 at 50: allowed by leave-kick",
                "mainline: levels",
                "other: rename on 0 at 60: allowed by join-public",
                "member Bob is rename"
            ]
        );
    }
    let mut room = with_v2_1();
    room.send("bob-joins", &["public"], join(BOB));
    assert_eq!(
        kick_beside_a_rename(&mut room, "bob-joins"),
        [
            "conflicted: kick rename",
            "subgraph: kick rename",
            "power: kick by infinite at 50: allowed by leave-kick",
            "other: rename on ∞ at 60: allowed by join-public",
            "member Bob is rename"
        ]
    );
}

#[test]
fn a_kick_is_sticky_where_one_needs_an_invite() {
    for mut room in with_v2() {
        room.send("bob-joins", &["public"], join(BOB));
        room.send("invite-only", &["bob-joins"], rule(ALICE, "invite"));
        assert_eq!(
            kick_beside_a_rename(&mut room, "invite-only"),
            [
                "conflicted: kick rename",
                "difference: invite-only",
                "power: invite-only by 100 at 50: allowed by otherwise",
                "power: kick by 100 at 60: allowed by leave-kick",
                "mainline: levels",
                "other: rename on 0 at 70: rejected by join-otherwise: the membership of Bob is leave",
                "member Bob is kick"
            ]
        );
    }
    let mut room = with_v2_1();
    room.send("bob-joins", &["public"], join(BOB));
    room.send("invite-only", &["bob-joins"], rule(ALICE, "invite"));
    assert_eq!(
        kick_beside_a_rename(&mut room, "invite-only"),
        [
            "conflicted: kick rename",
            "difference: invite-only",
            "subgraph: kick rename",
            "power: invite-only by infinite at 50: allowed by otherwise",
            "power: kick by infinite at 60: allowed by leave-kick",
            "other: rename on ∞ at 70: rejected by join-otherwise: the membership of Bob is leave",
            "member Bob is kick"
        ]
    );
}

#[test]
fn a_ban_is_sticky_in_a_public_room() {
    for mut room in with_v2().chain([with_v2_1()]) {
        room.send("bob-joins", &["public"], join(BOB));
        room.send("ban", &["bob-joins"], member(ALICE, BOB, "ban"));
        room.send("rename", &["bob-joins"], join(BOB).saying("displayname", "Antigonus"));
        let merged = room.merge(&["ban", "rename"]);
        assert_eq!(room.tell(&merged).last().unwrap(), "member Bob is ban");
    }
}

// `linear-rollback`: a topic, and another after it, sent at the same time. The state after the
// first is merged with that after the second.

fn linear_rollback(version: RoomVersion) -> Vec<String> {
    let mut room = Room::new(version);
    room.send("topic-1", &["alice-joins"], topic(ALICE, "Winter").at(20));
    let second = topic(ALICE, "Spring").at(20);
    room.send("topic-2", &["topic-1"], second.id_before("topic-1"));
    assert_eq!(room.events.len(), 4);
    room.tell(&room.merge(&["topic-1", "topic-2"]))
}

#[test]
fn linear_rollback_by_event_ids() {
    for number in 2..=11 {
        assert_eq!(
            linear_rollback(version(number)),
            [
                "conflicted: topic-1 topic-2",
                "other: topic-2 on ∞ at 20: allowed by otherwise",
                "other: topic-1 on ∞ at 20: allowed by otherwise",
                "topic is topic-1"
            ]
        );
    }
    assert_eq!(
        linear_rollback(version(12)),
        [
            "conflicted: topic-1 topic-2",
            "subgraph: topic-1 topic-2",
            "other: topic-2 on ∞ at 20: allowed by otherwise",
            "other: topic-1 on ∞ at 20: allowed by otherwise",
            "topic is topic-1"
        ]
    );
}
