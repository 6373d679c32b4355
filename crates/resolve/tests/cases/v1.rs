//! Histories in which state resolution v1 takes something away or gives something back.

use super::room::*;

fn public() -> Room {
    Room::public(version(1))
}

#[test]
fn creator_rollback_undoes_a_promotion() {
    let mut room = public();
    room.send("promotion", &["public"], levels(ALICE, &[(ALICE, 100), (BOB, 50)]));
    room.send("backdated", &["public"], levels(ALICE, &[(ALICE, 49)]).depth(4));
    assert_eq!(
        room.tell(&room.merge(&["promotion", "backdated"])),
        [
            "levels: backdated depth 4: first",
            "levels: promotion depth 5: rejected by required-power-level: `events.m.room.power_levels` is 50, and Alice has 49",
            "power_levels is backdated"
        ]
    );
}

#[test]
fn linear_rollback_by_the_hashes_of_event_ids() {
    let mut room = Room::new(version(1));
    room.send("topic-1", &["alice-joins"], topic(ALICE, "Winter"));
    let second = topic(ALICE, "Spring").depth(room.event("topic-1").depth());
    room.send("topic-2", &["topic-1"], second.sha1_after("topic-1"));
    assert_eq!(
        room.tell(&room.merge(&["topic-1", "topic-2"])),
        [
            "others: topic-1 depth 3: allowed by otherwise",
            "others: topic-2 depth 3: not reached",
            "topic is topic-1"
        ]
    );
}

#[test]
fn hotel_california_brings_back_who_has_left() {
    let mut room = public();
    room.send("bob-joins", &["public"], join(BOB));
    room.send("leaves", &["bob-joins"], leave(BOB));
    room.send("joins-again", &["leaves"], join(BOB));
    room.send("leaves-again", &["joins-again"], leave(BOB));
    // The second leave does not count without the join before it…
    let leaves = room.merge(&["leaves", "leaves-again"]);
    assert_eq!(
        room.tell(&leaves),
        [
            "members: leaves depth 6: first",
            "members: leaves-again depth 8: rejected by leave-own: the membership of Bob is leave",
            "member Bob is leaves"
        ]
    );
    // …and once it is forgotten, nothing stands against the join.
    let leaves = leaves.state();
    let all = room.resolve(&[leaves, room.after("joins-again")]);
    assert_eq!(
        room.tell(&all),
        [
            "members: leaves depth 6: first",
            "members: joins-again depth 7: allowed by join-public",
            "member Bob is joins-again"
        ]
    );
    // All at once is right.
    let all = room.merge(&["leaves", "joins-again", "leaves-again"]);
    assert_eq!(room.membership(&all, BOB), Some("leaves-again"));
}

#[test]
fn hotel_california_is_closed_in_later_versions() {
    for number in 2..=12 {
        let mut room = Room::public(version(number));
        room.send("bob-joins", &["public"], join(BOB));
        room.send("leaves", &["bob-joins"], leave(BOB));
        room.send("joins-again", &["leaves"], join(BOB));
        room.send("leaves-again", &["joins-again"], leave(BOB));
        let leaves = room.merge(&["leaves", "leaves-again"]);
        assert_eq!(room.membership(&leaves, BOB), Some("leaves-again"));
        let leaves = leaves.state();
        let all = room.resolve(&[leaves, room.after("joins-again")]);
        assert_eq!(room.membership(&all, BOB), Some("leaves-again"));
    }
}

#[test]
fn v1_power_chain_loses_power_as_what_gave_it_is_in_neither_state() {
    let mut room = public();
    room.send("bob-joins", &["public"], join(BOB));
    room.send("levels-2", &["bob-joins"], levels(ALICE, &[(ALICE, 100), (BOB, 50)]));
    let third = levels(BOB, &[(ALICE, 100), (BOB, 50), (CAROL, 50)]);
    room.send("levels-3", &["levels-2"], third);
    assert_eq!(
        room.tell(&room.merge(&["bob-joins", "levels-3"])),
        [
            "levels: levels depth 3: first",
            "levels: levels-3 depth 7: rejected by required-power-level: `events.m.room.power_levels` is 50, and Bob has 0",
            "power_levels is levels"
        ]
    );
}

// `v1-depth-takeover`: Alice has handed the room over to Bob. On a long branch from before that she
// sends power levels of her own.

fn takeover(depth: Option<i64>) -> Vec<String> {
    let mut room = public();
    room.send("bob-joins", &["public"], join(BOB));
    room.send("handed-over", &["bob-joins"], levels(ALICE, &[(ALICE, 0), (BOB, 100)]));
    let of_bob = levels(BOB, &[(ALICE, 0), (BOB, 100), (CAROL, 50)]);
    room.send("levels-of-bob", &["handed-over"], of_bob);
    room.send("message-1", &["bob-joins"], message(ALICE));
    room.send("message-2", &["message-1"], message(ALICE));
    room.send("message-3", &["message-2"], message(ALICE));
    let mut of_alice = levels(ALICE, &[(ALICE, 100)]);
    of_alice = depth.into_iter().fold(of_alice, Draft::depth);
    room.send("levels-of-alice", &["message-3"], of_alice);
    room.tell(&room.merge(&["levels-of-bob", "levels-of-alice"]))
}

#[test]
fn v1_depth_takeover_by_a_depth_of_zero() {
    assert_eq!(
        takeover(Some(0)),
        [
            "levels: levels-of-alice depth 0: first",
            "levels: levels-of-bob depth 7: rejected by required-power-level: `events.m.room.power_levels` is 50, and Bob has 0",
            "power_levels is levels-of-alice"
        ]
    );
    assert_eq!(
        takeover(None),
        [
            "levels: levels-of-bob depth 7: first",
            "levels: levels-of-alice depth 9: rejected by required-power-level: `events.m.room.power_levels` is 50, and Alice has 0",
            "power_levels is levels-of-bob"
        ]
    );
}

#[test]
fn v1_one_sided_key_is_never_checked() {
    let merged = |number| {
        let mut room = Room::public(version(number));
        room.send("invite-only", &["public"], rule(ALICE, "invite"));
        room.send("carol-joins", &["public"], join(CAROL));
        room.tell(&room.merge(&["invite-only", "carol-joins"]))
    };
    assert_eq!(
        merged(1),
        [
            "rules: public depth 4: first",
            "rules: invite-only depth 5: allowed by otherwise",
            "join_rules is invite-only",
            "member Carol is carol-joins"
        ]
    );
    assert_eq!(
        merged(2),
        [
            "conflicted: public invite-only carol-joins",
            "difference: public",
            "power: public by 100 at 30: allowed by otherwise",
            "power: invite-only by 100 at 40: allowed by otherwise",
            "mainline: levels",
            "other: carol-joins on 0 at 50: rejected by join-otherwise: Carol has no membership",
            "join_rules is invite-only",
            "member Carol is nothing"
        ]
    );
}
