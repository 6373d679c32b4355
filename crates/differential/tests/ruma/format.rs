//! Receipt check 1: the event format.

use exeunt_event::format::{self, FormatError};
use exeunt_event::json;
use exeunt_event::{Event, EventError};
use exeunt_regressions::proptest::prelude::*;
use exeunt_version::{EventIds, RoomVersion};
use serde_json::{Value as Json, json};

use crate::{generate, peer};

/// What Exeunt says of a PDU: nothing, or why it is no event of the version.
fn ours(pdu: &Json, version: &RoomVersion) -> Result<(), Objection> {
    let event = Event::parse(pdu.to_string().as_bytes(), version).map_err(Objection::Parse)?;
    format::check(&event, version).map_err(Objection::Format)
}

#[derive(Debug)]
enum Objection {
    Parse(EventError),
    Format(FormatError),
}

impl Objection {
    /// Whether the objection is to something that ruma does not look at here. Its users find most
    /// of it later, when they read the event into types.
    fn is_beyond_ruma(&self, event_type: Option<&str>) -> bool {
        match self {
            // ruma looks at the other fields, and at the lists but not at what is in them. The room
            // ID is one of the others, but for the create event of version 12.
            Self::Parse(EventError::Missing(field) | EventError::WrongType(field, _)) => matches!(
                (*field, event_type),
                ("content" | "origin_server_ts" | "prev_events" | "auth_events", _)
                    | ("room_id", Some("m.room.create"))
            ),
            Self::Parse(_) => false,
            Self::Format(FormatError::TooLong { field: "room_id", .. }) => {
                event_type == Some("m.room.create")
            }
            Self::Format(error) => matches!(
                error,
                FormatError::Field(..)
                    | FormatError::Superfluous("event_id")
                    | FormatError::Identifier { .. }
                    | FormatError::Depth { .. }
            ),
        }
    }
}

fn theirs(pdu: &Json, version: &RoomVersion) -> bool {
    let rules = peer::rules(version).event_format;
    peer::object(&pdu.to_string())
        .is_ok_and(|pdu| ruma_state_res::check_pdu_format(&pdu, &rules).is_ok())
}

/// A field and a value that it should not have; `None` takes the field out.
fn fault() -> impl Strategy<Value = (&'static str, Option<Json>)> {
    let field = prop::sample::select(vec![
        "type",
        "sender",
        "room_id",
        "event_id",
        "state_key",
        "prev_events",
        "auth_events",
        "depth",
        "content",
        "origin_server_ts",
        "hashes",
        "signatures",
        "unsigned",
        "redacts",
    ]);
    let text = (250..260_usize).prop_map(|length| "a".repeat(length));
    let user = (230..260_usize).prop_map(|length| format!("@{}:b.example", "a".repeat(length)));
    let value = prop_oneof![
        prop::sample::select(vec![json!(null), json!(7), json!(-1), json!([]), json!({})]),
        prop::sample::select(vec![json!(""), json!("x"), json!("$x:y"), json!("!x:y")]),
        text.prop_map(Json::from),
        user.prop_map(Json::from),
    ];
    (field, prop::option::weighted(0.8, value))
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 2_000))]

    #[test]
    fn what_exeunt_takes_ruma_takes_and_the_reverse_but_for_fields_it_does_not_look_at(
        (version, mut pdu) in generate::versioned_pdu(),
        faults in prop::collection::vec(fault(), 0..2),
        references in prop::option::weighted(0.3, (0..24_usize, 0..14_usize)),
    ) {
        pdu["hashes"] = json!({ "sha256": "A".repeat(43) });
        if let Some((prev, auth)) = references {
            for (key, count) in [("prev_events", prev), ("auth_events", auth)] {
                pdu[key] = (0..count).map(|at| generate::reference(&version, at)).collect();
            }
        }
        for (field, value) in faults {
            match value {
                Some(value) => pdu[field] = value,
                None => drop(pdu.as_object_mut().unwrap().remove(field)),
            }
        }
        let theirs = theirs(&pdu, &version);
        match ours(&pdu, &version) {
            Ok(()) => prop_assert!(theirs, "{pdu}"),
            Err(objection) => {
                prop_assert!(!theirs || objection.is_beyond_ruma(pdu["type"].as_str()), "{objection:?}: {pdu}");
            }
        }
    }
}

fn of_size(size: usize) -> Json {
    let mut pdu = json!({
        "type": "m.room.message",
        "sender": "@alice:one.example",
        "room_id": generate::ROOM,
        "content": { "body": "" },
        "depth": 7,
        "origin_server_ts": 1_000_000,
        "prev_events": [],
        "auth_events": [],
        "hashes": { "sha256": "A".repeat(43) },
        "signatures": {},
    });
    let rest = pdu.to_string().len();
    pdu["content"]["body"] = json!("a".repeat(size - rest));
    pdu
}

/// The text: an event must not be larger than 65,536 bytes.
#[test]
fn an_event_of_65_536_bytes_is_too_large_for_ruma_alone() {
    for (id, version) in RoomVersion::SPECIFIED.into_iter().zip(RoomVersion::all()) {
        if version.capabilities.event_ids == EventIds::Sent || id == "12" {
            continue;
        }
        let answers = |size| {
            let pdu = of_size(size);
            (ours(&pdu, &version).is_ok(), theirs(&pdu, &version))
        };
        assert_eq!(answers(65_535), (true, true), "{id}");
        assert_eq!(answers(65_536), (true, false), "{id}");
        assert_eq!(answers(65_537), (false, false), "{id}");
    }
}

/// The same sentence, where ruma hashes.
#[test]
fn ruma_hashes_no_event_that_is_too_large() {
    let pdu = of_size(70_000);
    assert!(ruma_signatures::content_hash(&peer::canonical(&pdu)).is_err());
    assert!(json::parse_lenient(pdu.to_string().as_bytes()).is_ok());
}

/// Version 12: the rules about auth events forbid to cite the create event; ruma looks at this
/// with the format, so that the event is dropped rather than rejected.
#[test]
fn citing_the_create_event_of_version_12_is_a_matter_of_format_to_ruma_alone() {
    let version = RoomVersion::specified("12").unwrap();
    let mut pdu = of_size(1_000);
    pdu["room_id"] = json!(generate::DERIVED_ROOM);
    pdu["auth_events"] = json!([generate::DERIVED_ROOM.replace('!', "$")]);
    assert!(ours(&pdu, &version).is_ok());
    assert!(!theirs(&pdu, &version));
}
