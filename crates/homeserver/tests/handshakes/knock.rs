//! Knocking on a room of other servers.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#knocking-rooms>

use exeunt_homeserver::{Action, Denial, Done, Network, Settings, Status, Stripped};
use serde_json::json;

use crate::house::{
    KNOCKING, VERSIONS, act, act_amid, agree, bring, entry, invite, join, knock, knocking,
    membership, network, room, rooms, server, state, status, user,
};
use crate::wire::{Fate, Passing, Spoil, ask, encode, error, make, requests, transactions};

fn refused(status: u16, errcode: &str) -> Result<Done, Denial> {
    Err(Denial::NobodyHelped(vec![(server(1), format!("{status} {errcode}"))]))
}

fn told(network: &Network, room_id: &exeunt_event::RoomId) -> Stripped {
    let view = network.server(&server(2)).unwrap().view(&user("bob"), room_id).unwrap();
    match &view.status {
        Status::Knocked(stripped) => (**stripped).clone(),
        status => panic!("{status:?}"),
    }
}

#[test]
fn a_knock_reaches_every_server_of_the_room_and_tells_what_room_it_is() {
    for version in KNOCKING {
        let mut network = network(3, Settings::default());
        let room_id = room(&mut network, version, "knock");
        bring(&mut network, "carol", &room_id);
        let name = state(&room_id, "m.room.name", "", &json!({ "name": "the room" }));
        act(&mut network, "alice", name).unwrap();
        let mut answered = json!(null);
        let watch = |it: &Passing| {
            if it.is("hs1 > hs2 v1/send_knock 200") {
                answered = it.body.clone();
            }
            Fate::Arrives
        };
        let (done, lines) = act_amid(&mut network, "bob", knocking(&room_id, &[1]), watch);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        let asked = ["hs2 > hs1 v1/make_knock", "hs2 > hs1 v1/send_knock"];
        assert_eq!(requests(&lines), asked, "{version}");
        assert_eq!(transactions(&lines), ["hs1 > hs3 v1/send"], "{version}");
        assert!(agree(&network, &[1, 3], &room_id), "{version}");
        let member = entry(&network, 3, "m.room.member", "@bob:hs2", &room_id).unwrap();
        let content = json!({ "membership": "knock", "reason": "please" });
        assert_eq!(member["content"], content, "{version}");

        // Whole events, the create event among them, and no members.
        let state = answered["knock_room_state"].as_array().unwrap();
        let kinds: Vec<_> = state.iter().map(|event| event["type"].as_str().unwrap()).collect();
        let expected = ["m.room.create", "m.room.join_rules", "m.room.name"];
        assert_eq!(kinds, expected, "{version}");
        assert!(state.iter().all(|event| event["signatures"]["hs1"].is_object()), "{version}");
        let told = told(&network, &room_id);
        assert_eq!(told.room_version, *version);
        assert_eq!(told.state.len(), 3, "{version}");
        assert_eq!(told.event.sender(), &user("bob"), "{version}");
        assert_eq!(told.servers, [server(1)], "{version}");
        assert_eq!(rooms(&network, &room_id)[1], None, "{version}");
    }
}

/// "Entries which are improperly signed or formatted SHOULD be removed by the server"
#[test]
fn what_is_not_valid_in_what_is_told_is_left_out() {
    let spoils: [Spoil; 6] = [
        |it| it["signatures"] = json!({}),
        |it| it["room_id"] = json!("!other:hs1"),
        |it| it["content"] = json!(7),
        |it| *it = json!("m.room.join_rules"),
        |it| *it = json!({ "type": "m.room.join_rules", "state_key": "", "content": {} }),
        |it| {
            it.as_object_mut().unwrap().remove("state_key");
        },
    ];
    for version in KNOCKING {
        let mut began = network(2, Settings::default());
        let room_id = room(&mut began, version, "knock");
        for (number, spoil) in spoils.into_iter().enumerate() {
            let mut network = began.clone();
            let fault = |it: &Passing| {
                if !it.is("hs1 > hs2 v1/send_knock 200") {
                    return Fate::Arrives;
                }
                let mut answer = it.body.clone();
                spoil(&mut answer["knock_room_state"][1]);
                Fate::Says(200, answer)
            };
            act_amid(&mut network, "bob", knocking(&room_id, &[1]), fault).0.unwrap();
            let told = told(&network, &room_id);
            assert_eq!(told.state.len(), 1, "{version} {number}");
            assert_eq!(told.state[0].event_type().as_str(), "m.room.create", "{version} {number}");
        }
    }
}

#[test]
fn a_knock_that_is_accepted_is_an_invite_and_then_a_join() {
    for version in KNOCKING {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "knock");
        knock(&mut network, "bob", &room_id, &[1]).unwrap();
        assert_eq!(status(&network, "bob", &room_id), Some("knock"), "{version}");
        invite(&mut network, "alice", "bob", &room_id).unwrap();
        assert_eq!(status(&network, "bob", &room_id), Some("invite"), "{version}");
        join(&mut network, "bob", &room_id, &[]).unwrap();
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

#[test]
fn who_may_not_knock_gets_no_template() {
    for version in KNOCKING {
        for rule in ["public", "invite", "private", "restricted"] {
            let mut network = network(2, Settings::default());
            let room_id = room(&mut network, version, rule);
            let denied = knock(&mut network, "bob", &room_id, &[1]);
            assert_eq!(denied, refused(403, "M_FORBIDDEN"), "{version} {rule}");
            assert_eq!(status(&network, "bob", &room_id), None, "{version} {rule}");
        }
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "knock");
        let target = user("bob");
        let ban = Action::Ban { room_id: room_id.clone(), target, reason: None };
        act(&mut network, "alice", ban).unwrap();
        let denied = knock(&mut network, "bob", &room_id, &[1]);
        assert_eq!(denied, refused(403, "M_FORBIDDEN"), "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "ban", "{version}");
        // Nor who is invited already.
        invite(&mut network, "alice", "bert", &room_id).unwrap();
        let denied = knock(&mut network, "bert", &room_id, &[1]);
        assert_eq!(denied, refused(403, "M_FORBIDDEN"), "{version}");
    }
}

#[test]
fn versions_without_knocking_give_no_template() {
    for version in VERSIONS.into_iter().filter(|version| !KNOCKING.contains(version)) {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "knock");
        let before = rooms(&network, &room_id);
        let answer = make(&mut network, (2, 1), "knock", "bob", &room_id);
        assert_eq!(error(&answer), (403, "M_FORBIDDEN"), "{version}");
        let denied = knock(&mut network, "bob", &room_id, &[1]);
        assert_eq!(denied, refused(403, "M_FORBIDDEN"), "{version}");
        assert_eq!(rooms(&network, &room_id), before, "{version}");
    }
}

/// `ver` is required of those who knock.
#[test]
fn the_versions_that_are_supported_have_to_be_said() {
    for version in KNOCKING {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "knock");
        let path = format!("v1/make_knock/{}/{}", encode(&room_id), encode(&user("bob")));
        let answer = ask(&mut network, (2, 1), "GET", &path, None);
        assert_eq!(error(&answer), (400, "M_MISSING_PARAM"), "{version}");
        let answer = ask(&mut network, (2, 1), "GET", &format!("{path}?ver=6"), None);
        assert_eq!(error(&answer), (400, "M_INCOMPATIBLE_ROOM_VERSION"), "{version}");
        assert_eq!(answer.1["room_version"], *version);
        let uri = format!("{path}?ver=6&ver={version}");
        assert_eq!(ask(&mut network, (2, 1), "GET", &uri, None).0, 200, "{version}");
    }
}

#[test]
fn servers_are_asked_in_order_until_one_takes_the_knock() {
    for version in KNOCKING {
        let mut network = network(3, Settings::default());
        let room_id = room(&mut network, version, "knock");
        bring(&mut network, "carol", &room_id);
        let fault = |it: &Passing| match &it.line[..] {
            "hs2 > hs3 v1/send_knock" => Fate::error(400, "M_UNRECOGNIZED"),
            _ => Fate::Arrives,
        };
        let (done, lines) = act_amid(&mut network, "bob", knocking(&room_id, &[3, 1]), fault);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        let asked = [
            "hs2 > hs3 v1/make_knock",
            "hs2 > hs3 v1/send_knock",
            "hs2 > hs1 v1/make_knock",
            "hs2 > hs1 v1/send_knock",
        ];
        assert_eq!(requests(&lines), asked, "{version}");
    }
}

#[test]
fn a_user_whose_server_is_in_the_room_knocks_without_handshake() {
    for version in KNOCKING {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "knock");
        bring(&mut network, "bob", &room_id);
        let (done, lines) =
            act_amid(&mut network, "bert", knocking(&room_id, &[1]), |_| Fate::Arrives);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        assert!(requests(&lines).is_empty(), "{version}: {lines:?}");
        assert_eq!(status(&network, "bert", &room_id), Some("knock"), "{version}");
        assert_eq!(membership(&network, 1, "bert", &room_id).unwrap(), "knock", "{version}");
    }
}
