//! Numbers by name.

use std::hash::Hasher as _;

use im::OrdMap;
use rustc_hash::FxHasher;

/// Finds what belongs to names, by hashes of the names, of which it keeps no copy: the caller tells
/// whether something found is what belongs to the name.
///
/// Users choose names, and could choose many with the same quick hash. The first of them is found by
/// it; the others by BLAKE3, for which nobody can foresee a collision. So no choice of names makes
/// looking up slow.
#[derive(Clone, Debug)]
pub struct Index<N> {
    /// By the quick hash.
    first: OrdMap<u64, N>,
    /// By the other, or by the next higher free key if another name has the same one.
    others: OrdMap<u64, N>,
}

impl<N> Default for Index<N> {
    fn default() -> Self {
        Self { first: OrdMap::new(), others: OrdMap::new() }
    }
}

impl<N: Copy> Index<N> {
    /// What belongs to a name, which may have several parts.
    pub fn find(&self, name: &[&[u8]], is_it: impl Fn(N) -> bool) -> Option<N> {
        let first = self.first.get(&quick(name)).copied()?;
        if is_it(first) {
            return Some(first);
        }
        let mut key = strong(name);
        loop {
            let found = self.others.get(&key).copied()?;
            if is_it(found) {
                return Some(found);
            }
            key = key.wrapping_add(1);
        }
    }

    /// Adds a name that is not there yet.
    pub fn add(&mut self, name: &[&[u8]], number: N) {
        let quick = quick(name);
        if !self.first.contains_key(&quick) {
            self.first.insert(quick, number);
            return;
        }
        let mut key = strong(name);
        while self.others.contains_key(&key) {
            key = key.wrapping_add(1);
        }
        self.others.insert(key, number);
    }
}

fn quick(name: &[&[u8]]) -> u64 {
    let mut hasher = FxHasher::default();
    for part in name {
        hasher.write(part);
        hasher.write_u8(0xff);
    }
    hasher.finish()
}

fn strong(name: &[&[u8]]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    for part in name {
        hasher.update(part).update(&[0xff]);
    }
    // A hash has more than eight bytes, so the default is never taken.
    hasher.finalize().as_bytes().first_chunk().copied().map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_and_nothing_else() {
        let names: Vec<String> = (0..500).map(|at| format!("${at}")).collect();
        let mut index = Index::default();
        for (at, name) in names.iter().enumerate() {
            assert_eq!(index.find(&[name.as_bytes()], |found| found == at), None);
            index.add(&[name.as_bytes()], at);
        }
        for (at, name) in names.iter().enumerate() {
            assert_eq!(index.find(&[name.as_bytes()], |found| found == at), Some(at));
        }
        // The parts of a name are kept apart.
        assert_eq!(index.find(&[b"$1", b"2"], |found| found == 12), None);
    }

    #[test]
    fn names_with_the_same_hashes_are_told_apart() {
        // All of them have one name, and so both hashes in common.
        let mut index = Index::default();
        for at in 0..5 {
            assert_eq!(index.find(&[b"$a"], |found| found == at), None);
            index.add(&[b"$a"], at);
        }
        for at in 0..5 {
            assert_eq!(index.find(&[b"$a"], |found| found == at), Some(at));
        }
        assert_eq!(index.find(&[b"$a"], |_| false), None);
    }
}
