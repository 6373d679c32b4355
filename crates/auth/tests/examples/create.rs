//! Rule 1: `m.room.create`.

use exeunt_auth::Rule::*;
use serde_json::json;

use super::{Example, allowed, rejected};
use crate::room::{ALICE, BOB, state_event};

pub(crate) fn examples() -> Vec<Example> {
    vec![
        allowed(CreateAllowed, "a create event without fault makes a room", 1..=12, |room| {
            room.creation(&json!({}))
        }),
        rejected(
            CreateHasPrevEvents,
            "an event ID",
            "a create event follows nothing",
            1..=12,
            |room| {
                let before = room.create.clone();
                room.creation(&json!({})).after(&[&before])
            },
        ),
        rejected(
            CreateHasPrevEvents,
            "an event ID",
            "that it follows something is said before its room ID is looked at",
            1..=12,
            |room| {
                let before = room.create.clone();
                room.creation(&json!({})).after(&[&before]).field("room_id", "!room:b.example")
            },
        ),
        rejected(
            CreateRoomIdDomain,
            "the room ID",
            "a room ID carries the domain of who creates the room",
            1..=11,
            |room| room.creation(&json!({})).field("room_id", "!room:b.example"),
        ),
        rejected(
            CreateRoomIdDomain,
            "the room ID",
            "a room ID without a domain carries nobody's",
            1..=11,
            |room| {
                let id = "!NQ1T9N0zAtxjGbYvMEFWvdEtD7-8HdVbRNzSPaPYHIU";
                room.creation(&json!({})).field("room_id", id)
            },
        ),
        rejected(
            CreateHasRoomId,
            "the room ID",
            "a create event has no room ID where its own ID becomes that",
            12..=12,
            |room| room.creation(&json!({})).field("room_id", "!room:a.example"),
        ),
        rejected(
            CreateRoomVersion,
            "`content.room_version`",
            "a room version that nobody knows",
            1..=12,
            |room| room.creation(&json!({ "room_version": "shakespeare" })),
        ),
        rejected(
            CreateRoomVersion,
            "`content.room_version`",
            "a room version is a string",
            1..=12,
            |room| room.creation(&json!({ "room_version": 1 })),
        ),
        rejected(
            CreateRoomVersion,
            "`content.room_version`",
            "a room version that is null is there and is none",
            1..=12,
            |room| room.creation(&json!({ "room_version": null })),
        ),
        allowed(CreateAllowed, "a known version is known in every version", 1..=12, |room| {
            room.creation(&json!({ "room_version": "7" }))
        }),
        rejected(
            CreateRoomVersion,
            "`content.room_version`",
            "an unknown version is said before a missing creator",
            1..=10,
            |_| {
                let content = json!({ "room_version": "13" });
                state_event(ALICE, "m.room.create", "", content).after(&[])
            },
        ),
        rejected(
            CreateWithoutCreator,
            "`content.creator`",
            "a create event names the creator up to version 10",
            1..=10,
            |_| state_event(ALICE, "m.room.create", "", json!({})).after(&[]),
        ),
        allowed(CreateAllowed, "the creator may be anything at all", 1..=12, |room| {
            room.creation(&json!({ "creator": null }))
        }),
        allowed(
            CreateAllowed,
            "the creator may be somebody other than the sender",
            1..=12,
            |room| room.creation(&json!({ "creator": BOB })),
        ),
        allowed(
            CreateAllowed,
            "neither creator nor room version need be named from version 11 on",
            11..=12,
            |_| state_event(ALICE, "m.room.create", "", json!({})).after(&[]),
        ),
        rejected(
            CreateAdditionalCreators,
            "`content.additional_creators`",
            "additional creators are a list",
            12..=12,
            |room| room.creation(&json!({ "additional_creators": BOB })),
        ),
        rejected(
            CreateAdditionalCreators,
            "`content.additional_creators`",
            "additional creators that are null are there and are no list",
            12..=12,
            |room| room.creation(&json!({ "additional_creators": null })),
        ),
        rejected(
            CreateAdditionalCreators,
            "`content.additional_creators`",
            "additional creators are strings",
            12..=12,
            |room| room.creation(&json!({ "additional_creators": [BOB, 5] })),
        ),
        rejected(
            CreateAdditionalCreators,
            "`content.additional_creators`",
            "additional creators are user IDs",
            12..=12,
            |room| room.creation(&json!({ "additional_creators": [BOB, "@carol"] })),
        ),
        allowed(
            CreateAllowed,
            "additional creators may be many, twice, or none",
            12..=12,
            |room| room.creation(&json!({ "additional_creators": [BOB, BOB, ALICE] })),
        ),
        allowed(CreateAllowed, "no version but 12 reads additional creators", 1..=11, |room| {
            room.creation(&json!({ "additional_creators": 5 }))
        }),
        allowed(CreateAllowed, "a create event's auth events are not looked at", 1..=12, |room| {
            room.creation(&json!({})).citing_ids(&["$nobody-has-it:a.example"])
        }),
        allowed(CreateAllowed, "a create event need not be a state event", 1..=12, |room| {
            let content = room.create.object().get("content").cloned();
            let text = content.unwrap().to_canonical(exeunt_version::LenientNumbers::Value);
            let content = serde_json::from_str(&text).unwrap();
            crate::room::message(ALICE, "m.room.create", content).after(&[])
        }),
    ]
}
