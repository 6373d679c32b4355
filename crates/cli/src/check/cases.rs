//! `exeunt check --case`: looks for what is known to go wrong in rooms.

#![allow(clippy::disallowed_methods, reason = "how long a search takes is about real time")]

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use exeunt_generate::{Found, Search};
use exeunt_laws::cases::{self, Case, Presence};
use exeunt_laws::{History, Witness};
use exeunt_version::RoomVersion;
use rayon::prelude::*;

use super::counterexample::{about, room_lines};
use super::described::Described;
use super::plan::{Limit, Plan};
use super::told;
use crate::whole;
use crate::{Failure, Outcome};

/// How many histories are looked at before those are made small that have a case. The same whatever
/// the number of threads, so that they find the same.
const ROUND: u64 = 256;

/// The cases of these names, or all.
fn named(names: &[String]) -> Result<Vec<&'static Case>, Failure> {
    if names.iter().any(|name| name == "all") {
        return Ok(cases::ALL.iter().collect());
    }
    let find = |name: &String| {
        cases::case(name).ok_or_else(|| {
            let known: Vec<_> = cases::ALL.iter().map(|case| case.name).collect();
            let known = known.join(", ");
            Failure::Usage(format!("there is no case {name:?}; there are {known}, and all"))
        })
    };
    names.iter().map(find).collect()
}

pub(crate) fn run(
    names: &[String],
    described: &Described,
    plan: &Plan,
    folder: Option<&Path>,
    out: &mut impl Write,
) -> Result<Outcome, Failure> {
    let cases = named(names)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(plan.jobs).build();
    let pool = pool.map_err(|error| Failure::Usage(format!("no threads: {error}")))?;
    let mut outcome = Outcome::Clean;
    for version in &described.campaign.versions {
        let seed = described.campaign.seed;
        let looked = pool.install(|| look(&cases, version, seed, plan.limit));
        for it in &looked {
            tell(it, version, out)?;
            if let Some((folder, found)) = folder.zip(it.found.as_ref()) {
                write_file(found, version, described, folder)?;
            }
            if it.found.is_some() != (it.case.presence)(version).is_present() {
                outcome = Outcome::Findings;
            }
        }
        out.flush()?;
    }
    Ok(outcome)
}

/// What came of looking for a case.
struct Looked {
    case: &'static Case,
    is_present: bool,
    /// The first that is small enough, or the smallest so far.
    found: Option<Found>,
    is_over: bool,
    /// How many histories were looked at, and how long that took with making them small.
    histories: u64,
    time: Duration,
}

/// Looks at histories until each case was found that there is, or the limit is reached.
fn look(cases: &[&'static Case], version: &RoomVersion, seed: u64, limit: Limit) -> Vec<Looked> {
    let begin = Instant::now();
    let search = Search::new(version, seed);
    let new = |case: &&'static Case| Looked {
        case,
        is_present: (case.presence)(version).is_present(),
        found: None,
        is_over: false,
        histories: 0,
        time: Duration::ZERO,
    };
    let mut looked: Vec<Looked> = cases.iter().map(new).collect();
    let most = match limit {
        Limit::Histories(most) => most,
        Limit::Time(_) | Limit::Enough { .. } => u64::MAX,
    };
    let is_late = || limit.time().is_some_and(|time| begin.elapsed() >= time);
    let mut start = 0;
    while start < most && !is_late() {
        let end = start.saturating_add(ROUND).min(most);
        let wanted: Vec<&'static Case> =
            looked.iter().filter(|it| !it.is_over).map(|it| it.case).collect();
        if wanted.is_empty() {
            break;
        }
        let hits = (start..end).into_par_iter().flat_map_iter(|number| {
            let found = search.cases_in(number, &wanted);
            found.into_iter().map(move |case| (number, case))
        });
        let hits: Vec<(u64, &'static Case)> = hits.collect();
        looked.par_iter_mut().filter(|it| !it.is_over).for_each(|it| {
            it.histories = end;
            it.take(&search, &hits, &is_late);
            it.time = begin.elapsed();
        });
        start = end;
    }
    looked
}

impl Looked {
    /// Makes those of a round small that have the case, one after the other.
    fn take(&mut self, search: &Search, hits: &[(u64, &Case)], is_late: &dyn Fn() -> bool) {
        for (number, _) in hits.iter().filter(|(_, case)| case.name == self.case.name) {
            let Some(found) = search.made_small(*number, self.case) else { continue };
            // A case that should not be there is none the better for being small.
            let is_enough = found.is_small() || !self.is_present;
            if self.found.as_ref().is_none_or(|it| found.events() < it.events()) {
                self.found = Some(found);
            }
            if is_enough {
                self.histories = number + 1;
                self.is_over = true;
            }
            if is_enough || is_late() {
                return;
            }
        }
    }
}

fn tell(looked: &Looked, version: &RoomVersion, out: &mut impl Write) -> io::Result<()> {
    let Looked { case, found, histories, time, .. } = looked;
    let tenths = time.as_millis() / 100;
    let effort = format!("{histories} histories, {}.{} s", tenths / 10, tenths % 10);
    write!(out, "{}, room version {version}: ", case.name)?;
    match (found, (case.presence)(version)) {
        (None, Presence::Absent(why)) => {
            writeln!(out, "not found, as it should be ({effort}): {why}")
        }
        (None, Presence::Present) => writeln!(out, "NOT FOUND ({effort}): try more"),
        (Some(found), presence) => {
            let events = found.events();
            match presence {
                Presence::Present => {
                    let described = case.events;
                    writeln!(out, "found with {events} events, {described} described ({effort})")?;
                }
                Presence::Absent(why) => {
                    writeln!(out, "FOUND with {events} events ({effort}), against: {why}")?;
                }
            }
            writeln!(out, "  {}", case.sentence)?;
            told::write_history(&found.history, out)?;
            write_witness(&found.history, &found.witness, out)?;
            writeln!(out)
        }
    }
}

/// Where a history has a case.
pub(crate) fn write_witness(
    history: &History,
    witness: &Witness,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "  Found: {}.", told::place(history, witness))
}

/// Writes a history as a file that `exeunt replay` plays again.
fn write_file(
    found: &Found,
    version: &RoomVersion,
    described: &Described,
    folder: &Path,
) -> Result<(), Failure> {
    let folder = folder.join("cases");
    let path = folder.join(format!("{}-{}.jsonl", found.case.name, version.id()));
    let written = fs::create_dir_all(&folder)
        .and_then(|()| whole::write(&path, to_lines(found, version, described)));
    written.map_err(|error| Failure::unwritable(&path, &error))
}

/// What it is about in the first line, and an input of a server in each other.
fn to_lines(found: &Found, version: &RoomVersion, described: &Described) -> String {
    let mut head = about(version, found.events(), Some(&found.witness));
    head.insert("case", found.case.name);
    head.insert("sentence", found.case.sentence);
    head.insert("source", found.case.source);
    described.begin(&mut head, version);
    room_lines(found.number, &found.history, head)
}
