//! Retracting a knock at a room of another server.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#leaving-rooms-rejecting-invites>

use exeunt_event::RoomId;
use exeunt_homeserver::{Done, Network, Settings};
use serde_json::json;

use crate::house::{
    KNOCKING, act, act_amid, agree, bring, knock, leaving, membership, network, room, rooms,
    server, state, status, user,
};
use crate::wire::{Answer, Fate, Passing, requests, transactions};

/// Bob knocked at carol's server. Carol wrote the topic, which is among what bob was told.
fn knocked(version: &str) -> (Network, RoomId) {
    let mut network = network(3, Settings::default());
    let room_id = room(&mut network, version, "knock");
    bring(&mut network, "carol", &room_id);
    let levels = json!({ "users": if version == "12" {
        json!({ "@carol:hs3": 50 })
    } else {
        json!({ "@alice:hs1": 100, "@carol:hs3": 50 })
    } });
    act(&mut network, "alice", state(&room_id, "m.room.power_levels", "", &levels)).unwrap();
    act(&mut network, "carol", state(&room_id, "m.room.topic", "", &json!({ "topic": "t" })))
        .unwrap();
    knock(&mut network, "bob", &room_id, &[3]).unwrap();
    assert_eq!(status(&network, "bob", &room_id), Some("knock"), "{version}");
    assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "knock", "{version}");
    (network, room_id)
}

#[test]
fn the_server_that_was_knocked_at_takes_the_leave_and_tells_the_others() {
    for version in KNOCKING {
        let (mut network, room_id) = knocked(version);
        let (done, lines) = act_amid(&mut network, "bob", leaving(&room_id), |_| Fate::Arrives);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        let asked = ["hs2 > hs3 v1/make_leave", "hs2 > hs3 v2/send_leave"];
        assert_eq!(requests(&lines), asked, "{version}");
        assert_eq!(transactions(&lines), ["hs3 > hs1 v1/send"], "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("leave"), "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "leave", "{version}");
        assert!(agree(&network, &[1, 3], &room_id), "{version}");
        assert_eq!(rooms(&network, &room_id)[1], None, "{version}");
    }
}

#[test]
fn the_next_server_takes_it_if_that_one_does_not_help() {
    for version in KNOCKING {
        let (mut network, room_id) = knocked(version);
        let fault = |it: &Passing| Fate::Lost.when(it.is("hs2 > hs3 v1/make_leave"));
        let (done, lines) = act_amid(&mut network, "bob", leaving(&room_id), fault);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        let asked =
            ["hs2 > hs3 v1/make_leave", "hs2 > hs1 v1/make_leave", "hs2 > hs1 v2/send_leave"];
        assert_eq!(requests(&lines), asked, "{version}");
        assert_eq!(membership(&network, 3, "bob", &room_id).unwrap(), "leave", "{version}");
    }
}

#[test]
fn if_nobody_helps_the_knock_is_gone_and_nobody_is_told() {
    let answers: [(Answer, &str); 3] = [
        (|| Fate::Lost, "not reached"),
        (|| Fate::error(403, "M_FORBIDDEN"), "403 M_FORBIDDEN"),
        (|| Fate::error(500, "M_UNKNOWN"), "500 M_UNKNOWN"),
    ];
    for version in KNOCKING {
        let (began, room_id) = knocked(version);
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
                assert_eq!(status(&network, "bob", &room_id), Some("leave"), "{version}");
                let view = network.server(&server(2)).unwrap().view(&user("bob"), &room_id);
                assert!(view.unwrap().untold, "{version}");
                assert_eq!(rooms(&network, &room_id), before, "{version}");
            }
        }
    }
}

#[test]
fn who_retracted_may_knock_again() {
    for version in KNOCKING {
        let (mut network, room_id) = knocked(version);
        act(&mut network, "bob", leaving(&room_id)).unwrap();
        knock(&mut network, "bob", &room_id, &[1]).unwrap();
        assert_eq!(status(&network, "bob", &room_id), Some("knock"), "{version}");
        assert_eq!(membership(&network, 3, "bob", &room_id).unwrap(), "knock", "{version}");
    }
}
