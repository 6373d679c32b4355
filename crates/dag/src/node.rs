//! What the graph keeps of one event.

use exeunt_event::EventId;

use crate::few::Few;
use crate::{Edges, Number};

/// Stands for "none" where a number would be.
pub(crate) const NONE: u32 = u32::MAX;

/// One event, known or only cited.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) id: EventId,
    /// How many events were known before this one became known; `NONE` if it is not.
    pub(crate) rank: u32,
    sides: [Side; 2],
}

/// What there is once for prev edges and once for auth edges.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(crate) parents: Few,
    /// 1 + the highest generation of the parents; 0 while an ancestor is missing, or if the event
    /// is its own ancestor.
    pub(crate) generation: u32,
}

/// An element of a list of children.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) child: Number,
    pub(crate) next: u32,
}

impl Node {
    pub(crate) fn missing(id: EventId) -> Self {
        let side = Side { parents: Few::default(), generation: 0 };
        Self { id, rank: NONE, sides: [side.clone(), side] }
    }

    pub(crate) fn become_known(&mut self, rank: u32, sides: [Side; 2]) {
        self.rank = rank;
        self.sides = sides;
    }

    #[inline]
    pub(crate) fn side(&self, edges: Edges) -> &Side {
        &self.sides[edges as usize]
    }

    #[inline]
    pub(crate) fn side_mut(&mut self, edges: Edges) -> &mut Side {
        &mut self.sides[edges as usize]
    }
}
