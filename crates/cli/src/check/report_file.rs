//! The report of a run, as a file that another run goes on from, and that others are added to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use exeunt_event::json::{self, Object, Value};
use exeunt_generate::Report;
use exeunt_version::LenientNumbers;

use super::described::Described;
use super::plan::{Limit, PIECE, Plan, Shard};
use super::report_json::{count, number_of, report, report_object};
use super::verdict::number;
use crate::Failure;
use crate::whole;

/// The name of the report's file.
const NAME: &str = "report.json";

/// A report, and which pieces of which campaign it is of.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    /// What the campaign is.
    pub(crate) campaign: Object<'static>,
    /// The part of it.
    pub(crate) shard: Shard,
    /// How many histories the whole campaign is to have, if that is what ends it.
    pub(crate) histories: Option<u64>,
    /// All pieces before this one are done.
    before: u64,
    /// And these.
    beyond: BTreeSet<u64>,
    /// Of these the first so many histories: the last piece ends where the campaign does.
    partly: BTreeMap<u64, u64>,
    pub(crate) report: Report,
}

impl Saved {
    pub(crate) fn new(described: &Described, shard: Shard, histories: Option<u64>) -> Self {
        let report = described.campaign.report();
        let (beyond, partly) = (BTreeSet::new(), BTreeMap::new());
        Self {
            campaign: described.to_object(),
            shard,
            histories,
            before: 0,
            beyond,
            partly,
            report,
        }
    }

    /// How many histories of a piece are done.
    pub(crate) fn done_of(&self, piece: u64) -> u64 {
        if piece < self.before || self.beyond.contains(&piece) {
            return PIECE;
        }
        self.partly.get(&piece).copied().unwrap_or_default()
    }

    pub(crate) fn first_missing(&self) -> u64 {
        self.before
    }

    /// Adds what was found in a piece, of which so many histories are done now.
    pub(crate) fn add(&mut self, piece: u64, done: u64, report: &Report) {
        self.report.add(report);
        self.mark(piece, done);
    }

    fn mark(&mut self, piece: u64, done: u64) {
        if done < PIECE {
            self.partly.insert(piece, done);
            return;
        }
        self.partly.remove(&piece);
        self.beyond.insert(piece);
        while self.beyond.remove(&self.before) {
            self.before += 1;
        }
    }

    /// How many histories are done.
    pub(crate) fn done(&self) -> u64 {
        self.report.versions.iter().map(|version| version.shape.histories).sum()
    }

    /// How many it should have, if that is known.
    pub(crate) fn whole(&self) -> Option<u64> {
        let limit = Limit::Histories(self.histories?);
        Plan { limit, jobs: 1, shard: self.shard }.histories()
    }

    /// Whether some of its histories are none of the first so many of the campaign.
    fn has_beyond(&self, histories: u64) -> bool {
        let end = |piece: u64, done: u64| {
            self.shard.whole(piece).saturating_mul(PIECE).saturating_add(done) > histories
        };
        let last = self.beyond.last().copied().or(self.before.checked_sub(1));
        last.is_some_and(|piece| end(piece, PIECE))
            || self.partly.iter().any(|(piece, done)| end(*piece, *done))
    }

    /// The sum of all parts of a campaign, as one run would have left it.
    pub(crate) fn sum(parts: &[Self]) -> Option<Self> {
        let first = parts.first()?;
        let mut sum = first.clone();
        sum.shard = Shard::default();
        sum.beyond.clear();
        sum.partly.clear();
        sum.before = parts.iter().map(|part| part.shard.whole(part.before)).min()?;
        for (at, part) in parts.iter().enumerate() {
            if at > 0 && !sum.report.add(&part.report) {
                return None;
            }
            let later = sum.before.saturating_sub(part.shard.number - 1).div_ceil(part.shard.of);
            for piece in (later..part.before).chain(part.beyond.iter().copied()) {
                sum.mark(part.shard.whole(piece), PIECE);
            }
            for (piece, done) in &part.partly {
                sum.mark(part.shard.whole(*piece), *done);
            }
        }
        Some(sum)
    }

    /// Writes it, in place of what is there once it is whole.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        let path = folder.join(NAME);
        let failed = |error: std::io::Error| Failure::unwritable(&path, &error);
        fs::create_dir_all(folder).map_err(failed)?;
        let mut text = self.to_object().to_canonical(LenientNumbers::Value);
        text.push('\n');
        whole::write(&path, text).map_err(failed)
    }

    fn to_object(&self) -> Object<'static> {
        let mut object = Object::new();
        object.insert("campaign", self.campaign.clone());
        object.insert("shard", self.shard.to_string());
        if let Some(histories) = self.histories {
            object.insert("histories", number(histories));
        }
        object.insert("pieces_before", number(self.before));
        let beyond = self.beyond.iter().map(|piece| number(*piece));
        object.insert("pieces_beyond", Value::Array(beyond.collect()));
        let partly = self.partly.iter();
        let partly = partly.map(|(piece, done)| Value::Array(vec![number(*piece), number(*done)]));
        object.insert("pieces_begun", Value::Array(partly.collect()));
        object.insert("report", report_object(&self.report));
        object
    }

    /// Reads one of a folder.
    pub(crate) fn read(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(NAME);
        let failed = |error: &dyn std::fmt::Display| Failure::about(&path, error);
        let bytes = fs::read(&path).map_err(|error| failed(&error))?;
        let parsed = json::parse_any(&bytes).map_err(|error| failed(&error))?;
        let object = parsed.value.as_object();
        let saved = object.and_then(Self::from_object);
        let saved = saved.ok_or_else(|| failed(&"it is no report of a run"))?;
        let described = Described::from_object(&saved.campaign).map_err(|error| failed(&error))?;
        // Reports add up if and only if they are of the same versions and laws.
        if described.campaign.report().add(&saved.report) {
            Ok(saved)
        } else {
            Err(failed(&"what it counts is not what its campaign is about"))
        }
    }

    fn from_object(object: &Object<'_>) -> Option<Self> {
        let begun = |pair: &Value<'_>| {
            let [piece, done] = pair.as_array()? else { return None };
            Some((number_of(piece)?, number_of(done)?))
        };
        let histories = match object.get("histories") {
            None => None,
            Some(_) => Some(count(object, "histories")?),
        };
        let beyond = object.get("pieces_beyond")?.as_array()?.iter();
        let partly = object.get("pieces_begun")?.as_array()?.iter();
        Some(Self {
            campaign: object.get("campaign")?.as_object()?.clone().into_owned(),
            shard: object.get("shard")?.as_str()?.parse().ok()?,
            histories,
            before: count(object, "pieces_before")?,
            beyond: beyond.map(number_of).collect::<Option<_>>()?,
            partly: partly.map(begun).collect::<Option<_>>()?,
            report: report(object.get("report")?.as_object()?)?,
        })
    }
}

/// That nothing is overwritten: a folder must not have a report.
pub(crate) fn must_be_free(folder: &Path, otherwise: &str) -> Result<(), Failure> {
    let path: PathBuf = folder.join(NAME);
    if path.exists() {
        let there = path.display();
        return Err(Failure::Usage(format!("{there} is there already: {otherwise}")));
    }
    Ok(())
}

/// What a run begins with: nothing, or the report that it goes on from.
pub(crate) fn begin(
    described: &Described,
    plan: &Plan,
    folder: Option<&Path>,
    resume: bool,
) -> Result<Saved, Failure> {
    let limit = match plan.limit {
        Limit::Histories(histories) => Some(histories),
        Limit::Time(_) | Limit::Enough { .. } => None,
    };
    let new = Saved::new(described, plan.shard, limit);
    let Some(folder) = folder else { return Ok(new) };
    if !resume {
        must_be_free(folder, "go on with --resume, or choose another folder")?;
        // Better now than after the run.
        new.write(folder)?;
        return Ok(new);
    }
    let saved = Saved::read(folder)?;
    let there = folder.join(NAME);
    let there = there.display();
    if saved.campaign != new.campaign {
        let differs = difference(&saved.campaign, &new.campaign);
        return Err(Failure::Usage(format!("{there} is of another campaign: {differs}")));
    }
    if saved.shard != new.shard {
        return Err(Failure::Usage(format!(
            "{there} is of part {}, not of part {}",
            saved.shard, new.shard
        )));
    }
    if let Some(histories) = limit
        && saved.has_beyond(histories)
    {
        return Err(Failure::Usage(format!(
            "{there} has histories beyond the first {histories} already"
        )));
    }
    Ok(Saved { histories: limit, ..saved })
}

/// Where two campaigns differ, in words.
pub(crate) fn difference(one: &Object<'_>, other: &Object<'_>) -> String {
    let value = |object: &Object<'_>, name: &str| {
        let value = object.get(name).map(|value| value.to_canonical(LenientNumbers::Value));
        value.unwrap_or_else(|| "nothing".to_owned())
    };
    let names = other.iter().map(|(name, _)| name);
    let differing = names.filter(|name| one.get(name) != other.get(name));
    let told: Vec<String> = differing
        .map(|name| format!("`{name}` is {}, not {}", value(one, name), value(other, name)))
        .collect();
    told.join("; ")
}
