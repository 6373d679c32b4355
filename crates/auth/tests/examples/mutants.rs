//! An example against each mistake that implementations have made: they pass the right rules, and
//! fail rules with that mistake.

use exeunt_auth::Rule::*;
use serde_json::json;

use super::{Example, allowed, rejected};
use crate::room::{ALICE, BOB, CAROL, Draft, Room, member, message, state_event};

fn topic(sender: &str) -> Draft {
    state_event(sender, "m.room.topic", "", json!({}))
}

pub(crate) fn examples() -> Vec<Example> {
    let mut examples = of_defaults();
    examples.extend(of_citations());
    examples.extend(of_memberships());
    examples.extend(of_levels());
    examples
}

fn of_defaults() -> Vec<Example> {
    vec![
        allowed(Otherwise, "mutant: a creator without power levels gets 0", 1..=12, |_| {
            topic(ALICE)
        }),
        rejected(
            RequiredPowerLevel,
            "`events.m.room.topic` is 50, and @bob:b.example has 0",
            "mutant: without power levels everybody gets 100",
            1..=12,
            |room| {
                room.member_is(BOB, "join");
                topic(BOB)
            },
        ),
        rejected(
            RequiredPowerLevel,
            "`events.m.room.topic` is 50, and @bob:b.example has 0",
            "mutant: missing power levels make the level of state 0",
            1..=12,
            |room| {
                room.member_is(BOB, "join");
                topic(BOB)
            },
        ),
        rejected(
            RequiredPowerLevel,
            "`events.m.room.topic` is 50, and @bob:b.example has 0",
            "mutant: empty power levels make the level of state 0",
            1..=12,
            |room| {
                room.member_is(BOB, "join");
                room.levels(json!({}));
                topic(BOB)
            },
        ),
        allowed(InviteAllowed, "mutant: the level for inviting is 50 by default", 1..=12, |room| {
            room.member_is(BOB, "join");
            room.levels(json!({}));
            member(BOB, CAROL, "invite")
        }),
        allowed(
            InviteAllowed,
            "mutant: the level for inviting is 50 without power levels",
            1..=12,
            |room| {
                room.member_is(BOB, "join");
                member(BOB, CAROL, "invite")
            },
        ),
    ]
}

fn of_citations() -> Vec<Example> {
    vec![
        rejected(
            AuthEventsDuplicate,
            "m.room.member \"@bob:b.example\"",
            "mutant: duplicate auth events pass, so that an old membership authorises",
            1..=12,
            |room| {
                let old = room.member_is(BOB, "join");
                room.member_is(BOB, "ban");
                message(BOB, "m.room.message", json!({})).also_citing(&old)
            },
        ),
        rejected(
            AuthEventsUnexpected,
            "m.room.topic \"\"",
            "mutant: unexpected auth events pass",
            1..=12,
            |room| {
                let topic = room.put(&topic(ALICE));
                message(ALICE, "m.room.message", json!({})).also_citing(&topic)
            },
        ),
        rejected(
            AuthEventsOtherRoom,
            "m.room.power_levels \"\"",
            "mutant: auth events from another room pass",
            1..=12,
            |room| {
                room.member_is(BOB, "join");
                let mut other = room.other();
                let levels = other.levels(json!({ "users": { BOB: 100 } }));
                room.know(&levels);
                topic(BOB).also_citing(&levels)
            },
        ),
        rejected(
            AuthEventsRejected,
            "m.room.power_levels \"\"",
            "mutant: rejected auth events authorise",
            1..=12,
            |room| {
                room.member_is(BOB, "join");
                let levels = room.levels(json!({ "users": { BOB: 100 } }));
                room.know_rejected(&levels);
                topic(BOB)
            },
        ),
        rejected(
            RequiredPowerLevel,
            "`events.m.room.power_levels` is 50, and @bob:b.example has 0",
            "mutant: the event stands in for the power levels that it does not cite",
            1..=12,
            |room| {
                room.member_is(BOB, "join");
                state_event(BOB, "m.room.power_levels", "", json!({ "users": { BOB: 100 } }))
            },
        ),
        rejected(
            JoinOtherwise,
            "@bob:b.example has no membership",
            "mutant: the event stands in for the membership that it does not cite",
            1..=12,
            |room| {
                room.join_rule("invite");
                member(BOB, BOB, "join")
            },
        ),
        rejected(
            SenderNotJoined,
            "@bob:b.example has no membership",
            "mutant: the join rule that lets somebody in is their own",
            1..=12,
            |_| state_event(BOB, "m.room.join_rules", "", json!({ "join_rule": "public" })),
        ),
    ]
}

/// Bob knocks at a room with that join rule.
fn knock(room: &mut Room, rule: &str) -> Draft {
    room.join_rule(rule);
    member(BOB, BOB, "knock")
}

/// Bob, with power 50, unbans Carol.
fn unban(room: &mut Room, levels: serde_json::Value) -> Draft {
    room.member_is(BOB, "join");
    room.member_is(CAROL, "ban");
    room.levels(levels);
    member(BOB, CAROL, "leave")
}

fn of_memberships() -> Vec<Example> {
    vec![
        rejected(
            KnockJoinRule,
            "the join rule is public",
            "mutant: users knock under any join rule, public for one",
            7..=12,
            |room| knock(room, "public"),
        ),
        rejected(
            KnockJoinRule,
            "the join rule is invite",
            "mutant: users knock under any join rule, invite for one",
            7..=12,
            |room| knock(room, "invite"),
        ),
        rejected(
            KnockJoinRule,
            "the join rule is knock_restricted",
            "mutant: users knock under knock_restricted before version 10",
            7..=9,
            |room| knock(room, "knock_restricted"),
        ),
        rejected(
            JoinOtherwise,
            "the join rule is knock_restricted",
            "mutant: users join under knock_restricted before version 10",
            7..=9,
            |room| {
                room.join_rule("knock_restricted");
                member(BOB, BOB, "join").saying("join_authorised_via_users_server", ALICE)
            },
        ),
        rejected(
            JoinOtherwise,
            "the join rule is restricted",
            "mutant: users join under restricted in version 7",
            7..=7,
            |room| {
                room.join_rule("restricted");
                member(BOB, BOB, "join").saying("join_authorised_via_users_server", ALICE)
            },
        ),
        rejected(
            LeaveOwn,
            "the membership of @bob:b.example is leave",
            "mutant: who has left leaves again",
            1..=12,
            |room| {
                room.member_is(BOB, "leave");
                member(BOB, BOB, "leave")
            },
        ),
        rejected(
            LeaveOtherwise,
            "`kick` is 51, and @bob:b.example has 50",
            "mutant: unbanning ignores the level for kicking",
            1..=12,
            |room| unban(room, json!({ "ban": 0, "kick": 51, "users": { BOB: 50 } })),
        ),
        rejected(
            LeaveOtherwise,
            "the power of @carol:c.example is 100, and @bob:b.example has 50",
            "mutant: unbanning ignores the power of the target",
            1..=12,
            |room| unban(room, json!({ "users": { BOB: 50, CAROL: 100 } })),
        ),
    ]
}

/// Bob, with power 50, changes the power levels.
fn change(room: &mut Room, current: serde_json::Value, new: serde_json::Value) -> Draft {
    room.member_is(BOB, "join");
    room.levels(current);
    state_event(BOB, "m.room.power_levels", "", new)
}

fn of_levels() -> Vec<Example> {
    vec![
        rejected(
            PowerLevelsNewProperty,
            "`users_default` is 51, and @bob:b.example has 50",
            "mutant: changes of the level of everybody go unchecked",
            1..=12,
            |room| {
                let users = json!({ BOB: 50 });
                change(
                    room,
                    json!({ "users": users }),
                    json!({ "users_default": 51, "users": users }),
                )
            },
        ),
        rejected(
            PowerLevelsCurrentUser,
            "the power of @carol:c.example is 100, and @bob:b.example has 50",
            "mutant: removals of users go unchecked",
            1..=12,
            |room| {
                let current = json!({ "users": { BOB: 50, CAROL: 100 } });
                change(room, current, json!({ "users": { BOB: 50 } }))
            },
        ),
        allowed(
            PowerLevelsAllowed,
            "mutant: the level of notifications must be below one's own",
            6..=12,
            |room| {
                let users = json!({ BOB: 50 });
                let current = json!({ "users": users, "notifications": { "room": 50 } });
                change(
                    room,
                    current,
                    json!({ "users": users, "notifications": { "room": 0, "x": 50 } }),
                )
            },
        ),
        rejected(
            PowerLevelsNotIntegers,
            "ban",
            "mutant: version 10 takes levels that are strings",
            10..=12,
            |room| {
                let users = json!({ BOB: 50 });
                change(room, json!({ "users": users }), json!({ "users": users, "ban": "50" }))
            },
        ),
    ]
}
