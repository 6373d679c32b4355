//! A server that crashes and starts again: what it stores is as it was, and what it waited for is
//! forgotten.

use exeunt_homeserver::Settings;

use crate::house::{
    VERSIONS, agree, inviting, leaving, message, network, room_of, rooms, server, status, user,
};

#[test]
fn what_a_server_has_sent_arrives_though_it_crashes_meanwhile() {
    for version in VERSIONS {
        for crash in 0..5 {
            let mut network = network(3, Settings::default());
            let room_id = room_of(&mut network, version, &["bob", "carol"]);
            network.act(&user("bob"), message(&room_id, "hello"));
            network.settle(crash);
            let before = rooms(&network, &room_id);
            for number in 1..=3 {
                assert!(network.restart(&server(number)));
            }
            assert_eq!(rooms(&network, &room_id), before, "{version}");
            network.settle(100);
            network.pass(1);
            network.settle(100);
            assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");
            let room = |number| network.server(&server(number)).unwrap().room(&room_id).unwrap();
            for number in 1..=3 {
                let heads = room(number).forward_extremities();
                assert_eq!(heads, room(1).forward_extremities(), "{version} {crash}");
            }
        }
    }
}

#[test]
fn an_action_that_waited_has_no_end_and_can_be_repeated() {
    for version in VERSIONS {
        let mut network = network(2, Settings::default());
        let room_id = room_of(&mut network, version, &[]);
        network.act(&user("alice"), inviting("bob", &room_id));
        network.settle(100);
        let id = network.act(&user("bob"), leaving(&room_id)).unwrap();
        network.deliver(0).unwrap();
        let bobs = server(2);
        assert!(network.restart(&bobs));
        assert_eq!(network.server(&bobs).unwrap().awaits(), 0);
        network.settle(100);
        assert_eq!(network.outcome(id), None, "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("invite"), "{version}");
        let again = network.act(&user("bob"), leaving(&room_id)).unwrap();
        network.settle(100);
        assert!(network.outcome(again).unwrap().is_ok(), "{version}");
        assert_eq!(status(&network, "bob", &room_id), Some("leave"), "{version}");
    }
}

#[test]
fn there_is_no_server_to_restart() {
    assert!(!network(2, Settings::default()).restart(&server(3)));
}
