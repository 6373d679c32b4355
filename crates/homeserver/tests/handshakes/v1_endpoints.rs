//! `PUT v1/send_join` and `PUT v1/send_leave`, which v1.18 removed (MSC4376).
//!
//! <https://spec.matrix.org/v1.17/server-server-api/#put_matrixfederationv1send_leaveroomideventid>

use exeunt_event::RoomId;
use exeunt_homeserver::{Action, Denial, Done, Network, Specification};
use serde_json::{Value as Json, json};

use crate::house::{
    KNOCKING, VERSIONS, act_amid, agree, following, invite, joining, knocking, leaving, membership,
    network, room, rooms, server, status,
};
use crate::wire::{Fate, Passing, ask, encode, error, make, requests, send, signed};

/// A room of alice's of `hs1`, and what bob of `hs2` sets out for; both servers follow the release.
fn scene(version: &str, wanted: &str, release: &str) -> (Network, RoomId, Action) {
    let mut network = network(2, following(release));
    let rule = if wanted == "knock" { "knock" } else { "public" };
    let room_id = room(&mut network, version, rule);
    let action = match wanted {
        "leave" => {
            invite(&mut network, "alice", "bob", &room_id).unwrap();
            leaving(&room_id)
        }
        "join" => joining(&room_id, &[1]),
        _ => knocking(&room_id, &[1]),
    };
    (network, room_id, action)
}

fn event(network: &mut Network, room_id: &RoomId, version: &str, wanted: &str) -> (Json, String) {
    let (status, answer) = make(network, (2, 1), wanted, "bob", room_id);
    assert_eq!(status, 200, "{version} {wanted}: {answer}");
    signed(&answer["event"], 2, version)
}

#[test]
fn until_v1_17_the_older_form_is_served() {
    for version in VERSIONS {
        for wanted in ["leave", "join"] {
            for release in ["v1.1", "v1.17"] {
                let (mut network, room_id, _) = scene(version, wanted, release);
                let (event, event_id) = event(&mut network, &room_id, version, wanted);
                let endpoint = format!("v1/send_{wanted}");
                let sent = (&event, &event_id[..]);
                let (status, answer) = send(&mut network, (2, 1), &endpoint, &room_id, sent);
                assert_eq!(status, 200, "{version} {wanted} {release}: {answer}");
                assert_eq!(answer[0], 200, "{version} {wanted} {release}");
                assert_eq!(answer.as_array().unwrap().len(), 2, "{version} {wanted} {release}");
                match wanted {
                    "leave" => assert_eq!(answer, json!([200, {}]), "{version} {release}"),
                    _ => assert!(answer[1]["state"].is_array(), "{version} {release}"),
                }
                assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), wanted, "{version}");
            }
        }
    }
}

#[test]
fn from_v1_18_on_there_is_no_older_form() {
    for version in VERSIONS {
        for wanted in ["leave", "join"] {
            for release in ["v1.18", "v1.19"] {
                let (mut network, room_id, _) = scene(version, wanted, release);
                let (event, event_id) = event(&mut network, &room_id, version, wanted);
                let before = rooms(&network, &room_id);
                let sent = (&event, &event_id[..]);
                let older = format!("v1/send_{wanted}");
                let answer = send(&mut network, (2, 1), &older, &room_id, sent);
                assert_eq!(error(&answer), (404, "M_UNRECOGNIZED"), "{version} {wanted}");
                assert_eq!(rooms(&network, &room_id), before, "{version} {wanted}");
                let newer = format!("v2/send_{wanted}");
                let (status, _) = send(&mut network, (2, 1), &newer, &room_id, sent);
                assert_eq!(status, 200, "{version} {wanted} {release}");
            }
        }
    }
}

/// "senders which receive a 400, 404, or other status code which indicates this endpoint is not
/// available should retry using the v1 API instead"
#[test]
fn until_v1_17_a_handshake_falls_back() {
    for version in VERSIONS {
        for wanted in ["leave", "join"] {
            let (began, room_id, action) = scene(version, wanted, "v1.17");
            for unavailable in [400, 404, 405, 501] {
                let (mut network, action) = (began.clone(), action.clone());
                let newer = format!("hs2 > hs1 v2/send_{wanted}");
                let fault =
                    |it: &Passing| Fate::error(unavailable, "M_UNRECOGNIZED").when(it.is(&newer));
                let (done, lines) = act_amid(&mut network, "bob", action, fault);
                assert!(matches!(done, Ok(Done::Sent { .. })), "{version} {wanted}: {done:?}");
                let asked = [
                    format!("hs2 > hs1 v1/make_{wanted}"),
                    newer.clone(),
                    format!("hs2 > hs1 v1/send_{wanted}"),
                ];
                assert_eq!(requests(&lines), asked, "{version} {unavailable}");
                assert_eq!(status(&network, "bob", &room_id), Some(wanted), "{version}");
                assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), wanted, "{version}");
                let both: &[u8] = if wanted == "join" { &[1, 2] } else { &[1] };
                assert!(agree(&network, both, &room_id), "{version} {wanted}");
            }
        }
    }
}

#[test]
fn a_refusal_that_says_nothing_of_the_endpoint_is_no_reason_to_fall_back() {
    for version in VERSIONS {
        for wanted in ["leave", "join"] {
            let (began, _, action) = scene(version, wanted, "v1.17");
            for refused in [401, 403, 413, 429, 500, 502, 504] {
                let (mut network, action) = (began.clone(), action.clone());
                let newer = format!("hs2 > hs1 v2/send_{wanted}");
                let fault = |it: &Passing| Fate::error(refused, "M_UNKNOWN").when(it.is(&newer));
                let (done, lines) = act_amid(&mut network, "bob", action, fault);
                assert_eq!(requests(&lines).last(), Some(&&newer[..]), "{version} {refused}");
                assert!(!matches!(done, Ok(Done::Sent { .. })), "{version} {refused}: {done:?}");
            }
        }
    }
}

#[test]
fn from_v1_18_on_no_handshake_falls_back() {
    for version in VERSIONS {
        for wanted in ["leave", "join"] {
            for release in ["v1.18", "v1.19"] {
                let (began, room_id, action) = scene(version, wanted, release);
                for unavailable in [400, 404, 405, 501] {
                    let (mut network, action) = (began.clone(), action.clone());
                    let newer = format!("hs2 > hs1 v2/send_{wanted}");
                    let fault = |it: &Passing| {
                        Fate::error(unavailable, "M_UNRECOGNIZED").when(it.is(&newer))
                    };
                    let (done, lines) = act_amid(&mut network, "bob", action, fault);
                    let asked = [format!("hs2 > hs1 v1/make_{wanted}"), newer.clone()];
                    assert_eq!(requests(&lines), asked, "{version} {unavailable}");
                    let tried = vec![(server(1), format!("{unavailable} M_UNRECOGNIZED"))];
                    let expected = match wanted {
                        "leave" => Ok(Done::LeftUntold { room_id: room_id.clone(), tried }),
                        _ => Err(Denial::NobodyHelped(tried)),
                    };
                    assert_eq!(done, expected, "{version} {wanted} {release}");
                }
            }
        }
    }
}

/// A fallback that is not served either is the end of that server, not of the handshake.
#[test]
fn an_older_server_asks_a_newer_one_and_a_newer_an_older() {
    for version in VERSIONS {
        for wanted in ["leave", "join"] {
            let (mut network, room_id, action) = scene(version, wanted, "v1.17");
            let unavailable = |it: &Passing| {
                let is_sent = it.line.contains("hs2 > hs1 v") && it.line.contains("/send_");
                Fate::error(404, "M_UNRECOGNIZED").when(is_sent)
            };
            let (done, lines) = act_amid(&mut network, "bob", action, unavailable);
            let last = format!("hs2 > hs1 v1/send_{wanted}");
            assert_eq!(requests(&lines).last(), Some(&&last[..]), "{version}");
            let tried = vec![(server(1), "404 M_UNRECOGNIZED".to_owned())];
            let expected = match wanted {
                "leave" => Ok(Done::LeftUntold { room_id: room_id.clone(), tried }),
                _ => Err(Denial::NobodyHelped(tried)),
            };
            assert_eq!(done, expected, "{version} {wanted}");
        }
    }
}

/// Knocks have one form in every release.
#[test]
fn a_knock_never_falls_back() {
    for version in KNOCKING {
        for release in ["v1.17", "v1.18"] {
            let (mut network, _, action) = scene(version, "knock", release);
            let fault = |it: &Passing| {
                Fate::error(404, "M_UNRECOGNIZED").when(it.is("hs2 > hs1 v1/send_knock"))
            };
            let (done, lines) = act_amid(&mut network, "bob", action, fault);
            let asked = ["hs2 > hs1 v1/make_knock", "hs2 > hs1 v1/send_knock"];
            assert_eq!(requests(&lines), asked, "{version} {release}");
            let tried = vec![(server(1), "404 M_UNRECOGNIZED".to_owned())];
            assert_eq!(done, Err(Denial::NobodyHelped(tried)), "{version} {release}");
        }
    }
}

/// In every release, and before anything else about the request is looked at.
#[test]
fn a_wrong_method_is_405_where_the_endpoint_is_and_404_where_it_is_not() {
    for release in Specification::all() {
        let release = release.to_string();
        let (mut network, room_id, _) = scene("11", "leave", &release);
        let has_older = release.parse::<Specification>().unwrap().features().v1_send;
        let rest = format!("{}/{}", encode(&room_id), encode("$event:hs2"));
        for (endpoint, wrong, is_there) in [
            ("v2/send_leave", "GET", true),
            ("v2/send_leave", "POST", true),
            ("v2/send_join", "DELETE", true),
            ("v1/send_knock", "GET", true),
            ("v1/make_leave", "PUT", true),
            ("v1/make_join", "POST", true),
            ("v2/invite", "GET", true),
            ("v1/send_leave", "GET", has_older),
            ("v1/send_join", "POST", has_older),
            ("v2/send_knock", "PUT", false),
            ("v2/make_leave", "GET", false),
            ("v3/send_leave", "PUT", false),
        ] {
            let rest = if endpoint.contains("make") {
                format!("{}/{}", encode(&room_id), encode("@bob:hs2"))
            } else {
                rest.clone()
            };
            let path = format!("{endpoint}/{rest}");
            let answer = ask(&mut network, (2, 1), wrong, &path, None);
            let expected = if is_there { 405 } else { 404 };
            let expected = (expected, "M_UNRECOGNIZED");
            assert_eq!(error(&answer), expected, "{release} {wrong} {endpoint}");
        }
    }
}
