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

/// An answer, or a code and a message. The order of the errors counts.
fn answer(asked: &Value) -> Result<Value, (&'static str, String)> {
    let op = asked["op"].as_str().unwrap_or_default();
    if op == "info" {
        let (name, ops) = ("adapter.rs", ["canonical_json"]);
        return Ok(json!({ "name": name, "ops": ops, "room_versions": VERSIONS, "readings": [] }));
    }
    if OTHERS.split(' ').any(|other| other == op) {
        return Err(("unsupported", format!("{op} is not there")));
    }
    if op != "canonical_json" {
        return Err(("unknown_op", "there is no such op".into()));
    }
    let version = asked["room_version"].as_str();
    let version = version.ok_or(("bad_request", "`room_version` is no string".into()))?;
    if !VERSIONS.contains(&version) {
        return Err(("unknown_room_version", format!("{version} is not known")));
    }
    if asked.get("readings").is_some_and(|readings| *readings != json!({})) {
        return Err(("bad_request", "no reading is known".into()));
    }
    let value = asked.get("value").ok_or(("bad_request", "`value` is missing".into()))?;
    if !is_strict(value) {
        return Err(("bad_event", "canonical JSON has no such number".into()));
    }
    // Sorted by key, unless serde_json is built to keep the order.
    Ok(json!({ "canonical": value.to_string() }))
}

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().split(b'\n') {
        let asked = serde_json::from_slice::<Value>(&line?).ok().filter(Value::is_object);
        let id = asked.as_ref().map(|asked| asked["id"].clone());
        let no_object = || ("bad_json", "the line is no JSON object".into());
        let said = match asked.as_ref().ok_or_else(no_object).and_then(answer) {
            Ok(ok) => json!({ "id": id, "ok": ok }),
            Err((code, message)) => {
                json!({ "id": id, "error": { "code": code, "message": message } })
            }
        };
        writeln!(out, "{said}")?;
        out.flush()?;
    }
    Ok(())
}
