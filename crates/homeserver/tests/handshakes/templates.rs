//! What a server checks before it signs a template that another one gave it.
//!
//! "In case any of the above checks fail, the response MUST be treated as malformed and discarded.
//! The caller MAY try to leave through another server."
//! <https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1make_leaveroomiduserid>

use exeunt_event::RoomId;
use exeunt_homeserver::{Action, Denial, Done, Network, Settings};
use serde_json::{Value as Json, json};

use crate::house::{
    KNOCKING, VERSIONS, act_amid, agree, bring, invite, joining, knocking, leaving, membership,
    network, room, rooms, server, status,
};
use crate::wire::{Fate, Passing, requests};

/// What is wrong with a template, how the answer gets there, and what is said of it.
type Fault = (&'static str, fn(&mut Json), &'static str);

/// Each alone.
const FAULTS: [Fault; 19] = [
    ("another room", |it| it["event"]["room_id"] = json!("!other:hs1"), "`room_id`"),
    ("no room", |it| remove(&mut it["event"], "room_id"), "`room_id` is missing"),
    ("a room of another type", |it| it["event"]["room_id"] = json!(["!room:hs1"]), "`room_id`"),
    ("another sender", |it| it["event"]["sender"] = json!("@bert:hs2"), "`sender`"),
    ("a sender of another server", |it| it["event"]["sender"] = json!("@bob:hs1"), "`sender`"),
    ("no sender", |it| remove(&mut it["event"], "sender"), "`sender` is missing"),
    ("another state key", |it| it["event"]["state_key"] = json!("@bert:hs2"), "`state_key`"),
    ("no state key", |it| remove(&mut it["event"], "state_key"), "`state_key` is missing"),
    ("another type", |it| it["event"]["type"] = json!("m.room.power_levels"), "`type`"),
    ("a type in capitals", |it| it["event"]["type"] = json!("M.ROOM.MEMBER"), "`type`"),
    ("no type", |it| remove(&mut it["event"], "type"), "`type` is missing"),
    (
        "another membership",
        |it| it["event"]["content"]["membership"] = json!("ban"),
        "`content.membership`",
    ),
    (
        "no membership",
        |it| remove(&mut it["event"]["content"], "membership"),
        "`content.membership` is missing",
    ),
    ("no content", |it| remove(&mut it["event"], "content"), "`content.membership` is missing"),
    ("no template", |it| remove(it, "event"), "no template"),
    ("a template that is no object", |it| it["event"] = json!("leave"), "no template"),
    ("no room version there is", |it| it["room_version"] = json!("99"), "room version"),
    ("a room version that is a number", |it| it["room_version"] = json!(1), "room version"),
    ("no room version's event", |it| it["event"]["prev_events"] = json!("x"), "makes no event"),
];

fn remove(object: &mut Json, key: &str) {
    object.as_object_mut().unwrap().remove(key);
}

/// What bob of `hs2` sets out for, in a room of alice's and carol's: he asks carol's server first,
/// and then alice's.
fn scene(version: &str, wanted: &str) -> (Network, RoomId, Action) {
    let mut network = network(3, Settings::default());
    let rule = if wanted == "knock" { "knock" } else { "public" };
    let room_id = room(&mut network, version, rule);
    bring(&mut network, "carol", &room_id);
    let action = match wanted {
        "leave" => {
            invite(&mut network, "carol", "bob", &room_id).unwrap();
            leaving(&room_id)
        }
        "join" => joining(&room_id, &[3, 1]),
        _ => knocking(&room_id, &[3, 1]),
    };
    (network, room_id, action)
}

fn handshakes() -> impl Iterator<Item = (&'static str, &'static str)> {
    let everywhere =
        VERSIONS.into_iter().flat_map(|version| [(version, "leave"), (version, "join")]);
    everywhere.chain(KNOCKING.iter().map(|version| (*version, "knock")))
}

#[test]
fn nothing_is_signed_or_sent_and_the_next_server_is_asked() {
    for (version, wanted) in handshakes() {
        let (began, room_id, action) = scene(version, wanted);
        for (name, spoil, _) in FAULTS {
            let (mut network, action) = (began.clone(), action.clone());
            let fault = |it: &Passing| spoiled(it, "hs3", wanted, spoil);
            let (done, lines) = act_amid(&mut network, "bob", action, fault);
            assert!(matches!(done, Ok(Done::Sent { .. })), "{version} {wanted} {name}: {done:?}");
            let send = if wanted == "knock" { "v1" } else { "v2" };
            let asked = [
                format!("hs2 > hs3 v1/make_{wanted}"),
                format!("hs2 > hs1 v1/make_{wanted}"),
                format!("hs2 > hs1 {send}/send_{wanted}"),
            ];
            assert_eq!(requests(&lines), asked, "{version} {wanted} {name}");
            assert_eq!(status(&network, "bob", &room_id), Some(wanted), "{version} {name}");
            assert_eq!(membership(&network, 3, "bob", &room_id).unwrap(), wanted, "{version}");
            assert!(agree(&network, &[1, 3], &room_id), "{version} {wanted} {name}");
        }
    }
}

#[test]
fn if_all_templates_are_malformed_the_outcome_says_of_each_what_is_wrong() {
    for (version, wanted) in handshakes() {
        let (began, room_id, action) = scene(version, wanted);
        for (name, spoil, said) in FAULTS {
            let (mut network, action) = (began.clone(), action.clone());
            let before = rooms(&network, &room_id);
            let fault = |it: &Passing| match spoiled(it, "hs3", wanted, spoil) {
                Fate::Arrives => spoiled(it, "hs1", wanted, spoil),
                fate => fate,
            };
            let (done, lines) = act_amid(&mut network, "bob", action, fault);
            let tried = match done {
                Ok(Done::LeftUntold { tried, .. }) if wanted == "leave" => tried,
                Err(Denial::NobodyHelped(tried)) if wanted != "leave" => tried,
                done => panic!("{version} {wanted} {name}: {done:?}"),
            };
            let told: Vec<_> = tried.iter().map(|(server, _)| server.clone()).collect();
            assert_eq!(told, [server(3), server(1)], "{version} {wanted} {name}");
            for (_, sentence) in tried {
                assert!(sentence.contains("malformed") && sentence.contains(said), "{sentence}");
            }
            assert_eq!(requests(&lines).len(), 2, "{version} {wanted} {name}: {lines:?}");
            assert_eq!(rooms(&network, &room_id), before, "{version} {wanted} {name}");
        }
    }
}

/// Falsifies the template of one server.
fn spoiled(passing: &Passing, of: &str, wanted: &str, spoil: fn(&mut Json)) -> Fate {
    if !passing.is(&format!("{of} > hs2 v1/make_{wanted} 200")) {
        return Fate::Arrives;
    }
    let mut answer = passing.body.clone();
    spoil(&mut answer);
    Fate::Says(200, answer)
}

#[test]
fn an_answer_that_is_no_json_is_no_template() {
    for (version, wanted) in handshakes() {
        for answer in [json!(null), json!([200, {}]), json!("event"), json!({})] {
            let (mut network, _, action) = scene(version, wanted);
            let fault = |it: &Passing| {
                Fate::Says(200, answer.clone()).when(it.is(&format!("hs2 > hs3 v1/make_{wanted}")))
            };
            let (done, _) = act_amid(&mut network, "bob", action, fault);
            assert!(matches!(done, Ok(Done::Sent { .. })), "{version} {wanted}: {done:?}");
        }
    }
}

/// What a resident server puts into the template beside what is asked for is not signed unseen: an
/// ID, hashes and signatures are the leaving server's own.
#[test]
fn ids_hashes_signatures_and_unsigned_of_a_template_do_not_count() {
    for (version, wanted) in handshakes() {
        let (mut network, room_id, action) = scene(version, wanted);
        let mut sent = json!(null);
        let meddle = |it: &Passing| {
            if it.line.starts_with("hs2 > hs3") && it.line.contains("/send_") {
                sent = it.body.clone();
            }
            spoiled(it, "hs3", wanted, |answer| {
                let event = &mut answer["event"];
                event["event_id"] = json!("$mine:hs3");
                event["hashes"] = json!({ "sha256": "x" });
                event["signatures"] = json!({ "hs3": { "ed25519:1": "x" } });
                event["unsigned"] = json!({ "age": 7 });
                event["origin_server_ts"] = json!(7);
            })
        };
        act_amid(&mut network, "bob", action, meddle).0.unwrap();
        assert_ne!(sent["event_id"], "$mine:hs3", "{version}");
        assert_ne!(sent["hashes"]["sha256"], "x", "{version}");
        assert_eq!(sent["signatures"].as_object().unwrap().len(), 1, "{version}");
        assert!(sent["signatures"]["hs2"].is_object(), "{version}");
        assert!(sent.get("unsigned").is_none(), "{version}");
        assert_ne!(sent["origin_server_ts"], 7, "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), wanted, "{version}");
    }
}

/// "If not provided, the room version is assumed to be either "1" or "2"."
#[test]
fn without_a_room_version_the_template_is_one_of_the_first_format() {
    for version in ["1", "2"] {
        for wanted in ["leave", "join"] {
            let (mut network, room_id, action) = scene(version, wanted);
            let silent = |it: &Passing| spoiled(it, "hs3", wanted, |it| remove(it, "room_version"));
            let (done, lines) = act_amid(&mut network, "bob", action, silent);
            assert!(matches!(done, Ok(Done::Sent { .. })), "{version} {wanted}: {done:?}");
            let asked =
                [format!("hs2 > hs3 v1/make_{wanted}"), format!("hs2 > hs3 v2/send_{wanted}")];
            assert_eq!(requests(&lines), asked, "{version} {wanted}");
            assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), wanted, "{version}");
        }
    }
}

/// A join of a template that names a version in which nobody knocks.
#[test]
fn no_version_without_knocking_makes_a_knock() {
    for version in KNOCKING {
        let (mut network, _, action) = scene(version, "knock");
        let fault =
            |it: &Passing| spoiled(it, "hs3", "knock", |it| it["room_version"] = json!("6"));
        let (done, lines) = act_amid(&mut network, "bob", action, fault);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        assert!(!requests(&lines).contains(&"hs2 > hs3 v1/send_knock"), "{version}");
    }
}

/// The user's display name and reason go in; the membership and the authoriser are the template's.
#[test]
fn the_user_adds_a_reason() {
    for version in KNOCKING {
        let (mut network, room_id, action) = scene(version, "knock");
        act_amid(&mut network, "bob", action, |_| Fate::Arrives).0.unwrap();
        let member = crate::house::entry(&network, 1, "m.room.member", "@bob:hs2", &room_id);
        let content = json!({ "membership": "knock", "reason": "please" });
        assert_eq!(member.unwrap()["content"], content, "{version}");
    }
}
