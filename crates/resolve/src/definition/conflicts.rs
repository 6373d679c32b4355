//! What is in conflict: the definitions of state resolution v2 and v2.1 that take states.

use std::collections::BTreeSet;

use exeunt_dag::Number;
use exeunt_version::OwnAuthChain;

use super::{StateMap, keys};
use crate::{Body, Events, StateSet};

/// **Unconflicted state map.** "If a given key *K* is present in every *Sᵢ* with the same value *V*
/// in each state map, then the pair (*K*, *V*) belongs to the *unconflicted state map*."
pub(super) fn unconflicted_state_map(sets: &[StateSet]) -> StateMap {
    let mut map = StateMap::new();
    for key in keys(sets) {
        let values: BTreeSet<Option<Number>> = sets.iter().map(|set| set.get(key)).collect();
        if let (1, Some(Some(value))) = (values.len(), values.first()) {
            map.insert(key, *value);
        }
    }
    map
}

/// **Conflicted state set.** "Otherwise, *V* belongs to the *conflicted state set*."
pub(super) fn conflicted_state_set<T: Body>(
    events: Events<'_, T>,
    sets: &[StateSet],
) -> BTreeSet<Number> {
    let unconflicted = unconflicted_state_map(sets);
    let mut conflicted = BTreeSet::new();
    for (key, value) in sets.iter().flat_map(StateSet::iter) {
        if !unconflicted.contains_key(&key) && events.dag.is_known(value) {
            conflicted.insert(value);
        }
    }
    conflicted
}

/// **Auth chain.** "The events reachable by walking the graph induced by an event's `auth_events`
/// links." An event that is not its own ancestor is not in it. What is missing leads nowhere.
pub(super) fn auth_chain<T: Body>(events: Events<'_, T>, event: Number) -> BTreeSet<Number> {
    auth_chain_through(events, event, |_| true)
}

/// The auth chain of an event as far as one gets through events of some kind, which are all that is
/// in it.
pub(super) fn auth_chain_through<T: Body>(
    events: Events<'_, T>,
    event: Number,
    passes: impl Fn(Number) -> bool,
) -> BTreeSet<Number> {
    let mut chain = BTreeSet::new();
    let mut open = vec![event];
    while let Some(event) = open.pop() {
        for cited in events.dag.auth().parents(event) {
            if events.dag.is_known(*cited) && passes(*cited) && chain.insert(*cited) {
                open.push(*cited);
            }
        }
    }
    chain
}

/// "The full auth chain for each state *Sᵢ*, that is the union of the auth chains for each event in
/// *Sᵢ*."
fn full_auth_chain<T: Body>(events: Events<'_, T>, set: &StateSet) -> BTreeSet<Number> {
    let mut full = BTreeSet::new();
    for (_, event) in set.iter() {
        full.extend(auth_chain(events, event));
        match events.version.readings.own_auth_chain {
            OwnAuthChain::Excluded => {}
            OwnAuthChain::Included => {
                full.extend(Some(event).filter(|event| events.dag.is_known(*event)));
            }
        }
    }
    full
}

/// **Auth difference.** "If *Cᵢ* is the full auth chain of *Sᵢ*, then the auth difference is
/// ∪ *Cᵢ* − ∩ *Cᵢ*."
pub(super) fn auth_difference<T: Body>(
    events: Events<'_, T>,
    sets: &[StateSet],
) -> BTreeSet<Number> {
    let chains: Vec<_> = sets.iter().map(|set| full_auth_chain(events, set)).collect();
    let union: BTreeSet<Number> = chains.iter().flatten().copied().collect();
    let is_in_every = |event: &Number| chains.iter().all(|chain| chain.contains(event));
    union.into_iter().filter(|event| !is_in_every(event)).collect()
}

/// **Conflicted state subgraph** (v2.1). "Starting from an event in the *conflicted state set* and
/// following `auth_events` edges may lead to another event in the conflicted state set. The union
/// of all such paths between any pair of events in the conflicted state set (including endpoints)
/// forms […] the *conflicted state subgraph*."
///
/// Every event of the set counts as an endpoint, though no path leads to it: it is in the full
/// conflicted set anyway.
pub(super) fn conflicted_state_subgraph<T: Body>(
    events: Events<'_, T>,
    conflicted: &BTreeSet<Number>,
) -> BTreeSet<Number> {
    let mut subgraph = conflicted.clone();
    for start in conflicted {
        for event in auth_chain(events, *start) {
            if auth_chain(events, event).iter().any(|end| conflicted.contains(end)) {
                subgraph.insert(event);
            }
        }
    }
    subgraph
}

/// **Full conflicted set.** "The union of the conflicted state set and the auth difference"; in v2.1
/// "the union of the conflicted state set, the conflicted state subgraph, and the auth difference".
pub(super) fn full_conflicted_set(
    conflicted: &BTreeSet<Number>,
    subgraph: Option<&BTreeSet<Number>>,
    difference: &BTreeSet<Number>,
) -> BTreeSet<Number> {
    let subgraph = subgraph.into_iter().flatten();
    conflicted.iter().chain(subgraph).chain(difference).copied().collect()
}
