//! Joins of rooms whose join rule takes conditions, and of users who are neither invited nor joined.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#restricted-rooms>

use exeunt_event::RoomId;
use exeunt_homeserver::{Denial, Done, Network, Refusal, Settings};
use serde_json::{Value as Json, json};

use crate::house::{
    KNOCK_RESTRICTED, RESTRICTED, VERSIONS, act, act_amid, agree, bring, entry, invite, join,
    joining, membership, message, network, room_with, rooms, server, state, status,
};
use crate::wire::{Fate, Passing, error, make, requests, send, signed};

const AUTHORISER: &str = "join_authorised_via_users_server";

/// The join rules with conditions, each in the versions that have it.
fn rules() -> impl Iterator<Item = (&'static str, &'static str)> {
    let restricted = RESTRICTED.iter().map(|version| (*version, "restricted"));
    restricted.chain(KNOCK_RESTRICTED.iter().map(|version| (*version, "knock_restricted")))
}

fn allowing(rule: &str, rooms: &[&RoomId]) -> Json {
    let condition =
        |room: &&RoomId| json!({ "type": "m.room_membership", "room_id": room.to_string() });
    json!({ "join_rule": rule, "allow": rooms.iter().map(condition).collect::<Vec<_>>() })
}

/// A public space of alice's that bob and carol are in, and a room whose condition it is.
fn scene(version: &str, rule: &str) -> (Network, RoomId, RoomId) {
    let mut network = network(4, Settings::default());
    let public = json!({ "join_rule": "public" });
    let space = room_with(&mut network, version, "!space:hs1", &public);
    for name in ["bob", "carol"] {
        join(&mut network, name, &space, &[1]).unwrap();
    }
    let room_id = room_with(&mut network, version, "!room:hs1", &allowing(rule, &[&space]));
    (network, space, room_id)
}

/// Only who has the power may invite; that is alice alone.
fn only_alice_invites(network: &mut Network, version: &str, room_id: &RoomId) {
    let users = if version == "12" { json!({}) } else { json!({ "@alice:hs1": 100 }) };
    let levels = json!({ "users": users, "invite": 50 });
    act(network, "alice", state(room_id, "m.room.power_levels", "", &levels)).unwrap();
}

fn refused(status: u16, errcode: &str, by: u8) -> Result<Done, Denial> {
    Err(Denial::NobodyHelped(vec![(server(by), format!("{status} {errcode}"))]))
}

#[test]
fn who_meets_a_condition_joins_by_the_authority_of_a_user_of_the_resident_server() {
    for (version, rule) in rules() {
        let (mut network, _, room_id) = scene(version, rule);
        let (mut sent, mut answered) = (json!(null), json!(null));
        let watch = |it: &Passing| {
            if it.is("hs2 > hs1 v2/send_join") {
                sent = it.body.clone();
            } else if it.is("hs1 > hs2 v2/send_join 200") {
                answered = it.body["event"].clone();
            }
            Fate::Arrives
        };
        act_amid(&mut network, "bob", joining(&room_id, &[1]), watch).0.unwrap();
        assert_eq!(sent["content"][AUTHORISER], "@alice:hs1", "{version} {rule}");
        let signers = |event: &Json| -> Vec<String> {
            event["signatures"].as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(signers(&sent), ["hs2"], "{version} {rule}");
        assert_eq!(signers(&answered), ["hs1", "hs2"], "{version} {rule}");
        assert!(agree(&network, &[1, 2], &room_id), "{version} {rule}");
        for at in [1, 2] {
            let member = entry(&network, at, "m.room.member", "@bob:hs2", &room_id).unwrap();
            assert_eq!(signers(&member), ["hs1", "hs2"], "{version} {rule}");
        }
        // Those who join later get the signed join, and can check it.
        bring(&mut network, "dave", &room_id);
        assert!(agree(&network, &[1, 2, 4], &room_id), "{version} {rule}");
    }
}

#[test]
fn any_server_that_has_somebody_who_may_invite_can_authorise() {
    for (version, rule) in rules() {
        let (mut network, _, room_id) = scene(version, rule);
        join(&mut network, "carol", &room_id, &[1]).unwrap();
        join(&mut network, "bob", &room_id, &[3]).unwrap();
        let member = entry(&network, 1, "m.room.member", "@bob:hs2", &room_id).unwrap();
        assert_eq!(member["content"][AUTHORISER], "@carol:hs3", "{version} {rule}");
        assert!(member["signatures"]["hs3"].is_object(), "{version} {rule}");
        assert!(member["signatures"].get("hs1").is_none(), "{version} {rule}");
        assert!(agree(&network, &[1, 2, 3], &room_id), "{version} {rule}");
    }
}

#[test]
fn who_meets_no_condition_may_not_join() {
    for (version, rule) in rules() {
        let (mut network, _, room_id) = scene(version, rule);
        let before = rooms(&network, &room_id);
        let denied = join(&mut network, "bert", &room_id, &[1]);
        assert_eq!(denied, refused(403, "M_FORBIDDEN", 1), "{version} {rule}");
        assert_eq!(rooms(&network, &room_id), before, "{version} {rule}");
    }
}

/// Conditions of no known type, and malformed ones, are met by nobody.
#[test]
fn without_a_condition_that_can_be_met_nobody_joins() {
    let nothing: [fn(&RoomId) -> Json; 6] = [
        |_| json!([]),
        |_| json!(null),
        |_| json!("everybody"),
        |_| json!([{ "type": "org.example.moon", "phase": "full" }]),
        |space| json!([{ "type": "m.room_membership", "room": space.to_string() }]),
        |space| json!([space.to_string(), 7, { "room_id": space.to_string() }]),
    ];
    for (version, rule) in rules() {
        let (began, space, room_id) = scene(version, rule);
        for allow in nothing {
            let mut network = began.clone();
            let rules = json!({ "join_rule": rule, "allow": allow(&space) });
            act(&mut network, "alice", state(&room_id, "m.room.join_rules", "", &rules)).unwrap();
            let denied = join(&mut network, "bob", &room_id, &[1]);
            assert_eq!(denied, refused(403, "M_FORBIDDEN", 1), "{version} {rule}: {rules}");
        }
    }
}

#[test]
fn one_condition_of_several_is_enough() {
    for (version, rule) in rules() {
        let (mut network, space, room_id) = scene(version, rule);
        let unknown = RoomId::parse("!unknown:hs9").unwrap();
        let mut rules = allowing(rule, &[&unknown, &space]);
        rules["allow"].as_array_mut().unwrap().insert(0, json!({ "type": "org.example.moon" }));
        act(&mut network, "alice", state(&room_id, "m.room.join_rules", "", &rules)).unwrap();
        join(&mut network, "bob", &room_id, &[1]).unwrap();
        assert!(agree(&network, &[1, 2], &room_id), "{version} {rule}");
    }
}

/// "if the resident homeserver does not know whether the user satisfies the conditions"
#[test]
fn a_server_that_cannot_tell_says_so() {
    for (version, rule) in rules() {
        let (mut network, _, room_id) = scene(version, rule);
        let unknown = RoomId::parse("!unknown:hs9").unwrap();
        let rules = allowing(rule, &[&unknown]);
        act(&mut network, "alice", state(&room_id, "m.room.join_rules", "", &rules)).unwrap();
        let before = rooms(&network, &room_id);
        let denied = join(&mut network, "bob", &room_id, &[1]);
        let expected = refused(400, "M_UNABLE_TO_AUTHORISE_JOIN", 1);
        assert_eq!(denied, expected, "{version} {rule}");
        assert_eq!(rooms(&network, &room_id), before, "{version} {rule}");
    }
}

/// A server that was in the room of the condition and is not any more knows it no longer.
#[test]
fn a_server_that_left_the_conditions_room_cannot_tell() {
    for (version, rule) in rules() {
        let (mut network, space, room_id) = scene(version, rule);
        join(&mut network, "carol", &room_id, &[1]).unwrap();
        crate::house::leave(&mut network, "carol", &space).unwrap();
        let denied = join(&mut network, "bob", &room_id, &[3]);
        let expected = refused(400, "M_UNABLE_TO_AUTHORISE_JOIN", 3);
        assert_eq!(denied, expected, "{version} {rule}");
    }
}

/// "if the server … has no users who may issue invites": then another server is asked.
#[test]
fn a_server_whose_users_may_not_invite_cannot_grant_a_join() {
    for (version, rule) in rules() {
        let (mut network, _, room_id) = scene(version, rule);
        join(&mut network, "carol", &room_id, &[1]).unwrap();
        only_alice_invites(&mut network, version, &room_id);
        let before = rooms(&network, &room_id);
        let denied = join(&mut network, "bob", &room_id, &[3]);
        let expected = refused(400, "M_UNABLE_TO_GRANT_JOIN", 3);
        assert_eq!(denied, expected, "{version} {rule}");
        assert_eq!(rooms(&network, &room_id), before, "{version} {rule}");

        let (done, lines) =
            act_amid(&mut network, "bob", joining(&room_id, &[3, 1]), |_| Fate::Arrives);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version} {rule}: {done:?}");
        let asked = ["hs2 > hs3 v1/make_join", "hs2 > hs1 v1/make_join", "hs2 > hs1 v2/send_join"];
        assert_eq!(requests(&lines), asked, "{version} {rule}");
        assert!(agree(&network, &[1, 2, 3], &room_id), "{version} {rule}");
    }
}

#[test]
fn who_is_invited_needs_nobodys_authority() {
    for (version, rule) in rules() {
        let (mut network, _, room_id) = scene(version, rule);
        invite(&mut network, "alice", "bert", &room_id).unwrap();
        join(&mut network, "bert", &room_id, &[]).unwrap();
        let member = entry(&network, 1, "m.room.member", "@bert:hs2", &room_id).unwrap();
        assert_eq!(member["content"], json!({ "membership": "join" }), "{version} {rule}");
        assert!(agree(&network, &[1, 2], &room_id), "{version} {rule}");
    }
}

/// Bert's server is in the room by bob, who may invite.
#[test]
fn a_local_user_can_authorise_a_local_join() {
    for (version, rule) in rules() {
        let (mut network, space, room_id) = scene(version, rule);
        join(&mut network, "bob", &room_id, &[1]).unwrap();
        join(&mut network, "bert", &space, &[]).unwrap();
        let (done, lines) =
            act_amid(&mut network, "bert", joining(&room_id, &[1]), |_| Fate::Arrives);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version} {rule}: {done:?}");
        assert!(requests(&lines).is_empty(), "{version} {rule}: {lines:?}");
        let member = entry(&network, 1, "m.room.member", "@bert:hs2", &room_id).unwrap();
        assert_eq!(member["content"][AUTHORISER], "@bob:hs2", "{version} {rule}");
        assert!(agree(&network, &[1, 2], &room_id), "{version} {rule}");
    }
}

/// Bob may not invite, so that bert's server asks for a handshake though it is in the room.
#[test]
fn a_local_join_can_need_another_servers_authority() {
    for (version, rule) in rules() {
        let (mut network, space, room_id) = scene(version, rule);
        for name in ["bob", "carol"] {
            join(&mut network, name, &room_id, &[1]).unwrap();
        }
        only_alice_invites(&mut network, version, &room_id);
        join(&mut network, "bert", &space, &[]).unwrap();
        let denied = join(&mut network, "bert", &room_id, &[]);
        assert_eq!(denied, Err(Refusal::UnableToGrantJoin.into()), "{version} {rule}");

        let (done, lines) =
            act_amid(&mut network, "bert", joining(&room_id, &[1]), |_| Fate::Arrives);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version} {rule}: {done:?}");
        let asked = ["hs2 > hs1 v1/make_join", "hs2 > hs1 v2/send_join"];
        assert_eq!(requests(&lines), asked, "{version} {rule}");
        let member = entry(&network, 2, "m.room.member", "@bert:hs2", &room_id).unwrap();
        assert_eq!(member["content"][AUTHORISER], "@alice:hs1", "{version} {rule}");
        assert!(member["signatures"]["hs1"].is_object(), "{version} {rule}");
        assert_eq!(status(&network, "bert", &room_id), Some("join"), "{version} {rule}");
        assert!(agree(&network, &[1, 2, 3], &room_id), "{version} {rule}");
    }
}

/// What alice said was lost, so that bert's server does not know what his join comes after; and the
/// server that let him in does not send it again.
#[test]
fn a_server_that_is_behind_catches_up_when_its_user_joins_by_handshake() {
    for (version, rule) in rules() {
        let (mut network, space, room_id) = scene(version, rule);
        join(&mut network, "bob", &room_id, &[1]).unwrap();
        only_alice_invites(&mut network, version, &room_id);
        join(&mut network, "bert", &space, &[]).unwrap();
        let swallow =
            |it: &Passing| Fate::Says(200, json!({ "pdus": {} })).when(it.is("hs1 > hs2 v1/send"));
        let lost = message(&room_id, "lost");
        act_amid(&mut network, "alice", lost, swallow).0.unwrap();
        join(&mut network, "bert", &room_id, &[1]).unwrap();
        assert_eq!(status(&network, "bert", &room_id), Some("join"), "{version} {rule}");
        assert_eq!(membership(&network, 2, "bert", &room_id).unwrap(), "join", "{version} {rule}");
        assert!(agree(&network, &[1, 2], &room_id), "{version} {rule}");
    }
}

/// A template is no promise that binds: what is submitted is looked at again.
#[test]
fn a_resident_server_signs_no_join_whose_condition_is_not_met() {
    for (version, rule) in rules() {
        let (mut network, space, room_id) = scene(version, rule);
        let (status, answer) = make(&mut network, (2, 1), "join", "bob", &room_id);
        assert_eq!(status, 200, "{version} {rule}");
        crate::house::leave(&mut network, "bob", &space).unwrap();
        let before = rooms(&network, &room_id);
        let (event, event_id) = signed(&answer["event"], 2, version);
        let answer = send(&mut network, (2, 1), "v2/send_join", &room_id, (&event, &event_id));
        assert_eq!(error(&answer), (403, "M_FORBIDDEN"), "{version} {rule}");
        assert!(answer.1.get("event").is_none(), "{version} {rule}");
        assert_eq!(rooms(&network, &room_id), before, "{version} {rule}");
    }
}

/// A join that names an authoriser lacks their server's signature until that server gives it; and it
/// gives none to what its sender's server has not signed.
#[test]
fn the_authorisers_server_has_to_sign_and_no_other_can() {
    for (version, rule) in rules() {
        let (mut network, _, room_id) = scene(version, rule);
        join(&mut network, "carol", &room_id, &[1]).unwrap();
        let before = rooms(&network, &room_id);
        let (_, answer) = make(&mut network, (2, 1), "join", "bob", &room_id);
        let (event, event_id) = signed(&answer["event"], 2, version);
        let sent = (&event, &event_id[..]);
        let of_carol = send(&mut network, (2, 3), "v2/send_join", &room_id, sent);
        assert_eq!(error(&of_carol), (400, "M_INVALID_PARAM"), "{version} {rule}");
        let mut unsigned = event.clone();
        unsigned["signatures"] = json!({});
        let sent = (&unsigned, &event_id[..]);
        let of_alice = send(&mut network, (2, 1), "v2/send_join", &room_id, sent);
        assert_eq!(error(&of_alice), (400, "M_INVALID_PARAM"), "{version} {rule}");
        assert_eq!(rooms(&network, &room_id), before, "{version} {rule}");
    }
}

/// An authoriser who may not invite, or is not in the room, or a join with none.
#[test]
fn the_authoriser_has_to_be_one_who_may_invite() {
    for (version, rule) in rules() {
        let (mut network, _, room_id) = scene(version, rule);
        let (_, answer) = make(&mut network, (2, 1), "join", "bob", &room_id);
        let before = rooms(&network, &room_id);
        for authoriser in [json!("@anna:hs1"), json!("@nobody:hs1"), json!(null)] {
            let mut template = answer["event"].clone();
            template["content"][AUTHORISER] = authoriser.clone();
            if authoriser.is_null() {
                template["content"].as_object_mut().unwrap().remove(AUTHORISER);
            }
            let (event, event_id) = signed(&template, 2, version);
            let sent = (&event, &event_id[..]);
            let answer = send(&mut network, (2, 1), "v2/send_join", &room_id, sent);
            let expected = (403, "M_FORBIDDEN");
            assert_eq!(error(&answer), expected, "{version} {rule} {authoriser}: {}", answer.1);
            assert_eq!(rooms(&network, &room_id), before, "{version} {rule} {authoriser}");
        }
    }
}

#[test]
fn versions_without_a_join_rule_take_nobody_in_by_it() {
    for version in VERSIONS {
        for (rule, having) in [("restricted", RESTRICTED), ("knock_restricted", KNOCK_RESTRICTED)] {
            if having.contains(&version) {
                continue;
            }
            let (mut network, _, room_id) = scene(version, rule);
            let before = rooms(&network, &room_id);
            let denied = join(&mut network, "bob", &room_id, &[1]);
            assert_eq!(denied, refused(403, "M_FORBIDDEN", 1), "{version} {rule}");
            assert_eq!(rooms(&network, &room_id), before, "{version} {rule}");
        }
    }
}

#[test]
fn a_knock_restricted_room_takes_knocks_of_those_who_meet_no_condition() {
    for version in KNOCK_RESTRICTED {
        let (mut network, _, room_id) = scene(version, "knock_restricted");
        crate::house::knock(&mut network, "bert", &room_id, &[1]).unwrap();
        assert_eq!(membership(&network, 1, "bert", &room_id).unwrap(), "knock", "{version}");
        invite(&mut network, "alice", "bert", &room_id).unwrap();
        join(&mut network, "bert", &room_id, &[]).unwrap();
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
    for version in RESTRICTED {
        let (mut network, _, room_id) = scene(version, "restricted");
        let denied = crate::house::knock(&mut network, "bert", &room_id, &[1]);
        assert_eq!(denied, refused(403, "M_FORBIDDEN", 1), "{version}");
    }
}
