//! The rules about inviting, with and without a third party.

use exeunt_auth::Rule::*;
use serde_json::{Value as Json, json};

use super::{Example, allowed, rejected};
use crate::room::{
    ALICE, BOB, CAROL, DAVE, Draft, Room, invite_keys, member, public_key, signed, signed_at,
    state_event,
};

/// The state key of a third-party invite.
const TOKEN: &str = "token";

/// Carol, who need not be in the room, invited somebody with these keys, who turned out to be Bob.
fn invited(room: &mut Room, keys: Json) {
    room.put(&state_event(CAROL, "m.room.third_party_invite", TOKEN, keys));
}

fn proven(proof: Json) -> Draft {
    member(CAROL, BOB, "invite").saying("third_party_invite", proof)
}

pub(crate) fn examples() -> Vec<Example> {
    let mut examples = of_third_parties();
    examples.extend(of_third_parties_keys());
    examples.extend(of_invites());
    examples
}

fn of_third_parties() -> Vec<Example> {
    vec![
        rejected(
            InviteThirdPartyBanned,
            "the membership of @bob:b.example is ban",
            "a banned user cannot be invited through a third party",
            1..=12,
            |room| {
                invited(room, invite_keys(&[1]));
                room.member_is(BOB, "ban");
                proven(signed(BOB, TOKEN, 1))
            },
        ),
        rejected(
            InviteThirdPartyWithoutSigned,
            "`content.third_party_invite.signed`",
            "a third-party invite without the signed part",
            1..=12,
            |room| {
                invited(room, invite_keys(&[1]));
                proven(json!({ "display_name": "somebody" }))
            },
        ),
        rejected(
            InviteThirdPartyWithoutSigned,
            "`content.third_party_invite.signed`",
            "a third-party invite that is no object is there all the same",
            1..=12,
            |room| {
                room.member_is(CAROL, "join");
                proven(json!(false))
            },
        ),
        rejected(
            InviteThirdPartyWithoutMxidOrToken,
            "`content.third_party_invite.signed.mxid`",
            "a signed part that does not say for whom",
            1..=12,
            |room| {
                invited(room, invite_keys(&[1]));
                proven(json!({ "signed": { "token": TOKEN, "signatures": {} } }))
            },
        ),
        rejected(
            InviteThirdPartyWithoutMxidOrToken,
            "`content.third_party_invite.signed.token`",
            "a signed part that does not say by which token",
            1..=12,
            |room| {
                invited(room, invite_keys(&[1]));
                proven(json!({ "signed": { "mxid": BOB, "signatures": {} } }))
            },
        ),
        rejected(
            InviteThirdPartyWithoutMxidOrToken,
            "`content.third_party_invite.signed.mxid`",
            "a signed part that is null says nothing",
            1..=12,
            |_| proven(json!({ "signed": null })),
        ),
        rejected(InviteThirdPartyMxid, DAVE, "a signed part for somebody else", 1..=12, |room| {
            invited(room, invite_keys(&[1]));
            proven(signed(DAVE, TOKEN, 1))
        }),
        rejected(
            InviteThirdPartyWithoutEvent,
            "the state has no m.room.third_party_invite \"token\"",
            "a token that no third-party invite has",
            1..=12,
            |_| proven(signed(BOB, TOKEN, 1)),
        ),
        rejected(
            InviteThirdPartySender,
            "m.room.third_party_invite \"token\"",
            "who invited the third party invites the user",
            1..=12,
            |room| {
                invited(room, invite_keys(&[1]));
                member(ALICE, BOB, "invite").saying("third_party_invite", signed(BOB, TOKEN, 1))
            },
        ),
    ]
}

fn of_third_parties_keys() -> Vec<Example> {
    vec![
        allowed(
            InviteThirdPartySignature,
            "who proves the third party's address is invited by somebody not in the room",
            1..=12,
            |room| {
                invited(room, invite_keys(&[1]));
                proven(signed(BOB, TOKEN, 1))
            },
        ),
        allowed(
            InviteThirdPartySignature,
            "an invite through a third party reaches even who is joined",
            1..=12,
            |room| {
                invited(room, invite_keys(&[1]));
                room.member_is(BOB, "join");
                proven(signed(BOB, TOKEN, 1))
            },
        ),
        allowed(InviteThirdPartySignature, "a key may stand in the list", 1..=12, |room| {
            invited(room, invite_keys(&[2, 1]));
            proven(signed(BOB, TOKEN, 1))
        }),
        allowed(InviteThirdPartySignature, "a key may stand by itself", 1..=12, |room| {
            invited(room, json!({ "public_key": public_key(1) }));
            proven(signed(BOB, TOKEN, 1))
        }),
        allowed(
            InviteThirdPartySignature,
            "a key may be in the URL-safe alphabet",
            1..=12,
            |room| {
                let seed =
                    (1..=u8::MAX).find(|seed| public_key(*seed).contains(['+', '/'])).unwrap();
                let key = public_key(seed).replace('+', "-").replace('/', "_");
                invited(room, json!({ "public_key": key }));
                proven(signed(BOB, TOKEN, seed))
            },
        ),
        allowed(InviteThirdPartySignature, "one good signature is enough", 1..=12, |room| {
            invited(room, invite_keys(&[1]));
            proven(signed_at(BOB, TOKEN, &[("id.example", 1), ("zz.example", 2)]))
        }),
        allowed(
            InviteThirdPartySignature,
            "a third party's invite asks for no power a second time",
            1..=12,
            |room| {
                invited(room, invite_keys(&[1]));
                room.levels(json!({ "invite": 100 }));
                proven(signed(BOB, TOKEN, 1))
            },
        ),
        rejected(
            InviteThirdPartyOtherwise,
            "m.room.third_party_invite \"token\"",
            "a signature by a key that the room does not have",
            1..=12,
            |room| {
                invited(room, invite_keys(&[2, 3]));
                proven(signed(BOB, TOKEN, 1))
            },
        ),
        rejected(
            InviteThirdPartyOtherwise,
            "m.room.third_party_invite \"token\"",
            "a third-party invite without keys",
            1..=12,
            |room| {
                invited(room, json!({ "public_key": 5, "public_keys": [null, {}] }));
                proven(signed(BOB, TOKEN, 1))
            },
        ),
        rejected(
            InviteThirdPartyOtherwise,
            "m.room.third_party_invite \"token\"",
            "a signature over something else",
            1..=12,
            |room| {
                invited(room, invite_keys(&[1]));
                let mut proof = signed(BOB, "another", 1);
                proof["signed"]["token"] = json!(TOKEN);
                proven(proof)
            },
        ),
    ]
}

fn of_invites() -> Vec<Example> {
    vec![
        rejected(
            InviteSenderNotJoined,
            "the membership of @bob:b.example is invite",
            "who is only invited invites nobody",
            1..=12,
            |room| {
                room.member_is(BOB, "invite");
                member(BOB, CAROL, "invite")
            },
        ),
        rejected(
            InviteSenderNotJoined,
            "the membership of @bob:b.example is ban",
            "that the sender is not joined is said before anything about the target",
            1..=12,
            |room| {
                room.member_is(BOB, "ban");
                room.member_is(CAROL, "ban");
                member(BOB, CAROL, "invite")
            },
        ),
        rejected(
            InviteTargetJoinedOrBanned,
            "the membership of @bob:b.example is join",
            "a joined user is not invited",
            1..=12,
            |room| {
                room.member_is(BOB, "join");
                member(ALICE, BOB, "invite")
            },
        ),
        rejected(
            InviteTargetJoinedOrBanned,
            "the membership of @bob:b.example is ban",
            "a banned user is not invited, however powerful the sender",
            1..=12,
            |room| {
                room.member_is(BOB, "ban");
                member(ALICE, BOB, "invite")
            },
        ),
        rejected(
            InviteTargetJoinedOrBanned,
            "the membership of @alice:a.example is join",
            "nobody invites themselves",
            1..=12,
            |_| member(ALICE, ALICE, "invite"),
        ),
        allowed(InviteAllowed, "a joined user invites somebody", 1..=12, |room| {
            room.member_is(BOB, "join");
            member(BOB, CAROL, "invite")
        }),
        allowed(InviteAllowed, "an invited user is invited again", 1..=12, |room| {
            room.member_is(BOB, "invite");
            member(ALICE, BOB, "invite")
        }),
        allowed(InviteAllowed, "who knocks is invited", 7..=12, |room| {
            room.member_is(BOB, "knock");
            member(ALICE, BOB, "invite")
        }),
        allowed(InviteAllowed, "the level for inviting is enough to invite", 1..=12, |room| {
            room.member_is(BOB, "join");
            room.levels(json!({ "invite": 50, "users": { BOB: 50 } }));
            member(BOB, CAROL, "invite")
        }),
        allowed(InviteAllowed, "no level of member events is asked for", 1..=12, |room| {
            room.member_is(BOB, "join");
            room.levels(json!({ "state_default": 100, "events": { "m.room.member": 100 } }));
            member(BOB, CAROL, "invite")
        }),
        rejected(
            InviteOtherwise,
            "`invite` is 50, and @bob:b.example has 49",
            "less than the level for inviting is not enough to invite",
            1..=12,
            |room| {
                room.member_is(BOB, "join");
                room.levels(json!({ "invite": 50, "users": { BOB: 49 } }));
                member(BOB, CAROL, "invite")
            },
        ),
        rejected(
            InviteOtherwise,
            "`invite` is 0, and @bob:b.example has -1",
            "a user with less than nothing does not invite",
            1..=12,
            |room| {
                room.member_is(BOB, "join");
                room.levels(json!({ "users": { BOB: -1 } }));
                member(BOB, CAROL, "invite")
            },
        ),
    ]
}
