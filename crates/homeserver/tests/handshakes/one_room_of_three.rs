//! A room through which users of three servers come and go.

use exeunt_homeserver::Settings;

use crate::house::{
    VERSIONS, agree, invite, join, leave, membership, network, room, rooms, status,
};

#[test]
fn everybody_in_the_room_knows_who_comes_and_goes() {
    for version in VERSIONS {
        let mut network = network(3, Settings::default());
        let room_id = room(&mut network, version, "invite");
        invite(&mut network, "alice", "bob", &room_id).unwrap();
        assert_eq!(status(&network, "bob", &room_id), Some("invite"), "{version}");
        leave(&mut network, "bob", &room_id).unwrap();
        assert_eq!(status(&network, "bob", &room_id), Some("leave"), "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id).unwrap(), "leave", "{version}");

        invite(&mut network, "alice", "bob", &room_id).unwrap();
        join(&mut network, "bob", &room_id, &[]).unwrap();
        assert!(agree(&network, &[1, 2], &room_id), "{version}");
        invite(&mut network, "bob", "carol", &room_id).unwrap();
        join(&mut network, "carol", &room_id, &[]).unwrap();
        assert!(agree(&network, &[1, 2, 3], &room_id), "{version}");
        for at in [1, 2, 3] {
            assert_eq!(membership(&network, at, "carol", &room_id).unwrap(), "join", "{version}");
        }

        leave(&mut network, "bob", &room_id).unwrap();
        for at in [1, 3] {
            assert_eq!(membership(&network, at, "bob", &room_id).unwrap(), "leave", "{version}");
        }
        assert_eq!(status(&network, "bob", &room_id), Some("leave"), "{version}");
    }
}

/// What a network is driven through is its inputs: the same give the same rooms to the last byte.
#[test]
fn the_same_story_gives_the_same_rooms() {
    let story = || {
        let mut network = network(3, Settings::default());
        let room_id = room(&mut network, "11", "invite");
        invite(&mut network, "alice", "bob", &room_id).unwrap();
        join(&mut network, "bob", &room_id, &[]).unwrap();
        leave(&mut network, "bob", &room_id).unwrap();
        rooms(&network, &room_id)
    };
    assert_eq!(story(), story());
}
