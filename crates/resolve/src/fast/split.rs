//! What the states agree on, and what not.

use exeunt_dag::Number;

use crate::{Key, StateSet};

/// The keys on which states differ, with what each state has there.
#[derive(Debug, Default)]
pub(super) struct Split {
    /// The keys, sorted.
    pub(super) keys: Vec<Key>,
    /// For each state what it has for each of the keys.
    pub(super) entries: Vec<Vec<Option<Number>>>,
}

impl Split {
    /// Every state is compared with the first alone, in one pass over what the two do not share.
    pub(super) fn new(sets: &[StateSet]) -> Self {
        let Some((first, others)) = sets.split_first() else {
            return Self::default();
        };
        let differences: Vec<Vec<_>> =
            others.iter().map(|other| first.differences(other).collect()).collect();
        let mut of_first: Vec<(Key, Option<Number>)> =
            differences.iter().flatten().map(|(key, entry, _)| (*key, *entry)).collect();
        if others.len() > 1 {
            of_first.sort_unstable();
            of_first.dedup();
        }
        let keys: Vec<_> = of_first.iter().map(|(key, _)| *key).collect();
        let of_first: Vec<_> = of_first.into_iter().map(|(_, entry)| entry).collect();
        let mut entries = Vec::with_capacity(sets.len());
        for differences in differences {
            let mut of_other = of_first.clone();
            let mut at = 0;
            for (key, _, entry) in differences {
                // Both are sorted, and `keys` has every key of `differences`.
                while keys.get(at).is_some_and(|known| *known < key) {
                    at += 1;
                }
                if let Some(place) = of_other.get_mut(at) {
                    *place = entry;
                }
            }
            entries.push(of_other);
        }
        entries.insert(0, of_first);
        Self { keys, entries }
    }

    /// For each state its events for the keys.
    pub(super) fn events(&self) -> Vec<Vec<Number>> {
        self.entries.iter().map(|entries| entries.iter().flatten().copied().collect()).collect()
    }

    /// The events of the first state for all other keys.
    pub(super) fn unconflicted(&self, first: &StateSet) -> Vec<Number> {
        let mut keys = self.keys.iter().peekable();
        let mut unconflicted = Vec::with_capacity(first.len());
        for (key, event) in first.iter() {
            while keys.next_if(|conflicted| **conflicted < key).is_some() {}
            if keys.peek() != Some(&&key) {
                unconflicted.push(event);
            }
        }
        unconflicted
    }
}
