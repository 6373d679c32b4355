//! Ancestors, descendants, reachability.

use crate::sparse::{RankQueue, Sparse};
use crate::{Number, View};

impl<T: Clone> View<'_, T> {
    /// The events that some events lead to, in ascending order of their numbers; of auth edges,
    /// the union of their auth chains. Those that it starts from are in it only if others of them
    /// lead there. With the missing ones.
    ///
    /// <https://spec.matrix.org/v1.19/rooms/v2/#definitions>
    pub fn ancestors(self, starts: impl IntoIterator<Item = Number>) -> Vec<Number> {
        let parents = starts.into_iter().flat_map(|start| self.parents(start)).copied();
        self.closure(parents, |number| self.parents(number).iter().copied())
    }

    /// The known events that lead to some events, in ascending order of their numbers.
    pub fn descendants(self, starts: impl IntoIterator<Item = Number>) -> Vec<Number> {
        let children = starts.into_iter().flat_map(|start| self.children(start));
        self.closure(children, |number| self.children(number))
    }

    fn closure<I: Iterator<Item = Number>>(
        self,
        starts: impl Iterator<Item = Number>,
        next: impl Fn(Number) -> I,
    ) -> Vec<Number> {
        let mut seen = Sparse::<bool>::new(self.dag().bound());
        let mut found: Vec<_> = starts.filter(|start| !seen.set(start.index(), true)).collect();
        let mut at = 0;
        while let Some(number) = found.get(at).copied() {
            found.extend(next(number).filter(|number| !seen.set(number.index(), true)));
            at += 1;
        }
        found.sort_unstable();
        found
    }

    /// Whether an event is among the ancestors of another.
    pub fn is_ancestor(self, ancestor: Number, of: Number) -> bool {
        let generation = self.generation(ancestor);
        // Whatever leads to an event has a higher generation, or none.
        let may_lead_there = |number: Number| match (self.generation(number), generation) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(of), Some(ancestor)) => of > ancestor,
        };
        let mut seen = Sparse::<bool>::new(self.dag().bound());
        let mut open = vec![of];
        while let Some(number) = open.pop() {
            for parent in self.parents(number) {
                if *parent == ancestor {
                    return true;
                }
                if may_lead_there(*parent) && !seen.set(parent.index(), true) {
                    open.push(*parent);
                }
            }
        }
        false
    }

    /// The known events that can be reached from some events, those included, down to the lowest
    /// rank of `floor`: every event that leads to one of `floor` is among them. Each comes after
    /// those that cite it, if the graph is ordered.
    pub fn down_to(
        self,
        starts: impl IntoIterator<Item = Number>,
        floor: impl IntoIterator<Item = Number>,
    ) -> Vec<Number> {
        let dag = self.dag();
        let floor = floor.into_iter().filter_map(|number| self.rank(number)).min();
        let Some(floor) = floor else {
            return Vec::new();
        };
        if !self.is_ordered() {
            let mut seen = Sparse::<bool>::new(dag.bound());
            let fresh = |number: &Number| dag.is_known(*number) && !seen.set(number.index(), true);
            let mut found: Vec<_> = starts.into_iter().filter(fresh).collect();
            let mut at = 0;
            while let Some(number) = found.get(at).copied() {
                let fresh =
                    |number: &Number| dag.is_known(*number) && !seen.set(number.index(), true);
                found.extend(self.parents(number).iter().copied().filter(fresh));
                at += 1;
            }
            return found;
        }
        let mut queue = RankQueue::new(dag.len());
        let push = |queue: &mut RankQueue, number| match self.rank(number) {
            Some(rank) if rank >= floor => queue.push(rank),
            _ => {}
        };
        for start in starts {
            push(&mut queue, start);
        }
        let mut found = Vec::new();
        while let Some(rank) = queue.pop() {
            let Some(number) = dag.at_rank(rank) else { continue };
            found.push(number);
            for parent in self.parents(number) {
                push(&mut queue, *parent);
            }
        }
        found
    }
}
