//! What changes from one room version to the next: the same event in the same room, twice.

use exeunt_auth::Rule::*;
use serde_json::json;

use super::Expected::{self, Allowed, Rejected};
use super::{Boundary, Build};
use crate::room::{ALICE, BOB, CAROL, member, message, state_event};

const AUTHORISER: &str = "join_authorised_via_users_server";

fn at(last: u8, name: &'static str, build: Build, older: Expected, newer: Expected) -> Boundary {
    Boundary { name, last, build, expected: [older, newer] }
}

pub(crate) fn boundaries() -> Vec<Boundary> {
    let mut boundaries = up_to_version_8();
    boundaries.extend(from_version_8_on());
    boundaries
}

fn up_to_version_8() -> Vec<Boundary> {
    vec![
        at(
            2,
            "redacting what another server sent takes power in the rules",
            |room| {
                room.member_is(BOB, "join");
                message(BOB, "m.room.redaction", json!({})).field("redacts", "$1:c.example")
            },
            Rejected(RedactionOtherwise, "`redact` is 50, and @bob:b.example has 0"),
            Allowed(Otherwise),
        ),
        at(
            5,
            "aliases have a rule of their own",
            |_| state_event(BOB, "m.room.aliases", "b.example", json!({})),
            Allowed(AliasesAllowed),
            Rejected(SenderNotJoined, "@bob:b.example has no membership"),
        ),
        at(
            5,
            "aliases are for one's own server",
            |_| state_event(ALICE, "m.room.aliases", "b.example", json!({})),
            Rejected(AliasesDomain, "b.example"),
            Allowed(Otherwise),
        ),
        at(
            5,
            "notifications are guarded",
            |room| {
                room.member_is(BOB, "join");
                let users = json!({ BOB: 50 });
                room.levels(json!({ "users": users }));
                let new = json!({ "users": users, "notifications": { "room": 51 } });
                state_event(BOB, "m.room.power_levels", "", new)
            },
            Allowed(PowerLevelsAllowed),
            Rejected(PowerLevelsNewEntry, "`notifications.room` is 51, and @bob:b.example has 50"),
        ),
        at(
            6,
            "users knock",
            |room| {
                room.join_rule("knock");
                member(BOB, BOB, "knock")
            },
            Rejected(MemberUnknown, "`content.membership`"),
            Allowed(KnockAllowed),
        ),
        at(
            6,
            "the invited join where users knock",
            |room| {
                room.join_rule("knock");
                room.member_is(BOB, "invite");
                member(BOB, BOB, "join")
            },
            Rejected(JoinOtherwise, "the join rule is knock"),
            Allowed(JoinInvited),
        ),
        at(
            6,
            "a knock is taken back",
            |room| {
                room.member_is(BOB, "knock");
                member(BOB, BOB, "leave")
            },
            Rejected(LeaveOwn, "the membership of @bob:b.example is knock"),
            Allowed(LeaveOwn),
        ),
        at(
            7,
            "somebody vouches in a restricted room",
            |room| {
                room.join_rule("restricted");
                member(BOB, BOB, "join").saying(AUTHORISER, ALICE)
            },
            Rejected(JoinOtherwise, "the join rule is restricted"),
            Allowed(JoinRestrictedAllowed),
        ),
        at(
            7,
            "the server of who vouches signs",
            |room| {
                room.join_rule("public");
                member(BOB, BOB, "join").saying(AUTHORISER, ALICE).signed_by(&["b.example"])
            },
            Allowed(JoinPublic),
            Rejected(MemberAuthoriserSignature, "`content.join_authorised_via_users_server`"),
        ),
        at(
            7,
            "the membership of who vouches is cited",
            |room| {
                room.join_rule("public");
                room.member_is(CAROL, "join");
                let carol = room.entry("m.room.member", CAROL);
                let join = member(BOB, BOB, "join").saying(AUTHORISER, CAROL);
                join.not_citing(&carol).also_citing(&carol)
            },
            Rejected(AuthEventsUnexpected, "m.room.member \"@carol:c.example\""),
            Allowed(JoinPublic),
        ),
    ]
}

fn from_version_8_on() -> Vec<Boundary> {
    vec![
        at(
            9,
            "somebody vouches in a room that is restricted and takes knocks",
            |room| {
                room.join_rule("knock_restricted");
                member(BOB, BOB, "join").saying(AUTHORISER, ALICE)
            },
            Rejected(JoinOtherwise, "the join rule is knock_restricted"),
            Allowed(JoinRestrictedAllowed),
        ),
        at(
            9,
            "users knock at a room that is also restricted",
            |room| {
                room.join_rule("knock_restricted");
                member(BOB, BOB, "knock")
            },
            Rejected(KnockJoinRule, "the join rule is knock_restricted"),
            Allowed(KnockAllowed),
        ),
        at(
            9,
            "levels are integers",
            |_| state_event(ALICE, "m.room.power_levels", "", json!({ "ban": "50" })),
            Allowed(PowerLevelsFirst),
            Rejected(PowerLevelsNotIntegers, "ban"),
        ),
        at(
            10,
            "the create event need not say who the creator is",
            |_| state_event(ALICE, "m.room.create", "", json!({})).after(&[]),
            Rejected(CreateWithoutCreator, "`content.creator`"),
            Allowed(CreateAllowed),
        ),
        at(
            10,
            "the creator is the sender of the create event, and joins first",
            |room| {
                room.created_with(&json!({ "creator": BOB }));
                member(BOB, BOB, "join").after(&[&room.create])
            },
            Allowed(JoinCreator),
            Rejected(JoinOtherwise, "the room has no join rule"),
        ),
        at(
            10,
            "the creator is the sender of the create event, and has the power",
            |room| {
                room.created_with(&json!({ "creator": BOB }));
                state_event(ALICE, "m.room.topic", "", json!({}))
            },
            Rejected(RequiredPowerLevel, "`events.m.room.topic` is 50, and @alice:a.example has 0"),
            Allowed(Otherwise),
        ),
        at(
            11,
            "creators have infinite power",
            |room| {
                room.levels(json!({ "state_default": 101 }));
                state_event(ALICE, "m.room.topic", "", json!({}))
            },
            Rejected(
                RequiredPowerLevel,
                "`events.m.room.topic` is 101, and @alice:a.example has 0",
            ),
            Allowed(Otherwise),
        ),
        at(
            11,
            "additional creators are creators",
            |room| {
                room.created_with(&json!({ "additional_creators": [BOB] }));
                room.member_is(BOB, "join");
                state_event(BOB, "m.room.topic", "", json!({}))
            },
            Rejected(RequiredPowerLevel, "`events.m.room.topic` is 50, and @bob:b.example has 0"),
            Allowed(Otherwise),
        ),
        at(
            11,
            "additional creators must be user IDs",
            |room| room.creation(&json!({ "additional_creators": ["bob"] })),
            Allowed(CreateAllowed),
            Rejected(CreateAdditionalCreators, "`content.additional_creators`"),
        ),
        at(
            11,
            "creators have no level",
            |_| state_event(ALICE, "m.room.power_levels", "", json!({ "users": { ALICE: 100 } })),
            Allowed(PowerLevelsFirst),
            Rejected(PowerLevelsCreator, ALICE),
        ),
        at(
            11,
            "the create event is not cited",
            |room| {
                let create = room.create.clone();
                let said = message(ALICE, "m.room.message", json!({}));
                said.not_citing(&create).also_citing(&create)
            },
            Allowed(Otherwise),
            Rejected(AuthEventsUnexpected, "m.room.create \"\""),
        ),
        at(
            11,
            "a message that does not cite the create event",
            |room| {
                let create = room.create.clone();
                message(ALICE, "m.room.message", json!({})).not_citing(&create)
            },
            Rejected(AuthEventsNoCreate, "`auth_events`"),
            Allowed(Otherwise),
        ),
        at(
            11,
            "the create event has no room ID",
            |room| room.creation(&json!({})).field("room_id", "!room:a.example"),
            Allowed(CreateAllowed),
            Rejected(CreateHasRoomId, "the room ID"),
        ),
    ]
}
