//! Generations: how long the longest way down is.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::model::{BOTH, Model, NAMES, Name, Names, dag, histories, number, steps, view};

/// Events that are at the bottom have 1; the others follow once all their parents have theirs.
fn generations(model: &Model) -> BTreeMap<Name, u32> {
    let mut found = BTreeMap::new();
    loop {
        let before = found.len();
        for (name, parents) in &model.cites {
            let of_parents: Option<Vec<u32>> =
                parents.iter().map(|parent| found.get(parent).copied()).collect();
            if let Some(of_parents) = of_parents {
                found.insert(*name, 1 + of_parents.into_iter().max().unwrap_or(0));
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

#[test]
fn the_longest_way_counts() {
    let dag = dag(&steps(&[(0, &[]), (1, &[0]), (2, &[0, 1]), (3, &[0, 2])]));
    let generations = [0, 1, 2, 3].map(|name| dag.auth().generation(number(&dag, name)));
    assert_eq!(generations, [Some(1), Some(2), Some(3), Some(4)]);
}

#[test]
fn what_leads_to_a_missing_event_gets_its_generation_when_that_arrives() {
    let mut history = steps(&[(2, &[1]), (3, &[2, 0]), (0, &[])]);
    let before = dag(&history);
    assert_eq!(before.prev().generation(number(&before, 3)), None);
    assert_eq!(before.prev().generation(number(&before, 1)), None);
    history.extend(steps(&[(1, &[0])]));
    let after = dag(&history);
    assert_eq!(after.prev().generation(number(&after, 3)), Some(4));
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn a_generation_is_one_more_than_the_highest_of_the_parents(steps in histories()) {
        let dag = dag(&steps);
        for edges in BOTH {
            let (view, model) = (view(&dag, edges), Model::new(&steps, edges));
            let expected = generations(&model);
            for name in 0..=NAMES {
                let generation = view.generation(number(&dag, name));
                prop_assert_eq!(generation, expected.get(&name).copied());
                // The sentence about those that have none.
                let ancestors = model.ancestors(&Names::from([name]));
                let is_bottomless = !model.is_known(name)
                    || ancestors.contains(&name)
                    || ancestors.iter().any(|of| !model.is_known(*of) || model.leads_to(*of, *of));
                prop_assert_eq!(generation.is_none(), is_bottomless);
            }
        }
    }
}
