//! Named histories of the protocol that need a whole room.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use exeunt_auth::Rule;
use exeunt_room::{Check, Context, Dropped, Outcome, Room, Standing};
use exeunt_version::RoomVersion;
use serde_json::{Value as Json, json};
use world::{
    ALICE, BOB, CAROL, DAVE, Scribe, join, join_rule, levels, member, refusal, refused, state,
    topic, version,
};

/// The create event, where an event cites it.
fn create_if_cited(version: &RoomVersion) -> &'static [&'static str] {
    if version.id() == "12" { &[] } else { &["create"] }
}

/// Carol was a moderator once and is in the room now, but never both at a time: she cites the levels
/// of then and the membership of now. Her auth events allow it; the state before her event, which
/// has the levels of now, does not.
#[test]
fn cherry_picked_auth() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::public(version.clone());
        let mut users = json!({ ALICE: 100, CAROL: 50 });
        if version.id() == "12" {
            users.as_object_mut().unwrap().remove(ALICE);
        }
        scribe.write("once", levels(ALICE, users.clone()));
        users.as_object_mut().unwrap().remove(CAROL);
        scribe.write("now", levels(ALICE, users));
        scribe.write("carol", join(CAROL));
        let cited = [create_if_cited(&version), &["once", "carol"]].concat();
        scribe.write("topic", topic(CAROL, "mine").citing(&cited));
        let standing = scribe.room.record(&scribe.id("topic")).unwrap().standing();
        let stopped = Some((Check::StateBefore, Rule::RequiredPowerLevel));
        assert_eq!(refusal(standing), stopped, "{version}");
        // Nothing else stops it: as an outlier, which goes through checks 1 to 4, it is accepted.
        let mut room =
            scribe.room_of(&["create", "alice", "levels", "rule", "once", "now", "carol"]);
        let outlier = exeunt_room::Input::Outlier(scribe.pdu("topic").into());
        assert_eq!(refused(&room.take(&outlier, Context::default())), None);
    }
}

/// Two create events of one room ID: one room as far as anybody can tell, up to version 11. The
/// second is accepted, and who creates the room is a matter of state resolution.
#[test]
fn duplicate_room_id() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version.clone());
        let content = json!({ "room_version": version.id(), "creator": DAVE });
        let second = state(DAVE, "m.room.create", "", content).after(&[]);
        scribe.forge("second", second);
        let (room, receipt) = scribe.room.receive(scribe.pdu("second"), Context::default());
        if version.id() == "12" {
            // Its ID would be another room's.
            let Outcome::Dropped(Dropped::OtherRoom(other)) = receipt.outcome else { panic!() };
            assert_eq!(other, scribe.id("second").room());
        } else {
            assert_eq!(receipt.outcome, Outcome::Decided(Standing::Accepted), "{version}");
            assert_eq!(scribe.named(&room.forward_extremities()), ["carol", "second"]);
            let state = room.event_ids(room.current_state());
            let creates = ["create", "second"].map(|name| state.contains(&&scribe.id(name)));
            assert_eq!(creates.iter().filter(|is_there| **is_there).count(), 1, "{version}");
        }
    }
}

/// Only the server that the room ID names can make the second one (rule 1.2).
#[test]
fn a_second_create_event_of_another_server_is_rejected() {
    for version in RoomVersion::all().take(11) {
        let mut scribe = Scribe::peopled(version.clone());
        let content = json!({ "room_version": version.id(), "creator": BOB });
        scribe.write("second", state(BOB, "m.room.create", "", content).after(&[]));
        let standing = scribe.room.record(&scribe.id("second")).unwrap().standing();
        let rejected = Some((Check::AuthEvents, Rule::CreateRoomIdDomain));
        assert_eq!(refusal(standing), rejected);
    }
}

/// Bob joins by Alice's word for him, and his join is redacted: version 8 strips whose word it was.
/// A server that joins later gets the redacted join and rejects it, as it now cites Alice's membership
/// without a reason, and would be no join of anybody's allowed by the rule if it did not; version 9
/// keeps the key.
#[test]
fn restricted_redaction() {
    for number in 8..=12 {
        let version = version(number);
        let mut scribe = Scribe::public(version.clone());
        let allow = json!([{ "type": "m.room_membership", "room_id": "!other:a.example" }]);
        scribe.write("restricted", join_rule(ALICE, "restricted").saying("allow", allow));
        let vouched = join(BOB).saying("join_authorised_via_users_server", ALICE);
        scribe.write("bob", vouched.saying("displayname", "Bob"));
        scribe.write("dave", member(ALICE, DAVE, "invite"));
        scribe.write("joins", join(DAVE));
        // What is left of it; whoever redacts it on receipt, or is given it redacted, has this.
        let redacted = scribe.room.event(&scribe.id("bob")).unwrap().redacted(&version);
        let state = ["create", "alice", "levels", "restricted", "dave"];
        let state = state.iter().map(|name| scribe.pdu(name)).chain([redacted.text().as_bytes()]);
        let (room, receipts) = Room::joined(
            version.clone(),
            [scribe.pdu("rule")],
            state,
            scribe.pdu("joins"),
            Context::default(),
        );
        let bob = room.record(&scribe.id("bob")).unwrap();
        if number == 8 {
            let rejected = Some((Check::AuthEvents, Rule::AuthEventsUnexpected));
            assert_eq!(refusal(bob.standing()), rejected);
            assert_ne!(room.current_state(), scribe.room.current_state());
        } else {
            assert_eq!(bob.standing(), &Standing::Accepted, "{version}");
            assert_eq!(room.current_state(), scribe.room.current_state(), "{version}");
        }
        assert_eq!(refused(receipts.last().unwrap()), None);
    }
}

/// Up to version 5 aliases of a server are anybody's there: no membership, no level, no ban. From
/// version 6 on the rule is gone.
#[test]
fn aliases_by_anyone() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::public(version.clone());
        let aliases = json!({ "aliases": ["#spam:b.example"] });
        let cited = [create_if_cited(&version), &["levels"]].concat();
        let draft = state(BOB, "m.room.aliases", "b.example", aliases).citing(&cited);
        scribe.write("aliases", draft);
        let standing = scribe.room.record(&scribe.id("aliases")).unwrap().standing();
        let is_anybodys = version.page() <= 5;
        assert_eq!(*standing == Standing::Accepted, is_anybodys, "{version}");
        let state = scribe.room.event_ids(scribe.room.current_state());
        assert_eq!(state.contains(&&scribe.id("aliases")), is_anybodys);
        if is_anybodys {
            assert_eq!(scribe.room.forward_extremities(), [&scribe.id("aliases")]);
        } else {
            let rejected = Some((Check::AuthEvents, Rule::SenderNotJoined));
            assert_eq!(refusal(standing), rejected);
        }
    }
}

/// Up to version 10 a create event whose content hash is wrong loses `m.federate`: whoever receives
/// it so has an open room. Version 11 keeps the content.
#[test]
fn create_redaction() {
    for number in [10, 11] {
        let version = version(number);
        let mut scribe = Scribe::new(version.clone());
        let content =
            json!({ "room_version": version.id(), "creator": ALICE, "m.federate": false });
        scribe.write("create", state(ALICE, "m.room.create", "", content).after(&[]));
        scribe.write("alice", join(ALICE));
        scribe.write("rule", join_rule(ALICE, "public"));
        scribe.write("bob", join(BOB));
        let closed = scribe.room.record(&scribe.id("bob")).unwrap().standing();
        assert_eq!(refusal(closed), Some((Check::AuthEvents, Rule::NotFederated)));
        // A field that no hash covers any more.
        let mut create: Json = serde_json::from_slice(scribe.pdu("create")).unwrap();
        create["org.example"] = json!(true);
        let (mut room, receipt) =
            Room::new(version).receive(create.to_string().as_bytes(), Context::default());
        assert!(receipt.redacted);
        for name in ["alice", "rule", "bob"] {
            (room, _) = room.receive(scribe.pdu(name), Context::default());
        }
        let standing = room.record(&scribe.id("bob")).unwrap().standing();
        assert_eq!(*standing == Standing::Accepted, number == 10);
    }
}
