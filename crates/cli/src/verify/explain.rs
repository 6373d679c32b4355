//! Why a fold differs from a recording: an event that is not there, a reading, or a rule.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_event::EventId;
use exeunt_room::Context;
use exeunt_version::{Readings, RoomVersion};
use rayon::prelude::*;

use super::compare::{Comparison, Difference, Side, What, compare, replay};
use super::finding::{Finding, Outcome};
use super::fold::{Fate, Fold};
use super::input::Files;
use super::receive::Text;
use super::recording::Recording;
use super::waiting::{Wait, waiting};

/// A reading and one of its choices.
pub(crate) type Choice = (&'static str, &'static str);

/// Why there is a difference.
#[derive(Clone, Debug)]
pub(crate) enum Explanation {
    /// The event needs others that the recording does not have, or that were dropped. In which
    /// way.
    Lacking(String),
    /// The difference is gone if these readings are chosen.
    Readings(Vec<Choice>),
    /// Exeunt refuses the event by the rule of this finding.
    Refused(Box<Finding>),
    /// Nothing explains it.
    Unexplained,
}

/// What explanations are found with.
pub(crate) struct Explainer<'e> {
    pub(crate) recording: &'e Recording,
    pub(crate) texts: &'e [Text],
    pub(crate) files: &'e Files,
    pub(crate) version: &'e RoomVersion,
}

type Subjects = BTreeSet<(Option<usize>, What)>;

impl Explainer<'_> {
    /// An explanation of each difference, in the same order.
    pub(crate) fn explain(
        &self,
        comparison: &Comparison,
        fold: &Fold<'_>,
        findings: &[Finding],
    ) -> Vec<Explanation> {
        let differences = &comparison.differences;
        let lacking = lacking(fold);
        let mut found = BTreeMap::new();
        for (at, difference) in differences.iter().enumerate() {
            let event = difference.event.as_ref();
            if let Some(message) = event.and_then(|(_, id)| lacking.get(id)) {
                found.insert(at, Explanation::Lacking(message.clone()));
            }
        }
        let open: Subjects = differences
            .iter()
            .enumerate()
            .filter(|(at, _)| !found.contains_key(at))
            .map(|(_, difference)| difference.subject())
            .collect();
        let known: Subjects = differences.iter().map(Difference::subject).collect();
        let readings = self.readings(open, &known);
        for (at, difference) in differences.iter().enumerate() {
            found.entry(at).or_insert_with(|| match readings.get(&difference.subject()) {
                Some(choices) => Explanation::Readings(choices.clone()),
                None => refused(difference, findings),
            });
        }
        found.into_values().collect()
    }

    /// The readings that make differences go away, for those that they do.
    fn readings(
        &self,
        mut open: Subjects,
        known: &Subjects,
    ) -> BTreeMap<(Option<usize>, What), Vec<Choice>> {
        let mut explained = BTreeMap::new();
        if open.is_empty() {
            return explained;
        }
        let helps = |choices: &[Choice]| {
            let left = self.left(choices)?;
            let gone: Subjects = open.difference(&left).copied().collect();
            // One that trades differences for others explains nothing.
            (left.difference(known).count() < gone.len()).then_some(gone)
        };
        let choices: Vec<_> = self.choices().collect();
        let mut helpful: Vec<_> =
            choices.par_iter().filter_map(|choice| Some((*choice, helps(&[*choice])?))).collect();
        // The one that explains most comes first.
        helpful.sort_by_key(|(_, gone)| std::cmp::Reverse(gone.len()));
        let mut together: Vec<Choice> = Vec::new();
        for (choice, _) in &helpful {
            if together.iter().all(|(reading, _)| *reading != choice.0) {
                together.push(*choice);
            }
        }
        let by_all = if together.len() > 1 { helps(&together) } else { None };
        for (choice, gone) in helpful {
            for subject in gone {
                if open.remove(&subject) {
                    explained.insert(subject, vec![choice]);
                }
            }
        }
        for subject in by_all.into_iter().flatten() {
            if open.remove(&subject) {
                explained.insert(subject, together.clone());
            }
        }
        explained
    }

    /// Every choice that is not in force.
    fn choices(&self) -> impl Iterator<Item = Choice> {
        let in_force = self.version.readings;
        Readings::ALL.iter().flat_map(move |reading| {
            let choices = reading.choices.iter().map(|(choice, _)| (reading.name, *choice));
            choices.filter(move |(name, choice)| in_force.get(name) != Some(choice))
        })
    }

    /// What differs if these readings are chosen; `None` if the keys cannot be read so.
    fn left(&self, choices: &[Choice]) -> Option<Subjects> {
        let mut readings = self.version.readings;
        for (reading, choice) in choices {
            readings.set(reading, choice).ok()?;
        }
        let version = self.version.clone().with_readings(readings);
        let keys = self.files.keys(&version).ok()?;
        let context = Context { keys: keys.as_ref() };
        let fold = replay(self.recording, self.texts, &version, context);
        let comparison = compare(self.recording, self.texts, &fold, &waiting(&fold));
        Some(comparison.differences.iter().map(Difference::subject).collect())
    }
}

/// The events that wait for what the recording does not have, or for what was dropped, each with
/// how.
fn lacking(fold: &Fold<'_>) -> BTreeMap<EventId, String> {
    let mut waits_for: BTreeMap<&EventId, Vec<&EventId>> = BTreeMap::new();
    let pending: Vec<_> = fold.room.pending().collect();
    let mut open = Vec::new();
    for (id, missing) in &pending {
        for missing in missing {
            waits_for.entry(missing).or_default().push(id);
            if !matches!(fold.fates.get(missing), Some(Fate::Kept(_))) {
                open.push(*id);
            }
        }
    }
    let mut lacking = BTreeSet::new();
    while let Some(id) = open.pop() {
        if lacking.insert(id) {
            open.extend(waits_for.get(id).into_iter().flatten());
        }
    }
    let waiting = waiting(fold);
    let message = |id: &EventId| match waiting.get(id) {
        Some(Wait::For { message, .. } | Wait::Rejected { message, .. }) => message.clone(),
        None => String::new(),
    };
    lacking.into_iter().map(|id| (id.clone(), message(id))).collect()
}

/// Whether Exeunt refuses the event that the difference is about, which the recording does not, or
/// not so.
fn refused(difference: &Difference, findings: &[Finding]) -> Explanation {
    let Some((line, id)) = &difference.event else { return Explanation::Unexplained };
    let is_refusal = |finding: &&Finding| {
        let refuses = [Outcome::Dropped, Outcome::Rejected, Outcome::SoftFailed];
        finding.line == *line && refuses.contains(&finding.outcome)
    };
    let Some(finding) = findings.iter().find(is_refusal) else { return Explanation::Unexplained };
    let follows = match difference.what {
        What::Outcome => goes_further(&difference.here, &difference.recorded),
        // A rejected event does not change the state.
        What::StateAfter if finding.outcome == Outcome::Rejected => {
            difference.recorded == Side::Events(vec![id.clone()])
        }
        What::StateBefore | What::StateAfter => finding.outcome == Outcome::Dropped,
        What::EventId | What::CurrentState | What::Extremities => false,
    };
    if follows { Explanation::Refused(Box::new(finding.clone())) } else { Explanation::Unexplained }
}

/// Whether an outcome refuses more than another, of an event in the same place.
fn goes_further(here: &Side, recorded: &Side) -> bool {
    let (Side::Word(here), Side::Word(recorded)) = (here, recorded) else { return false };
    let place = |word: &str| word.ends_with("outlier");
    let reach = |word: &str| match word.trim_end_matches("outlier").trim_end() {
        "dropped" => 3,
        "rejected" => 2,
        "soft-failed" => 1,
        _ => 0,
    };
    reach(here) > reach(recorded) && (reach(here) == 3 || place(here) == place(recorded))
}
