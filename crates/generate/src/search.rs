//! Looking for cases: random histories until one has it, made small.

use exeunt_laws::cases::Case;
use exeunt_laws::{History, Witness};
use exeunt_version::RoomVersion;

use crate::campaign::BANS;
use crate::{Campaign, Mood, Script, Size, play, shrink};

/// How many scripts are tried to make one small.
const EFFORT: usize = 3_000;

/// How many events a history may have more than the one that is described.
const SLACK: usize = 2;

/// Of so many histories one is of a sort that campaigns do not have.
const ONE_OF: u64 = 4;

/// A search for cases in a room version. Histories are numbered, so that they can be looked at in any
/// order: they are those of a [`Campaign`], and after each three of them one in which a few people ban
/// each other before they hear of what others do.
#[derive(Clone, Debug)]
pub struct Search {
    campaign: Campaign,
}

/// A history that has a case, as small as it could be made.
#[derive(Clone, Debug)]
pub struct Found {
    /// The case.
    pub case: &'static Case,
    /// The number of the history that it was made of.
    pub number: u64,
    /// The script.
    pub script: Script,
    /// The history.
    pub history: History,
    /// Where it has the case.
    pub witness: Witness,
}

impl Found {
    /// How many events the history has.
    pub fn events(&self) -> usize {
        self.history.events().len()
    }

    /// Whether it has at most two events more than the history that is described.
    pub fn is_small(&self) -> bool {
        self.events() <= self.case.events + SLACK
    }
}

impl Search {
    /// In histories of both moods that follow from the seed.
    pub fn new(version: &RoomVersion, seed: u64) -> Self {
        let (versions, moods) = (vec![version.clone()], Mood::ALL.to_vec());
        let campaign = Campaign { versions, moods, laws: Vec::new(), seed, size: Size::default() };
        Self { campaign }
    }

    fn script(&self, number: u64) -> Option<(&RoomVersion, Script)> {
        let own = number / ONE_OF;
        let is_own = number % ONE_OF == ONE_OF - 1;
        self.campaign.script(if is_own { BANS.checked_add(own)? } else { number - own })
    }

    /// Which of some cases the history of a number has.
    pub fn cases_in(&self, number: u64, cases: &[&'static Case]) -> Vec<&'static Case> {
        let Some((version, script)) = self.script(number) else { return Vec::new() };
        let history = play(version, &script);
        cases.iter().copied().filter(|case| (case.found)(&history).is_some()).collect()
    }

    /// The history of a number made small, if it has the case.
    pub fn made_small(&self, number: u64, case: &'static Case) -> Option<Found> {
        let (version, script) = self.script(number)?;
        let has_it = |script: &Script| (case.found)(&play(version, script)).is_some();
        if !has_it(&script) {
            return None;
        }
        let script = shrink(&script, EFFORT, has_it);
        let history = play(version, &script);
        let witness = (case.found)(&history)?;
        Some(Found { case, number, script, history, witness })
    }
}

/// The first of so many histories that has a case and can be made as small as it is described, or
/// nearly so; if none can be, the smallest.
pub fn search(case: &'static Case, version: &RoomVersion, seed: u64, most: u64) -> Option<Found> {
    let search = Search::new(version, seed);
    let mut smallest: Option<Found> = None;
    for found in (0..most).filter_map(|number| search.made_small(number, case)) {
        if found.is_small() {
            return Some(found);
        }
        if smallest.as_ref().is_none_or(|it| found.events() < it.events()) {
            smallest = Some(found);
        }
    }
    smallest
}
