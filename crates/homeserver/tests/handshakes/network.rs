//! What a network may do to messages without any server noticing: losing, repeating, reordering.

use exeunt_event::{RoomId, ServerName};
use exeunt_homeserver::{Action, Body, Denial, Done, Message, Network, Settings, Told};

use crate::house::{
    VERSIONS, act, agree, bring, invite, join, joining, leaving, membership, message, network,
    room, room_of, rooms, server, status, user,
};

/// Has a user do something, and delivers every message twice, the second time before anything else.
fn act_twice(network: &mut Network, name: &str, action: Action) -> Result<Done, Denial> {
    let id = network.act(&user(name), action).unwrap();
    let mut count = 0;
    while let Some(message) = network.in_flight().front().cloned() {
        network.deliver(0).unwrap();
        // The second answer to a request that came twice is for nobody.
        network.inject(message);
        let last = network.in_flight().len() - 1;
        network.deliver(last).unwrap();
        count += 1;
        assert!(count < 1_000, "there is no end to it");
    }
    network.outcome(id).unwrap().clone()
}

#[test]
fn what_arrives_twice_is_done_once() {
    for version in VERSIONS {
        let mut network = network(3, Settings::default());
        let room_id = room_of(&mut network, version, &["carol"]);
        let story = [
            ("alice", crate::house::inviting("bob", &room_id)),
            ("bob", leaving(&room_id)),
            ("alice", crate::house::inviting("bob", &room_id)),
            ("bob", joining(&room_id, &[])),
            ("bob", message(&room_id, "hello")),
            ("bob", leaving(&room_id)),
        ];
        for (name, action) in story {
            let outcomes = network.told().count();
            let done = act_twice(&mut network, name, action);
            assert!(matches!(done, Ok(Done::Sent { .. })), "{version} {name}: {done:?}");
            assert_eq!(network.told().count(), outcomes + 1, "{version} {name}");
        }
        assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");
        let room = network.server(&server(1)).unwrap().room(&room_id).unwrap();
        // Create, alice, power levels, join rules, carol twice, bob five times and his message.
        assert_eq!(room.dag().len(), 12, "{version}");
    }
}

/// An answer to a question that nobody asked, or that was answered, is nothing.
#[test]
fn an_answer_that_nobody_waits_for_changes_nothing() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "invite");
        invite(&mut network, "alice", "bob", &room_id).unwrap();
        let before = rooms(&network, &room_id);
        let id = network.act(&user("bob"), leaving(&room_id)).unwrap();
        network.deliver(0).unwrap();
        let answer = network.in_flight()[0].clone();
        for id in [0, answer.id + 1, u64::MAX] {
            network.inject(Message { id, ..answer.clone() });
            network.deliver(1).unwrap();
        }
        assert_eq!(network.in_flight().len(), 1, "{version}");
        assert_eq!(network.outcome(id), None, "{version}");
        assert_eq!(rooms(&network, &room_id), before, "{version}");
        network.settle(100);
        assert!(matches!(network.outcome(id), Some(Ok(Done::Sent { .. }))), "{version}");
    }
}

#[test]
fn a_server_that_there_is_not_is_not_reached() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "public");
        let via = [ServerName::parse("nowhere.example").unwrap(), server(1)];
        let action = Action::Join { room_id: room_id.clone(), via: via[..1].to_vec() };
        let tried = vec![(via[0].clone(), "not reached".to_owned())];
        assert_eq!(act(&mut network, "bob", action), Err(Denial::NobodyHelped(tried)), "{version}");
        let action = Action::Join { room_id: room_id.clone(), via: via.to_vec() };
        act(&mut network, "bob", action).unwrap();
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

/// The last message first, always.
#[test]
fn the_order_of_messages_does_not_matter_in_the_end() {
    for version in VERSIONS {
        let mut network = network(3, Settings::default());
        let room_id = room_of(&mut network, version, &["bob", "carol"]);
        for (name, text) in [("alice", "1"), ("bob", "2"), ("carol", "3"), ("alice", "4")] {
            network.act(&user(name), message(&room_id, text)).unwrap();
        }
        network.act(&user("bob"), leaving(&room_id)).unwrap();
        while !network.in_flight().is_empty() {
            network.deliver(network.in_flight().len() - 1).unwrap();
        }
        assert!(agree(&network, &[1, 3], &room_id), "{version}");
        for at in [1, 3] {
            assert_eq!(membership(&network, at, "bob", &room_id).unwrap(), "leave", "{version}");
        }
    }
}

/// Two handshakes of one user at the same time: a join, and the rejection of the same invite.
#[test]
fn two_handshakes_at_once_both_come_to_their_end() {
    for version in VERSIONS {
        for leaves_first in [true, false] {
            let mut network = network(2, Settings::default());
            let room_id = room(&mut network, version, "invite");
            invite(&mut network, "alice", "bob", &room_id).unwrap();
            let mut actions = [leaving(&room_id), joining(&room_id, &[])];
            if !leaves_first {
                actions.reverse();
            }
            let ids = actions.map(|action| network.act(&user("bob"), action).unwrap());
            network.settle(1_000);
            for id in ids {
                assert!(network.outcome(id).is_some(), "{version} {leaves_first}");
            }
            network.pass(1);
            network.settle(1_000);
            assert_eq!(network.server(&server(2)).unwrap().awaits(), 0, "{version}");
        }
    }
}

/// Bob rejects an invite while bert of the same server joins: the server that takes the leave tells
/// everybody in the room but the server that sent it.
#[test]
fn a_leave_is_known_where_the_room_was_joined_meanwhile() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "invite");
        for name in ["bob", "bert"] {
            invite(&mut network, "alice", name, &room_id).unwrap();
        }
        let id = network.act(&user("bob"), leaving(&room_id)).unwrap();
        network.act(&user("bert"), joining(&room_id, &[])).unwrap();
        // Bert's handshake, with bob's request waiting before it.
        for _ in 0..4 {
            network.deliver(1).unwrap();
        }
        assert_eq!(membership(&network, 2, "bert", &room_id).unwrap(), "join", "{version}");
        assert_eq!(network.outcome(id), None, "{version}");
        network.settle(100);
        assert!(matches!(network.outcome(id), Some(Ok(Done::Sent { .. }))), "{version}");
        assert_eq!(membership(&network, 2, "bob", &room_id).unwrap(), "leave", "{version}");
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
    }
}

/// A request is lost, and that there will be no answer cannot be lost once more.
#[test]
fn losing_everything_comes_to_an_end() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room(&mut network, version, "invite");
        invite(&mut network, "alice", "bob", &room_id).unwrap();
        let id = network.act(&user("bob"), leaving(&room_id)).unwrap();
        let mut lost = 0;
        while network.lose(0).is_some() {
            lost += 1;
            assert!(lost < 10, "{version}");
        }
        assert!(matches!(network.outcome(id), Some(Ok(Done::LeftUntold { .. }))), "{version}");
        assert_eq!(network.server(&server(2)).unwrap().awaits(), 0, "{version}");
    }
}

/// A clone of a network is another world.
#[test]
fn a_network_is_a_value() {
    let mut here = network(2, Settings::default());
    let room_id = room(&mut here, "11", "public");
    let there = here.clone();
    join(&mut here, "bob", &room_id, &[1]).unwrap();
    bring(&mut here, "bert", &room_id);
    assert_eq!(status(&here, "bob", &room_id), Some("join"));
    assert_eq!(status(&there, "bob", &room_id), None);
    assert_ne!(rooms(&here, &room_id), rooms(&there, &room_id));
    assert!(there.told().count() < here.told().count());
}

#[test]
fn rooms_are_created_whole_or_not_at_all() {
    for version in VERSIONS {
        let mut network = network(1, Settings::default());
        let room_id = room(&mut network, version, "public");
        let create = |version: &str, event_type: &str| Action::Create {
            room_id: RoomId::parse("!room:hs1").unwrap(),
            room_version: version.to_owned(),
            content: exeunt_event::json::Object::new(),
            initial_state: vec![(
                event_type.to_owned(),
                "@bob:hs2".to_owned(),
                exeunt_event::json::Object::new(),
            )],
        };
        let before = rooms(&network, &room_id);
        let count = |network: &Network| network.server(&server(1)).unwrap().rooms().count();
        let refused = act(&mut network, "alice", create("99", "m.room.topic"));
        assert!(matches!(refused, Err(Denial::Refused(_))), "{version}: {refused:?}");
        // A membership of somebody else without any membership is refused by the rules.
        let refused = act(&mut network, "alice", create(version, "m.room.member"));
        assert!(matches!(refused, Err(Denial::Refused(_))), "{version}: {refused:?}");
        assert_eq!(count(&network), 1, "{version}");
        assert_eq!(rooms(&network, &room_id), before, "{version}");
    }
}

/// What is told is told once, and to the server whose user asked.
#[test]
fn each_action_has_one_outcome() {
    let mut network = network(2, Settings::default());
    let room_id = room(&mut network, "11", "public");
    join(&mut network, "bob", &room_id, &[1]).unwrap();
    let mut ids = std::collections::BTreeSet::new();
    for told in network.told() {
        let Told::Outcome { server: at, id, .. } = told else { panic!("{told:?}") };
        assert!(ids.insert(*id) && [server(1), server(2)].contains(at));
    }
    assert!(network.in_flight().iter().all(|it| matches!(it.body, Body::Request(_))));
}
