//! A state with its fingerprint.

use std::sync::Arc;

use exeunt_dag::Number;
use exeunt_event::{EventId, EventType};
use exeunt_resolve::{Key, StateSet};

use crate::Fingerprint;

const LANES: usize = 8;

/// The state of a room at some point. A value, cheap to clone; two of them are compared by their
/// fingerprints, at the same cost whatever their size.
///
/// The fingerprint is a sum over the entries of what BLAKE3 says of each (eight lanes of 64 bits),
/// so that changing an entry changes it at the cost of one. It tells apart what happens, not what
/// somebody with 2^30 steps of work and tens of thousands of entries of their own contrives.
#[derive(Clone, Debug, Default)]
pub struct State(Arc<Inner>);

#[derive(Clone, Debug, Default)]
struct Inner {
    entries: StateSet,
    sum: [u64; LANES],
}

impl State {
    /// As keys and numbers.
    pub fn entries(&self) -> &StateSet {
        &self.0.entries
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// The same on every machine and for every room that has the same events in its state.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"state");
        for lane in self.0.sum {
            hasher.update(&lane.to_le_bytes());
        }
        Fingerprint::from(hasher.finalize())
    }

    /// Whether both are one in memory, as clones are. Equal states need not be.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What equal states have in common, and others do not.
    pub(crate) fn identity(&self) -> ([u64; LANES], usize) {
        (self.0.sum, self.0.entries.len())
    }

    /// Changes entries: `None` takes one out. `name` gives the names of keys and IDs of events.
    pub(crate) fn with<'n>(
        &self,
        changes: impl IntoIterator<Item = (Key, Option<Number>)>,
        name: &dyn Fn(Key, Number) -> Option<(&'n EventType, &'n str, &'n EventId)>,
    ) -> Self {
        let mut inner = Inner::clone(&self.0);
        for (key, event) in changes {
            let before = match event {
                Some(event) => inner.entries.insert(key, event),
                None => inner.entries.remove(key),
            };
            if before == event {
                continue;
            }
            if let Some(entry) = before.and_then(|before| name(key, before)) {
                add(&mut inner.sum, &hash(entry), u64::wrapping_sub);
            }
            if let Some(entry) = event.and_then(|event| name(key, event)) {
                add(&mut inner.sum, &hash(entry), u64::wrapping_add);
            }
        }
        Self(Arc::new(inner))
    }
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.identity() == other.identity()
    }
}

impl Eq for State {}

fn add(sum: &mut [u64; LANES], hash: &[u8; 8 * LANES], add: fn(u64, u64) -> u64) {
    for (lane, bytes) in sum.iter_mut().zip(hash.chunks_exact(8)) {
        let bytes = bytes.try_into().unwrap_or_default();
        *lane = add(*lane, u64::from_le_bytes(bytes));
    }
}

fn hash((event_type, state_key, id): (&EventType, &str, &EventId)) -> [u8; 8 * LANES] {
    let mut hasher = blake3::Hasher::new();
    for part in [event_type.as_str(), state_key, id.as_str()] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    let mut hash = [0; 8 * LANES];
    hasher.finalize_xof().fill(&mut hash);
    hash
}
