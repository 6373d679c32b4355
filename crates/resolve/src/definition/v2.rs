//! State resolution v2 and v2.1: the algorithm.

use std::collections::BTreeSet;

use exeunt_dag::Number;
use exeunt_version::RejectedInResolution;

use super::checks::iterative_auth_checks;
use super::conflicts::{
    auth_difference, conflicted_state_set, conflicted_state_subgraph, full_conflicted_set,
    unconflicted_state_map,
};
use super::orderings::{
    mainline, mainline_ordering, power_event, power_event_chain, reverse_topological_power_ordering,
};
use super::{StateMap, listed};
use crate::{AccountV2, Body, Events, Key, StateSet};

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Revision {
    /// Of room versions 2 to 11.
    V2,
    /// Of room version 12.
    V2_1,
}

/// The resolution of a set of states.
pub(super) fn resolve<'a, T: Body>(
    events: Events<'a, T>,
    sets: &[StateSet],
    revision: Revision,
) -> (StateMap, AccountV2<'a>) {
    let unconflicted = unconflicted_state_map(sets);
    let conflicted = conflicted_state_set(events, sets);
    let difference = auth_difference(events, sets);
    // The first change of v2.1: the conflicted state subgraph is in conflict too.
    let subgraph = match revision {
        Revision::V2 => None,
        Revision::V2_1 => Some(conflicted_state_subgraph(events, &conflicted)),
    };
    let full_conflicted = full_conflicted_set(&conflicted, subgraph.as_ref(), &difference);
    let mut account = AccountV2 {
        conflicted: listed(events, &conflicted),
        auth_difference: listed(events, &difference),
        subgraph: subgraph.map(|subgraph| listed(events, &subgraph)),
        ..AccountV2::default()
    };
    if full_conflicted.is_empty() {
        return (unconflicted, account);
    }
    let full_conflicted = that_take_part(events, full_conflicted);

    // 1. "Select the set X of all power events that appear in the full conflicted set. For each such
    //    power event P, enlarge X by adding the events in the auth chain of P which also belong to
    //    the full conflicted set. Sort X into a list using the reverse topological power ordering."
    let mut x = BTreeSet::new();
    for number in &full_conflicted {
        let Some(event) = events.state_event(*number) else { continue };
        if power_event(events, &event) {
            let chain = power_event_chain(events, *number, &full_conflicted);
            x.insert(*number);
            x.extend(chain.intersection(&full_conflicted));
        }
    }
    x.retain(|number| events.state_event(*number).is_some());
    let (ordering, cyclic) = reverse_topological_power_ordering(events, &x, &full_conflicted);
    account.cyclic = listed(events, &cyclic);

    // 2. "Apply the iterative auth checks algorithm, starting from the unconflicted state map, to
    //    the list of events from the previous step to get a partially resolved state."
    //    The second change of v2.1: starting from an empty state map.
    let start = match revision {
        Revision::V2 => unconflicted.clone(),
        Revision::V2_1 => StateMap::new(),
    };
    let (partial, steps) = iterative_auth_checks(events, start, ordering);
    account.power_events = steps;

    // 3. "Take all remaining events that weren't picked in step 1 and order them by the mainline
    //    ordering based on the power level in the partially resolved state obtained in step 2."
    let remaining = full_conflicted.difference(&x).copied().collect();
    account.mainline = mainline(events, partial.get(&Key::POWER_LEVELS).copied());
    let ordering = mainline_ordering(events, &account.mainline, &remaining);

    // 4. "Apply the iterative auth checks algorithm on the partial resolved state and the list of
    //    events from the previous step."
    let (mut result, steps) = iterative_auth_checks(events, partial, ordering);
    account.others = steps;

    // 5. "Update the result by replacing any event with the event with the same key from the
    //    unconflicted state map, if such an event exists, to get the final resolved state."
    //    In v2.1 keys of the unconflicted state map may have no entry yet: they get theirs here.
    result.extend(unconflicted);
    (result, account)
}

/// The events of the full conflicted set, without the rejected ones where these are left out.
fn that_take_part<T: Body>(
    events: Events<'_, T>,
    mut full_conflicted: BTreeSet<Number>,
) -> BTreeSet<Number> {
    let is_rejected = |number| events.state_event(number).is_some_and(|event| event.is_rejected);
    match events.version.readings.rejected_in_resolution {
        RejectedInResolution::TakesPart
        | RejectedInResolution::Powerless
        | RejectedInResolution::Skipped => {}
        RejectedInResolution::LeftOut => full_conflicted.retain(|number| !is_rejected(*number)),
    }
    full_conflicted
}
