//! Ancestors, descendants, reachability.

use crate::queue::Downwards;
use crate::sparse::Sparse;
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

    /// Whether an event is among the ancestors of another. An event is its own ancestor only in a
    /// cycle.
    pub fn is_ancestor(self, ancestor: Number, of: Number) -> bool {
        let (rank, generation) = (self.rank(ancestor), self.generation(ancestor));
        let is_ordered = self.is_ordered();
        // What leads to an event is known, and later where the graph is ordered; and it has a
        // higher generation, or none.
        let may_lead_there = |number: Number| {
            let is_later = match (self.rank(number), rank) {
                (None, _) => false,
                (Some(of), Some(ancestor)) => !is_ordered || of > ancestor,
                (Some(_), None) => true,
            };
            let is_higher = match (self.generation(number), generation) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(of), Some(ancestor)) => of > ancestor,
            };
            is_later && is_higher
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

    /// The known events that can be reached from some events, those included, without what is too
    /// low to lead to any of `floor`. So among them is each that leads to one of `floor`, and each
    /// of `floor` that is reached. In an ordered graph, all down to the lowest rank of `floor`,
    /// and each after those that cite it.
    pub fn down_to(
        self,
        starts: impl IntoIterator<Item = Number>,
        floor: impl IntoIterator<Item = Number>,
    ) -> Vec<Number> {
        let starts: Vec<_> =
            starts.into_iter().filter(|start| self.rank(*start).is_some()).collect();
        let mut found = Vec::new();
        let Some(mut queue) = Downwards::new(self, starts.iter().copied()) else {
            if floor.into_iter().any(|number| self.rank(number).is_some()) {
                found =
                    self.closure(starts.into_iter(), |number| self.parents(number).iter().copied());
                found.retain(|number| self.rank(*number).is_some());
            }
            return found;
        };
        let Some(floor) = floor.into_iter().filter_map(|number| queue.place(number)).min() else {
            return found;
        };
        let mut seen = Sparse::<bool>::new(self.dag().bound());
        let mut push = |queue: &mut Downwards<'_, T>, number: Number| {
            if !seen.set(number.index(), true)
                && let Some(place) = queue.place(number).filter(|place| *place >= floor)
            {
                queue.push(place, number);
            }
        };
        for start in starts {
            push(&mut queue, start);
        }
        let mut reader = self.dag().reader();
        while let Some(number) = queue.pop() {
            found.push(number);
            for parent in reader.parents(number, self.edges()) {
                push(&mut queue, *parent);
            }
        }
        found
    }
}
