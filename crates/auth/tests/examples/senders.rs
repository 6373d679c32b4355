//! The rules about the sender of anything else: membership, power, state keys, redactions.

use exeunt_auth::Rule::*;
use serde_json::{Value as Json, json};

use super::{Example, allowed, rejected};
use crate::room::{ALICE, BOB, CAROL, Draft, Room, message, state_event};

fn says(sender: &str) -> Draft {
    message(sender, "m.room.message", json!({}))
}

fn topic(sender: &str) -> Draft {
    state_event(sender, "m.room.topic", "", json!({}))
}

fn third_party(sender: &str) -> Draft {
    state_event(sender, "m.room.third_party_invite", "token", json!({}))
}

/// Bob is joined, with these power levels.
fn bob(room: &mut Room, levels: Json) {
    room.member_is(BOB, "join");
    room.levels(levels);
}

fn redacts(room: &mut Room, levels: Json, target: &str) -> Draft {
    bob(room, levels);
    message(BOB, "m.room.redaction", json!({})).field("redacts", target)
}

pub(crate) fn examples() -> Vec<Example> {
    let mut examples = of_membership_and_power();
    examples.extend(of_third_party_invites_and_state_keys());
    examples.extend(of_redactions());
    examples
}

fn of_membership_and_power() -> Vec<Example> {
    vec![
        rejected(
            SenderNotJoined,
            "@bob:b.example has no membership",
            "who was never there says nothing",
            1..=12,
            |_| says(BOB),
        ),
        rejected(
            SenderNotJoined,
            "the membership of @bob:b.example is invite",
            "who is only invited says nothing, however powerful",
            1..=12,
            |room| {
                bob(room, json!({ "users": { BOB: 100 } }));
                room.member_is(BOB, "invite");
                topic(BOB)
            },
        ),
        rejected(
            SenderNotJoined,
            "the membership of @bob:b.example is ban",
            "who is banned cannot set power levels",
            1..=12,
            |room| {
                room.member_is(BOB, "ban");
                state_event(BOB, "m.room.power_levels", "", json!({ "users": { BOB: 100 } }))
            },
        ),
        allowed(Otherwise, "a joined user speaks", 1..=12, |room| {
            room.member_is(BOB, "join");
            says(BOB)
        }),
        rejected(
            RequiredPowerLevel,
            "`events.m.room.topic` is 50, and @bob:b.example has 0",
            "state takes power 50 where there are no power levels",
            1..=12,
            |room| {
                room.member_is(BOB, "join");
                topic(BOB)
            },
        ),
        rejected(
            RequiredPowerLevel,
            "`events.m.room.topic` is 50, and @bob:b.example has 49",
            "state takes power 50 where the power levels do not say",
            1..=12,
            |room| {
                bob(room, json!({ "users": { BOB: 49 } }));
                topic(BOB)
            },
        ),
        allowed(Otherwise, "power 50 is enough for state", 1..=12, |room| {
            bob(room, json!({ "users": { BOB: 50 } }));
            topic(BOB)
        }),
        allowed(Otherwise, "a level may be set for all state", 1..=12, |room| {
            bob(room, json!({ "state_default": 0 }));
            topic(BOB)
        }),
        allowed(Otherwise, "the level of a type counts before that of all state", 1..=12, |room| {
            bob(room, json!({ "state_default": 100, "events": { "m.room.topic": 0 } }));
            topic(BOB)
        }),
        rejected(
            RequiredPowerLevel,
            "`events.m.room.message` is 1, and @bob:b.example has 0",
            "a level may be set for all messages",
            1..=12,
            |room| {
                bob(room, json!({ "events_default": 1 }));
                says(BOB)
            },
        ),
        allowed(Otherwise, "a user may have the level of everybody", 1..=12, |room| {
            bob(room, json!({ "events_default": 1, "users_default": 1 }));
            says(BOB)
        }),
        rejected(
            RequiredPowerLevel,
            "`events.m.room.message` is 0, and @bob:b.example has -1",
            "less than nothing silences",
            1..=12,
            |room| {
                bob(room, json!({ "users": { BOB: -1 } }));
                says(BOB)
            },
        ),
        rejected(
            RequiredPowerLevel,
            "`events.m.room.topic` is 0, and @bob:b.example has -1",
            "a type has one level, as state or not",
            1..=12,
            |room| {
                bob(room, json!({ "users": { BOB: -1 }, "events": { "m.room.topic": 0 } }));
                message(BOB, "m.room.topic", json!({}))
            },
        ),
        rejected(
            RequiredPowerLevel,
            "`events.m.room.topic` is 50, and @alice:a.example has 0",
            "power levels bind the creator too, up to version 11",
            1..=11,
            |room| {
                room.levels(json!({}));
                topic(ALICE)
            },
        ),
        allowed(Otherwise, "no power level binds a creator in version 12", 12..=12, |room| {
            room.levels(json!({ "users_default": -1, "state_default": i64::from(i32::MAX) }));
            topic(ALICE)
        }),
    ]
}

fn of_third_party_invites_and_state_keys() -> Vec<Example> {
    vec![
        allowed(ThirdPartyInviteLevel, "inviting a third party takes power 0", 1..=12, |room| {
            room.member_is(BOB, "join");
            third_party(BOB)
        }),
        allowed(
            ThirdPartyInviteLevel,
            "inviting a third party takes no power for state",
            1..=12,
            |room| {
                let events = json!({ "m.room.third_party_invite": 100 });
                bob(room, json!({ "state_default": 100, "events": events }));
                third_party(BOB)
            },
        ),
        allowed(
            ThirdPartyInviteLevel,
            "the token of a third-party invite may be the ID of somebody else",
            1..=12,
            |room| {
                room.member_is(BOB, "join");
                state_event(BOB, "m.room.third_party_invite", CAROL, json!({}))
            },
        ),
        rejected(
            ThirdPartyInviteLevel,
            "`invite` is 50, and @bob:b.example has 49",
            "inviting a third party takes the power to invite",
            1..=12,
            |room| {
                bob(room, json!({ "invite": 50, "users": { BOB: 49 } }));
                third_party(BOB)
            },
        ),
        rejected(
            SenderNotJoined,
            "@bob:b.example has no membership",
            "a third party is invited from inside",
            1..=12,
            |_| third_party(BOB),
        ),
        rejected(
            StateKeyOfAnother,
            CAROL,
            "a state key that is a user belongs to that user",
            1..=12,
            |room| {
                bob(room, json!({ "users": { BOB: 100 } }));
                state_event(BOB, "org.example.status", CAROL, json!({}))
            },
        ),
        rejected(
            StateKeyOfAnother,
            "@",
            "what begins like a user is taken for one",
            1..=12,
            |_| state_event(ALICE, "org.example.status", "@", json!({})),
        ),
        rejected(
            StateKeyOfAnother,
            CAROL,
            "power levels have no exception from that",
            1..=12,
            |_| state_event(ALICE, "m.room.power_levels", CAROL, json!({})),
        ),
        allowed(Otherwise, "a user sets their own state", 1..=12, |room| {
            bob(room, json!({ "users": { BOB: 50 } }));
            state_event(BOB, "org.example.status", BOB, json!({}))
        }),
        allowed(Otherwise, "a user in the middle of a state key is none", 1..=12, |_| {
            state_event(ALICE, "org.example.status", "_@bob:b.example", json!({}))
        }),
    ]
}

fn of_redactions() -> Vec<Example> {
    vec![
        allowed(RedactionLevel, "the power to redact redacts anything", 1..=2, |room| {
            redacts(room, json!({ "users": { BOB: 50 } }), "$1:c.example")
        }),
        allowed(
            RedactionDomain,
            "anybody redacts what came from their own server",
            1..=2,
            |room| redacts(room, json!({}), "$1:b.example"),
        ),
        rejected(
            RedactionOtherwise,
            "`redact` is 50, and @bob:b.example has 49",
            "the event of another server takes power to redact",
            1..=2,
            |room| redacts(room, json!({ "users": { BOB: 49 } }), "$1:c.example"),
        ),
        rejected(
            RedactionOtherwise,
            "`redact` is 50, and @bob:b.example has 0",
            "what has no domain is of no server",
            1..=2,
            |room| redacts(room, json!({}), "$1"),
        ),
        rejected(
            RequiredPowerLevel,
            "`events.m.room.redaction` is 60, and @bob:b.example has 50",
            "a redaction takes the level of its type first",
            1..=12,
            |room| {
                let levels = json!({ "users": { BOB: 50 }, "events": { "m.room.redaction": 60 } });
                redacts(room, levels, "$1:b.example")
            },
        ),
        allowed(
            Otherwise,
            "from version 3 on a redaction is an event like any other",
            3..=12,
            |room| redacts(room, json!({}), "$1:c.example"),
        ),
        allowed(Otherwise, "a redaction as state is one all the same", 3..=12, |room| {
            bob(room, json!({ "state_default": 0 }));
            state_event(BOB, "m.room.redaction", "", json!({}))
        }),
    ]
}
