//! Forgetting rooms (MSC4267).
//!
//! <https://spec.matrix.org/v1.19/client-server-api/#leaving-rooms>,
//! <https://spec.matrix.org/v1.19/client-server-api/#mforget_forced_upon_leave-capability>

use exeunt_event::RoomId;
use exeunt_homeserver::{Action, Denial, Done, Network, Refusal, Settings, Specification, Sync};
use serde_json::{Value as Json, json};

use crate::house::{
    KNOCKING, VERSIONS, act, act_amid, agree, bring, following, invite, join, knock, leave,
    leaving, message, network, room, room_of, room_with, rooms, server, status, user,
};
use crate::wire::{Fate, Passing};

fn forgetful() -> Settings {
    Settings { forget_upon_leave: true, ..Settings::default() }
}

fn forget(network: &mut Network, name: &str, room_id: &RoomId) -> Result<Done, Denial> {
    act(network, name, Action::Forget { room_id: room_id.clone() })
}

fn has_forgotten(network: &Network, name: &str, room_id: &RoomId) -> bool {
    let user = user(name);
    network.server(&user.server_name()).unwrap().view(&user, room_id).unwrap().forgotten
}

fn sync(network: &Network, name: &str, since: Option<u64>) -> Sync {
    let user = user(name);
    network.server(&user.server_name()).unwrap().sync(&user, since)
}

/// Nothing but where the next sync goes on.
fn nothing(sync: &Sync) -> bool {
    *sync == Sync { next: sync.next, ..Sync::default() }
}

fn capabilities(settings: Settings) -> Json {
    serde_json::from_str(&settings.capabilities().as_received()).unwrap()
}

/// Ways of bob's into a room of alice's and carol's and out of it again, each with what he is then.
type Way = (&'static str, fn(&mut Network, &RoomId), &'static str);

const OUT: [Way; 4] = [
    ("leaves", |network, room_id| drop(leave(network, "bob", room_id).unwrap()), "leave"),
    (
        "is kicked",
        |network, room_id| {
            let target = user("bob");
            let kick = Action::Kick { room_id: room_id.clone(), target, reason: None };
            act(network, "alice", kick).unwrap();
        },
        "leave",
    ),
    (
        "is banned",
        |network, room_id| {
            let target = user("bob");
            let ban = Action::Ban { room_id: room_id.clone(), target, reason: None };
            act(network, "alice", ban).unwrap();
        },
        "ban",
    ),
    (
        "leaves and is banned",
        |network, room_id| {
            leave(network, "bob", room_id).unwrap();
            join(network, "bob", room_id, &[1]).unwrap();
            let target = user("bob");
            let ban = Action::Ban { room_id: room_id.clone(), target, reason: None };
            act(network, "alice", ban).unwrap();
        },
        "ban",
    ),
];

/// A public room of alice's, bob's and carol's.
fn scene(version: &str, settings: Settings) -> (Network, RoomId) {
    let mut network = network(3, settings);
    let room_id = room(&mut network, version, "public");
    for name in ["bob", "carol"] {
        join(&mut network, name, &room_id, &[1]).unwrap();
    }
    (network, room_id)
}

/// "If the user is currently joined to the room, they must leave the room before calling this API."
#[test]
fn a_room_is_forgotten_only_after_it_was_left() {
    for version in VERSIONS {
        let (began, room_id) = scene(version, Settings::default());
        for (way, out, expected) in OUT {
            let mut network = began.clone();
            let refused = forget(&mut network, "bob", &room_id);
            assert_eq!(refused, Err(Denial::NotLeft), "{version} {way}");
            out(&mut network, &room_id);
            assert!(!has_forgotten(&network, "bob", &room_id), "{version} {way}");
            let done = forget(&mut network, "bob", &room_id);
            assert_eq!(done, Ok(Done::Locally), "{version} {way}");
            assert!(has_forgotten(&network, "bob", &room_id), "{version} {way}");
            assert_eq!(status(&network, "bob", &room_id), Some(expected), "{version} {way}");
            // And again, which changes nothing.
            let before = sync(&network, "bob", None);
            assert_eq!(forget(&mut network, "bob", &room_id), Ok(Done::Locally), "{version}");
            assert_eq!(sync(&network, "bob", None), before, "{version} {way}");
        }
    }
}

#[test]
fn invites_and_knocks_are_left_before_they_are_forgotten() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "invite");
        invite(&mut network, "alice", "bob", &room_id).unwrap();
        assert_eq!(forget(&mut network, "bob", &room_id), Err(Denial::NotLeft), "{version}");
        leave(&mut network, "bob", &room_id).unwrap();
        forget(&mut network, "bob", &room_id).unwrap();
    }
    for version in KNOCKING {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "knock");
        knock(&mut network, "bob", &room_id, &[1]).unwrap();
        assert_eq!(forget(&mut network, "bob", &room_id), Err(Denial::NotLeft), "{version}");
        leave(&mut network, "bob", &room_id).unwrap();
        forget(&mut network, "bob", &room_id).unwrap();
    }
}

#[test]
fn what_one_never_saw_cannot_be_forgotten() {
    for version in VERSIONS {
        let (mut network, room_id) = scene(version, Settings::default());
        let unknown = Err(Denial::Refused(Refusal::UnknownRoom));
        assert_eq!(forget(&mut network, "bert", &room_id), unknown, "{version}");
        let nowhere = RoomId::parse("!nowhere:hs1").unwrap();
        assert_eq!(forget(&mut network, "bob", &nowhere), unknown, "{version}");
    }
}

/// "This behavior applies irrespective of whether the user has left the room on their own … or has
/// been kicked or banned from the room by another user."
#[test]
fn a_server_can_be_set_to_forget_whoever_is_out() {
    for version in VERSIONS {
        let (began, room_id) = scene(version, forgetful());
        for (way, out, expected) in OUT {
            let mut network = began.clone();
            assert!(!has_forgotten(&network, "bob", &room_id), "{version} {way}");
            out(&mut network, &room_id);
            assert_eq!(status(&network, "bob", &room_id), Some(expected), "{version} {way}");
            assert!(has_forgotten(&network, "bob", &room_id), "{version} {way}");
            // Others are where they were.
            assert!(!has_forgotten(&network, "carol", &room_id), "{version} {way}");
            assert!(nothing(&sync(&network, "bob", None)), "{version} {way}");
        }
    }
}

#[test]
fn such_a_server_forgets_rejected_invites_and_retracted_knocks_told_or_untold() {
    for version in VERSIONS {
        for is_told in [true, false] {
            let mut network = network(2, forgetful());
            let room_id = room(&mut network, version, "invite");
            invite(&mut network, "alice", "bob", &room_id).unwrap();
            let fault =
                |_: &Passing| if is_told { Fate::Arrives } else { Fate::error(500, "M_UNKNOWN") };
            act_amid(&mut network, "bob", leaving(&room_id), fault).0.unwrap();
            assert!(has_forgotten(&network, "bob", &room_id), "{version} {is_told}");
        }
    }
    for version in KNOCKING {
        for is_told in [true, false] {
            let mut network = network(2, forgetful());
            let room_id = room(&mut network, version, "knock");
            knock(&mut network, "bob", &room_id, &[1]).unwrap();
            let fault =
                |_: &Passing| if is_told { Fate::Arrives } else { Fate::error(500, "M_UNKNOWN") };
            act_amid(&mut network, "bob", leaving(&room_id), fault).0.unwrap();
            assert!(has_forgotten(&network, "bob", &room_id), "{version} {is_told}");
        }
    }
}

#[test]
fn a_server_that_forgets_by_itself_says_so_among_its_capabilities() {
    let enabled = json!({ "m.forget_forced_upon_leave": { "enabled": true } });
    for release in Specification::all() {
        let named = following(&release.to_string());
        // Without the capability "clients SHOULD assume that the server does not … forget rooms".
        assert_eq!(capabilities(named), json!({}), "{release}");
        let has_capability = release >= "v1.18".parse().unwrap();
        let expected = if has_capability { enabled.clone() } else { json!({}) };
        assert_eq!(capabilities(Settings { forget_upon_leave: true, ..named }), expected);
    }
    let server = network(1, forgetful()).server(&server(1)).unwrap().clone();
    assert_eq!(capabilities(*server.settings()), enabled);
}

/// Incremental syncs: that a room was left is told once, and nothing after it was forgotten.
#[test]
fn sync_tells_of_leaving_and_then_no_more() {
    for version in VERSIONS {
        let (began, room_id) = scene(version, Settings::default());
        for (way, out, _) in OUT {
            let mut network = began.clone();
            let first = sync(&network, "bob", None);
            assert_eq!(first.join, std::slice::from_ref(&room_id), "{version} {way}");
            out(&mut network, &room_id);
            let left = sync(&network, "bob", Some(first.next));
            assert_eq!((&left.join[..], &left.leave[..]), (&[][..], &[room_id.clone()][..]));
            assert!(nothing(&sync(&network, "bob", Some(left.next))), "{version} {way}");
            forget(&mut network, "bob", &room_id).unwrap();
            assert!(nothing(&sync(&network, "bob", Some(left.next))), "{version} {way}");
            // What happens in the room is nothing to who forgot it.
            act(&mut network, "alice", message(&room_id, "?")).unwrap();
            assert!(nothing(&sync(&network, "bob", Some(left.next))), "{version} {way}");
            assert!(nothing(&sync(&network, "bob", None)), "{version} {way}");
        }
    }
}

/// A client that has not synced in between has to learn that its user is not in the room any more,
/// be it forgotten by itself or by the server. A first sync knows of nothing that was left.
#[test]
fn a_client_learns_of_a_room_that_was_forgotten_at_once() {
    for version in VERSIONS {
        for settings in [forgetful(), Settings::default()] {
            let (began, room_id) = scene(version, settings);
            for (way, out, _) in OUT {
                let mut network = began.clone();
                let first = sync(&network, "bob", None);
                out(&mut network, &room_id);
                forget(&mut network, "bob", &room_id).unwrap();
                let left = sync(&network, "bob", Some(first.next));
                assert_eq!(left.leave, std::slice::from_ref(&room_id), "{version} {way}");
                assert!(left.join.is_empty(), "{version} {way}");
                assert!(nothing(&sync(&network, "bob", Some(left.next))), "{version} {way}");
                assert!(nothing(&sync(&network, "bob", None)), "{version} {way}");
            }
        }
    }
}

/// "…until the user re-joins, is re-invited, or knocks."
#[test]
fn a_join_an_invite_or_a_knock_brings_a_forgotten_room_back() {
    for version in VERSIONS {
        for settings in [Settings::default(), forgetful()] {
            let (mut began, room_id) = scene(version, settings);
            leave(&mut began, "bob", &room_id).unwrap();
            forget(&mut began, "bob", &room_id).unwrap();
            let since = sync(&began, "bob", None).next;

            let mut network = began.clone();
            join(&mut network, "bob", &room_id, &[1]).unwrap();
            assert!(!has_forgotten(&network, "bob", &room_id), "{version}");
            assert_eq!(
                sync(&network, "bob", Some(since)).join,
                std::slice::from_ref(&room_id),
                "{version}"
            );
            assert_eq!(
                sync(&network, "bob", None).join,
                std::slice::from_ref(&room_id),
                "{version}"
            );
            assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");

            let mut network = began.clone();
            invite(&mut network, "alice", "bob", &room_id).unwrap();
            assert!(!has_forgotten(&network, "bob", &room_id), "{version}");
            assert_eq!(
                sync(&network, "bob", Some(since)).invite,
                std::slice::from_ref(&room_id),
                "{version}"
            );
            assert_eq!(
                sync(&network, "bob", None).invite,
                std::slice::from_ref(&room_id),
                "{version}"
            );
        }
    }
    for version in KNOCKING {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "knock");
        bring(&mut network, "bob", &room_id);
        leave(&mut network, "bob", &room_id).unwrap();
        forget(&mut network, "bob", &room_id).unwrap();
        knock(&mut network, "bob", &room_id, &[1]).unwrap();
        assert!(!has_forgotten(&network, "bob", &room_id), "{version}");
        assert_eq!(sync(&network, "bob", None).knock, std::slice::from_ref(&room_id), "{version}");
    }
}

/// Being banned or unbanned is no way back.
#[test]
fn a_forgotten_room_stays_so_whatever_others_do_with_who_left() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        bring(&mut network, "bert", &room_id);
        leave(&mut network, "bob", &room_id).unwrap();
        forget(&mut network, "bob", &room_id).unwrap();
        let since = sync(&network, "bob", None).next;
        let (target, room) = (|| user("bob"), || room_id.clone());
        for action in [
            Action::Ban { room_id: room(), target: target(), reason: None },
            Action::Unban { room_id: room(), target: target() },
        ] {
            act(&mut network, "alice", action).unwrap();
            assert!(has_forgotten(&network, "bob", &room_id), "{version}");
            assert!(nothing(&sync(&network, "bob", Some(since))), "{version}");
        }
    }
}

/// One user's view is no other's, and one room's no other's.
#[test]
fn others_of_the_server_and_other_rooms_are_not_concerned() {
    for version in VERSIONS {
        for settings in [Settings::default(), forgetful()] {
            let (mut network, room_id) = scene(version, settings);
            let rules = json!({ "join_rule": "public" });
            let other = room_with(&mut network, version, "!second:hs1", &rules);
            join(&mut network, "bob", &other, &[1]).unwrap();
            join(&mut network, "bert", &room_id, &[]).unwrap();
            leave(&mut network, "bob", &room_id).unwrap();
            forget(&mut network, "bob", &room_id).unwrap();
            assert!(!has_forgotten(&network, "bert", &room_id), "{version}");
            assert_eq!(
                sync(&network, "bert", None).join,
                std::slice::from_ref(&room_id),
                "{version}"
            );
            assert_eq!(sync(&network, "bob", None).join, [other], "{version}");
            act(&mut network, "bert", message(&room_id, "still here")).unwrap();
            assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");
        }
    }
}

/// Law F10: forgetting is between a user and their server.
#[test]
fn forgetting_touches_no_room_and_sends_nothing() {
    for version in VERSIONS {
        let (began, room_id) = scene(version, Settings::default());
        let (beside, _) = scene(version, forgetful());
        for (way, out, _) in OUT {
            let mut network = began.clone();
            out(&mut network, &room_id);
            let before = rooms(&network, &room_id);
            let forget = Action::Forget { room_id: room_id.clone() };
            let (done, lines) = act_amid(&mut network, "bob", forget, |_| Fate::Arrives);
            assert_eq!(done, Ok(Done::Locally), "{version} {way}");
            assert!(lines.is_empty(), "{version} {way}: {lines:?}");
            assert_eq!(rooms(&network, &room_id), before, "{version} {way}");

            // And the rooms of servers that forget by themselves are those of others.
            let mut forgetting = beside.clone();
            out(&mut forgetting, &room_id);
            assert_eq!(rooms(&forgetting, &room_id), before, "{version} {way}");
        }
    }
}
