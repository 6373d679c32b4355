//! Chains too long for anything that recurses, or that costs more than it walks.

use exeunt_dag::{Dag, Number};
use exeunt_event::EventId;
use petgraph::algo::toposort;

const LENGTH: usize = 1_000_000;

fn id(index: usize) -> EventId {
    EventId::from_received(&format!("${index:x}"))
}

/// Event i has event i − 1 as an auth event. `order` is that of arrival.
fn chain(order: impl Iterator<Item = usize>) -> Dag<()> {
    let mut dag = Dag::new();
    for index in order {
        dag.insert(&id(index), &[], index.checked_sub(1).map(id).as_slice(), ());
    }
    dag
}

#[test]
fn a_chain_of_a_million_auth_events_is_walked_without_recursion() {
    let mut dag = chain(0..LENGTH);
    let auth = dag.auth();
    let [first, last] = [0, LENGTH - 1].map(Number::from_index);
    assert_eq!(auth.generation(last).map(|generation| generation as usize), Some(LENGTH));
    assert_eq!(auth.ancestors([last]).len(), LENGTH - 1);
    assert!(auth.is_ancestor(first, last));
    assert!(!auth.is_ancestor(last, first));
    assert_eq!(auth.difference(&[vec![last], vec![first]]).len(), LENGTH - 1);
    assert_eq!(auth.subgraph(&[first, last]).len(), LENGTH);
    // A clone that goes on shares the rest, which goes when both are gone.
    let before = dag.clone();
    dag.insert(&id(LENGTH), &[], &[id(LENGTH - 1)], ());
    assert_eq!((before.len(), dag.len()), (LENGTH, LENGTH + 1));
    drop(dag);
    assert_eq!(before.auth().children(last).count(), 0);
}

#[test]
fn a_chain_that_arrives_from_its_end_settles_without_recursion() {
    const LENGTH: usize = 100_000;
    let dag = chain((0..LENGTH).rev());
    let auth = dag.auth();
    let [first, last] = [0, LENGTH - 1].map(|index| dag.known(&id(index)).unwrap());
    assert!(!auth.is_ordered());
    assert_eq!(auth.generation(last).map(|generation| generation as usize), Some(LENGTH));
    assert_eq!(auth.difference(&[vec![last], vec![first]]).len(), LENGTH - 1);
    assert_eq!(auth.subgraph(&[first, last]).len(), LENGTH);
    assert!(auth.cycles().is_empty());
    assert_eq!(toposort(auth, None).unwrap().first(), Some(&last));
}

#[test]
fn a_cycle_of_many_events_is_an_answer() {
    const LENGTH: usize = 100_000;
    let mut dag = Dag::new();
    for index in 0..LENGTH {
        let cites = [id((index + LENGTH - 1) % LENGTH)];
        dag.insert(&id(index), &[], &cites, ());
    }
    let auth = dag.auth();
    let all: Vec<_> = (0..LENGTH).map(Number::from_index).collect();
    assert_eq!(auth.ancestors([all[5]]), all);
    assert!(auth.is_ancestor(all[5], all[5]));
    assert_eq!(auth.difference(&[vec![all[5]], vec![all[9]]]), []);
    assert_eq!(auth.subgraph(&[all[5]]).len(), LENGTH);
    assert_eq!(auth.cycles(), [all]);
}
