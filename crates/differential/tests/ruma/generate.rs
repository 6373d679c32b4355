//! What random questions are made of.

use exeunt_regressions::proptest::prelude::*;
use exeunt_version::{EventIds, RoomIds, RoomVersion};
use serde_json::{Map, Value as Json, json};

/// The specified versions: ruma claims all of them.
pub(crate) fn versions() -> impl Strategy<Value = RoomVersion> {
    prop::sample::select(RoomVersion::all().collect::<Vec<_>>())
}

/// A string as JSON text, with characters spelled in all the ways there are, and some there are
/// not.
pub(crate) fn string_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "[a-z]{0,9}",
        4 => prop::sample::select(vec![
            r#"\""#, r"\\", r"\/", r"\b", r"\f", r"\n", r"\r", r"\t", r"\u0000", r"\u001f",
            r"\u007F", r"\u00e9", r"\u65E5", r"\ud83d\ude00", r"\uD83D\uDE00", "\u{7f}", "é", "日",
            "\u{2028}", "😀", "\u{10ffff}", r"\uffff",
        ]).prop_map(ToOwned::to_owned),
        1 => prop::sample::select(vec![
            r"\ud83d", r"\ude00", r"\ud83d\u0041", r"\ude00\ud83d", r"\x", r"\u12g4", "\u{1}", "\n",
        ]).prop_map(ToOwned::to_owned),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

/// A number as JSON text: integers about the bounds, floats, and spellings that are none.
pub(crate) fn number_text() -> impl Strategy<Value = String> {
    const BOUND: i64 = 1 << 53;
    prop_oneof![
        8 => any::<i32>().prop_map(|number| number.to_string()),
        2 => (-3..3_i64, any::<bool>()).prop_map(|(offset, negative)| {
            let bound = BOUND + offset;
            if negative { -bound } else { bound }.to_string()
        }),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => prop::sample::select(vec![
            "-0", "0", "1.0", "1e2", "-1.5E-7", "18446744073709551615", "18446744073709551616",
            "99999999999999999999999", "1e400", "01", "-", "1.", ".5", "+1", "0x1", "NaN",
        ]).prop_map(ToOwned::to_owned),
    ]
}

/// Any string that an event may have as a key or a value.
fn string() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-z]{0,12}", 1 => any::<String>()]
}

/// A value of strict canonical JSON.
pub(crate) fn value() -> impl Strategy<Value = Json> {
    const BOUND: i64 = (1 << 53) - 1;
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-BOUND..=BOUND).prop_map(Json::from),
        string().prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map(string(), inner, 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

fn object(
    keys: &'static [&'static str],
    values: impl Strategy<Value = Json> + 'static,
) -> impl Strategy<Value = Map<String, Json>> {
    let key = prop_oneof![
        6 => prop::sample::select(keys).prop_map(ToOwned::to_owned),
        1 => string(),
    ];
    prop::collection::btree_map(key, values, 0..8).prop_map(|members| members.into_iter().collect())
}

/// Keys that redaction keeps somewhere.
const CONTENT_KEYS: &[&str] = &[
    "membership",
    "join_authorised_via_users_server",
    "third_party_invite",
    "creator",
    "room_version",
    "join_rule",
    "allow",
    "ban",
    "events",
    "events_default",
    "invite",
    "kick",
    "redact",
    "state_default",
    "users",
    "users_default",
    "notifications",
    "aliases",
    "history_visibility",
    "redacts",
    "body",
];

const TOP_LEVEL_KEYS: &[&str] = &[
    "origin",
    "membership",
    "prev_state",
    "redacts",
    "unsigned",
    "age_ts",
    "signatures",
    "state_key",
];

const TYPES: &[&str] = &[
    "m.room.member",
    "m.room.create",
    "m.room.join_rules",
    "m.room.power_levels",
    "m.room.history_visibility",
    "m.room.redaction",
    "m.room.aliases",
    "m.room.third_party_invite",
    "m.room.message",
    "org.example.type",
];

pub(crate) const ROOM: &str = "!room:one.example";
pub(crate) const DERIVED_ROOM: &str = "!RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR";

/// A reference to another event, as the version has them.
pub(crate) fn reference(version: &RoomVersion, number: usize) -> Json {
    match version.capabilities.event_ids {
        EventIds::Sent => json!([format!("$event{number}:one.example"), { "sha256": "A" }]),
        _ => json!(format!("${number:A>43}")),
    }
}

/// A PDU with the fields that every event has, and much else. `third_party_invite` is an object
/// wherever it is.
pub(crate) fn pdu(version: &RoomVersion) -> impl Strategy<Value = Json> + use<> {
    let version = version.clone();
    let event_type = prop_oneof![
        6 => prop::sample::select(TYPES).prop_map(ToOwned::to_owned),
        1 => string(),
    ];
    let invite = object(&["signed", "display_name"], value());
    (event_type, object(CONTENT_KEYS, value()), object(TOP_LEVEL_KEYS, value()), invite, 0..3_usize)
        .prop_map(move |(event_type, mut content, more, invite, references)| {
            if let Some(place) = content.get_mut("third_party_invite") {
                *place = Json::Object(invite);
            }
            let references: Json =
                (0..references).map(|number| reference(&version, number)).collect();
            let mut pdu = json!({
                "type": event_type,
                "sender": "@alice:one.example",
                "room_id": ROOM,
                "content": content,
                "depth": 7,
                "origin_server_ts": 1_000_000,
                "prev_events": references,
                "auth_events": references,
                "hashes": {},
                "signatures": {},
            });
            if version.capabilities.room_ids == RoomIds::CreateEvent {
                pdu["room_id"] = json!(DERIVED_ROOM);
            }
            if version.capabilities.event_ids == EventIds::Sent {
                pdu["event_id"] = json!("$event:one.example");
            }
            for (key, value) in more {
                match &*key {
                    "signatures" | "unsigned" if !value.is_object() => {}
                    "signatures" => {}
                    _ => pdu[key] = value,
                }
            }
            pdu
        })
}

/// The version and one of its PDUs.
pub(crate) fn versioned_pdu() -> impl Strategy<Value = (RoomVersion, Json)> {
    versions().prop_flat_map(|version| {
        let pdu = pdu(&version);
        (Just(version), pdu)
    })
}
