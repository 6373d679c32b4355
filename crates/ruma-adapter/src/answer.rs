//! From a line to its answer.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value as Json, json};

use crate::question::{Code, Error, Fields, Question, no_readings, rules, string};
use crate::{authorise, bytes, resolve};

/// What is answered here.
const ANSWERED: [&str; 8] = [
    "authorise",
    "canonical_json",
    "check_signatures",
    "event_id",
    "info",
    "redact",
    "resolve",
    "sign",
];

/// What the protocol has besides.
const UNSUPPORTED: [&str; 2] = ["federation_request", "replay"];

/// The answer to a line, without a line break.
pub fn answer(line: &[u8]) -> String {
    let fields = match fields(line) {
        Ok(fields) => fields,
        Err(error) => return format!(r#"{{"id":null,"error":{}}}"#, error.to_json()),
    };
    // ruma's code, and nothing is kept between questions.
    let answer = catch_unwind(AssertUnwindSafe(|| solve(&fields)))
        .unwrap_or_else(|panic| Err(Error::new(Code::Internal, message(&*panic))));
    // As it was spelled: a number may be beyond every type.
    let id = fields.get("id").map_or("null", |id| id.get());
    match answer {
        Ok(ok) => format!(r#"{{"id":{id},"ok":{ok}}}"#),
        Err(error) => format!(r#"{{"id":{id},"error":{}}}"#, error.to_json()),
    }
}

fn fields(line: &[u8]) -> Result<Fields<'_>, Error> {
    serde_json::from_slice(line).map_err(|error| Error::new(Code::BadJson, error))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("ruma panicked: {}", text.unwrap_or("without a message"))
}

fn solve(fields: &Fields<'_>) -> Result<Json, Error> {
    let op = string(fields, "op")
        .ok_or_else(|| Error::new(Code::UnknownOp, "`op` is missing or no string"))?;
    if UNSUPPORTED.contains(&op.as_str()) {
        return Err(Error::new(Code::Unsupported, format!("ruma has nothing for {op:?}")));
    }
    if !ANSWERED.contains(&op.as_str()) {
        return Err(Error::new(Code::UnknownOp, format!("there is no op {op:?}")));
    }
    if op == "info" {
        no_readings(fields)?;
        return Ok(info());
    }
    let question = Question::new(fields)?;
    match op.as_str() {
        "authorise" => authorise::authorise(&question),
        "canonical_json" => bytes::canonical_json(&question),
        "check_signatures" => bytes::check_signatures(&question),
        "event_id" => bytes::event_id(&question),
        "redact" => bytes::redact(&question),
        "resolve" => resolve::resolve(&question),
        _ => bytes::sign(&question),
    }
}

fn info() -> Json {
    let versions = (1..100).map(|number: u8| number.to_string());
    json!({
        "name": "ruma",
        "version": version(include_str!("../../../Cargo.lock")),
        "room_versions": versions.filter(|id| rules(id).is_some()).collect::<Vec<_>>(),
        "ops": ANSWERED,
        "readings": [],
    })
}

/// The versions of the crates that answer, as the lock file has them.
fn version(lock: &str) -> String {
    let packages = ["ruma-common", "ruma-signatures", "ruma-state-res"];
    let version = |package: &&str| {
        let (_, after) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
        Some(format!("{package} {}", after.split_once('"')?.0))
    };
    packages.iter().filter_map(version).collect::<Vec<_>>().join(", ")
}
