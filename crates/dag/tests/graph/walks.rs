//! Ancestors, descendants, reachability.

use proptest::prelude::*;

use crate::model::{
    BOTH, Model, NAMES, Names, dag, histories, names, number, numbers, set, some_events, steps,
    view,
};

#[test]
fn a_missing_event_is_an_ancestor_and_has_none() {
    let dag = dag(&steps(&[(1, &[0]), (2, &[1])]));
    let auth = dag.auth();
    assert_eq!(set(&dag, auth.ancestors([number(&dag, 2)])), Names::from([0, 1]));
    assert_eq!(auth.ancestors([number(&dag, 0)]), []);
    assert!(auth.is_ancestor(number(&dag, 0), number(&dag, 2)));
    assert_eq!(set(&dag, auth.descendants([number(&dag, 0)])), Names::from([1, 2]));
}

#[test]
fn an_event_is_its_own_ancestor_in_a_cycle_alone() {
    let dag = dag(&steps(&[(0, &[]), (1, &[0, 2]), (2, &[1])]));
    let is_own = |name| dag.auth().is_ancestor(number(&dag, name), number(&dag, name));
    assert_eq!([0, 1, 2].map(is_own), [false, true, true]);
    assert_eq!(set(&dag, dag.auth().ancestors([number(&dag, 1)])), Names::from([0, 1, 2]));
}

#[test]
fn a_walk_down_stops_at_the_floor() {
    let dag = dag(&steps(&[(0, &[]), (1, &[0]), (2, &[1]), (3, &[2]), (4, &[1])]));
    let down = |floor| names(&dag, dag.prev().down_to([number(&dag, 3)], [number(&dag, floor)]));
    assert_eq!(down(2), [3, 2]);
    assert_eq!(down(0), [3, 2, 1, 0]);
    assert!(down(4).is_empty());
    assert!(dag.prev().down_to([number(&dag, 3)], []).is_empty());
}

#[test]
fn a_late_event_does_not_unbind_a_walk_down() {
    let dag = dag(&steps(&[(0, &[]), (2, &[1]), (3, &[2]), (1, &[0])]));
    assert!(!dag.prev().is_ordered());
    assert_eq!(names(&dag, dag.prev().down_to([number(&dag, 3)], [number(&dag, 2)])), [3, 2]);
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn ancestors_are_what_citations_lead_to(steps in histories(), starts in some_events()) {
        let dag = dag(&steps);
        for edges in BOTH {
            let (view, model) = (view(&dag, edges), Model::new(&steps, edges));
            let found = view.ancestors(numbers(&dag, &starts));
            prop_assert!(found.is_sorted());
            let expected = model.ancestors(&starts.iter().copied().collect());
            prop_assert_eq!(set(&dag, found), expected);
        }
    }

    #[test]
    fn descendants_are_those_with_such_an_ancestor(steps in histories(), starts in some_events()) {
        let dag = dag(&steps);
        for edges in BOTH {
            let (view, model) = (view(&dag, edges), Model::new(&steps, edges));
            let found = view.descendants(numbers(&dag, &starts));
            prop_assert!(found.is_sorted());
            let mut expected: Names = model.order.iter().copied().collect();
            expected.retain(|name| starts.iter().any(|start| model.leads_to(*name, *start)));
            prop_assert_eq!(set(&dag, found), expected);
        }
    }

    #[test]
    fn an_event_is_an_ancestor_if_it_is_among_the_ancestors(steps in histories()) {
        let dag = dag(&steps);
        for edges in BOTH {
            let (view, model) = (view(&dag, edges), Model::new(&steps, edges));
            for of in 0..=NAMES {
                let ancestors = model.ancestors(&Names::from([of]));
                for ancestor in 0..=NAMES {
                    let is = view.is_ancestor(number(&dag, ancestor), number(&dag, of));
                    prop_assert_eq!(is, ancestors.contains(&ancestor), "{} of {}", ancestor, of);
                }
            }
        }
    }

    #[test]
    fn a_walk_down_misses_nothing_that_leads_to_the_floor(
        steps in histories(),
        starts in some_events(),
        floor in some_events(),
    ) {
        let dag = dag(&steps);
        for edges in BOTH {
            let (view, model) = (view(&dag, edges), Model::new(&steps, edges));
            let found = view.down_to(numbers(&dag, &starts), numbers(&dag, &floor));
            let in_order = names(&dag, found.iter().copied());
            let found = set(&dag, found);

            let mut reached = model.ancestors(&starts.iter().copied().collect());
            reached.extend(&starts);
            reached.retain(|name| model.is_known(*name));
            prop_assert!(found.is_subset(&reached));
            let floor: Vec<_> = floor.iter().copied().filter(|name| model.is_known(*name)).collect();
            prop_assert!(!floor.is_empty() || found.is_empty());
            for name in &reached {
                let counts = floor.iter().any(|to| name == to || model.leads_to(*name, *to));
                prop_assert!(!counts || found.contains(name), "{}", name);
            }
            if model.is_ordered() {
                let floor = model.order.iter().position(|name| floor.contains(name));
                let above = |name: &usize| floor.is_some_and(|at| model.order[at..].contains(name));
                let expected: Names = reached.into_iter().filter(above).collect();
                prop_assert_eq!(found, expected);
                for (place, name) in in_order.iter().enumerate() {
                    let later = &in_order[place..];
                    prop_assert!(!later.iter().any(|child| model.parents(*child).contains(name)));
                }
            }
        }
    }
}
