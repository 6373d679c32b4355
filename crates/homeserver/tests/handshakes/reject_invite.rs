//! Rejecting an invite of another server.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#leaving-rooms-rejecting-invites>

use exeunt_homeserver::{Action, Body, Denial, Done, Network, Settings};
use serde_json::json;

use crate::house::{
    VERSIONS, act_amid, agree, bring, entry, invite, inviting, join, joining, leaving, membership,
    network, room, room_of, rooms, server, status, user,
};
use crate::wire::{Answer, Fate, Passing, requests, transactions};

/// Bob of `hs2` is invited by carol of `hs3`; the room was made by alice of `hs1`.
fn invited_by_carol(version: &str) -> (Network, exeunt_event::RoomId) {
    let mut network = network(3, Settings::default());
    let room_id = room_of(&mut network, version, &["carol"]);
    invite(&mut network, "carol", "bob", &room_id).unwrap();
    (network, room_id)
}

fn is_gone(network: &Network, room_id: &exeunt_event::RoomId) -> bool {
    let view = network.server(&server(2)).unwrap().view(&user("bob"), room_id).unwrap();
    status(network, "bob", room_id) == Some("leave") && view.untold
}

#[test]
fn the_inviters_server_gives_a_template_takes_the_leave_and_tells_the_others() {
    for version in VERSIONS {
        let (mut network, room_id) = invited_by_carol(version);
        let reason = Some("no time".to_owned());
        let action = Action::Leave { room_id: room_id.clone(), reason };
        let (done, lines) = act_amid(&mut network, "bob", action, |_| Fate::Arrives);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        let asked = ["hs2 > hs3 v1/make_leave", "hs2 > hs3 v2/send_leave"];
        assert_eq!(requests(&lines), asked, "{version}");
        assert_eq!(transactions(&lines), ["hs3 > hs1 v1/send"], "{version}");
        assert!(agree(&network, &[1, 3], &room_id), "{version}");
        for at in [1, 3] {
            let member = entry(&network, at, "m.room.member", "@bob:hs2", &room_id).unwrap();
            assert_eq!(member["content"]["membership"], "leave", "{version}");
            assert_eq!(member["content"]["reason"], "no time", "{version}");
            assert_eq!(member["sender"], "@bob:hs2", "{version}");
        }
        let view = network.server(&server(2)).unwrap().view(&user("bob"), &room_id).unwrap();
        assert!(!view.untold && !view.forgotten, "{version}");
        // The server was never in the room, and has no copy of it.
        assert_eq!(rooms(&network, &room_id)[1], None, "{version}");
    }
}

/// "the leaving server signs the event and replaces the `event_id` with its own"
#[test]
fn the_leave_that_is_sent_is_the_template_signed() {
    for version in VERSIONS {
        let (mut network, room_id) = invited_by_carol(version);
        let (mut template, mut sent) = (json!(null), json!(null));
        let watch = |passing: &Passing| {
            if passing.is("hs3 > hs2 v1/make_leave 200") {
                template = passing.body["event"].clone();
            } else if passing.is("hs2 > hs3 v2/send_leave") {
                sent = passing.body.clone();
            }
            Fate::Arrives
        };
        act_amid(&mut network, "bob", leaving(&room_id), watch).0.unwrap();
        for untouched in
            ["room_id", "sender", "state_key", "type", "prev_events", "auth_events", "content"]
        {
            assert_eq!(sent[untouched], template[untouched], "{version}: {untouched}");
        }
        assert_eq!(sent["origin"], "hs2", "{version}");
        assert!(sent["signatures"]["hs2"]["ed25519:1"].is_string(), "{version}");
        assert!(sent["hashes"]["sha256"].is_string(), "{version}");
        let has_id = sent["event_id"].as_str().is_some_and(|id| id.ends_with(":hs2"));
        assert_eq!(has_id, matches!(version, "1" | "2"), "{version}");
        assert!(template.get("signatures").is_none() && template.get("hashes").is_none());
        assert!(template.get("event_id").is_none());
    }
}

#[test]
fn who_does_not_help_is_followed_by_the_next_and_that_one_by_none() {
    for version in VERSIONS {
        let faults: [fn(&Passing) -> Fate; 6] = [
            |it| Fate::Lost.when(it.is("hs2 > hs3 v1/make_leave")),
            |it| Fate::Lost.when(it.is("hs3 > hs2 v1/make_leave 200")),
            |it| Fate::error(403, "M_FORBIDDEN").when(it.is("hs2 > hs3 v1/make_leave")),
            |it| Fate::error(500, "M_UNKNOWN").when(it.is("hs2 > hs3 v1/make_leave")),
            |it| Fate::error(403, "M_FORBIDDEN").when(it.is("hs2 > hs3 v2/send_leave")),
            |it| Fate::Lost.when(it.is("hs2 > hs3 v2/send_leave")),
        ];
        let (began, room_id) = invited_by_carol(version);
        for (number, fault) in faults.into_iter().enumerate() {
            let mut network = began.clone();
            let (done, lines) = act_amid(&mut network, "bob", leaving(&room_id), fault);
            assert!(matches!(done, Ok(Done::Sent { .. })), "{version} {number}: {done:?}");
            let asked = requests(&lines);
            let (of_carol, of_alice): (Vec<_>, Vec<_>) =
                asked.iter().copied().partition(|line| line.starts_with("hs2 > hs3"));
            assert_eq!(of_carol.len(), if number < 4 { 1 } else { 2 }, "{version} {number}");
            let expected = ["hs2 > hs1 v1/make_leave", "hs2 > hs1 v2/send_leave"];
            assert_eq!(of_alice, expected, "{version} {number}");
            assert!(asked.ends_with(&expected), "{version} {number}: in order");
            assert!(agree(&network, &[1, 3], &room_id), "{version} {number}");
            assert_eq!(membership(&network, 3, "bob", &room_id).unwrap(), "leave", "{version}");
        }
    }
}

/// A leave always succeeds for the user: the invite is gone, and the outcome says who said what.
#[test]
fn if_nobody_helps_the_invite_is_gone_and_nobody_is_told() {
    let answers: [(Answer, &str); 5] = [
        (|| Fate::Lost, "not reached"),
        (|| Fate::error(403, "M_FORBIDDEN"), "403 M_FORBIDDEN"),
        (|| Fate::error(404, "M_NOT_FOUND"), "404 M_NOT_FOUND"),
        (|| Fate::error(500, "M_UNKNOWN"), "500 M_UNKNOWN"),
        (|| Fate::Says(502, json!(null)), "502"),
    ];
    for version in VERSIONS {
        let (began, room_id) = invited_by_carol(version);
        for endpoint in ["v1/make_leave", "v2/send_leave"] {
            for (answer, said) in answers {
                let mut network = began.clone();
                let before = rooms(&network, &room_id);
                let fault = |it: &Passing| answer().when(it.line.ends_with(endpoint));
                let (done, _) = act_amid(&mut network, "bob", leaving(&room_id), fault);
                let said = said.to_owned();
                let tried = vec![(server(3), said.clone()), (server(1), said)];
                let untold = Done::LeftUntold { room_id: room_id.clone(), tried };
                assert_eq!(done, Ok(untold), "{version} {endpoint}");
                assert!(is_gone(&network, &room_id), "{version} {endpoint}");
                assert_eq!(rooms(&network, &room_id), before, "{version} {endpoint}");
                assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "invite");
            }
        }
    }
}

#[test]
fn what_each_server_said_is_told_in_the_order_in_which_they_were_asked() {
    for version in VERSIONS {
        let (mut network, room_id) = invited_by_carol(version);
        let fault = |it: &Passing| match &it.line[..] {
            "hs2 > hs3 v1/make_leave" => Fate::error(500, "M_UNKNOWN"),
            "hs2 > hs1 v1/make_leave" => Fate::Lost,
            _ => Fate::Arrives,
        };
        let (done, lines) = act_amid(&mut network, "bob", leaving(&room_id), fault);
        let Ok(Done::LeftUntold { tried, .. }) = done else { panic!("{version}: {done:?}") };
        let told: Vec<_> = tried.iter().map(|(who, said)| format!("{who}: {said}")).collect();
        assert_eq!(told, ["hs3: 500 M_UNKNOWN", "hs1: not reached"], "{version}");
        let asked = ["hs2 > hs3 v1/make_leave", "hs2 > hs1 v1/make_leave"];
        assert_eq!(requests(&lines), asked, "{version}");
    }
}

/// The answer to `send_leave` was lost: the room has the leave, and the other server has no template
/// for who left already. Then the outcome says no more than what the servers said.
#[test]
fn a_leave_whose_answer_was_lost_holds_nevertheless() {
    for version in VERSIONS {
        let (mut network, room_id) = invited_by_carol(version);
        let fault = |it: &Passing| Fate::Lost.when(it.is("hs3 > hs2 v2/send_leave 200"));
        let (done, _) = act_amid(&mut network, "bob", leaving(&room_id), fault);
        let Ok(Done::LeftUntold { tried, .. }) = done else { panic!("{version}: {done:?}") };
        let told: Vec<_> = tried.iter().map(|(who, said)| format!("{who}: {said}")).collect();
        assert_eq!(told, ["hs3: not reached", "hs1: 403 M_FORBIDDEN"], "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("leave"), "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "leave", "{version}");
        assert!(agree(&network, &[1, 3], &room_id), "{version}");
    }
}

/// That nobody was told is no obstacle to a new invite, nor is the stale one that the room has.
#[test]
fn who_left_untold_can_join_by_the_invite_that_the_room_still_has() {
    for version in VERSIONS {
        let (mut network, room_id) = invited_by_carol(version);
        let fault = |it: &Passing| Fate::Lost.when(it.line.starts_with("hs2 > "));
        act_amid(&mut network, "bob", leaving(&room_id), fault).0.unwrap();
        join(&mut network, "bob", &room_id, &[1]).unwrap();
        assert_eq!(status(&network, "bob", &room_id), Some("join"), "{version}");
        let view = network.server(&server(2)).unwrap().view(&user("bob"), &room_id).unwrap();
        assert!(!view.untold, "{version}");
        assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");
    }
}

#[test]
fn a_room_of_two_servers_has_only_one_to_be_asked() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "invite");
        invite(&mut network, "alice", "bob", &room_id).unwrap();
        let fault = |it: &Passing| Fate::Lost.when(it.is("hs2 > hs1 v1/make_leave"));
        let (done, lines) = act_amid(&mut network, "bob", leaving(&room_id), fault);
        let tried = vec![(server(1), "not reached".to_owned())];
        assert_eq!(done, Ok(Done::LeftUntold { room_id: room_id.clone(), tried }), "{version}");
        assert_eq!(requests(&lines), ["hs2 > hs1 v1/make_leave"], "{version}");
        bring(&mut network, "bob", &room_id);
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

/// Delivers the first of the messages on their way that are for a server, or has it lost.
fn one_for(network: &mut Network, to: u8, is_lost: bool) {
    let at = network.in_flight().iter().position(|message| message.to == server(to)).unwrap();
    let message = if is_lost { network.lose(at) } else { network.deliver(at) };
    message.unwrap();
}

/// Bob and bert of `hs2` are invited by alice, and bob rejects the invite: `make_leave` is on its
/// way.
fn both_invited(version: &str) -> (Network, exeunt_event::RoomId, u64) {
    let mut network = network(2, Settings::default());
    let room_id = room(&mut network, version, "invite");
    for name in ["bob", "bert"] {
        invite(&mut network, "alice", name, &room_id).unwrap();
    }
    let id = network.act(&user("bob"), leaving(&room_id)).unwrap();
    (network, room_id, id)
}

fn untold(network: &Network, room_id: &exeunt_event::RoomId) -> bool {
    network.server(&server(2)).unwrap().view(&user("bob"), room_id).unwrap().untold
}

/// The template is older than the join by which the server comes into the room, and so the leave
/// waits there for events that are not to be had.
#[test]
fn a_leave_that_waits_in_a_room_joined_meanwhile_holds_for_the_user() {
    for version in VERSIONS {
        let (mut network, room_id, id) = both_invited(version);
        one_for(&mut network, 1, false);
        let template = network.in_flight().len() - 1;
        network.act(&user("bert"), joining(&room_id, &[])).unwrap();
        for _ in 0..4 {
            network.deliver(template + 1).unwrap();
        }
        assert_eq!(membership(&network, 2, "bert", &room_id).unwrap(), "join", "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("invite"), "{version}");
        // The template, the leave, and its answer.
        for _ in 0..3 {
            network.deliver(0).unwrap();
        }
        assert!(matches!(network.outcome(id), Some(Ok(Done::Sent { .. }))), "{version}");
        let waiting = network.server(&server(2)).unwrap().room(&room_id).unwrap().pending();
        assert_eq!(waiting.count(), 1, "{version}");
        while network.lose(0).is_some() {}
        assert_eq!(membership(&network, 2, "bob", &room_id).unwrap(), "invite", "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("leave"), "{version}");
        assert!(!untold(&network, &room_id), "{version}");
    }
}

/// A server that has come into the room needs nobody's help any more.
#[test]
fn if_nobody_helps_a_server_that_is_in_the_room_by_now_sends_the_leave_itself() {
    for version in VERSIONS {
        let (mut network, room_id, id) = both_invited(version);
        network.act(&user("bert"), joining(&room_id, &[])).unwrap();
        for _ in 0..4 {
            network.deliver(1).unwrap();
        }
        network.lose(0).unwrap();
        network.settle(1_000);
        assert!(matches!(network.outcome(id), Some(Ok(Done::Sent { .. }))), "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("leave"), "{version}");
        assert!(!untold(&network, &room_id), "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "leave", "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

/// A leave that nobody helped with takes nobody out who has come into the room since.
#[test]
fn who_joined_meanwhile_stays_if_nobody_helps() {
    for version in VERSIONS {
        let (mut network, room_id, id) = both_invited(version);
        network.act(&user("bob"), joining(&room_id, &[])).unwrap();
        for _ in 0..4 {
            network.deliver(1).unwrap();
        }
        network.lose(0).unwrap();
        network.settle(1_000);
        let said = vec![(server(1), "not reached".to_owned())];
        assert_eq!(network.outcome(id), Some(&Err(Denial::NobodyHelped(said))), "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("join"), "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "join", "{version}");
    }
}

/// Alice invites again as soon as she sees the leave, and that overtakes the answer to it.
#[test]
fn an_invite_after_the_leave_stays_if_it_overtakes_the_answer() {
    for version in VERSIONS {
        for is_lost in [false, true] {
            let (mut network, room_id, id) = both_invited(version);
            for to in [1, 2, 1] {
                one_for(&mut network, to, false);
            }
            assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "leave", "{version}");
            network.act(&user("alice"), inviting("bob", &room_id)).unwrap();
            let at = network.in_flight().len() - 1;
            assert!(matches!(network.in_flight()[at].body, Body::Request(_)), "{version}");
            network.deliver(at).unwrap();
            one_for(&mut network, 2, is_lost);
            network.settle(1_000);
            let done = network.outcome(id).unwrap();
            let is_untold = matches!(done, Ok(Done::LeftUntold { .. }));
            assert!(is_untold == is_lost && done.is_ok(), "{version}: {done:?}");
            assert_eq!(status(&network, "bob", &room_id), Some("invite"), "{version}");
            assert!(!untold(&network, &room_id), "{version}");
            join(&mut network, "bob", &room_id, &[]).unwrap();
        }
    }
}
