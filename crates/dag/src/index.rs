//! Numbers by ID.

use exeunt_event::EventId;
use im::OrdMap;

use crate::Number;

/// Finds numbers by a hash of the ID, and leaves it to the caller to compare the IDs themselves, of
/// which it keeps no copy.
#[derive(Clone, Default)]
pub(crate) struct Index {
    /// By the hash, or by the next higher free key if another ID has the same one.
    numbers: OrdMap<u64, Number>,
}

/// Where an ID would be that is not there.
#[derive(Clone, Copy)]
pub(crate) struct Vacant(u64);

impl Index {
    pub(crate) fn find(
        &self,
        id: &EventId,
        is_it: impl Fn(Number) -> bool,
    ) -> Result<Number, Vacant> {
        self.find_from(hash(id), is_it)
    }

    fn find_from(&self, hash: u64, is_it: impl Fn(Number) -> bool) -> Result<Number, Vacant> {
        let mut key = hash;
        loop {
            match self.numbers.get(&key) {
                None => return Err(Vacant(key)),
                Some(number) if is_it(*number) => return Ok(*number),
                Some(_) => key = key.wrapping_add(1),
            }
        }
    }

    pub(crate) fn add(&mut self, Vacant(key): Vacant, number: Number) {
        self.numbers.insert(key, number);
    }
}

/// Senders choose the IDs of room versions 1 and 2: with a hash whose collisions they could find,
/// they could make look-ups slow.
fn hash(id: &EventId) -> u64 {
    let hash = blake3::hash(id.as_bytes());
    let first = hash.as_bytes().first_chunk();
    u64::from_le_bytes(first.copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_with_the_same_hash_are_told_apart() {
        let mut index = Index::default();
        // All of them hash to the last key, so that the second goes on from the first.
        for wanted in (0..4).map(Number::from_index) {
            let vacant = index.find_from(u64::MAX, |number| number == wanted);
            index.add(vacant.err().unwrap(), wanted);
        }
        for wanted in (0..4).map(Number::from_index) {
            assert_eq!(index.find_from(u64::MAX, |number| number == wanted).ok(), Some(wanted));
        }
        assert!(index.find_from(u64::MAX, |_| false).is_err());
    }
}
