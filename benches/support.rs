//! What the benchmarks share: an event that looks like one, on both sides.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a benchmark may stop"
)]

use std::time::Duration;

use criterion::Criterion;
use exeunt_event::json::{self, Object, Value};
use exeunt_event::signatures::{SigningKey, hash_and_sign};
use exeunt_version::{LenientNumbers, RoomVersion};
use ruma_common::canonical_json::CanonicalJsonObject;
use ruma_common::room_version_rules::RoomVersionRules;
use serde_json::{Value as Json, json};

/// Short runs: the ratios of one run are what counts.
pub fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .without_plots()
        .configure_from_args()
}

/// The room version of every benchmark.
pub fn version() -> RoomVersion {
    RoomVersion::specified("11").unwrap()
}

/// ruma's rules of the same version.
pub const RULES: RoomVersionRules = RoomVersionRules::V11;

/// The sample event without hash and signatures.
pub fn draft(server: &str, number: usize) -> Json {
    json!({
        "auth_events": [format!("${:A>43}", "auth"), format!("${:A>43}", "more")],
        "content": {
            "body": "Exeunt, pursued by a bear",
            "msgtype": "m.text",
        },
        "depth": 7 + number,
        "origin_server_ts": 1_700_000_000_000_i64,
        "prev_events": [format!("${:A>43}", number)],
        "room_id": "!room:one.example",
        "sender": format!("@alice:{server}"),
        "type": "m.room.message",
    })
}

/// A server's key.
pub fn key(server: &str) -> SigningKey {
    let mut seed = [7_u8; 32];
    for (place, byte) in (0..32).cycle().zip(server.bytes()) {
        seed[place] = seed[place].wrapping_mul(31).wrapping_add(byte);
    }
    SigningKey::from_seed(server, "ed25519:1", &seed)
}

/// The object in Exeunt's type.
pub fn object(text: &str) -> Object<'_> {
    match json::parse_lenient(text.as_bytes()).unwrap().value {
        Value::Object(object) => object,
        other => panic!("{other:?} is no object"),
    }
}

/// The object in ruma's type.
pub fn canonical(text: &str) -> CanonicalJsonObject {
    serde_json::from_str(text).unwrap()
}

/// The event with hash and signature, as canonical JSON.
pub fn signed(draft: &Json, server: &str) -> String {
    let text = draft.to_string();
    let mut signed = object(&text);
    hash_and_sign(&mut signed, &key(server), &version());
    signed.to_canonical(LenientNumbers::Value)
}

/// The sample event, as a server would receive it.
pub fn sample() -> String {
    signed(&draft("one.example", 0), "one.example")
}
