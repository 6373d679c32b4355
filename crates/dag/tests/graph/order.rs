//! What a graph says does not depend on the order in which its events arrived.

use proptest::prelude::*;

use crate::model::{
    BOTH, NAMES, Name, Names, Step, dag, histories_without_repetition, id, names, number, numbers,
    set, some_events, view,
};

fn in_two_orders() -> impl Strategy<Value = (Vec<Step>, Vec<Step>)> {
    histories_without_repetition()
        .prop_flat_map(|steps| (Just(steps.clone()), Just(steps).prop_shuffle()))
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn every_order_of_arrival_gives_the_same_graph((one, other) in in_two_orders()) {
        let (one, other) = (dag(&one), dag(&other));
        prop_assert_eq!((one.len(), one.bound()), (other.len(), other.bound()));
        prop_assert_eq!(set(&one, one.events()), set(&other, other.events()));
        prop_assert_eq!(set(&one, one.missing()), set(&other, other.missing()));
        prop_assert_eq!(
            set(&one, one.forward_extremities()),
            set(&other, other.forward_extremities())
        );
        for edges in BOTH {
            let (here, there) = (view(&one, edges), view(&other, edges));
            for name in 0..NAMES {
                let (at, same) = (number(&one, name), number(&other, name));
                prop_assert_eq!(
                    names(&one, here.parents(at).iter().copied()),
                    names(&other, there.parents(same).iter().copied())
                );
                prop_assert_eq!(
                    set(&one, here.children(at)),
                    set(&other, there.children(same))
                );
                prop_assert_eq!(here.generation(at), there.generation(same));
            }
        }
    }

    #[test]
    fn every_order_of_arrival_gives_the_same_walks(
        (one, other) in in_two_orders(),
        sets in prop::collection::vec(some_events(), 0..6),
    ) {
        let (one, other) = (dag(&one), dag(&other));
        // Events that no graph heard of have the same number as any other.
        let heard = |name: &Name| one.number(&id(*name)).is_some();
        let sets: Vec<Vec<Name>> =
            sets.into_iter().map(|set| set.into_iter().filter(heard).collect()).collect();
        let all: Vec<Name> = sets.concat();
        for edges in BOTH {
            let results = [&one, &other].map(|dag| -> Vec<Names> {
                let view = view(dag, edges);
                let of_sets: Vec<_> = sets.iter().map(|set| numbers(dag, set)).collect();
                let of_all = numbers(dag, &all);
                vec![
                    set(dag, view.difference(&of_sets)),
                    set(dag, view.subgraph(&of_all)),
                    set(dag, view.ancestors(of_all.clone())),
                    set(dag, view.descendants(of_all)),
                    view.cycles().into_iter().flat_map(|cycle| set(dag, cycle)).collect(),
                ]
            });
            prop_assert_eq!(&results[0], &results[1]);
        }
    }
}
