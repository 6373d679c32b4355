use exeunt_homeserver::{Action, Settings};

use crate::house::{VERSIONS, act, membership, network, room, status, user};

#[test]
fn an_invite_is_rejected_and_everybody_in_the_room_knows() {
    for version in VERSIONS {
        let mut network = network(3, Settings::default());
        let room_id = room(&mut network, version, r#"{"join_rule": "invite"}"#);
        let (room, reason) = (|| room_id.clone(), None);
        act(
            &mut network,
            "alice",
            Action::Invite { room_id: room(), target: user("bob"), reason: None },
        )
        .unwrap();
        assert_eq!(status(&network, "bob", &room_id), Some("invite"), "{version}");
        act(&mut network, "bob", Action::Leave { room_id: room(), reason }).unwrap();
        assert_eq!(status(&network, "bob", &room_id), Some("leave"), "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id).as_deref(), Some("leave"), "{version}");
        // invited again, joins, carol too, bob leaves
        act(
            &mut network,
            "alice",
            Action::Invite { room_id: room(), target: user("bob"), reason: None },
        )
        .unwrap();
        act(&mut network, "bob", Action::Join { room_id: room(), via: vec![] }).unwrap();
        assert_eq!(membership(&network, 1, "bob", &room_id).as_deref(), Some("join"), "{version}");
        assert_eq!(
            membership(&network, 2, "alice", &room_id).as_deref(),
            Some("join"),
            "{version}"
        );
        act(
            &mut network,
            "bob",
            Action::Invite { room_id: room(), target: user("carol"), reason: None },
        )
        .unwrap();
        act(&mut network, "carol", Action::Join { room_id: room(), via: vec![] }).unwrap();
        assert_eq!(
            membership(&network, 1, "carol", &room_id).as_deref(),
            Some("join"),
            "{version}"
        );
        assert_eq!(
            membership(&network, 2, "carol", &room_id).as_deref(),
            Some("join"),
            "{version}"
        );
        act(&mut network, "bob", Action::Leave { room_id: room(), reason: None }).unwrap();
        assert_eq!(membership(&network, 3, "bob", &room_id).as_deref(), Some("leave"), "{version}");
        assert_eq!(membership(&network, 1, "bob", &room_id).as_deref(), Some("leave"), "{version}");
    }
}
