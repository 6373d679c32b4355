//! What is fast gives what the definition gives: the same state and the same account of it, on
//! whatever input.
//!
//! `PROPTEST_CASES=100000 cargo test --release -p exeunt-resolve --test equal` tries that many
//! forks for each algorithm.

#![allow(clippy::unwrap_used, reason = "a test")]

use exeunt_dag::Number;
use exeunt_forks::{Fork, Mood, cyclic_versions, forks};
use exeunt_regressions::proptest::prelude::*;
use exeunt_resolve::{Body, Key, Pool, StateSet, definition, resolve};
use exeunt_version::{
    OwnAuthChain, PowerEventChain, PowerEvents, PowerOrdering, Readings, RejectedInResolution,
    RoomVersion, V1Failed, V1Members,
};

/// What is done to a fork before its states are resolved.
#[derive(Clone, Debug)]
struct Question {
    fork: Fork,
    arrival: Arrival,
    /// Entries put into the states: which state, the key of which event, which number.
    noise: Vec<(usize, usize, usize)>,
    readings: Readings,
}

/// In which order the graph comes to know the events.
#[derive(Clone, Copy, Debug)]
enum Arrival {
    AuthOrder,
    AsListed,
    Backwards,
    /// In steps of that many.
    Mixed(usize),
}

fn readings() -> impl Strategy<Value = Readings> {
    let text = Just(Readings::default());
    let any_choice = (
        prop_oneof![Just(OwnAuthChain::Excluded), Just(OwnAuthChain::Included)],
        prop_oneof![Just(PowerEventChain::Whole), Just(PowerEventChain::Conflicted)],
        prop_oneof![Just(PowerEvents::Text), Just(PowerEvents::Synapse)],
        prop_oneof![Just(PowerOrdering::Candidates), Just(PowerOrdering::Layers)],
        prop_oneof![
            Just(RejectedInResolution::TakesPart),
            Just(RejectedInResolution::LeftOut),
            Just(RejectedInResolution::Powerless),
            Just(RejectedInResolution::Skipped),
        ],
        prop_oneof![Just(V1Failed::LeftOut), Just(V1Failed::Lowest)],
        prop_oneof![Just(V1Members::EachUser), Just(V1Members::OneList)],
    )
        .prop_map(|(own, chain, power_events, ordering, rejected, failed, members)| Readings {
            own_auth_chain: own,
            power_event_chain: chain,
            power_events,
            power_ordering: ordering,
            rejected_in_resolution: rejected,
            v1_failed: failed,
            v1_members: members,
            ..Readings::default()
        });
    prop_oneof![1 => text, 3 => any_choice]
}

fn questions(versions: &[RoomVersion]) -> impl Strategy<Value = Question> + use<> {
    let all = versions.iter().flat_map(|version| {
        [Mood::Honest, Mood::Hostile, Mood::Broken].map(|mood| forks(version, mood).boxed())
    });
    let arrivals = prop_oneof![
        3 => Just(Arrival::AuthOrder),
        1 => Just(Arrival::AsListed),
        1 => Just(Arrival::Backwards),
        1 => (2..9_usize).prop_map(Arrival::Mixed),
    ];
    let entry = (0..8_usize, 0..64_usize, 0..64_usize);
    let noise = prop_oneof![
        4 => Just(Vec::new()),
        1 => prop::collection::vec(entry, 1..5),
    ];
    (prop::strategy::Union::new(all.collect::<Vec<_>>()), arrivals, noise, readings())
        .prop_map(|(fork, arrival, noise, readings)| Question { fork, arrival, noise, readings })
}

fn pool(Question { fork, arrival, .. }: &Question) -> Pool {
    let count = fork.events.len();
    let order: Vec<usize> = match *arrival {
        Arrival::AuthOrder => {
            return Pool::new(fork.events.iter().cloned(), |id| fork.is_rejected(id));
        }
        Arrival::AsListed => (0..count).collect(),
        Arrival::Backwards => (0..count).rev().collect(),
        Arrival::Mixed(step) => (0..step).flat_map(|start| (start..count).step_by(step)).collect(),
    };
    let mut pool = Pool::default();
    for at in order {
        let event = &fork.events[at];
        pool.insert(event, fork.is_rejected(event.event_id()));
    }
    pool
}

/// The states, with entries that no room would have: of numbers that stand for no state event, or
/// for one of another key.
fn sets(question: &Question, pool: &Pool) -> Vec<StateSet> {
    let dag = pool.dag();
    let key_of = |number: Number| dag.get(number)?.state_event().map(|event| event.key);
    let state = |ids: &Vec<_>| {
        let numbers = ids.iter().filter_map(|id| dag.known(id));
        numbers.filter_map(|number| Some((key_of(number)?, number))).collect()
    };
    let mut sets: Vec<StateSet> = question.fork.state_sets.iter().map(state).collect();
    let keys: Vec<Key> = dag.events().filter_map(key_of).collect();
    for (set, key, number) in &question.noise {
        let count = sets.len().max(1);
        if let (Some(set), Some(key)) =
            (sets.get_mut(set % count), keys.get(key % keys.len().max(1)))
        {
            set.insert(*key, Number::from_index(number % (dag.bound() + 2)));
        }
    }
    sets
}

fn check(question: &Question) -> Result<(), TestCaseError> {
    let pool = pool(question);
    let sets = sets(question, &pool);
    let mut version = question.fork.version.clone();
    version.readings = question.readings;
    let events = pool.events(&version);
    let (fast, slow) = (resolve(events, &sets), definition::resolve(events, &sets));
    prop_assert_eq!(&fast.account, &slow.account);
    prop_assert_eq!(fast.contested(), slow.contested());
    prop_assert_eq!(fast.state(), slow.state());
    prop_assert_eq!(fast, slow);
    Ok(())
}

fn specified(ids: &[&str], cyclic: usize) -> Vec<RoomVersion> {
    let mut versions: Vec<_> = ids.iter().map(|id| RoomVersion::specified(id).unwrap()).collect();
    versions.push(cyclic_versions()[cyclic].clone());
    versions
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 96))]

    #[test]
    fn v1_is_as_defined(question in questions(&specified(&["1"], 0))) {
        check(&question)?;
    }

    #[test]
    fn v2_is_as_defined(question in questions(&specified(&["3", "8", "11"], 1))) {
        check(&question)?;
    }

    #[test]
    fn v2_1_is_as_defined(question in questions(&specified(&["12"], 2))) {
        check(&question)?;
    }
}
