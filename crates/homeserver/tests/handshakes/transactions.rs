//! Transactions: what one answers to them, and how they are sent.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#transactions>

use std::collections::BTreeSet;

use exeunt_event::{EventId, RoomId};
use exeunt_homeserver::{Action, Done, Network, Settings, Told};
use exeunt_room::Standing;
use serde_json::{Value as Json, json};

use crate::house::{
    VERSIONS, act, act_amid, agree, message, network, object, room_of, rooms, server, state,
};
use crate::wire::{Answer, Fate, Passing, ask, error, signed, transactions};

/// A room of alice's and bob's, and an event of bob's that was not sent: on top of what there is.
fn scene(version: &str) -> (Network, RoomId, Json) {
    let mut network = network(3, Settings::default());
    let room_id = room_of(&mut network, version, &["bob"]);
    let mut aside = network.clone();
    let Ok(Done::Sent { event_id, .. }) = act(&mut aside, "bob", message(&room_id, "0")) else {
        panic!("{version}")
    };
    let room = aside.server(&server(2)).unwrap().room(&room_id).unwrap();
    let event = serde_json::from_str(room.event(&event_id).unwrap().text()).unwrap();
    (network, room_id, event)
}

/// Events of bob's beside each other.
fn messages(event: &Json, version: &str, count: usize) -> Vec<(Json, String)> {
    let message = |number: usize| {
        let mut event = event.clone();
        event["content"]["body"] = json!(number.to_string());
        if event.get("event_id").is_some() {
            event["event_id"] = json!(format!("$by_hand_{number}:hs2"));
        }
        signed(&event, 2, version)
    };
    (0..count).map(message).collect()
}

fn transaction(pdus: &[Json], edus: &[Json]) -> Json {
    json!({ "origin": "hs2", "origin_server_ts": 1, "pdus": pdus, "edus": edus })
}

fn has(network: &Network, at: u8, event_id: &str, room_id: &RoomId) -> bool {
    let event_id = EventId::from_received(event_id);
    network.server(&server(at)).unwrap().room(room_id).unwrap().record(&event_id).is_some()
}

#[test]
fn each_pdu_has_a_result_of_its_own() {
    for version in VERSIONS {
        let (mut network, room_id, event) = scene(version);
        let (good, good_id) = messages(&event, version, 1).remove(0);
        let mut forbidden = event.clone();
        forbidden["type"] = json!("m.room.topic");
        forbidden["state_key"] = json!("");
        forbidden["content"] = json!({ "topic": "mine" });
        if forbidden.get("event_id").is_some() {
            forbidden["event_id"] = json!("$forbidden:hs2");
        }
        let (forbidden, forbidden_id) = signed(&forbidden, 2, version);
        let mut forged = event.clone();
        forged["sender"] = json!("@alice:hs1");
        if forged.get("event_id").is_some() {
            forged["event_id"] = json!("$forged:hs2");
        }
        let (forged, forged_id) = signed(&forged, 2, version);
        let mut elsewhere = event.clone();
        elsewhere["room_id"] = json!("!unknown:hs9");
        let (elsewhere, elsewhere_id) = signed(&elsewhere, 2, version);
        let pdus = [good, forbidden, forged, elsewhere, json!("no event"), json!({})];
        let body = transaction(&pdus, &[]);
        let (status, answer) = ask(&mut network, (2, 1), "PUT", "v1/send/t", Some(&body));
        assert_eq!(status, 200, "{version}: {answer}");
        let results = answer["pdus"].as_object().unwrap();
        assert_eq!(results[&good_id], json!({}), "{version}");
        assert!(has(&network, 1, &good_id, &room_id), "{version}");
        let said = results[&forbidden_id]["error"].as_str().unwrap();
        assert!(said.contains("rejected at check 4"), "{version}: {said}");
        let said = results[&forged_id]["error"].as_str().unwrap();
        assert!(said.contains("dropped"), "{version}: {said}");
        assert!(!has(&network, 1, &forged_id, &room_id), "{version}");
        // An ID follows from the room version, and that of an unknown room is unknown.
        assert!(!results.contains_key(&elsewhere_id) || elsewhere_id == good_id, "{version}");
        assert_eq!(results.len(), 3, "{version}: {answer}");
    }
}

#[test]
fn the_same_transaction_is_answered_alike_and_done_once() {
    for version in VERSIONS {
        let (mut network, room_id, event) = scene(version);
        let made = messages(&event, version, 2);
        let first = transaction(&[made[0].0.clone()], &[]);
        let answer = ask(&mut network, (2, 1), "PUT", "v1/send/t", Some(&first));
        let after = rooms(&network, &room_id);
        assert_eq!(ask(&mut network, (2, 1), "PUT", "v1/send/t", Some(&first)), answer);
        // Even if it says something else now.
        let second = transaction(&[made[1].0.clone()], &[]);
        assert_eq!(ask(&mut network, (2, 1), "PUT", "v1/send/t", Some(&second)), answer);
        assert_eq!(rooms(&network, &room_id), after, "{version}");
        assert!(!has(&network, 1, &made[1].1, &room_id), "{version}");
        // "A Transaction is meaningful only to the pair of homeservers that exchanged it"
        let other = ask(&mut network, (3, 1), "PUT", "v1/send/t", Some(&second));
        assert!(other.1["pdus"].get(&made[1].1).is_some(), "{version}: {other:?}");
        let again = ask(&mut network, (2, 1), "PUT", "v1/send/u", Some(&second));
        assert_eq!(again.1["pdus"][&made[1].1], json!({}), "{version}");
    }
}

#[test]
fn a_transaction_has_at_most_50_pdus_and_100_edus() {
    for version in VERSIONS {
        let (mut network, room_id, event) = scene(version);
        let made: Vec<_> =
            messages(&event, version, 51).into_iter().map(|(event, _)| event).collect();
        let typing = json!({ "edu_type": "m.typing", "content": {
            "room_id": room_id.to_string(), "user_id": "@bob:hs2", "typing": true,
        } });
        let before = rooms(&network, &room_id);
        for refused in [transaction(&made, &[]), transaction(&[], &vec![typing.clone(); 101])] {
            let answer = ask(&mut network, (2, 1), "PUT", "v1/send/a", Some(&refused));
            assert_eq!(error(&answer), (400, "M_BAD_JSON"), "{version}");
        }
        assert_eq!(rooms(&network, &room_id), before, "{version}");
        assert_eq!(edus(&network), 0, "{version}");
        let full = transaction(&made[..50], &vec![typing; 100]);
        let (status, answer) = ask(&mut network, (2, 1), "PUT", "v1/send/a", Some(&full));
        assert_eq!(status, 200, "{version}: {answer}");
        let results = answer["pdus"].as_object().unwrap();
        assert_eq!(results.len(), 50, "{version}");
        assert!(results.values().all(|result| *result == json!({})), "{version}");
        assert_eq!(edus(&network), 100, "{version}");
    }
}

fn edus(network: &Network) -> usize {
    network.told().filter(|told| matches!(told, Told::Edu { .. })).count()
}

#[test]
fn a_transaction_is_an_object_with_a_list_of_pdus() {
    let (mut network, _, _) = scene("11");
    let send = |network: &mut Network, body: Option<Json>| {
        let answer = ask(network, (2, 1), "PUT", "v1/send/t", body.as_ref());
        (answer.0, error(&answer).1.to_owned())
    };
    let missing = json!({ "origin": "hs2", "origin_server_ts": 1 });
    assert_eq!(send(&mut network, Some(missing)), (400, "M_MISSING_PARAM".to_owned()));
    let wrong = json!({ "pdus": {} });
    assert_eq!(send(&mut network, Some(wrong)), (400, "M_BAD_JSON".to_owned()));
    assert_eq!(send(&mut network, None), (400, "M_NOT_JSON".to_owned()));
    assert_eq!(send(&mut network, Some(json!({ "pdus": [] }))).0, 200);
}

/// Every PDU that went from one server to another, in the order in which it arrived.
fn bodies(passing: &Passing, of: &str, bodies: &mut Vec<(String, Vec<String>)>) {
    if passing.line.starts_with(of) && passing.line.ends_with("v1/send") {
        let pdus = passing.body["pdus"].as_array().unwrap().iter();
        let text = |pdu: &Json| pdu["content"]["body"].as_str().unwrap_or_default().to_owned();
        bodies.push((passing.uri.clone(), pdus.map(text).collect()));
    }
}

/// "The sending server must wait and retry for a 200 OK response before sending a transaction with a
/// different `txnId` to the receiving server."
#[test]
fn what_was_not_delivered_is_sent_again_as_it_was_and_in_order() {
    let faults: [Answer; 5] = [
        || Fate::Lost,
        || Fate::error(500, "M_UNKNOWN"),
        || Fate::error(502, "M_UNKNOWN"),
        || Fate::error(401, "M_UNAUTHORIZED"),
        || Fate::error(429, "M_LIMIT_EXCEEDED"),
    ];
    for version in VERSIONS {
        let mut began = network(2, Settings::default());
        let room_id = room_of(&mut began, version, &["bob"]);
        for fault in faults {
            let mut network = began.clone();
            let mut seen = Vec::new();
            let down = |it: &Passing| {
                bodies(it, "hs1 > hs2", &mut seen);
                fault().when(it.is("hs1 > hs2 v1/send"))
            };
            act_amid(&mut network, "alice", message(&room_id, "1"), down).0.unwrap();
            for text in ["2", "3"] {
                let down = |it: &Passing| {
                    bodies(it, "hs1 > hs2", &mut seen);
                    fault().when(it.is("hs1 > hs2 v1/send"))
                };
                act_amid(&mut network, "alice", message(&room_id, text), down).0.unwrap();
            }
            assert!(seen.iter().all(|it| *it == (seen[0].0.clone(), vec!["1".to_owned()])));
            assert!(seen.len() > 2, "{version}: {seen:?}");
            let first = seen[0].0.clone();
            seen.clear();
            let up = |it: &Passing| {
                bodies(it, "hs1 > hs2", &mut seen);
                Fate::Arrives
            };
            act_amid(&mut network, "alice", message(&room_id, "4"), up).0.unwrap();
            let texts: Vec<_> = seen.iter().map(|(_, texts)| texts.join(" ")).collect();
            assert_eq!(texts, ["1", "2 3 4"], "{version}");
            assert_eq!(seen[0].0, first, "{version}");
            assert_ne!(seen[1].0, first, "{version}");
            assert!(agree(&network, &[1, 2], &room_id), "{version}");
        }
    }
}

/// The other server took it, and answers what it answered.
#[test]
fn what_was_delivered_but_not_answered_is_done_once() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        let (mut seen, mut losses) = (Vec::new(), 0);
        let mut fault = |it: &Passing| {
            if it.is("hs1 > hs2 v1/send") {
                seen.push((it.uri.clone(), it.body["pdus"].clone()));
            }
            if it.is("hs2 > hs1 v1/send 200") && losses == 0 {
                losses += 1;
                return Fate::Lost;
            }
            Fate::Arrives
        };
        let id = network.act(&crate::house::user("alice"), message(&room_id, "1")).unwrap();
        crate::wire::drive(&mut network, &mut fault);
        let after = rooms(&network, &room_id);
        network.pass(1);
        crate::wire::drive(&mut network, &mut fault);
        assert!(network.outcome(id).unwrap().is_ok(), "{version}");
        assert_eq!(seen.len(), 2, "{version}");
        assert_eq!(seen[0], seen[1], "{version}");
        assert_eq!(after, rooms(&network, &room_id), "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

#[test]
fn what_waits_is_sent_50_at_a_time() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &["bob"]);
        let mut count = 0;
        for text in 0..111 {
            let down = |it: &Passing| Fate::Lost.when(it.is("hs1 > hs2 v1/send"));
            act_amid(&mut network, "alice", message(&room_id, &text.to_string()), down).0.unwrap();
        }
        let (mut seen, mut ids) = (Vec::new(), BTreeSet::new());
        let up = |it: &Passing| {
            bodies(it, "hs1 > hs2", &mut seen);
            if it.is("hs1 > hs2 v1/send") {
                ids.insert(it.uri.clone());
                count += 1;
            }
            Fate::Arrives
        };
        act_amid(&mut network, "alice", message(&room_id, "111"), up).0.unwrap();
        let sizes: Vec<_> = seen.iter().map(|(_, texts)| texts.len()).collect();
        assert_eq!(sizes, [1, 50, 50, 11], "{version}");
        assert_eq!((count, ids.len()), (4, 4), "{version}");
        let texts: Vec<String> = seen.into_iter().flat_map(|(_, texts)| texts).collect();
        let expected: Vec<String> = (0..112).map(|text: u8| text.to_string()).collect();
        assert_eq!(texts, expected, "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

/// Bob said it before he was banned, or claims so: it is in the history, and no error, but nothing
/// that users or later events see.
#[test]
fn what_fails_softly_is_no_error() {
    for version in VERSIONS {
        let (mut network, room_id, event) = scene(version);
        let (late, late_id) = messages(&event, version, 1).remove(0);
        let target = crate::house::user("bob");
        let ban = Action::Ban { room_id: room_id.clone(), target, reason: None };
        act(&mut network, "alice", ban).unwrap();
        let body = transaction(&[late], &[]);
        let (status, answer) = ask(&mut network, (2, 1), "PUT", "v1/send/late", Some(&body));
        assert_eq!((status, &answer["pdus"][&late_id]), (200, &json!({})), "{version}");
        let room = network.server(&server(1)).unwrap().room(&room_id).unwrap();
        let record = room.record(&EventId::from_received(&late_id)).unwrap();
        assert!(matches!(record.standing(), Standing::SoftFailed(_)), "{version}");
        let extremities = room.forward_extremities();
        assert!(extremities.iter().all(|id| id.as_str() != late_id), "{version}");
    }
}

/// What one server is not told holds up nobody else.
#[test]
fn servers_are_told_independently_of_each_other() {
    for version in VERSIONS {
        let mut network = network(3, Settings::default());
        let room_id = room_of(&mut network, version, &["bob", "carol"]);
        let down = |it: &Passing| Fate::Lost.when(it.is("hs1 > hs2 v1/send"));
        let topic = state(&room_id, "m.room.topic", "", &json!({ "topic": "t" }));
        let (done, lines) = act_amid(&mut network, "alice", topic, down);
        assert!(done.is_ok() && transactions(&lines).contains(&"hs1 > hs3 v1/send"), "{version}");
        assert!(agree(&network, &[1, 3], &room_id), "{version}");
        assert!(!agree(&network, &[1, 2], &room_id), "{version}");
        network.pass(60_000);
        network.settle(10_000);
        assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");
    }
}

/// An EDU reaches the server's other half; an unknown one is passed on, as it is of no room.
#[test]
fn edus_come_out_with_their_origin() {
    let (mut network, room_id, _) = scene("11");
    let typing = json!({ "edu_type": "m.typing", "content": {
        "room_id": room_id.to_string(), "user_id": "@bob:hs2", "typing": true,
    } });
    let presence = json!({ "edu_type": "m.presence", "content": { "push": [] } });
    let body = transaction(&[], &[typing.clone(), json!(7), json!({}), presence.clone()]);
    assert_eq!(ask(&mut network, (2, 1), "PUT", "v1/send/t", Some(&body)).0, 200);
    let told = network.told().filter_map(|told| match told {
        Told::Edu { server, origin, edu } => Some((server.clone(), origin.clone(), edu.clone())),
        Told::Outcome { .. } => None,
    });
    let expected: Vec<_> =
        [typing, presence].iter().map(|edu| (server(1), server(2), object(edu))).collect();
    assert_eq!(told.collect::<Vec<_>>(), expected);
}
