//! The rules about `m.federate`, and about `m.room.aliases` in versions 1 to 5.

use exeunt_auth::Rule::*;
use serde_json::json;

use super::{Example, allowed, rejected};
use crate::room::{ALICE, BOB, DAVE, Draft, Room, member, message, state_event};

fn unfederated(room: &mut Room) {
    room.created_with(&json!({ "m.federate": false }));
}

fn aliases(sender: &str, state_key: &str) -> Draft {
    state_event(sender, "m.room.aliases", state_key, json!({ "aliases": [] }))
}

pub(crate) fn examples() -> Vec<Example> {
    let mut examples = of_federation();
    examples.extend(of_aliases());
    examples
}

fn of_federation() -> Vec<Example> {
    vec![
        rejected(
            NotFederated,
            "m.room.create \"\"",
            "nobody from another server joins an unfederated room",
            1..=12,
            |room| {
                unfederated(room);
                room.join_rule("public");
                member(BOB, BOB, "join")
            },
        ),
        rejected(
            NotFederated,
            "m.room.create \"\"",
            "nobody from another server speaks in an unfederated room, joined or not",
            1..=12,
            |room| {
                unfederated(room);
                room.member_is(BOB, "join");
                message(BOB, "m.room.message", json!({}))
            },
        ),
        rejected(
            NotFederated,
            "m.room.create \"\"",
            "an invite from an unfederated room cannot be refused from another server",
            1..=12,
            |room| {
                unfederated(room);
                room.member_is(BOB, "invite");
                member(BOB, BOB, "leave")
            },
        ),
        allowed(JoinPublic, "somebody local joins an unfederated room", 1..=12, |room| {
            unfederated(room);
            room.join_rule("public");
            member(DAVE, DAVE, "join")
        }),
        allowed(
            InviteAllowed,
            "somebody from another server is invited to an unfederated room",
            1..=12,
            |room| {
                unfederated(room);
                member(ALICE, BOB, "invite")
            },
        ),
        allowed(JoinPublic, "a room that says it federates does", 1..=12, |room| {
            room.created_with(&json!({ "m.federate": true }));
            room.join_rule("public");
            member(BOB, BOB, "join")
        }),
        allowed(JoinPublic, "a word is not false", 1..=12, |room| {
            room.created_with(&json!({ "m.federate": "false" }));
            room.join_rule("public");
            member(BOB, BOB, "join")
        }),
        rejected(
            NotFederated,
            "m.room.create \"\"",
            "aliases of an unfederated room are local",
            1..=5,
            |room| {
                unfederated(room);
                aliases(BOB, "b.example")
            },
        ),
    ]
}

fn of_aliases() -> Vec<Example> {
    vec![
        rejected(
            AliasesWithoutStateKey,
            "`state_key`",
            "aliases without a state key",
            1..=5,
            |_| message(ALICE, "m.room.aliases", json!({ "aliases": [] })),
        ),
        rejected(AliasesDomain, "b.example", "aliases for another server", 1..=5, |_| {
            aliases(ALICE, "b.example")
        }),
        rejected(AliasesDomain, "", "aliases for no server", 1..=5, |_| aliases(ALICE, "")),
        allowed(AliasesAllowed, "aliases for one's own server", 1..=5, |_| {
            aliases(ALICE, "a.example")
        }),
        allowed(AliasesAllowed, "aliases by somebody outside the room", 1..=5, |_| {
            aliases(BOB, "b.example")
        }),
        allowed(AliasesAllowed, "aliases by somebody banned, without power", 1..=5, |room| {
            room.member_is(BOB, "ban");
            room.levels(json!({ "events": { "m.room.aliases": 100 } }));
            aliases(BOB, "b.example")
        }),
        allowed(Otherwise, "aliases are like any other state from version 6 on", 6..=12, |_| {
            aliases(ALICE, "b.example")
        }),
    ]
}
