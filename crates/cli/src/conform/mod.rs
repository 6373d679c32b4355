//! `exeunt conform`: what another implementation answers to the conformance vectors.

mod exclusions;
mod groups;
mod html;
mod json;
mod junit;
mod report;
mod source;
mod text;

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use exeunt_conformance::Oracle;

use crate::duration::Seconds;
use crate::peer::{Asking, Claims, Settings};
use crate::{Failure, Outcome, progress, whole};
use exclusions::Exclusions;
use report::Report;
use source::Asked;

/// Ask another implementation the conformance vectors, and say where its answers differ.
///
/// COMMAND is started and asked on its standard input, one JSON object a line; it answers on its
/// standard output (docs/PROTOCOL.md; docs/WRITING-AN-ADAPTER.md shows how to write one). It is asked
/// what it says it can answer (`info`). When it dies, hangs or says what is no answer, it is started
/// anew and the run goes on. Exit status: 0 if nothing speaks against it, 1 if something does, 2 on
/// wrong usage.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Vectors to ask instead of those that the command carries: a file, or a folder of `.jsonl`
    /// files; may be repeated.
    #[arg(long, value_name = "PATH")]
    vectors: Vec<PathBuf>,
    /// Ask about this room version alone; may be repeated.
    #[arg(long = "room-version", value_name = "V")]
    versions: Vec<String>,
    /// Ask this op alone; may be repeated.
    #[arg(long = "op", value_name = "OP")]
    ops: Vec<String>,
    /// How long an answer may take, such as 10s or 2m.
    #[arg(long, value_name = "TIME", default_value = "10s")]
    timeout: Seconds,
    /// A TOML file of `[[exclude]]` tables, each with `id` (a `*` in it stands for anything),
    /// perhaps `room_version` (a list) and `reason`: vectors that do not count.
    #[arg(long, value_name = "FILE")]
    exclude: Option<PathBuf>,
    /// Write the report in the XML of `JUnit`, for CI.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the report as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report as a page of HTML.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The command that answers, after `--`.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// All that a report is written from.
struct Run<'v> {
    command: String,
    claims: Claims,
    report: Report<'v>,
    starts: usize,
    /// What the peer did wrong, and did not do again when it was asked the same alone.
    lapses: Vec<String>,
}

impl Run<'_> {
    fn is_clean(&self) -> bool {
        self.report.is_clean() && self.lapses.is_empty() && self.claims.problem.is_none()
    }
}

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, Failure> {
    let files = source::files(&arguments.vectors)?;
    let mut vectors = source::vectors(&files)?;
    let exclusions = arguments.exclude.as_deref().map(|path| Exclusions::read(path, &vectors));
    let exclusions = exclusions.transpose()?.unwrap_or_default();
    vectors.retain(|asked| is_wanted(asked, arguments));
    if vectors.is_empty() {
        return Err(Failure::Usage("no vector is about that".to_owned()));
    }
    let settings = Settings { command: arguments.command.clone(), timeout: arguments.timeout.0 };
    let mut peer = Asking::new(settings);
    let claims = peer.claims();
    let run = ask(arguments, &vectors, &exclusions, peer, claims);
    text::write(&run, out)?;
    for (path, written) in [
        (&arguments.junit, junit::write as fn(&Run<'_>) -> Result<String, String>),
        (&arguments.json, json::write),
        (&arguments.html, html::write),
    ] {
        if let Some(path) = path {
            let written = written(&run).map_err(|what| Failure::about(path, what))?;
            whole::write(path, written).map_err(|error| Failure::unwritable(path, &error))?;
        }
    }
    Ok(if run.is_clean() { Outcome::Clean } else { Outcome::Findings })
}

fn is_wanted(asked: &Asked<'_>, arguments: &Arguments) -> bool {
    let wants = |wanted: &[String], is: &str| wanted.is_empty() || wanted.iter().any(|it| it == is);
    let version = asked.vector.room_version().unwrap_or_default();
    wants(&arguments.ops, asked.vector.op()) && wants(&arguments.versions, version)
}

fn ask<'v>(
    arguments: &Arguments,
    vectors: &'v [Asked<'v>],
    exclusions: &'v Exclusions,
    mut peer: Asking,
    claims: Claims,
) -> Run<'v> {
    let mut report = Report::default();
    let oracle = Oracle::default();
    let (claimed, others): (Vec<_>, Vec<_>) = vectors
        .iter()
        .partition(|asked| claims.claims(asked.vector.op(), asked.vector.room_version()));
    for asked in others {
        report.not_claimed(asked);
    }
    let length = u64::try_from(claimed.len()).unwrap_or(u64::MAX);
    let progress = progress::bar(length, "{wide_bar} {pos}/{len} vectors, {per_sec}");
    let mut next = claimed.iter();
    let lines = claimed.iter().map(|asked| asked.line());
    peer.ask_all(lines, |_, fate| {
        // Every question has one fate, in the order in which they are asked.
        if let Some(asked) = next.next() {
            report.add(&oracle, asked, fate, exclusions.reason(asked));
        }
        progress.inc(1);
    });
    progress.finish_and_clear();
    let conduct = peer.conduct();
    Run {
        command: arguments.command.join(" "),
        claims,
        report,
        starts: conduct.starts,
        lapses: conduct.lapses.clone(),
    }
}
