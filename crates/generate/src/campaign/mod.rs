//! Many histories against the laws.

mod network;
mod report;

use std::cell::RefCell;
use std::collections::BTreeMap;

use exeunt_auth::Rule;
use exeunt_event::EventType;
use exeunt_laws::{History, Judgement, Law, Parts, Tally, ask};
use exeunt_room::{Check, Outcome, Standing};
use exeunt_version::RoomVersion;
use proptest::strategy::{BoxedStrategy, Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

pub use network::NetworkCounterexample;
pub use report::{LawReport, Report, RuleCount, Shape, Smallest, UNREACHABLE, VersionReport};

use crate::scripts::{bans, short_scripts};
use crate::{Mood, Script, Size, play, scripts, shrink};

/// Which histories are tried, and which laws they are held against. Histories are numbered: the same
/// number is the same history, wherever and in whatever order they are tried.
#[derive(Clone, Debug)]
pub struct Campaign {
    /// The room versions: one history after the other is of the next.
    pub versions: Vec<RoomVersion>,
    /// The moods.
    pub moods: Vec<Mood>,
    /// The laws.
    pub laws: Vec<&'static Law>,
    /// What the histories follow from, beside their numbers.
    pub seed: u64,
    /// How long they are.
    pub size: Size,
}

/// From here on numbers are those of short histories, which no run comes to.
const SHORT: u64 = 1 << 52;

/// From here on they are those of histories in which people ban each other, of searches alone.
pub(crate) const BANS: u64 = 1 << 53;

/// How many short histories are looked at before the smallest of those that break a law are made
/// smaller, how many of these that are beside the first with each type of event, and how often that
/// is done.
const ROUND: (u64, usize, u64) = (256, 2, 32);

/// A counterexample as small as it could be made.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The law.
    pub law: &'static Law,
    /// The number of the history that it was made of.
    pub number: u64,
    /// The script.
    pub script: Script,
    /// The history.
    pub history: History,
    /// Where the law broke.
    pub tally: Tally,
}

impl Campaign {
    /// The room version of a room's history, and its script.
    pub fn script(&self, number: u64) -> Option<(&RoomVersion, Script)> {
        let (version, mood) = self.version_and_mood(number)?;
        let mut runner = self.runner(b"exeunt history", number);
        // Nothing in these strategies is ever filtered out.
        let strategy = of_kind((mood, self.size, Sort::of(number)));
        Some((version, strategy.new_tree(&mut runner).ok()?.current()))
    }

    fn version_and_mood(&self, number: u64) -> Option<(&RoomVersion, Mood)> {
        let turn = number % SHORT;
        let versions = u64::try_from(self.versions.len()).ok()?;
        let moods = u64::try_from(self.moods.len()).ok()?;
        let version = turn.checked_rem(versions)?;
        let mood = (turn / versions).checked_rem(moods)?;
        let version = self.versions.get(usize::try_from(version).ok()?)?;
        Some((version, *self.moods.get(usize::try_from(mood).ok()?)?))
    }

    fn runner(&self, kind: &[u8], number: u64) -> TestRunner {
        let mut hasher = blake3::Hasher::new();
        hasher.update(kind).update(&self.seed.to_le_bytes());
        hasher.update(&number.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, hasher.finalize().as_bytes());
        // Failures are kept by their numbers, and not by proptest, which would clone where it keeps
        // them at every choice.
        let config = Config { failure_persistence: None, ..Config::default() };
        TestRunner::new_with_rng(config, rng)
    }

    /// What a report has of the room version of a history.
    fn of_version<'r>(&self, number: u64, report: &'r mut Report) -> Option<&'r mut VersionReport> {
        let place = number.checked_rem(self.versions.len().try_into().unwrap_or(u64::MAX));
        report.versions.get_mut(usize::try_from(place?).ok()?)
    }

    /// An empty report of this campaign.
    pub fn report(&self) -> Report {
        let of = |version: &RoomVersion| VersionReport::new(version.id(), &self.laws);
        Report { versions: self.versions.iter().map(of).collect() }
    }

    /// Plays a history, and adds what the laws say of it to a report of this campaign.
    pub fn run(&self, number: u64, report: &mut Report) {
        if self.is_network(number) {
            self.run_network(number, report);
            return;
        }
        let Some((version, script)) = self.script(number) else { return };
        let Some(of_version) = self.of_version(number, report) else { return };
        let history = play(version, &script);
        let parts = Parts::new(&history);
        let tallies = parts.ask(self.laws.iter().copied());
        let events = history.events();
        for (law, tally) in of_version.laws.iter_mut().zip(&tallies) {
            law.count(tally, Smallest { events: events.len(), number });
        }
        count_rules(&history, parts.judgements(), &mut of_version.rules);
        of_version.shape.count(&history, &events, parts.resolved());
    }

    /// The history of a number that breaks a law, made small; `None` if it does not break it.
    /// `most` bounds how many histories are tried.
    pub fn counterexample(
        &self,
        law: &'static Law,
        number: u64,
        most: usize,
    ) -> Option<Counterexample> {
        let (version, script) = self.script(number)?;
        let tally = |script: &Script| {
            let history = play(version, script);
            let tally = ask([law], &history).into_iter().next().unwrap_or_default();
            (history, tally)
        };
        tally(&script).1.broken.as_ref()?;
        let script = shrink(&script, most, |script| tally(script).1.broken.is_some());
        let (history, tally) = tally(&script);
        Some(Counterexample { law, number, script, history, tally })
    }

    /// The smallest counterexample that short histories of the room version at that place come to, or
    /// the first that has at most so many events. Of long histories many can be made no smaller by
    /// leaving out what they have, though there is something smaller.
    pub fn short_counterexample(
        &self,
        law: &'static Law,
        version: usize,
        events: usize,
        most: usize,
    ) -> Option<Counterexample> {
        let versions = u64::try_from(self.versions.len()).ok()?;
        let version = u64::try_from(version).ok()?;
        let (looked_at, made_small, rounds) = ROUND;
        let mut best: Option<Counterexample> = None;
        for round in 0..rounds {
            let turns = round * looked_at..(round + 1) * looked_at;
            let numbers = turns.map(|turn| SHORT + turn * versions + version);
            let mut broken: Vec<(Smallest, Option<EventType>)> =
                numbers.filter_map(|number| self.broken_by(law, number)).collect();
            broken.sort_unstable();
            // Where it breaks by events of another type it breaks for another reason.
            let is_first = |at: usize| broken[..at].iter().all(|it| it.1 != broken[at].1);
            let small = (0..broken.len()).filter(|at| *at < made_small || is_first(*at));
            let small = small.map(|at| broken[at].0.number);
            let small = small.filter_map(|number| self.counterexample(law, number, most));
            best = best.into_iter().chain(small).min_by_key(Counterexample::events);
            if best.as_ref().is_some_and(|best| best.events() <= events) {
                break;
            }
        }
        best
    }

    /// The size of a room's history, if it breaks the law, and the type of the first event that the
    /// witness names.
    fn broken_by(&self, law: &'static Law, number: u64) -> Option<(Smallest, Option<EventType>)> {
        let (version, script) = self.script(number)?;
        let history = play(version, &script);
        let broken = ask([law], &history).into_iter().next()?.broken?;
        let events = history.events();
        let first = events.iter().find(|event| broken.events.first() == Some(event.event_id()));
        let event_type = first.map(|event| event.event_type().clone());
        Some((Smallest { events: events.len(), number }, event_type))
    }
}

impl Counterexample {
    /// How many events its history has.
    pub fn events(&self) -> usize {
        self.history.events().len()
    }
}

/// How many kinds of scripts each thread remembers: the moods of one campaign or two, of all sorts.
const REMEMBERED: usize = 12;

/// Which strategy a script is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Long,
    Short,
    Bans,
}

impl Sort {
    fn of(number: u64) -> Self {
        match number {
            BANS.. => Self::Bans,
            SHORT.. => Self::Short,
            _ => Self::Long,
        }
    }
}

type Kind = (Mood, Size, Sort);

thread_local! {
    static SCRIPTS: RefCell<Vec<(Kind, BoxedStrategy<Script>)>> =
        const { RefCell::new(Vec::new()) };
}

/// The strategy for scripts, which is so big that making it takes as long as making a script by it.
fn of_kind(kind: Kind) -> BoxedStrategy<Script> {
    SCRIPTS.with_borrow_mut(|known| {
        let place = known.iter().position(|(of, _)| *of == kind);
        let place = place.unwrap_or_else(|| {
            if known.len() >= REMEMBERED {
                known.clear();
            }
            let (mood, size, sort) = kind;
            let strategy = match sort {
                Sort::Long => scripts(mood, size).boxed(),
                Sort::Short => short_scripts(mood, size).boxed(),
                Sort::Bans => bans(size).boxed(),
            };
            known.push((kind, strategy));
            known.len() - 1
        });
        known[place].1.clone()
    })
}

/// Counts the rules that decided: at receipt check 5 or 6 those that allowed or rejected, and at
/// check 4 those that rejected; and the create events that were accepted, before which no state is.
fn count_rules(
    history: &History,
    judgements: &[Judgement<'_>],
    counts: &mut BTreeMap<&'static str, RuleCount>,
) {
    for judgement in judgements {
        let count = counts.entry(judgement.verdict.rule().name()).or_default();
        if judgement.is_allowed() {
            count.allowed += 1;
        } else {
            count.rejected += 1;
        }
    }
    for step in &history.steps {
        let is_create = || {
            let event = step.event.as_ref();
            event.is_some_and(|event| *event.event_type() == EventType::Create)
        };
        if step.receipt.outcome == Outcome::Decided(Standing::Accepted) && is_create() {
            counts.entry(Rule::CreateAllowed.name()).or_default().allowed += 1;
        }
        if let Outcome::Decided(Standing::Rejected(refusal)) = &step.receipt.outcome
            && refusal.check == Check::AuthEvents
            && let Some(rule) = refusal.rule
        {
            counts.entry(rule.name()).or_default().rejected += 1;
        }
    }
}
