//! Users who take no invites (MSC4380).
//!
//! <https://spec.matrix.org/v1.19/client-server-api/#invite-permission>

use exeunt_homeserver::{Action, Denial, Done, Refusal, Settings};

use crate::house::{
    VERSIONS, act, act_amid, following, invite, inviting, network, room, room_of, rooms, server,
    status, user,
};
use crate::wire::{Fate, requests};

#[test]
fn an_invite_that_is_blocked_is_refused_over_federation() {
    for version in VERSIONS {
        for (release, errcode) in
            [("v1.17", "M_FORBIDDEN"), ("v1.18", "M_INVITE_BLOCKED"), ("v1.19", "M_INVITE_BLOCKED")]
        {
            let mut network = network(2, following(release));
            let room_id = room(&mut network, version, "invite");
            let blocked = act(&mut network, "bob", Action::BlockInvites(true));
            assert_eq!(blocked, Ok(Done::Locally));
            assert!(network.server(&server(2)).unwrap().blocks_invites(&user("bob")));
            let before = rooms(&network, &room_id);
            let (denied, lines) =
                act_amid(&mut network, "alice", inviting("bob", &room_id), |_| Fate::Arrives);
            let tried = vec![(server(2), format!("403 {errcode}"))];
            assert_eq!(denied, Err(Denial::NobodyHelped(tried)), "{version} {release}");
            assert_eq!(requests(&lines), ["hs1 > hs2 v2/invite"], "{version} {release}");
            assert_eq!(status(&network, "bob", &room_id), None, "{version} {release}");
            assert_eq!(rooms(&network, &room_id), before, "{version} {release}");
        }
    }
}

#[test]
fn an_invite_that_is_blocked_is_refused_locally() {
    for version in VERSIONS {
        for (release, errcode) in [("v1.17", "M_FORBIDDEN"), ("v1.18", "M_INVITE_BLOCKED")] {
            let mut network = network(1, following(release));
            let room_id = room(&mut network, version, "invite");
            act(&mut network, "anna", Action::BlockInvites(true)).unwrap();
            let before = rooms(&network, &room_id);
            let denied = invite(&mut network, "alice", "anna", &room_id);
            let Err(Denial::Refused(refusal)) = denied else { panic!("{version}: {denied:?}") };
            assert!(matches!(refusal, Refusal::InviteBlocked { .. }), "{version}");
            assert_eq!((refusal.status(), refusal.errcode()), (403, errcode), "{version}");
            assert_eq!(status(&network, "anna", &room_id), None, "{version}");
            assert_eq!(rooms(&network, &room_id), before, "{version}");
        }
    }
}

/// The setting is the user's alone, and can be taken back.
#[test]
fn others_are_invited_and_so_is_who_takes_invites_again() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "invite");
        act(&mut network, "bob", Action::BlockInvites(true)).unwrap();
        invite(&mut network, "alice", "bert", &room_id).unwrap();
        assert_eq!(status(&network, "bert", &room_id), Some("invite"), "{version}");
        invite(&mut network, "alice", "bob", &room_id).unwrap_err();
        act(&mut network, "bob", Action::BlockInvites(false)).unwrap();
        invite(&mut network, "alice", "bob", &room_id).unwrap();
        assert_eq!(status(&network, "bob", &room_id), Some("invite"), "{version}");
    }
}

/// Invites that are there already stay, as memberships do.
#[test]
fn what_was_before_is_not_touched() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        invite(&mut network, "alice", "bert", &room_id).unwrap();
        for name in ["bob", "bert"] {
            act(&mut network, name, Action::BlockInvites(true)).unwrap();
        }
        assert_eq!(status(&network, "bob", &room_id), Some("join"), "{version}");
        assert_eq!(status(&network, "bert", &room_id), Some("invite"), "{version}");
    }
}
