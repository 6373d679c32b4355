//! The list of authorisation rules.

use exeunt_homeserver::{Action, Done, Settings};

use crate::house::{House, forbidden, server, told, user, versions};

#[test]
fn user_membership_the_user_is_joined() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        house.join("bob");
        house.leave("bob").unwrap();
        for at in [1, 3] {
            assert_eq!(house.membership(at, "bob").as_deref(), Some("leave"), "{version}");
        }
        // Nor does it need the user's own server to be the one that composes the event.
        house.invite("bob");
        house.join("bob");
        let leave = house.bobs_leave();
        assert_eq!(house.send_leave("v2", &leave).status, 200, "{version}");
        house.settle();
        for at in [1, 3] {
            assert_eq!(house.membership(at, "bob").as_deref(), Some("leave"), "{version}");
        }
    }
}

#[test]
fn user_membership_the_user_is_not_in_the_room() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        assert_eq!(told(&house.make_leave(2, "@bert:hs2")), forbidden(), "{version}");
        assert!(house.leave("bert").is_err(), "{version}");
    }
}

#[test]
fn user_membership_the_user_knocked() {
    for version in versions() {
        let has_knocking = version.capabilities.knocking;
        let rule = if has_knocking { "knock" } else { "invite" };
        let mut house = House::with_join_rule(&version, Settings::default(), rule);
        let action =
            Action::Knock { room_id: house.room_id.clone(), via: vec![server(1)], reason: None };
        let knocked = house.act("bert", action);
        assert_eq!(knocked.is_ok(), has_knocking, "{version}");
        if knocked.is_err() {
            continue;
        }
        assert_eq!(house.membership(3, "bert").as_deref(), Some("knock"), "{version}");
        let left = house.leave("bert");
        assert!(matches!(left, Ok(Done::Sent { .. })), "{version}: {left:?}");
        assert_eq!(house.membership(3, "bert").as_deref(), Some("leave"), "{version}");
        assert_eq!(house.status("bert"), Some("leave"), "{version}");
    }
}

#[test]
fn invite_rejection_without_joining() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let left = house.leave("bob");
        assert!(matches!(left, Ok(Done::Sent { .. })), "{version}: {left:?}");
        assert_eq!(house.status("bob"), Some("leave"), "{version}");
        for at in [1, 3] {
            assert_eq!(house.membership(at, "bob").as_deref(), Some("leave"), "{version}");
        }
        // Bob's server was never in the room, and has none.
        assert!(house.network.server(&server(2)).unwrap().room(&house.room_id).is_none());
    }
}

#[test]
fn power_levels_are_not_needed() {
    for version in versions() {
        for joins_before in [false, true] {
            let mut house = House::new(&version, Settings::default());
            if joins_before {
                house.join("bob");
            }
            let alice = user("alice");
            let privileged = version.capabilities.creator == exeunt_version::Creator::Privileged;
            let creator = if privileged { String::new() } else { format!("\"{alice}\": 100, ") };
            house.set(
                "m.room.power_levels",
                &format!(
                    r#"{{"users": {{{creator}"@bob:hs2": -50}}, "users_default": -10,
                        "events_default": 100, "state_default": 100, "kick": 100, "ban": 100,
                        "events": {{"m.room.member": 100}}}}"#
                ),
            );
            let left = house.leave("bob");
            assert!(matches!(left, Ok(Done::Sent { .. })), "{version}: {left:?}");
            assert_eq!(house.membership(3, "bob").as_deref(), Some("leave"), "{version}");
        }
    }
}

#[test]
fn ban_enforcement() {
    for version in versions() {
        let mut house = House::new(&version, Settings::default());
        let leave = house.bobs_leave();
        house.ban("bob");
        assert_eq!(house.status("bob"), Some("ban"), "{version}");
        let before = house.fingerprint(1);
        assert_eq!(told(&house.make_leave(2, "@bob:hs2")), forbidden(), "{version}");
        assert_eq!(told(&house.send_leave("v2", &leave)), forbidden(), "{version}");
        assert_eq!(house.fingerprint(1), before, "{version}");
        assert!(house.leave("bob").is_err(), "{version}");
        for at in [1, 3] {
            assert_eq!(house.membership(at, "bob").as_deref(), Some("ban"), "{version}");
        }
    }
}
