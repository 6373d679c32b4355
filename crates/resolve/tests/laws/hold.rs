//! The laws that hold.

use std::collections::BTreeSet;

use exeunt_dag::Number;
use exeunt_event::EventId;
use exeunt_forks::{Fork, Mood};
use exeunt_regressions::proptest::prelude::*;
use exeunt_resolve::{Account, AccountV2, Pool, Resolution, StateSet, resolve};
use exeunt_version::{RoomVersion, StateResolution};

use super::fork::{Forked, any_fork, of, v2, versions};

fn is_empty(account: &Account<'_>) -> bool {
    match account {
        Account::V1(account) => account.contests.is_empty(),
        Account::V2(account) => {
            let empty = AccountV2 {
                subgraph: account.subgraph.is_some().then(Vec::new),
                ..AccountV2::default()
            };
            *account == empty
        }
    }
}

/// The full conflicted set.
fn full_conflicted(account: &AccountV2<'_>) -> BTreeSet<Number> {
    let subgraph = account.subgraph.iter().flatten();
    account.conflicted.iter().chain(&account.auth_difference).chain(subgraph).copied().collect()
}

/// What does not depend on the order in which the graph came to know the events: the state, the
/// lists without an order of their own, and those with one.
type ByIds = (BTreeSet<EventId>, Vec<BTreeSet<EventId>>, Vec<Vec<EventId>>);

fn by_ids(pool: &Pool, resolution: &Resolution<'_>) -> ByIds {
    let id = |number: &Number| pool.dag().id(*number).unwrap().clone();
    let state = resolution.state().iter().map(|(_, number)| id(&number)).collect();
    match &resolution.account {
        Account::V1(account) => {
            let mut contests: Vec<Vec<EventId>> = Vec::new();
            for contest in &account.contests {
                contests.push(contest.candidates.iter().map(|it| id(&it.event)).collect());
            }
            // Those of a pass are sorted by keys, which are numbered as they were met.
            contests.sort();
            (state, Vec::new(), contests)
        }
        Account::V2(account) => {
            let subgraph = account.subgraph.as_deref().unwrap_or_default();
            let unordered = [&account.conflicted, &account.auth_difference, &account.cyclic];
            let mut sets: Vec<_> =
                unordered.map(|list| list.iter().map(id).collect()).into_iter().collect();
            sets.push(subgraph.iter().map(id).collect());
            let power_events = account.power_events.iter().map(|step| id(&step.event)).collect();
            let mainline = account.mainline.iter().map(id).collect();
            let others = account.others.iter().map(|step| id(&step.event)).collect();
            (state, sets, vec![power_events, mainline, others])
        }
    }
}

/// The fork with its events in another order.
fn shuffled(fork: &Fork, order: &[usize]) -> Fork {
    let mut places: Vec<usize> = (0..fork.events.len()).collect();
    places.sort_by_key(|place| (order.get(*place).copied(), *place));
    let mut fork = fork.clone();
    fork.events = places.iter().map(|place| fork.events[*place].clone()).collect();
    fork
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn r1_the_order_and_the_multiplicity_of_the_states_do_not_matter(
        (fork, order) in any_fork().prop_flat_map(|fork| {
            let count = fork.state_sets.len();
            (Just(fork), prop::collection::vec(0..count, 0..6))
        }),
    ) {
        let forked = Forked::new(fork);
        let mut others: Vec<StateSet> = order.iter().map(|at| forked.sets[*at].clone()).collect();
        others.extend(forked.sets.iter().rev().cloned());
        let (one, other) = (forked.resolve(&forked.sets), forked.resolve(&others));
        prop_assert_eq!(one.state(), other.state());
        prop_assert_eq!(one.contested(), other.contested());
        prop_assert_eq!(one.account, other.account);
    }

    #[test]
    fn r2_resolving_one_state_or_equal_states_changes_nothing(
        fork in any_fork(),
        times in 1..4_usize,
    ) {
        let forked = Forked::new(fork);
        for set in &forked.sets {
            let resolution = forked.resolve(&vec![set.clone(); times]);
            prop_assert_eq!(&resolution.state(), set);
            prop_assert!(resolution.contested().is_empty());
            prop_assert!(is_empty(&resolution.account));
        }
    }

    #[test]
    fn r3_unconflicted_entries_survive(fork in any_fork()) {
        let forked = Forked::new(fork);
        let resolution = forked.resolve(&forked.sets);
        let state = resolution.state();
        for (key, event) in forked.sets.iter().flat_map(StateSet::iter) {
            let is_unconflicted = forked.sets.iter().all(|set| match forked.algorithm() {
                // A state that has no such entry is in no conflict.
                StateResolution::V1 => set.get(key).is_none_or(|other| other == event),
                StateResolution::V2 | StateResolution::V2_1 => set.get(key) == Some(event),
            });
            if is_unconflicted {
                prop_assert_eq!(state.get(key), Some(event));
            }
        }
    }

    #[test]
    fn r4_every_entry_comes_from_a_state_or_from_what_their_auth_chains_add(fork in any_fork()) {
        let forked = Forked::new(fork);
        let resolution = forked.resolve(&forked.sets);
        for (key, event) in resolution.state().iter() {
            let is_input = forked.sets.iter().any(|set| set.get(key) == Some(event));
            let is_added = v2(&resolution).is_some_and(|account| {
                let subgraph = account.subgraph.as_deref().unwrap_or_default();
                account.auth_difference.contains(&event) || subgraph.contains(&event)
            });
            prop_assert!(is_input || is_added);
        }
    }

    #[test]
    fn r9_the_order_of_arrival_does_not_matter(
        (fork, order) in any_fork().prop_flat_map(|fork| {
            let count = fork.events.len();
            (Just(fork), prop::collection::vec(any::<usize>(), count))
        }),
    ) {
        // Of two events of the same ID the first counts: there the order must matter.
        let mut fork = fork;
        let mut seen = BTreeSet::new();
        fork.events.retain(|event| seen.insert(event.event_id().clone()));
        let version = fork.version.clone();
        let one = Forked::new(fork.clone());
        let mut pool = Pool::default();
        let shuffled = shuffled(&fork, &order);
        for event in &shuffled.events {
            pool.insert(event, shuffled.is_rejected(event.event_id()));
        }
        let sets: Vec<_> = fork.state_sets.iter().map(|set| pool.state(set).unwrap()).collect();
        let other = resolve(pool.events(&version), &sets);
        prop_assert_eq!(by_ids(&one.pool, &one.resolve(&one.sets)), by_ids(&pool, &other));
    }

    #[test]
    fn r10_both_orderings_are_total_and_the_first_respects_auth_edges(fork in any_fork()) {
        let forked = Forked::new(fork);
        let resolution = forked.resolve(&forked.sets);
        let Some(account) = v2(&resolution) else { return Ok(()) };
        // Each state event in conflict has one place.
        let mut placed: Vec<Number> = account.power_events.iter().map(|step| step.event).collect();
        placed.extend(account.others.iter().map(|step| step.event));
        placed.extend(&account.cyclic);
        placed.sort_unstable();
        let events = forked.pool.events(&forked.fork.version);
        let is_state = |event: &Number| events.state_event(*event).is_some();
        let expected: Vec<_> = full_conflicted(account).into_iter().filter(is_state).collect();
        prop_assert_eq!(placed, expected);
        // No power event is after one whose auth chain it is in.
        let mut later: BTreeSet<Number> = account.power_events.iter().map(|step| step.event).collect();
        for step in &account.power_events {
            let chain = chain(&forked.pool, step.event);
            prop_assert!(chain.is_disjoint(&later));
            later.remove(&step.event);
        }
        // The keys of the others ascend.
        let id = |event| forked.pool.dag().id(event);
        let keys = account.others.iter().map(|step| {
            let position = step.key.position.map_or(0, |position| u32::MAX - position);
            (position, step.key.origin_server_ts, id(step.event))
        });
        prop_assert!(keys.is_sorted_by(|one, other| one < other));
    }

    #[test]
    fn r11_what_is_in_conflict_in_v2_is_in_conflict_in_v2_1(
        fork in prop::sample::select(vec![Mood::Honest, Mood::Hostile, Mood::Broken])
            .prop_flat_map(|mood| of(versions(&[11, 12]), mood)),
    ) {
        let (v2_0, v2_1) = in_both(&fork);
        let (one, other) = (v2_0.resolve(&v2_0.sets), v2_1.resolve(&v2_1.sets));
        let (one, other) = (full_conflicted(v2(&one).unwrap()), full_conflicted(v2(&other).unwrap()));
        prop_assert!(one.is_subset(&other));
    }
}

fn chain(pool: &Pool, event: Number) -> BTreeSet<Number> {
    let mut chain = BTreeSet::new();
    let mut open = pool.dag().auth().parents(event).to_vec();
    while let Some(event) = open.pop() {
        if chain.insert(event) {
            open.extend(pool.dag().auth().parents(event));
        }
    }
    chain
}

/// The fork in its version, but for state resolution: v2, and v2.1.
pub(crate) fn in_both(fork: &Fork) -> (Forked, Forked) {
    let with = |algorithm: &str| {
        let base = fork.version.id();
        let text = format!("id = \"other\"\nbase = \"{base}\"\nstate_resolution = \"{algorithm}\"");
        Forked::new(Fork { version: RoomVersion::from_toml(&text).unwrap(), ..fork.clone() })
    };
    (with("2"), with("2.1"))
}
