//! The rules about an event's own `auth_events`, and in version 12 about the room ID.

use exeunt_auth::Rule::*;
use exeunt_event::Event;
use serde_json::json;

use super::{Example, allowed, rejected};
use crate::room::{ALICE, BOB, CAROL, Draft, Room, member, message, state_event};

fn says(sender: &str) -> Draft {
    message(sender, "m.room.message", json!({}))
}

fn topic(room: &mut Room) -> Event {
    room.put(&state_event(ALICE, "m.room.topic", "", json!({ "topic": "Exits" })))
}

pub(crate) fn examples() -> Vec<Example> {
    let mut examples = of_auth_events();
    examples.extend(of_room_ids());
    examples
}

fn of_auth_events() -> Vec<Example> {
    vec![
        rejected(
            AuthEventsDuplicate,
            "m.room.member \"@bob:b.example\"",
            "the same auth event twice",
            1..=12,
            |room| {
                let joined = room.member_is(BOB, "join");
                says(BOB).also_citing(&joined)
            },
        ),
        rejected(
            AuthEventsDuplicate,
            "m.room.member \"@bob:b.example\"",
            "two memberships of one user",
            1..=12,
            |room| {
                let invited = room.member_is(BOB, "invite");
                room.member_is(BOB, "join");
                says(BOB).also_citing(&invited)
            },
        ),
        rejected(
            AuthEventsDuplicate,
            "m.room.topic \"\"",
            "that entries are duplicate is said before they are unexpected",
            1..=12,
            |room| {
                let topic = topic(room);
                says(ALICE).also_citing(&topic).also_citing(&topic)
            },
        ),
        rejected(
            AuthEventsUnexpected,
            "m.room.topic \"\"",
            "a topic authorises nothing",
            1..=12,
            |room| {
                let topic = topic(room);
                says(ALICE).also_citing(&topic)
            },
        ),
        rejected(
            AuthEventsUnexpected,
            "m.room.message \"(none)\"",
            "an event that is no state authorises nothing, not even twice",
            1..=12,
            |room| {
                let said = room.aside(&says(ALICE));
                says(ALICE).also_citing(&said).also_citing(&said)
            },
        ),
        rejected(
            AuthEventsUnexpected,
            "m.room.member \"@carol:c.example\"",
            "the membership of a bystander",
            1..=12,
            |room| {
                let bystander = room.member_is(CAROL, "join");
                says(ALICE).also_citing(&bystander)
            },
        ),
        rejected(
            AuthEventsUnexpected,
            "m.room.join_rules \"\"",
            "a message has nothing to do with the join rule",
            1..=12,
            |room| {
                let rule = room.join_rule("public");
                says(ALICE).also_citing(&rule)
            },
        ),
        rejected(
            AuthEventsUnexpected,
            "m.room.join_rules \"\"",
            "a leave has nothing to do with the join rule",
            1..=12,
            |room| {
                let rule = room.join_rule("public");
                member(ALICE, ALICE, "leave").also_citing(&rule)
            },
        ),
        rejected(
            AuthEventsUnexpected,
            "m.room.power_levels \"x\"",
            "power levels with a state key are not those of the room",
            1..=12,
            |room| {
                let levels = state_event(ALICE, "m.room.power_levels", "x", json!({}));
                let levels = room.aside(&levels);
                says(ALICE).also_citing(&levels)
            },
        ),
        rejected(
            AuthEventsUnexpected,
            "m.room.create \"\"",
            "the create event is not cited where the room ID names it",
            12..=12,
            |room| {
                let create = room.create.clone();
                says(ALICE).also_citing(&create)
            },
        ),
        rejected(
            AuthEventsRejected,
            "m.room.member \"@alice:a.example\"",
            "an auth event that was rejected",
            1..=12,
            |room| {
                let joined = room.member_is(ALICE, "join");
                room.know_rejected(&joined);
                says(ALICE)
            },
        ),
        rejected(
            AuthEventsRejected,
            "m.room.create \"\"",
            "the create event that is cited was rejected",
            1..=11,
            |room| {
                let create = room.create.clone();
                room.know_rejected(&create);
                says(ALICE)
            },
        ),
        rejected(
            AuthEventsNoCreate,
            "`auth_events`",
            "every event cites the create event up to version 11",
            1..=11,
            |room| {
                let create = room.create.clone();
                says(ALICE).not_citing(&create)
            },
        ),
        rejected(
            AuthEventsNoCreate,
            "`auth_events`",
            "an event without auth events",
            1..=11,
            |_| says(ALICE).citing(&[]),
        ),
        allowed(
            Otherwise,
            "the create event alone need not be cited in version 12",
            12..=12,
            |_| says(ALICE),
        ),
        rejected(
            AuthEventsOtherRoom,
            "m.room.member \"@bob:b.example\"",
            "a membership from another room",
            1..=12,
            |room| {
                let mut other = room.other();
                let elsewhere = other.member_is(BOB, "join");
                room.know(&elsewhere);
                says(BOB).also_citing(&elsewhere)
            },
        ),
        rejected(
            AuthEventsOtherRoom,
            "m.room.create \"\"",
            "the create event of another room",
            1..=11,
            |room| {
                let create = room.create.clone();
                let other = room.other().create;
                room.know(&other);
                says(ALICE).not_citing(&create).also_citing(&other)
            },
        ),
    ]
}

fn of_room_ids() -> Vec<Example> {
    vec![
        rejected(
            RoomIdIsNoCreateEvent,
            "m.room.create \"\"",
            "the room of a create event that was rejected is none",
            12..=12,
            |room| {
                let create = room.create.clone();
                room.know_rejected(&create);
                says(ALICE)
            },
        ),
        rejected(
            RoomIdIsNoCreateEvent,
            "m.room.topic \"\"",
            "a topic makes no room",
            12..=12,
            |room| {
                let topic = topic(room);
                let id = topic.event_id().room();
                says(ALICE).field("room_id", id.as_str())
            },
        ),
        rejected(
            RoomIdIsNoCreateEvent,
            "the room ID",
            "a room ID with a domain stands for no create event",
            12..=12,
            |_| says(ALICE).field("room_id", "!room:a.example"),
        ),
        rejected(
            RoomIdIsNoCreateEvent,
            "m.room.create \"\"",
            "the room is looked at before the auth events",
            12..=12,
            |room| {
                let create = room.create.clone();
                room.know_rejected(&create);
                says(ALICE).also_citing(&create).also_citing(&create)
            },
        ),
    ]
}
