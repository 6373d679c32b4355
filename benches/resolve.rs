//! State resolution: large forks that differ in one respect from one another, and what a caller has
//! to have ready before it can ask.
//!
//! If `EXEUNT_SLOW_BENCHES` is set, those that take ruma longest run, instead of all others. What
//! takes it longer than a second is not repeated as often as criterion would.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark: criterion names its functions, and it may stop"
)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the standard library's map, because that is what ruma's users have; and this is about time"
)]

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use exeunt_differential::Pdu;
use exeunt_event::{Event, EventId};
use exeunt_forks::{Bulk, Fork, bulk};
use exeunt_resolve::{Pool, Resolution, StateSet, resolve};
use exeunt_version::RoomVersion;
use ruma_common::OwnedEventId;
use ruma_common::room_version_rules::RoomVersionRules;
use ruma_state_res::utils::event_id_set::EventIdSet;
use ruma_state_res::{Event as _, StateMap};

/// What the other shapes differ from in one respect.
const BASE: Bulk = Bulk { conflicted: 10_000, forks: 2, power_levels_every: None, users: 20 };

/// A shape as a name: `10000/forks-2/levels-never/users-20`.
fn name(shape: Bulk) -> String {
    let Bulk { conflicted, forks, power_levels_every, users } = shape;
    let every = power_levels_every.map_or("never".to_owned(), |every| every.to_string());
    format!("{conflicted}/forks-{forks}/levels-{every}/users-{users}")
}

/// Exeunt's side, ready to be asked.
struct Ours {
    pool: Pool,
    sets: Vec<StateSet>,
}

impl Ours {
    fn new(fork: &Fork) -> Self {
        let pool = Pool::new(fork.events.iter().cloned(), |_| false);
        let sets = fork.state_sets.iter().map(|ids| pool.state(ids).unwrap()).collect();
        Self { pool, sets }
    }

    fn resolve<'a>(&'a self, version: &'a RoomVersion) -> Resolution<'a> {
        resolve(self.pool.events(version), &self.sets)
    }

    fn state(&self, version: &RoomVersion) -> BTreeMap<(String, String), String> {
        let entry = |(key, number)| {
            let (event_type, state_key) = self.pool.keys().name(key).unwrap();
            let id = self.pool.dag().id(number).unwrap();
            ((event_type.to_string(), state_key.to_owned()), id.to_string())
        };
        self.resolve(version).state().iter().map(entry).collect()
    }
}

/// ruma's side, ready to be asked.
struct Theirs {
    events: HashMap<OwnedEventId, Pdu>,
    sets: Vec<StateMap<OwnedEventId>>,
    auth_chains: Vec<EventIdSet<OwnedEventId>>,
    subgraph: EventIdSet<OwnedEventId>,
}

fn pdus(fork: &Fork) -> Vec<Pdu> {
    let pdu = |event: &Event| {
        Pdu::new(&serde_json::from_str(event.text()).unwrap(), event.event_id().as_str(), false)
    };
    fork.events.iter().map(pdu).collect()
}

impl Theirs {
    /// The states as ruma wants them; the auth chain of each, by one walk over all of its events;
    /// and for room version 12 the conflicted subgraph, by a walk down and one up.
    fn new(pdus: &[Pdu], states: &[Vec<EventId>], rules: &RoomVersionRules) -> Self {
        let events: HashMap<OwnedEventId, Pdu> =
            pdus.iter().map(|pdu| (pdu.event_id().clone(), pdu.clone())).collect();
        let entry = |id: &EventId| {
            let pdu = &events[<&ruma_common::EventId>::try_from(id.as_str()).unwrap()];
            let key = (pdu.event_type().to_string().into(), pdu.state_key().unwrap().to_owned());
            (key, pdu.event_id().clone())
        };
        let state = |ids: &Vec<EventId>| ids.iter().map(entry).collect();
        let sets: Vec<StateMap<OwnedEventId>> = states.iter().map(state).collect();
        let chain = |set: &StateMap<OwnedEventId>| chain(&events, set.values());
        let auth_chains = sets.iter().map(chain).collect();
        let needs_subgraph = rules.state_res.v2_rules().unwrap().consider_conflicted_state_subgraph;
        let subgraph =
            if needs_subgraph { subgraph(&events, &sets) } else { EventIdSet::default() };
        Self { events, sets, auth_chains, subgraph }
    }

    fn resolve(
        &self,
        auth_chains: Vec<EventIdSet<OwnedEventId>>,
        rules: &RoomVersionRules,
    ) -> StateMap<OwnedEventId> {
        ruma_state_res::resolve(
            &rules.authorization,
            rules.state_res.v2_rules().unwrap(),
            &self.sets,
            auth_chains,
            |id| self.events.get(id).cloned(),
            |_| Some(self.subgraph.clone()),
        )
        .unwrap()
    }
}

/// What some events lead to.
fn chain<'e>(
    events: &'e HashMap<OwnedEventId, Pdu>,
    starts: impl Iterator<Item = &'e OwnedEventId>,
) -> EventIdSet<OwnedEventId> {
    let mut chain = EventIdSet::new();
    let mut open: Vec<_> = starts.flat_map(|id| events[id].auth_events()).collect();
    while let Some(id) = open.pop() {
        if !chain.contains(id) {
            chain.insert(id.clone());
            open.extend(events[id].auth_events());
        }
    }
    chain
}

/// What is on a path between two conflicted events, these included.
fn subgraph(
    events: &HashMap<OwnedEventId, Pdu>,
    sets: &[StateMap<OwnedEventId>],
) -> EventIdSet<OwnedEventId> {
    let Some((first, others)) = sets.split_first() else {
        return EventIdSet::new();
    };
    let is_unconflicted = |key, id| others.iter().all(|set| set.get(key) == Some(id));
    let mut conflicted = EventIdSet::<OwnedEventId>::new();
    for (key, id) in sets.iter().flatten() {
        if first.get(key) != Some(id) || !is_unconflicted(key, id) {
            conflicted.insert(id.clone());
        }
    }
    let below = chain(events, conflicted.iter());
    let mut citing = HashMap::<&OwnedEventId, Vec<&OwnedEventId>>::new();
    for id in below.iter().chain(conflicted.iter()) {
        for cited in events[id].auth_events() {
            citing.entry(cited).or_default().push(id);
        }
    }
    let mut between = EventIdSet::new();
    let mut open: Vec<_> = conflicted.iter().collect();
    while let Some(id) = open.pop() {
        if !between.contains(id) {
            between.insert(id.clone());
            open.extend(citing.get(id).into_iter().flatten());
        }
    }
    between
}

/// A fork on both sides, which give the same state for it.
struct Scene {
    name: String,
    version: RoomVersion,
    rules: RoomVersionRules,
    fork: Fork,
    pdus: Vec<Pdu>,
    ours: Ours,
    theirs: Theirs,
}

impl Scene {
    fn new(version: &str, shape: Bulk) -> Self {
        let name = format!("resolve/{version}/{}", name(shape));
        let rules = if version == "12" { RoomVersionRules::V12 } else { RoomVersionRules::V11 };
        let version = RoomVersion::specified(version).unwrap();
        let fork = bulk(&version, shape);
        let pdus = pdus(&fork);
        let ours = Ours::new(&fork);
        let theirs = Theirs::new(&pdus, &fork.state_sets, &rules);
        Self { name, version, rules, fork, pdus, ours, theirs }
    }

    fn check(&self, state: StateMap<OwnedEventId>) {
        let theirs: BTreeMap<_, _> = state
            .into_iter()
            .map(|((event_type, key), id)| ((event_type.to_string(), key), id.to_string()))
            .collect();
        assert!(self.ours.state(&self.version) == theirs, "{}", self.name);
    }

    fn time_of_ruma(&self) -> Duration {
        let chains = self.theirs.auth_chains.clone();
        let start = Instant::now();
        let state = self.theirs.resolve(chains, &self.rules);
        let elapsed = start.elapsed();
        self.check(state);
        elapsed
    }

    fn bench(&self, criterion: &mut Criterion) {
        let once = self.time_of_ruma();
        let mut group = criterion.benchmark_group(&self.name);
        group.bench_function("exeunt", |b| {
            let resolve = |()| self.ours.resolve(&self.version);
            b.iter_batched(|| (), resolve, BatchSize::PerIteration);
        });
        if once > SLOW {
            group.finish();
            let again = if once < 3 * SLOW { 2 } else { 0 };
            let best = (0..again).map(|_| self.time_of_ruma()).fold(once, Duration::min);
            println!("{}/ruma\n{:24}time:   {best:.2?}, the best of {}", self.name, "", again + 1);
            return;
        }
        if once > SLOW / 10 {
            group.sample_size(10).measurement_time(Duration::from_millis(100));
            group.warm_up_time(Duration::from_millis(1));
        }
        group.bench_function("ruma", |b| {
            b.iter_batched(
                || self.theirs.auth_chains.clone(),
                |chains| self.theirs.resolve(chains, &self.rules),
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }

    /// From events that are parsed to what the question takes.
    fn bench_preparation(&self, criterion: &mut Criterion) {
        let mut group = criterion.benchmark_group(format!("{}/prepare", self.name));
        group.sample_size(10);
        group.bench_function("exeunt", |b| b.iter_with_large_drop(|| Ours::new(&self.fork)));
        group.bench_function("ruma", |b| {
            b.iter_with_large_drop(|| Theirs::new(&self.pdus, &self.fork.state_sets, &self.rules));
        });
        group.finish();
    }
}

/// What takes ruma longer is not measured by statistics.
const SLOW: Duration = Duration::from_secs(1);

fn shapes(criterion: &mut Criterion) {
    let large = Bulk { conflicted: 100_000, ..BASE };
    let shapes = if std::env::var_os("EXEUNT_SLOW_BENCHES").is_some() {
        vec![
            Bulk { forks: 8, ..large },
            Bulk { power_levels_every: Some(100), ..large },
            Bulk { power_levels_every: Some(10), ..large },
        ]
    } else {
        vec![
            Bulk { conflicted: 100, ..BASE },
            Bulk { conflicted: 1_000, ..BASE },
            BASE,
            large,
            Bulk { forks: 8, ..BASE },
            Bulk { power_levels_every: Some(100), ..BASE },
            Bulk { power_levels_every: Some(10), ..BASE },
            Bulk { users: 1_000, ..BASE },
        ]
    };
    for version in ["11", "12"] {
        for shape in &shapes {
            let scene = Scene::new(version, *shape);
            scene.bench(criterion);
            if *shape == BASE || *shape == large {
                scene.bench_preparation(criterion);
            }
        }
    }
}

criterion_group! {
    name = benches;
    config = exeunt_benches::criterion();
    targets = shapes
}
criterion_main!(benches);
