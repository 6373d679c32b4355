//! Answers `canonical_json` for room versions 6 to 12.

use std::io::{self, BufRead as _, Write as _};

use serde_json::{Value, json};

const VERSIONS: [&str; 7] = ["6", "7", "8", "9", "10", "11", "12"];
const OTHERS: &str =
    "authorise check_signatures event_id federation_request redact replay resolve sign";

/// Whether canonical JSON has all numbers of a value.
fn is_strict(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.iter().all(is_strict),
        Value::Object(members) => members.values().all(is_strict),
        Value::Number(number) => number.as_i64().is_some_and(|it| it.unsigned_abs() < 1 << 53),
        _ => true,
    }
}

/// An answer, or the code of an error. The order of the errors counts.
fn answer(asked: &Value) -> Result<Value, &'static str> {
    let (name, ops) = ("adapter.rs", ["canonical_json"]);
    let info = json!({ "name": name, "ops": ops, "room_versions": VERSIONS, "readings": [] });
    let version = asked["room_version"].as_str().ok_or("bad_request");
    let (value, readings) = (asked.get("value").ok_or("bad_request"), asked.get("readings"));
    match asked["op"].as_str().unwrap_or_default() {
        _ if !asked.is_object() => Err("bad_json"),
        "info" => Ok(info),
        op if OTHERS.split(' ').any(|other| other == op) => Err("unsupported"),
        op if op != "canonical_json" => Err("unknown_op"),
        _ if !VERSIONS.contains(&version?) => Err("unknown_room_version"),
        _ if readings.is_some_and(|readings| *readings != json!({})) => Err("bad_request"),
        _ if !is_strict(value?) => Err("bad_event"),
        // Sorted by key, unless serde_json is built to keep the order.
        _ => Ok(json!({ "canonical": value?.to_string() })),
    }
}

fn main() -> io::Result<()> {
    io::stdin().lock().split(b'\n').try_for_each(|line| {
        let asked = serde_json::from_slice(&line?).unwrap_or(Value::Null);
        let (part, said) = match answer(&asked) {
            Ok(ok) => ("ok", ok),
            Err(code) => ("error", json!({ "code": code, "message": "see docs/PROTOCOL.md" })),
        };
        writeln!(io::stdout(), "{}", json!({ "id": asked["id"], part: said }))?;
        io::stdout().flush()
    })
}
