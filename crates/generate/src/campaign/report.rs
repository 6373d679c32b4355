//! What a campaign found. Reports add up, in any order.

use std::collections::BTreeMap;

use exeunt_auth::{Effect, Rule};
use exeunt_event::Event;
use exeunt_laws::{History, Law, Merge, Tally};
use exeunt_room::{Outcome, Standing};
use exeunt_version::RoomVersion;

/// What a campaign found, by room version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The room versions, in the campaign's order.
    pub versions: Vec<VersionReport>,
}

/// What it found in one room version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionReport {
    /// The room version.
    pub version: String,
    /// The laws, in the campaign's order.
    pub laws: Vec<LawReport>,
    /// How often each rule decided.
    pub rules: BTreeMap<&'static str, RuleCount>,
    /// What the histories looked like.
    pub shape: Shape,
}

/// What it found of a law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LawReport {
    /// The law's number.
    pub id: &'static str,
    /// In how many histories its premise was met.
    pub met: u64,
    /// How many broke it.
    pub broken: u64,
    /// The smallest that did, in order, at most [`LawReport::KEPT`]: which of them can be made
    /// smallest is not known before it is tried.
    pub smallest: Vec<Smallest>,
}

/// A history by its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Smallest {
    /// How many events it has.
    pub events: usize,
    /// Its number.
    pub number: u64,
}

/// How often a rule decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleCount {
    /// By allowing.
    pub allowed: u64,
    /// By rejecting.
    pub rejected: u64,
}

/// What histories looked like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// How many there were.
    pub histories: u64,
    /// How many events there were.
    pub events: u64,
    /// How often one came to a server.
    pub arrivals: u64,
    /// How many histories had forks.
    pub forks: u64,
    /// How many had states to be resolved that were not the same.
    pub conflicts: u64,
    /// How many had soft failures.
    pub soft_failures: u64,
    /// How many had rejected events.
    pub rejections: u64,
}

impl LawReport {
    /// How many histories that broke the law are kept.
    pub const KEPT: usize = 6;

    fn new(law: &Law) -> Self {
        Self { id: law.id, met: 0, broken: 0, smallest: Vec::new() }
    }

    pub(super) fn count(&mut self, tally: &Tally, history: Smallest) {
        self.met += u64::from(tally.met > 0);
        if tally.broken.is_some() {
            self.broken += 1;
            self.keep(&[history]);
        }
    }

    fn add(&mut self, other: &Self) {
        self.met += other.met;
        self.broken += other.broken;
        self.keep(&other.smallest);
    }

    fn keep(&mut self, more: &[Smallest]) {
        self.smallest.extend_from_slice(more);
        self.smallest.sort_unstable();
        self.smallest.truncate(Self::KEPT);
    }
}

impl VersionReport {
    pub(super) fn new(version: &str, laws: &[&'static Law]) -> Self {
        Self {
            version: version.to_owned(),
            laws: laws.iter().map(|law| LawReport::new(law)).collect(),
            rules: BTreeMap::new(),
            shape: Shape::default(),
        }
    }
}

/// The rules that decide in no history of a campaign, and why.
pub const UNREACHABLE: [(Rule, &str); 1] =
    [(Rule::AuthEventsOtherRoom, "a room takes no event of another, so that none can be cited")];

impl VersionReport {
    /// The rules of the room version that never decided, each with what it never did; those aside
    /// that no event of a room can meet.
    pub fn unseen(&self, version: &RoomVersion) -> Vec<(Rule, Effect)> {
        let is_there = |rule: &&Rule| {
            let is_reachable = UNREACHABLE.iter().all(|(unreachable, _)| unreachable != *rule);
            rule.exists_in(&version.capabilities) && is_reachable
        };
        let mut unseen = Vec::new();
        for rule in Rule::ALL.iter().filter(is_there) {
            let count = self.rules.get(rule.name()).copied().unwrap_or_default();
            let effect = rule.effect();
            if count.allowed == 0 && effect != Effect::Rejects {
                unseen.push((*rule, Effect::Allows));
            }
            if count.rejected == 0 && effect != Effect::Allows {
                unseen.push((*rule, Effect::Rejects));
            }
        }
        unseen
    }
}

impl Shape {
    /// Counts a history, given its events and the merges that it had to resolve.
    pub(super) fn count(&mut self, history: &History, events: &[&Event], resolved: &[Merge<'_>]) {
        self.histories += 1;
        let count = |of: usize| u64::try_from(of).unwrap_or(u64::MAX);
        self.events += count(events.len());
        self.arrivals += count(history.steps.len());
        let has_fork = events.iter().any(|event| event.prev_events().len() > 1)
            || history.servers.iter().any(|server| server.room.forward_extremities().len() > 1);
        self.forks += u64::from(has_fork);
        let is_conflict =
            |merge: &Merge<'_>| merge.states.windows(2).any(|pair| pair[0].1 != pair[1].1);
        self.conflicts += u64::from(resolved.iter().any(is_conflict));
        let has = |is: fn(&Standing) -> bool| {
            let decided = |outcome: &Outcome| match outcome {
                Outcome::Decided(standing) => is(standing),
                _ => false,
            };
            u64::from(history.steps.iter().any(|step| decided(&step.receipt.outcome)))
        };
        self.soft_failures += has(|standing| matches!(standing, Standing::SoftFailed(_)));
        self.rejections += has(Standing::is_rejected);
    }

    fn add(&mut self, other: &Self) {
        self.histories += other.histories;
        self.events += other.events;
        self.arrivals += other.arrivals;
        self.forks += other.forks;
        self.conflicts += other.conflicts;
        self.soft_failures += other.soft_failures;
        self.rejections += other.rejections;
    }
}

impl Report {
    /// Adds what another part of the same campaign found; `false`, and nothing is added, if it is
    /// of other versions or laws.
    pub fn add(&mut self, other: &Self) -> bool {
        let ids =
            |version: &VersionReport| version.laws.iter().map(|law| law.id).collect::<Vec<_>>();
        let is_alike = self.versions.len() == other.versions.len()
            && self
                .versions
                .iter()
                .zip(&other.versions)
                .all(|(one, other)| one.version == other.version && ids(one) == ids(other));
        if !is_alike {
            return false;
        }
        for (one, other) in self.versions.iter_mut().zip(&other.versions) {
            for (law, more) in one.laws.iter_mut().zip(&other.laws) {
                law.add(more);
            }
            for (rule, more) in &other.rules {
                let count = one.rules.entry(rule).or_default();
                count.allowed += more.allowed;
                count.rejected += more.rejected;
            }
            one.shape.add(&other.shape);
        }
        true
    }
}
