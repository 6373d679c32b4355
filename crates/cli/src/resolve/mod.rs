//! `exeunt resolve`: which state wins, and why.

mod account;
mod names;
mod prose;

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use exeunt_conformance::{Asked, Error, Question};
use exeunt_event::json::{self, Object, Value};
use exeunt_resolve::resolve;
use exeunt_version::RoomVersion;

use crate::version_argument::{readings_over, room_version};
use crate::{Failure, Outcome};

/// Resolve states, and say why the result is what it is.
///
/// Prints the resolved state: type, state key and event ID of each entry, with a star where there
/// was something to decide. Exit status: 0, or 2 for wrong usage or a file that cannot be read.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A JSON object with `room_version`, `state_sets` (lists of event IDs) and `events` (the PDUs
    /// they name, and their auth events); perhaps `rejected` and `readings`: what the op `resolve`
    /// of docs/PROTOCOL.md asks, or a conformance vector of it.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Say for each contested entry (those with a star) what won and what beat the others, and show
    /// the account: the conflicted events, the orderings with their sort keys, and the verdict at
    /// each step.
    #[arg(long)]
    why: bool,
    /// Resolve as in another room version: 1 to 12, or the path of a TOML file that defines one.
    #[arg(long, value_name = "V")]
    room_version: Option<String>,
    /// Read an ambiguous sentence otherwise than the text (docs/READINGS.md); may be repeated.
    #[arg(long = "reading", value_name = "NAME=CHOICE")]
    readings: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, Failure> {
    let path = arguments.file.display();
    let named = |what: &dyn std::fmt::Display| Failure::Usage(format!("{path}: {what}"));
    let bytes = fs::read(&arguments.file).map_err(|error| named(&error))?;
    let parsed = json::parse_any(&bytes).map_err(|error| named(&error))?;
    let fields = parsed.value.as_object().ok_or_else(|| named(&"it is no JSON object"))?;
    let fields = fields.get("request").and_then(Value::as_object).unwrap_or(fields);
    let question = question(fields, arguments).map_err(|failure| match failure {
        Failure::Usage(what) => named(&what),
        output @ Failure::Output(_) => output,
    })?;
    let Asked { pool, sets } = Asked::new(&question).map_err(|error| named(&error.message()))?;
    let events = pool.events(&question.version);
    let resolution = resolve(events, &sets);
    if arguments.json {
        account::write_json(&resolution, events, arguments.why, out)?;
    } else {
        prose::write_state(&resolution, events, out)?;
        if arguments.why {
            prose::write_stories(&resolution, events, out)?;
            account::write_text(&resolution, events, out)?;
        }
    }
    Ok(Outcome::Clean)
}

/// The question of the file, with what the arguments change.
fn question<'q>(fields: &'q Object<'q>, arguments: &Arguments) -> Result<Question<'q>, Failure> {
    let version = if let Some(argument) = &arguments.room_version {
        room_version(argument)?
    } else {
        let id = fields.get("room_version").and_then(Value::as_str).ok_or_else(|| {
            let missing = "`room_version` is missing or no string; --room-version gives one";
            Failure::Usage(missing.to_owned())
        })?;
        // A file names a version; it does not say which other files are to be read.
        RoomVersion::specified(id).map_err(|error| Failure::Usage(error.to_string()))?
    };
    let asked = exeunt_conformance::readings(fields).map_err(|error| said(&error))?;
    let readings = readings_over(asked, &arguments.readings)?;
    let id = version.id().to_owned();
    Question::of_version(fields, &id, &[version], |_| Ok(readings)).map_err(|error| said(&error))
}

fn said(error: &Error) -> Failure {
    Failure::Usage(error.message().to_owned())
}
