//! An invite or a knock that ended does not come back, whatever comes late or twice.
//!
//! "Whether or not they actually joined the room, if the room is an "invite-only" room the user will
//! need to be re-invited before they can re-join the room."
//!
//! <https://spec.matrix.org/v1.19/client-server-api/#leaving-rooms>

use exeunt_event::RoomId;
use exeunt_homeserver::{Action, Body, Done, Message, Network, Settings};
use serde_json::json;

use crate::house::{
    KNOCKING, VERSIONS, act, act_amid, agree, invite, inviting, join, joining, knock, leave,
    leaving, membership, network, room, server, state, status, user,
};
use crate::wire::{Fate, Passing};

/// How what bob sees of a room of alice's comes to its end.
type End = (&'static str, fn(&mut Network, &RoomId), &'static str);

const ENDS: [End; 4] = [
    ("bob leaves", |network, room_id| drop(leave(network, "bob", room_id).unwrap()), "leave"),
    ("bob leaves untold", leave_untold, "leave"),
    (
        "alice takes it back",
        |network, room_id| {
            let target = user("bob");
            let kick = Action::Kick { room_id: room_id.clone(), target, reason: None };
            act(network, "alice", kick).unwrap();
        },
        "leave",
    ),
    (
        "alice bans bob",
        |network, room_id| {
            let target = user("bob");
            let ban = Action::Ban { room_id: room_id.clone(), target, reason: None };
            act(network, "alice", ban).unwrap();
        },
        "ban",
    ),
];

fn leave_untold(network: &mut Network, room_id: &RoomId) {
    let fault = |it: &Passing| Fate::Lost.when(it.line.starts_with("hs2 > "));
    let (done, _) = act_amid(network, "bob", leaving(room_id), fault);
    assert!(matches!(done, Ok(Done::LeftUntold { .. })), "{done:?}");
}

/// What bob's client has been told, and whether his server thinks that nobody in the room knows.
fn seen(network: &Network, room_id: &RoomId) -> (Option<&'static str>, u64, bool) {
    let view = network.server(&server(2)).unwrap().view(&user("bob"), room_id).unwrap();
    (status(network, "bob", room_id), view.position, view.untold)
}

/// A room of alice's that bert of `hs2` is invited to; bob of `hs2` is invited as well, or knocks.
fn scene(version: &str, knocks: bool) -> (Network, RoomId) {
    let mut network = network(2, Settings::default());
    let room_id = room(&mut network, version, if knocks { "knock" } else { "invite" });
    invite(&mut network, "alice", "bert", &room_id).unwrap();
    if knocks {
        knock(&mut network, "bob", &room_id, &[1]).unwrap();
    } else {
        invite(&mut network, "alice", "bob", &room_id).unwrap();
    }
    (network, room_id)
}

fn scenes() -> impl Iterator<Item = (&'static str, bool)> {
    let invites = VERSIONS.into_iter().map(|version| (version, false));
    invites.chain(KNOCKING.iter().map(|version| (*version, true)))
}

/// Bert joins, and the answer is on its way, with the state before.
fn join_to_be_answered(network: &mut Network, room_id: &RoomId) -> Message {
    let at = network.in_flight().len();
    network.act(&user("bert"), joining(room_id, &[])).unwrap();
    for _ in 0..3 {
        network.deliver(at).unwrap();
    }
    assert_eq!(membership(network, 1, "bert", room_id).unwrap(), "join");
    network.in_flight()[at].clone()
}

/// Delivers everything but one message.
fn settle_without(network: &mut Network, held: &Message) {
    while let Some(at) = network.in_flight().iter().position(|message| message != held) {
        network.deliver(at).unwrap();
    }
}

#[test]
fn a_state_from_before_the_end_brings_nothing_back_and_the_end_enters_the_room() {
    for (version, knocks) in scenes() {
        let (began, room_id) = scene(version, knocks);
        for (end, ends, expected) in ENDS {
            let mut network = began.clone();
            let answer = join_to_be_answered(&mut network, &room_id);
            // All that is on its way is delivered then, and the answer is not to be among it.
            let nothing = Message { to: server(9), ..answer.clone() };
            assert_eq!(network.replace(0, nothing).unwrap(), answer, "{version} {end}");
            ends(&mut network, &room_id);
            let before = seen(&network, &room_id);
            assert_eq!(before.0, Some(expected), "{version} {end}");
            network.inject(answer);
            while network.deliver(0).is_some() {
                assert_eq!(seen(&network, &room_id), before, "{version} {end}");
            }
            assert_eq!(membership(&network, 2, "bert", &room_id).unwrap(), "join", "{version}");
            assert!(agree(&network, &[1, 2], &room_id), "{version} {end}");
            let is_untold = end == "bob leaves untold";
            assert_eq!(before.2, is_untold, "{version} {end}");
            let at_home = membership(&network, 2, "bob", &room_id).unwrap();
            assert_eq!(at_home != expected, is_untold, "{version} {end}: {at_home}");
        }
    }
}

/// As the template is from before the join, what it cites has to be fetched first.
#[test]
fn a_leave_from_before_the_join_is_fetched_for_and_holds_meanwhile() {
    for (version, knocks) in scenes() {
        let (mut network, room_id) = scene(version, knocks);
        let id = network.act(&user("bob"), leaving(&room_id)).unwrap();
        network.deliver(0).unwrap();
        let answer = join_to_be_answered(&mut network, &room_id);
        settle_without(&mut network, &answer);
        assert!(matches!(network.outcome(id), Some(Ok(Done::Sent { .. }))), "{version}");
        let before = seen(&network, &room_id);
        assert_eq!(before.0, Some("leave"), "{version}");
        network.deliver(0).unwrap();
        let waiting = network.server(&server(2)).unwrap().room(&room_id).unwrap().pending();
        assert_eq!(waiting.count(), 1, "{version}");
        assert_eq!(seen(&network, &room_id), before, "{version}");
        while network.deliver(0).is_some() {
            assert_eq!(seen(&network, &room_id), before, "{version}");
        }
        assert_eq!(membership(&network, 2, "bob", &room_id).unwrap(), "leave", "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

/// The invite as alice's server asks for it.
fn invite_request(network: &mut Network, room_id: &RoomId) -> Message {
    network.act(&user("alice"), inviting("bob", room_id)).unwrap();
    let request = network.in_flight().back().unwrap().clone();
    network.settle(1_000);
    assert_eq!(status(network, "bob", room_id), Some("invite"));
    request
}

/// The request comes once more, and is answered as before.
fn repeat(network: &mut Network, request: &Message) {
    assert!(network.in_flight().is_empty());
    network.inject(request.clone());
    network.deliver(0).unwrap();
    let Body::Answer(Some(answer)) = &network.in_flight()[0].body else { panic!("no answer") };
    assert_eq!(answer.status, 200);
    network.settle(1_000);
}

#[test]
fn an_invite_request_that_comes_again_shows_nothing_and_a_new_invite_does() {
    for version in VERSIONS {
        let mut began = network(2, Settings::default());
        let room_id = room(&mut began, version, "invite");
        let first = invite_request(&mut began, &room_id);
        for (end, ends, expected) in ENDS {
            let mut network = began.clone();
            ends(&mut network, &room_id);
            let before = seen(&network, &room_id);
            assert_eq!(before.0, Some(expected), "{version} {end}");
            repeat(&mut network, &first);
            assert_eq!(seen(&network, &room_id), before, "{version} {end}");

            act(&mut network, "bob", Action::Forget { room_id: room_id.clone() }).unwrap();
            repeat(&mut network, &first);
            let view = network.server(&server(2)).unwrap().view(&user("bob"), &room_id).unwrap();
            assert!(view.forgotten, "{version} {end}");

            if expected == "ban" {
                let (room_id, target) = (room_id.clone(), user("bob"));
                act(&mut network, "alice", Action::Unban { room_id, target }).unwrap();
            }
            let second = invite_request(&mut network, &room_id);
            let before = seen(&network, &room_id);
            repeat(&mut network, &first);
            assert_eq!(seen(&network, &room_id), before, "{version} {end}");
            ends(&mut network, &room_id);
            let before = seen(&network, &room_id);
            assert_eq!(before.0, Some(expected), "{version} {end}");
            repeat(&mut network, &first);
            repeat(&mut network, &second);
            assert_eq!(seen(&network, &room_id), before, "{version} {end}");
        }
    }
}

#[test]
fn an_invite_that_was_seen_in_the_room_is_not_shown_to_who_is_out_of_it() {
    for version in VERSIONS {
        let mut began = network(2, Settings::default());
        let room_id = room(&mut began, version, "invite");
        let first = invite_request(&mut began, &room_id);
        invite(&mut began, "alice", "bert", &room_id).unwrap();
        let ways: [(&str, &[(&str, bool)]); 2] = [
            ("bob was in", &[("bob", true), ("bob", false)]),
            ("bob rejected it there", &[("bert", true), ("bob", false), ("bert", false)]),
        ];
        for (way, steps) in ways {
            let mut network = began.clone();
            for (name, joins) in steps {
                let happens = if *joins {
                    join(&mut network, name, &room_id, &[])
                } else {
                    leave(&mut network, name, &room_id)
                };
                happens.unwrap();
            }
            assert!(!network.server(&server(2)).unwrap().is_resident(&room_id), "{version} {way}");
            let before = seen(&network, &room_id);
            assert_eq!(before.0, Some("leave"), "{version} {way}");
            repeat(&mut network, &first);
            assert_eq!(seen(&network, &room_id), before, "{version} {way}");
            invite_request(&mut network, &room_id);
        }
    }
}

/// A room that was left untold has the invite still, and so what it allows: but who rejected it does
/// not see it because another user of their server joined.
#[test]
fn who_left_untold_can_leave_once_more_or_join_or_be_invited_anew() {
    for version in VERSIONS {
        let (mut began, room_id) = scene(version, false);
        leave_untold(&mut began, &room_id);
        let before = seen(&began, &room_id);
        join(&mut began, "bert", &room_id, &[]).unwrap();
        assert_eq!(membership(&began, 2, "bob", &room_id).unwrap(), "invite", "{version}");
        assert_eq!(seen(&began, &room_id), before, "{version}");
        assert!(before.2, "{version}");

        let mut network = began.clone();
        leave(&mut network, "bob", &room_id).unwrap();
        assert_eq!(seen(&network, &room_id), (Some("leave"), before.1, false), "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "leave", "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");

        let mut network = began.clone();
        join(&mut network, "bob", &room_id, &[]).unwrap();
        assert_eq!(status(&network, "bob", &room_id), Some("join"), "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");

        let mut network = began;
        invite(&mut network, "alice", "bob", &room_id).unwrap();
        assert_eq!(status(&network, "bob", &room_id), Some("invite"), "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

/// Then it is the invite that they are in the room by, and the room tells what becomes of that: here
/// alice closes it meanwhile, and in the resolved state there is no join.
#[test]
fn who_joins_by_an_invite_that_they_left_untold_sees_it_if_the_join_is_undone() {
    for version in VERSIONS {
        let (mut network, room_id) = scene(version, false);
        leave_untold(&mut network, &room_id);
        join(&mut network, "bert", &room_id, &[]).unwrap();
        network.act(&user("bob"), joining(&room_id, &[])).unwrap();
        assert_eq!(status(&network, "bob", &room_id), Some("join"), "{version}");
        let closes = state(&room_id, "m.room.join_rules", "", &json!({ "join_rule": "private" }));
        act(&mut network, "alice", closes).unwrap();
        assert_eq!(membership(&network, 2, "bob", &room_id).unwrap(), "invite", "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("invite"), "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}
