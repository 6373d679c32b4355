//! The rules about leaving, kicking, unbanning and banning.

use exeunt_auth::Rule::*;
use serde_json::json;

use super::{Example, allowed, rejected};
use crate::room::{ALICE, BOB, CAROL, Draft, Room, member};

fn kick(sender: &str) -> Draft {
    member(sender, CAROL, "leave")
}

fn ban(sender: &str) -> Draft {
    member(sender, CAROL, "ban")
}

/// Bob is joined with power 50, and Carol has that membership and power.
fn pair(room: &mut Room, membership: &str, power: i64) {
    room.member_is(BOB, "join");
    room.member_is(CAROL, membership);
    room.levels(json!({ "users": { BOB: 50, CAROL: power } }));
}

pub(crate) fn examples() -> Vec<Example> {
    let mut examples = of_own_leaves();
    examples.extend(of_kicks());
    examples.extend(of_bans());
    examples
}

fn of_own_leaves() -> Vec<Example> {
    vec![
        allowed(LeaveOwn, "a joined user leaves", 1..=12, |room| {
            room.member_is(BOB, "join");
            member(BOB, BOB, "leave")
        }),
        allowed(LeaveOwn, "an invited user refuses", 1..=12, |room| {
            room.member_is(BOB, "invite");
            member(BOB, BOB, "leave")
        }),
        allowed(LeaveOwn, "who knocks changes their mind", 7..=12, |room| {
            room.member_is(BOB, "knock");
            member(BOB, BOB, "leave")
        }),
        allowed(LeaveOwn, "no level keeps a user in the room", 1..=12, |room| {
            room.member_is(BOB, "join");
            room.levels(json!({ "kick": 100, "users": { BOB: -1 } }));
            member(BOB, BOB, "leave")
        }),
        rejected(
            LeaveOwn,
            "the membership of @bob:b.example is knock",
            "there is no knock to take back before version 7",
            1..=6,
            |room| {
                room.member_is(BOB, "knock");
                member(BOB, BOB, "leave")
            },
        ),
        rejected(
            LeaveOwn,
            "@bob:b.example has no membership",
            "who was never there cannot leave",
            1..=12,
            |_| member(BOB, BOB, "leave"),
        ),
        rejected(
            LeaveOwn,
            "the membership of @bob:b.example is leave",
            "who has left cannot leave again",
            1..=12,
            |room| {
                room.member_is(BOB, "leave");
                member(BOB, BOB, "leave")
            },
        ),
        rejected(
            LeaveOwn,
            "the membership of @bob:b.example is ban",
            "a banned user cannot leave to be unbanned",
            1..=12,
            |room| {
                room.member_is(BOB, "ban");
                member(BOB, BOB, "leave")
            },
        ),
    ]
}

fn of_kicks() -> Vec<Example> {
    vec![
        rejected(
            LeaveSenderNotJoined,
            "the membership of @bob:b.example is leave",
            "who is not in the room kicks nobody",
            1..=12,
            |room| {
                pair(room, "join", 0);
                room.member_is(BOB, "leave");
                kick(BOB)
            },
        ),
        rejected(
            LeaveUnban,
            "`ban` is 60, and @bob:b.example has 50",
            "unbanning takes the power to ban",
            1..=12,
            |room| {
                pair(room, "ban", 0);
                room.levels(json!({ "users": { BOB: 50 }, "ban": 60 }));
                kick(BOB)
            },
        ),
        rejected(
            LeaveOtherwise,
            "`kick` is 60, and @bob:b.example has 50",
            "unbanning takes the power to kick as well",
            1..=12,
            |room| {
                pair(room, "ban", 0);
                room.levels(json!({ "users": { BOB: 50 }, "kick": 60 }));
                kick(BOB)
            },
        ),
        rejected(
            LeaveOtherwise,
            "the power of @carol:c.example is 50, and @bob:b.example has 50",
            "unbanning takes more power than the target's",
            1..=12,
            |room| {
                pair(room, "ban", 50);
                kick(BOB)
            },
        ),
        allowed(LeaveKick, "somebody with power unbans", 1..=12, |room| {
            pair(room, "ban", 49);
            kick(BOB)
        }),
        allowed(LeaveKick, "somebody with power kicks", 1..=12, |room| {
            pair(room, "join", 49);
            kick(BOB)
        }),
        allowed(LeaveKick, "kicking takes no power to ban", 1..=12, |room| {
            pair(room, "join", 0);
            room.levels(json!({ "users": { BOB: 50 }, "ban": 60 }));
            kick(BOB)
        }),
        allowed(LeaveKick, "an invite is taken back", 1..=12, |room| {
            pair(room, "invite", 0);
            kick(BOB)
        }),
        allowed(LeaveKick, "a knock is denied", 7..=12, |room| {
            pair(room, "knock", 0);
            kick(BOB)
        }),
        allowed(LeaveKick, "who has left can be kicked", 1..=12, |room| {
            pair(room, "leave", 0);
            kick(BOB)
        }),
        allowed(LeaveKick, "who was never there can be kicked", 1..=12, |room| {
            pair(room, "leave", 0);
            room.without("m.room.member", CAROL);
            kick(BOB)
        }),
        allowed(LeaveKick, "the creator kicks where there are no power levels", 1..=12, |room| {
            room.member_is(CAROL, "join");
            kick(ALICE)
        }),
        rejected(
            LeaveOtherwise,
            "`kick` is 50, and @bob:b.example has 49",
            "kicking takes the power to kick",
            1..=12,
            |room| {
                pair(room, "join", 0);
                room.levels(json!({ "users": { BOB: 49 } }));
                kick(BOB)
            },
        ),
        rejected(
            LeaveOtherwise,
            "the power of @carol:c.example is 50, and @bob:b.example has 50",
            "nobody kicks their equal",
            1..=12,
            |room| {
                pair(room, "join", 50);
                kick(BOB)
            },
        ),
    ]
}

fn of_bans() -> Vec<Example> {
    vec![
        rejected(
            BanSenderNotJoined,
            "the membership of @bob:b.example is invite",
            "who is not in the room bans nobody",
            1..=12,
            |room| {
                pair(room, "join", 0);
                room.member_is(BOB, "invite");
                ban(BOB)
            },
        ),
        allowed(BanAllowed, "somebody with power bans", 1..=12, |room| {
            pair(room, "join", 49);
            ban(BOB)
        }),
        allowed(BanAllowed, "banning takes no power to kick", 1..=12, |room| {
            pair(room, "join", 0);
            room.levels(json!({ "users": { BOB: 50 }, "kick": 60 }));
            ban(BOB)
        }),
        allowed(BanAllowed, "who was never there can be banned", 1..=12, |room| {
            pair(room, "leave", 0);
            room.without("m.room.member", CAROL);
            ban(BOB)
        }),
        allowed(BanAllowed, "who is banned can be banned again", 1..=12, |room| {
            pair(room, "ban", 0);
            ban(BOB)
        }),
        rejected(
            BanOtherwise,
            "`ban` is 60, and @bob:b.example has 50",
            "banning takes the power to ban",
            1..=12,
            |room| {
                pair(room, "join", 0);
                room.levels(json!({ "users": { BOB: 50 }, "ban": 60 }));
                ban(BOB)
            },
        ),
        rejected(
            BanOtherwise,
            "the power of @carol:c.example is 50, and @bob:b.example has 50",
            "nobody bans their equal",
            1..=12,
            |room| {
                pair(room, "join", 50);
                ban(BOB)
            },
        ),
        rejected(
            BanOtherwise,
            "the power of @bob:b.example is 50, and @bob:b.example has 50",
            "nobody bans themselves",
            1..=12,
            |room| {
                pair(room, "join", 0);
                member(BOB, BOB, "ban")
            },
        ),
        rejected(
            BanOtherwise,
            "the power of @alice:a.example is infinite, and @bob:b.example has 50",
            "nobody bans a creator in version 12",
            12..=12,
            |room| {
                pair(room, "join", 0);
                member(BOB, ALICE, "ban")
            },
        ),
        rejected(
            BanOtherwise,
            "the power of @carol:c.example is infinite, and @alice:a.example has infinite",
            "creators do not ban one another in version 12",
            12..=12,
            |room| {
                room.created_with(&json!({ "additional_creators": [CAROL] }));
                room.member_is(CAROL, "join");
                ban(ALICE)
            },
        ),
    ]
}
