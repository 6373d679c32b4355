//! The auth difference of state resolution: the union of chains without their intersection.

use exeunt_dag::{Number, Sets};
use proptest::prelude::*;

use crate::model::{
    BOTH, Model, NAMES, Name, Names, dag, histories, names, numbers, set, some_events, steps, view,
};

/// In the words of the text: the full auth chain of each set, and then every event that does not
/// appear in every one.
fn difference(model: &Model, sets: &[Vec<Name>], own: bool) -> Vec<Name> {
    let chain = |set: &Vec<Name>| {
        let set: Names = set.iter().copied().collect();
        let mut chain = model.ancestors(&set);
        if own {
            chain.extend(set);
        }
        chain
    };
    let chains: Vec<Names> = sets.iter().map(chain).collect();
    let union: Names = chains.iter().flatten().copied().collect();
    let in_every = |name: &Name| chains.iter().all(|chain| chain.contains(name));
    model.in_order(&union.into_iter().filter(|name| !in_every(name)).collect())
}

#[test]
fn what_one_branch_alone_stands_on_is_in_the_difference() {
    // 0 <- 1 <- 2 <- 3, and 1 <- 4 <- 5.
    let dag = dag(&steps(&[(0, &[]), (1, &[0]), (2, &[1]), (3, &[2]), (4, &[1]), (5, &[4])]));
    let of = |own| {
        let some = [numbers(&dag, [&3]), numbers(&dag, [&5])];
        names(&dag, dag.auth().difference_of(&Sets { some: &some, all: &[], own }))
    };
    assert_eq!(of(false), [2, 4]);
    assert_eq!(of(true), [2, 3, 4, 5]);
}

#[test]
fn no_set_and_one_set_have_no_difference() {
    let dag = dag(&steps(&[(0, &[]), (1, &[0])]));
    assert!(dag.auth().difference::<Vec<Number>>(&[]).is_empty());
    assert!(dag.auth().difference(&[numbers(&dag, [&1])]).is_empty());
}

#[test]
fn one_set_that_is_empty_leaves_nothing_in_common() {
    let dag = dag(&steps(&[(0, &[]), (1, &[0]), (2, &[1])]));
    let found = dag.auth().difference(&[numbers(&dag, [&2]), Vec::new()]);
    assert_eq!(names(&dag, found), [0, 1]);
}

#[test]
fn a_missing_event_is_in_no_difference() {
    let dag = dag(&steps(&[(1, &[0]), (2, &[1]), (3, &[])]));
    let found = dag.auth().difference(&[numbers(&dag, [&2]), numbers(&dag, [&3])]);
    assert_eq!(names(&dag, found), [1]);
}

fn agrees(
    steps: &[crate::model::Step],
    some: &[Vec<Name>],
    all: &[Name],
    own: bool,
) -> Result<(), TestCaseError> {
    let dag = dag(steps);
    for edges in BOTH {
        let (view, model) = (view(&dag, edges), Model::new(steps, edges));
        let whole: Vec<_> = some.iter().map(|set| [set, all].concat()).collect();
        let expected = difference(&model, &whole, own);

        let some: Vec<_> = some.iter().map(|set| numbers(&dag, set)).collect();
        let all = numbers(&dag, all);
        let once = view.difference_of(&Sets { some: &some, all: &all, own });
        prop_assert_eq!(names(&dag, once), expected.clone());
        let whole: Vec<_> = whole.iter().map(|set| numbers(&dag, set)).collect();
        let in_each = view.difference_of(&Sets { some: &whole, all: &[], own });
        prop_assert_eq!(names(&dag, in_each), expected.clone());
        if !own {
            prop_assert_eq!(names(&dag, view.difference(&whole)), expected);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn the_difference_is_what_is_in_some_chains_but_not_in_all(
        steps in histories(),
        some in prop::collection::vec(some_events(), 0..6),
        all in some_events(),
        own: bool,
    ) {
        agrees(&steps, &some, &all, own)?;
    }

    #[test]
    fn the_difference_does_not_depend_on_the_order_of_sets(
        steps in histories(),
        (some, shuffled) in prop::collection::vec(some_events(), 2..6)
            .prop_flat_map(|some| (Just(some.clone()), Just(some).prop_shuffle())),
    ) {
        let dag = dag(&steps);
        let of = |sets: &[Vec<Name>]| {
            let sets: Vec<_> = sets.iter().map(|set| numbers(&dag, set)).collect();
            set(&dag, dag.auth().difference(&sets))
        };
        prop_assert_eq!(of(&some), of(&shuffled));
    }
}

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 64))]

    #[test]
    fn more_sets_than_there_are_colours_have_the_same_difference(
        steps in histories(),
        // Mostly the same sets, so that something is in common.
        usual in prop::collection::vec(some_events(), 1..4),
        which in prop::collection::vec(any::<prop::sample::Index>(), 60..200),
        other in prop::option::of((any::<prop::sample::Index>(), some_events())),
        all in prop::collection::vec(0..NAMES, 0..3),
        own: bool,
    ) {
        let mut some: Vec<_> = which.iter().map(|index| index.get(&usual).clone()).collect();
        if let Some((place, set)) = other {
            let place = place.index(some.len());
            some[place] = set;
        }
        agrees(&steps, &some, &all, own)?;
    }
}
