//! Random histories of insertions, and the graphs that they stand for, as plain sets.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_dag::{Dag, Edges, Number, View};
use exeunt_event::EventId;
use proptest::prelude::*;

/// Events by what is between the `$` and the end of their IDs.
pub(crate) type Name = usize;

/// Sets of names.
pub(crate) type Names = BTreeSet<Name>;

/// Events are named below it; some histories insert only a few of them.
pub(crate) const NAMES: Name = 14;

pub(crate) const BOTH: [Edges; 2] = [Edges::Prev, Edges::Auth];

/// One event with its citations, prev and auth.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) name: Name,
    pub(crate) cites: [Vec<Name>; 2],
}

pub(crate) fn id(name: Name) -> EventId {
    EventId::from_received(&format!("${name}"))
}

pub(crate) fn ids(names: &[Name]) -> Vec<EventId> {
    names.iter().copied().map(id).collect()
}

/// What is kept for each event is its place in the history.
pub(crate) fn insert(dag: &mut Dag<usize>, place: usize, step: &Step) {
    dag.insert(&id(step.name), &ids(&step.cites[0]), &ids(&step.cites[1]), place);
}

pub(crate) fn dag(steps: &[Step]) -> Dag<usize> {
    let mut dag = Dag::new();
    for (place, step) in steps.iter().enumerate() {
        insert(&mut dag, place, step);
    }
    dag
}

pub(crate) fn view(dag: &Dag<usize>, edges: Edges) -> View<'_, usize> {
    match edges {
        Edges::Prev => dag.prev(),
        Edges::Auth => dag.auth(),
    }
}

/// The number of an event, and one that no event has for what the graph never heard of.
pub(crate) fn number(dag: &Dag<usize>, name: Name) -> Number {
    dag.number(&id(name)).unwrap_or_else(|| Number::from_index(dag.bound() + 1_000 * name))
}

pub(crate) fn numbers<'a>(
    dag: &Dag<usize>,
    names: impl IntoIterator<Item = &'a Name>,
) -> Vec<Number> {
    names.into_iter().map(|name| number(dag, *name)).collect()
}

pub(crate) fn name(dag: &Dag<usize>, number: Number) -> Name {
    dag.id(number).unwrap().as_str()[1..].parse().unwrap()
}

pub(crate) fn names(dag: &Dag<usize>, numbers: impl IntoIterator<Item = Number>) -> Vec<Name> {
    numbers.into_iter().map(|number| name(dag, number)).collect()
}

/// The names, which must be distinct, as a set.
pub(crate) fn set(dag: &Dag<usize>, numbers: impl IntoIterator<Item = Number>) -> Names {
    let names = names(dag, numbers);
    let set: Names = names.iter().copied().collect();
    assert_eq!(set.len(), names.len(), "{names:?}");
    set
}

/// One kind of edges, by the names of events.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    /// The known events in the order in which they became known.
    pub(crate) order: Vec<Name>,
    pub(crate) cites: BTreeMap<Name, Vec<Name>>,
}

impl Model {
    pub(crate) fn new(steps: &[Step], edges: Edges) -> Self {
        let mut model = Self { order: Vec::new(), cites: BTreeMap::new() };
        for step in steps {
            if !model.is_known(step.name) {
                model.order.push(step.name);
                let mut seen = Names::new();
                let cites = step.cites[edges as usize].iter().copied();
                let cites = cites.filter(|name| seen.insert(*name)).collect();
                model.cites.insert(step.name, cites);
            }
        }
        model
    }

    pub(crate) fn is_known(&self, name: Name) -> bool {
        self.cites.contains_key(&name)
    }

    pub(crate) fn parents(&self, name: Name) -> &[Name] {
        self.cites.get(&name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn children(&self, name: Name) -> Names {
        let cites = self.cites.iter().filter(|(_, cites)| cites.contains(&name));
        cites.map(|(child, _)| *child).collect()
    }

    /// "all of E's auth events, all of *their* auth events, and so on".
    pub(crate) fn ancestors(&self, starts: &Names) -> Names {
        let mut found: Names =
            starts.iter().flat_map(|start| self.parents(*start)).copied().collect();
        loop {
            let before = found.len();
            let more: Vec<_> = found.iter().flat_map(|name| self.parents(*name)).copied().collect();
            found.extend(more);
            if found.len() == before {
                return found;
            }
        }
    }

    pub(crate) fn leads_to(&self, from: Name, to: Name) -> bool {
        self.ancestors(&Names::from([from])).contains(&to)
    }

    /// Some events, known ones only, in the order in which they became known.
    pub(crate) fn in_order(&self, names: &Names) -> Vec<Name> {
        self.order.iter().copied().filter(|name| names.contains(name)).collect()
    }

    /// Whether every known event became so before those that cite it.
    pub(crate) fn is_ordered(&self) -> bool {
        let rank = |name| self.order.iter().position(|known| *known == name);
        self.cites.iter().all(|(child, cites)| {
            cites.iter().all(|parent| rank(*parent).is_none_or(|of| Some(of) < rank(*child)))
        })
    }
}

/// Which events an event may cite.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// Any at all, also itself.
    Wild,
    /// Those with lower names, so that there are no cycles.
    Layered,
}

fn step(shape: Shape, name: Name) -> BoxedStrategy<Step> {
    let below = match shape {
        Shape::Wild => NAMES,
        Shape::Layered => name,
    };
    let cites = move || -> BoxedStrategy<Vec<Name>> {
        match below {
            0 => Just(Vec::new()).boxed(),
            // More than five of them are kept in another way.
            _ => prop_oneof![
                9 => prop::collection::vec(0..below, 0..4),
                1 => prop::collection::vec(0..below, 5..9),
            ]
            .boxed(),
        }
    };
    (cites(), cites()).prop_map(move |(prev, auth)| Step { name, cites: [prev, auth] }).boxed()
}

fn one_of_each(shape: Shape) -> impl Strategy<Value = Vec<Step>> {
    (0..NAMES).map(|name| step(shape, name)).collect::<Vec<_>>()
}

/// Histories in which each event is inserted at most once.
pub(crate) fn histories_without_repetition() -> impl Strategy<Value = Vec<Step>> {
    let full = prop_oneof![
        2 => one_of_each(Shape::Layered),
        2 => one_of_each(Shape::Layered).prop_shuffle(),
        3 => one_of_each(Shape::Wild).prop_shuffle(),
    ];
    // What is left out is missing, if another cites it.
    (full, prop::collection::vec(prop::bool::weighted(0.85), NAMES), any::<bool>()).prop_map(
        |(mut steps, stays, is_full)| {
            steps.retain(|step| is_full || stays[step.name]);
            steps
        },
    )
}

/// Histories that end in cyclic graphs, missing events, IDs that come back with other citations,
/// or nothing of that.
pub(crate) fn histories() -> impl Strategy<Value = Vec<Step>> {
    let again = (0..NAMES).prop_flat_map(|name| step(Shape::Wild, name));
    let again = prop::collection::vec((any::<prop::sample::Index>(), again), 0..4);
    (histories_without_repetition(), prop_oneof![Just(Vec::new()).boxed(), again.boxed()]).prop_map(
        |(mut steps, again)| {
            for (place, step) in again {
                steps.insert(place.index(steps.len() + 1), step);
            }
            steps
        },
    )
}

/// Some events, also unknown ones and some twice.
pub(crate) fn some_events() -> impl Strategy<Value = Vec<Name>> {
    prop::collection::vec(0..NAMES + 1, 0..5)
}

/// A graph by hand: each event with what it cites by both kinds of edges.
pub(crate) fn steps(of: &[(Name, &[Name])]) -> Vec<Step> {
    let step = |(name, cites): &(Name, &[Name])| Step {
        name: *name,
        cites: [cites.to_vec(), cites.to_vec()],
    };
    of.iter().map(step).collect()
}
