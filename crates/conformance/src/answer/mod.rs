//! The answering side of the line protocol: from a line to its answer.

mod authorise;
mod bytes;
mod federation_request;
mod question;
mod replay;
mod resolve;

use exeunt_event::json::{self, Duplicate, Object, Value};
use exeunt_version::{DuplicateKeys, Readings, RoomVersion};

pub use question::{Code, Error, Question};
pub use resolve::Asked;

/// What is answered here.
const ANSWERED: [&str; 10] = [
    "authorise",
    "canonical_json",
    "check_signatures",
    "event_id",
    "federation_request",
    "info",
    "redact",
    "replay",
    "resolve",
    "sign",
];

/// What answers questions: the model, in the room versions that it was given.
pub struct Oracle {
    versions: Vec<RoomVersion>,
}

impl Oracle {
    /// An oracle that knows these room versions, of which no two have one ID. A create event may
    /// name any of them.
    pub fn new(versions: impl IntoIterator<Item = RoomVersion>) -> Self {
        let versions: Vec<_> = versions.into_iter().collect();
        let ids: Vec<_> = versions.iter().map(|version| version.id().to_owned()).collect();
        let known = || ids.iter().map(String::as_str);
        Self { versions: versions.into_iter().map(|version| version.among(known())).collect() }
    }

    /// The answer to a line, both without a line break. Every line has one: what is wrong with the
    /// question is an `error` in it.
    pub fn answer(&self, line: &[u8]) -> String {
        let parsed = match json::parse_any(line) {
            Ok(json::Parsed { value: Value::Object(question), duplicates, .. }) => {
                Ok((question, duplicates))
            }
            Ok(_) => Err(Error::new(Code::BadJson, "the line is no JSON object")),
            Err(error) => Err(Error::new(Code::BadJson, error)),
        };
        match parsed {
            Ok((question, duplicates)) => {
                let id = question.get("id").cloned().unwrap_or(Value::Null);
                let result = unambiguous(&question, &duplicates);
                respond(id, result.and_then(|()| solve(&question, &self.versions)))
            }
            Err(error) => respond(Value::Null, Err(error)),
        }
    }

    /// The answer to a question that is parsed already.
    pub fn response<'q>(&self, question: &'q Object<'q>) -> Object<'q> {
        let id = question.get("id").cloned().unwrap_or(Value::Null);
        answer_of(id, solve(question, &self.versions))
    }
}

impl Default for Oracle {
    /// One that knows the room versions of the specification.
    fn default() -> Self {
        Self::new(RoomVersion::all())
    }
}

/// The answer to a line that is longer than what is read; lengths in bytes.
pub fn too_long(length: usize, limit: usize) -> String {
    let message = format!("the line has {length} bytes; lines beyond {limit} are not read");
    respond(Value::Null, Err(Error::new(Code::BadJson, message)))
}

fn respond(id: Value<'_>, result: Result<Object<'_>, Error>) -> String {
    answer_of(id, result).as_received()
}

fn answer_of<'q>(id: Value<'q>, result: Result<Object<'q>, Error>) -> Object<'q> {
    let mut answer = Object::new();
    answer.insert("id", id);
    match result {
        Ok(ok) => answer.insert("ok", ok),
        Err(error) => answer.insert("error", error.into_object()),
    };
    answer
}

/// By the reading that takes no key twice, a line that has one is not JSON.
fn unambiguous(question: &Object<'_>, duplicates: &[Duplicate]) -> Result<(), Error> {
    let Some(Duplicate { key, position }) = duplicates.first() else {
        return Ok(());
    };
    // A question about readings that are not there is another matter, and comes later.
    match readings(question).map(|readings| readings.duplicate_keys) {
        Ok(DuplicateKeys::Error) => {
            let message =
                format!("the object that ends at byte {position} has the key {key:?} twice");
            Err(Error::new(Code::BadJson, message))
        }
        _ => Ok(()),
    }
}

fn solve<'q>(question: &'q Object<'q>, versions: &[RoomVersion]) -> Result<Object<'q>, Error> {
    let op = question.get("op").and_then(Value::as_str);
    let op = op.ok_or_else(|| Error::new(Code::UnknownOp, "`op` is missing or no string"))?;
    if op == "info" {
        readings(question)?;
        return Ok(info(versions));
    }
    if !ANSWERED.contains(&op) {
        return Err(Error::new(Code::UnknownOp, format!("there is no op {op:?}")));
    }
    if op == "federation_request" {
        return federation_request::federation_request(question, versions, readings);
    }
    if op == "replay" {
        return replay::replay(&replay::question(question, versions, readings)?);
    }
    let question = Question::new(question, versions, readings)?;
    match op {
        "resolve" => resolve::resolve(&question),
        "canonical_json" => bytes::canonical_json(&question),
        "event_id" => bytes::event_id(&question),
        "redact" => bytes::redact(&question),
        "sign" => bytes::sign(&question),
        "check_signatures" => bytes::check_signatures(&question),
        _ => authorise::authorise(&question),
    }
}

/// What a question says of readings: `"readings": {name: choice}`, and the defaults for the rest.
///
/// # Errors
///
/// `bad_request`, if it is no such object, or names a reading or a choice that is not known.
pub fn readings(question: &Object<'_>) -> Result<Readings, Error> {
    let mut readings = Readings::default();
    let Some(asked) = question.get("readings") else {
        return Ok(readings);
    };
    let asked =
        asked.as_object().ok_or_else(|| Error::new(Code::BadRequest, "`readings` is no object"))?;
    for (name, choice) in asked.iter() {
        let choice = choice.as_str().ok_or_else(|| {
            Error::new(Code::BadRequest, format!("the reading {name:?} is no string"))
        })?;
        readings.set(name, choice).map_err(|error| Error::new(Code::BadRequest, error))?;
    }
    Ok(readings)
}

fn info(versions: &[RoomVersion]) -> Object<'static> {
    let mut info = Object::new();
    info.insert("name", "exeunt");
    info.insert("version", env!("CARGO_PKG_VERSION"));
    let versions: Vec<_> = versions.iter().map(|version| version.id().to_owned()).collect();
    info.insert("room_versions", versions);
    info.insert("ops", ANSWERED.to_vec());
    let readings: Vec<_> = Readings::ALL.iter().map(|reading| reading.name).collect();
    info.insert("readings", readings);
    info
}
