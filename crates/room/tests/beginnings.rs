//! Rooms whose history begins with a state that somebody gave, and outliers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod world;

use exeunt_auth::Rule;
use exeunt_room::{Check, Context, Input, Outcome, Room, Standing};
use exeunt_version::RoomVersion;
use serde_json::json;
use world::{
    ALICE, BOB, CAROL, DAVE, Scribe, join, levels, member, message, refused, topic, version,
};

/// A room of which Dave's server sees all after `dave`, in this order.
fn seen_by_dave(version: RoomVersion) -> Scribe {
    let mut scribe = Scribe::peopled(version);
    scribe.write("topic", topic(BOB, "Exits"));
    scribe.write("hello", message(CAROL, "hello"));
    scribe.write("dave", join(DAVE));
    scribe.write("next topic", topic(BOB, "Entrances"));
    scribe
}

const STATE: [&str; 7] = ["create", "alice", "levels", "rule", "bob", "carol", "topic"];

fn joined(scribe: &Scribe, state: &[&str]) -> Room {
    let (chain, state) = (["create", "alice", "levels", "rule"], state.iter());
    let (room, receipts) = Room::joined(
        scribe.room.version().clone(),
        chain.iter().map(|name| scribe.pdu(name)),
        state.map(|name| scribe.pdu(name)),
        scribe.pdu("dave"),
        Context::default(),
    );
    assert!(!receipts.is_empty());
    room
}

#[test]
fn a_joined_room_begins_with_the_join() {
    for version in RoomVersion::all() {
        let scribe = seen_by_dave(version);
        let room = joined(&scribe, &STATE);
        let dave = scribe.id("dave");
        assert_eq!(room.forward_extremities(), [&dave]);
        assert_eq!(room.begins_at().collect::<Vec<_>>(), [&dave]);
        assert_eq!(room.record(&dave).unwrap().standing(), &Standing::Accepted);
        // The same states as where the whole history is known.
        assert_eq!(room.current_state(), scribe.room.state_after(&dave).unwrap());
        assert_eq!(room.state_before(&dave), scribe.room.state_before(&dave));
        for name in STATE {
            let record = room.record(&scribe.id(name)).unwrap();
            assert!(record.is_outlier() && record.state_after().is_none());
            assert_eq!(record.standing(), &Standing::Accepted);
        }
        // And it goes on like any other.
        let (room, receipt) = room.receive(scribe.pdu("next topic"), Context::default());
        assert_eq!(refused(&receipt), None);
        assert_eq!(room.current_state(), scribe.room.current_state());
        assert_eq!(room.begins_at().count(), 1);
    }
}

#[test]
fn the_answer_to_send_join_may_be_in_any_order() {
    let scribe = seen_by_dave(version(11));
    let room = joined(&scribe, &STATE);
    let mut reversed = STATE;
    reversed.reverse();
    let other = joined(&scribe, &reversed);
    assert_eq!(room.current_state(), other.current_state());
    assert_eq!(room.forward_extremities(), other.forward_extremities());
}

#[test]
fn what_is_dropped_from_the_answer_is_in_no_state() {
    let scribe = seen_by_dave(version(11));
    let pdus: Vec<&[u8]> = STATE.iter().map(|name| scribe.pdu(name)).chain([&b"{}"[..]]).collect();
    let (room, receipts) =
        Room::joined(version(11), [], pdus, scribe.pdu("dave"), Context::default());
    assert!(matches!(receipts[7].outcome, Outcome::Dropped(_)));
    assert_eq!(room.current_state().len(), 8);
}

/// A resident server that would have its own state believed.
#[test]
fn what_is_rejected_is_in_no_state_whoever_says_so() {
    let mut scribe = seen_by_dave(version(11));
    scribe.write("coup", levels(CAROL, json!({ CAROL: 100 })).after(&["carol"]));
    let room = joined(&scribe, &[&STATE[..], &["coup"]].concat());
    assert!(room.record(&scribe.id("coup")).unwrap().standing().is_rejected());
    // Neither is the event that it would have replaced, as nobody gave it.
    let state = room.event_ids(room.current_state());
    assert!(!state.contains(&&scribe.id("coup")));
}

#[test]
fn a_join_that_is_not_allowed_begins_nothing() {
    let scribe = seen_by_dave(version(11));
    let room = joined(&scribe, &["create", "alice", "levels"]);
    let standing = room.record(&scribe.id("dave")).unwrap().standing();
    // Its auth events are all there; the state lacks the join rule.
    let rejected = Some((Check::StateBefore, Rule::JoinOtherwise));
    assert_eq!(world::refusal(standing), rejected);
    assert!(room.forward_extremities().is_empty());
}

/// A room that was left and joined again begins once more.
#[test]
fn a_rejoin_begins_anew() {
    let mut scribe = seen_by_dave(version(11));
    let mut room = joined(&scribe, &STATE);
    room.take(&Input::Pdu(scribe.pdu("next topic").into()), Context::default());
    scribe.write("gone", member(DAVE, DAVE, "leave"));
    room.take(&Input::Sent(scribe.pdu("gone").into()), Context::default());
    // What happens while nobody of the server is in the room, it does not see.
    scribe.write("unseen", topic(BOB, "Unseen"));
    scribe.write("back", join(DAVE));
    room.take(&Input::Outlier(scribe.pdu("unseen").into()), Context::default());
    let mut state: Vec<_> = STATE.iter().map(|name| scribe.id(name)).collect();
    state[6] = scribe.id("unseen");
    state.push(scribe.id("gone"));
    let back = Input::Joined { pdu: scribe.pdu("back").into(), state: state.into() };
    let receipt = room.take(&back, Context::default());
    assert_eq!(receipt.outcome, Outcome::Decided(Standing::Accepted));
    assert_eq!(room.forward_extremities(), [&scribe.id("back")]);
    assert_eq!(room.current_state(), scribe.room.current_state());
    assert_eq!(room.begins_at().collect::<Vec<_>>(), [&scribe.id("dave"), &scribe.id("back")]);
    // What was there before still is.
    assert!(room.state_after(&scribe.id("gone")).is_some());
}

/// The current state of what the server left long ago is not what lets it back in.
#[test]
fn a_join_over_federation_is_not_soft_failed() {
    let mut scribe = seen_by_dave(version(11));
    let mut room = joined(&scribe, &STATE);
    scribe.write("ban", member(ALICE, DAVE, "ban"));
    room.take(&Input::Pdu(scribe.pdu("next topic").into()), Context::default());
    room.take(&Input::Pdu(scribe.pdu("ban").into()), Context::default());
    scribe.write("unban", member(ALICE, DAVE, "leave"));
    scribe.write("back", join(DAVE));
    room.take(&Input::Outlier(scribe.pdu("unban").into()), Context::default());
    let mut state: Vec<_> = STATE.iter().map(|name| scribe.id(name)).collect();
    state[6] = scribe.id("next topic");
    state.push(scribe.id("unban"));
    let back = Input::Joined { pdu: scribe.pdu("back").into(), state: state.into() };
    assert_eq!(refused(&room.take(&back, Context::default())), None);
    assert_eq!(room.current_state(), scribe.room.current_state());
}

/// `state_ids` where the events before an event cannot be had: its prev events stay unknown, and
/// what was there before goes on beside it.
#[test]
fn a_gap_is_bridged_by_a_state_that_somebody_gives() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("lost", message(BOB, "lost"));
    scribe.write("after", topic(BOB, "Exits"));
    let mut room = scribe.room_of(&["create", "alice", "levels", "rule", "bob", "carol"]);
    let state = STATE[..6].iter().map(|name| scribe.id(name)).collect();
    let given = Input::Given { pdu: scribe.pdu("after").into(), state };
    assert_eq!(refused(&room.take(&given, Context::default())), None);
    assert_eq!(scribe.named(&room.forward_extremities()), ["after", "carol"]);
    assert_eq!(room.begins_at().collect::<Vec<_>>(), [&scribe.id("after")]);
    assert_eq!(room.current_state(), scribe.room.current_state());
    // The lost event turns up: now nothing leads around the new one.
    room.take(&Input::Pdu(scribe.pdu("lost").into()), Context::default());
    assert_eq!(room.forward_extremities(), [&scribe.id("after")]);
}

/// The same, where what turns up is not accepted: the extremities behind it are behind all the same.
#[test]
fn a_soft_failed_event_that_turns_up_in_a_gap_has_its_past_behind() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("ban", member(ALICE, BOB, "ban").after(&["bob"]));
    scribe.write("lost", message(BOB, "lost").after(&["carol"]));
    scribe.write("after", message(CAROL, "hello").after(&["lost"]));
    let mut room = scribe.room_of(&["create", "alice", "levels", "rule", "bob", "carol", "ban"]);
    assert_eq!(scribe.named(&room.forward_extremities()), ["ban", "carol"]);
    let state = STATE[..6].iter().map(|name| scribe.id(name)).collect();
    let given = Input::Given { pdu: scribe.pdu("after").into(), state };
    assert_eq!(refused(&room.take(&given, Context::default())), None);
    assert_eq!(scribe.named(&room.forward_extremities()), ["after", "ban", "carol"]);
    let receipt = room.take(&Input::Pdu(scribe.pdu("lost").into()), Context::default());
    assert!(matches!(receipt.outcome, Outcome::Decided(Standing::SoftFailed(_))));
    assert_eq!(scribe.named(&room.forward_extremities()), ["after", "ban"]);
}

#[test]
fn of_two_events_for_one_key_in_a_given_state_the_last_counts() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("one", topic(BOB, "one"));
    scribe.write("two", topic(BOB, "two"));
    scribe.write("hello", message(BOB, "hello"));
    for (order, last) in [(["one", "two"], "two"), (["two", "one"], "one")] {
        let mut room = scribe.room_of(&["create", "alice", "levels", "rule", "bob", "carol"]);
        for name in ["one", "two"] {
            room.take(&Input::Outlier(scribe.pdu(name).into()), Context::default());
        }
        let state = STATE[..6].iter().chain(&order).map(|name| scribe.id(name)).collect();
        let given = Input::Given { pdu: scribe.pdu("hello").into(), state };
        room.take(&given, Context::default());
        let state = room.event_ids(room.state_before(&scribe.id("hello")).unwrap());
        assert_eq!(state.len(), 7);
        assert!(state.contains(&&scribe.id(last)));
    }
}

#[test]
fn an_outlier_that_enters_the_history_later_goes_through_all_checks() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("ban", member(ALICE, CAROL, "ban"));
    // Check 4 lets it pass, check 5 does not.
    scribe.write("evading", message(CAROL, "x").citing(&["create", "levels", "carol"]));
    let names = ["create", "alice", "levels", "rule", "bob", "carol"];
    let mut room = scribe.room_of(&names);
    let extremities = |room: &Room| scribe.named(&room.forward_extremities()).join(" ");
    let receipt = room.take(&Input::Outlier(scribe.pdu("evading").into()), Context::default());
    assert_eq!(refused(&receipt), None);
    let receipt = room.take(&Input::Outlier(scribe.pdu("ban").into()), Context::default());
    assert_eq!(refused(&receipt), None);
    assert_eq!(extremities(&room), "carol");
    assert_eq!(room.current_state().len(), 6);
    let receipt = room.take(&Input::Pdu(scribe.pdu("ban").into()), Context::default());
    assert_eq!(receipt.outcome, Outcome::Decided(Standing::Accepted));
    assert_eq!(extremities(&room), "ban");
    let event_ids = room.event_ids(room.current_state());
    assert!(event_ids.contains(&&scribe.id("ban")) && !event_ids.contains(&&scribe.id("carol")));
    let receipt = room.take(&Input::Pdu(scribe.pdu("evading").into()), Context::default());
    assert_eq!(refused(&receipt), Some((Check::StateBefore, Rule::SenderNotJoined)));
    // An outlier once more is nothing new.
    let receipt = room.take(&Input::Outlier(scribe.pdu("ban").into()), Context::default());
    assert_eq!(receipt.outcome, Outcome::Known);
}

/// What an outlier was allowed for by its auth events alone, the state before it may refuse; what
/// cites it from then on is rejected.
#[test]
fn an_outlier_that_is_rejected_later_no_longer_authorises() {
    let mut scribe = Scribe::peopled(version(11));
    scribe.write("ban", member(ALICE, BOB, "ban"));
    scribe.write(
        "levels by bob",
        levels(BOB, json!({ ALICE: 100, BOB: 50 })).citing(&["create", "levels", "bob"]),
    );
    scribe.write(
        "one",
        message(CAROL, "one").after(&["ban"]).citing(&["create", "levels by bob", "carol"]),
    );
    scribe.write(
        "two",
        message(CAROL, "two").after(&["ban"]).citing(&["create", "levels by bob", "carol"]),
    );
    // The scribe knows it to be rejected.
    let refusal =
        |room: &Room, name| world::refusal(room.record(&scribe.id(name)).unwrap().standing());
    let rejected = Some((Check::AuthEvents, Rule::AuthEventsRejected));
    assert_eq!(refusal(&scribe.room, "one"), rejected);
    let mut room = scribe.room_of(&["create", "alice", "levels", "rule", "bob", "carol", "ban"]);
    let levels = scribe.pdu("levels by bob");
    let receipt = room.take(&Input::Outlier(levels.into()), Context::default());
    assert_eq!(refused(&receipt), None);
    room.take(&Input::Pdu(scribe.pdu("one").into()), Context::default());
    room.take(&Input::Pdu(levels.into()), Context::default());
    room.take(&Input::Pdu(scribe.pdu("two").into()), Context::default());
    assert_eq!(refusal(&room, "one"), None);
    let by_state = Some((Check::StateBefore, Rule::SenderNotJoined));
    assert_eq!(refusal(&room, "levels by bob"), by_state);
    assert_eq!(refusal(&room, "two"), rejected);
}
