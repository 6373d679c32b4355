//! Reading many places of a vector in nearly ascending order.

use im::Vector;
use im::shared_ptr::DefaultSharedPtr;
use im::vector::Iter;

/// A vector that is read at places most of which are a little after the one before: those are found
/// by going on from there, the others by a look-up.
pub(crate) struct Ascending<'g, A> {
    vector: &'g Vector<A>,
    /// From `next` on.
    rest: Iter<'g, A, DefaultSharedPtr>,
    next: usize,
    /// After the place that was looked up last.
    after_look_up: usize,
}

/// How many places are passed over, rather than looking one up.
const NEAR: usize = 16;

impl<'g, A: Clone> Ascending<'g, A> {
    pub(crate) fn new(vector: &'g Vector<A>) -> Self {
        Self { vector, rest: vector.iter(), next: 0, after_look_up: 0 }
    }

    #[inline]
    pub(crate) fn get(&mut self, index: usize) -> Option<&'g A> {
        let mut gap = index.wrapping_sub(self.next);
        if gap > NEAR {
            let is_again = index.wrapping_sub(self.after_look_up) <= NEAR;
            self.after_look_up = index + 1;
            if !is_again || index >= self.vector.len() {
                return self.vector.get(index);
            }
            self.rest = self.vector.focus().narrow(index..).into_iter();
            self.next = index;
            gap = 0;
        }
        for _ in 0..gap {
            self.rest.next();
        }
        self.next += gap + 1;
        self.rest.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_reads_what_is_there() {
        let vector: Vector<usize> = (0..10_000).collect();
        let up = 0..10_010;
        let steps = (0..10_000).step_by(17).chain((5..9_000).step_by(16));
        let down = (0..10_010).rev();
        let leaps = (0..3_000).map(|at| at * 7_919 % 10_007);
        let pairs = (0..300).flat_map(|at| [at * 30, at * 30 + 1, at * 30 + 1, at * 30 + 20]);
        let mut ascending = Ascending::new(&vector);
        for index in up.chain(steps).chain(down).chain(leaps).chain(pairs) {
            assert_eq!(ascending.get(index), vector.get(index), "{index}");
        }
    }
}
