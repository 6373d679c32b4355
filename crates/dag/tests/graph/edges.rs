//! What is known, what is missing, who cites whom.

use exeunt_dag::{Dag, Insertion, Number};
use proptest::prelude::*;

use crate::model::{
    BOTH, Model, NAMES, Names, dag, histories, id, ids, name, names, number, numbers, set, steps,
    view,
};

#[test]
fn an_empty_graph_has_nothing() {
    let dag = dag(&[]);
    assert!(dag.is_empty());
    assert_eq!((dag.len(), dag.bound()), (0, 0));
    assert_eq!(dag.events().len(), 0);
    assert_eq!((dag.missing().count(), dag.forward_extremities().count()), (0, 0));
    assert_eq!(dag.number(&id(0)), None);
    let nobody = Number::from_index(0);
    assert_eq!((dag.id(nobody), dag.get(nobody), dag.is_known(nobody)), (None, None, false));
    assert!(dag.prev().is_ordered() && dag.prev().parents(nobody).is_empty());
    assert_eq!(dag.prev().children(nobody).count(), 0);
}

#[test]
fn a_missing_event_has_a_number_and_those_that_cite_it() {
    let mut dag = dag(&steps(&[(1, &[0]), (2, &[0, 1])]));
    let missing = dag.number(&id(0)).unwrap();
    assert_eq!(dag.known(&id(0)), None);
    assert_eq!(dag.missing().collect::<Vec<_>>(), [missing]);
    assert_eq!(names(&dag, dag.auth().children(missing)), [2, 1]);
    assert_eq!((dag.len(), dag.bound(), dag.get(missing)), (2, 3, None));

    assert_eq!(dag.insert(&id(0), &[], &[], 7), Insertion::New(missing));
    assert_eq!(dag.missing().count(), 0);
    assert_eq!(dag.get(missing), Some(&7));
    assert!(!dag.auth().is_ordered());
    assert_eq!(names(&dag, dag.events()), [1, 2, 0]);
}

#[test]
fn an_event_that_comes_again_changes_nothing() {
    let mut dag = dag(&steps(&[(0, &[]), (1, &[0])]));
    let before = format!("{dag:?}");
    assert_eq!(dag.insert(&id(1), &ids(&[5]), &ids(&[5]), 9), Insertion::Known(number(&dag, 1)));
    assert_eq!(format!("{dag:?}"), before);
    assert_eq!((dag.get(number(&dag, 1)), dag.number(&id(5))), (Some(&1), None));
}

#[test]
fn an_event_cited_twice_is_cited_once() {
    let dag = dag(&steps(&[(0, &[]), (1, &[0, 0])]));
    assert_eq!(names(&dag, dag.prev().parents(number(&dag, 1)).iter().copied()), [0]);
    assert_eq!(names(&dag, dag.prev().children(number(&dag, 0))), [1]);
}

#[test]
fn an_event_that_cites_itself_is_no_forward_extremity() {
    let dag = dag(&steps(&[(0, &[]), (1, &[0, 1])]));
    assert_eq!(dag.forward_extremities().count(), 0);
    assert!(!dag.prev().is_ordered());
}

#[test]
fn what_came_late_is_no_forward_extremity_if_it_is_cited() {
    let dag = dag(&steps(&[(1, &[0]), (2, &[]), (0, &[2])]));
    assert_eq!(names(&dag, dag.forward_extremities()), [1]);
}

#[test]
fn what_is_kept_can_be_changed() {
    let mut dag = dag(&steps(&[(1, &[0])]));
    let number = number(&dag, 1);
    *dag.get_mut(number).unwrap() = 5;
    assert_eq!(dag.get(number), Some(&5));
    let missing = dag.number(&id(0)).unwrap();
    assert_eq!(dag.get_mut(missing), None);
}

#[test]
fn a_graph_can_be_shared_among_threads() {
    fn is_shared<T: Send + Sync>(_: &T) {}
    is_shared(&Dag::<u8>::new());
}

#[test]
fn a_hundred_citations_keep_their_order() {
    let cites: Vec<_> = (0..100).rev().collect();
    let dag = dag(&steps(&[(100, &cites)]));
    let parents = dag.auth().parents(number(&dag, 100));
    assert_eq!(names(&dag, parents.iter().copied()), cites);
    assert_eq!(dag.missing().count(), 100);
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn events_are_known_missing_or_unheard_of(steps in histories()) {
        let dag = dag(&steps);
        let [prev, auth] = BOTH.map(|edges| Model::new(&steps, edges));
        prop_assert_eq!(names(&dag, dag.events()), prev.order.clone());
        prop_assert_eq!((dag.len(), dag.is_empty()), (prev.order.len(), prev.order.is_empty()));
        let cited = prev.cites.values().chain(auth.cites.values()).flatten();
        let missing: Names = cited.copied().filter(|name| !prev.is_known(*name)).collect();
        prop_assert_eq!(set(&dag, dag.missing()), missing.clone());
        prop_assert_eq!(dag.bound(), prev.order.len() + missing.len());
        for of in 0..=NAMES {
            let is_known = prev.is_known(of);
            let number = dag.number(&id(of));
            prop_assert_eq!(number.is_some(), is_known || missing.contains(&of));
            prop_assert_eq!(dag.known(&id(of)).is_some(), is_known);
            let Some(number) = number else { continue };
            prop_assert_eq!(name(&dag, number), of);
            prop_assert!(number.index() < dag.bound());
            prop_assert_eq!(dag.is_known(number), is_known);
            // What came first is kept.
            let kept = steps.iter().position(|step| step.name == of);
            prop_assert_eq!(dag.get(number).copied(), kept);
        }
    }

    #[test]
    fn edges_lead_both_ways(steps in histories()) {
        let dag = dag(&steps);
        for edges in BOTH {
            let (view, model) = (view(&dag, edges), Model::new(&steps, edges));
            prop_assert_eq!(view.edges(), edges);
            prop_assert_eq!(view.is_ordered(), model.is_ordered());
            for of in 0..=NAMES {
                let number = number(&dag, of);
                let parents = view.parents(number).iter().copied();
                prop_assert_eq!(names(&dag, parents), model.parents(of));
                let latest_first = model.in_order(&model.children(of)).into_iter().rev();
                prop_assert_eq!(names(&dag, view.children(number)), latest_first.collect::<Vec<_>>());
                let rank = model.order.iter().position(|known| *known == of);
                prop_assert_eq!(view.rank(number).map(|rank| rank as usize), rank);
            }
        }
    }

    #[test]
    fn forward_extremities_are_no_events_prev_events(steps in histories()) {
        let dag = dag(&steps);
        let model = Model::new(&steps, BOTH[0]);
        let uncited = model.order.iter().filter(|name| model.children(**name).is_empty());
        prop_assert_eq!(set(&dag, dag.forward_extremities()), uncited.copied().collect::<Names>());
    }

    #[test]
    fn numbers_stay_while_the_graph_grows(steps in histories(), more in histories()) {
        let before = dag(&steps);
        let after = dag(&[steps, more].concat());
        let all: Vec<_> = (0..NAMES).filter(|name| before.number(&id(*name)).is_some()).collect();
        prop_assert_eq!(numbers(&before, &all), numbers(&after, &all));
    }
}
