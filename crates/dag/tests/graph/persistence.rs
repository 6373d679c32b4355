//! A clone stays as it is, whatever becomes of the original.

use exeunt_dag::Dag;
use proptest::prelude::*;

use crate::model::{BOTH, histories, insert, number, steps, view};

/// Everything that a graph says about itself.
fn account(dag: &Dag<usize>) -> String {
    let each = (0..dag.bound()).map(exeunt_dag::Number::from_index).map(|number| {
        let of = |edges| {
            let view = view(dag, edges);
            let children: Vec<_> = view.children(number).collect();
            (view.parents(number), children, view.generation(number), view.rank(number))
        };
        (dag.id(number), dag.get(number), BOTH.map(of))
    });
    let each: Vec<_> = each.collect();
    let lists = [
        dag.events().collect::<Vec<_>>(),
        dag.missing().collect(),
        dag.forward_extremities().collect(),
    ];
    format!("{each:?} {lists:?} {:?}", BOTH.map(|edges| view(dag, edges).is_ordered()))
}

#[test]
fn a_change_to_what_is_kept_leaves_the_clone_alone() {
    let before = crate::model::dag(&steps(&[(0, &[])]));
    let mut after = before.clone();
    *after.get_mut(number(&before, 0)).unwrap() = 5;
    assert_eq!(before.get(number(&before, 0)), Some(&0));
}

#[test]
fn two_continuations_of_one_graph_know_nothing_of_each_other() {
    let trunk = crate::model::dag(&steps(&[(0, &[])]));
    let (mut left, mut right) = (trunk.clone(), trunk.clone());
    let [one, other] = [steps(&[(1, &[0])]), steps(&[(2, &[0, 3])])];
    insert(&mut left, 1, &one[0]);
    insert(&mut right, 1, &other[0]);
    for (dag, expected) in [(&trunk, 0), (&left, 1), (&right, 1)] {
        assert_eq!(dag.prev().children(number(dag, 0)).count(), expected);
    }
    assert_eq!((left.missing().count(), right.missing().count()), (0, 1));
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 64))]

    #[test]
    fn every_earlier_graph_stays_as_it_was(steps in histories()) {
        let mut dag = Dag::new();
        let mut earlier = Vec::new();
        for (place, step) in steps.iter().enumerate() {
            earlier.push((dag.clone(), account(&dag)));
            insert(&mut dag, place, step);
        }
        // A graph that shared nothing with anybody.
        prop_assert_eq!(account(&dag), account(&crate::model::dag(&steps)));
        for (dag, before) in earlier {
            prop_assert_eq!(account(&dag), before);
        }
    }
}
