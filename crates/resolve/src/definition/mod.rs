//! State resolution as the text has it: in its words and its order, and with no concern for speed.
//!
//! - Room version 1: <https://spec.matrix.org/v1.19/rooms/v1/#state-resolution>
//! - Room versions 2 to 11: <https://spec.matrix.org/v1.19/rooms/v2/#state-resolution>
//! - Room version 12: <https://spec.matrix.org/v1.19/rooms/v12/#state-resolution>
//!
//! There is one function for each term that the text defines, named by it.

mod checks;
mod conflicts;
mod orderings;
mod v1;
mod v2;

use std::collections::{BTreeMap, BTreeSet};

use exeunt_dag::Number;
use exeunt_version::StateResolution;

use crate::{Account, Body, Events, Key, Resolution, StateSet};

/// The text's *state map*: from a type and state key to an event.
type StateMap = BTreeMap<Key, Number>;

/// Resolves states by the algorithm of the room version.
///
/// Resolving no states gives the empty state.
pub fn resolve<'a, T: Body>(events: Events<'a, T>, sets: &[StateSet]) -> Resolution<'a> {
    let (state, account) = match events.version.capabilities.state_resolution {
        StateResolution::V1 => {
            let (state, account) = v1::resolve(events, sets);
            (state, Account::V1(account))
        }
        StateResolution::V2 => {
            let (state, account) = v2::resolve(events, sets, v2::Revision::V2);
            (state, Account::V2(account))
        }
        StateResolution::V2_1 => {
            let (state, account) = v2::resolve(events, sets, v2::Revision::V2_1);
            (state, Account::V2(account))
        }
    };
    let base = sets.first().cloned().unwrap_or_default();
    let contested = contested(sets, &base, &state);
    Resolution { base, contested, account }
}

/// The keys on which the states differ, and those that the result has and the first state has not,
/// with what the result has.
fn contested(sets: &[StateSet], first: &StateSet, result: &StateMap) -> Vec<(Key, Option<Number>)> {
    let mut contested = BTreeMap::new();
    for key in keys(sets) {
        if sets.iter().any(|set| set.get(key) != first.get(key)) {
            contested.insert(key, result.get(&key).copied());
        }
    }
    for (key, event) in result {
        if first.get(*key).is_none() {
            contested.insert(*key, Some(*event));
        }
    }
    contested.into_iter().collect()
}

/// Every key that some state has.
fn keys(sets: &[StateSet]) -> BTreeSet<Key> {
    sets.iter().flat_map(|set| set.iter().map(|(key, _)| key)).collect()
}

/// A set of events as a list, in the order in which the graph came to know them. Missing events,
/// which it does not know, are left out.
fn listed<T: Body>(events: Events<'_, T>, set: &BTreeSet<Number>) -> Vec<Number> {
    let rank = |event: &Number| events.dag.auth().rank(*event);
    let mut list: Vec<_> = set.iter().copied().filter(|event| rank(event).is_some()).collect();
    list.sort_by_key(rank);
    list
}
