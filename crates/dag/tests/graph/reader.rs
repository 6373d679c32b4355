//! A reader beside the graph that it reads.

use exeunt_dag::{Dag, Number};
use proptest::prelude::*;

use crate::model::{BOTH, histories, id, ids, view};

/// The last place that a number may stand for.
const LAST: usize = u32::MAX as usize - 1;

/// More events than a leaf of a persistent vector holds. Each cites a few before it, and some that
/// nobody has.
fn graphs() -> impl Strategy<Value = Dag<usize>> {
    let step = (prop::collection::vec(0..40_usize, 0..7), prop::bool::weighted(0.9));
    prop::collection::vec(step, 0..700).prop_map(|steps| {
        let mut dag = Dag::new();
        for (name, (back, is_kept)) in steps.iter().enumerate() {
            let cites: Vec<_> = back.iter().filter_map(|back| name.checked_sub(*back)).collect();
            let (prev, auth) = cites.split_at(cites.len() / 2);
            if *is_kept {
                dag.insert(&id(name), &ids(prev), &ids(auth), name);
            }
        }
        dag
    })
}

/// Runs of places: where each begins, how far its places are apart, how many there are.
fn runs() -> impl Strategy<Value = Vec<usize>> {
    let begin = prop_oneof![4 => 0..800_usize, 1 => Just(LAST - 50), 1 => Just(0)];
    let run = (begin, 0..40_usize, 0..60_usize, any::<bool>());
    prop::collection::vec(run, 0..12).prop_map(|runs| {
        let places = |(begin, step, count, is_down): (usize, usize, usize, bool)| {
            (0..count).map(move |at| {
                let steps = at * step;
                if is_down { begin.saturating_sub(steps) } else { LAST.min(begin + steps) }
            })
        };
        runs.into_iter().flat_map(places).collect()
    })
}

fn reads_what_is_there(dag: &Dag<usize>, places: &[usize]) -> Result<(), TestCaseError> {
    let mut reader = dag.reader();
    // What is kept, and what is cited, each by itself and in turn.
    for place in places {
        let number = Number::from_index(*place);
        prop_assert_eq!(reader.get(number), dag.get(number));
    }
    for edges in BOTH {
        for place in places {
            let number = Number::from_index(*place);
            prop_assert_eq!(reader.parents(number, edges), view(dag, edges).parents(number));
            prop_assert_eq!(reader.get(number), dag.get(number));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn a_reader_reads_what_the_graph_has_in_whatever_order(dag in graphs(), places in runs()) {
        reads_what_is_there(&dag, &places)?;
        let all: Vec<_> = (0..dag.bound() + 3).collect();
        reads_what_is_there(&dag, &all)?;
    }

    #[test]
    fn a_reader_reads_graphs_of_every_shape(steps in histories(), places in runs()) {
        let dag = crate::model::dag(&steps);
        reads_what_is_there(&dag, &places)?;
        let few: Vec<_> = places.iter().map(|place| place % 20).collect();
        reads_what_is_there(&dag, &few)?;
    }
}
