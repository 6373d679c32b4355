//! The graph itself.

use exeunt_event::EventId;
use im::shared_ptr::DefaultSharedPtr;
use im::vector::Focus;
use im::{OrdSet, Vector};

use crate::ascending::Ascending;
use crate::few::Few;
use crate::index::Index;
use crate::node::{Link, NONE, Node, Side};
use crate::{Number, View};

/// Which of an event's citations are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edges {
    /// `prev_events`.
    Prev = 0,
    /// `auth_events`.
    Auth = 1,
}

/// An event graph, with something of type `T` kept for each known event.
///
/// A value: cloning costs the same whatever its size, and a clone shares everything with the
/// original that neither changed since. An event that was only cited is *missing*: it has a number,
/// and edges lead to it. Whether the edges form cycles is nobody's promise; every walk ends.
#[derive(Clone)]
pub struct Dag<T> {
    nodes: Vector<Node>,
    kept: Vector<Option<T>>,
    index: Index<Number>,
    /// The first link of the list of events that cite each event. Apart from the nodes, so that
    /// citing an event changes four bytes and not the page that its node is on.
    first_children: Vector<[u32; 2]>,
    links: Vector<Link>,
    by_rank: Vector<Number>,
    /// Whether the rank of each known event is its number: none was cited before it was known.
    is_dense: bool,
    missing: OrdSet<Number>,
    extremities: OrdSet<Number>,
    /// Whether no event became known after one that cites it.
    ordered: [bool; 2],
}

/// What came of adding an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insertion {
    /// It is known from now on.
    New(Number),
    /// It was known already, and nothing changed.
    Known(Number),
}

impl Insertion {
    /// The event's number.
    pub fn number(self) -> Number {
        match self {
            Self::New(number) | Self::Known(number) => number,
        }
    }
}

/// Reads what a graph has, with less effort for an event that is a little after the one before.
pub struct Reader<'g, T> {
    nodes: Focus<'g, Node, DefaultSharedPtr>,
    kept: Ascending<'g, Option<T>>,
}

impl<'g, T: Clone> Reader<'g, T> {
    /// [`Dag::get`].
    #[inline]
    pub fn get(&mut self, number: Number) -> Option<&'g T> {
        self.kept.get(number.index())?.as_ref()
    }

    /// [`View::parents`].
    #[inline]
    pub fn parents(&mut self, number: Number, edges: Edges) -> &[Number] {
        let node = self.nodes.get(number.index());
        node.map_or(&[], |node| node.side(edges).parents.as_slice())
    }
}

impl<T> std::fmt::Debug for Reader<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl<T: Clone> Default for Dag<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Clone> Dag<T> {
    /// A graph without events.
    pub fn new() -> Self {
        Self {
            nodes: Vector::new(),
            kept: Vector::new(),
            index: Index::default(),
            first_children: Vector::new(),
            links: Vector::new(),
            by_rank: Vector::new(),
            is_dense: true,
            missing: OrdSet::new(),
            extremities: OrdSet::new(),
            ordered: [true; 2],
        }
    }

    /// Makes an event known, with the events that it cites. An ID that is known already changes
    /// nothing.
    pub fn insert(
        &mut self,
        id: &EventId,
        prev: &[EventId],
        auth: &[EventId],
        keep: T,
    ) -> Insertion {
        let number = match self.begin(id, keep) {
            Insertion::New(number) => number,
            known @ Insertion::Known(_) => return known,
        };
        let cited = [prev, auth].map(|ids| self.cite(ids));
        self.connect(number, cited)
    }

    /// [`Dag::insert`] of an event whose citations were looked up already.
    pub fn insert_citing(
        &mut self,
        id: &EventId,
        prev: &[Number],
        auth: &[Number],
        keep: T,
    ) -> Insertion {
        let number = match self.begin(id, keep) {
            Insertion::New(number) => number,
            known @ Insertion::Known(_) => return known,
        };
        let each_once = |numbers: &[Number]| {
            let mut cited: Vec<Number> = Vec::with_capacity(numbers.len());
            for number in numbers {
                if !cited.contains(number) {
                    cited.push(*number);
                }
            }
            cited
        };
        self.connect(number, [prev, auth].map(each_once))
    }

    /// Makes an event known, without what it cites.
    fn begin(&mut self, id: &EventId, keep: T) -> Insertion {
        let number = match self.number(id) {
            Some(number) if self.is_known(number) => return Insertion::Known(number),
            Some(number) => {
                self.missing.remove(&number);
                number
            }
            None => self.add(id),
        };
        if let Some(place) = self.kept.get_mut(number.index()) {
            *place = Some(keep);
        }
        Insertion::New(number)
    }

    /// Gives an event that has just become known its citations.
    fn connect(&mut self, number: Number, cited: [Vec<Number>; 2]) -> Insertion {
        let rank = Number::from_index(self.by_rank.len()).raw();
        self.by_rank.push_back(number);
        self.is_dense &= rank == number.raw();
        let mut is_settled = [false; 2];
        let sides = [Edges::Prev, Edges::Auth].map(|edges| {
            let parents = &cited[edges as usize];
            for parent in parents {
                self.link(number, *parent, edges);
            }
            let generation = self.generation_above(parents, edges);
            is_settled[edges as usize] = generation.is_some();
            if self.children(number, edges).next().is_some() {
                self.ordered[edges as usize] = false;
            }
            Side { parents: Few::new(parents), generation: generation.unwrap_or(0) }
        });
        if let Some(node) = self.nodes.get_mut(number.index()) {
            node.become_known(rank, sides);
        }
        for edges in [Edges::Prev, Edges::Auth] {
            if is_settled[edges as usize] {
                self.settle_above(number, edges);
            }
        }
        let [prev, _] = cited;
        for parent in prev {
            self.extremities.remove(&parent);
        }
        if self.prev().children(number).next().is_none() {
            self.extremities.insert(number);
        }
        Insertion::New(number)
    }

    /// The numbers of some cited events, each once.
    fn cite(&mut self, ids: &[EventId]) -> Vec<Number> {
        let mut cited: Vec<Number> = Vec::with_capacity(ids.len());
        for id in ids {
            let number = self.number(id).unwrap_or_else(|| {
                let number = self.add(id);
                self.missing.insert(number);
                number
            });
            if !cited.contains(&number) {
                cited.push(number);
            }
        }
        cited
    }

    fn link(&mut self, child: Number, parent: Number, edges: Edges) {
        let link = Number::from_index(self.links.len()).raw();
        if let Some(first) = self.first_children.get_mut(parent.index()) {
            let next = std::mem::replace(&mut first[edges as usize], link);
            self.links.push_back(Link { child, next });
        }
    }

    /// The generation of an event with those parents, if all have theirs.
    fn generation_above(&self, parents: &[Number], edges: Edges) -> Option<u32> {
        let view = View::new(self, edges);
        let mut of_parents = parents.iter().map(|parent| view.generation(*parent));
        let highest = of_parents.try_fold(0, |highest, of| Some(highest.max(of?)))?;
        Some(highest + 1)
    }

    /// Gives those their generations that waited for that of an event, and so on.
    fn settle_above(&mut self, number: Number, edges: Edges) {
        let mut waiting: Vec<_> = self.children(number, edges).collect();
        while let Some(number) = waiting.pop() {
            let view = View::new(self, edges);
            if view.generation(number).is_some() {
                continue;
            }
            let Some(generation) = self.generation_above(view.parents(number), edges) else {
                continue;
            };
            waiting.extend(view.children(number));
            if let Some(node) = self.nodes.get_mut(number.index()) {
                node.side_mut(edges).generation = generation;
            }
        }
    }

    /// Gives a number to an event that the graph has not heard of.
    fn add(&mut self, id: &EventId) -> Number {
        let number = Number::from_index(self.nodes.len());
        self.nodes.push_back(Node::missing(id.clone()));
        self.kept.push_back(None);
        self.first_children.push_back([NONE; 2]);
        self.index.add(&[id.as_bytes()], number);
        number
    }

    /// The number of an event that is known or cited.
    pub fn number(&self, id: &EventId) -> Option<Number> {
        self.index.find(&[id.as_bytes()], |number| self.id(number) == Some(id))
    }

    /// The number of a known event.
    pub fn known(&self, id: &EventId) -> Option<Number> {
        self.number(id).filter(|number| self.is_known(*number))
    }

    /// The ID of an event that is known or cited.
    pub fn id(&self, number: Number) -> Option<&EventId> {
        self.nodes.get(number.index()).map(|node| &node.id)
    }

    /// What is kept for a known event.
    #[inline]
    pub fn get(&self, number: Number) -> Option<&T> {
        self.kept.get(number.index())?.as_ref()
    }

    /// For reading many events, best in ascending order of their numbers.
    pub fn reader(&self) -> Reader<'_, T> {
        Reader { nodes: self.nodes.focus(), kept: Ascending::new(&self.kept) }
    }

    /// What is kept for a known event, to be changed.
    pub fn get_mut(&mut self, number: Number) -> Option<&mut T> {
        self.kept.get_mut(number.index())?.as_mut()
    }

    /// Whether the event is known, not only cited.
    pub fn is_known(&self, number: Number) -> bool {
        self.rank(number).is_some()
    }

    /// How many events are known.
    pub fn len(&self) -> usize {
        self.by_rank.len()
    }

    /// Whether no event is known.
    pub fn is_empty(&self) -> bool {
        self.by_rank.is_empty()
    }

    /// Every number is below; those of missing events count too.
    pub fn bound(&self) -> usize {
        self.nodes.len()
    }

    /// The known events, in the order in which they became known.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = Number> + ExactSizeIterator {
        self.by_rank.iter().copied()
    }

    /// The events that are cited and not known.
    pub fn missing(&self) -> impl Iterator<Item = Number> {
        self.missing.iter().copied()
    }

    /// The known events that no known event has as a prev event.
    pub fn forward_extremities(&self) -> impl Iterator<Item = Number> {
        self.extremities.iter().copied()
    }

    /// The graph of prev edges.
    pub fn prev(&self) -> View<'_, T> {
        View::new(self, Edges::Prev)
    }

    /// The graph of auth edges.
    pub fn auth(&self) -> View<'_, T> {
        View::new(self, Edges::Auth)
    }

    #[inline]
    pub(crate) fn node(&self, number: Number) -> Option<&Node> {
        self.nodes.get(number.index())
    }

    pub(crate) fn children(
        &self,
        number: Number,
        edges: Edges,
    ) -> impl Iterator<Item = Number> + use<'_, T> {
        let first = self.first_children.get(number.index());
        let first = first.and_then(|first| self.links.get(first[edges as usize] as usize));
        std::iter::successors(first, |link| self.links.get(link.next as usize))
            .map(|link| link.child)
    }

    #[inline]
    pub(crate) fn rank(&self, number: Number) -> Option<u32> {
        if self.is_dense {
            return Some(number.raw()).filter(|_| number.index() < self.by_rank.len());
        }
        self.node(number).map(|node| node.rank).filter(|rank| *rank != NONE)
    }

    #[inline]
    pub(crate) fn at_rank(&self, rank: u32) -> Option<Number> {
        let index = rank as usize;
        if self.is_dense {
            return (index < self.by_rank.len()).then(|| Number::from_index(index));
        }
        self.by_rank.get(index).copied()
    }

    pub(crate) fn is_ordered(&self, edges: Edges) -> bool {
        self.ordered[edges as usize]
    }
}

impl<T: Clone> std::fmt::Debug for Dag<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut map = f.debug_map();
        for number in self.events() {
            let cited = |view: View<'_, T>| view.parents(number).to_vec();
            map.entry(&self.id(number), &(cited(self.prev()), cited(self.auth())));
        }
        map.finish()
    }
}
