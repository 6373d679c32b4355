//! Leaving a room that the user's server is in: no handshake, an event.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#leaving-rooms-rejecting-invites>

use exeunt_homeserver::{Action, Denial, Done, Refusal, Settings};

use crate::house::{
    VERSIONS, act, act_amid, agree, entry, invite, join, leave, leaving, membership, message,
    network, room, room_of, rooms, status, user,
};
use crate::wire::{Fate, requests, transactions};

#[test]
fn who_is_in_the_room_leaves_by_an_event_that_every_server_in_it_gets() {
    for version in VERSIONS {
        let mut network = network(3, Settings::default());
        let room_id = room_of(&mut network, version, &["bob", "carol"]);
        let reason = Some("enough".to_owned());
        let action = Action::Leave { room_id: room_id.clone(), reason };
        let (done, lines) = act_amid(&mut network, "bob", action, |_| Fate::Arrives);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}");
        assert!(requests(&lines).is_empty(), "{version}: {lines:?}");
        assert_eq!(transactions(&lines), ["hs2 > hs1 v1/send", "hs2 > hs3 v1/send"], "{version}");
        assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");
        for at in [1, 2, 3] {
            let member = entry(&network, at, "m.room.member", "@bob:hs2", &room_id).unwrap();
            assert_eq!(member["content"]["membership"], "leave", "{version}");
            assert_eq!(member["content"]["reason"], "enough", "{version}");
        }
        assert_eq!(status(&network, "bob", &room_id), Some("leave"), "{version}");
    }
}

#[test]
fn a_server_that_has_others_in_the_room_stays_in_it() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        invite(&mut network, "bob", "bert", &room_id).unwrap();
        join(&mut network, "bert", &room_id, &[]).unwrap();
        leave(&mut network, "bob", &room_id).unwrap();
        assert!(network.server(&user("bob").server_name()).unwrap().is_resident(&room_id));
        act(&mut network, "alice", message(&room_id, "are you there?")).unwrap();
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

/// The server hears nothing more of the room, and its copy stays as it was.
#[test]
fn who_left_last_of_a_server_takes_the_server_out() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        leave(&mut network, "bob", &room_id).unwrap();
        let before = rooms(&network, &room_id);
        let (_, lines) =
            act_amid(&mut network, "alice", message(&room_id, "gone?"), |_| Fate::Arrives);
        assert!(lines.is_empty(), "{version}: {lines:?}");
        assert_eq!(rooms(&network, &room_id)[1], before[1], "{version}");
        assert!(!network.server(&user("bob").server_name()).unwrap().is_resident(&room_id));
    }
}

#[test]
fn a_local_invite_is_rejected_without_asking_anybody() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        invite(&mut network, "alice", "anna", &room_id).unwrap();
        assert_eq!(status(&network, "anna", &room_id), Some("invite"), "{version}");
        let (done, lines) = act_amid(&mut network, "anna", leaving(&room_id), |_| Fate::Arrives);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}");
        assert!(requests(&lines).is_empty(), "{version}: {lines:?}");
        assert_eq!(membership(&network, 2, "anna", &room_id).unwrap(), "leave", "{version}");
    }
}

/// An invite of bert's that came by the room, as bob was in it; then bob leaves.
#[test]
fn an_invite_outlives_the_servers_last_user_and_is_rejected_by_handshake() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        invite(&mut network, "alice", "bert", &room_id).unwrap();
        leave(&mut network, "bob", &room_id).unwrap();
        assert_eq!(status(&network, "bert", &room_id), Some("invite"), "{version}");
        let (done, lines) = act_amid(&mut network, "bert", leaving(&room_id), |_| Fate::Arrives);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}");
        let asked = ["hs2 > hs1 v1/make_leave", "hs2 > hs1 v2/send_leave"];
        assert_eq!(requests(&lines), asked, "{version}");
        assert_eq!(membership(&network, 1, "bert", &room_id).unwrap(), "leave", "{version}");
        assert_eq!(status(&network, "bert", &room_id), Some("leave"), "{version}");
    }
}

#[test]
fn who_has_nothing_to_leave_is_told_so_and_nobody_is_asked() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "public");
        let before = rooms(&network, &room_id);
        let (denied, lines) = act_amid(&mut network, "bob", leaving(&room_id), |_| Fate::Arrives);
        assert_eq!(denied, Err(Denial::NothingToLeave), "{version}");
        assert!(lines.is_empty(), "{version}: {lines:?}");
        // At a server in the room the rules say so: rule 5.5.1 of the first version.
        let denied = leave(&mut network, "anna", &room_id);
        let is_rule = matches!(denied, Err(Denial::Refused(Refusal::NotAllowed { .. })));
        assert!(is_rule, "{version}: {denied:?}");
        assert_eq!(rooms(&network, &room_id), before, "{version}");
    }
}

#[test]
fn nobody_leaves_twice_and_no_ban_is_left() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        leave(&mut network, "bob", &room_id).unwrap();
        assert_eq!(leave(&mut network, "bob", &room_id), Err(Denial::NothingToLeave), "{version}");
        let target = user("bob");
        let ban = Action::Ban { room_id: room_id.clone(), target, reason: None };
        act(&mut network, "alice", ban).unwrap();
        assert_eq!(leave(&mut network, "bob", &room_id), Err(Denial::NothingToLeave), "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "ban", "{version}");
    }
}
