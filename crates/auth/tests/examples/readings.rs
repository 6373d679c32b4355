//! Where a reading makes a difference: the same event in the same room, once for each choice.

use exeunt_auth::Rule::*;
use serde_json::json;

use super::Choice;
use super::Expected::{Allowed, Rejected};
use crate::room::{
    ALICE, BOB, CAROL, invite_keys, member, message, public_key, signed_at, state_event,
};

/// Which state the rules are asked about is decided elsewhere.
const RESOLUTION: &str = "state resolution: told apart by the tests of crates/resolve";

/// The readings that no rule asks for.
pub(crate) const ELSEWHERE: &[(&str, &str)] = &[
    ("duplicate_keys", "parsing: of duplicate keys the rules see at most one"),
    ("lenient_numbers", "canonical JSON: the hash of an event, not its content"),
    ("reference_hashes", "the event format: the rules see event IDs alone"),
    ("content_hash", "receipt check 3: the rules see what it leaves"),
    ("redacted_third_party_invite", "redaction: the rules see what it leaves"),
    ("redacted_create_room_id", "redaction: rule 1.2 rejects the event as it was"),
    ("third_party_invite_server", "receipt check 2: told apart by the tests of crates/event"),
    ("own_auth_chain", RESOLUTION),
    ("power_event_chain", RESOLUTION),
    ("power_events", RESOLUTION),
    ("power_ordering", RESOLUTION),
    ("rejected_in_resolution", RESOLUTION),
    ("v1_failed", RESOLUTION),
    ("v1_members", RESOLUTION),
    ("soft_failure", "receipt check 6: told apart by the tests of crates/room"),
];

pub(crate) fn choices() -> Vec<Choice> {
    let mut choices = of_create_events();
    choices.extend(of_members());
    choices.extend(of_power_levels());
    choices.extend(of_others());
    choices
}

fn of_create_events() -> Vec<Choice> {
    vec![
        Choice {
            reading: "recognised_version",
            versions: 1..=12,
            build: |room| room.creation(&json!({ "room_version": "org.example.trial" })),
            expected: &[
                ("checked", Rejected(CreateRoomVersion, "`content.room_version`")),
                ("caller", Allowed(CreateAllowed)),
            ],
        },
        Choice {
            reading: "m_federate",
            versions: 1..=12,
            build: |room| {
                room.created_with(&json!({ "m.federate": false }));
                member(ALICE, BOB, "invite")
            },
            expected: &[
                ("only_false", Allowed(InviteAllowed)),
                ("not_true", Rejected(NotFederated, "m.room.create \"\"")),
            ],
        },
        Choice {
            reading: "m_federate",
            versions: 1..=12,
            build: |room| {
                room.created_with(&json!({ "m.federate": null }));
                room.member_is(BOB, "join");
                message(BOB, "m.room.message", json!({}))
            },
            expected: &[
                ("only_false", Allowed(Otherwise)),
                ("not_true", Rejected(NotFederated, "m.room.create \"\"")),
            ],
        },
        Choice {
            reading: "additional_creators",
            versions: 12..=12,
            build: |room| {
                room.creation(&json!({ "additional_creators": ["@Nick Bottom:a.example"] }))
            },
            expected: &[
                ("as_sender", Allowed(CreateAllowed)),
                ("strict", Rejected(CreateAdditionalCreators, "`content.additional_creators`")),
            ],
        },
    ]
}

fn of_members() -> Vec<Choice> {
    vec![
        Choice {
            reading: "absent_join_rules",
            versions: 1..=12,
            build: |room| {
                room.member_is(BOB, "invite");
                member(BOB, BOB, "join")
            },
            expected: &[
                ("none", Rejected(JoinOtherwise, "the room has no join rule")),
                ("invite", Allowed(JoinInvited)),
            ],
        },
        Choice {
            reading: "null_third_party_invite",
            versions: 1..=12,
            build: |_| member(ALICE, BOB, "invite").saying("third_party_invite", json!(null)),
            expected: &[
                (
                    "present",
                    Rejected(InviteThirdPartyWithoutSigned, "`content.third_party_invite.signed`"),
                ),
                ("absent", Allowed(InviteAllowed)),
            ],
        },
        Choice {
            reading: "third_party_signatures",
            versions: 1..=12,
            build: |room| {
                room.put(&state_event(ALICE, "m.room.third_party_invite", "t", invite_keys(&[1])));
                let proof = signed_at(BOB, "t", &[("bad.example", 2), ("good.example", 1)]);
                member(ALICE, BOB, "invite").saying("third_party_invite", proof)
            },
            expected: &[
                ("any", Allowed(InviteThirdPartySignature)),
                ("first", Rejected(InviteThirdPartyOtherwise, "m.room.third_party_invite \"t\"")),
            ],
        },
        Choice {
            reading: "invite_to_knock",
            versions: 7..=12,
            build: |room| {
                room.join_rule("knock");
                room.member_is(BOB, "invite");
                member(BOB, BOB, "knock")
            },
            expected: &[
                (
                    "forbidden",
                    Rejected(KnockOtherwise, "the membership of @bob:b.example is invite"),
                ),
                ("allowed", Allowed(KnockAllowed)),
            ],
        },
        Choice {
            reading: "ed25519",
            versions: 1..=12,
            build: |room| {
                // Of order one: the key's and the signature's point are the neutral element.
                let neutral = |rest: usize| format!("AQ{}", "A".repeat(41 + rest));
                let keys = json!({ "public_key": neutral(0), "other": public_key(1) });
                room.put(&state_event(ALICE, "m.room.third_party_invite", "t", keys));
                let signatures = json!({ "id.example": { "ed25519:1": neutral(43) } });
                let signed = json!({ "mxid": BOB, "token": "t", "signatures": signatures });
                member(ALICE, BOB, "invite")
                    .saying("third_party_invite", json!({ "signed": signed }))
            },
            expected: &[
                ("rfc8032", Allowed(InviteThirdPartySignature)),
                ("cofactorless", Allowed(InviteThirdPartySignature)),
                ("strict", Rejected(InviteThirdPartyOtherwise, "m.room.third_party_invite \"t\"")),
            ],
        },
    ]
}

fn of_power_levels() -> Vec<Choice> {
    vec![
        Choice {
            reading: "level_strings",
            versions: 1..=9,
            build: |_| {
                let users = json!({ BOB: "5_0" });
                state_event(ALICE, "m.room.power_levels", "", json!({ "users": users }))
            },
            expected: &[
                ("text", Rejected(PowerLevelsUsers, BOB)),
                ("python", Allowed(PowerLevelsFirst)),
            ],
        },
        Choice {
            reading: "malformed_levels",
            versions: 1..=9,
            build: |_| state_event(ALICE, "m.room.power_levels", "", json!({ "ban": "fifty" })),
            expected: &[
                ("rejected", Rejected(PowerLevelsNotIntegers, "ban")),
                ("ignored", Allowed(PowerLevelsFirst)),
            ],
        },
        Choice {
            reading: "absent_users",
            versions: 1..=12,
            build: |_| state_event(ALICE, "m.room.power_levels", "", json!({ "ban": 50 })),
            expected: &[
                ("allowed", Allowed(PowerLevelsFirst)),
                ("rejected", Rejected(PowerLevelsUsers, "`content.users`")),
            ],
        },
        Choice {
            reading: "power_levels_users",
            versions: 1..=12,
            build: |_| {
                let users = json!({ "@bob:": 50 });
                state_event(ALICE, "m.room.power_levels", "", json!({ "users": users }))
            },
            expected: &[
                ("user_ids", Rejected(PowerLevelsUsers, "@bob:")),
                ("sigil_and_colon", Allowed(PowerLevelsFirst)),
            ],
        },
        Choice {
            reading: "absent_level",
            versions: 1..=12,
            build: |room| {
                room.member_is(BOB, "join");
                let mut levels = json!({
                    "users": { BOB: 40, CAROL: 30 },
                    "events": { "m.room.power_levels": 0 },
                });
                room.levels(levels.clone());
                levels["ban"] = json!(0);
                state_event(BOB, "m.room.power_levels", "", levels)
            },
            expected: &[
                (
                    "default",
                    Rejected(PowerLevelsCurrentProperty, "`ban` is 50, and @bob:b.example has 40"),
                ),
                ("nothing", Allowed(PowerLevelsAllowed)),
            ],
        },
    ]
}

fn of_others() -> Vec<Choice> {
    vec![
        Choice {
            reading: "special_state_key",
            versions: 1..=12,
            build: |_| state_event(ALICE, "m.room.power_levels", "x", json!({ "users": 5 })),
            expected: &[
                ("any", Rejected(PowerLevelsUsers, "`content.users`")),
                ("empty", Allowed(Otherwise)),
            ],
        },
        Choice {
            reading: "special_state_key",
            versions: 1..=11,
            build: |_| state_event(ALICE, "m.room.create", "x", json!({ "creator": ALICE })),
            expected: &[
                ("any", Rejected(CreateHasPrevEvents, "an event ID")),
                ("empty", Allowed(Otherwise)),
            ],
        },
        Choice {
            reading: "targetless_redaction",
            versions: 1..=2,
            build: |room| {
                room.member_is(BOB, "join");
                message(BOB, "m.room.redaction", json!({}))
            },
            expected: &[
                (
                    "rejected",
                    Rejected(RedactionOtherwise, "`redact` is 50, and @bob:b.example has 0"),
                ),
                ("allowed", Allowed(RedactionDomain)),
            ],
        },
    ]
}
