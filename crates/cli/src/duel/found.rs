//! What was found: differences, each once, and questions without an answer.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use exeunt_conformance::{Class, Divergence, Duel, Oracle, Posed, Vector, is_refused};
use exeunt_event::json::{Object, Value};

use super::excluded::Excluded;
use crate::peer::Fate;
use crate::{Failure, whole};

/// So many questions without an answer are kept.
const KEPT: usize = 100;

/// A difference, and how often it came.
pub(super) struct Found {
    pub(super) difference: Divergence,
    pub(super) count: u64,
    pub(super) versions: BTreeSet<String>,
    /// Why it is excluded, if it is.
    pub(super) excluded: Option<String>,
}

impl Found {
    pub(super) fn is_unexplained(&self) -> bool {
        self.excluded.is_none() && self.difference.class.reading.is_none()
    }
}

/// What a duel came to.
#[derive(Default)]
pub(super) struct Findings {
    /// By room version and op, how many questions.
    pub(super) asked: BTreeMap<(usize, String, &'static str), u64>,
    pub(super) refused: u64,
    /// By class and whether the room version's are excluded, and why: where some versions' are and
    /// others' are not, they are told apart.
    pub(super) found: BTreeMap<(Class, Option<String>), Found>,
    /// Questions without an answer: what happened instead, and how often.
    pub(super) failed: u64,
    pub(super) failures: Vec<(Posed, Fate)>,
    /// The number of the first history that was not asked about.
    pub(super) next: u64,
}

impl Findings {
    pub(super) fn count(&mut self, posed: &Posed) {
        let version = version(posed);
        *self.asked.entry((version.len(), version, posed.op)).or_default() += 1;
    }

    pub(super) fn failed(&mut self, posed: &Posed, fate: &Fate) {
        self.failed += 1;
        if self.failures.len() < KEPT {
            self.failures.push((posed.clone(), fate.clone()));
        }
    }

    /// Keeps a difference if there is one: of those of a class the one with the shortest question.
    pub(super) fn compare(
        &mut self,
        duel: &Duel,
        oracle: &Oracle,
        posed: &Posed,
        theirs: &Object<'_>,
        excluded: &Excluded,
    ) {
        if is_refused(theirs) {
            self.refused += 1;
            return;
        }
        let Some(difference) = duel.compare(oracle, posed, theirs) else { return };
        let version = version(posed);
        let excluded = excluded.reason(&difference.class, &version).map(str::to_owned);
        let key = (difference.class.clone(), excluded.clone());
        let found = self.found.entry(key).or_insert_with(|| Found {
            difference: difference.clone(),
            count: 0,
            versions: BTreeSet::new(),
            excluded,
        });
        found.count += 1;
        found.versions.insert(version);
        let length = |it: &Divergence| it.posed.request.as_received().len();
        if length(&difference) < length(&found.difference) {
            found.difference = difference;
        }
    }

    /// The differences, each once.
    pub(super) fn differences(&self) -> impl Iterator<Item = &Divergence> {
        self.found.values().map(|found| &found.difference)
    }

    /// The same differences in the same order, about other questions.
    pub(super) fn replace(&mut self, differences: Vec<Divergence>) {
        for (found, difference) in self.found.values_mut().zip(differences) {
            found.difference = difference;
        }
    }

    /// Whether every question was answered, and each difference is explained or excluded.
    pub(super) fn is_clean(&self) -> bool {
        self.failed == 0 && !self.found.values().any(Found::is_unexplained)
    }

    /// A file for each op and room version, of the smallest question of each difference with our
    /// answer.
    pub(super) fn write_vectors(&self, folder: &Path) -> Result<(), Failure> {
        let mut files: BTreeMap<_, String> = BTreeMap::new();
        for found in self.found.values() {
            let posed = &found.difference.posed;
            let path = folder.join(posed.op).join(version(posed)).join("duel.jsonl");
            let file = files.entry(path).or_default();
            file.push_str(&vector(&found.difference).to_line());
            file.push('\n');
        }
        for (path, lines) in files {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(|error| Failure::unwritable(parent, &error))?;
            }
            whole::write(&path, lines).map_err(|error| Failure::unwritable(&path, &error))?;
        }
        Ok(())
    }
}

fn vector(difference: &Divergence) -> Vector {
    let (request, response) = (difference.posed.request.clone(), difference.ours.clone());
    let ok = response.get("ok").and_then(Value::as_object);
    let rule = ok.and_then(|ok| ok.get("rule")).and_then(Value::as_str).map(str::to_owned);
    let id = request.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    Vector {
        id,
        comment: format!("Another implementation answers otherwise: {}.", difference.at),
        rules: rule.into_iter().collect(),
        links: Vec::new(),
        flags: Vec::new(),
        request,
        response,
        alternatives: Vec::new(),
    }
}

/// The room version that a question is about.
pub(super) fn version(posed: &Posed) -> String {
    let version = posed.request.get("room_version").and_then(Value::as_str);
    version.unwrap_or_default().to_owned()
}
