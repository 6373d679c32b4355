//! A search for something smaller that still is what is looked for.

use std::ops::Range;

/// The best so far, and how many more may be tried.
pub(crate) struct Smaller<S, F> {
    pub(crate) best: S,
    pub(crate) left: usize,
    is_still: F,
}

impl<S: Clone + PartialEq, F: Fn(&S) -> bool> Smaller<S, F> {
    /// Begins with something that is what is looked for.
    pub(crate) fn new(best: S, most: usize, is_still: F) -> Self {
        Self { best, left: most, is_still }
    }

    /// Whether it is another one that still is what is looked for: then it is the best.
    pub(crate) fn attempt(&mut self, candidate: S) -> bool {
        if self.left == 0 || candidate == self.best {
            return false;
        }
        self.left -= 1;
        let is_good = (self.is_still)(&candidate);
        if is_good {
            self.best = candidate;
        }
        is_good
    }

    /// The same of the best after a change.
    pub(crate) fn attempt_change(&mut self, change: impl FnOnce(&mut S)) -> bool {
        let mut candidate = self.best.clone();
        change(&mut candidate);
        self.attempt(candidate)
    }

    /// Tries to leave out runs of steps, long ones first, from the end.
    pub(crate) fn drop_runs(
        &mut self,
        steps: impl Fn(&S) -> usize,
        mut attempt: impl FnMut(&mut Self, Range<usize>),
    ) {
        let mut length = steps(&self.best).next_power_of_two();
        while length > 0 {
            let mut at = steps(&self.best);
            while at > 0 {
                let from = at.saturating_sub(length);
                attempt(self, from..at);
                at = from.min(steps(&self.best));
            }
            length /= 2;
        }
    }
}
