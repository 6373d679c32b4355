//! The rules about who may change which power levels.

use exeunt_auth::Rule::*;
use serde_json::{Value as Json, json};

use super::{Example, allowed, rejected};
use crate::room::{ALICE, BOB, CAROL, DAVE, Draft, Room, state_event};

/// Bob, who has power 50 unless the current levels say otherwise, changes them.
fn change(room: &mut Room, current: Json, new: Json) -> Draft {
    let with_bob = |mut levels: Json| {
        if levels["users"].get(BOB).is_none() && levels["users"] != json!({}) {
            levels["users"][BOB] = json!(50);
        }
        levels
    };
    room.member_is(BOB, "join");
    room.levels(with_bob(current));
    state_event(BOB, "m.room.power_levels", "", with_bob(new))
}

pub(crate) fn examples() -> Vec<Example> {
    let mut examples = of_properties();
    examples.extend(of_entries());
    examples.extend(of_users());
    examples
}

fn of_properties() -> Vec<Example> {
    vec![
        allowed(PowerLevelsFirst, "the first power levels may say anything", 1..=12, |_| {
            let content = json!({ "ban": 1_000, "users": { BOB: 1_000 } });
            state_event(ALICE, "m.room.power_levels", "", content)
        }),
        rejected(
            PowerLevelsCurrentProperty,
            "`ban` is 51, and @bob:b.example has 50",
            "a level above one's own is not lowered",
            1..=12,
            |room| change(room, json!({ "ban": 51 }), json!({ "ban": 50 })),
        ),
        rejected(
            PowerLevelsCurrentProperty,
            "`redact` is 51, and @bob:b.example has 50",
            "a level above one's own is not removed",
            1..=12,
            |room| change(room, json!({ "redact": 51 }), json!({})),
        ),
        rejected(
            PowerLevelsCurrentProperty,
            "`kick` is 50, and @bob:b.example has 40",
            "a level that is not said has its default",
            1..=12,
            |room| {
                let levels =
                    json!({ "users": { BOB: 40 }, "events": { "m.room.power_levels": 0 } });
                let mut new = levels.clone();
                new["kick"] = json!(0);
                change(room, levels, new)
            },
        ),
        rejected(
            PowerLevelsNewProperty,
            "`kick` is 50, and @bob:b.example has 40",
            "a level that is no longer said has its default",
            1..=12,
            |room| {
                let levels =
                    json!({ "users": { BOB: 40 }, "events": { "m.room.power_levels": 0 } });
                let mut current = levels.clone();
                current["kick"] = json!(0);
                change(room, current, levels)
            },
        ),
        rejected(
            PowerLevelsNewProperty,
            "`invite` is 51, and @bob:b.example has 50",
            "a level is not raised above one's own",
            1..=12,
            |room| change(room, json!({}), json!({ "invite": 51 })),
        ),
        rejected(
            PowerLevelsNewProperty,
            "`state_default` is 51, and @bob:b.example has 50",
            "the levels are looked at one after the other",
            1..=12,
            |room| {
                let current = json!({ "ban": 100 });
                change(room, current, json!({ "state_default": 51, "ban": 0 }))
            },
        ),
        allowed(PowerLevelsAllowed, "a level is raised to one's own", 1..=12, |room| {
            let current = json!({ "events_default": 0, "ban": 50 });
            change(room, current, json!({ "events_default": 50, "ban": 0 }))
        }),
        allowed(
            PowerLevelsAllowed,
            "what does not change may be above one's own",
            1..=12,
            |room| {
                let levels = json!({ "ban": 100, "events": { "x": 100 }, "users": { CAROL: 100 } });
                change(room, levels.clone(), levels)
            },
        ),
        allowed(PowerLevelsAllowed, "another spelling is no change", 1..=9, |room| {
            change(room, json!({ "ban": 100 }), json!({ "ban": "0100" }))
        }),
    ]
}

fn of_entries() -> Vec<Example> {
    vec![
        rejected(
            PowerLevelsCurrentEntry,
            "`events.x` is 51, and @bob:b.example has 50",
            "the level of a type above one's own is not lowered",
            1..=12,
            |room| change(room, json!({ "events": { "x": 51 } }), json!({ "events": { "x": 50 } })),
        ),
        rejected(
            PowerLevelsCurrentEntry,
            "`events.x` is 51, and @bob:b.example has 50",
            "the level of a type above one's own is not removed",
            1..=12,
            |room| change(room, json!({ "events": { "x": 51 } }), json!({})),
        ),
        rejected(
            PowerLevelsNewEntry,
            "`events.x` is 51, and @bob:b.example has 50",
            "the level of a type is not raised above one's own",
            1..=12,
            |room| change(room, json!({ "events": { "x": 50 } }), json!({ "events": { "x": 51 } })),
        ),
        rejected(
            PowerLevelsNewEntry,
            "`events.x` is 51, and @bob:b.example has 50",
            "the level of a type is not added above one's own",
            1..=12,
            |room| change(room, json!({}), json!({ "events": { "x": 51 } })),
        ),
        rejected(
            PowerLevelsCurrentEntry,
            "`events.y` is 51, and @bob:b.example has 50",
            "what was there is looked at before what comes",
            1..=12,
            |room| change(room, json!({ "events": { "y": 51 } }), json!({ "events": { "x": 51 } })),
        ),
        allowed(
            PowerLevelsAllowed,
            "the level of a type is changed up to one's own",
            1..=12,
            |room| {
                let current = json!({ "events": { "x": 50, "y": 50 } });
                change(room, current, json!({ "events": { "x": 0, "z": 50 } }))
            },
        ),
        rejected(
            PowerLevelsCurrentEntry,
            "`notifications.room` is 51, and @bob:b.example has 50",
            "from version 6 on the level of notifications is guarded",
            6..=12,
            |room| {
                let current = json!({ "notifications": { "room": 51 } });
                change(room, current, json!({ "notifications": { "room": 50 } }))
            },
        ),
        rejected(
            PowerLevelsNewEntry,
            "`notifications.room` is 51, and @bob:b.example has 50",
            "from version 6 on the level of notifications is not raised above one's own",
            6..=12,
            |room| change(room, json!({}), json!({ "notifications": { "room": 51 } })),
        ),
        allowed(
            PowerLevelsAllowed,
            "up to version 5 anybody changes notifications",
            1..=5,
            |room| {
                let current = json!({ "notifications": { "room": 100 } });
                change(room, current, json!({ "notifications": { "room": 200 } }))
            },
        ),
    ]
}

fn of_users() -> Vec<Example> {
    vec![
        rejected(
            PowerLevelsCurrentUser,
            "the power of @carol:c.example is 50, and @bob:b.example has 50",
            "nobody lowers their equal",
            1..=12,
            |room| {
                change(room, json!({ "users": { CAROL: 50 } }), json!({ "users": { CAROL: 0 } }))
            },
        ),
        rejected(
            PowerLevelsCurrentUser,
            "the power of @carol:c.example is 50, and @bob:b.example has 50",
            "nobody raises their equal",
            1..=12,
            |room| {
                change(room, json!({ "users": { CAROL: 50 } }), json!({ "users": { CAROL: 51 } }))
            },
        ),
        rejected(
            PowerLevelsNewUser,
            "the power of @carol:c.example is 51, and @bob:b.example has 50",
            "nobody is raised above the sender",
            1..=12,
            |room| {
                change(room, json!({ "users": { CAROL: 49 } }), json!({ "users": { CAROL: 51 } }))
            },
        ),
        rejected(
            PowerLevelsNewUser,
            "the power of @carol:c.example is 51, and @bob:b.example has 50",
            "nobody is added above the sender",
            1..=12,
            |room| change(room, json!({}), json!({ "users": { CAROL: 51 } })),
        ),
        rejected(
            PowerLevelsNewUser,
            "the power of @bob:b.example is 51, and @bob:b.example has 50",
            "nobody raises themselves",
            1..=12,
            |room| change(room, json!({}), json!({ "users": { BOB: 51 } })),
        ),
        allowed(PowerLevelsAllowed, "a user lowers themselves", 1..=12, |room| {
            change(room, json!({}), json!({ "users": { BOB: 0 } }))
        }),
        allowed(PowerLevelsAllowed, "a user takes themselves out", 1..=12, |room| {
            let current = json!({ "users": { BOB: 50 } });
            change(room, current, json!({ "users": {} }))
        }),
        allowed(
            PowerLevelsAllowed,
            "who takes themselves out below the level of everybody rises to it",
            1..=12,
            |room| {
                let current = json!({ "users_default": 100, "users": { BOB: 50 } });
                change(room, current, json!({ "users_default": 100, "users": {} }))
            },
        ),
        allowed(
            PowerLevelsAllowed,
            "who is taken out below the level of everybody rises above who did it",
            1..=12,
            |room| {
                let current = json!({ "users_default": 100, "users": { CAROL: 0 } });
                let mut new = current.clone();
                new["users"] = json!({ BOB: 50 });
                change(room, current, new)
            },
        ),
        allowed(
            PowerLevelsAllowed,
            "who has the level of everybody can be lowered by anybody who is listed",
            1..=12,
            |room| {
                let current = json!({ "users_default": 100 });
                change(room, current, json!({ "users_default": 100, "users": { CAROL: 0 } }))
            },
        ),
        allowed(PowerLevelsAllowed, "a user raises others to their own level", 1..=12, |room| {
            let current = json!({ "users": { CAROL: 49 } });
            change(room, current, json!({ "users": { CAROL: 50, DAVE: 50 } }))
        }),
        rejected(
            PowerLevelsCurrentUser,
            "the power of @dave:a.example is 50, and @bob:b.example has 50",
            "who was there is looked at before who comes",
            1..=12,
            |room| {
                let current = json!({ "users": { DAVE: 50 } });
                change(room, current, json!({ "users": { CAROL: 51 } }))
            },
        ),
        allowed(PowerLevelsAllowed, "a creator changes any level in version 12", 12..=12, |room| {
            room.levels(json!({ "ban": 1_000, "users": { CAROL: 1_000 } }));
            let new = json!({ "kick": 1_000, "users": { DAVE: 1_000 } });
            state_event(ALICE, "m.room.power_levels", "", new)
        }),
    ]
}
