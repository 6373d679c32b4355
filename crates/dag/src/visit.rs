//! petgraph's visitor traits.

use exeunt_event::EventId;
use petgraph::data::DataMap;
use petgraph::visit::{
    Data, EdgeCount, EdgeRef, GraphBase, GraphProp, GraphRef, IntoEdgeReferences, IntoEdges,
    IntoEdgesDirected, IntoNeighbors, IntoNeighborsDirected, IntoNodeIdentifiers,
    IntoNodeReferences, NodeCompactIndexable, NodeCount, NodeIndexable, VisitMap, Visitable,
};
use petgraph::{Directed, Direction};

use crate::sparse::Sparse;
use crate::{Number, View};

/// An edge: from an event to one that it cites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// The event.
    pub source: Number,
    /// What it cites.
    pub target: Number,
    /// The place of the citation among those of the event.
    pub place: usize,
}

impl EdgeRef for Edge {
    type NodeId = Number;
    type EdgeId = (Number, usize);
    type Weight = ();

    fn source(&self) -> Number {
        self.source
    }

    fn target(&self) -> Number {
        self.target
    }

    fn weight(&self) -> &() {
        &()
    }

    fn id(&self) -> (Number, usize) {
        (self.source, self.place)
    }
}

impl<T: Clone> GraphBase for View<'_, T> {
    type NodeId = Number;
    type EdgeId = (Number, usize);
}

impl<T: Clone> GraphRef for View<'_, T> {}

impl<T: Clone> GraphProp for View<'_, T> {
    type EdgeType = Directed;
}

impl<T: Clone> Data for View<'_, T> {
    type NodeWeight = EventId;
    type EdgeWeight = ();
}

impl<T: Clone> DataMap for View<'_, T> {
    fn node_weight(&self, number: Number) -> Option<&EventId> {
        self.dag().id(number)
    }

    fn edge_weight(&self, (source, place): (Number, usize)) -> Option<&()> {
        self.parents(source).get(place).map(|_| &())
    }
}

impl<T: Clone> NodeCount for View<'_, T> {
    fn node_count(&self) -> usize {
        self.dag().bound()
    }
}

impl<T: Clone> NodeIndexable for View<'_, T> {
    fn node_bound(&self) -> usize {
        self.dag().bound()
    }

    fn to_index(&self, number: Number) -> usize {
        number.index()
    }

    fn from_index(&self, index: usize) -> Number {
        Number::from_index(index)
    }
}

impl<T: Clone> NodeCompactIndexable for View<'_, T> {}

/// The events that a walk has been to.
#[derive(Clone, Debug)]
pub struct Visited(Sparse<bool>);

impl VisitMap<Number> for Visited {
    fn visit(&mut self, number: Number) -> bool {
        !self.0.set(number.index(), true)
    }

    fn is_visited(&self, number: &Number) -> bool {
        self.0.get(number.index())
    }

    fn unvisit(&mut self, number: Number) -> bool {
        self.0.set(number.index(), false)
    }
}

impl<T: Clone> Visitable for View<'_, T> {
    type Map = Visited;

    fn visit_map(&self) -> Visited {
        Visited(Sparse::new(self.dag().bound()))
    }

    fn reset_map(&self, map: &mut Visited) {
        *map = self.visit_map();
    }
}

type Numbers<'g> = Box<dyn Iterator<Item = Number> + 'g>;

impl<T: Clone> IntoNodeIdentifiers for View<'_, T> {
    type NodeIdentifiers = std::iter::Map<std::ops::Range<usize>, fn(usize) -> Number>;

    fn node_identifiers(self) -> Self::NodeIdentifiers {
        (0..self.dag().bound()).map(Number::from_index)
    }
}

impl<'g, T: Clone> IntoNodeReferences for View<'g, T> {
    type NodeRef = (Number, &'g EventId);
    type NodeReferences = Box<dyn Iterator<Item = Self::NodeRef> + 'g>;

    fn node_references(self) -> Self::NodeReferences {
        let dag = self.dag();
        let numbers = self.node_identifiers();
        Box::new(numbers.filter_map(move |number| Some((number, dag.id(number)?))))
    }
}

impl<'g, T: Clone> IntoNeighbors for View<'g, T> {
    type Neighbors = std::iter::Copied<std::slice::Iter<'g, Number>>;

    fn neighbors(self, number: Number) -> Self::Neighbors {
        self.parents(number).iter().copied()
    }
}

impl<'g, T: Clone> IntoNeighborsDirected for View<'g, T> {
    type NeighborsDirected = Numbers<'g>;

    fn neighbors_directed(self, number: Number, direction: Direction) -> Self::NeighborsDirected {
        match direction {
            Direction::Outgoing => Box::new(self.neighbors(number)),
            Direction::Incoming => Box::new(self.children(number)),
        }
    }
}

impl<'g, T: Clone> IntoEdgeReferences for View<'g, T> {
    type EdgeRef = Edge;
    type EdgeReferences = Box<dyn Iterator<Item = Edge> + 'g>;

    fn edge_references(self) -> Self::EdgeReferences {
        Box::new(self.node_identifiers().flat_map(move |number| self.edges_of(number)))
    }
}

impl<'g, T: Clone> IntoEdges for View<'g, T> {
    type Edges = Box<dyn Iterator<Item = Edge> + 'g>;

    fn edges(self, number: Number) -> <Self as IntoEdges>::Edges {
        Box::new(self.edges_of(number))
    }
}

impl<'g, T: Clone> IntoEdgesDirected for View<'g, T> {
    type EdgesDirected = Box<dyn Iterator<Item = Edge> + 'g>;

    fn edges_directed(self, number: Number, direction: Direction) -> Self::EdgesDirected {
        match direction {
            Direction::Outgoing => Box::new(self.edges_of(number)),
            Direction::Incoming => Box::new(self.children(number).filter_map(move |source| {
                let place = self.parents(source).iter().position(|parent| *parent == number)?;
                Some(Edge { source, target: number, place })
            })),
        }
    }
}

impl<T: Clone> EdgeCount for View<'_, T> {
    fn edge_count(&self) -> usize {
        self.node_identifiers().map(|number| self.parents(number).len()).sum()
    }
}

impl<'g, T: Clone> View<'g, T> {
    fn edges_of(self, source: Number) -> impl Iterator<Item = Edge> + use<'g, T> {
        let places = self.parents(source).iter().enumerate();
        places.map(move |(place, target)| Edge { source, target: *target, place })
    }
}
