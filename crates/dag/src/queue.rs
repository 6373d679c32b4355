//! Whose turn it is in a walk that goes down from the latest event.

use std::collections::BTreeSet;

use crate::{Number, View};

/// Events from which the one that none of the others can lead to comes out first, so that a walk
/// has been to all that cite an event when its turn comes.
pub(crate) struct Downwards<'g, T> {
    view: View<'g, T>,
    order: Order,
}

enum Order {
    /// Ranks are a topological order.
    Rank(RankQueue),
    /// They are not, but all events that can be reached have generations, which are one.
    Generation(BTreeSet<(u32, Number)>),
}

impl<'g, T: Clone> Downwards<'g, T> {
    /// For a walk down from these events; `None` if there may be no such order, for the graph is
    /// not ordered and they lead to missing events or into cycles.
    pub(crate) fn new(view: View<'g, T>, starts: impl IntoIterator<Item = Number>) -> Option<Self> {
        let order = if view.is_ordered() {
            Order::Rank(RankQueue::new(view.dag().len()))
        } else {
            let settled = |start| view.rank(start).is_none() || view.generation(start).is_some();
            if !starts.into_iter().all(settled) {
                return None;
            }
            Order::Generation(BTreeSet::new())
        };
        Some(Self { view, order })
    }

    /// Where an event stands in the order; `None` for a missing event.
    #[inline]
    pub(crate) fn place(&self, number: Number) -> Option<u32> {
        match self.order {
            Order::Rank(_) => self.view.rank(number),
            Order::Generation(_) => self.view.generation(number),
        }
    }

    /// Adds an event, which may be there already, with its place.
    #[inline]
    pub(crate) fn push(&mut self, place: u32, number: Number) {
        match &mut self.order {
            Order::Rank(queue) => queue.push(place),
            Order::Generation(queue) => {
                queue.insert((place, number));
            }
        }
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Number> {
        match &mut self.order {
            Order::Rank(queue) => self.view.dag().at_rank(queue.pop()?),
            Order::Generation(queue) => queue.pop_last().map(|(_, number)| number),
        }
    }
}

/// A set of ranks from which the highest comes out first: three levels of bits, so that adding and
/// taking cost the same whatever is in it.
#[derive(Clone, Debug)]
pub(crate) struct RankQueue {
    /// The lowest level has a bit for each rank; each bit above stands for 64 below.
    levels: Vec<Vec<u64>>,
}

impl RankQueue {
    pub(crate) fn new(bound: usize) -> Self {
        let mut levels = Vec::new();
        let mut length = bound;
        loop {
            length = length.div_ceil(64).max(1);
            levels.push(vec![0; length]);
            if length == 1 {
                return Self { levels };
            }
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, rank: u32) {
        let mut at = rank as usize;
        for level in &mut self.levels {
            let word = &mut level[at / 64];
            let was_empty = *word == 0;
            *word |= 1 << (at % 64);
            if !was_empty {
                return;
            }
            at /= 64;
        }
    }

    /// Takes the highest rank out.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<u32> {
        let mut at = 0;
        for level in self.levels.iter().rev() {
            let word = level[at];
            if word == 0 {
                return None;
            }
            at = at * 64 + (63 - word.leading_zeros() as usize);
        }
        let rank = at;
        for level in &mut self.levels {
            let word = &mut level[at / 64];
            *word &= !(1 << (at % 64));
            if *word != 0 {
                break;
            }
            at /= 64;
        }
        u32::try_from(rank).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_come_out_from_the_highest_each_once() {
        for bound in [1, 64, 65, 5_000, 300_000] {
            let mut queue = RankQueue::new(bound);
            assert_eq!(queue.pop(), None);
            let top = u32::try_from(bound - 1).unwrap();
            for rank in [0, top / 2, top, top / 3, top] {
                queue.push(rank);
            }
            let mut expected = vec![top, top / 2, top / 3, 0];
            expected.dedup();
            assert_eq!(std::iter::from_fn(|| queue.pop()).collect::<Vec<_>>(), expected);
        }
    }
}
