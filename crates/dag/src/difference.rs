//! The auth difference of state resolution.
//!
//! <https://spec.matrix.org/v1.19/rooms/v2/#definitions>

use crate::queue::Downwards;
use crate::sparse::Sparse;
use crate::{Number, View};

/// The states whose auth chains are compared, in the form in which most of their entries, which
/// are the same in all of them, are said once.
#[derive(Clone, Debug)]
pub struct Sets<'s> {
    /// The events that only some sets have: for each set, its own.
    pub some: &'s [Vec<Number>],
    /// The events that every set has.
    pub all: &'s [Number],
    /// Whether an event belongs to its own auth chain. By the text it does not.
    pub own: bool,
}

/// As many sets as there are bits to paint with.
const MOST_PAINTED: usize = 64;

impl<T: Clone> View<'_, T> {
    /// The auth difference of sets of events: what is in the auth chain of one set, but not of all,
    /// where the auth chain of a set is that of its events together. Known events, in the order in
    /// which they became known.
    pub fn difference<S: AsRef<[Number]>>(self, sets: &[S]) -> Vec<Number> {
        let some: Vec<_> = sets.iter().map(|set| set.as_ref().to_vec()).collect();
        self.difference_of(&Sets { some: &some, all: &[], own: false })
    }

    /// [`View::difference`], of sets whose common part is said once.
    pub fn difference_of(self, sets: &Sets<'_>) -> Vec<Number> {
        let Some((first, others)) = sets.some.split_first() else {
            return Vec::new();
        };
        if sets.some.len() <= MOST_PAINTED {
            return self.difference_of_few(sets);
        }
        // What one chain lacks and another has, either the first lacks and another has, or the
        // first has and another lacks.
        let mut found = Vec::new();
        for others in others.chunks(MOST_PAINTED - 1) {
            let some: Vec<_> = std::iter::once(first).chain(others).cloned().collect();
            found.extend(self.difference_of_few(&Sets { some: &some, ..*sets }));
        }
        found.sort_unstable_by_key(|number| self.rank(*number));
        found.dedup();
        found
    }

    fn difference_of_few(self, sets: &Sets<'_>) -> Vec<Number> {
        let starts = sets.some.iter().flatten().chain(sets.all).copied();
        match Downwards::new(self, starts) {
            Some(queue) => self.difference_by_painting(sets, queue),
            None => self.difference_by_counting(sets),
        }
    }

    /// Each set has a colour, which its events pass down, the latest event first, so that an event
    /// has all its colours when its turn comes. What then lacks one is in the difference. Once all
    /// that is left has every colour, so has everything below.
    fn difference_by_painting(self, sets: &Sets<'_>, queue: Downwards<'_, T>) -> Vec<Number> {
        let every = (0..sets.some.len()).fold(0_u64, |mask, colour| mask | 1 << colour);
        let colours = Sparse::new(self.dag().bound());
        let mut walk = Painting { view: self, colours, queue, every, open: 0 };
        for (colour, set) in sets.some.iter().enumerate() {
            walk.start(set, 1 << colour, sets.own);
        }
        walk.start(sets.all, every, sets.own);
        let mut found = Vec::new();
        let mut reader = self.dag().reader();
        while walk.open > 0 {
            let Some(number) = walk.queue.pop() else { break };
            let colours = walk.colours.get(number.index());
            if colours != every {
                walk.open -= 1;
                found.push(number);
            }
            for parent in reader.parents(number, self.edges()) {
                walk.paint(*parent, colours);
            }
        }
        found.reverse();
        if !self.is_ordered() {
            found.sort_unstable_by_key(|number| self.rank(*number));
        }
        found
    }

    /// The same, by the sentence: how many of the chains have each event.
    fn difference_by_counting(self, sets: &Sets<'_>) -> Vec<Number> {
        let dag = self.dag();
        let mut counts = Sparse::<usize>::new(dag.bound());
        let mut found = Vec::new();
        for set in sets.some {
            let starts = || set.iter().chain(sets.all).copied();
            let mut chain = self.ancestors(starts());
            if sets.own {
                chain.extend(starts().filter(|start| dag.is_known(*start)));
                chain.sort_unstable();
                chain.dedup();
            }
            for number in chain {
                let count = counts.place(number.index());
                *count += 1;
                if *count == 1 {
                    found.push(number);
                }
            }
        }
        found
            .retain(|number| dag.is_known(*number) && counts.get(number.index()) < sets.some.len());
        found.sort_unstable_by_key(|number| self.rank(*number));
        found
    }
}

struct Painting<'g, T> {
    view: View<'g, T>,
    colours: Sparse<u64>,
    queue: Downwards<'g, T>,
    every: u64,
    /// How many events in the queue lack a colour.
    open: usize,
}

impl<T: Clone> Painting<'_, T> {
    fn start(&mut self, events: &[Number], colours: u64, own: bool) {
        let mut reader = self.view.dag().reader();
        for event in events {
            if own {
                self.paint(*event, colours);
            } else {
                for parent in reader.parents(*event, self.view.edges()) {
                    self.paint(*parent, colours);
                }
            }
        }
    }

    #[inline]
    fn paint(&mut self, number: Number, colours: u64) {
        let before = self.colours.get(number.index());
        let after = before | colours;
        if before == after {
            return;
        }
        if before == 0 {
            let Some(place) = self.queue.place(number) else {
                return;
            };
            self.queue.push(place, number);
            self.open += usize::from(after != self.every);
        } else if after == self.every {
            self.open -= 1;
        }
        self.colours.set(number.index(), after);
    }
}
