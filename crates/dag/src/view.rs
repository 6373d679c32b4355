//! One kind of edges, as a graph of its own.

use crate::{Dag, Edges, Number};

/// The graph of prev edges or of auth edges. An edge leads from an event to one that it cites.
///
/// petgraph's visitor traits are implemented for it.
pub struct View<'g, T> {
    dag: &'g Dag<T>,
    edges: Edges,
}

impl<T> Clone for View<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for View<'_, T> {}

impl<'g, T: Clone> View<'g, T> {
    pub(crate) fn new(dag: &'g Dag<T>, edges: Edges) -> Self {
        Self { dag, edges }
    }

    /// The whole graph.
    pub fn dag(self) -> &'g Dag<T> {
        self.dag
    }

    /// The events that the event cites, each once, in its own order; none for a missing event.
    #[inline]
    pub fn parents(self, number: Number) -> &'g [Number] {
        self.dag.node(number).map_or(&[], |node| node.side(self.edges).parents.as_slice())
    }

    /// The known events that cite the event, latest first.
    pub fn children(self, number: Number) -> impl Iterator<Item = Number> + use<'g, T> {
        self.dag.children(number, self.edges)
    }

    /// 1 + the length of the longest way down from the event; `None` while an ancestor is missing,
    /// and for an event that is its own ancestor or has one that is.
    pub fn generation(self, number: Number) -> Option<u32> {
        let generation = self.dag.node(number)?.side(self.edges).generation;
        (generation > 0).then_some(generation)
    }

    /// How many events were known before this one; `None` if it is missing.
    #[inline]
    pub fn rank(self, number: Number) -> Option<u32> {
        self.dag.rank(number)
    }

    /// Whether every event that is known became so before those that cite it: then ranks are a
    /// topological order.
    pub fn is_ordered(self) -> bool {
        self.dag.is_ordered(self.edges)
    }

    /// Which edges these are.
    pub fn edges(self) -> Edges {
        self.edges
    }
}
