//! Events that lead back to themselves.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::model::{BOTH, Model, Names, dag, histories, names, set, steps, view};

#[test]
fn a_cycle_is_found_and_what_only_leads_there_is_not_part_of_it() {
    let dag = dag(&steps(&[(0, &[]), (1, &[0, 3]), (2, &[1]), (3, &[2]), (4, &[3]), (5, &[5])]));
    let cycles: Vec<_> = dag.auth().cycles().into_iter().map(|cycle| set(&dag, cycle)).collect();
    assert_eq!(cycles, [Names::from([1, 2, 3]), Names::from([5])]);
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn cycles_are_the_events_that_are_their_own_ancestors(steps in histories()) {
        let dag = dag(&steps);
        for edges in BOTH {
            let (view, model) = (view(&dag, edges), Model::new(&steps, edges));
            let cycles = view.cycles();
            prop_assert!(cycles.is_sorted() && cycles.iter().all(|cycle| cycle.is_sorted()));
            let found = cycles.iter().map(|cycle| names(&dag, cycle.iter().copied()));
            let found: BTreeSet<Names> = found.map(|cycle| cycle.into_iter().collect()).collect();
            let lead_back = model.order.iter().copied().filter(|name| model.leads_to(*name, *name));
            let expected: BTreeSet<Names> = lead_back
                .map(|name| {
                    let mut with = model.ancestors(&Names::from([name]));
                    with.retain(|other| model.leads_to(*other, name));
                    with
                })
                .collect();
            prop_assert_eq!(found, expected);
            prop_assert!(cycles.is_empty() || !view.is_ordered());
        }
    }
}
