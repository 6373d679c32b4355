//! `exeunt handshake`: handshakes between model servers, step by step.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::fs;

use command::{Said, exeunt};
use exeunt_version::RoomVersion;
use serde_json::{Value, json};

const KINDS: [&str; 4] = ["leave", "join", "knock", "invite"];
const EVIL: [&str; 5] =
    ["wrong-room", "wrong-sender", "wrong-state-key", "wrong-type", "wrong-membership"];

fn play(arguments: &str) -> Said {
    exeunt(&["handshake"].into_iter().chain(arguments.split(' ')).collect::<Vec<_>>())
}

/// What is told of a handshake that ends with that status.
fn told(arguments: &str, status: i32) -> String {
    let said = play(arguments);
    assert_eq!((said.status, said.err.as_str()), (status, ""), "{arguments}: {}", said.out);
    said.out
}

/// The same as JSON.
fn lines(arguments: &str, status: i32) -> Vec<Value> {
    let said = told(&format!("{arguments} --json"), status);
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The kinds of the lines, with the endpoint of those that have one.
fn kinds(lines: &[Value]) -> Vec<String> {
    let kind = |line: &Value| {
        let kind = line["kind"].as_str().unwrap();
        line["endpoint"].as_str().map_or(kind.to_owned(), |endpoint| format!("{kind} {endpoint}"))
    };
    lines.iter().map(kind).collect()
}

/// What Bob's server and hs1 have of him in the end.
fn in_the_end(lines: &[Value]) -> (Value, Value) {
    let servers = &lines.last().unwrap()["servers"];
    (servers[1]["view"]["membership"].clone(), servers[0]["room"]["membership"].clone())
}

#[test]
fn the_four_handshakes_in_version_12() {
    insta::assert_snapshot!("leave_12", told("leave", 0));
    insta::assert_snapshot!("join_12", told("join --servers 3", 0));
    insta::assert_snapshot!("knock_12", told("knock", 0));
    insta::assert_snapshot!("invite_12", told("invite --servers 3", 0));
}

#[test]
fn a_leave_in_version_1_by_the_older_form_of_the_endpoint() {
    let arguments = "leave --room-version 1 --spec v1.17 --status 404 --at send";
    insta::assert_snapshot!("leave_1_older_form", told(arguments, 0));
}

#[test]
fn an_invite_in_version_2_by_the_older_form_of_the_endpoint() {
    let arguments = "invite --room-version 2 --status 404";
    // Who answers everything so has no older form either.
    assert!(told(arguments, 1).contains("Nothing came of it."));
    let sent = lines("invite --room-version 2 --status 404 --at send", 0);
    let uris = sent.iter().filter_map(|line| line["request"]["uri"].as_str());
    let forms: Vec<_> = uris.map(|uri| uri.split('/').nth(3).unwrap()).collect();
    assert_eq!(forms, ["v2", "v1"]);
    assert_eq!(in_the_end(&sent), (json!("invite"), json!("invite")));
    let later = told("invite --room-version 3 --status 404 --at send", 1);
    assert!(!later.contains("/v1/invite/"), "{later}");
}

#[test]
fn a_restricted_join_has_both_signatures() {
    insta::assert_snapshot!(
        "join_8_restricted",
        told("join --room-version 8 --join-rule restricted", 0)
    );
}

#[test]
fn each_handshake_ends_well_in_every_version_and_says_so_twice_in_the_same_bytes() {
    for version in RoomVersion::SPECIFIED {
        let knows_knocking = RoomVersion::specified(version).unwrap().capabilities.knocking;
        for kind in KINDS.into_iter().filter(|kind| *kind != "knock" || knows_knocking) {
            let arguments = format!("{kind} --room-version {version} --servers 4");
            assert_eq!(told(&arguments, 0), told(&arguments, 0));
            let lines = lines(&arguments, 0);
            assert_eq!(in_the_end(&lines), (json!(kind), json!(kind)), "{version}");
            assert_eq!(lines[0]["room_version"], version);
            // Everybody who is in the room is told of it, and has the same room then.
            let servers = lines.last().unwrap()["servers"].as_array().unwrap();
            assert_eq!(servers.len(), 4);
            let resident = |server: &&Value| server["resident"] == true;
            let rooms: Vec<_> =
                servers.iter().filter(resident).map(|server| &server["room"]).collect();
            assert_eq!(rooms.len(), if kind == "join" { 4 } else { 3 });
            assert!(rooms.iter().all(|room| *room == rooms[0]), "{arguments}: {rooms:?}");
        }
    }
}

#[test]
fn a_leave_succeeds_though_nobody_is_reached() {
    insta::assert_snapshot!("leave_12_unreachable", told("leave --unreachable hs1", 0));
    let lines = lines("leave --unreachable hs1", 0);
    assert_eq!(lines.last().unwrap()["outcome"], "left_untold");
    assert_eq!(in_the_end(&lines), (json!("leave"), json!("invite")));
    for fault in ["--status 500", "--status 403 --at send", "--evil-template wrong-room"] {
        let lines = self::lines(&format!("leave {fault}"), 0);
        assert_eq!(lines.last().unwrap()["outcome"], "left_untold", "{fault}");
    }
}

#[test]
fn a_join_or_knock_that_nobody_helps_is_refused() {
    insta::assert_snapshot!("join_12_status_500", told("join --status 500", 1));
    for kind in ["join", "knock"] {
        for fault in ["--unreachable hs1", "--status 500", "--status hs1=500 --at send"] {
            let lines = lines(&format!("{kind} {fault}"), 1);
            assert_eq!(lines.last().unwrap()["outcome"], "refused");
            assert_eq!(in_the_end(&lines), (Value::Null, Value::Null), "{kind} {fault}");
        }
    }
    let lines = lines("invite --unreachable hs2", 1);
    assert_eq!(in_the_end(&lines), (Value::Null, Value::Null));
}

#[test]
fn the_next_server_is_tried() {
    let arguments = "leave --servers 4 --unreachable hs1 --status hs3=500";
    insta::assert_snapshot!("leave_12_third_server", told(arguments, 0));
    for kind in ["leave", "join", "knock"] {
        for fault in ["--unreachable hs1", "--status 500", "--evil-template wrong-type"] {
            let lines = lines(&format!("{kind} --servers 3 {fault}"), 0);
            let turned = lines.iter().find(|line| line["kind"] == "turns_away").unwrap();
            assert_eq!((&turned["asked"], &turned["next"]), (&json!("hs1"), &json!("hs3")));
            assert_eq!(lines.last().unwrap()["servers"][2]["room"]["membership"], kind);
        }
    }
}

#[test]
fn an_evil_template_is_not_signed() {
    insta::assert_snapshot!("join_12_wrong_room", told("join --evil-template wrong-room", 1));
    for kind in ["leave", "join", "knock"] {
        for evil in EVIL {
            let status = i32::from(kind != "leave");
            let lines = lines(&format!("{kind} --evil-template {evil}"), status);
            let expected =
                ["before", "acts", "asks", "answers", "turns_away", "after"].map(str::to_owned);
            let kinds: Vec<_> = kinds(&lines)
                .into_iter()
                .map(|kind| kind.split(' ').next().unwrap().to_owned())
                .collect();
            assert_eq!(kinds, expected, "{kind} {evil}");
            let said = lines[4]["said"].as_str().unwrap();
            let field = match evil {
                "wrong-room" => "`room_id`",
                "wrong-sender" => "`sender`",
                "wrong-state-key" => "`state_key`",
                "wrong-type" => "`type`",
                _ => "`content.membership`",
            };
            assert!(
                said.starts_with("the template is malformed: ") && said.contains(field),
                "{said}"
            );
        }
    }
}

#[test]
fn the_join_rule_decides() {
    for (arguments, status) in [
        ("join --join-rule public", 0),
        ("join --join-rule invite", 1),
        ("join --join-rule knock", 1),
        ("join --join-rule restricted", 0),
        ("join --join-rule knock_restricted", 0),
        ("knock --join-rule public", 1),
        ("knock --join-rule knock_restricted", 0),
        ("leave --join-rule public", 0),
        ("invite --join-rule restricted", 0),
        // Carol's server is not in the room that the condition names.
        ("join --join-rule restricted --servers 3 --unreachable hs1", 1),
    ] {
        told(arguments, status);
    }
}

#[test]
fn json_tells_the_same_one_object_a_line() {
    let lines = lines("join --servers 3", 0);
    assert_eq!(
        kinds(&lines),
        [
            "before",
            "acts",
            "asks make_join",
            "answers make_join",
            "signs",
            "asks send_join",
            "answers send_join",
            "ends",
            "asks send",
            "answers send",
            "after",
        ]
    );
    let steps: Vec<_> = lines.iter().filter_map(|line| line["step"].as_u64()).collect();
    assert_eq!(steps, (1..=9).collect::<Vec<_>>());
    let (signed, sent, answered) = (&lines[4], &lines[5], &lines[6]);
    assert_eq!(signed["event"], sent["request"]["body"]);
    assert_eq!(answered["response"]["body"]["event"], signed["event"]);
    assert_eq!(answered["checks"].as_array().unwrap().last().unwrap()["rule"], "5.3.6");
    assert_eq!(lines[8]["request"]["body"]["pdus"], json!([signed["event"]]));
    assert_eq!(lines.last().unwrap()["event_id"], signed["event_id"]);
    // Every step that is told is in the JSON too.
    let prose = told("join --servers 3", 0);
    let numbered = prose.lines().filter(|line| {
        line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok())
    });
    assert_eq!(numbered.count(), steps.len());
}

#[test]
fn a_version_that_a_user_defined_is_played() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trial.toml");
    fs::write(&file, "id = \"org.example.trial\"\nbase = \"11\"\nknocking = false\n").unwrap();
    let file = file.to_str().unwrap();
    for kind in ["leave", "join", "invite"] {
        let lines = lines(&format!("{kind} --room-version {file}"), 0);
        assert_eq!(lines[0]["room_version"], "org.example.trial");
    }
    let said = play(&format!("knock --room-version {file}"));
    assert_eq!(said.status, 2);
    assert!(said.err.contains("nobody can knock in room version org.example.trial"), "{said:?}");
}

#[test]
fn wrong_usage_is_told() {
    for (arguments, told) in [
        ("knock --room-version 6", "nobody can knock in room version 6"),
        ("join --room-version 7 --join-rule restricted", "room version 7 has no join rule"),
        ("join --room-version 9 --join-rule knock_restricted", "has no join rule"),
        ("leave --room-version 6 --join-rule knock", "has no join rule"),
        ("join --room-version 13", "13"),
        ("join --spec v2", "none of the releases"),
        ("join --unreachable hs9", "there is no server \"hs9\"; there are hs1, hs2"),
        ("join --unreachable hs3", "there is no server \"hs3\""),
        ("join --unreachable hs2", "hs2 is the server that asks"),
        ("invite --unreachable hs1", "hs1 is the server that asks"),
        ("join --status hs4=500", "there is no server \"hs4\""),
        ("join --status 200", "from 300 to 599"),
        ("join --status hs1=many", "from 300 to 599"),
        ("join --status 500 --status hs1=404", "two statuses for hs1"),
        ("join --status 500 --unreachable hs1", "cannot be unreachable and answer 500"),
        ("invite --status 500 --at make", "asks for no template"),
        ("invite --evil-template wrong-room", "has no template"),
        ("join --evil-template wrong-room --unreachable hs1", "gives no template"),
        ("join --evil-template wrong-room --status 500", "gives no template"),
        ("join --evil-template bad", "wrong-membership"),
        ("join --at send", "--status"),
        ("join --servers 5", "2..=4"),
        ("join --servers 1", "2..=4"),
        ("join --join-rule private", "knock_restricted"),
        ("vanish", "leave"),
    ] {
        let said = play(arguments);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{arguments}: {said:?}");
        assert!(said.err.contains(told), "{arguments}: {}", said.err);
    }
    assert_eq!(exeunt(&["handshake"]).status, 2);
}
