//! `exeunt verify`: a room through the checks on receipt, and beside a homeserver's account.

mod checks;
mod compare;
mod explain;
mod finding;
mod fold;
mod input;
mod json_report;
mod log;
mod receive;
mod recorded;
mod recording;
mod report;
mod waiting;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use exeunt_event::signatures::Keys;
use exeunt_room::Context;
use exeunt_version::RoomVersion;
use indicatif::ProgressBar;

use self::explain::Explainer;
use self::fold::{Fold, Role};
use self::input::Files;
use self::receive::Text;
use self::recording::Recording;
use self::report::{Recorded, Report};
use crate::version_argument::{readings, room_version};
use crate::{Failure, Outcome, progress};

/// Run a room through the checks on receipt and print what they find.
///
/// The checks: 1 the event format, 2 signatures, 3 the content hash, then the authorisation rules
/// against 4 the event's own auth events, 5 the state before it, 6 the current state. Events that
/// lack others wait for them, in whatever order the lines are.
///
/// A folder may also have what a homeserver made of the room: expected.jsonl and current.json (and
/// meta.json, for the server's name). Then its events are taken in the roles that they had there,
/// and outcomes, the states around every event, the current state and the forward extremities are
/// compared. Every difference is explained by a reading, by the rule that refuses the event, or by
/// what the recording lacks, or is marked as unexplained.
///
/// Exit status: 0 without findings and differences, 1 with, 2 for wrong usage or input that cannot
/// be read. That a homeserver refused an event too makes it no less a finding.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A folder with room.jsonl (and keys.json), or a JSON Lines file of PDUs or of a room's log;
    /// each may be compressed with gzip (.gz).
    #[arg(value_name = "ROOM")]
    room: PathBuf,
    /// The servers' keys: a JSON object of their answers to /_matrix/key/v2/server, by server
    /// name. Default: keys.json of the folder; without keys, signatures are not checked.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// The room version: 1 to 12, or the path of a TOML file that defines one. Default: what the
    /// create event says.
    #[arg(long, value_name = "V")]
    room_version: Option<String>,
    /// Read an ambiguous sentence otherwise than the text (docs/READINGS.md); may be repeated.
    #[arg(long = "reading", value_name = "NAME=CHOICE")]
    readings: Vec<String>,
    /// Take the lines of a folder in their order, as received over federation, and compare them
    /// with nothing.
    #[arg(long)]
    no_expectations: bool,
    /// Write the room's log, from which the same room can be had again.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Print every difference from a recording, not one for each explanation.
    #[arg(long)]
    all_differences: bool,
    /// Print JSON Lines: a finding a line, and the counts in the last, with the differences.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, Failure> {
    let files = Files::find(&arguments.room, arguments.keys.as_deref())?;
    let version = match &arguments.room_version {
        Some(argument) => room_version(argument)?,
        None => files.room_version()?,
    };
    let version = version.with_readings(readings(&arguments.readings)?);
    let keys = files.keys(&version)?;
    let recording = if arguments.no_expectations { None } else { Recording::find(&files)? };
    let template = "{msg:14} {wide_bar} {bytes}/{total_bytes} {eta}";
    let progress = progress::bar(files.size().unwrap_or_default(), template);
    let report = match recording {
        Some(recording) => beside(&recording, &files, keys.as_ref(), &version, &progress)?,
        None => alone(&files, keys.as_ref(), &version, &progress)?,
    };
    progress.finish_and_clear();
    if let Some(path) = &arguments.log {
        log::write(&report.fold.room, path)?;
    }
    if arguments.json {
        report.write_json(out)?;
    } else {
        report.write_text(arguments.all_differences, out)?;
    }
    Ok(if report.is_clean() { Outcome::Clean } else { Outcome::Findings })
}

/// A room by itself: every line is received over federation, in the order of the lines, unless they
/// are a log's, which has roles of its own.
fn alone<'k>(
    files: &Files,
    keys: Option<&'k Keys>,
    version: &RoomVersion,
    progress: &ProgressBar,
) -> Result<Report<'k>, Failure> {
    let mut fold = Fold::new(version, Context { keys });
    let mut is_log = None;
    let counts = receive::read(files, progress, |mut texts| {
        let first = || texts.first().and_then(Text::bytes).and_then(log::input);
        let mut roles = Vec::new();
        if *is_log.get_or_insert_with(|| first().is_some()) {
            (texts, roles) = texts.drain(..).map(log::entry).unzip();
        }
        let checked = receive::check(&texts, keys, version);
        for (place, (text, checked)) in texts.iter().zip(checked).enumerate() {
            fold.take(text, checked, roles.get(place).unwrap_or(&Role::Received));
        }
    })?;
    let findings = checks::findings(&fold);
    Ok(Report::new(fold, counts, findings, None))
}

/// A room beside a homeserver's account of it.
fn beside<'k>(
    recording: &Recording,
    files: &Files,
    keys: Option<&'k Keys>,
    version: &RoomVersion,
    progress: &ProgressBar,
) -> Result<Report<'k>, Failure> {
    let mut texts = Vec::new();
    let counts = receive::read(files, progress, |batch| texts.extend(batch))?;
    recording.check_length(texts.len(), files)?;
    let fold = compare::replay(recording, &texts, version, Context { keys });
    let findings = checks::findings(&fold);
    progress.set_message("comparison");
    let comparison = compare::compare(recording, &texts, &fold, &waiting::waiting(&fold));
    let explainer = Explainer { recording, texts: &texts, files, version };
    let explanations = explainer.explain(&comparison, &fold, &findings.all);
    let recorded = Recorded { server: recording.server.clone(), comparison, explanations };
    Ok(Report::new(fold, counts, findings, Some(recorded)))
}
