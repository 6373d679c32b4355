//! A state with its fingerprint.

use std::sync::Arc;

use exeunt_dag::Number;
use exeunt_event::{Event, EventId};
use exeunt_resolve::{Key, StateSet};

use crate::Fingerprint;

const LANES: usize = 8;

/// A sum of weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sum([u64; LANES]);

/// What equal states have in common, and others do not.
pub(crate) type Identity = (Sum, usize);

/// What a state event adds to the sum of a state that it is in.
#[derive(Clone, Debug)]
pub(crate) struct Weight(Arc<Sum>);

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
    sum: Sum,
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
        for lane in self.0.sum.0 {
            hasher.update(&lane.to_le_bytes());
        }
        Fingerprint::from(hasher.finalize())
    }

    /// Whether both are one in memory, as clones are. Equal states need not be.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn identity(&self) -> Identity {
        (self.0.sum, self.0.entries.len())
    }

    /// Changes entries: `None` takes one out. `weight` gives the weights of events.
    pub(crate) fn with<'w>(
        &self,
        changes: impl IntoIterator<Item = (Key, Option<Number>)>,
        weight: &dyn Fn(Number) -> Option<&'w Weight>,
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
            if let Some(weight) = before.and_then(weight) {
                inner.sum.change(&weight.0, u64::wrapping_sub);
            }
            if let Some(weight) = event.and_then(weight) {
                inner.sum.change(&weight.0, u64::wrapping_add);
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

impl Sum {
    fn change(&mut self, by: &Self, change: fn(u64, u64) -> u64) {
        for (lane, by) in self.0.iter_mut().zip(by.0) {
            *lane = change(*lane, by);
        }
    }

    pub(crate) fn add(&mut self, id: &EventId) {
        self.change(&hash(&[id.as_str()]), u64::wrapping_add);
    }

    pub(crate) fn remove(&mut self, id: &EventId) {
        self.change(&hash(&[id.as_str()]), u64::wrapping_sub);
    }
}

impl Weight {
    /// That of an event; none if it is no state event.
    pub(crate) fn of(event: &Event) -> Option<Self> {
        let state_key = event.state_key()?;
        let name = [event.event_type().as_str(), state_key, event.event_id().as_str()];
        Some(Self(Arc::new(hash(&name))))
    }
}

fn hash(name: &[&str]) -> Sum {
    let mut hasher = blake3::Hasher::new();
    for part in name {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    let mut hash = [0; 8 * LANES];
    hasher.finalize_xof().fill(&mut hash);
    let mut sum = Sum::default();
    for (lane, bytes) in sum.0.iter_mut().zip(hash.chunks_exact(8)) {
        *lane = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    }
    sum
}
