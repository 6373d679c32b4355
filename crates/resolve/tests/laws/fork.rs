//! Forks as resolution takes them.

use std::collections::BTreeMap;

use exeunt_event::{Event, EventId};
use exeunt_forks::{Fork, Mood, cyclic_versions, forks};
use exeunt_regressions::proptest::prelude::*;
use exeunt_resolve::{Account, AccountV2, Pool, Resolution, StateSet, resolve};
use exeunt_version::{RoomVersion, StateResolution};

/// A fork with its graph.
pub(crate) struct Forked {
    pub(crate) fork: Fork,
    pub(crate) pool: Pool,
    pub(crate) sets: Vec<StateSet>,
}

impl Forked {
    pub(crate) fn new(fork: Fork) -> Self {
        let pool = Pool::new(fork.events.iter().cloned(), |id| fork.is_rejected(id));
        let sets = fork.state_sets.iter().map(|set| pool.state(set).unwrap()).collect();
        Self { fork, pool, sets }
    }

    pub(crate) fn resolve(&self, sets: &[StateSet]) -> Resolution<'_> {
        resolve(self.pool.events(&self.fork.version), sets)
    }

    pub(crate) fn algorithm(&self) -> StateResolution {
        self.fork.version.capabilities.state_resolution
    }

    pub(crate) fn state(&self, sets: &[&StateSet]) -> StateSet {
        let sets: Vec<_> = sets.iter().map(|set| (*set).clone()).collect();
        self.resolve(&sets).state()
    }

    pub(crate) fn state_of_all(&self) -> StateSet {
        self.resolve(&self.sets).state()
    }
}

/// What the account of state resolution v2 and v2.1 says.
pub(crate) fn v2<'r, 'a>(resolution: &'r Resolution<'a>) -> Option<&'r AccountV2<'a>> {
    match &resolution.account {
        Account::V2(account) => Some(account),
        Account::V1(_) => None,
    }
}

/// The specified versions of those numbers.
pub(crate) fn versions(numbers: &[u8]) -> Vec<RoomVersion> {
    numbers.iter().map(|number| RoomVersion::specified(&number.to_string()).unwrap()).collect()
}

/// Versions of all three algorithms, some in which auth events may form cycles.
pub(crate) fn all_versions() -> Vec<RoomVersion> {
    let cyclic = cyclic_versions();
    versions(&[1, 2, 3, 6, 8, 11, 12]).into_iter().chain(cyclic).collect()
}

/// Forks of those versions.
pub(crate) fn of(versions: Vec<RoomVersion>, mood: Mood) -> impl Strategy<Value = Fork> {
    prop::sample::select(versions).prop_flat_map(move |version| forks(&version, mood))
}

/// Forks of all versions and moods.
pub(crate) fn any_fork() -> impl Strategy<Value = Fork> {
    prop::sample::select(vec![Mood::Honest, Mood::Hostile, Mood::Broken])
        .prop_flat_map(|mood| of(all_versions(), mood))
}

/// For each event whose whole past is one line, without merges, the events of that line.
pub(crate) fn lines(fork: &Fork) -> Vec<Vec<&Event>> {
    let by_id: BTreeMap<&EventId, &Event> =
        fork.events.iter().map(|event| (event.event_id(), event)).collect();
    let line = |end: &EventId| {
        let mut line = Vec::new();
        let mut next = by_id.get(end).copied();
        while let Some(event) = next {
            line.push(event);
            match event.prev_events() {
                [] => {
                    line.reverse();
                    return Some(line);
                }
                [before] => next = by_id.get(before).copied(),
                _ => return None,
            }
        }
        None
    };
    fork.events.iter().filter_map(|event| line(event.event_id())).collect()
}
