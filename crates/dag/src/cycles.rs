//! Events that lead back to themselves.

use petgraph::algo::kosaraju_scc;

use crate::{Number, View};

impl<T: Clone> View<'_, T> {
    /// The events that are their own ancestors, in groups that all lead to one another: events in
    /// ascending order of their numbers, groups in that of their first events.
    ///
    /// Hashes make such events hard to find in practice, but from room versions 1 and 2, where
    /// senders choose IDs, they can arrive.
    pub fn cycles(self) -> Vec<Vec<Number>> {
        if self.is_ordered() {
            return Vec::new();
        }
        // Of petgraph's two, the one that does not recurse.
        let mut groups = kosaraju_scc(self);
        groups.retain(|group| match group.as_slice() {
            [number] => self.parents(*number).contains(number),
            _ => true,
        });
        for group in &mut groups {
            group.sort_unstable();
        }
        groups.sort_unstable();
        groups
    }
}
