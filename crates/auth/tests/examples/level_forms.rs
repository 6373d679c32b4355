//! The rules about what power levels must look like.

use exeunt_auth::Rule::*;
use serde_json::{Value as Json, json};

use super::{Example, allowed, rejected};
use crate::room::{ALICE, BOB, CAROL, DAVE, Draft, state_event};

/// Alice's power levels, where there were none.
fn levels(content: Json) -> Draft {
    state_event(ALICE, "m.room.power_levels", "", content)
}

pub(crate) fn examples() -> Vec<Example> {
    let mut examples = of_properties_and_maps();
    examples.extend(of_users());
    examples.extend(of_strings());
    examples
}

fn of_properties_and_maps() -> Vec<Example> {
    vec![
        rejected(PowerLevelsNotIntegers, "ban", "a level that is a word", 1..=12, |_| {
            levels(json!({ "users": {}, "ban": "fifty" }))
        }),
        rejected(PowerLevelsNotIntegers, "invite", "a level that is null", 1..=12, |_| {
            levels(json!({ "invite": null }))
        }),
        rejected(PowerLevelsNotIntegers, "users_default", "a level that is true", 1..=12, |_| {
            levels(json!({ "users_default": true, "kick": {} }))
        }),
        rejected(
            PowerLevelsMapsNotIntegers,
            "`content.events`",
            "levels of event types are a map",
            1..=12,
            |_| levels(json!({ "events": [] })),
        ),
        rejected(
            PowerLevelsMapsNotIntegers,
            "m.room.topic",
            "levels of event types are integers",
            1..=12,
            |_| levels(json!({ "events": { "m.room.name": 5, "m.room.topic": [] } })),
        ),
        rejected(
            PowerLevelsMapsNotIntegers,
            "room",
            "levels of notifications are integers, even where nobody guards them",
            1..=12,
            |_| levels(json!({ "notifications": { "room": "loud" } })),
        ),
        rejected(
            PowerLevelsNotIntegers,
            "redact",
            "levels by themselves are looked at before maps",
            1..=12,
            |_| levels(json!({ "redact": "x", "events": 5 })),
        ),
        rejected(
            PowerLevelsUsers,
            "`content.users`",
            "up to version 9 users are looked at first",
            1..=9,
            |_| levels(json!({ "redact": "x", "events": 5, "users": 5 })),
        ),
        rejected(
            PowerLevelsNotIntegers,
            "redact",
            "from version 10 on users are looked at last",
            10..=12,
            |_| levels(json!({ "redact": "x", "events": 5, "users": 5 })),
        ),
        allowed(PowerLevelsFirst, "what is no level may be anything", 1..=12, |_| {
            levels(json!({ "historical": "x", "Ban": null }))
        }),
    ]
}

fn of_users() -> Vec<Example> {
    vec![
        rejected(PowerLevelsUsers, "`content.users`", "users are a map", 1..=12, |_| {
            levels(json!({ "users": [BOB] }))
        }),
        rejected(PowerLevelsUsers, "`content.users`", "users are not null", 1..=12, |_| {
            levels(json!({ "users": null }))
        }),
        rejected(PowerLevelsUsers, BOB, "levels of users are integers", 1..=12, |_| {
            levels(json!({ "users": { BOB: "fifty" } }))
        }),
        rejected(PowerLevelsUsers, "bob", "users have user IDs", 1..=12, |_| {
            levels(json!({ "users": { "bob": 50 } }))
        }),
        rejected(PowerLevelsUsers, "@bob:", "user IDs name a server", 1..=12, |_| {
            levels(json!({ "users": { "@bob:": 50 } }))
        }),
        allowed(PowerLevelsFirst, "user IDs of old are user IDs", 1..=12, |_| {
            levels(json!({ "users": { "@Nick Böttom!:b.example": 50 } }))
        }),
        allowed(PowerLevelsFirst, "power levels need not name users", 1..=12, |_| {
            levels(json!({}))
        }),
        rejected(
            PowerLevelsCreator,
            ALICE,
            "the creator has no level in version 12",
            12..=12,
            |_| levels(json!({ "users": { ALICE: 100 } })),
        ),
        rejected(
            PowerLevelsCreator,
            DAVE,
            "an additional creator has no level in version 12",
            12..=12,
            |room| {
                room.created_with(&json!({ "additional_creators": [CAROL, DAVE] }));
                levels(json!({ "users": { DAVE: 0 } }))
            },
        ),
        rejected(
            PowerLevelsCreator,
            ALICE,
            "nobody gives a creator a level, in later power levels either",
            12..=12,
            |room| {
                room.levels(json!({ "users": { BOB: 100 } }));
                room.member_is(BOB, "join");
                state_event(
                    BOB,
                    "m.room.power_levels",
                    "",
                    json!({ "users": { ALICE: 1, BOB: 100 } }),
                )
            },
        ),
        allowed(PowerLevelsFirst, "the creator gives themselves a level", 1..=11, |_| {
            levels(json!({ "users": { ALICE: 1_000 } }))
        }),
    ]
}

fn of_strings() -> Vec<Example> {
    vec![
        allowed(PowerLevelsFirst, "a level may be a string up to version 9", 1..=9, |_| {
            levels(json!({ "ban": " +50 ", "users": { BOB: "-1" }, "events": { "x": "010" } }))
        }),
        rejected(
            PowerLevelsNotIntegers,
            "ban",
            "a level is no string from version 10",
            10..=12,
            |_| levels(json!({ "ban": "50" })),
        ),
        rejected(
            PowerLevelsMapsNotIntegers,
            "x",
            "a level of an event type is no string from version 10",
            10..=12,
            |_| levels(json!({ "events": { "x": "0" } })),
        ),
        rejected(
            PowerLevelsUsers,
            BOB,
            "a user's level is no string from version 10",
            10..=12,
            |_| levels(json!({ "users": { BOB: "0" } })),
        ),
        rejected(PowerLevelsNotIntegers, "ban", "an empty string is no level", 1..=12, |_| {
            levels(json!({ "ban": "" }))
        }),
        rejected(
            PowerLevelsNotIntegers,
            "ban",
            "a string with a point is no level",
            1..=12,
            |_| levels(json!({ "ban": "50.0" })),
        ),
        allowed(PowerLevelsFirst, "a level may be a float up to version 5", 1..=5, |_| {
            levels(json!({ "ban": 50.7, "users": { BOB: -0.5 } }))
        }),
        allowed(Otherwise, "a float counts without its fraction", 1..=5, |room| {
            room.member_is(BOB, "join");
            room.levels(json!({ "users": { BOB: 50.2 }, "state_default": 50.9 }));
            state_event(BOB, "m.room.topic", "", json!({}))
        }),
        rejected(
            RequiredPowerLevel,
            "`events.m.room.topic` is 60, and @bob:b.example has 50",
            "strings count as the integers that they spell",
            1..=9,
            |room| {
                room.member_is(BOB, "join");
                room.levels(json!({ "users": { BOB: " 050 " }, "state_default": "+60" }));
                state_event(BOB, "m.room.topic", "", json!({}))
            },
        ),
    ]
}
