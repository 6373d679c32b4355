//! The list of security considerations, but for malicious resident servers (`residents.rs`).

use exeunt_event::json::Value;
use exeunt_homeserver::{Action, Body, Done, Method, Settings};

use crate::house::{House, forbidden, send_leave_uri, server, told, user, versions, with};

#[test]
fn users_leave_rooms_that_they_are_in_alone() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let template = house.template();
        let before = house.fingerprint(1);
        // Bob's server takes out Carol, in her name or in Bob's; and Bert, who is not there.
        for (sender, state_key) in [
            ("carol", "carol"),
            ("bob", "carol"),
            ("carol", "bob"),
            ("bert", "bert"),
            ("bert", "bob"),
        ] {
            let event = with(&template, "sender", Value::from(user(sender).to_string()));
            let event = with(&event, "state_key", Value::from(user(state_key).to_string()));
            let event = house.signed(event, 2);
            let answer = house.send_leave("v2", &event);
            assert!(matches!(answer.status, 400 | 403), "{version}: {sender}, {state_key}");
        }
        assert_eq!(house.fingerprint(1), before, "{version}");
    }
}

#[test]
fn a_leave_that_is_sent_again_is_the_same_leave() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let leave = house.bobs_leave();
        assert_eq!(house.send_leave("v2", &leave).status, 200, "{version}");
        house.settle();
        let state = |house: &House| {
            let alices = house.network.server(&server(1)).unwrap();
            let room = alices.room(&house.room_id).unwrap();
            let heads: Vec<_> = room.forward_extremities().into_iter().cloned().collect();
            (room.current_state().fingerprint(), heads)
        };
        let before = state(&house);
        assert_eq!(house.send_leave("v2", &leave).status, 200, "{version}");
        assert_eq!(state(&house), before, "{version}");
        assert!(house.network.in_flight().is_empty(), "{version}: nobody is told again");
    }
}

#[test]
fn a_leave_that_is_sent_again_after_a_return_takes_nobody_out() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let leave = house.bobs_leave();
        assert_eq!(house.send_leave("v2", &leave).status, 200, "{version}");
        house.settle();
        house.invite("bob");
        house.join("bob");
        // It is a leave of the past, whatever is answered.
        house.send_leave("v2", &leave);
        house.settle();
        for at in 1..=3 {
            assert_eq!(house.membership(at, "bob").as_deref(), Some("join"), "{version}");
        }
    }
}

#[test]
fn a_leave_is_not_taken_under_another_event_id_or_for_another_room() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let leave = house.bobs_leave();
        let (id, object) = (leave.event_id().to_string(), leave.object().into_owned());
        let before = house.fingerprint(1);
        let answer = house.send_leave_at("v2", &format!("{id}x"), &object);
        assert_eq!(told(&answer), (400, "M_INVALID_PARAM".to_owned()), "{version}");
        // Another room of Alice's, of the same version, to which Bob is invited as well.
        let done = house.act(
            "alice",
            Action::Create {
                room_id: exeunt_event::RoomId::parse("!other:hs1").unwrap(),
                room_version: version.id().to_owned(),
                content: crate::house::json(r#"{"other": true}"#),
                initial_state: vec![],
            },
        );
        let Ok(Done::Sent { room_id, .. }) = done else { panic!("{done:?}") };
        let invite = Action::Invite { room_id: room_id.clone(), target: user("bob"), reason: None };
        house.act("alice", invite).unwrap();
        let request = house.request(
            2,
            Method::Put,
            &send_leave_uri("v2", room_id.as_str(), &id),
            Some(&object),
        );
        let answer = house.ask(request);
        assert_eq!(told(&answer), (400, "M_INVALID_PARAM".to_owned()), "{version}");
        assert_eq!(house.fingerprint(1), before, "{version}");
    }
}

#[test]
fn a_leave_is_not_taken_from_a_server_that_overheard_it() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let leave = house.bobs_leave();
        let uri = send_leave_uri("v2", house.room_id.as_str(), leave.event_id().as_str());
        let object = leave.object().into_owned();
        let before = house.fingerprint(1);
        // With its own word, and with that of Bob's server for another request.
        let own = house.request(3, Method::Put, &uri, Some(&object));
        assert_eq!(house.ask_from(3, own).status, 400, "{version}");
        let mut stolen = house.request(2, Method::Put, &uri, None);
        stolen.body = Some(object.as_received().into_bytes());
        let answer = house.ask_from(3, stolen);
        assert_eq!(told(&answer), (401, "M_UNAUTHORIZED".to_owned()), "{version}");
        assert_eq!(house.fingerprint(1), before, "{version}");
    }
}

#[test]
fn every_leave_gets_an_event_id_of_its_own() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..3 {
            let Ok(Done::Sent { event_id, .. }) = house.leave("bob") else { panic!("{version}") };
            assert!(seen.insert(event_id), "{version}");
            house.invite("bob");
        }
    }
}

#[test]
fn nothing_is_processed_that_is_not_authorised() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let leave = house.bobs_leave();
        house.leave("bob").unwrap();
        let before = [1, 3].map(|at| house.fingerprint(at));
        assert_eq!(told(&house.send_leave("v2", &leave)), forbidden(), "{version}");
        let is_request = |body: &Body| matches!(body, Body::Request(_));
        let told = house.network.in_flight().iter().any(|message| is_request(&message.body));
        assert!(!told, "{version}: nobody is told of it");
        house.settle();
        assert_eq!([1, 3].map(|at| house.fingerprint(at)), before, "{version}");
    }
}
