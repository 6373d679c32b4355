//! Server ACLs: the steps of the text, and the endpoints that they protect.
//!
//! <https://spec.matrix.org/v1.19/client-server-api/#mroomserver_acl>,
//! <https://spec.matrix.org/v1.19/server-server-api/#server-access-control-lists-acls>

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use exeunt_event::json::{self, Object};
use exeunt_event::{Event, RoomId, ServerName};
use exeunt_homeserver::{Endpoint, Features, Request, ServerAcl, Specification};
use exeunt_regressions::proptest::prelude::*;
use exeunt_version::RoomVersion;
use serde_json::{Value as Json, json};

fn object(content: &Json) -> Object<'static> {
    let text = content.to_string();
    let parsed = json::parse_lenient(text.as_bytes()).unwrap();
    parsed.value.into_owned().as_object().unwrap().clone()
}

fn features(release: &str) -> Features {
    release.parse::<Specification>().unwrap().features()
}

fn latest() -> Features {
    Specification::LATEST.features()
}

/// Whether a room with that ACL lets the server in, by the latest release.
fn allows(content: &Json, server: &str) -> bool {
    let server = ServerName::parse(server).unwrap();
    ServerAcl::from_content(&object(content)).is_allowed(&server, latest())
}

fn event(event_type: &str, state_key: Option<&str>, content: &Json) -> Event {
    let version = RoomVersion::specified("11").unwrap();
    let mut pdu = json!({
        "type": event_type, "sender": "@alice:one.example", "room_id": "!room:one.example",
        "content": content, "depth": 7, "origin_server_ts": 1000, "prev_events": [],
        "auth_events": [], "hashes": { "sha256": "A".repeat(43) }, "signatures": {},
    });
    if let Some(state_key) = state_key {
        pdu["state_key"] = json!(state_key);
    }
    Event::parse(pdu.to_string().as_bytes(), &version).unwrap()
}

#[test]
fn step_1_without_acl_everybody_is_allowed() {
    let server = ServerName::parse("evil.example").unwrap();
    let denies = |event: Option<&Event>| ServerAcl::denies(event, &server, latest());
    assert!(!denies(None));
    let deny_all = json!({ "allow": [], "deny": ["*"] });
    assert!(denies(Some(&event("m.room.server_acl", Some(""), &deny_all))));
    // What is not the ACL of the room's state says nothing.
    assert!(!denies(Some(&event("m.room.server_acl", Some("x"), &deny_all))));
    assert!(!denies(Some(&event("m.room.server_acl", None, &deny_all))));
    assert!(!denies(Some(&event("m.room.topic", Some(""), &deny_all))));
}

#[test]
fn step_2_ip_literals_are_denied_if_the_acl_says_so() {
    let without = json!({ "allow_ip_literals": false, "allow": ["*"] });
    let with = json!({ "allow_ip_literals": true, "allow": ["*"] });
    for literal in [
        "1.2.3.4",
        "1.2.3.4:8448",
        "255.255.255.255",
        "0.0.0.0",
        // One to three digits each, by the grammar.
        "001.02.3.004",
        "[::1]",
        "[::1]:8448",
        "[1234:5678::abcd]:5678",
        "[::ffff:1.2.3.4]",
    ] {
        assert!(!allows(&without, literal) && allows(&with, literal), "{literal}");
    }
    // All of these are DNS names by the grammar.
    for name in [
        "1.2.3",
        "1.2.3.4.5",
        "1.2.3.256",
        "1.2.3.4.",
        "1.2.3.0004",
        "1.2..4",
        "a.2.3.4",
        "12345",
        "0x7f.0.0.1",
        "one.example",
        "1.2.3.-4",
    ] {
        assert!(allows(&without, name), "{name}");
    }
}

/// Before anything in `allow` is looked at.
#[test]
fn step_2_comes_before_the_lists() {
    let acl = json!({ "allow_ip_literals": false, "allow": ["1.2.3.4", "[::1]"], "deny": [] });
    assert!(!allows(&acl, "1.2.3.4") && !allows(&acl, "[::1]:80"));
}

#[test]
fn step_3_deny_comes_before_allow() {
    let acl = json!({ "allow": ["*", "evil.example"], "deny": ["*.evil.example", "evil.example"] });
    assert!(!allows(&acl, "evil.example") && !allows(&acl, "sub.evil.example"));
    assert!(allows(&acl, "notevil.example"));
}

#[test]
fn step_4_who_matches_an_entry_of_allow_is_allowed() {
    let acl = json!({ "allow": ["one.example", "?wo.example", "*.three.example"] });
    for server in ["one.example", "two.example", "a.b.three.example", ".three.example"] {
        assert!(allows(&acl, server), "{server}");
    }
}

#[test]
fn step_5_all_others_are_denied() {
    let acl = json!({ "allow": ["one.example", "?wo.example", "*.three.example"] });
    for server in ["one.example.org", "wo.example", "three.example", "xone.example"] {
        assert!(!allows(&acl, server), "{server}");
    }
    assert!(!allows(&json!({ "deny": ["evil.example"] }), "one.example"));
    assert!(!allows(&json!({}), "one.example"));
}

/// `evil.com`, `evil.com:8448` and `evil.com:1234` of the text, and the same for IP literals.
#[test]
fn ports_are_not_considered() {
    let acl = json!({ "allow": ["*"], "deny": ["evil.com", "1.1.1.1", "[::1]", "*:8448", "::1"] });
    for server in ["evil.com", "evil.com:8448", "evil.com:1234", "1.1.1.1:80", "[::1]:80", "[::1]"]
    {
        assert!(!allows(&acl, server), "{server}");
    }
    // An entry with a port matches no hostname; brackets are part of one.
    assert!(allows(&acl, "one.example:8448") && allows(&acl, "[::2]:8448"));
    assert!(!allows(&json!({ "allow": ["one.example:80"] }), "one.example:80"));
}

/// Invalid names of servers come out of user IDs in old events.
#[test]
fn a_name_that_is_no_hostname_and_port_is_taken_whole() {
    for name in ["::1", "a:b:80", "one.example:", "one.example:123456", "one.example:8x", "é"] {
        let is_allowed = |glob: &str| {
            let acl = ServerAcl::from_content(&object(&json!({ "allow": [glob] })));
            acl.is_allowed(&ServerName::from_received(name), latest())
        };
        assert!(is_allowed(name), "{name}");
        assert!(!name.contains(':') || !is_allowed(name.rsplit_once(':').unwrap().0), "{name}");
    }
}

#[test]
fn allow_ip_literals_defaults_to_true_if_it_is_no_boolean() {
    for value in [json!(null), json!("false"), json!(0), json!([]), json!({})] {
        let acl = json!({ "allow_ip_literals": value, "allow": ["*"] });
        assert!(allows(&acl, "1.2.3.4"), "{acl}");
    }
    assert!(allows(&json!({ "allow": ["*"] }), "[::1]"));
}

#[test]
fn a_list_that_is_none_is_empty_and_entries_that_are_no_globs_match_nothing() {
    for none in [json!(null), json!("*"), json!({ "0": "*" }), json!(true), json!(1)] {
        assert!(!allows(&json!({ "allow": none }), "one.example"), "{none}");
        assert!(allows(&json!({ "allow": ["*"], "deny": none }), "one.example"), "{none}");
    }
    let acl = json!({ "allow": [null, 1, ["*"], { "*": "*" }, true, "one.example"] });
    assert!(allows(&acl, "one.example") && !allows(&acl, "two.example"));
}

/// Redaction leaves nothing of the content, so that nobody is allowed.
#[test]
fn a_redacted_acl_denies_everybody() {
    let version = RoomVersion::specified("11").unwrap();
    let acl = event("m.room.server_acl", Some(""), &json!({ "allow": ["*"] }));
    let server = ServerName::parse("one.example").unwrap();
    assert!(!ServerAcl::denies(Some(&acl), &server, latest()));
    assert!(ServerAcl::denies(Some(&acl.redacted(&version)), &server, latest()));
}

/// MSC4436.
#[test]
fn case_is_ignored_from_v1_19_on() {
    let acl = ServerAcl::from_content(&object(&json!({
        "allow": ["*"], "deny": ["EVIL.example", "*.bad.example"],
    })));
    for release in Specification::all() {
        let ignores_case = release >= "v1.19".parse().unwrap();
        for server in ["evil.example", "EVIL.Example", "a.BAD.example:80"] {
            let server = ServerName::parse(server).unwrap();
            let allowed = acl.is_allowed(&server, release.features());
            assert_eq!(allowed, !ignores_case, "{release} {server}");
        }
        let same = ServerName::parse("EVIL.example").unwrap();
        assert!(!acl.is_allowed(&same, release.features()), "{release}");
    }
}

/// The list of the server-server API, with what an endpoint's path has after the prefix. The
/// room-leaving document's list is part of it.
const PROTECTED: [(&str, &str, &str); 15] = [
    ("GET", "/_matrix/federation/v1/make_join", "/!r:h/@u:h"),
    ("GET", "/_matrix/federation/v1/make_leave", "/!r:h/@u:h"),
    ("PUT", "/_matrix/federation/v1/send_join", "/!r:h/$e"),
    ("PUT", "/_matrix/federation/v2/send_join", "/!r:h/$e"),
    ("PUT", "/_matrix/federation/v1/send_leave", "/!r:h/$e"),
    ("PUT", "/_matrix/federation/v2/send_leave", "/!r:h/$e"),
    ("PUT", "/_matrix/federation/v1/invite", "/!r:h/$e"),
    ("PUT", "/_matrix/federation/v2/invite", "/!r:h/$e"),
    ("GET", "/_matrix/federation/v1/make_knock", "/!r:h/@u:h?ver=11"),
    ("PUT", "/_matrix/federation/v1/send_knock", "/!r:h/$e"),
    ("GET", "/_matrix/federation/v1/state", "/!r:h?event_id=$e"),
    ("GET", "/_matrix/federation/v1/state_ids", "/!r:h?event_id=$e"),
    ("GET", "/_matrix/federation/v1/backfill", "/!r:h?v=$e&limit=1"),
    ("GET", "/_matrix/federation/v1/event_auth", "/!r:h/$e"),
    ("POST", "/_matrix/federation/v1/get_missing_events", "/!r:h"),
];

fn endpoint(method: &str, uri: String, features: Features) -> Endpoint {
    let (authorization, body) = (Vec::new(), None);
    let request = Request { method: method.to_owned(), uri, authorization, body };
    Endpoint::of(&request, features).unwrap()
}

#[test]
fn every_protected_endpoint_names_the_room_whose_acl_protects_it() {
    for (method, prefix, rest) in PROTECTED {
        // The last release that has all of them.
        let endpoint = endpoint(method, format!("{prefix}{rest}"), features("v1.17"));
        assert_eq!(endpoint.room_id(), Some(&RoomId::parse("!r:h").unwrap()), "{prefix}");
    }
}

#[test]
fn the_endpoints_of_the_room_leaving_document_are_protected() {
    for prefix in [
        "/_matrix/federation/v1/make_leave",
        "/_matrix/federation/v1/send_leave",
        "/_matrix/federation/v2/send_leave",
    ] {
        assert!(PROTECTED.iter().any(|(_, known, _)| *known == prefix), "{prefix}");
    }
}

/// A transaction is about many rooms, and an event's room is known once the event is.
#[test]
fn the_endpoints_without_a_room_are_the_two_that_the_list_lacks() {
    for (method, uri) in [("PUT", "v1/send/1"), ("GET", "v1/event/$e")] {
        let endpoint = endpoint(method, format!("/_matrix/federation/{uri}"), latest());
        assert_eq!(endpoint.room_id(), None, "{uri}");
    }
}

/// Whether a glob matches, by the sentences of the appendix alone.
fn matches(glob: &[u8], text: &[u8]) -> bool {
    match (glob, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|taken| matches(rest, &text[taken..])),
        ([b'?', glob @ ..], [_, text @ ..]) => matches(glob, text),
        ([one, glob @ ..], [other, text @ ..]) => one == other && matches(glob, text),
        _ => false,
    }
}

/// A hostname, and whether it is an IP literal.
fn host() -> impl Strategy<Value = (String, bool)> {
    prop_oneof![
        "[ab1.]{1,6}".prop_filter_map("an IP literal", |name| {
            let is_literal = name.parse::<std::net::Ipv4Addr>().is_ok();
            (!is_literal).then_some((name, false))
        }),
        any::<std::net::Ipv4Addr>().prop_map(|address| (address.to_string(), true)),
        any::<std::net::Ipv6Addr>().prop_map(|address| (format!("[{address}]"), true)),
    ]
}

fn globs() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop_oneof!["[ab1.*?]{0,5}", Just("*".to_owned())], 0..4)
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 1000))]

    #[test]
    fn an_acl_decides_by_the_steps_of_the_text(
        (host, is_literal) in host(),
        port in prop::option::of(0..=65535_u32),
        allow_ip_literals: Option<bool>,
        allow in globs(),
        deny in globs(),
        ignores_case: bool,
    ) {
        let matches_one = |globs: &[String]| {
            globs.iter().any(|glob| matches(glob.as_bytes(), host.as_bytes()))
        };
        let expected = match (is_literal && allow_ip_literals == Some(false), matches_one(&deny)) {
            (true, _) | (_, true) => false,
            (false, false) => matches_one(&allow),
        };
        let mut content = json!({ "allow": allow, "deny": deny });
        if let Some(allowed) = allow_ip_literals {
            content["allow_ip_literals"] = json!(allowed);
        }
        let name = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        let server = ServerName::parse(&name).unwrap();
        // Nothing here has a letter in two cases.
        let features = features(if ignores_case { "v1.19" } else { "v1.18" });
        let allowed = ServerAcl::from_content(&object(&content)).is_allowed(&server, features);
        prop_assert_eq!(allowed, expected);
        let acl = event("m.room.server_acl", Some(""), &content);
        prop_assert_eq!(ServerAcl::denies(Some(&acl), &server, features), !expected);
    }

    #[test]
    fn no_name_and_no_content_panics(name: String, entries: Vec<String>, releases: [bool; 2]) {
        let content = json!({ "allow": entries, "deny": ["[*", ""], "allow_ip_literals": releases[0] });
        let acl = ServerAcl::from_content(&object(&content));
        let features = if releases[1] { latest() } else { features("v1.1") };
        acl.is_allowed(&ServerName::from_received(&name), features);
    }
}
