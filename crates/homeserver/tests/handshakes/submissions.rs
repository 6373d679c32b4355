//! What a resident server asks of a leave, join or knock that is submitted, each alone; and that the
//! room stays as it was if it is refused.
//!
//! "The receiving server MUST apply certain validation before accepting the event."
//! <https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv2send_leaveroomideventid>

use exeunt_event::RoomId;
use exeunt_event::signatures::SigningKey;
use exeunt_homeserver::{Action, Network, Settings, SignatureError};
use exeunt_version::RoomVersion;
use serde_json::{Value as Json, json};

use crate::house::{
    KNOCKING, VERSIONS, act, invite, leave, membership, network, object, room, room_with, rooms,
    user,
};
use crate::wire::{ask, encode, error, make, send, signed};

/// What is submitted: the event, and room and event as the path has them.
struct Submission {
    event: Json,
    room_id: String,
    event_id: String,
}

/// From a template and its room version.
type Change = fn(Json, &str) -> Submission;

fn submission(event: &Json, by: u8, version: &str) -> Submission {
    let (event, event_id) = signed(event, by, version);
    let room_id = event["room_id"].as_str().unwrap_or_default().to_owned();
    Submission { event, room_id, event_id }
}

/// Each with the status and `errcode` that it gets.
const REFUSED: [(&str, Change, (u16, &str)); 19] = [
    (
        "not signed",
        |template, version| {
            let mut sent = submission(&template, 2, version);
            sent.event["signatures"] = json!({});
            sent
        },
        (400, "M_INVALID_PARAM"),
    ),
    (
        "signed by another server alone",
        |template, version| submission(&template, 3, version),
        (400, "M_INVALID_PARAM"),
    ),
    (
        "signed with another key under the name of the right one",
        |template, version| {
            let wrong = SigningKey::from_seed("hs2", "ed25519:1", &[77; 32]);
            let mut event = object(&submission(&template, 2, version).event);
            event.remove("signatures");
            let named = RoomVersion::specified(version).unwrap();
            exeunt_event::signatures::hash_and_sign(&mut event, &wrong, &named);
            let id = exeunt_event::Event::from_object(&event, &named).unwrap();
            let event_id = id.event_id().to_string();
            let event: Json = serde_json::from_str(&event.as_received()).unwrap();
            Submission { room_id: event["room_id"].as_str().unwrap().to_owned(), event, event_id }
        },
        (400, "M_INVALID_PARAM"),
    ),
    (
        "of another type",
        |mut template, version| {
            template["type"] = json!("m.room.topic");
            submission(&template, 2, version)
        },
        (400, "M_INVALID_PARAM"),
    ),
    (
        "with another membership",
        |mut template, version| {
            template["content"]["membership"] = json!("invite");
            submission(&template, 2, version)
        },
        (400, "M_INVALID_PARAM"),
    ),
    (
        "without a membership",
        |mut template, version| {
            template["content"] = json!({});
            submission(&template, 2, version)
        },
        (400, "M_INVALID_PARAM"),
    ),
    (
        "of a user of another server",
        |mut template, version| {
            template["sender"] = json!("@carol:hs3");
            template["state_key"] = json!("@carol:hs3");
            submission(&template, 3, version)
        },
        (400, "M_INVALID_PARAM"),
    ),
    (
        "of a user of the resident server",
        |mut template, version| {
            template["sender"] = json!("@alice:hs1");
            template["state_key"] = json!("@alice:hs1");
            submission(&template, 2, version)
        },
        (400, "M_INVALID_PARAM"),
    ),
    (
        "about another user",
        |mut template, version| {
            template["state_key"] = json!("@bert:hs2");
            submission(&template, 2, version)
        },
        (400, "M_INVALID_PARAM"),
    ),
    (
        "that is no state event",
        |mut template, version| {
            template.as_object_mut().unwrap().remove("state_key");
            submission(&template, 2, version)
        },
        (400, "M_INVALID_PARAM"),
    ),
    (
        "of another room than the path's",
        |mut template, version| {
            let room_id = template["room_id"].as_str().unwrap().to_owned();
            template["room_id"] = json!("!elsewhere:hs1");
            let sent = submission(&template, 2, version);
            Submission { room_id, ..sent }
        },
        (400, "M_INVALID_PARAM"),
    ),
    (
        "to a path of a room that the server does not know",
        |template, version| {
            let sent = submission(&template, 2, version);
            Submission { room_id: "!unknown:hs1".to_owned(), ..sent }
        },
        (404, "M_NOT_FOUND"),
    ),
    (
        "with another event's ID in the path",
        |template, version| {
            let sent = submission(&template, 2, version);
            Submission { event_id: "$another:hs2".to_owned(), ..sent }
        },
        (400, "M_INVALID_PARAM"),
    ),
    (
        "without a type",
        |template, version| without(&template, "type", version),
        (400, "M_MISSING_PARAM"),
    ),
    (
        "without a sender",
        |template, version| without(&template, "sender", version),
        (400, "M_MISSING_PARAM"),
    ),
    (
        "without content",
        |template, version| without(&template, "content", version),
        (400, "M_MISSING_PARAM"),
    ),
    (
        "with a sender that is no user ID",
        |template, version| {
            let mut sent = submission(&template, 2, version);
            sent.event["sender"] = json!(7);
            sent
        },
        (400, "M_BAD_JSON"),
    ),
    (
        "with more than 65536 bytes",
        |mut template, version| {
            template["content"]["reason"] = json!("x".repeat(65_536));
            submission(&template, 2, version)
        },
        (413, "M_TOO_LARGE"),
    ),
    (
        "citing what cannot be had",
        |mut template, version| {
            let missing = format!("${}", "A".repeat(43));
            template["prev_events"] = match version {
                "1" | "2" => json!([["$missing:hs1", { "sha256": "A".repeat(43) }]]),
                _ => json!([missing]),
            };
            submission(&template, 2, version)
        },
        (403, "M_FORBIDDEN"),
    ),
];

fn without(template: &Json, field: &str, version: &str) -> Submission {
    let mut sent = submission(template, 2, version);
    sent.event.as_object_mut().unwrap().remove(field);
    sent
}

/// A room of alice's that bob of `hs2` can leave, join or knock on, and the template for it.
fn scene(version: &str, wanted: &str, settings: Settings) -> (Network, RoomId, Json) {
    let mut network = network(3, settings);
    let rule = if wanted == "knock" { "knock" } else { "public" };
    let room_id = room(&mut network, version, rule);
    if wanted == "leave" {
        invite(&mut network, "alice", "bob", &room_id).unwrap();
    }
    let (status, answer) = make(&mut network, (2, 1), wanted, "bob", &room_id);
    assert_eq!(status, 200, "{version} {wanted}: {answer}");
    assert_eq!(answer["room_version"], version, "{wanted}");
    (network, room_id, answer["event"].clone())
}

fn handshakes() -> impl Iterator<Item = (&'static str, &'static str)> {
    let everywhere =
        VERSIONS.into_iter().flat_map(|version| [(version, "leave"), (version, "join")]);
    everywhere.chain(KNOCKING.iter().map(|version| (*version, "knock")))
}

fn endpoint(wanted: &str) -> String {
    format!("{}/send_{wanted}", if wanted == "knock" { "v1" } else { "v2" })
}

#[test]
fn each_check_alone_refuses_and_leaves_the_room_untouched() {
    for (version, wanted) in handshakes() {
        let (began, room_id, template) = scene(version, wanted, Settings::default());
        let before = rooms(&began, &room_id);
        for (name, change, expected) in REFUSED {
            let mut network = began.clone();
            let Submission { event, room_id: of_path, event_id } =
                change(template.clone(), version);
            let answer =
                send(&mut network, (2, 1), &endpoint(wanted), &of_path, (&event, &event_id));
            assert_eq!(error(&answer), expected, "{version} {wanted} {name}: {}", answer.1);
            assert_eq!(rooms(&network, &room_id), before, "{version} {wanted} {name}");
        }
        // The template alone is good: it is what was wrong with it that was refused.
        let mut network = began;
        let Submission { event, event_id, .. } = submission(&template, 2, version);
        let answer = send(&mut network, (2, 1), &endpoint(wanted), &room_id, (&event, &event_id));
        assert_eq!(answer.0, 200, "{version} {wanted}: {}", answer.1);
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), wanted, "{version}");
    }
}

/// The room-leaving document has another error code than the endpoint's description; a setting has
/// either.
#[test]
fn the_code_for_a_wrong_signature_is_a_setting() {
    let signature_error = SignatureError::InvalidSignature;
    for (version, wanted) in handshakes() {
        let settings = Settings { signature_error, ..Settings::default() };
        let (mut network, room_id, template) = scene(version, wanted, settings);
        let Submission { event, event_id, .. } = submission(&template, 3, version);
        let answer = send(&mut network, (2, 1), &endpoint(wanted), &room_id, (&event, &event_id));
        assert_eq!(error(&answer), (400, "M_INVALID_SIGNATURE"), "{version} {wanted}");
    }
}

/// An event of one room of the server cannot be submitted to another.
#[test]
fn the_path_of_another_room_that_the_server_is_in_does_not_do() {
    for (version, wanted) in handshakes() {
        let (mut network, room_id, template) = scene(version, wanted, Settings::default());
        let rules = json!({ "join_rule": "public" });
        let other = room_with(&mut network, version, "!second:hs1", &rules);
        let before = (rooms(&network, &room_id), rooms(&network, &other));
        let Submission { event, event_id, .. } = submission(&template, 2, version);
        let answer = send(&mut network, (2, 1), &endpoint(wanted), &other, (&event, &event_id));
        assert_eq!(error(&answer), (400, "M_INVALID_PARAM"), "{version} {wanted}");
        assert_eq!((rooms(&network, &room_id), rooms(&network, &other)), before, "{version}");
    }
}

/// A lost answer makes a server ask again: the answer is the same, and the room has the event once.
#[test]
fn what_was_accepted_before_is_accepted_again_and_changes_nothing() {
    for (version, wanted) in handshakes() {
        let (mut network, room_id, template) = scene(version, wanted, Settings::default());
        let Submission { event, event_id, .. } = submission(&template, 2, version);
        let sent = (&event, &event_id[..]);
        let first = send(&mut network, (2, 1), &endpoint(wanted), &room_id, sent);
        let between = rooms(&network, &room_id);
        let second = send(&mut network, (2, 1), &endpoint(wanted), &room_id, sent);
        assert_eq!(second, first, "{version} {wanted}");
        assert_eq!(second.0, 200, "{version} {wanted}");
        assert_eq!(rooms(&network, &room_id), between, "{version} {wanted}");
    }
}

/// What changed since the template was given counts.
#[test]
fn the_rules_are_asked_when_the_event_is_submitted() {
    for (version, wanted) in handshakes() {
        let (mut network, room_id, template) = scene(version, wanted, Settings::default());
        let target = user("bob");
        let ban = Action::Ban { room_id: room_id.clone(), target, reason: None };
        act(&mut network, "alice", ban).unwrap();
        let before = rooms(&network, &room_id);
        let Submission { event, event_id, .. } = submission(&template, 2, version);
        let answer = send(&mut network, (2, 1), &endpoint(wanted), &room_id, (&event, &event_id));
        assert_eq!(error(&answer), (403, "M_FORBIDDEN"), "{version} {wanted}");
        assert_eq!(rooms(&network, &room_id), before, "{version} {wanted}");
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "ban", "{version} {wanted}");
    }
}

#[test]
fn a_server_that_is_not_in_the_room_any_more_gives_no_template_and_takes_nothing() {
    for (version, wanted) in handshakes() {
        let (mut network, room_id, template) = scene(version, wanted, Settings::default());
        leave(&mut network, "alice", &room_id).unwrap();
        let before = rooms(&network, &room_id);
        let answer = make(&mut network, (2, 1), wanted, "bob", &room_id);
        assert_eq!(error(&answer), (404, "M_NOT_FOUND"), "{version} {wanted}");
        let Submission { event, event_id, .. } = submission(&template, 2, version);
        let answer = send(&mut network, (2, 1), &endpoint(wanted), &room_id, (&event, &event_id));
        assert_eq!(error(&answer), (404, "M_NOT_FOUND"), "{version} {wanted}");
        assert_eq!(rooms(&network, &room_id), before, "{version} {wanted}");
    }
}

#[test]
fn no_template_is_given_for_users_of_other_servers_or_in_unknown_rooms() {
    for (version, wanted) in handshakes() {
        let (mut network, room_id, _) = scene(version, wanted, Settings::default());
        let before = rooms(&network, &room_id);
        let answer = make(&mut network, (3, 1), wanted, "bob", &room_id);
        assert_eq!(error(&answer), (403, "M_FORBIDDEN"), "{version} {wanted}");
        let unknown = RoomId::parse("!unknown:hs1").unwrap();
        let answer = make(&mut network, (2, 1), wanted, "bob", &unknown);
        assert_eq!(error(&answer), (404, "M_NOT_FOUND"), "{version} {wanted}");
        assert_eq!(rooms(&network, &room_id), before, "{version} {wanted}");
    }
}

/// "This could mean that the user is not in the room."
#[test]
fn who_is_not_in_the_room_gets_no_template_to_leave_it() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "public");
        let answer = make(&mut network, (2, 1), "leave", "bob", &room_id);
        assert_eq!(error(&answer), (403, "M_FORBIDDEN"), "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id), None, "{version}");
    }
}

#[test]
fn a_body_that_is_no_event_is_refused() {
    for (version, wanted) in handshakes() {
        let (mut network, room_id, _) = scene(version, wanted, Settings::default());
        let path = format!("{}/{}/{}", endpoint(wanted), encode(&room_id), encode("$a:hs2"));
        let answer = ask(&mut network, (2, 1), "PUT", &path, Some(&json!({})));
        assert_eq!(error(&answer), (400, "M_MISSING_PARAM"), "{version} {wanted}");
        let answer = ask(&mut network, (2, 1), "PUT", &path, None);
        assert_eq!(error(&answer), (400, "M_NOT_JSON"), "{version} {wanted}");
    }
}
