//! The report of a run, as a file that another run goes on from, and that others are added to.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use exeunt_auth::Rule;
use exeunt_event::json::{self, Object, Value};
use exeunt_generate::{Campaign, LawReport, Report, RuleCount, Shape, Smallest, VersionReport};
use exeunt_version::LenientNumbers;

use super::plan::{Plan, Shard};
use super::verdict::number;
use crate::Failure;

/// The name of the report's file.
const NAME: &str = "report.json";

/// A report, and which pieces of which campaign it is of.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    /// What the campaign is, as a text that is the same for the same campaign alone.
    pub(crate) campaign: String,
    /// The part of it.
    pub(crate) shard: Shard,
    /// All pieces before this one are done.
    before: u64,
    /// And these.
    beyond: BTreeSet<u64>,
    pub(crate) report: Report,
}

impl Saved {
    pub(crate) fn new(campaign: &Campaign, plan: &Plan) -> Self {
        let report = campaign.report();
        let (before, beyond) = (0, BTreeSet::new());
        Self { campaign: describe(campaign), shard: plan.shard, before, beyond, report }
    }

    pub(crate) fn has(&self, piece: u64) -> bool {
        piece < self.before || self.beyond.contains(&piece)
    }

    pub(crate) fn first_missing(&self) -> u64 {
        self.before
    }

    pub(crate) fn add(&mut self, piece: u64, report: &Report) {
        self.report.add(report);
        self.beyond.insert(piece);
        while self.beyond.remove(&self.before) {
            self.before += 1;
        }
    }

    /// How many pieces are done.
    pub(crate) fn pieces(&self) -> u64 {
        self.before + u64::try_from(self.beyond.len()).unwrap_or(u64::MAX)
    }

    /// How many histories are done.
    pub(crate) fn histories(&self) -> u64 {
        self.report.versions.iter().map(|version| version.shape.histories).sum()
    }

    /// Writes it, in place of what is there once it is whole.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        let path = folder.join(NAME);
        let failed = |error: std::io::Error| {
            Failure::Usage(format!("{} cannot be written: {error}", path.display()))
        };
        fs::create_dir_all(folder).map_err(failed)?;
        let beside = folder.join("report.json.new");
        let text = self.to_object().to_canonical(LenientNumbers::Value);
        fs::write(&beside, text + "\n").map_err(failed)?;
        fs::rename(&beside, &path).map_err(failed)
    }

    fn to_object(&self) -> Object<'static> {
        let mut object = Object::new();
        object.insert("campaign", self.campaign.clone());
        object.insert("shard", self.shard.to_string());
        object.insert("pieces_before", number(self.before));
        let beyond = self.beyond.iter().map(|piece| number(*piece));
        object.insert("pieces_beyond", Value::Array(beyond.collect()));
        object.insert("report", report_object(&self.report));
        object
    }

    /// Reads one of a folder.
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(NAME);
        let failed =
            |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", path.display()));
        let bytes = fs::read(&path).map_err(|error| failed(&error))?;
        let parsed = json::parse_any(&bytes).map_err(|error| failed(&error))?;
        let object = parsed.value.as_object();
        object.and_then(Self::from_object).ok_or_else(|| failed(&"it is no report of a run"))
    }

    fn from_object(object: &Object<'_>) -> Option<Self> {
        let beyond = object.get("pieces_beyond")?.as_array()?.iter();
        Some(Self {
            campaign: object.get("campaign")?.as_str()?.to_owned(),
            shard: object.get("shard")?.as_str()?.parse().ok()?,
            before: count(object, "pieces_before")?,
            beyond: beyond
                .map(|piece| u64::try_from(piece.as_integer()?).ok())
                .collect::<Option<_>>()?,
            report: report(object.get("report")?.as_object()?)?,
        })
    }
}

/// What a run begins with: nothing, or the report that it goes on from.
pub(crate) fn begin(
    campaign: &Campaign,
    plan: &Plan,
    folder: Option<&Path>,
    resume: bool,
) -> Result<Saved, Failure> {
    let new = Saved::new(campaign, plan);
    let Some(folder) = folder else { return Ok(new) };
    let path: PathBuf = folder.join(NAME);
    if !resume {
        if path.exists() {
            let there = path.display();
            return Err(Failure::Usage(format!(
                "{there} is there already: go on with --resume, or choose another folder"
            )));
        }
        // Better now than after the run.
        new.write(folder)?;
        return Ok(new);
    }
    let saved = Saved::read(folder)?;
    if saved.campaign != new.campaign || saved.shard != new.shard {
        let there = path.display();
        return Err(Failure::Usage(format!(
            "{there} is of another run: {} part {}, not {} part {}",
            saved.campaign, saved.shard, new.campaign, new.shard
        )));
    }
    Ok(saved)
}

fn describe(campaign: &Campaign) -> String {
    let versions: Vec<&str> = campaign.versions.iter().map(exeunt_version::RoomVersion::id).collect();
    let laws: Vec<&str> = campaign.laws.iter().map(|law| law.id).collect();
    let moods: Vec<&str> = campaign.moods.iter().map(|mood| mood.as_str()).collect();
    let size = campaign.size;
    format!(
        "exeunt {} seed {} servers {}-{} steps {}-{} versions {} moods {} laws {}",
        env!("CARGO_PKG_VERSION"),
        campaign.seed,
        size.servers.0,
        size.servers.1,
        size.steps.0,
        size.steps.1,
        versions.join(" "),
        moods.join(" "),
        laws.join(" "),
    )
}

pub(crate) fn report_object(report: &Report) -> Object<'static> {
    let versions = report.versions.iter().map(|version| Value::Object(version_object(version)));
    Object::from_iter([("versions", Value::Array(versions.collect()))])
}

fn version_object(version: &VersionReport) -> Object<'static> {
    let mut object = Object::new();
    object.insert("version", version.version.clone());
    let law = |law: &LawReport| {
        let mut object = Object::new();
        object.insert("id", law.id);
        object.insert("met", number(law.met));
        object.insert("broken", number(law.broken));
        if let Some(smallest) = law.smallest {
            object.insert("events", number(u64::try_from(smallest.events).unwrap_or(u64::MAX)));
            object.insert("number", number(smallest.number));
        }
        Value::Object(object)
    };
    object.insert("laws", Value::Array(version.laws.iter().map(law).collect()));
    let mut rules = Object::new();
    for (rule, count) in &version.rules {
        rules.insert(*rule, Value::Array(vec![number(count.allowed), number(count.rejected)]));
    }
    object.insert("rules", rules);
    let mut shape = Object::new();
    for (name, value) in SHAPE.iter().zip(shape_numbers(&version.shape)) {
        shape.insert(*name, number(value));
    }
    object.insert("shape", shape);
    object
}

const SHAPE: [&str; 7] =
    ["histories", "events", "arrivals", "forks", "conflicts", "soft_failures", "rejections"];

fn shape_numbers(shape: &Shape) -> [u64; 7] {
    let Shape { histories, events, arrivals, forks, conflicts, soft_failures, rejections } = *shape;
    [histories, events, arrivals, forks, conflicts, soft_failures, rejections]
}

fn count(object: &Object<'_>, name: &str) -> Option<u64> {
    u64::try_from(object.get(name)?.as_integer()?).ok()
}

fn report(object: &Object<'_>) -> Option<Report> {
    let versions = object.get("versions")?.as_array()?.iter();
    let versions = versions.map(|version| version_report(version.as_object()?));
    Some(Report { versions: versions.collect::<Option<_>>()? })
}

fn version_report(object: &Object<'_>) -> Option<VersionReport> {
    let law = |value: &Value<'_>| {
        let object = value.as_object()?;
        let smallest = match (count(object, "events"), count(object, "number")) {
            (Some(events), Some(number)) => {
                Some(Smallest { events: usize::try_from(events).ok()?, number })
            }
            _ => None,
        };
        Some(LawReport {
            id: exeunt_laws::law(object.get("id")?.as_str()?)?.id,
            met: count(object, "met")?,
            broken: count(object, "broken")?,
            smallest,
        })
    };
    let rule = |(name, value): (&str, &Value<'_>)| {
        let name = Rule::ALL.iter().find(|rule| rule.name() == name)?.name();
        let [allowed, rejected] = value.as_array()? else { return None };
        let [allowed, rejected] =
            [allowed, rejected].map(|count| u64::try_from(count.as_integer()?).ok());
        Some((name, RuleCount { allowed: allowed?, rejected: rejected? }))
    };
    let shape = object.get("shape")?.as_object()?;
    let of = |name| count(shape, name);
    Some(VersionReport {
        version: object.get("version")?.as_str()?.to_owned(),
        laws: object.get("laws")?.as_array()?.iter().map(law).collect::<Option<_>>()?,
        rules: object.get("rules")?.as_object()?.iter().map(rule).collect::<Option<_>>()?,
        shape: Shape {
            histories: of("histories")?,
            events: of("events")?,
            arrivals: of("arrivals")?,
            forks: of("forks")?,
            conflicts: of("conflicts")?,
            soft_failures: of("soft_failures")?,
            rejections: of("rejections")?,
        },
    })
}
