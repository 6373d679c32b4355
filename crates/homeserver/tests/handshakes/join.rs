//! Joining a room of other servers.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#joining-rooms>

use exeunt_event::RoomId;
use exeunt_homeserver::{Action, Denial, Done, Homeserver, Network, Settings};
use exeunt_room::Standing;
use exeunt_version::RoomVersion;
use serde_json::{Value as Json, json};

use crate::house::{
    VERSIONS, act, act_amid, agree, bring, entry, following, invite, join, joining, key, leave,
    membership, message, network, room, room_of, room_with, rooms, server, state, status, user,
};
use crate::wire::{
    Fate, Passing, Spoil, ask, encode, error, make, requests, send, signed, transactions,
};

/// A public room of alice's of `hs1` and carol's of `hs3`.
fn public(version: &str) -> (Network, RoomId) {
    let mut network = network(3, Settings::default());
    let room_id = room(&mut network, version, "public");
    bring(&mut network, "carol", &room_id);
    (network, room_id)
}

#[test]
fn a_resident_server_gives_a_template_takes_the_join_and_tells_the_others() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        let mut seen = Vec::new();
        let watch = |it: &Passing| {
            seen.push((it.line.clone(), it.uri.clone(), it.body.clone()));
            Fate::Arrives
        };
        let (done, lines) = act_amid(&mut network, "bob", joining(&room_id, &[1, 3]), watch);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        let asked = ["hs2 > hs1 v1/make_join", "hs2 > hs1 v2/send_join"];
        assert_eq!(requests(&lines), asked, "{version}");
        assert_eq!(transactions(&lines), ["hs1 > hs3 v1/send"], "{version}");
        assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("join"), "{version}");

        let (_, uri, _) = &seen[0];
        for listed in VERSIONS {
            let has = uri.split(['?', '&']).any(|part| part == format!("ver={listed}"));
            assert!(has, "{version}: {uri}");
        }
        let (_, _, answer) = seen.iter().find(|it| it.0 == "hs1 > hs2 v2/send_join 200").unwrap();
        assert_eq!(answer["members_omitted"], false, "{version}");
        let kinds: Vec<_> = answer["state"].as_array().unwrap().iter().map(kind).collect();
        for told in ["m.room.create", "m.room.power_levels", "m.room.join_rules"] {
            assert!(kinds.contains(&told), "{version}: {told}");
        }
        assert_eq!(kinds.iter().filter(|kind| **kind == "m.room.member").count(), 2, "{version}");
        assert!(!answer["auth_chain"].as_array().unwrap().is_empty(), "{version}");
        assert_eq!(answer["event"]["state_key"], "@bob:hs2", "{version}");
    }
}

fn kind(event: &Json) -> &str {
    event["type"].as_str().unwrap()
}

#[test]
fn who_joined_talks_with_all_servers_of_the_room() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        join(&mut network, "bob", &room_id, &[1]).unwrap();
        for (name, from) in [("alice", 1), ("bob", 2), ("carol", 3)] {
            let (done, lines) =
                act_amid(&mut network, name, message(&room_id, name), |_| Fate::Arrives);
            let Ok(Done::Sent { event_id, .. }) = done else { panic!("{version}: {done:?}") };
            assert_eq!(transactions(&lines).len(), 2, "{version} {lines:?}");
            for at in [1, 2, 3] {
                let room = network.server(&server(at)).unwrap().room(&room_id).unwrap();
                let record = room.record(&event_id);
                assert!(
                    record.is_some_and(|it| *it.standing() == Standing::Accepted),
                    "{version} {from}"
                );
            }
        }
    }
}

#[test]
fn servers_are_asked_in_the_order_given_each_once_and_never_oneself() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        let fault =
            |it: &Passing| Fate::error(500, "M_UNKNOWN").when(it.line.starts_with("hs2 > "));
        let via = [3, 2, 1, 3, 1];
        let (done, lines) = act_amid(&mut network, "bob", joining(&room_id, &via), fault);
        let said = "500 M_UNKNOWN".to_owned();
        let tried = vec![(server(3), said.clone()), (server(1), said)];
        assert_eq!(done, Err(Denial::NobodyHelped(tried)), "{version}");
        let asked = ["hs2 > hs3 v1/make_join", "hs2 > hs1 v1/make_join"];
        assert_eq!(requests(&lines), asked, "{version}");
        assert_eq!(status(&network, "bob", &room_id), None, "{version}");
        let nobody = join(&mut network, "bob", &room_id, &[]);
        assert_eq!(nobody, Err(Denial::NobodyToAsk), "{version}");
    }
}

#[test]
fn who_is_invited_needs_no_server_to_be_named() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "invite");
        invite(&mut network, "alice", "bob", &room_id).unwrap();
        let (done, lines) =
            act_amid(&mut network, "bob", joining(&room_id, &[]), |_| Fate::Arrives);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        assert_eq!(requests(&lines).len(), 2, "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

#[test]
fn a_user_whose_server_is_in_the_room_joins_without_handshake() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        join(&mut network, "bob", &room_id, &[1]).unwrap();
        let (done, lines) =
            act_amid(&mut network, "bert", joining(&room_id, &[1]), |_| Fate::Arrives);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        assert!(requests(&lines).is_empty(), "{version}: {lines:?}");
        assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");
    }
}

#[test]
fn who_may_not_join_gets_no_template() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let closed = room(&mut network, version, "invite");
        let said = "403 M_FORBIDDEN".to_owned();
        let denied = Err(Denial::NobodyHelped(vec![(server(1), said)]));
        assert_eq!(join(&mut network, "bob", &closed, &[1]), denied, "{version}");
        let rules = json!({ "join_rule": "public" });
        act(&mut network, "alice", state(&closed, "m.room.join_rules", "", &rules)).unwrap();
        let target = user("bob");
        let ban = Action::Ban { room_id: closed.clone(), target, reason: None };
        act(&mut network, "alice", ban).unwrap();
        let before = rooms(&network, &closed);
        assert_eq!(join(&mut network, "bob", &closed, &[1]), denied, "{version}");
        assert_eq!(rooms(&network, &closed), before, "{version}");
    }
}

/// `ver`: "Defaults to `[1]`."
#[test]
fn a_server_that_lists_no_version_supports_the_first_alone() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        let path = format!("v1/make_join/{}/{}", encode(&room_id), encode(&user("bob")));
        let answer = ask(&mut network, (2, 1), "GET", &path, None);
        if version == "1" {
            assert_eq!(answer.0, 200);
            continue;
        }
        assert_eq!(error(&answer), (400, "M_INCOMPATIBLE_ROOM_VERSION"), "{version}");
        assert_eq!(answer.1["room_version"], version);
    }
}

#[test]
fn the_rooms_version_has_to_be_among_those_listed() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        let path = format!("v1/make_join/{}/{}", encode(&room_id), encode(&user("bob")));
        let others: Vec<_> = VERSIONS.iter().filter(|listed| **listed != version).collect();
        let others: Vec<_> = others.iter().map(|listed| format!("ver={listed}")).collect();
        let uri = format!("{path}?{}", others.join("&"));
        let answer = ask(&mut network, (2, 1), "GET", &uri, None);
        assert_eq!(error(&answer), (400, "M_INCOMPATIBLE_ROOM_VERSION"), "{version}");
        assert_eq!(answer.1["room_version"], version);
        let uri = format!("{path}?ver=org.example.x&ver={version}");
        assert_eq!(ask(&mut network, (2, 1), "GET", &uri, None).0, 200, "{version}");
    }
}

#[test]
fn a_server_asks_for_the_versions_that_it_supports_and_is_told_which_it_lacks() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        let mut poor = Homeserver::new(key(2), Settings::default()).unwrap();
        poor.support(RoomVersion::all().filter(|supported| supported.id() != version));
        network.add(poor);
        let denied = join(&mut network, "bob", &room_id, &[1]);
        let said = "400 M_INCOMPATIBLE_ROOM_VERSION".to_owned();
        assert_eq!(denied, Err(Denial::NobodyHelped(vec![(server(1), said)])), "{version}");
    }
}

/// An answer to `send_join` that is worth nothing; the next server is asked.
#[test]
fn who_gives_no_room_that_the_join_fits_in_is_passed_over() {
    let worthless: [(&str, Spoil); 8] = [
        ("no object", |it| *it = json!([])),
        ("nothing", |it| *it = json!({})),
        ("no state", |it| it["state"] = json!([])),
        ("state without the create event", |it| {
            it["state"].as_array_mut().unwrap().retain(|event| kind(event) != "m.room.create");
        }),
        ("state without the join rules", |it| {
            it["state"].as_array_mut().unwrap().retain(|event| kind(event) != "m.room.join_rules");
        }),
        ("state with join rules that somebody changed", |it| {
            let state = it["state"].as_array_mut().unwrap();
            let rules = state.iter_mut().find(|event| kind(event) == "m.room.join_rules").unwrap();
            rules["content"]["join_rule"] = json!("knock");
            let chain = it["auth_chain"].as_array_mut().unwrap();
            chain.retain(|event| kind(event) != "m.room.join_rules");
        }),
        ("another event", |it| it["event"]["depth"] = json!(999)),
        ("an event that is none", |it| it["event"] = json!("event")),
    ];
    for version in VERSIONS {
        let (began, room_id) = public(version);
        for (name, spoil) in worthless {
            let mut network = began.clone();
            let fault = |it: &Passing| {
                if !it.is("hs3 > hs2 v2/send_join 200") {
                    return Fate::Arrives;
                }
                let mut answer = it.body.clone();
                spoil(&mut answer);
                Fate::Says(200, answer)
            };
            let (done, lines) = act_amid(&mut network, "bob", joining(&room_id, &[3, 1]), fault);
            assert!(matches!(done, Ok(Done::Sent { .. })), "{version} {name}: {done:?}");
            assert!(requests(&lines).contains(&"hs2 > hs1 v2/send_join"), "{version} {name}");
            assert_eq!(status(&network, "bob", &room_id), Some("join"), "{version} {name}");
            assert_eq!(membership(&network, 2, "bob", &room_id).unwrap(), "join", "{version}");
            assert_eq!(membership(&network, 3, "bob", &room_id).unwrap(), "join", "{version}");

            // Without a next server the room is not entered at all.
            let mut network = began.clone();
            let (done, _) = act_amid(&mut network, "bob", joining(&room_id, &[3]), fault);
            let Err(Denial::NobodyHelped(tried)) = done else {
                panic!("{version} {name}: {done:?}")
            };
            assert!(tried[0].1.contains("worthless"), "{version} {name}: {tried:?}");
            assert_eq!(status(&network, "bob", &room_id), None, "{version} {name}");
            assert_eq!(rooms(&network, &room_id)[1], None, "{version} {name}");
        }
    }
}

/// Bob's own join of an earlier time is validly signed, and not the one that was submitted.
#[test]
fn another_join_of_the_same_user_is_not_taken_for_the_one_that_was_sent() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        let mut earlier = json!(null);
        let watch = |it: &Passing| {
            if it.is("hs3 > hs2 v2/send_join 200") {
                earlier = it.body["event"].clone();
            }
            Fate::Arrives
        };
        act_amid(&mut network, "bob", joining(&room_id, &[3]), watch).0.unwrap();
        leave(&mut network, "bob", &room_id).unwrap();
        let replace = |it: &Passing| {
            let mut answer = it.body.clone();
            answer["event"] = earlier.clone();
            Fate::Says(200, answer).when(it.is("hs3 > hs2 v2/send_join 200"))
        };
        let (done, _) = act_amid(&mut network, "bob", joining(&room_id, &[3]), replace);
        let Err(Denial::NobodyHelped(tried)) = done else { panic!("{version}: {done:?}") };
        assert!(tried[0].1.contains("another event"), "{version}: {tried:?}");
        assert_eq!(status(&network, "bob", &room_id), Some("leave"), "{version}");
    }
}

/// The state of a room that is another one, validly signed.
#[test]
fn the_state_of_another_room_is_not_taken_for_that_of_the_room() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        let rules = json!({ "join_rule": "public" });
        let other = room_with(&mut network, version, "!second:hs1", &rules);
        let (status_code, of_other) = join_by_hand(&mut network, &other, version, "");
        assert_eq!(status_code, 200, "{version}: {of_other}");
        let replace = |it: &Passing| {
            let mut answer = it.body.clone();
            for list in ["state", "auth_chain"] {
                answer[list] = of_other[list].clone();
            }
            Fate::Says(200, answer).when(it.is("hs3 > hs2 v2/send_join 200"))
        };
        let (done, _) = act_amid(&mut network, "bob", joining(&room_id, &[3]), replace);
        let Err(Denial::NobodyHelped(tried)) = done else { panic!("{version}: {done:?}") };
        assert!(tried[0].1.contains("of another room"), "{version}: {tried:?}");
        assert_eq!(status(&network, "bob", &room_id), None, "{version}");
        assert_eq!(rooms(&network, &room_id)[1], None, "{version}");
        join(&mut network, "bob", &room_id, &[3, 1]).unwrap();
        assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");
    }
}

/// State that is not validly signed is no part of the room, and the join does not depend on it.
#[test]
fn what_is_not_valid_in_the_state_is_left_out() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        let topic = state(&room_id, "m.room.topic", "", &json!({ "topic": "t" }));
        act(&mut network, "alice", topic).unwrap();
        let fault = |it: &Passing| {
            if !it.is("hs1 > hs2 v2/send_join 200") {
                return Fate::Arrives;
            }
            let mut answer = it.body.clone();
            let state = answer["state"].as_array_mut().unwrap();
            let topic = state.iter_mut().find(|event| kind(event) == "m.room.topic").unwrap();
            topic["signatures"] = json!({});
            answer["auth_chain"]
                .as_array_mut()
                .unwrap()
                .retain(|event| kind(event) != "m.room.topic");
            Fate::Says(200, answer)
        };
        let (done, _) = act_amid(&mut network, "bob", joining(&room_id, &[1]), fault);
        assert!(matches!(done, Ok(Done::Sent { .. })), "{version}: {done:?}");
        assert_eq!(entry(&network, 2, "m.room.topic", "", &room_id), None, "{version}");
        assert!(entry(&network, 2, "m.room.power_levels", "", &room_id).is_some(), "{version}");
    }
}

/// The room has the join; that the user's server does not know is healed by another attempt.
#[test]
fn a_join_whose_answer_was_lost_is_made_again() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        let fault = |it: &Passing| Fate::Lost.when(it.is("hs1 > hs2 v2/send_join 200"));
        let (done, _) = act_amid(&mut network, "bob", joining(&room_id, &[1]), fault);
        let tried = vec![(server(1), "not reached".to_owned())];
        assert_eq!(done, Err(Denial::NobodyHelped(tried)), "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "join", "{version}");
        assert_eq!(status(&network, "bob", &room_id), None, "{version}");
        join(&mut network, "bob", &room_id, &[1]).unwrap();
        assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");
    }
}

#[test]
fn a_server_that_left_comes_back_to_what_happened_since() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        join(&mut network, "bob", &room_id, &[1]).unwrap();
        leave(&mut network, "bob", &room_id).unwrap();
        let topic = state(&room_id, "m.room.topic", "", &json!({ "topic": "news" }));
        act(&mut network, "alice", topic).unwrap();
        assert_eq!(entry(&network, 2, "m.room.topic", "", &room_id), None, "{version}");
        join(&mut network, "bob", &room_id, &[3]).unwrap();
        assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");
        let topic = entry(&network, 2, "m.room.topic", "", &room_id).unwrap();
        assert_eq!(topic["content"]["topic"], "news", "{version}");
    }
}

/// A join by hand, and the answer.
fn join_by_hand(
    network: &mut Network,
    room_id: &RoomId,
    version: &str,
    query: &str,
) -> (u16, Json) {
    let (_, answer) = make(network, (2, 1), "join", "bob", room_id);
    let (event, event_id) = signed(&answer["event"], 2, version);
    let path = format!("v2/send_join/{}/{}{query}", encode(room_id), encode(&event_id));
    ask(network, (2, 1), "PUT", &path, Some(&event))
}

fn members(state: &Json) -> Vec<&str> {
    let events = state.as_array().unwrap().iter();
    let members = events.filter(|event| kind(event) == "m.room.member");
    members.map(|event| event["state_key"].as_str().unwrap()).collect()
}

/// "All events in the auth chain for the new join event, as well as those in the auth chains for any
/// events returned in `state`": what nothing cites is in no auth chain, and stands in the state alone.
#[test]
fn an_auth_chain_has_what_is_cited_and_no_more() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        let named = state(&room_id, "m.room.name", "", &json!({ "name": "n" }));
        act(&mut network, "alice", named).unwrap();
        let (_, answer) = join_by_hand(&mut network, &room_id, version, "");
        assert_eq!(members(&answer["state"]).len(), 2, "{version}");
        // Carol's join is cited by nothing, though her invite is.
        let chain = answer["auth_chain"].as_array().unwrap();
        let is_of_carol = |event: &&Json| event["state_key"] == "@carol:hs3";
        let carols = chain.iter().filter(is_of_carol).map(|event| &event["content"]["membership"]);
        assert!(!carols.into_iter().any(|membership| *membership == "join"), "{version}");
        assert!(chain.iter().all(|event| kind(event) != "m.room.name"), "{version}");
        assert!(members(&answer["auth_chain"]).contains(&"@alice:hs1"), "{version}");
    }
}

#[test]
fn members_are_left_out_if_the_joining_server_accepts_that() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        let named = state(&room_id, "m.room.name", "", &json!({ "name": "n" }));
        act(&mut network, "alice", named).unwrap();
        let (status, answer) = join_by_hand(&mut network, &room_id, version, "?omit_members=true");
        assert_eq!((status, &answer["members_omitted"]), (200, &json!(true)), "{version}");
        assert_eq!(answer["servers_in_room"], json!(["hs1", "hs3"]), "{version}");
        assert!(members(&answer["state"]).is_empty(), "{version}");
        // Those whom the rest rests upon are in the auth chain; and nothing is there twice.
        assert!(members(&answer["auth_chain"]).contains(&"@alice:hs1"), "{version}");
        let state = answer["state"].as_array().unwrap();
        let chain = answer["auth_chain"].as_array().unwrap();
        assert!(chain.iter().all(|event| !state.contains(event)), "{version}");
    }
}

/// "If the room to be joined has no `m.room.name` nor `m.room.canonical_alias` events in its current
/// state": then its name is made of members.
#[test]
fn a_nameless_rooms_heroes_are_not_left_out() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        let (_, answer) = join_by_hand(&mut network, &room_id, version, "?omit_members=true");
        assert_eq!(answer["members_omitted"], true, "{version}");
        let mut told = members(&answer["state"]);
        told.sort_unstable();
        assert_eq!(told, ["@alice:hs1", "@carol:hs3"], "{version}");
    }
}

#[test]
fn members_are_not_left_out_if_nobody_asks_or_by_a_release_without_that() {
    for version in VERSIONS {
        for query in ["", "?omit_members=false"] {
            let (mut network, room_id) = public(version);
            let (_, answer) = join_by_hand(&mut network, &room_id, version, query);
            assert_eq!(answer["members_omitted"], false, "{version}");
            assert!(answer.get("servers_in_room").is_none(), "{version}");
            assert_eq!(members(&answer["state"]).len(), 2, "{version}");
        }
        let mut network = network(2, following("v1.5"));
        let room_id = room(&mut network, version, "public");
        let (status, answer) = join_by_hand(&mut network, &room_id, version, "?omit_members=true");
        assert_eq!((status, members(&answer["state"]).len()), (200, 1), "{version}");
        let (mut network, room_id) = public(version);
        let before = rooms(&network, &room_id);
        let refused = join_by_hand(&mut network, &room_id, version, "?omit_members=maybe");
        assert_eq!(error(&refused), (400, "M_INVALID_PARAM"), "{version}");
        assert_eq!(rooms(&network, &room_id), before, "{version}");
    }
}

/// A limit: this server never asks that members be left out, and does not ask for them if they are.
/// It knows the members that it was told of, until it sees others; `servers_in_room` is not used.
#[test]
fn members_that_are_left_out_unasked_are_not_known() {
    for version in VERSIONS {
        let (mut network, room_id) = public(version);
        let mut asked = String::new();
        let omit = |it: &Passing| {
            if it.is("hs2 > hs1 v2/send_join") {
                asked.clone_from(&it.uri);
            }
            if !it.is("hs1 > hs2 v2/send_join 200") {
                return Fate::Arrives;
            }
            let mut answer = it.body.clone();
            for list in ["state", "auth_chain"] {
                let events = answer[list].as_array_mut().unwrap();
                events.retain(|event| event["state_key"] != "@carol:hs3");
            }
            answer["members_omitted"] = json!(true);
            answer["servers_in_room"] = json!(["hs1", "hs3"]);
            Fate::Says(200, answer)
        };
        act_amid(&mut network, "bob", joining(&room_id, &[1]), omit).0.unwrap();
        assert!(!asked.contains("omit_members"), "{version}: {asked}");
        assert_eq!(membership(&network, 2, "carol", &room_id), None, "{version}");
        assert_eq!(membership(&network, 2, "alice", &room_id).unwrap(), "join", "{version}");
        let power_levels = |at| entry(&network, at, "m.room.power_levels", "", &room_id);
        assert_eq!(power_levels(2), power_levels(1), "{version}");
        let servers: Vec<_> = network.server(&server(2)).unwrap().servers_in(&room_id).collect();
        assert_eq!(servers, [&server(1), &server(2)], "{version}");
    }
}

/// The template's prev events are as they were when it was given.
#[test]
fn a_join_may_come_after_what_happened_beside_it() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &[]);
        invite(&mut network, "alice", "bob", &room_id).unwrap();
        let (_, answer) = make(&mut network, (2, 1), "join", "bob", &room_id);
        let (event, event_id) = signed(&answer["event"], 2, version);
        act(&mut network, "alice", message(&room_id, "meanwhile")).unwrap();
        let answer = send(&mut network, (2, 1), "v2/send_join", &room_id, (&event, &event_id));
        assert_eq!(answer.0, 200, "{version}: {}", answer.1);
        let room = network.server(&server(1)).unwrap().room(&room_id).unwrap();
        assert_eq!(room.forward_extremities().len(), 2, "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "join", "{version}");
    }
}

/// Where the room's ID does not follow from the room, another room may have it: hs1 lost everything,
/// and made the room anew in another version.
#[test]
fn a_room_of_another_version_in_the_place_of_one_that_was_left_is_another_room() {
    for (version, later) in [("1", "11"), ("11", "3"), ("6", "10")] {
        let mut network = network(3, Settings::default());
        let room_id = room_of(&mut network, version, &["bob", "carol"]);
        leave(&mut network, "bob", &room_id).unwrap();
        network.add(Homeserver::new(key(1), Settings::default()).unwrap());
        assert_eq!(room(&mut network, later, "public"), room_id);
        join(&mut network, "bob", &room_id, &[1]).unwrap();
        let asker = network.server(&server(2)).unwrap();
        assert_eq!(asker.room(&room_id).unwrap().version().id(), later, "{version}");
        let servers: Vec<_> = asker.servers_in(&room_id).cloned().collect();
        assert_eq!(servers, [server(1), server(2)], "{version}: carol is in the other room");
        assert_eq!(status(&network, "bob", &room_id), Some("join"), "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}
