//! The six checks on receipt of a PDU, in order: what drops, what redacts, what rejects, what
//! soft-fails.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use exeunt_auth::Rule;
use exeunt_event::format::FormatError;
use exeunt_room::{Check, Context, Dropped, Input, Outcome, Room, Standing, check, check_all};
use exeunt_version::RoomVersion;
use serde_json::{Value as Json, json};
use world::{
    ALICE, BOB, CAROL, Scribe, join, keys, levels, member, message, refused, sealed, state, topic,
    version,
};

/// The PDU as changed.
fn changed(pdu: &[u8], change: impl Fn(&mut Json)) -> Vec<u8> {
    let mut json: Json = serde_json::from_slice(pdu).unwrap();
    change(&mut json);
    json.to_string().into_bytes()
}

fn dropped(room: &Room, pdu: &[u8], context: Context<'_>) -> Dropped {
    let (after, receipt) = room.receive(pdu, context);
    assert_eq!(after.dag().len(), room.dag().len());
    assert_eq!(after.current_state(), room.current_state());
    match receipt.outcome {
        Outcome::Dropped(dropped) => dropped,
        other => panic!("{other:?} is not dropped"),
    }
}

#[test]
fn a_room_of_every_version_is_received_event_by_event() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version.clone());
        scribe.write("topic", topic(BOB, "Exits"));
        scribe.write("hello", message(CAROL, "hello"));
        let names = ["create", "alice", "levels", "rule", "bob", "carol", "topic", "hello"];
        let keys = keys(&version);
        let context = Context { keys: Some(&keys) };
        let mut room = Room::new(version.clone());
        for name in names {
            let (next, receipt) = room.receive(scribe.pdu(name), context);
            assert_eq!(receipt.outcome, Outcome::Decided(Standing::Accepted), "{name}");
            assert_eq!(receipt.event_id, Some(scribe.id(name)));
            assert!(!receipt.redacted && receipt.taken_up.is_empty());
            assert_eq!(next.forward_extremities(), [&scribe.id(name)]);
            room = next;
        }
        let state = room.event_ids(room.current_state());
        assert_eq!(
            scribe.named(&state),
            ["alice", "bob", "carol", "create", "levels", "rule", "topic"]
        );
        assert_eq!(room.room_id(), scribe.room.room_id());
    }
}

#[test]
fn check_1_drops_what_is_no_event() {
    let scribe = Scribe::peopled(version(11));
    let room = &scribe.room;
    for bytes in [&b"no JSON"[..], b"[]", b"{}", b"", b"\xff"] {
        let reason = dropped(room, bytes, Context::default());
        assert_eq!(reason.check(), Check::Format);
        assert!(matches!(reason, Dropped::NoEvent(_)));
    }
}

#[test]
fn check_1_drops_what_does_not_comply_with_the_format() {
    let scribe = Scribe::peopled(version(11));
    let long = changed(scribe.pdu("bob"), |pdu| pdu["state_key"] = json!("x".repeat(256)));
    let reason = dropped(&scribe.room, &long, Context::default());
    assert_eq!(reason.check(), Check::Format);
    assert!(matches!(reason, Dropped::Format(FormatError::TooLong { field: "state_key", .. })));
}

#[test]
fn check_1_drops_an_event_of_another_room() {
    let scribe = Scribe::peopled(version(11));
    let pdu = changed(scribe.pdu("bob"), |pdu| pdu["room_id"] = json!("!other:a.example"));
    let reason = dropped(&scribe.room, &pdu, Context::default());
    assert_eq!(reason.check(), Check::Format);
    assert_eq!(reason.to_string(), "it is of the room !other:a.example");
    // In version 12 another create event is another room.
    let (one, mut other) = (Scribe::peopled(version(12)), Scribe::new(version(12)));
    other.write("create", state(BOB, "m.room.create", "", json!({ "room_version": "12" })));
    let reason = dropped(&one.room, other.pdu("create"), Context::default());
    assert!(matches!(reason, Dropped::OtherRoom(_)));
}

#[test]
fn check_2_drops_what_the_senders_server_did_not_sign() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version.clone());
        scribe.write("forged", message(BOB, "hello").signed_by(&["c.example"]));
        scribe.write("unsigned", message(BOB, "hello").signed_by(&[]));
        let keys = keys(&version);
        for name in ["forged", "unsigned"] {
            let room = scribe.room_of(&["create", "alice", "levels", "rule", "bob"]);
            let context = Context { keys: Some(&keys) };
            let reason = dropped(&room, scribe.pdu(name), context);
            assert_eq!(reason.check(), Check::Signatures, "{name}");
        }
    }
}

/// Signatures are over the redacted event, so a wrong content hash passes check 2.
#[test]
fn check_3_redacts_and_goes_on() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version.clone());
        scribe.write("topic", topic(BOB, "Exits"));
        let keys = keys(&version);
        let context = Context { keys: Some(&keys) };
        let lie = changed(scribe.pdu("topic"), |pdu| pdu["content"]["topic"] = json!("Entrances"));
        let room = scribe.room_of(&["create", "alice", "levels", "rule", "bob", "carol"]);
        let (room, receipt) = room.receive(&lie, context);
        assert_eq!(receipt.outcome, Outcome::Decided(Standing::Accepted));
        assert!(receipt.redacted);
        let id = receipt.event_id.unwrap();
        assert_eq!(id, scribe.id("topic"));
        let event = room.event(&id).unwrap();
        assert!(event.object().get("content").unwrap().as_object().unwrap().is_empty());
        // It counts: the topic is this event, which says nothing.
        assert!(room.event_ids(room.current_state()).contains(&&id));
        // The log has what was received.
        let logged = String::from_utf8(room.log().last().unwrap().pdu().to_vec()).unwrap();
        assert!(logged.contains("Entrances"));
    }
}

/// The text's own example.
#[test]
fn a_join_that_was_redacted_on_receipt_joins() {
    let mut scribe = Scribe::public(version(11));
    scribe.write("bob", join(BOB).saying("displayname", "Bob"));
    scribe.write("hello", message(BOB, "hello"));
    let lie = changed(scribe.pdu("bob"), |pdu| pdu["content"]["displayname"] = json!("Robert"));
    let room = scribe.room_of(&["create", "alice", "levels", "rule"]);
    let (room, receipt) = room.receive(&lie, Context::default());
    assert!(receipt.redacted);
    let (_, receipt) = room.receive(scribe.pdu("hello"), Context::default());
    assert_eq!(refused(&receipt), None);
}

#[test]
fn a_redacted_event_may_fail_a_later_check() {
    // Redaction strips who may invite, up to version 10 (law S13).
    let mut scribe = Scribe::peopled(version(10));
    let lie = levels(ALICE, json!({ ALICE: 100 })).saying("invite", 50);
    let lie = lie.field("hashes", json!({}));
    scribe.write("strict", lie);
    let pdu = changed(scribe.pdu("strict"), |pdu| pdu["content"]["invite"] = json!(60));
    let room = scribe.room_of(&["create", "alice", "levels", "rule", "bob", "carol"]);
    let (redacted, receipt) = room.receive(&pdu, Context::default());
    assert!(receipt.redacted);
    scribe.write("invite", member(BOB, world::DAVE, "invite").after(&["strict"]));
    let (_, by_redacted) = redacted.receive(scribe.pdu("invite"), Context::default());
    assert_eq!(refused(&by_redacted), None);
    let (room, _) = room.receive(scribe.pdu("strict"), Context::default());
    let (_, by_original) = room.receive(scribe.pdu("invite"), Context::default());
    assert_eq!(refused(&by_original), Some((Check::AuthEvents, Rule::InviteOtherwise)));
}

#[test]
fn check_4_rejects_by_the_events_own_auth_events() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::public(version.clone());
        // Bob cites the room as it was before he joined.
        scribe.write("bob", join(BOB));
        let mut cited = vec!["create", "levels"];
        cited.retain(|name| *name != "create" || version.id() != "12");
        scribe.write("early", message(BOB, "hello").citing(&cited));
        let (room, receipts) =
            scribe.received(&["create", "alice", "levels", "rule", "bob", "early"]);
        let rejected = Some((Check::AuthEvents, Rule::SenderNotJoined));
        assert_eq!(refused(receipts.last().unwrap()), rejected);
        assert!(room.record(&scribe.id("early")).unwrap().standing().is_rejected());
    }
}

#[test]
fn check_4_rejects_what_cites_a_rejected_event() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("bad", levels(CAROL, json!({ CAROL: 100 })));
    scribe
        .write("worse", topic(CAROL, "mine").after(&["carol"]).citing(&["create", "bad", "carol"]));
    assert_eq!(
        scribe.room.record(&scribe.id("worse")).unwrap().standing().refusal().unwrap().rule,
        Some(Rule::AuthEventsRejected)
    );
}

#[test]
fn check_5_rejects_by_the_state_before() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version.clone());
        scribe.write("ban", member(ALICE, CAROL, "ban"));
        // Carol follows the ban, and cites what was before it.
        let cited = if version.id() == "12" { vec![] } else { vec!["create"] };
        let cited: Vec<_> = cited.into_iter().chain(["levels", "carol"]).collect();
        scribe.write("evading", message(CAROL, "still here").citing(&cited));
        let record = scribe.room.record(&scribe.id("evading")).unwrap();
        let rejected = Some((Check::StateBefore, Rule::SenderNotJoined));
        assert_eq!(world::refusal(record.standing()), rejected);
    }
}

#[test]
fn check_5_rejects_what_follows_nothing() {
    let mut scribe = Scribe::peopled(version(11));
    scribe
        .write("adrift", message(CAROL, "hello").after(&[]).citing(&["create", "levels", "carol"]));
    let record = scribe.room.record(&scribe.id("adrift")).unwrap();
    let rejected = Some((Check::StateBefore, Rule::NotFederated));
    assert_eq!(world::refusal(record.standing()), rejected);
    assert!(record.state_before().unwrap().is_empty());
}

/// The text's own example: B bans X, who then sets the topic from before the ban.
#[test]
fn check_6_soft_fails_by_the_current_state() {
    for version in RoomVersion::all() {
        let mut scribe = Scribe::peopled(version.clone());
        scribe.write("ban", member(ALICE, BOB, "ban"));
        scribe.write("evading", topic(BOB, "still here").after(&["carol"]));
        let before = ["create", "alice", "levels", "rule", "bob", "carol", "ban"];
        let room = scribe.room_of(&before);
        let (after, receipt) = room.receive(scribe.pdu("evading"), Context::default());
        let soft_failed = Some((Check::CurrentState, Rule::SenderNotJoined));
        assert_eq!(refused(&receipt), soft_failed);
        assert!(matches!(receipt.outcome, Outcome::Decided(Standing::SoftFailed(_))));
        assert_eq!(after.forward_extremities(), [&scribe.id("ban")]);
        assert_eq!(after.current_state(), room.current_state());
        // It has its place and its state all the same.
        let state = after.state_after(&scribe.id("evading")).unwrap();
        assert!(after.event_ids(state).contains(&&scribe.id("evading")));
    }
}

#[test]
fn what_the_server_sends_itself_is_not_soft_failed() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("ban", member(ALICE, BOB, "ban"));
    scribe.write("evading", topic(BOB, "still here").after(&["carol"]));
    let mut room = scribe.room_of(&["create", "alice", "levels", "rule", "bob", "carol", "ban"]);
    let input = Input::Sent(scribe.pdu("evading").into());
    let receipt = room.take(&input, Context::default());
    assert_eq!(refused(&receipt), None);
    assert_eq!(room.forward_extremities().len(), 2);
}

/// Rules about signatures are satisfied without keys, and looked at with them.
#[test]
fn the_authorising_server_of_a_restricted_join_must_have_signed() {
    let mut scribe = Scribe::public(version(10));
    scribe.write("restricted", world::join_rule(ALICE, "restricted"));
    let vouched = join(BOB).saying("join_authorised_via_users_server", ALICE);
    scribe.write("bob", vouched);
    let room = scribe.room_of(&["create", "alice", "levels", "rule", "restricted"]);
    let (_, receipt) = room.receive(scribe.pdu("bob"), Context::default());
    assert_eq!(refused(&receipt), None);
    let keys = keys(&version(10));
    let context = Context { keys: Some(&keys) };
    // Check 2 asks for the signature before any rule does.
    let reason = dropped(&room, scribe.pdu("bob"), context);
    assert_eq!(reason.check(), Check::Signatures);
    let mut pdu: Json = serde_json::from_slice(scribe.pdu("bob")).unwrap();
    pdu["signatures"] = json!({});
    let both = sealed(&pdu, &["a.example".to_owned(), "b.example".to_owned()], &version(10));
    let (_, receipt) = room.receive(&both, context);
    assert_eq!(refused(&receipt), None);
}

#[test]
fn a_second_event_of_an_id_changes_nothing() {
    let scribe = Scribe::peopled(version(11));
    let (again, receipt) = scribe.room.receive(scribe.pdu("bob"), Context::default());
    assert_eq!(receipt.outcome, Outcome::Known);
    assert_eq!(again.dag().len(), scribe.room.dag().len());
    assert_eq!(again.log().len(), scribe.room.log().len() + 1);
    assert_ne!(again.fingerprint(), scribe.room.fingerprint());
}

/// In versions 1 and 2 the sender chooses the ID.
#[test]
fn of_two_events_with_one_id_the_first_counts() {
    let mut scribe = Scribe::peopled(version(1));
    scribe.write("topic", topic(BOB, "Exits"));
    let mut pdu: Json = serde_json::from_slice(scribe.pdu("topic")).unwrap();
    pdu["content"]["topic"] = json!("Entrances");
    let other = sealed(&pdu, &[], &version(1));
    let (room, receipt) = scribe.room.receive(&other, Context::default());
    assert_eq!(receipt.outcome, Outcome::Known);
    assert!(room.event(&scribe.id("topic")).unwrap().text().contains("Exits"));
}

#[test]
fn what_was_dropped_may_come_again_as_it_should_be() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("hello", message(BOB, "hello"));
    let keys = keys(&version(11));
    let context = Context { keys: Some(&keys) };
    let room = scribe.room_of(&["create", "alice", "levels", "rule", "bob", "carol"]);
    let unsigned = changed(scribe.pdu("hello"), |pdu| pdu["signatures"] = json!({}));
    let (room, receipt) = room.receive(&unsigned, context);
    assert!(matches!(receipt.outcome, Outcome::Dropped(Dropped::Signatures(_))));
    assert_eq!(receipt.event_id, Some(scribe.id("hello")));
    let (_, receipt) = room.receive(scribe.pdu("hello"), context);
    assert_eq!(receipt.outcome, Outcome::Decided(Standing::Accepted));
}

#[test]
fn checks_1_to_3_of_many_together_are_those_of_each_alone() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("forged", message(BOB, "hello").signed_by(&["c.example"]));
    let lie = changed(scribe.pdu("levels"), |pdu| pdu["content"]["org.example"] = json!(1));
    let mut pdus: Vec<&[u8]> = vec![b"garbage", &lie, b"{}"];
    pdus.extend(scribe.pdus.iter().map(Vec::as_slice));
    let keys = keys(&version(11));
    for context in [Context::default(), Context { keys: Some(&keys) }] {
        let mut together = Room::new(version(11));
        let mut alone = Room::new(version(11));
        let checked = check_all(&pdus, &version(11), context);
        assert_eq!(checked.len(), pdus.len());
        for (checked, pdu) in checked.into_iter().zip(&pdus) {
            let single = check(pdu, &version(11), context);
            assert_eq!(
                checked.as_ref().map(|it| (it.event().clone(), it.is_redacted())).ok(),
                single.as_ref().map(|it| (it.event().clone(), it.is_redacted())).ok()
            );
            assert_eq!(checked.as_ref().err(), single.as_ref().err());
            let receipt = together.take_checked(checked, pdu, context);
            assert_eq!(receipt, alone.take(&Input::Pdu((*pdu).into()), context));
        }
        assert_eq!(together.fingerprint(), alone.fingerprint());
    }
}

#[test]
fn a_refusal_names_the_rule_and_says_why() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("bad", levels(CAROL, json!({ CAROL: 100 })));
    let standing = scribe.room.record(&scribe.id("bad")).unwrap().standing().clone();
    let refusal = standing.refusal().unwrap();
    assert_eq!((refusal.check, refusal.rule), (Check::AuthEvents, Some(Rule::RequiredPowerLevel)));
    assert!(refusal.reason.contains("level"), "{}", refusal.reason);
    assert_eq!(Check::ALL.map(Check::number), [1, 2, 3, 4, 5, 6, 7]);
}
