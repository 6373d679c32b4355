//! `exeunt verify`: a room through receipt checks 1 to 4.

mod authorise;
mod finding;
mod input;
mod receive;
mod report;

use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::version_argument::{readings, room_version};
use crate::{Failure, Outcome};

/// Run a room through receipt checks 1 to 4 and print what they find.
///
/// The checks: 1 the event format, 2 signatures, 3 the content hash, 4 the authorisation rules
/// against the event's own auth events. Exit status: 0 without findings, 1 with, 2 for wrong usage
/// or input that cannot be read.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A folder with room.jsonl (and keys.json), or a JSON Lines file of PDUs; either may be
    /// compressed with gzip (.gz).
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
    /// Print JSON Lines: a finding a line, and the counts in the last.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, Failure> {
    let files = input::Files::find(&arguments.room, arguments.keys.as_deref())?;
    let version = match &arguments.room_version {
        Some(argument) => room_version(argument)?,
        None => files.room_version()?,
    };
    let version = version.with_readings(readings(&arguments.readings)?);
    let keys = files.keys(&version)?;
    let progress = progress(files.size());
    let mut received = receive::receive(&files, keys.as_ref(), &version, &progress)?;
    progress.set_message("auth events");
    authorise::authorise(&mut received, keys.as_ref(), &version);
    progress.finish_and_clear();
    let report = report::Report::new(received, &version, keys.is_some());
    if arguments.json {
        report.write_json(out)?;
    } else {
        report.write_text(out)?;
    }
    Ok(if report.is_clean() { Outcome::Clean } else { Outcome::Findings })
}

/// A bar on a terminal, nothing elsewhere.
fn progress(bytes: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(bytes.unwrap_or_default());
    let template = "{msg:14} {wide_bar} {bytes}/{total_bytes} {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}
