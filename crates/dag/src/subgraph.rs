//! The conflicted state subgraph of state resolution v2.1.
//!
//! <https://spec.matrix.org/v1.19/rooms/v12/#definitions>

use crate::sparse::Sparse;
use crate::{Number, View};

impl<T: Clone> View<'_, T> {
    /// The events on the paths between any two of some events, these included. Known events, in
    /// the order in which they became known; a missing one is not looked for.
    pub fn subgraph(self, between: &[Number]) -> Vec<Number> {
        let dag = self.dag();
        let known = || between.iter().copied().filter(|number| dag.is_known(*number));
        // What is reached from one of the events…
        let mut found = self.down_to(known(), known());
        // …and reaches one.
        let mut reaches = Sparse::<bool>::new(dag.bound());
        let mut others = found.len();
        for number in known() {
            others -= usize::from(!reaches.set(number.index(), true));
        }
        if self.is_ordered() {
            found.reverse();
            if others == 0 {
                return found;
            }
            let mut reader = dag.reader();
            for number in &found {
                let mut parents = reader.parents(*number, self.edges()).iter();
                let leads = parents.any(|parent| reaches.get(parent.index()));
                *reaches.place(number.index()) |= leads;
            }
        } else {
            let mut is_reached = Sparse::<bool>::new(dag.bound());
            for number in &found {
                is_reached.set(number.index(), true);
            }
            let mut open: Vec<_> = known().collect();
            while let Some(number) = open.pop() {
                open.extend(self.children(number).filter(|child| {
                    is_reached.get(child.index()) && !reaches.set(child.index(), true)
                }));
            }
            found.sort_unstable_by_key(|number| self.rank(*number));
        }
        found.retain(|number| reaches.get(number.index()));
        found
    }
}
