//! Getting what a received event cites, giving it, and older events.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#backfilling-and-retrieving-missing-events>

use exeunt_event::{EventId, RoomId};
use exeunt_homeserver::{Action, Denial, Done, Network, Settings};
use exeunt_room::Standing;
use serde_json::{Value as Json, json};

use crate::house::{
    VERSIONS, act, act_amid, agree, bring, entry, join, leave, message, network, room_of,
    room_with, rooms, server, state,
};
use crate::wire::{Fate, Passing, ask, encode, error, requests};

/// What is sent and lost for good: bob's server says that it has it.
fn unheard(network: &mut Network, action: Action) -> EventId {
    let swallow =
        |it: &Passing| Fate::Says(200, json!({ "pdus": {} })).when(it.is("hs1 > hs2 v1/send"));
    match act_amid(network, "alice", action, swallow).0 {
        Ok(Done::Sent { event_id, .. }) => event_id,
        done => panic!("{done:?}"),
    }
}

fn topic(room_id: &RoomId, topic: &str) -> Action {
    state(room_id, "m.room.topic", "", &json!({ "topic": topic }))
}

fn is_accepted(network: &Network, at: u8, event_id: &EventId, room_id: &RoomId) -> bool {
    let room = network.server(&server(at)).unwrap().room(room_id).unwrap();
    room.record(event_id).is_some_and(|record| *record.standing() == Standing::Accepted)
}

fn is_pending(network: &Network, at: u8, event_id: &EventId, room_id: &RoomId) -> bool {
    let room = network.server(&server(at)).unwrap().room(room_id).unwrap();
    room.pending().any(|(id, _)| id == event_id)
}

#[test]
fn a_gap_is_filled_by_get_missing_events() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        let before = network.server(&server(2)).unwrap().room(&room_id).unwrap();
        let latest = before.forward_extremities()[0].to_string();
        let lost: Vec<_> = (0..5)
            .map(|number| unheard(&mut network, topic(&room_id, &number.to_string())))
            .collect();
        let mut asked = json!(null);
        let watch = |it: &Passing| {
            if it.is("hs2 > hs1 v1/get_missing_events") {
                asked = it.body.clone();
            }
            Fate::Arrives
        };
        let (done, lines) = act_amid(&mut network, "alice", message(&room_id, "heard"), watch);
        let Ok(Done::Sent { event_id, .. }) = done else { panic!("{version}: {done:?}") };
        assert_eq!(requests(&lines), ["hs2 > hs1 v1/get_missing_events"], "{version}");
        assert_eq!(asked["earliest_events"], json!([latest]), "{version}");
        assert_eq!(asked["latest_events"], json!([event_id.to_string()]), "{version}");
        for event_id in lost.iter().chain([&event_id]) {
            assert!(is_accepted(&network, 2, event_id, &room_id), "{version}");
        }
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

/// More is missing than is given at once: the state before the event is asked for, and those of its
/// events that are not there one by one.
#[test]
fn behind_a_gap_that_is_too_large_the_room_goes_on_with_the_state_there() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        unheard(&mut network, topic(&room_id, "changed"));
        for number in 0..25 {
            unheard(&mut network, message(&room_id, &number.to_string()));
        }
        let (done, lines) =
            act_amid(&mut network, "alice", message(&room_id, "heard"), |_| Fate::Arrives);
        let Ok(Done::Sent { event_id, .. }) = done else { panic!("{version}: {done:?}") };
        let asked = [
            "hs2 > hs1 v1/get_missing_events",
            "hs2 > hs1 v1/event_auth",
            "hs2 > hs1 v1/state_ids",
            "hs2 > hs1 v1/event",
        ];
        assert_eq!(requests(&lines), asked, "{version}");
        assert!(is_accepted(&network, 2, &event_id, &room_id), "{version}");
        let topic = entry(&network, 2, "m.room.topic", "", &room_id).unwrap();
        assert_eq!(topic["content"]["topic"], "changed", "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
        act(&mut network, "bob", message(&room_id, "heard too")).unwrap();
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

/// One request after the other fails; the event waits, and the next that comes asks again.
#[test]
fn what_cannot_be_had_is_waited_for() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        let lost = unheard(&mut network, topic(&room_id, "lost"));
        let silent = |it: &Passing| {
            let asks = it.line.starts_with("hs2 > hs1") && !it.line.contains("v1/send");
            Fate::error(403, "M_FORBIDDEN").when(asks)
        };
        let (done, lines) = act_amid(&mut network, "alice", message(&room_id, "1"), silent);
        let Ok(Done::Sent { event_id, .. }) = done else { panic!("{version}: {done:?}") };
        let asked = [
            "hs2 > hs1 v1/get_missing_events",
            "hs2 > hs1 v1/event_auth",
            "hs2 > hs1 v1/state_ids",
        ];
        assert_eq!(requests(&lines), asked, "{version}");
        assert!(is_pending(&network, 2, &event_id, &room_id), "{version}");
        assert!(!is_accepted(&network, 2, &lost, &room_id), "{version}");
        assert_eq!(network.server(&server(2)).unwrap().awaits(), 0, "{version}");

        act(&mut network, "alice", message(&room_id, "2")).unwrap();
        for event_id in [&lost, &event_id] {
            assert!(is_accepted(&network, 2, event_id, &room_id), "{version}");
        }
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

/// What a server gives is checked as what it sends.
#[test]
fn a_forged_answer_is_no_way_into_the_room() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        let lost = unheard(&mut network, topic(&room_id, "true"));
        let forge = |it: &Passing| {
            let mut answer = it.body.clone();
            for list in ["events", "auth_chain", "pdus"] {
                for event in answer[list].as_array_mut().into_iter().flatten() {
                    if event["type"] == "m.room.topic" {
                        event["signatures"] = json!({ "hs1": { "ed25519:1": "A".repeat(86) } });
                        event["content"]["topic"] = json!("forged");
                    }
                }
            }
            Fate::Says(200, answer)
                .when(it.line.starts_with("hs1 > hs2") && it.line.ends_with(" 200"))
        };
        act_amid(&mut network, "alice", message(&room_id, "heard"), forge).0.unwrap();
        assert!(!is_accepted(&network, 2, &lost, &room_id), "{version}");
        assert_eq!(entry(&network, 2, "m.room.topic", "", &room_id), None, "{version}");
    }
}

/// A room of alice's and bob's with some history, and its events at alice's server, in order.
fn history(version: &str) -> (Network, RoomId, Vec<String>) {
    let mut network = network(3, Settings::default());
    let room_id = room_of(&mut network, version, &["bob"]);
    for number in 0..4 {
        act(&mut network, "alice", message(&room_id, &number.to_string())).unwrap();
    }
    let room = network.server(&server(1)).unwrap().room(&room_id).unwrap();
    let mut ids = Vec::new();
    let mut next = room.forward_extremities()[0].clone();
    loop {
        ids.push(next.to_string());
        let event = room.event(&next).unwrap();
        let Some(parent) = event.prev_events().first() else { break };
        next = parent.clone();
    }
    ids.reverse();
    (network, room_id, ids)
}

fn get(network: &mut Network, by: u8, path: &str) -> (u16, Json) {
    ask(network, (by, 1), "GET", path, None)
}

fn number_of(list: &Json) -> usize {
    list.as_array().unwrap().len()
}

#[test]
fn a_server_in_the_room_is_given_events_auth_chains_and_states() {
    for version in VERSIONS {
        let (mut network, room_id, ids) = history(version);
        let (room, last) = (encode(&room_id), encode(ids.last().unwrap()));
        let (status, answer) = get(&mut network, 2, &format!("v1/event/{last}"));
        assert_eq!((status, number_of(&answer["pdus"])), (200, 1), "{version}");
        assert_eq!(answer["origin"], "hs1", "{version}");
        assert_eq!(answer["pdus"][0]["content"]["body"], "3", "{version}");

        // Alice's join, the power levels, and before version 12 the create event.
        let (status, answer) = get(&mut network, 2, &format!("v1/event_auth/{room}/{last}"));
        let count = if version == "12" { 2 } else { 3 };
        assert_eq!((status, number_of(&answer["auth_chain"])), (200, count), "{version}");

        // All of the state: with the join rules and bob.
        let path = format!("v1/state/{room}?event_id={last}");
        let (status, whole) = get(&mut network, 2, &path);
        assert_eq!((status, number_of(&whole["pdus"])), (200, 5), "{version}");
        let path = format!("v1/state_ids/{room}?event_id={last}");
        let (status, named) = get(&mut network, 2, &path);
        assert_eq!((status, number_of(&named["pdu_ids"])), (200, 5), "{version}");
        let sizes = (number_of(&whole["auth_chain"]), number_of(&named["auth_chain_ids"]));
        assert_eq!(sizes.0, sizes.1, "{version}");
        let (status, answer) = get(&mut network, 2, &format!("v1/state_ids/{room}"));
        assert_eq!(error(&(status, answer)), (400, "M_MISSING_PARAM"), "{version}");
    }
}

#[test]
fn backfill_gives_events_and_those_before_them() {
    for version in VERSIONS {
        let (mut network, room_id, ids) = history(version);
        let (room, last) = (encode(&room_id), encode(ids.last().unwrap()));
        let given = |(status, answer): (u16, Json)| {
            assert_eq!(status, 200, "{version}: {answer}");
            answer["pdus"].clone()
        };
        let all = given(get(&mut network, 2, &format!("v1/backfill/{room}?v={last}&limit=100")));
        assert_eq!(number_of(&all), ids.len(), "{version}");
        assert_eq!(all[0]["content"]["body"], "3", "{version}");
        let three = given(get(&mut network, 2, &format!("v1/backfill/{room}?v={last}&limit=3")));
        assert_eq!(number_of(&three), 3, "{version}");
        for (query, errcode) in [
            (format!("v={last}"), "M_MISSING_PARAM"),
            ("limit=3".to_owned(), "M_MISSING_PARAM"),
            (format!("v={last}&limit=many"), "M_INVALID_PARAM"),
        ] {
            let answer = get(&mut network, 2, &format!("v1/backfill/{room}?{query}"));
            assert_eq!(error(&answer), (400, errcode), "{version} {query}");
        }
    }
}

#[test]
fn get_missing_events_gives_what_is_between() {
    for version in VERSIONS {
        let (mut network, room_id, ids) = history(version);
        let path = format!("v1/get_missing_events/{}", encode(&room_id));
        let last = ids.len() - 1;
        let mut given = |body: Json| {
            let (status, answer) = ask(&mut network, (2, 1), "POST", &path, Some(&body));
            assert_eq!(status, 200, "{version}: {answer}");
            let events = answer["events"].as_array().unwrap().clone();
            let text = |event: &Json| event["content"]["body"].as_str().unwrap_or("-").to_owned();
            events.iter().map(text).collect::<Vec<_>>()
        };
        // Neither ends are given, and those first that came first.
        let between = json!({ "earliest_events": [ids[last - 3]], "latest_events": [ids[last]] });
        assert_eq!(given(between.clone()), ["1", "2"], "{version}");
        let mut one = between.clone();
        one["limit"] = json!(1);
        assert_eq!(given(one), ["2"], "{version}: the nearest");
        let mut deep = between;
        deep["min_depth"] = json!(last);
        assert_eq!(given(deep), ["2"], "{version}");
        let all = json!({ "earliest_events": [], "latest_events": [ids[last]], "limit": 100 });
        assert_eq!(given(all).len(), last, "{version}");
        let unknown = json!({ "earliest_events": [], "latest_events": ["$unknown:hs1"] });
        assert!(given(unknown).is_empty(), "{version}");
        for (body, errcode) in [
            (json!({ "latest_events": [] }), "M_MISSING_PARAM"),
            (json!({ "earliest_events": [] }), "M_MISSING_PARAM"),
            (json!({ "earliest_events": {}, "latest_events": [] }), "M_BAD_JSON"),
            (json!({ "earliest_events": [], "latest_events": [], "limit": "1" }), "M_BAD_JSON"),
        ] {
            let answer = ask(&mut network, (2, 1), "POST", &path, Some(&body));
            assert_eq!(error(&answer), (400, errcode), "{version} {body}");
        }
    }
}

/// A server that is not in the room is given nothing, and nothing is given of what is not there.
#[test]
fn history_is_for_servers_in_the_room() {
    for version in VERSIONS {
        let (mut network, room_id, ids) = history(version);
        leave(&mut network, "bob", &room_id).unwrap();
        let before = rooms(&network, &room_id);
        let (room, last) = (encode(&room_id), encode(ids.last().unwrap()));
        let paths = [
            format!("v1/event/{last}"),
            format!("v1/event_auth/{room}/{last}"),
            format!("v1/state/{room}?event_id={last}"),
            format!("v1/state_ids/{room}?event_id={last}"),
            format!("v1/backfill/{room}?v={last}&limit=3"),
        ];
        for by in [2, 3] {
            for path in &paths {
                let answer = get(&mut network, by, path);
                assert_eq!(error(&answer), (403, "M_FORBIDDEN"), "{version} hs{by} {path}");
            }
            let body = json!({ "earliest_events": [], "latest_events": [ids.last()] });
            let path = format!("v1/get_missing_events/{room}");
            let answer = ask(&mut network, (by, 1), "POST", &path, Some(&body));
            assert_eq!(error(&answer), (403, "M_FORBIDDEN"), "{version} hs{by}");
        }
        assert_eq!(rooms(&network, &room_id), before, "{version}");
    }
}

#[test]
fn what_is_not_known_is_not_found() {
    for version in VERSIONS {
        let (mut network, room_id, ids) = history(version);
        let rules = json!({ "join_rule": "public" });
        let other = room_with(&mut network, version, "!second:hs1", &rules);
        join(&mut network, "bob", &other, &[1]).unwrap();
        let (room, last) = (encode(&room_id), encode(ids.last().unwrap()));
        let (nowhere, nothing) = (encode("!unknown:hs1"), encode("$unknown:hs1"));
        let other = encode(&other);
        for path in [
            format!("v1/event/{nothing}"),
            format!("v1/event_auth/{room}/{nothing}"),
            format!("v1/event_auth/{nowhere}/{last}"),
            format!("v1/state/{room}?event_id={nothing}"),
            format!("v1/state_ids/{nowhere}?event_id={last}"),
            format!("v1/backfill/{room}?v={nothing}&limit=3"),
            // Of one room in the path of another.
            format!("v1/event_auth/{other}/{last}"),
            format!("v1/state/{other}?event_id={last}"),
            format!("v1/state_ids/{other}?event_id={last}"),
            format!("v1/backfill/{other}?v={last}&limit=3"),
        ] {
            let answer = get(&mut network, 2, &path);
            assert_eq!(error(&answer), (404, "M_NOT_FOUND"), "{version} {path}");
        }
    }
}

/// Those who are in the room may know of no other server that has it.
#[test]
fn who_has_left_still_gives_the_history_that_it_has() {
    for version in VERSIONS {
        let (mut network, room_id, ids) = history(version);
        leave(&mut network, "alice", &room_id).unwrap();
        assert!(!network.server(&server(1)).unwrap().is_resident(&room_id), "{version}");
        let (room, last) = (encode(&room_id), encode(ids.last().unwrap()));
        for path in [
            format!("v1/event/{last}"),
            format!("v1/event_auth/{room}/{last}"),
            format!("v1/state_ids/{room}?event_id={last}"),
            format!("v1/backfill/{room}?v={last}&limit=3"),
        ] {
            assert_eq!(get(&mut network, 2, &path).0, 200, "{version} {path}");
        }
        // Those outside are told nothing, as before.
        let path = format!("v1/event_auth/{room}/{last}");
        assert_eq!(error(&get(&mut network, 3, &path)), (403, "M_FORBIDDEN"), "{version}");
    }
}

#[test]
fn who_joined_late_gets_older_events() {
    for version in VERSIONS {
        let (mut network, room_id, ids) = history(version);
        bring(&mut network, "carol", &room_id);
        let holds = |network: &Network, id: &str| {
            let room = network.server(&server(3)).unwrap().room(&room_id).unwrap();
            room.event(&EventId::from_received(id)).is_some()
        };
        let last = ids.last().unwrap();
        assert!(!holds(&network, last), "{version}");
        let extremities = |network: &Network| -> Vec<EventId> {
            let room = network.server(&server(3)).unwrap().room(&room_id).unwrap();
            room.forward_extremities().into_iter().cloned().collect()
        };
        let before = extremities(&network);
        let from = server(1);
        let backfill = Action::Backfill { room_id: room_id.clone(), from, limit: 50 };
        let (done, lines) = act_amid(&mut network, "carol", backfill, |_| Fate::Arrives);
        assert_eq!(done, Ok(Done::Locally), "{version}");
        assert_eq!(requests(&lines), ["hs3 > hs1 v1/backfill"], "{version}");
        assert!(ids.iter().all(|id| holds(&network, id)), "{version}");
        // Older events are no news: the room is where it was.
        assert_eq!(extremities(&network), before, "{version}");
        assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");

        let from = server(2);
        let backfill = Action::Backfill { room_id: room_id.clone(), from, limit: 50 };
        let fault = |it: &Passing| Fate::Lost.when(it.is("hs3 > hs2 v1/backfill"));
        let (done, _) = act_amid(&mut network, "carol", backfill, fault);
        let tried = vec![(server(2), "not reached".to_owned())];
        assert_eq!(done, Err(Denial::NobodyHelped(tried)), "{version}");
    }
}
