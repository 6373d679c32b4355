//! Scratch space for walks: as large as what a walk touches, not as the graph.

const PAGE: usize = 256;

/// A value for each index, the default where none was set.
#[derive(Clone, Debug)]
pub struct Sparse<T> {
    pages: Vec<Option<Box<[T; PAGE]>>>,
}

impl<T: Copy + Default> Sparse<T> {
    /// For indices below `bound`.
    pub fn new(bound: usize) -> Self {
        Self { pages: vec![None; bound.div_ceil(PAGE)] }
    }

    /// The value at an index.
    #[inline]
    pub fn get(&self, index: usize) -> T {
        match self.pages.get(index / PAGE) {
            Some(Some(page)) => page[index % PAGE],
            _ => T::default(),
        }
    }

    /// The place of the value at an index. Grows as needed.
    #[inline]
    pub fn place(&mut self, index: usize) -> &mut T {
        if index / PAGE >= self.pages.len() {
            self.pages.resize(index / PAGE + 1, None);
        }
        let page = self.pages[index / PAGE].get_or_insert_with(|| Box::new([T::default(); PAGE]));
        &mut page[index % PAGE]
    }

    /// Sets the value at an index, and gives back the one before.
    #[inline]
    pub fn set(&mut self, index: usize, value: T) -> T {
        std::mem::replace(self.place(index), value)
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

    #[test]
    fn what_was_not_set_is_the_default() {
        let mut values = Sparse::<u32>::new(10);
        assert_eq!((values.set(700, 4), values.get(700), values.get(699)), (0, 4, 0));
        assert_eq!((values.get(5), values.get(90_000)), (0, 0));
    }
}
