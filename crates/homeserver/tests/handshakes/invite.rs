//! Inviting a user of another server, and being invited.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#inviting-to-a-room>

use exeunt_event::RoomId;
use exeunt_homeserver::{Denial, Done, Homeserver, Network, Refusal, Settings, Status};
use exeunt_version::RoomVersion;
use serde_json::{Value as Json, json};

use crate::house::{
    VERSIONS, act, act_amid, agree, bring, entry, following, invite, inviting, join, key,
    membership, network, room, room_of, rooms, server, state, status, user,
};
use crate::wire::{
    Answer, Fate, Passing, Spoil, ask, encode, error, requests, signed, transactions,
};

/// What alice's server would send to bob's, and did not.
fn prepared(version: &str, settings: Settings) -> (Network, RoomId, Json) {
    let mut network = network(3, settings);
    let room_id = room(&mut network, version, "invite");
    let mut body = json!(null);
    let hold_back = |it: &Passing| {
        if it.is("hs1 > hs2 v2/invite") {
            body = it.body.clone();
            return Fate::Lost;
        }
        Fate::Arrives
    };
    act_amid(&mut network, "alice", inviting("bob", &room_id), hold_back).0.unwrap_err();
    assert_eq!(status(&network, "bob", &room_id), None, "{version}");
    (network, room_id, body)
}

/// Sends an invite by hand.
fn send(
    network: &mut Network,
    room_id: &(impl ToString + ?Sized),
    event_id: &str,
    body: &Json,
) -> (u16, Json) {
    let path = format!("v2/invite/{}/{}", encode(room_id), encode(event_id));
    ask(network, (1, 2), "PUT", &path, Some(body))
}

/// The ID of an invite that nobody changed.
fn id(event: &Json, version: &str) -> String {
    match event.get("event_id") {
        Some(id) => id.as_str().unwrap().to_owned(),
        None => signed(event, 1, version).1,
    }
}

fn told(network: &Network, room_id: &RoomId) -> Vec<String> {
    let view = network.server(&server(2)).unwrap().view(&user("bob"), room_id).unwrap();
    let Status::Invited(stripped) = &view.status else { panic!("{:?}", view.status) };
    stripped.state.iter().map(|event| event.event_type().as_str().to_owned()).collect()
}

#[test]
fn the_invited_users_server_signs_and_then_the_room_has_the_invite() {
    for version in VERSIONS {
        let mut network = network(3, Settings::default());
        let room_id = room_of(&mut network, version, &["carol"]);
        let name = state(&room_id, "m.room.name", "", &json!({ "name": "the room" }));
        act(&mut network, "alice", name).unwrap();
        let (mut sent, mut answered) = (json!(null), json!(null));
        let watch = |it: &Passing| {
            if it.is("hs1 > hs2 v2/invite") {
                sent = it.body.clone();
            } else if it.is("hs2 > hs1 v2/invite 200") {
                answered = it.body["event"].clone();
            }
            Fate::Arrives
        };
        let (done, lines) = act_amid(&mut network, "alice", inviting("bob", &room_id), watch);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        assert_eq!(requests(&lines), ["hs1 > hs2 v2/invite"], "{version}");
        assert!(transactions(&lines).contains(&"hs1 > hs3 v1/send"), "{version}");
        assert!(agree(&network, &[1, 3], &room_id), "{version}");

        assert_eq!(sent["room_version"], version);
        let told_of = sent["invite_room_state"].as_array().unwrap();
        let kinds: Vec<_> = told_of.iter().map(|it| it["type"].as_str().unwrap()).collect();
        let expected = ["m.room.create", "m.room.join_rules", "m.room.name", "m.room.member"];
        assert_eq!(kinds, expected, "{version}");
        // Whole events, with signatures.
        assert!(told_of.iter().all(|it| it["signatures"]["hs1"].is_object()), "{version}");
        assert_eq!(told(&network, &room_id), expected, "{version}");

        // "The event with the invited server's signature added. All other fields … untouched."
        for (field, value) in sent["event"].as_object().unwrap() {
            if field != "signatures" {
                assert_eq!(answered[field], *value, "{version} {field}");
            }
        }
        assert_eq!(answered["signatures"]["hs1"], sent["event"]["signatures"]["hs1"], "{version}");
        assert!(answered["signatures"]["hs2"]["ed25519:1"].is_string(), "{version}");
        for at in [1, 3] {
            let member = entry(&network, at, "m.room.member", "@bob:hs2", &room_id).unwrap();
            assert!(member["signatures"]["hs2"].is_object(), "{version} at {at}");
        }
        assert_eq!(status(&network, "bob", &room_id), Some("invite"), "{version}");
        assert_eq!(rooms(&network, &room_id)[1], None, "{version}");
    }
}

/// "Also note that if the remote homeserver is already in the room, it will receive the invite event
/// twice"
#[test]
fn a_server_that_is_in_the_room_gets_the_invite_twice_and_has_it_once() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        let (done, lines) =
            act_amid(&mut network, "alice", inviting("bert", &room_id), |_| Fate::Arrives);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        assert_eq!(requests(&lines), ["hs1 > hs2 v2/invite"], "{version}");
        assert_eq!(transactions(&lines), ["hs1 > hs2 v1/send"], "{version}");
        assert_eq!(status(&network, "bert", &room_id), Some("invite"), "{version}");
        assert_eq!(membership(&network, 2, "bert", &room_id).unwrap(), "invite", "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

#[test]
fn who_may_not_invite_asks_nobody() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "invite");
        let (denied, lines) =
            act_amid(&mut network, "anna", inviting("bob", &room_id), |_| Fate::Arrives);
        let is_rule = matches!(denied, Err(Denial::Refused(Refusal::NotAllowed { .. })));
        assert!(is_rule && lines.is_empty(), "{version}: {denied:?}");
    }
}

#[test]
fn without_the_invited_users_server_there_is_no_invite() {
    let answers: [(Answer, &str); 4] = [
        (|| Fate::Lost, "not reached"),
        (|| Fate::error(403, "M_FORBIDDEN"), "403 M_FORBIDDEN"),
        (|| Fate::error(500, "M_UNKNOWN"), "500 M_UNKNOWN"),
        (|| Fate::error(400, "M_INCOMPATIBLE_ROOM_VERSION"), "400 M_INCOMPATIBLE_ROOM_VERSION"),
    ];
    for version in VERSIONS {
        for (answer, said) in answers {
            let mut network = network(2, Settings::default());
            let room_id = room(&mut network, version, "invite");
            let before = rooms(&network, &room_id);
            let fault = |it: &Passing| answer().when(it.line.starts_with("hs1 > hs2"));
            let (denied, _) = act_amid(&mut network, "alice", inviting("bob", &room_id), fault);
            let tried = vec![(server(2), said.to_owned())];
            assert_eq!(denied, Err(Denial::NobodyHelped(tried)), "{version}");
            assert_eq!(rooms(&network, &room_id), before, "{version}");
        }
    }
}

#[test]
fn an_answer_without_the_signature_or_with_another_event_is_worth_nothing() {
    let worthless: [(&str, Spoil); 6] = [
        ("no event", |it| *it = json!({})),
        ("no object", |it| *it = json!([200])),
        ("no signature", |it| {
            it["event"]["signatures"].as_object_mut().unwrap().remove("hs2");
        }),
        ("a wrong signature", |it| {
            it["event"]["signatures"]["hs2"]["ed25519:1"] = json!("A".repeat(86));
        }),
        ("another state key", |it| it["event"]["state_key"] = json!("@bert:hs2")),
        ("more content", |it| it["event"]["content"]["reason"] = json!("because")),
    ];
    for version in VERSIONS {
        let mut began = network(2, Settings::default());
        let room_id = room(&mut began, version, "invite");
        let before = rooms(&began, &room_id);
        for (name, spoil) in worthless {
            let mut network = began.clone();
            let fault = |it: &Passing| {
                if !it.is("hs2 > hs1 v2/invite 200") {
                    return Fate::Arrives;
                }
                let mut answer = it.body.clone();
                spoil(&mut answer);
                Fate::Says(200, answer)
            };
            let (denied, _) = act_amid(&mut network, "alice", inviting("bob", &room_id), fault);
            let is_worthless = matches!(denied, Err(Denial::WorthlessAnswer(_)));
            assert!(is_worthless, "{version} {name}: {denied:?}");
            assert_eq!(rooms(&network, &room_id), before, "{version} {name}");
        }
    }
}

/// "…should retry using the v1 API as the server may be older, if the room version is "1" or "2"."
#[test]
fn the_older_form_is_tried_where_the_rooms_events_have_the_older_format() {
    for version in VERSIONS {
        for (status_code, errcode) in [(404, "M_UNRECOGNIZED"), (400, "M_UNKNOWN")] {
            let mut network = network(2, Settings::default());
            let room_id = room(&mut network, version, "invite");
            let mut sent = json!(null);
            let fault = |it: &Passing| match &it.line[..] {
                "hs1 > hs2 v2/invite" => Fate::error(status_code, errcode),
                "hs1 > hs2 v1/invite" => {
                    sent = it.body.clone();
                    Fate::Arrives
                }
                _ => Fate::Arrives,
            };
            let (done, lines) = act_amid(&mut network, "alice", inviting("bob", &room_id), fault);
            if !matches!(version, "1" | "2") {
                let tried = vec![(server(2), format!("{status_code} {errcode}"))];
                assert_eq!(done, Err(Denial::NobodyHelped(tried)), "{version}");
                assert_eq!(requests(&lines), ["hs1 > hs2 v2/invite"], "{version}");
                continue;
            }
            assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
            let asked = ["hs1 > hs2 v2/invite", "hs1 > hs2 v1/invite"];
            assert_eq!(requests(&lines), asked, "{version}");
            // The event itself is the body, and what is told is within it.
            assert_eq!(sent["type"], "m.room.member", "{version}");
            let told_of = sent["unsigned"]["invite_room_state"].as_array().unwrap();
            assert_eq!(told_of[0]["type"], "m.room.create", "{version}");
            assert!(told(&network, &room_id).contains(&"m.room.create".to_owned()), "{version}");
            assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "invite", "{version}");
            join(&mut network, "bob", &room_id, &[]).unwrap();
            assert!(agree(&network, &[1, 2], &room_id), "{version}");
        }
    }
}

/// The older form is answered as a pair.
#[test]
fn an_invite_of_the_older_form_is_answered_in_it() {
    for version in ["1", "2"] {
        let (mut network, room_id, body) = prepared(version, Settings::default());
        let event = &body["event"];
        let path = format!("v1/invite/{}/{}", encode(&room_id), encode(&id(event, version)));
        let (status, answer) = ask(&mut network, (1, 2), "PUT", &path, Some(event));
        assert_eq!((status, &answer[0]), (200, &json!(200)), "{version}");
        assert!(answer[1]["event"]["signatures"]["hs2"].is_object(), "{version}");
    }
}

/// "Servers which receive a v1 invite request must assume that the room version is either "1" or
/// "2"": events of other versions cite others in another form.
#[test]
fn an_invite_of_the_older_form_is_to_a_room_of_the_first_versions() {
    for version in VERSIONS.into_iter().filter(|version| !matches!(*version, "1" | "2")) {
        let (mut network, room_id, body) = prepared(version, Settings::default());
        let event = &body["event"];
        let path = format!("v1/invite/{}/{}", encode(&room_id), encode(&id(event, version)));
        let answer = ask(&mut network, (1, 2), "PUT", &path, Some(event));
        assert_eq!(error(&answer), (400, "M_BAD_JSON"), "{version}");
        assert_eq!(status(&network, "bob", &room_id), None, "{version}");
    }
}

#[test]
fn an_invite_to_a_room_of_an_unknown_version_is_refused() {
    for version in VERSIONS {
        let (mut network, room_id, body) = prepared(version, Settings::default());
        let mut poor = Homeserver::new(key(2), Settings::default()).unwrap();
        poor.support(RoomVersion::all().filter(|supported| supported.id() != version));
        network.add(poor);
        let event_id = id(&body["event"], version);
        let answer = send(&mut network, &room_id, &event_id, &body);
        assert_eq!(error(&answer), (400, "M_INCOMPATIBLE_ROOM_VERSION"), "{version}");
        assert_eq!(answer.1["room_version"], version);
        assert_eq!(status(&network, "bob", &room_id), None, "{version}");
    }
}

/// "Servers MUST apply certain validation to ensure they don't accidentally sign non-invite events"
#[test]
fn nothing_but_an_invite_of_the_origins_user_to_a_local_one_is_signed() {
    let refused: [(&str, Spoil, u8); 9] = [
        ("another type", |it| it["type"] = json!("m.room.topic"), 1),
        ("another membership", |it| it["content"]["membership"] = json!("join"), 1),
        ("no membership", |it| it["content"] = json!({}), 1),
        ("a sender of another server", |it| it["sender"] = json!("@carol:hs3"), 3),
        ("a user of the sender's server", |it| it["state_key"] = json!("@anna:hs1"), 1),
        ("a state key that is no user", |it| it["state_key"] = json!("bob"), 1),
        (
            "no state key",
            |it| {
                it.as_object_mut().unwrap().remove("state_key");
            },
            1,
        ),
        ("another room", |it| it["room_id"] = json!("!other:hs1"), 1),
        ("signed by the wrong server", |_| (), 3),
    ];
    for version in VERSIONS {
        let (began, room_id, body) = prepared(version, Settings::default());
        for (name, spoil, by) in refused {
            let mut network = began.clone();
            let mut body = body.clone();
            spoil(&mut body["event"]);
            let (event, event_id) = signed(&body["event"], by, version);
            body["event"] = event;
            let answer = send(&mut network, &room_id, &event_id, &body);
            assert_eq!(error(&answer), (400, "M_INVALID_PARAM"), "{version} {name}: {}", answer.1);
            assert_eq!(status(&network, "bob", &room_id), None, "{version} {name}");
        }
        let mut network = began;
        let wrong = send(&mut network, &room_id, "$another:hs1", &body);
        assert_eq!(error(&wrong), (400, "M_INVALID_PARAM"), "{version}");
        let mut changed = body.clone();
        changed["event"]["content"]["reason"] = json!("because");
        let event_id = id(&body["event"], version);
        let wrong = send(&mut network, &room_id, &event_id, &changed);
        assert_eq!(error(&wrong), (400, "M_INVALID_PARAM"), "{version}: the content hash");
        for missing in ["event", "room_version"] {
            let mut body = body.clone();
            body.as_object_mut().unwrap().remove(missing);
            let wrong = send(&mut network, &room_id, &event_id, &body);
            assert_eq!(error(&wrong), (400, "M_MISSING_PARAM"), "{version} {missing}");
        }
        assert_eq!(status(&network, "bob", &room_id), None, "{version}");
        assert_eq!(send(&mut network, &room_id, &event_id, &body).0, 200, "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("invite"), "{version}");
    }
}

/// What is wrong with what accompanies an invite, each alone.
const TOLD: [(&str, Spoil); 6] = [
    ("nothing", |it| {
        it.as_object_mut().unwrap().remove("invite_room_state");
    }),
    ("no create event", |it| {
        it["invite_room_state"].as_array_mut().unwrap().remove(0);
    }),
    ("stripped events", |it| {
        for entry in it["invite_room_state"].as_array_mut().unwrap() {
            *entry = json!({
                "type": entry["type"], "state_key": entry["state_key"],
                "content": entry["content"], "sender": entry["sender"],
            });
        }
    }),
    ("an entry that is no object", |it| it["invite_room_state"][1] = json!("m.room.join_rules")),
    ("an entry with a wrong signature", |it| {
        it["invite_room_state"][1]["signatures"]["hs1"]["ed25519:1"] = json!("A".repeat(86));
    }),
    ("an entry of another room", |it| it["invite_room_state"][1]["room_id"] = json!("!other:hs1")),
];

/// MSC4311: in room versions whose room ID is the create event's hash from v1.16 on; in others if it
/// is set.
#[test]
fn what_accompanies_an_invite_is_checked_from_version_12_on_or_by_setting() {
    let before = following("v1.15");
    let everywhere = Settings { check_every_invite_state: true, ..Settings::default() };
    let everywhere_before = Settings { check_every_invite_state: true, ..before };
    for version in VERSIONS {
        for (settings, is_strict) in [
            (Settings::default(), version == "12"),
            (following("v1.16"), version == "12"),
            (before, false),
            (everywhere, true),
            (everywhere_before, false),
        ] {
            let (began, room_id, body) = prepared(version, settings);
            let event_id = id(&body["event"], version);
            for (name, spoil) in TOLD {
                let mut network = began.clone();
                let mut body = body.clone();
                spoil(&mut body);
                let answer = send(&mut network, &room_id, &event_id, &body);
                let name = format!("{version} {name} {settings:?}: {}", answer.1);
                if is_strict {
                    assert_eq!(error(&answer), (400, "M_INVALID_PARAM"), "{name}");
                    assert_eq!(status(&network, "bob", &room_id), None, "{name}");
                } else {
                    assert_eq!(answer.0, 200, "{name}");
                    // What is not valid is not told on.
                    assert!(told(&network, &room_id).len() < 3, "{name}");
                }
            }
        }
    }
}

/// A create event of another room makes another room ID where that is its hash.
#[test]
fn the_create_event_has_to_be_that_of_the_room() {
    let (mut network, room_id, mut body) = prepared("12", Settings::default());
    let event_id = id(&body["event"], "12");
    body["invite_room_state"][0]["content"]["type"] = json!("m.space");
    let (other, _) = signed(&body["invite_room_state"][0], 1, "12");
    body["invite_room_state"][0] = other;
    let answer = send(&mut network, &room_id, &event_id, &body);
    assert_eq!(error(&answer), (400, "M_INVALID_PARAM"), "{}", answer.1);
    assert_eq!(status(&network, "bob", &room_id), None);
}

#[test]
fn an_invite_can_come_again() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "invite");
        invite(&mut network, "alice", "bob", &room_id).unwrap();
        invite(&mut network, "alice", "bob", &room_id).unwrap();
        assert_eq!(status(&network, "bob", &room_id), Some("invite"), "{version}");
        bring(&mut network, "bob", &room_id);
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
        let denied = invite(&mut network, "alice", "bob", &room_id);
        let is_rule = matches!(denied, Err(Denial::Refused(Refusal::NotAllowed { .. })));
        assert!(is_rule, "{version}: {denied:?}");
    }
}
