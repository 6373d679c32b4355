//! The conflicted state subgraph of state resolution v2.1.

use proptest::prelude::*;

use crate::model::{BOTH, Model, Names, dag, histories, names, numbers, some_events, steps, view};

#[test]
fn what_lies_between_two_events_is_in_the_subgraph() {
    // 4 -> 3 -> 1 -> 0 and 4 -> 2 -> 0; 5 hangs on 3.
    let dag = dag(&steps(&[(0, &[]), (1, &[0]), (2, &[0]), (3, &[1]), (4, &[3, 2]), (5, &[3])]));
    let between = |some: &[usize]| names(&dag, dag.auth().subgraph(&numbers(&dag, some)));
    assert_eq!(between(&[4, 1]), [1, 3, 4]);
    assert_eq!(between(&[4, 0]), [0, 1, 2, 3, 4]);
    assert_eq!(between(&[4, 5]), [4, 5]);
    assert_eq!(between(&[2, 2]), [2]);
    assert!(between(&[]).is_empty());
}

#[test]
fn nothing_leads_to_a_missing_event_by_way_of_the_subgraph() {
    let dag = dag(&steps(&[(1, &[0]), (2, &[1]), (3, &[])]));
    for between in [[2, 0], [0, 2]] {
        assert_eq!(names(&dag, dag.auth().subgraph(&numbers(&dag, &between))), [2]);
    }
    // Nor does it if an event that came before lowers the floor.
    let dag = crate::model::dag(&steps(&[(3, &[]), (1, &[0]), (2, &[1])]));
    assert_eq!(names(&dag, dag.auth().subgraph(&numbers(&dag, &[3, 2, 0]))), [3, 2]);
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn the_subgraph_is_what_is_reached_and_reaches(steps in histories(), between in some_events()) {
        let dag = dag(&steps);
        for edges in BOTH {
            let (view, model) = (view(&dag, edges), Model::new(&steps, edges));
            let ends: Names =
                between.iter().copied().filter(|name| model.is_known(*name)).collect();
            let mut expected = ends.clone();
            for name in model.ancestors(&ends) {
                if !model.ancestors(&Names::from([name])).is_disjoint(&ends) {
                    expected.insert(name);
                }
            }
            let found = names(&dag, view.subgraph(&numbers(&dag, &between)));
            prop_assert_eq!(found, model.in_order(&expected));
        }
    }
}
