//! A server ACL is about who sends, not about whose event it is.

use exeunt_homeserver::{Network, Settings};
use serde_json::json;

use crate::house::{VERSIONS, act, join, message, network, room, server, state, user};

/// How many messages a server has in the room.
fn messages(network: &Network, at: u8, room_id: &exeunt_event::RoomId) -> usize {
    let room = network.server(&server(at)).unwrap().room(room_id).unwrap();
    let events = room.dag().events().filter_map(|number| room.event(room.dag().id(number)?));
    events.filter(|event| event.event_type().as_str() == "m.room.message").count()
}

/// The first server denies the third, whose message reaches the second before the ACL does; the
/// second then says something that refers to it.
#[test]
fn an_event_of_a_denied_server_that_another_relays_passes() {
    for version in VERSIONS {
        let mut network = network(3, Settings::default());
        let room_id = room(&mut network, version, "public");
        for name in ["bob", "carol"] {
            join(&mut network, name, &room_id, &[1]).unwrap();
        }
        let deny = json!({ "allow": ["*"], "deny": ["hs3"] });
        network.act(&user("alice"), state(&room_id, "m.room.server_acl", "", &deny));
        let from_first = network.in_flight().len();
        network.act(&user("carol"), message(&room_id, "?"));
        // The third's message arrives at once, and what the first sent does not.
        while network.in_flight().len() > from_first {
            network.deliver(from_first).unwrap();
        }
        let counts = |network: &Network| [1, 2].map(|at| messages(network, at, &room_id));
        assert_eq!(counts(&network), [0, 1], "version {version}");
        act(&mut network, "bob", message(&room_id, "!")).unwrap();
        assert_eq!(counts(&network), [2, 2], "version {version}");
    }
}
