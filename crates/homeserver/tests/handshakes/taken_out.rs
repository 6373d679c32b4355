//! Kicks, bans, unbans, invites taken back and knocks denied: what reaches the target's server, and
//! what of it is believed by a server that is not in the room.

use exeunt_event::RoomId;
use exeunt_homeserver::{Action, Denial, Done, Network, Settings};
use serde_json::{Value as Json, json};

use crate::house::{
    KNOCKING, VERSIONS, act, act_amid, agree, bring, entry, invite, join, knock, leave, membership,
    message, network, room, room_of, rooms, server, state, status, user,
};
use crate::wire::{Fate, ask, requests, signed, transactions};

type Doing = fn(&str, &RoomId) -> Action;

fn kick(name: &str, room_id: &RoomId) -> Action {
    let reason = Some("rude".to_owned());
    Action::Kick { room_id: room_id.clone(), target: user(name), reason }
}

fn ban(name: &str, room_id: &RoomId) -> Action {
    let reason = Some("rude".to_owned());
    Action::Ban { room_id: room_id.clone(), target: user(name), reason }
}

fn unban(name: &str, room_id: &RoomId) -> Action {
    Action::Unban { room_id: room_id.clone(), target: user(name) }
}

/// Carol may kick and ban as alice may.
fn promote_carol(network: &mut Network, version: &str, room_id: &RoomId) {
    let users = match version {
        "12" => json!({ "@carol:hs3": 50 }),
        _ => json!({ "@alice:hs1": 100, "@carol:hs3": 50 }),
    };
    let levels = json!({ "users": users });
    act(network, "alice", state(room_id, "m.room.power_levels", "", &levels)).unwrap();
}

#[test]
fn who_is_kicked_or_banned_is_out_at_every_server() {
    for version in VERSIONS {
        for (action, expected) in [(kick as Doing, "leave"), (ban, "ban")] {
            let mut network = network(3, Settings::default());
            let room_id = room_of(&mut network, version, &["bob", "carol"]);
            let action = action("bob", &room_id);
            let (done, lines) = act_amid(&mut network, "alice", action, |_| Fate::Arrives);
            assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
            let told = ["hs1 > hs2 v1/send", "hs1 > hs3 v1/send"];
            assert_eq!(transactions(&lines), told, "{version}");
            assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");
            let member = entry(&network, 2, "m.room.member", "@bob:hs2", &room_id).unwrap();
            assert_eq!(member["content"]["reason"], "rude", "{version}");
            assert_eq!(status(&network, "bob", &room_id), Some(expected), "{version}");
            assert!(!network.server(&server(2)).unwrap().is_resident(&room_id), "{version}");
            // From now on the room is none of that server's business.
            let (_, lines) =
                act_amid(&mut network, "alice", message(&room_id, "gone"), |_| Fate::Arrives);
            assert_eq!(transactions(&lines), ["hs1 > hs3 v1/send"], "{version}");
            act(&mut network, "bob", message(&room_id, "no!")).unwrap_err();
        }
    }
}

#[test]
fn who_was_kicked_may_come_back_and_who_was_banned_after_an_unban_alone() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "public");
        join(&mut network, "bob", &room_id, &[1]).unwrap();
        act(&mut network, "alice", kick("bob", &room_id)).unwrap();
        join(&mut network, "bob", &room_id, &[1]).unwrap();
        act(&mut network, "alice", ban("bob", &room_id)).unwrap();
        let said = "403 M_FORBIDDEN".to_owned();
        let denied = Err(Denial::NobodyHelped(vec![(server(1), said)]));
        assert_eq!(join(&mut network, "bob", &room_id, &[1]), denied, "{version}");
        let (done, lines) =
            act_amid(&mut network, "alice", unban("bob", &room_id), |_| Fate::Arrives);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "leave", "{version}");
        // The unban goes there, but the server has nobody in the room to check it with.
        assert_eq!(transactions(&lines), ["hs1 > hs2 v1/send"], "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("ban"), "{version}");
        join(&mut network, "bob", &room_id, &[1]).unwrap();
        assert_eq!(status(&network, "bob", &room_id), Some("join"), "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

/// A server that has others in the room sees all of it.
#[test]
fn an_unban_is_seen_where_the_room_is() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        act(&mut network, "alice", ban("bert", &room_id)).unwrap();
        assert_eq!(status(&network, "bert", &room_id), Some("ban"), "{version}");
        act(&mut network, "alice", unban("bert", &room_id)).unwrap();
        assert_eq!(status(&network, "bert", &room_id), Some("leave"), "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

#[test]
fn who_may_not_kick_or_ban_sends_nothing() {
    for version in VERSIONS {
        let mut network = network(3, Settings::default());
        let room_id = room_of(&mut network, version, &["bob", "carol"]);
        let before = rooms(&network, &room_id);
        for action in [kick("carol", &room_id), ban("alice", &room_id), unban("carol", &room_id)] {
            let (denied, lines) = act_amid(&mut network, "bob", action, |_| Fate::Arrives);
            assert!(matches!(denied, Err(Denial::Refused(_))), "{version}: {denied:?}");
            assert!(lines.is_empty(), "{version}: {lines:?}");
        }
        assert_eq!(rooms(&network, &room_id), before, "{version}");
    }
}

#[test]
fn who_invited_takes_the_invite_back() {
    for version in VERSIONS {
        for (action, expected) in [(kick as Doing, "leave"), (ban, "ban")] {
            let mut network = network(2, Settings::default());
            let room_id = room(&mut network, version, "invite");
            invite(&mut network, "alice", "bob", &room_id).unwrap();
            let action = action("bob", &room_id);
            let (done, lines) = act_amid(&mut network, "alice", action, |_| Fate::Arrives);
            assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
            assert_eq!(transactions(&lines), ["hs1 > hs2 v1/send"], "{version}");
            assert_eq!(status(&network, "bob", &room_id), Some(expected), "{version}");
            assert_eq!(rooms(&network, &room_id)[1], None, "{version}");
            assert_eq!(leave(&mut network, "bob", &room_id), Err(Denial::NothingToLeave));
        }
    }
}

/// The text does not say whose word a server takes about a room that it is not in. Here it is the
/// inviter's alone; an invite that somebody else took back is found to be gone when it is used.
#[test]
fn what_others_do_to_an_invite_is_not_believed() {
    for version in VERSIONS {
        let mut network = network(3, Settings::default());
        let room_id = room_of(&mut network, version, &["carol"]);
        promote_carol(&mut network, version, &room_id);
        invite(&mut network, "alice", "bob", &room_id).unwrap();
        let (done, lines) =
            act_amid(&mut network, "carol", kick("bob", &room_id), |_| Fate::Arrives);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        assert!(transactions(&lines).contains(&"hs3 > hs2 v1/send"), "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "leave", "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("invite"), "{version}");
        let denied = join(&mut network, "bob", &room_id, &[]);
        assert!(matches!(denied, Err(Denial::NobodyHelped(_))), "{version}: {denied:?}");
        let done = leave(&mut network, "bob", &room_id);
        assert!(matches!(done, Ok(Done::LeftUntold { .. })), "{version}: {done:?}");
        assert_eq!(status(&network, "bob", &room_id), Some("leave"), "{version}");
    }
}

/// Bob knocked at alice's server.
fn knocked(version: &str) -> (Network, RoomId) {
    let mut network = network(3, Settings::default());
    let room_id = room(&mut network, version, "knock");
    bring(&mut network, "carol", &room_id);
    promote_carol(&mut network, version, &room_id);
    knock(&mut network, "bob", &room_id, &[1]).unwrap();
    (network, room_id)
}

#[test]
fn a_knock_is_denied_by_the_server_that_was_knocked_at() {
    for version in KNOCKING {
        for (action, expected) in [(kick as Doing, "leave"), (ban, "ban")] {
            let (mut network, room_id) = knocked(version);
            let action = action("bob", &room_id);
            let (done, lines) = act_amid(&mut network, "alice", action, |_| Fate::Arrives);
            assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
            assert!(requests(&lines).is_empty(), "{version}");
            let told = ["hs1 > hs2 v1/send", "hs1 > hs3 v1/send"];
            assert_eq!(transactions(&lines), told, "{version}");
            assert_eq!(status(&network, "bob", &room_id), Some(expected), "{version}");
            assert_eq!(rooms(&network, &room_id)[1], None, "{version}");
        }
        let (mut network, room_id) = knocked(version);
        act(&mut network, "carol", kick("bob", &room_id)).unwrap();
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "leave", "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("knock"), "{version}");
    }
}

/// The event that would end bob's invite or knock, as alice made it, and was lost on the way.
fn undelivered(network: &mut Network, room_id: &RoomId) -> Json {
    let mut aside = network.clone();
    act(&mut aside, "alice", kick("bob", room_id)).unwrap();
    entry(&aside, 1, "m.room.member", "@bob:hs2", room_id).unwrap()
}

fn hand_over(network: &mut Network, by: u8, pdu: &Json) -> Json {
    let body = json!({ "origin": "x", "origin_server_ts": 1, "pdus": [pdu], "edus": [] });
    let (status, answer) = ask(network, (by, 2), "PUT", "v1/send/stray", Some(&body));
    assert_eq!(status, 200, "{answer}");
    answer["pdus"].as_object().unwrap().values().next().cloned().unwrap_or(json!("nothing"))
}

type Forge = fn(&mut Json);

/// Each of these comes about a room that the server is not in.
const STRAYS: [(&str, Forge, u8, u8); 6] = [
    ("by way of another server", |_| (), 1, 3),
    ("of a user of another server", |it| it["sender"] = json!("@carol:hs3"), 3, 3),
    ("signed by another server", |_| (), 3, 1),
    ("with another membership", |it| it["content"]["membership"] = json!("join"), 1, 1),
    ("of another type", |it| it["type"] = json!("m.room.topic"), 1, 1),
    ("of another room", |it| it["room_id"] = json!("!another:hs1"), 1, 1),
];

#[test]
fn a_stray_leave_is_believed_to_the_inviter_alone() {
    for version in VERSIONS {
        let mut began = network(3, Settings::default());
        let room_id = room_of(&mut began, version, &["carol"]);
        invite(&mut began, "alice", "bob", &room_id).unwrap();
        let leave = undelivered(&mut began, &room_id);
        let colleague: (_, Forge, _, _) =
            ("of another user of that server", |it| it["sender"] = json!("@anna:hs1"), 1, 1);
        for (name, forge, signer, by) in STRAYS.into_iter().chain([colleague]) {
            let mut network = began.clone();
            let before = rooms(&network, &room_id);
            let mut stray = leave.clone();
            forge(&mut stray);
            let (stray, _) = signed(&stray, signer, version);
            let result = hand_over(&mut network, by, &stray);
            assert_ne!(result, json!({}), "{version} {name}");
            assert_eq!(status(&network, "bob", &room_id), Some("invite"), "{version} {name}");
            assert_eq!(rooms(&network, &room_id), before, "{version} {name}");
        }
        let mut network = began;
        assert_eq!(hand_over(&mut network, 1, &leave), json!({}), "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("leave"), "{version}");
    }
}

#[test]
fn a_stray_leave_is_believed_to_the_server_that_was_knocked_at_alone() {
    for version in KNOCKING {
        let (mut began, room_id) = knocked(version);
        let leave = undelivered(&mut began, &room_id);
        for (name, forge, signer, by) in STRAYS {
            let mut network = began.clone();
            let mut stray = leave.clone();
            forge(&mut stray);
            let (stray, _) = signed(&stray, signer, version);
            let result = hand_over(&mut network, by, &stray);
            assert_ne!(result, json!({}), "{version} {name}");
            assert_eq!(status(&network, "bob", &room_id), Some("knock"), "{version} {name}");
        }
        let mut network = began;
        assert_eq!(hand_over(&mut network, 1, &leave), json!({}), "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("leave"), "{version}");
    }
}

/// Who has neither invite nor knock cannot be taken out of anything.
#[test]
fn a_stray_leave_of_somebody_who_is_not_there_is_nothing() {
    for version in VERSIONS {
        let mut network = network(3, Settings::default());
        let room_id = room(&mut network, version, "public");
        let before = rooms(&network, &room_id);
        act(&mut network, "alice", ban("bob", &room_id)).unwrap();
        assert_eq!(status(&network, "bob", &room_id), None, "{version}");
        assert_eq!(rooms(&network, &room_id)[1], before[1], "{version}");
        assert_eq!(before[1], None, "{version}");
    }
}
