//! The rules about memberships in general, and about joining.

use exeunt_auth::Rule::*;
use serde_json::json;

use super::{Example, allowed, rejected};
use crate::room::{ALICE, BOB, CAROL, DAVE, Draft, Room, member, message};

const AUTHORISER: &str = "join_authorised_via_users_server";

fn join(user: &str) -> Draft {
    member(user, user, "join")
}

fn vouched(by: &str) -> Draft {
    join(BOB).saying(AUTHORISER, by)
}

pub(crate) fn examples() -> Vec<Example> {
    let mut examples = of_any_membership();
    examples.extend(of_first_joins());
    examples.extend(of_joins());
    examples.extend(of_restricted_joins());
    examples
}

fn of_any_membership() -> Vec<Example> {
    vec![
        rejected(MemberIncomplete, "`state_key`", "a membership of nobody", 1..=12, |_| {
            message(ALICE, "m.room.member", json!({ "membership": "join" }))
        }),
        rejected(
            MemberIncomplete,
            "`content.membership`",
            "a member event without a membership",
            1..=12,
            |room| {
                room.join_rule("public");
                crate::room::state_event(BOB, "m.room.member", BOB, json!({}))
            },
        ),
        rejected(
            MemberUnknown,
            "`content.membership`",
            "a membership that nobody knows",
            1..=12,
            |_| member(ALICE, ALICE, "banana"),
        ),
        rejected(MemberUnknown, "`content.membership`", "a membership is a string", 1..=12, |_| {
            join(ALICE).saying("membership", 5)
        }),
        rejected(
            MemberUnknown,
            "`content.membership`",
            "versions before 7 know no knock",
            1..=6,
            |room| {
                room.join_rule("knock");
                member(BOB, BOB, "knock")
            },
        ),
        rejected(
            MemberAuthoriserSignature,
            "`content.join_authorised_via_users_server`",
            "the server of who vouches must have signed",
            8..=12,
            |room| {
                room.join_rule("restricted");
                vouched(ALICE).signed_by(&["b.example"])
            },
        ),
        rejected(
            MemberAuthoriserSignature,
            "`content.join_authorised_via_users_server`",
            "the server of who vouches signs even where no one needs to vouch",
            8..=12,
            |room| {
                room.join_rule("public");
                vouched(ALICE).signed_by(&["b.example"])
            },
        ),
        rejected(
            MemberAuthoriserSignature,
            "`content.join_authorised_via_users_server`",
            "the server of who vouches signs whatever the membership is",
            8..=12,
            |_| member(ALICE, ALICE, "leave").saying(AUTHORISER, BOB).signed_by(&["a.example"]),
        ),
        rejected(
            MemberAuthoriserSignature,
            "`content.join_authorised_via_users_server`",
            "nobody's server has signed for what is no user ID",
            8..=12,
            |room| {
                room.join_rule("restricted");
                vouched("alice")
            },
        ),
        rejected(
            MemberAuthoriserSignature,
            "`content.join_authorised_via_users_server`",
            "nobody's server has signed for what is no string",
            8..=12,
            |room| {
                room.join_rule("public");
                join(BOB).saying(AUTHORISER, json!(null))
            },
        ),
        allowed(JoinPublic, "nobody need sign for another before version 8", 1..=7, |room| {
            room.join_rule("public");
            vouched(ALICE).signed_by(&[])
        }),
    ]
}

fn of_first_joins() -> Vec<Example> {
    vec![
        allowed(JoinCreator, "the creator joins first", 1..=12, |room| {
            room.without("m.room.member", ALICE);
            join(ALICE).after(&[&room.create])
        }),
        allowed(JoinCreator, "the first join does not look at the state", 1..=12, |room| {
            room.member_is(ALICE, "ban");
            room.join_rule("invite");
            join(ALICE).after(&[&room.create])
        }),
        allowed(JoinCreator, "whoever sends it, the first join is the creator's", 1..=12, |room| {
            room.without("m.room.member", ALICE);
            member(BOB, ALICE, "join").after(&[&room.create])
        }),
        rejected(
            JoinOtherwise,
            "the room has no join rule",
            "the first join is the creator's alone",
            1..=12,
            |room| join(BOB).after(&[&room.create]),
        ),
        rejected(
            JoinOtherwise,
            "the room has no join rule",
            "the first join follows the create event alone",
            1..=12,
            |room| {
                room.without("m.room.member", ALICE);
                let create = room.create.clone();
                let other = room.aside(&message(ALICE, "m.room.message", json!({})));
                join(ALICE).after(&[&create, &other])
            },
        ),
        rejected(
            JoinOtherwise,
            "the room has no join rule",
            "the first join follows the create event of its own room",
            1..=12,
            |room| {
                room.without("m.room.member", ALICE);
                let other = room.other().create;
                join(ALICE).after(&[&other])
            },
        ),
        allowed(JoinCreator, "the creator is who the create event names", 1..=10, |room| {
            room.created_with(&json!({ "creator": BOB }));
            join(BOB).after(&[&room.create])
        }),
        rejected(
            JoinOtherwise,
            "the room has no join rule",
            "an additional creator has no first join",
            12..=12,
            |room| {
                room.created_with(&json!({ "additional_creators": [BOB] }));
                join(BOB).after(&[&room.create])
            },
        ),
    ]
}

fn of_joins() -> Vec<Example> {
    vec![
        rejected(JoinForAnother, BOB, "nobody joins for another", 1..=12, |room| {
            room.join_rule("public");
            member(ALICE, BOB, "join")
        }),
        rejected(
            JoinBanned,
            "the membership of @bob:b.example is ban",
            "a banned user cannot join",
            1..=12,
            |room| {
                room.join_rule("public");
                room.member_is(BOB, "ban");
                join(BOB)
            },
        ),
        allowed(JoinInvited, "an invited user joins", 1..=12, |room| {
            room.join_rule("invite");
            room.member_is(BOB, "invite");
            join(BOB)
        }),
        allowed(JoinInvited, "a joined user changes their name", 1..=12, |room| {
            room.join_rule("invite");
            room.member_is(BOB, "join");
            join(BOB).saying("displayname", "Bottom")
        }),
        allowed(JoinInvited, "an invited user joins where users knock", 7..=12, |room| {
            room.join_rule("knock");
            room.member_is(BOB, "invite");
            join(BOB)
        }),
        rejected(
            JoinOtherwise,
            "@bob:b.example has no membership",
            "nobody joins uninvited",
            1..=12,
            |room| {
                room.join_rule("invite");
                join(BOB)
            },
        ),
        rejected(
            JoinOtherwise,
            "the membership of @bob:b.example is leave",
            "an invite is spent once the user has left",
            1..=12,
            |room| {
                room.join_rule("invite");
                room.member_is(BOB, "leave");
                join(BOB)
            },
        ),
        rejected(
            JoinOtherwise,
            "the membership of @bob:b.example is knock",
            "who knocks is not yet let in",
            7..=12,
            |room| {
                room.join_rule("knock");
                room.member_is(BOB, "knock");
                join(BOB)
            },
        ),
        allowed(JoinPublic, "anybody joins a public room", 1..=12, |room| {
            room.join_rule("public");
            join(BOB)
        }),
        allowed(JoinPublic, "who was kicked joins a public room again", 1..=12, |room| {
            room.join_rule("public");
            room.put(&member(ALICE, BOB, "leave"));
            join(BOB)
        }),
        rejected(
            JoinOtherwise,
            "the room has no join rule",
            "a room without a join rule lets nobody in, not even the invited",
            1..=12,
            |room| {
                room.member_is(BOB, "invite");
                join(BOB)
            },
        ),
        rejected(
            JoinOtherwise,
            "the join rule is other",
            "a private room lets nobody in, not even the invited",
            1..=12,
            |room| {
                room.join_rule("private");
                room.member_is(BOB, "invite");
                join(BOB)
            },
        ),
        rejected(
            JoinOtherwise,
            "the join rule is knock",
            "versions before 7 do not know the join rule knock",
            1..=6,
            |room| {
                room.join_rule("knock");
                room.member_is(BOB, "invite");
                join(BOB)
            },
        ),
        rejected(
            JoinOtherwise,
            "the join rule is restricted",
            "versions before 8 do not know the join rule restricted",
            1..=7,
            |room| {
                room.join_rule("restricted");
                room.member_is(BOB, "invite");
                vouched(ALICE)
            },
        ),
        rejected(
            JoinOtherwise,
            "the join rule is knock_restricted",
            "versions before 10 do not know the join rule knock_restricted",
            1..=9,
            |room| {
                room.join_rule("knock_restricted");
                room.member_is(BOB, "invite");
                vouched(ALICE)
            },
        ),
    ]
}

fn restricted(room: &mut Room) {
    room.join_rule("restricted");
}

fn of_restricted_joins() -> Vec<Example> {
    vec![
        allowed(JoinRestrictedMember, "an invited user needs nobody to vouch", 8..=12, |room| {
            restricted(room);
            room.member_is(BOB, "invite");
            join(BOB)
        }),
        allowed(JoinRestrictedMember, "a joined user needs nobody to vouch", 10..=12, |room| {
            room.join_rule("knock_restricted");
            room.member_is(BOB, "join");
            join(BOB).saying("displayname", "Bottom")
        }),
        rejected(
            JoinRestrictedAuthoriser,
            "`content.join_authorised_via_users_server`",
            "somebody must vouch in a restricted room",
            8..=12,
            |room| {
                restricted(room);
                join(BOB)
            },
        ),
        rejected(
            JoinRestrictedAuthoriser,
            "the membership of @carol:c.example is leave",
            "who vouches must be in the room",
            8..=12,
            |room| {
                restricted(room);
                room.member_is(CAROL, "leave");
                vouched(CAROL)
            },
        ),
        rejected(
            JoinRestrictedAuthoriser,
            "`invite` is 50, and @carol:c.example has 49",
            "who vouches must have the power to invite",
            8..=12,
            |room| {
                restricted(room);
                room.member_is(CAROL, "join");
                room.levels(json!({ "invite": 50, "users": { CAROL: 49 } }));
                vouched(CAROL)
            },
        ),
        rejected(
            JoinRestrictedAuthoriser,
            "@bob:b.example has no membership",
            "nobody vouches for themselves",
            8..=12,
            |room| {
                restricted(room);
                vouched(BOB)
            },
        ),
        allowed(JoinRestrictedAllowed, "a user with the power to invite vouches", 8..=12, |room| {
            restricted(room);
            room.member_is(CAROL, "join");
            room.levels(json!({ "invite": 50, "users": { CAROL: 50 } }));
            vouched(CAROL).signed_by(&["b.example", "c.example"])
        }),
        allowed(JoinRestrictedAllowed, "somebody vouches for who was kicked", 10..=12, |room| {
            room.join_rule("knock_restricted");
            room.put(&member(ALICE, BOB, "leave"));
            vouched(ALICE).signed_by(&["a.example"])
        }),
        allowed(JoinRestrictedAllowed, "the power of a creator vouches", 12..=12, |room| {
            room.created_with(&json!({ "additional_creators": [DAVE] }));
            restricted(room);
            room.member_is(DAVE, "join");
            room.levels(json!({ "invite": i64::from(i32::MAX) }));
            vouched(DAVE)
        }),
        rejected(
            JoinBanned,
            "the membership of @bob:b.example is ban",
            "nobody vouches for who is banned",
            8..=12,
            |room| {
                restricted(room);
                room.member_is(BOB, "ban");
                vouched(ALICE)
            },
        ),
    ]
}
