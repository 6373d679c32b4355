//! `exeunt duel`: random questions to another implementation, beside our answers.

mod excluded;
mod found;
mod text;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use exeunt_conformance::{Duel, OPS, Oracle, Posed};
use exeunt_event::json::Object;
use exeunt_generate::{Campaign, Size};
use exeunt_version::RoomVersion;
use indicatif::ProgressBar;

use crate::duration::Seconds;
use crate::mood::{MoodArgument, moods};
use crate::peer::{Asking, Claims, Fate, Line, Settings};
use crate::version_argument::{pairs, room_version};
use crate::{Failure, Outcome, progress};
use excluded::Excluded;
use found::Findings;

/// Ask another implementation random questions, and say where its answers are not ours.
///
/// Random histories raise the questions: may this event happen, which state wins, what becomes of
/// this room, and what are an event's ID, hashes, signatures and redaction. Each difference is made
/// small, explained by a reading of the text where one explains it, told once for each rule, and
/// written as a vector. COMMAND answers as it does for `exeunt conform`. Exit status: 0 if each
/// difference is explained or excluded, 1 if one is not, 2 on wrong usage.
#[derive(Args)]
pub(crate) struct Arguments {
    /// How many questions to ask.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    questions: u64,
    /// What the histories follow from.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Begin with the history of this number: an earlier duel says where it ended.
    #[arg(long, value_name = "N", default_value_t = 0)]
    from: u64,
    /// Ask about this room version alone; may be repeated.
    #[arg(long = "room-version", value_name = "V")]
    versions: Vec<String>,
    /// Ask this op alone; may be repeated.
    #[arg(long = "op", value_name = "OP")]
    ops: Vec<String>,
    /// Only histories in which most events are allowed (plausible), or only those in which many are
    /// not (hostile).
    #[arg(long, value_name = "MOOD")]
    mood: Option<MoodArgument>,
    /// A reading that the implementation is known to have; may be repeated.
    #[arg(long = "reading", value_name = "NAME=CHOICE")]
    readings: Vec<String>,
    /// A TOML file of `[[exclude]]` tables, each with `op`, `rule`, `what` or `reading` as a
    /// difference is told (any may be left out), perhaps `room_version` (a list), and `reason`:
    /// differences that do not count.
    #[arg(long, value_name = "FILE")]
    exclude: Option<PathBuf>,
    /// How long an answer may take, such as 10s or 2m.
    #[arg(long, value_name = "TIME", default_value = "10s")]
    timeout: Seconds,
    /// Write the smallest question of each difference into this folder, as a vector with our answer.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The command that answers, after `--`.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, Failure> {
    let ops = ops(&arguments.ops)?;
    let versions = arguments.versions.iter().map(|version| room_version(version));
    let versions = versions.collect::<Result<Vec<_>, _>>()?;
    let excluded = arguments.exclude.as_deref().map(|path| Excluded::read(path, &versions));
    let excluded = excluded.transpose()?.unwrap_or_default();
    let readings = pairs(&arguments.readings)?;
    let settings = Settings { command: arguments.command.clone(), timeout: arguments.timeout.0 };
    let mut peer = Asking::new(settings);
    let claims = peer.claims();
    let duel = Duel {
        campaign: Campaign {
            versions: claimed(versions, &claims)?,
            moods: moods(arguments.mood),
            laws: Vec::new(),
            seed: arguments.seed,
            size: Size::default(),
        },
        ops: ops.into_iter().filter(|op| claims.claims(op, None)).collect(),
        readings,
    };
    if duel.ops.is_empty() {
        return Err(Failure::Usage("it says that it answers none of these ops".to_owned()));
    }
    let oracle = Oracle::new(duel.campaign.versions.iter().cloned());
    let mut findings = fight(arguments, &duel, &oracle, &excluded, &mut peer);
    make_small(&duel, &oracle, peer, &mut findings);
    text::write(&claims, &findings, out)?;
    if let Some(folder) = &arguments.out {
        findings.write_vectors(folder)?;
    }
    Ok(if findings.is_clean() { Outcome::Clean } else { Outcome::Findings })
}

fn ops(named: &[String]) -> Result<Vec<&'static str>, Failure> {
    if named.is_empty() {
        return Ok(OPS.to_vec());
    }
    let known = |name: &String| {
        let known = OPS.iter().copied().find(|op| op == name);
        let none = || format!("histories raise no questions {name:?}, but {}", OPS.join(", "));
        known.ok_or_else(|| Failure::Usage(none()))
    };
    named.iter().map(known).collect()
}

/// The room versions that were asked for, or all, of those that the peer knows.
fn claimed(named: Vec<RoomVersion>, claims: &Claims) -> Result<Vec<RoomVersion>, Failure> {
    let is_named = !named.is_empty();
    let versions = if is_named { named } else { RoomVersion::all().collect() };
    let known = |version: &RoomVersion| claims.knows(version.id());
    if let Some(unknown) = versions.iter().find(|version| is_named && !known(version)) {
        let message = format!("it says that it does not know room version {}", unknown.id());
        return Err(Failure::Usage(message));
    }
    Ok(versions.into_iter().filter(known).collect())
}

/// Asks.
fn fight(
    arguments: &Arguments,
    duel: &Duel,
    oracle: &Oracle,
    excluded: &Excluded,
    peer: &mut Asking,
) -> Findings {
    let progress = progress(arguments.questions);
    let mut findings = Findings { next: arguments.from, ..Findings::default() };
    let next = RefCell::new(arguments.from);
    let mut raised: VecDeque<Posed> = VecDeque::new();
    // Those on their way: their answers come in this order.
    let posed: RefCell<VecDeque<Posed>> = RefCell::default();
    let questions = std::iter::from_fn(|| {
        while raised.is_empty() {
            let number = *next.borrow();
            raised.extend(duel.questions(number));
            *next.borrow_mut() = number.checked_add(1)?;
        }
        let question = raised.pop_front()?;
        let line = line(&question.request);
        posed.borrow_mut().push_back(question);
        Some(line)
    });
    let questions = questions.take(usize::try_from(arguments.questions).unwrap_or(usize::MAX));
    peer.ask_all(questions, |_, fate| {
        let Some(question) = posed.borrow_mut().pop_front() else { return };
        findings.count(&question);
        match fate {
            Fate::Answered(theirs) => {
                findings.compare(duel, oracle, &question, &theirs.to_object(), excluded);
            }
            failure => findings.failed(&question, &failure),
        }
        progress.inc(1);
    });
    findings.next = *next.borrow();
    progress.finish_and_clear();
    findings
}

/// Looks for the smallest question of each difference.
fn make_small(duel: &Duel, oracle: &Oracle, peer: Asking, findings: &mut Findings) {
    let peer = RefCell::new(peer);
    let ask = |request: &Object<'static>| match peer.borrow_mut().ask(&line(request)) {
        Fate::Answered(answer) => Some(answer.to_object().into_owned()),
        _ => None,
    };
    let differences: Vec<_> = findings.differences().collect();
    let progress = progress(u64::try_from(differences.len()).unwrap_or(u64::MAX));
    progress.set_message("made small");
    let small = differences.into_iter().map(|found| {
        progress.inc(1);
        duel.made_small(oracle, found, ask)
    });
    let small: Vec<_> = small.collect();
    progress.finish_and_clear();
    findings.replace(small);
}

fn line(request: &Object<'_>) -> Line<'static> {
    // Every question of a duel has a string.
    let id = request.get("id").and_then(|id| id.as_str()).unwrap_or_default().to_owned();
    Line { id: Cow::Owned(id), text: Cow::Owned(request.as_received().into_bytes()) }
}

fn progress(length: u64) -> ProgressBar {
    let template = "{wide_bar} {pos}/{len} {msg}, {per_sec}, {eta}";
    progress::bar(length, template).with_message("questions")
}
