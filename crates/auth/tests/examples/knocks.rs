//! The rules about knocking, from version 7 on.

use exeunt_auth::Rule::*;

use super::{Example, allowed, rejected};
use crate::room::{ALICE, BOB, member};

pub(crate) fn examples() -> Vec<Example> {
    vec![
        rejected(
            KnockJoinRule,
            "the join rule is public",
            "nobody knocks at an open door",
            7..=12,
            |room| {
                room.join_rule("public");
                member(BOB, BOB, "knock")
            },
        ),
        rejected(
            KnockJoinRule,
            "the room has no join rule",
            "nobody knocks where there is no join rule",
            7..=12,
            |_| member(BOB, BOB, "knock"),
        ),
        rejected(
            KnockJoinRule,
            "the join rule is restricted",
            "nobody knocks at a restricted room",
            7..=12,
            |room| {
                room.join_rule("restricted");
                member(BOB, BOB, "knock")
            },
        ),
        rejected(
            KnockJoinRule,
            "the join rule is invite",
            "the join rule is looked at before who knocks for whom",
            7..=12,
            |room| {
                room.join_rule("invite");
                member(ALICE, BOB, "knock")
            },
        ),
        rejected(KnockForAnother, BOB, "nobody knocks for another", 7..=12, |room| {
            room.join_rule("knock");
            member(ALICE, BOB, "knock")
        }),
        allowed(KnockAllowed, "somebody knocks", 7..=12, |room| {
            room.join_rule("knock");
            member(BOB, BOB, "knock")
        }),
        allowed(KnockAllowed, "who was kicked knocks", 7..=12, |room| {
            room.join_rule("knock");
            room.put(&member(ALICE, BOB, "leave"));
            member(BOB, BOB, "knock")
        }),
        allowed(KnockAllowed, "who knocks knocks again", 7..=12, |room| {
            room.join_rule("knock");
            room.member_is(BOB, "knock");
            member(BOB, BOB, "knock")
        }),
        allowed(
            KnockAllowed,
            "somebody knocks at a room that is also restricted",
            10..=12,
            |room| {
                room.join_rule("knock_restricted");
                member(BOB, BOB, "knock")
            },
        ),
        rejected(
            KnockOtherwise,
            "the membership of @bob:b.example is ban",
            "a banned user does not knock",
            7..=12,
            |room| {
                room.join_rule("knock");
                room.member_is(BOB, "ban");
                member(BOB, BOB, "knock")
            },
        ),
        rejected(
            KnockOtherwise,
            "the membership of @bob:b.example is invite",
            "an invited user does not knock",
            7..=12,
            |room| {
                room.join_rule("knock");
                room.member_is(BOB, "invite");
                member(BOB, BOB, "knock")
            },
        ),
        rejected(
            KnockOtherwise,
            "the membership of @bob:b.example is join",
            "who is inside does not knock",
            7..=12,
            |room| {
                room.join_rule("knock");
                room.member_is(BOB, "join");
                member(BOB, BOB, "knock")
            },
        ),
    ]
}
