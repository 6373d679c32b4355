//! A state as keys and numbers.

use exeunt_dag::Number;
use im::OrdMap;
use im::ordmap::DiffItem;

use crate::Key;

/// A room state: at most one event for each type and state key. A value: clones share what they
/// have in common, and comparing two passes over what they share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateSet(OrdMap<Key, Number>);

impl StateSet {
    /// An empty state.
    pub fn new() -> Self {
        Self::default()
    }

    /// The event of a key.
    #[inline]
    pub fn get(&self, key: Key) -> Option<Number> {
        self.0.get(&key).copied()
    }

    /// Puts an event in, and gives back the one that was in its place.
    pub fn insert(&mut self, key: Key, event: Number) -> Option<Number> {
        self.0.insert(key, event)
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: Key) -> Option<Number> {
        self.0.remove(&key)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entries, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (Key, Number)> {
        self.0.iter().map(|(key, event)| (*key, *event))
    }

    /// The keys whose entries differ, sorted.
    pub fn differing(&self, other: &Self) -> impl Iterator<Item = Key> {
        self.differences(other).map(|(key, _, _)| key)
    }

    /// The keys whose entries differ, sorted, with both entries.
    pub(crate) fn differences(
        &self,
        other: &Self,
    ) -> impl Iterator<Item = (Key, Option<Number>, Option<Number>)> {
        self.0.diff(&other.0).map(|item| match item {
            DiffItem::Add(key, new) => (*key, None, Some(*new)),
            DiffItem::Remove(key, old) => (*key, Some(*old), None),
            DiffItem::Update { old: (_, old), new: (key, new) } => (*key, Some(*old), Some(*new)),
        })
    }
}

impl FromIterator<(Key, Number)> for StateSet {
    fn from_iter<I: IntoIterator<Item = (Key, Number)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}
