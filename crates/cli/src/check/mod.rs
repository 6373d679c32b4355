//! `exeunt check`: random histories against the laws.

pub(crate) mod cases;
mod count;
pub(crate) mod counterexample;
pub(crate) mod described;
mod laws_table;
mod plan;
pub(crate) mod report_file;
mod report_json;
mod rules_table;
mod run;
pub(crate) mod told;
pub(crate) mod told_network;
pub(crate) mod verdict;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use exeunt_generate::{Campaign, Size};
use exeunt_laws::Law;
use exeunt_version::RoomVersion;

use self::count::Servers;
use self::described::Described;
use self::plan::{Limit, Plan, Shard};
use crate::duration::Seconds;
use crate::mood::{MoodArgument, moods};
use crate::version_argument::{readings, room_version_with_definition};
use crate::{Failure, Outcome};

/// Try random histories of rooms against the laws.
///
/// Rooms are created, users come and go, servers lose touch and find each other again, and, in the
/// hostile mood, lie. Every law is asked about every history. A law that breaks where it should
/// hold, and one that should break and did not, are findings; their smallest counterexamples are
/// told event by event, and with --out written as files that `exeunt replay` plays again.
///
/// Histories are numbered, and follow from the seed and their number alone: with --histories the
/// result is the same with any number of jobs.
///
/// Exit status: 0 if every law is as expected, 1 if not, 2 for wrong usage or files that cannot be
/// read or written.
#[derive(Args)]
pub(crate) struct Arguments {
    /// A room version: 1 to 12, or the path of a TOML file that defines one; may be repeated.
    /// Default: all that the specification has.
    #[arg(long = "room-version", value_name = "V")]
    room_versions: Vec<String>,
    /// A law, by number or name; may be repeated. Default: all.
    #[arg(long = "law", value_name = "LAW")]
    laws: Vec<String>,
    /// Look for a case: something known to go wrong in rooms, by name, or `all`; may be repeated.
    /// It has to be found in the room versions that have it, and not in the others; --histories and
    /// --time are for each room version.
    #[arg(
        long = "case",
        value_name = "CASE",
        conflicts_with_all = ["laws", "servers", "mood", "resume", "shard", "json"]
    )]
    cases: Vec<String>,
    /// How many histories to try.
    #[arg(long, value_name = "N", conflicts_with = "time")]
    histories: Option<u64>,
    /// How long to try: 30s, 10m, 2h. Default, without --histories: 20s, and longer, to 4,000
    /// histories of each room version, while a law that should break has not, or a rule has not
    /// decided.
    #[arg(long, value_name = "TIME")]
    time: Option<Seconds>,
    /// What the histories follow from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many servers: a number, or the fewest and the most (2-4).
    #[arg(long, value_name = "N", default_value = "2-4")]
    servers: Servers,
    /// How users and servers behave. Default: both.
    #[arg(long, value_name = "MOOD")]
    mood: Option<MoodArgument>,
    /// How many threads. Default: as many as there are cores.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Where to write the report and the counterexamples.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on with the run that --out has the report of.
    #[arg(long, requires = "out")]
    resume: bool,
    /// Run the I-th of N disjoint parts, counted from 1.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Read an ambiguous sentence otherwise than the text (docs/READINGS.md); may be repeated.
    #[arg(long = "reading", value_name = "NAME=CHOICE")]
    readings: Vec<String>,
    /// Print JSON Lines: a law and room version a line, and the counts in the last.
    #[arg(long)]
    json: bool,
}

impl Arguments {
    fn described(&self) -> Result<Described, Failure> {
        let readings = readings(&self.readings)?;
        let mut versions: Vec<RoomVersion> = Vec::new();
        let mut definitions = BTreeMap::new();
        for argument in &self.room_versions {
            let (version, definition) = room_version_with_definition(argument)?;
            if versions.iter().any(|known| known.id() == version.id()) {
                return Err(Failure::Usage(format!("room version {version} is given twice")));
            }
            definitions.extend(definition.map(|text| (version.id().to_owned(), text)));
            versions.push(version);
        }
        if versions.is_empty() {
            versions.extend(RoomVersion::all());
        }
        let versions =
            versions.into_iter().map(|version| version.with_readings(readings)).collect();
        let mut laws: Vec<&'static Law> = Vec::new();
        for name in &self.laws {
            let law = exeunt_laws::law(name).ok_or_else(|| {
                let known: Vec<_> = exeunt_laws::all().map(|law| law.id).collect();
                Failure::Usage(format!("there is no law {name:?}; there are {}", known.join(", ")))
            })?;
            if laws.iter().all(|known| known.id != law.id) {
                laws.push(law);
            }
        }
        if laws.is_empty() {
            laws.extend(exeunt_laws::all());
        }
        let moods = moods(self.mood);
        let size = Size { servers: self.servers.range(), ..Size::default() };
        let campaign = Campaign { versions, moods, laws, seed: self.seed, size };
        Ok(Described { campaign, definitions, readings })
    }

    fn plan(&self, campaign: &Campaign) -> Plan {
        let limit = match (self.histories, self.time) {
            (Some(histories), _) => Limit::Histories(histories),
            (None, Some(time)) => Limit::Time(time.0),
            (None, None) => {
                let versions = u64::try_from(campaign.versions.len()).unwrap_or(u64::MAX);
                let histories = versions.saturating_mul(ENOUGH);
                Limit::Enough { time: Duration::from_secs(20), histories }
            }
        };
        let jobs = self.jobs.map_or_else(cores, usize::from);
        Plan { limit, jobs, shard: self.shard.unwrap_or_default() }
    }
}

/// After how many histories of each room version a run without a limit ends that has not seen all
/// that it should: of ten seeds none needed half as many.
const ENOUGH: u64 = 4_000;

/// How many cores there are.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, Failure> {
    let described = arguments.described()?;
    let plan = arguments.plan(&described.campaign);
    let folder = arguments.out.as_deref();
    if !arguments.cases.is_empty() {
        return cases::run(&arguments.cases, &described, &plan, folder, out);
    }
    let saved = report_file::begin(&described, &plan, folder, arguments.resume)?;
    let run = run::run(&described.campaign, &plan, saved, folder);
    let told = Told { folder, speed: Some(run.speed), jobs: plan.jobs, is_json: arguments.json };
    tell(&described, &run.saved, &told, run.problem, out)
}

/// How a report is told.
pub(crate) struct Told<'a> {
    /// Where counterexamples are written.
    pub(crate) folder: Option<&'a std::path::Path>,
    pub(crate) speed: Option<run::Speed>,
    pub(crate) jobs: usize,
    pub(crate) is_json: bool,
}

/// Tells a report, and writes its counterexamples.
pub(crate) fn tell(
    described: &Described,
    saved: &report_file::Saved,
    told: &Told<'_>,
    mut problem: Option<Failure>,
    out: &mut impl Write,
) -> Result<Outcome, Failure> {
    let campaign = &described.campaign;
    let examples = counterexample::find(campaign, &saved.report, told.jobs);
    if let Some(folder) = told.folder
        && let Err(error) = counterexample::write(described, &examples, folder)
    {
        problem.get_or_insert(error);
    }
    if told.is_json {
        verdict::write_json(described, &saved.report, &examples, out)?;
    } else {
        verdict::write_text(campaign, &saved.report, &examples, told.speed, out)?;
    }
    match problem {
        // What was found must not get lost behind the problem.
        Some(problem) => out.flush().map_err(Failure::from).and(Err(problem)),
        None if verdict::is_clean(campaign, &saved.report) => Ok(Outcome::Clean),
        None => Ok(Outcome::Findings),
    }
}
