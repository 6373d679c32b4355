//! Events by number.

use std::fmt;

/// An event's place in the order in which a graph first heard of it: dense, and the same as long
/// as the graph lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(u32);

impl Number {
    /// The number as an index.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The event with that index.
    ///
    /// # Panics
    ///
    /// Beyond 2^32 − 2 events: their identifiers alone would take 200 GB.
    #[inline]
    #[allow(clippy::expect_used, reason = "no graph of that size fits into memory")]
    pub fn from_index(index: usize) -> Self {
        let number = u32::try_from(index).ok().filter(|number| *number < u32::MAX);
        Self(number.expect("fewer than 2^32 - 1 events"))
    }

    pub(crate) const fn raw(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
