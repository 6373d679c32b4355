//! The smallest histories that tell the choices of each reading apart.

use serde_json::json;

use super::room::*;

fn room(number: u8, readings: &[(&str, &str)]) -> Room {
    Room::public(
        readings
            .iter()
            .fold(version(number), |version, (reading, choice)| read_as(version, reading, choice)),
    )
}

// `own_auth_chain`: power levels that are in both states, and in the auth chain of one: that of a
// join rule which claims to be older than the one before.

fn rules_around_levels(number: u8, own: &str) -> Vec<String> {
    let mut room = Room::new(read_as(version(number), "own_auth_chain", own));
    room.send("public", &["alice-joins"], rule(ALICE, "public"));
    room.send("levels", &["public"], levels(ALICE, &[(ALICE, 100)]));
    room.send("invite-only", &["levels"], rule(ALICE, "invite").at(15));
    room.tell(&room.merge(&["levels", "invite-only"]))
}

#[test]
fn own_auth_chain_excluded_lets_an_older_event_wait_for_one_that_both_states_have() {
    assert_eq!(
        rules_around_levels(11, "excluded"),
        [
            "conflicted: public invite-only",
            "difference: levels",
            "power: public by 100 at 20: allowed by otherwise",
            "power: levels by 100 at 30: allowed by power-levels-allowed",
            "power: invite-only by 100 at 15: allowed by otherwise",
            "mainline: levels",
            "join_rules is invite-only"
        ]
    );
    assert_eq!(
        rules_around_levels(12, "excluded"),
        [
            "conflicted: public invite-only",
            "difference: levels",
            "subgraph: public invite-only",
            "power: public by infinite at 20: allowed by otherwise",
            "power: levels by infinite at 30: allowed by power-levels-first",
            "power: invite-only by infinite at 15: allowed by otherwise",
            "mainline: levels",
            "join_rules is invite-only"
        ]
    );
}

#[test]
fn own_auth_chain_included_orders_by_time() {
    assert_eq!(
        rules_around_levels(11, "included"),
        [
            "conflicted: public invite-only",
            "difference: public invite-only",
            "power: invite-only by 100 at 15: allowed by otherwise",
            "power: public by 100 at 20: allowed by otherwise",
            "mainline: levels",
            "join_rules is public"
        ]
    );
    assert_eq!(
        rules_around_levels(12, "included"),
        [
            "conflicted: public invite-only",
            "difference: public invite-only",
            "subgraph: public invite-only",
            "power: invite-only by infinite at 15: allowed by otherwise",
            "power: public by infinite at 20: allowed by otherwise",
            "join_rules is public"
        ]
    );
}

// After `public`, Alice joins again, citing it, and sets another join rule at the
// same time as the first.

fn rules_around_a_join(number: u8, own: &str, chain: &str) -> Vec<String> {
    let mut room = room(number, &[("own_auth_chain", own), ("power_event_chain", chain)]);
    room.send("joins-again", &["public"], join(ALICE));
    let knock = rule(ALICE, "invite").at(30).id_before("public");
    room.send("invite-only", &["joins-again"], knock);
    room.tell(&room.merge(&["joins-again", "invite-only"]))
}

#[test]
fn own_auth_chain_excluded_puts_a_state_event_into_the_difference() {
    assert_eq!(
        rules_around_a_join(11, "excluded", "conflicted"),
        [
            "conflicted: public invite-only",
            "difference: joins-again",
            "power: public by 100 at 30: allowed by otherwise",
            "power: joins-again by 100 at 40: allowed by join-public",
            "power: invite-only by 100 at 30: allowed by otherwise",
            "mainline: levels",
            "join_rules is invite-only"
        ]
    );
    assert_eq!(
        rules_around_a_join(11, "excluded", "whole"),
        [
            "conflicted: public invite-only",
            "difference: joins-again",
            "power: public by 100 at 30: allowed by otherwise",
            "power: joins-again by 100 at 40: allowed by join-public",
            "power: invite-only by 100 at 30: allowed by otherwise",
            "mainline: levels",
            "join_rules is invite-only"
        ]
    );
}

#[test]
fn own_auth_chain_included_leaves_it_out() {
    assert_eq!(
        rules_around_a_join(11, "included", "conflicted"),
        [
            "conflicted: public invite-only",
            "difference: invite-only",
            "power: invite-only by 100 at 30: allowed by otherwise",
            "power: public by 100 at 30: allowed by otherwise",
            "mainline: levels",
            "join_rules is public"
        ]
    );
    assert_eq!(
        rules_around_a_join(11, "included", "whole"),
        [
            "conflicted: public invite-only",
            "difference: invite-only",
            "power: public by 100 at 30: allowed by otherwise",
            "power: invite-only by 100 at 30: allowed by otherwise",
            "mainline: levels",
            "join_rules is invite-only"
        ]
    );
}

#[test]
fn the_conflicted_state_subgraph_has_it_either_way() {
    assert_eq!(
        rules_around_a_join(12, "excluded", "conflicted"),
        [
            "conflicted: public invite-only",
            "difference: joins-again",
            "subgraph: public joins-again invite-only",
            "power: public by infinite at 30: allowed by otherwise",
            "power: joins-again by infinite at 40: allowed by join-public",
            "power: invite-only by infinite at 30: allowed by otherwise",
            "join_rules is invite-only"
        ]
    );
    assert_eq!(
        rules_around_a_join(12, "included", "conflicted"),
        [
            "conflicted: public invite-only",
            "difference: invite-only",
            "subgraph: public joins-again invite-only",
            "power: public by infinite at 30: allowed by otherwise",
            "power: joins-again by infinite at 40: allowed by join-public",
            "power: invite-only by infinite at 30: allowed by otherwise",
            "join_rules is invite-only"
        ]
    );
}

// `power_event_chain`: the same with a topic after the second join, so that this is in both chains.

fn rules_around_a_cited_join(chain: &str) -> Vec<String> {
    let mut room = room(11, &[("power_event_chain", chain)]);
    room.send("joins-again", &["public"], join(ALICE));
    room.send("topic", &["joins-again"], topic(ALICE, "Winter"));
    room.send("invite-only", &["topic"], rule(ALICE, "invite").at(25));
    room.tell(&room.merge(&["topic", "invite-only"]))
}

#[test]
fn power_event_chain_whole_orders_through_what_is_not_in_conflict() {
    assert_eq!(
        rules_around_a_cited_join("whole"),
        [
            "conflicted: public invite-only",
            "power: public by 100 at 30: allowed by otherwise",
            "power: invite-only by 100 at 25: allowed by otherwise",
            "mainline: levels",
            "join_rules is invite-only"
        ]
    );
}

#[test]
fn power_event_chain_conflicted_orders_by_time() {
    assert_eq!(
        rules_around_a_cited_join("conflicted"),
        [
            "conflicted: public invite-only",
            "power: invite-only by 100 at 25: allowed by otherwise",
            "power: public by 100 at 30: allowed by otherwise",
            "mainline: levels",
            "join_rules is public"
        ]
    );
}

// The enlargement: Bob joins twice at once. After one of the joins he invites Carol, who joins, and
// later sets the join rule.

fn rule_of_an_invited_user(chain: &str) -> Vec<String> {
    let mut room = room(11, &[("power_event_chain", chain)]);
    let moderators = levels(ALICE, &[(ALICE, 100), (CAROL, 50)]);
    room.send("moderator", &["public"], moderators);
    room.send("bob-joins-1", &["moderator"], join(BOB));
    room.send("invite", &["bob-joins-1"], member(BOB, CAROL, "invite"));
    room.send("carol-joins", &["invite"], join(CAROL));
    room.send("topic", &["carol-joins"], topic(CAROL, "Winter"));
    room.send("knock", &["topic"], rule(CAROL, "knock"));
    room.send("bob-joins-2", &["moderator"], join(BOB));
    let other = room.after_but("topic", &["bob-joins-2"]);
    room.tell(&room.resolve(&[room.after("knock"), other]))
}

#[test]
fn power_event_chain_whole_enlarges_through_what_is_not_in_conflict() {
    assert_eq!(
        rule_of_an_invited_user("whole"),
        [
            "conflicted: public bob-joins-1 knock bob-joins-2",
            "power: public by 100 at 30: allowed by otherwise",
            "power: bob-joins-1 by 0 at 50: allowed by join-public",
            "power: knock by 50 at 90: allowed by otherwise",
            "mainline: moderator levels",
            "other: bob-joins-2 on 0 at 100: allowed by join-invited",
            "join_rules is knock",
            "member Bob is bob-joins-2"
        ]
    );
}

#[test]
fn power_event_chain_conflicted_does_not_enlarge_through_it() {
    assert_eq!(
        rule_of_an_invited_user("conflicted"),
        [
            "conflicted: public bob-joins-1 knock bob-joins-2",
            "power: public by 100 at 30: allowed by otherwise",
            "power: knock by 50 at 90: allowed by otherwise",
            "mainline: moderator levels",
            "other: bob-joins-1 on 0 at 50: rejected by join-otherwise: Bob has no membership",
            "other: bob-joins-2 on 0 at 100: rejected by join-otherwise: Bob has no membership",
            "join_rules is knock",
            "member Bob is nothing"
        ]
    );
}

// `power_ordering`, by issue 553 of the specification: B, C after B, and D, of ascending times.

fn levels_in_three_places(choice: &str) -> Vec<String> {
    let mut room = room(11, &[("power_ordering", choice)]);
    let of_bob = |level| levels(ALICE, &[(ALICE, 100), (BOB, level)]);
    room.send("b", &["public"], of_bob(1));
    room.send("c", &["b"], of_bob(2));
    room.send("d", &["public"], of_bob(3));
    room.tell(&room.merge(&["c", "d"]))
}

#[test]
fn power_ordering_of_candidates_takes_the_smallest_at_each_step() {
    assert_eq!(
        levels_in_three_places("candidates"),
        [
            "conflicted: c d",
            "difference: b",
            "power: b by 100 at 40: allowed by power-levels-allowed",
            "power: c by 100 at 50: allowed by power-levels-allowed",
            "power: d by 100 at 60: allowed by power-levels-allowed",
            "mainline: d levels",
            "power_levels is d"
        ]
    );
}

#[test]
fn power_ordering_of_layers_places_all_that_are_free() {
    assert_eq!(
        levels_in_three_places("layers"),
        [
            "conflicted: c d",
            "difference: b",
            "power: b by 100 at 40: allowed by power-levels-allowed",
            "power: d by 100 at 60: allowed by power-levels-allowed",
            "power: c by 100 at 50: allowed by power-levels-allowed",
            "mainline: c b levels",
            "power_levels is c"
        ]
    );
}

// `power_events`: a room of a create event and a join rule with a state key, beside no room at all.

fn create_and_a_keyed_join_rule(choice: &str) -> Vec<String> {
    let mut room = Room::new(read_as(version(11), "power_events", choice));
    room.send("keyed", &["alice-joins"], state(ALICE, "m.room.join_rules", "x", json!({})));
    let is_keyed = room.tell(&room.resolve(&[room.state(&["keyed"]), room.state(&[])]));
    let is_create = room.tell(&room.resolve(&[room.state(&["create"]), room.state(&[])]));
    [is_keyed, is_create].concat()
}

#[test]
fn power_events_are_of_some_types_whatever_the_state_key() {
    assert_eq!(
        create_and_a_keyed_join_rule("text"),
        [
            "conflicted: keyed",
            "difference: create alice-joins",
            "power: create by 0 at 0: allowed by create-allowed",
            "power: alice-joins by 100 at 10: allowed by join-creator",
            "power: keyed by 100 at 20: allowed by otherwise",
            "create is create",
            "member Alice is alice-joins",
            "join_rules x is keyed",
            "conflicted: create",
            "other: create on ∞ at 0: allowed by create-allowed",
            "create is create"
        ]
    );
}

#[test]
fn power_events_are_also_creates_and_only_with_an_empty_state_key() {
    assert_eq!(
        create_and_a_keyed_join_rule("synapse"),
        [
            "conflicted: keyed",
            "difference: create alice-joins",
            "power: create by 0 at 0: allowed by create-allowed",
            "other: alice-joins on ∞ at 10: allowed by join-creator",
            "other: keyed on ∞ at 20: allowed by otherwise",
            "create is create",
            "member Alice is alice-joins",
            "join_rules x is keyed",
            "conflicted: create",
            "power: create by 0 at 0: allowed by create-allowed",
            "create is create"
        ]
    );
}

/// In version 12 a room ID stands for the create event, but not to the create event itself.
#[test]
fn a_create_event_among_power_events_has_the_power_of_no_creator() {
    let room = Room::new(read_as(version(12), "power_events", "synapse"));
    assert_eq!(
        room.tell(&room.resolve(&[room.state(&["create"]), room.state(&[])])),
        [
            "conflicted: create",
            "subgraph: create",
            "power: create by 0 at 0: allowed by create-allowed",
            "create is create"
        ]
    );
}

// `rejected_in_resolution`: Bob's topic was rejected, as he was no moderator any more. A server that
// does not know that has it in its state.

fn rejected_topic(number: u8, choice: &str) -> Vec<String> {
    let mut room = room(number, &[("rejected_in_resolution", choice)]);
    room.send("bob-joins", &["public"], join(BOB));
    room.send("moderator", &["bob-joins"], levels(ALICE, &[(ALICE, 100), (BOB, 50)]));
    room.send("topic", &["moderator"], topic(ALICE, "Winter"));
    room.send("demoted", &["topic"], levels(ALICE, &[(ALICE, 100)]));
    let rejected = topic(BOB, "Spring").rejected();
    let cited: &[_] = if number < 12 {
        &["create", "moderator", "bob-joins"]
    } else {
        &["moderator", "bob-joins"]
    };
    room.send("rejected", &["demoted"], rejected.citing(cited));
    room.tell(&room.resolve(&[room.after("topic"), room.after_but("topic", &["rejected"])]))
}

#[test]
fn rejected_events_take_part_or_are_left_out() {
    assert_eq!(
        rejected_topic(1, "takes_part"),
        [
            "others: rejected depth 9: allowed by otherwise",
            "others: topic depth 7: not reached",
            "topic is rejected"
        ]
    );
    assert_eq!(
        rejected_topic(1, "left_out"),
        ["others: topic depth 7: allowed by otherwise", "topic is topic"]
    );
    assert_eq!(
        rejected_topic(11, "takes_part"),
        [
            "conflicted: topic rejected",
            "difference: bob-joins",
            "mainline: moderator levels",
            "other: bob-joins on 1 at 40: allowed by join-public",
            "other: topic on 0 at 60: allowed by otherwise",
            "other: rejected on 0 at 80: allowed by otherwise",
            "topic is rejected"
        ]
    );
    assert_eq!(
        rejected_topic(11, "left_out"),
        [
            "conflicted: topic rejected",
            "difference: bob-joins",
            "mainline: moderator levels",
            "other: bob-joins on 1 at 40: allowed by join-public",
            "other: topic on 0 at 60: allowed by otherwise",
            "topic is topic"
        ]
    );
    assert_eq!(
        rejected_topic(12, "takes_part"),
        [
            "conflicted: topic rejected",
            "difference: bob-joins",
            "subgraph: topic rejected",
            "other: bob-joins on ∞ at 40: allowed by join-public",
            "other: topic on ∞ at 60: allowed by otherwise",
            "other: rejected on ∞ at 80: allowed by otherwise",
            "topic is rejected"
        ]
    );
    assert_eq!(
        rejected_topic(12, "left_out"),
        [
            "conflicted: topic rejected",
            "difference: bob-joins",
            "subgraph: topic rejected",
            "other: bob-joins on ∞ at 40: allowed by join-public",
            "other: topic on ∞ at 60: allowed by otherwise",
            "topic is topic"
        ]
    );
}

#[test]
fn rejected_events_without_power_may_win() {
    for number in [1, 11, 12] {
        let powerless = rejected_topic(number, "powerless");
        assert_eq!(powerless, rejected_topic(number, "takes_part"));
    }
}

#[test]
fn rejected_events_that_are_skipped_do_not_win() {
    for number in [1, 11, 12] {
        let skipped = rejected_topic(number, "skipped");
        assert_eq!(skipped, rejected_topic(number, "left_out"));
    }
}

// Bob's power levels were rejected too. They would let anybody set the topic, and Carol did.

fn under_rejected_levels(number: u8, choice: &str) -> Vec<String> {
    let mut room = room(number, &[("rejected_in_resolution", choice)]);
    room.send("carol-joins", &["public"], join(CAROL));
    room.send("bob-joins", &["carol-joins"], join(BOB));
    room.send("moderator", &["bob-joins"], levels(ALICE, &[(ALICE, 100), (BOB, 50)]));
    room.send("demoted", &["moderator"], levels(ALICE, &[(ALICE, 100)]));
    let open = levels(BOB, &[(ALICE, 100), (BOB, 50)]).saying("state_default", 0);
    let cited = ["create", "moderator", "bob-joins"];
    room.send_rejected_into_state("open", &["demoted"], open.citing(&cited));
    room.send("topic", &["open"], topic(CAROL, "Winter").forged());
    let before = room.after_but("moderator", &["open"]);
    room.tell(&room.resolve(&[before, room.after("topic")]))
}

#[test]
fn rejected_levels_authorise_unless_they_are_powerless() {
    assert_eq!(
        under_rejected_levels(11, "takes_part"),
        [
            "conflicted: topic",
            "difference: carol-joins open",
            "power: open by 50 at 80: allowed by power-levels-allowed",
            "mainline: open moderator levels",
            "other: carol-joins on 2 at 40: allowed by join-public",
            "other: topic on 0 at 90: allowed by otherwise",
            "topic is topic"
        ]
    );
    assert_eq!(
        under_rejected_levels(11, "powerless"),
        [
            "conflicted: topic",
            "difference: carol-joins open",
            "power: open by 50 at 80: allowed by power-levels-allowed",
            "mainline: open moderator levels",
            "other: carol-joins on 2 at 40: allowed by join-public",
            "other: topic on 0 at 90: rejected by required-power-level: `events.m.room.topic` is 50, and Carol has 0",
            "topic is nothing"
        ]
    );
}

#[test]
fn rejected_levels_that_are_skipped_authorise_nothing_either() {
    let mut told = under_rejected_levels(11, "powerless");
    // They are in every state, and so have their entry without being checked.
    told.retain(|line| !line.starts_with("power: open"));
    assert_eq!(under_rejected_levels(11, "skipped"), told);
}

#[test]
fn rejected_levels_that_win_authorise_unless_they_are_powerless() {
    let conflicting = |choice| {
        let mut room = room(1, &[("rejected_in_resolution", choice)]);
        room.send("carol-joins", &["public"], join(CAROL));
        room.send("bob-joins", &["carol-joins"], join(BOB));
        room.send("moderator", &["bob-joins"], levels(ALICE, &[(ALICE, 100), (BOB, 50)]));
        room.send("topic", &["moderator"], topic(BOB, "Winter"));
        room.send("demoted", &["topic"], levels(ALICE, &[(ALICE, 100)]));
        let open = levels(BOB, &[(ALICE, 100), (BOB, 50)]).saying("state_default", 0);
        let cited = ["create", "moderator", "bob-joins"];
        room.send_rejected_into_state("open", &["demoted"], open.citing(&cited));
        room.send("topic-of-carol", &["open"], topic(CAROL, "Winter").forged());
        room.tell(&room.merge(&["topic", "topic-of-carol"]))
    };
    assert_eq!(
        conflicting("takes_part"),
        [
            "levels: moderator depth 7: first",
            "levels: open depth 10: allowed by power-levels-allowed",
            "others: topic-of-carol depth 11: allowed by otherwise",
            "others: topic depth 8: not reached",
            "power_levels is open",
            "topic is topic-of-carol"
        ]
    );
    assert_eq!(
        conflicting("powerless"),
        [
            "levels: moderator depth 7: first",
            "levels: open depth 10: allowed by power-levels-allowed",
            "others: topic-of-carol depth 11: rejected by required-power-level: `events.m.room.topic` is 50, and Carol has 0",
            "others: topic depth 8: rejected by required-power-level: `events.m.room.topic` is 50, and Bob has 0",
            "power_levels is open",
            "topic is nothing"
        ]
    );
}

// `absent_join_rules`: Bob accepts an invite to a room without a join rule.

fn invited_without_a_join_rule(choice: &str) -> Vec<String> {
    let mut room = Room::new(read_as(version(11), "absent_join_rules", choice));
    room.send("invite", &["alice-joins"], member(ALICE, BOB, "invite"));
    room.send("bob-joins", &["invite"], join(BOB).forged());
    room.tell(&room.merge(&["invite", "bob-joins"]))
}

#[test]
fn absent_join_rules_let_nobody_join() {
    assert_eq!(
        invited_without_a_join_rule("none"),
        [
            "conflicted: invite bob-joins",
            "difference: invite",
            "other: invite on ∞ at 20: allowed by invite-allowed",
            "other: bob-joins on ∞ at 30: rejected by join-otherwise: the room has no join rule",
            "member Bob is invite"
        ]
    );
}

#[test]
fn absent_join_rules_let_the_invited_join() {
    assert_eq!(
        invited_without_a_join_rule("invite"),
        [
            "conflicted: invite bob-joins",
            "difference: invite",
            "other: invite on ∞ at 20: allowed by invite-allowed",
            "other: bob-joins on ∞ at 30: allowed by join-invited",
            "member Bob is bob-joins"
        ]
    );
}

// `v1_failed`: Bob sets a topic, another one, and leaves.

fn topics_of_who_has_left(choice: &str) -> Vec<String> {
    let mut room = room(1, &[("v1_failed", choice)]);
    room.send("bob-joins", &["public"], join(BOB));
    room.send("moderator", &["bob-joins"], levels(ALICE, &[(ALICE, 100), (BOB, 50)]));
    room.send("topic-1", &["moderator"], topic(BOB, "Winter"));
    room.send("topic-2", &["topic-1"], topic(BOB, "Spring"));
    room.send("leaves", &["topic-2"], leave(BOB));
    room.tell(&room.merge(&["topic-1", "leaves"]))
}

#[test]
fn v1_failed_candidates_are_left_out() {
    assert_eq!(
        topics_of_who_has_left("left_out"),
        [
            "members: bob-joins depth 5: first",
            "members: leaves depth 9: allowed by leave-own",
            "others: topic-2 depth 8: rejected by sender-not-joined: the membership of Bob is leave",
            "others: topic-1 depth 7: rejected by sender-not-joined: the membership of Bob is leave",
            "member Bob is leaves",
            "topic is nothing"
        ]
    );
}

#[test]
fn v1_failed_candidates_leave_the_lowest() {
    assert_eq!(
        topics_of_who_has_left("lowest"),
        [
            "members: bob-joins depth 5: first",
            "members: leaves depth 9: allowed by leave-own",
            "others: topic-2 depth 8: rejected by sender-not-joined: the membership of Bob is leave",
            "others: topic-1 depth 7: lowest, though rejected by sender-not-joined: the membership of Bob is leave",
            "member Bob is leaves",
            "topic is topic-1"
        ]
    );
}

// `v1_members`: Bob leaves for the second time, which fails as in `hotel-california`; Carol changes
// her display name after that.

fn leave_beside_a_rename(choice: &str) -> Vec<String> {
    let mut room = room(1, &[("v1_members", choice)]);
    room.send("bob-joins", &["public"], join(BOB));
    room.send("leaves", &["bob-joins"], leave(BOB));
    room.send("carol-joins", &["leaves"], join(CAROL));
    room.send("joins-again", &["carol-joins"], join(BOB));
    room.send("leaves-again", &["joins-again"], leave(BOB));
    room.send("rename", &["leaves-again"], join(CAROL).saying("displayname", "Perdita"));
    room.tell(&room.merge(&["carol-joins", "rename"]))
}

#[test]
fn v1_members_of_each_user() {
    assert_eq!(
        leave_beside_a_rename("each_user"),
        [
            "members: leaves depth 6: first",
            "members: leaves-again depth 9: rejected by leave-own: the membership of Bob is leave",
            "members: carol-joins depth 7: first",
            "members: rename depth 10: allowed by join-public",
            "member Bob is leaves",
            "member Carol is rename"
        ]
    );
}

#[test]
fn v1_members_in_one_list() {
    assert_eq!(
        leave_beside_a_rename("one_list"),
        [
            "members: leaves depth 6: first",
            "members: carol-joins depth 7: allowed by join-public",
            "members: leaves-again depth 9: rejected by leave-own: the membership of Bob is leave",
            "members: rename depth 10: not reached",
            "member Bob is leaves",
            "member Carol is carol-joins"
        ]
    );
}
