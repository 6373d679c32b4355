//! The graph itself.

use exeunt_event::EventId;
use im::{OrdSet, Vector};

use crate::few::Few;
use crate::node::{Link, NONE, Node};
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
    /// Numbers by a hash of the ID, which for a few may be the same.
    index: OrdSet<(u64, u32)>,
    links: Vector<Link>,
    by_rank: Vector<Number>,
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
            index: OrdSet::new(),
            links: Vector::new(),
            by_rank: Vector::new(),
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
        let number = self.intern(id);
        if self.is_known(number) {
            return Insertion::Known(number);
        }
        let rank = Number::from_index(self.by_rank.len()).raw();
        self.by_rank.push_back(number);
        self.missing.remove(&number);
        if let Some(place) = self.kept.get_mut(number.index()) {
            *place = Some(keep);
        }
        if let Some(node) = self.nodes.get_mut(number.index()) {
            node.rank = rank;
        }
        for (edges, ids) in [(Edges::Prev, prev), (Edges::Auth, auth)] {
            self.connect(number, edges, ids);
        }
        let cited = self.prev().parents(number).to_vec();
        for parent in cited {
            self.extremities.remove(&parent);
        }
        if self.prev().children(number).next().is_none() {
            self.extremities.insert(number);
        }
        Insertion::New(number)
    }

    fn connect(&mut self, number: Number, edges: Edges, ids: &[EventId]) {
        let mut parents: Vec<Number> = Vec::with_capacity(ids.len());
        for id in ids {
            let parent = self.intern(id);
            if !parents.contains(&parent) {
                parents.push(parent);
            }
        }
        for parent in &parents {
            let link = Number::from_index(self.links.len()).raw();
            if let Some(node) = self.nodes.get_mut(parent.index()) {
                let next = std::mem::replace(&mut node.side_mut(edges).first_child, link);
                self.links.push_back(Link { child: number, next });
            }
        }
        if let Some(node) = self.nodes.get_mut(number.index()) {
            let side = node.side_mut(edges);
            side.parents = Few::new(&parents);
            if side.first_child != NONE {
                self.ordered[edges as usize] = false;
            }
        }
        self.settle(number, edges);
    }

    /// Gives the event its generation if all its parents have theirs, and then those that waited
    /// for it.
    fn settle(&mut self, number: Number, edges: Edges) {
        let mut waiting = vec![number];
        while let Some(number) = waiting.pop() {
            let view = View::new(self, edges);
            if !self.is_known(number) || view.generation(number).is_some() {
                continue;
            }
            let mut of_parents = view.parents(number).iter().map(|parent| view.generation(*parent));
            let Some(highest) =
                of_parents.try_fold(0, |highest, generation| Some(highest.max(generation?)))
            else {
                continue;
            };
            waiting.extend(view.children(number));
            if let Some(node) = self.nodes.get_mut(number.index()) {
                node.side_mut(edges).generation = highest + 1;
            }
        }
    }

    fn intern(&mut self, id: &EventId) -> Number {
        if let Some(number) = self.number(id) {
            return number;
        }
        let number = Number::from_index(self.nodes.len());
        self.nodes.push_back(Node::missing(id.clone()));
        self.kept.push_back(None);
        self.missing.insert(number);
        self.index.insert((hash(id), number.raw()));
        number
    }

    /// The number of an event that is known or cited.
    pub fn number(&self, id: &EventId) -> Option<Number> {
        let hash = hash(id);
        let with_hash = self.index.range((hash, 0)..=(hash, NONE));
        with_hash.map(|(_, raw)| Number::from_raw(*raw)).find(|number| self.id(*number) == Some(id))
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

    /// What is kept for a known event, to be changed.
    pub fn get_mut(&mut self, number: Number) -> Option<&mut T> {
        self.kept.get_mut(number.index())?.as_mut()
    }

    /// Whether the event is known, not only cited.
    pub fn is_known(&self, number: Number) -> bool {
        self.nodes.get(number.index()).is_some_and(Node::is_known)
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

    pub(crate) fn link(&self, link: u32) -> Option<Link> {
        self.links.get(link as usize).copied()
    }

    pub(crate) fn at_rank(&self, rank: u32) -> Option<Number> {
        self.by_rank.get(rank as usize).copied()
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

/// Senders choose the IDs of room versions 1 and 2: a hash that they can foresee would let them
/// make look-ups slow.
fn hash(id: &EventId) -> u64 {
    let mut first = [0; 8];
    blake3::Hasher::new().update(id.as_bytes()).finalize_xof().fill(&mut first);
    u64::from_le_bytes(first)
}
