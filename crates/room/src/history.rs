//! The fingerprint of everything that happened in a room, worked out where somebody asks for it.

use std::iter;
use std::sync::Arc;

use crate::{Fingerprint, Input, Receipt, State};

/// How many inputs are kept at most before their fingerprint is worked out unasked.
const MOST: usize = 64;

/// All inputs so far and what they were answered with.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    /// Of all but the latest.
    settled: Fingerprint,
    latest: Option<Arc<Entry>>,
    count: usize,
}

#[derive(Debug)]
struct Entry {
    before: Option<Arc<Entry>>,
    input: Input,
    receipt: Receipt,
    /// The states after the events that it decided.
    states: Vec<State>,
}

impl History {
    pub(crate) fn add(&mut self, input: Input, receipt: Receipt, states: Vec<State>) {
        if self.count >= MOST {
            *self = Self { settled: self.fingerprint(), latest: None, count: 0 };
        }
        let before = self.latest.take();
        self.latest = Some(Arc::new(Entry { before, input, receipt, states }));
        self.count += 1;
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let latest = iter::successors(self.latest.as_deref(), |entry| entry.before.as_deref());
        let latest: Vec<&Entry> = latest.collect();
        latest.into_iter().rev().fold(self.settled, |before, entry| entry.after(before))
    }
}

impl Entry {
    fn after(&self, before: Fingerprint) -> Fingerprint {
        let mut hasher = blake3::Hasher::new();
        hasher.update(before.as_bytes());
        self.input.hash(&mut hasher);
        self.receipt.hash(&mut hasher);
        for state in &self.states {
            hasher.update(state.fingerprint().as_bytes());
        }
        hasher.finalize().into()
    }
}
