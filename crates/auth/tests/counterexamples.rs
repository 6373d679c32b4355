//! The smallest rooms in which a law that one might expect does not hold.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod room;

use exeunt_auth::Rule;
use exeunt_version::RoomVersion;
use serde_json::json;

use room::{
    ALICE, BOB, CAROL, Draft, Room, invite_keys, member, message, signed, state_event, version,
};

/// What the rules say of an event, and what they say once an event of the state, or the event
/// itself, is redacted.
fn before_and_after(
    number: u8,
    redacted: Option<&str>,
    build: impl Fn(&mut Room) -> Draft,
) -> [(bool, Rule); 2] {
    let mut room = Room::new(version(number));
    let draft = build(&mut room);
    let event = room.make(&draft);
    let said = |room: &Room, event: &exeunt_event::Event| {
        let verdict = room.by_state(event, None);
        (verdict.is_allowed(), verdict.rule())
    };
    let before = said(&room, &event);
    let version: RoomVersion = room.version.clone();
    let after = if let Some(event_type) = redacted {
        let entry = room.entry(event_type, if event_type == "m.room.member" { BOB } else { "" });
        room.state.insert(entry.redacted(&version));
        said(&room, &event)
    } else {
        said(&room, &event.redacted(&version))
    };
    [before, after]
}

/// The versions in which redaction changes the verdict.
fn versions(redacted: Option<&str>, build: impl Fn(&mut Room) -> Draft) -> Vec<u8> {
    let changes = |number: &u8| {
        let [before, after] = before_and_after(*number, redacted, &build);
        before != after
    };
    (1..=12).filter(changes).collect()
}

/// S13: redacted power levels let somebody invite whom they did not let.
#[test]
fn redaction_takes_the_level_for_inviting_up_to_version_10() {
    let invites = |room: &mut Room| {
        room.member_is(BOB, "join");
        room.levels(json!({ "invite": 50 }));
        member(BOB, CAROL, "invite")
    };
    let levels = Some("m.room.power_levels");
    assert_eq!(versions(levels, invites), (1..=10).collect::<Vec<_>>());
    assert_eq!(
        before_and_after(10, levels, invites),
        [(false, Rule::InviteOtherwise), (true, Rule::InviteAllowed)]
    );
}

/// S13: a redacted join has nobody who vouches for it.
#[test]
fn redaction_takes_who_vouches_in_version_8() {
    let joins = |room: &mut Room| {
        room.join_rule("restricted");
        member(BOB, BOB, "join").saying("join_authorised_via_users_server", ALICE)
    };
    assert_eq!(versions(None, joins), [8]);
    assert_eq!(
        before_and_after(8, None, joins),
        [(true, Rule::JoinRestrictedAllowed), (false, Rule::JoinRestrictedAuthoriser)]
    );
}

/// S13: a redacted invite is no longer one through a third party.
#[test]
fn redaction_takes_the_third_party_up_to_version_10() {
    let invites = |room: &mut Room| {
        room.put(&state_event(CAROL, "m.room.third_party_invite", "token", invite_keys(&[1])));
        member(CAROL, BOB, "invite").saying("third_party_invite", signed(BOB, "token", 1))
    };
    assert_eq!(versions(None, invites), (1..=10).collect::<Vec<_>>());
    assert_eq!(
        before_and_after(10, None, invites),
        [(true, Rule::InviteThirdPartySignature), (false, Rule::InviteSenderNotJoined)]
    );
}

/// S13: a redacted third-party invite has no keys, in any version.
#[test]
fn redaction_takes_the_keys_of_a_third_party_invite_in_every_version() {
    for number in 1..=12 {
        let mut room = Room::new(version(number));
        let invite = state_event(CAROL, "m.room.third_party_invite", "token", invite_keys(&[1]));
        let invite = room.put(&invite);
        let proof = signed(BOB, "token", 1);
        let event = room.make(&member(CAROL, BOB, "invite").saying("third_party_invite", proof));
        assert_eq!(room.by_state(&event, None).rule(), Rule::InviteThirdPartySignature);
        room.state.insert(invite.redacted(&room.version));
        assert_eq!(room.by_state(&event, None).rule(), Rule::InviteThirdPartyOtherwise);
    }
}

/// S13: redacted power levels change no notifications, so that anybody with power may send them.
#[test]
fn redaction_takes_notifications_from_version_6_on() {
    let changes = |room: &mut Room| {
        room.member_is(BOB, "join");
        let users = json!({ BOB: 50 });
        room.levels(json!({ "users": users }));
        let new = json!({ "users": users, "notifications": { "room": 51 } });
        state_event(BOB, "m.room.power_levels", "", new)
    };
    assert_eq!(versions(None, changes), (6..=12).collect::<Vec<_>>());
    assert_eq!(
        before_and_after(6, None, changes),
        [(false, Rule::PowerLevelsNewEntry), (true, Rule::PowerLevelsAllowed)]
    );
}

/// S13: a redacted create event opens the room to other servers.
#[test]
fn redaction_opens_a_room_to_other_servers_up_to_version_10() {
    let speaks = |room: &mut Room| {
        room.created_with(&json!({ "m.federate": false }));
        room.member_is(BOB, "join");
        message(BOB, "m.room.message", json!({}))
    };
    let create = Some("m.room.create");
    assert_eq!(versions(create, speaks), (1..=10).collect::<Vec<_>>());
    assert_eq!(
        before_and_after(10, create, speaks),
        [(false, Rule::NotFederated), (true, Rule::Otherwise)]
    );
}

/// S13 holds for memberships in the state: the rules read nothing of them that redaction takes.
#[test]
fn redaction_of_a_membership_in_the_state_changes_nothing() {
    let speaks = |room: &mut Room| {
        room.put(&member(BOB, BOB, "join").saying("displayname", "Bottom"));
        message(BOB, "m.room.message", json!({}))
    };
    assert_eq!(versions(Some("m.room.member"), speaks), [0_u8; 0]);
}

/// S9: up to version 11 the creator lowers themselves, and is then removed like anybody else.
#[test]
fn creators_can_be_removed_up_to_version_11() {
    for number in 1..=12 {
        let mut room = Room::new(version(number));
        room.member_is(BOB, "join");
        room.levels(json!({ "users": { BOB: 50 } }));
        let kick = room.make(&member(BOB, ALICE, "leave"));
        assert_eq!(room.by_state(&kick, None).is_allowed(), number < 12);
    }
}

/// S10: in a room that does not federate, somebody from elsewhere may be invited or banned: such
/// members are not local.
#[test]
fn an_unfederated_room_may_have_members_from_elsewhere() {
    for version in RoomVersion::all() {
        let mut room = Room::new(version);
        room.created_with(&json!({ "m.federate": false }));
        for membership in ["invite", "ban"] {
            let event = room.make(&member(ALICE, BOB, membership));
            assert!(room.by_state(&event, None).is_allowed());
        }
    }
}

/// S14: the token of a third-party invite may be somebody else's user ID.
#[test]
fn the_token_of_a_third_party_invite_may_be_a_user() {
    for version in RoomVersion::all() {
        let mut room = Room::new(version);
        room.member_is(BOB, "join");
        let event = room.make(&state_event(BOB, "m.room.third_party_invite", CAROL, json!({})));
        assert_eq!(room.by_state(&event, None).rule(), Rule::ThirdPartyInviteLevel);
        assert!(room.by_state(&event, None).is_allowed());
    }
}

/// S7 and S8 as one might say them, about power and not about entries: who is listed below the
/// level of everybody, or not at all, is out of the rules' sight.
#[test]
fn the_level_of_everybody_makes_power_that_nobody_gave() {
    let power = |levels: &serde_json::Value, user| {
        let user = levels["users"].get(user).unwrap_or(&levels["users_default"]);
        user.as_i64().unwrap()
    };
    let current = json!({ "users_default": 100, "users": { BOB: 50, CAROL: 0 } });
    // Bob with power 50 raises himself to 100; raises Carol to 100; lowers Alice from 100 to 0,
    // which a creator of version 12 cannot be.
    let [himself, carol, alice] = [
        json!({ "users_default": 100, "users": { CAROL: 0 } }),
        json!({ "users_default": 100, "users": { BOB: 50 } }),
        json!({ "users_default": 100, "users": { ALICE: 0, BOB: 50, CAROL: 0 } }),
    ];
    assert_eq!((power(&current, BOB), power(&himself, BOB)), (50, 100));
    assert_eq!((power(&current, CAROL), power(&carol, CAROL)), (0, 100));
    assert_eq!((power(&current, ALICE), power(&alice, ALICE)), (100, 0));
    for number in 1..=12 {
        let mut room = Room::new(version(number));
        room.member_is(BOB, "join");
        room.levels(current.clone());
        for new in [&himself, &carol, &alice] {
            if number == 12 && new == &alice {
                continue;
            }
            let event = room.make(&state_event(BOB, "m.room.power_levels", "", new.clone()));
            assert_eq!(room.by_state(&event, None).rule(), Rule::PowerLevelsAllowed);
        }
    }
}
