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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_set_is_the_default() {
        let mut values = Sparse::<u32>::new(10);
        assert_eq!((values.set(700, 4), values.get(700), values.get(699)), (0, 4, 0));
        assert_eq!((values.get(5), values.get(90_000)), (0, 0));
    }
}
