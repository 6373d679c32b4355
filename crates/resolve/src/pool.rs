//! Events without a room around them.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_dag::{Dag, Insertion, Number};
use exeunt_event::{Event, EventId};
use exeunt_version::RoomVersion;

use crate::{Body, Events, Key, Keys, Names, StateEvent, StateSet};

/// A bag of events, in whatever order they come, whose states are to be resolved.
///
/// Auth events that are not in it are missing; what cites itself stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    dag: Dag<Pooled>,
    keys: Keys,
}

/// An event in a pool.
#[derive(Clone, Debug)]
pub struct Pooled {
    event: Event,
    names: Option<Names>,
    is_rejected: bool,
    origin_server_ts: i64,
}

impl Pooled {
    fn new(event: &Event, keys: &mut Keys, is_rejected: bool) -> Self {
        let origin_server_ts = event.origin_server_ts();
        Self { event: event.clone(), names: keys.of(event), is_rejected, origin_server_ts }
    }

    /// The event.
    pub fn event(&self) -> &Event {
        &self.event
    }
}

impl Body for Pooled {
    fn state_event(&self) -> Option<StateEvent<'_>> {
        Some(StateEvent::new(&self.event, self.names?, self.is_rejected))
    }

    fn origin_server_ts(&self) -> i64 {
        self.origin_server_ts
    }
}

/// Why events are no state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// An event that is not in the pool.
    #[error("{0} is not among the events")]
    Missing(EventId),
    /// An event without a state key.
    #[error("{0} is no state event")]
    NoStateEvent(EventId),
    /// Two events for one type and state key.
    #[error("{0} and {1} are of the same type and state key")]
    Duplicate(EventId, EventId),
}

impl Pool {
    /// A pool of events. Of two with the same ID the first counts.
    pub fn new(
        events: impl IntoIterator<Item = Event>,
        is_rejected: impl Fn(&EventId) -> bool,
    ) -> Self {
        let events: Vec<_> = events.into_iter().collect();
        let mut pool = Self::default();
        for at in auth_order(&events) {
            let event = &events[at];
            let is_rejected = is_rejected(event.event_id());
            let pooled = Pooled::new(event, &mut pool.keys, is_rejected);
            pool.dag.insert(event.event_id(), event.prev_events(), event.auth_events(), pooled);
        }
        pool
    }

    /// Adds one event. It is best added after its auth events: resolution is slower on a graph
    /// in which that is not so.
    pub fn insert(&mut self, event: &Event, is_rejected: bool) -> Insertion {
        let pooled = Pooled::new(event, &mut self.keys, is_rejected);
        self.dag.insert(event.event_id(), event.prev_events(), event.auth_events(), pooled)
    }

    /// What resolution takes.
    pub fn events<'a>(&'a self, version: &'a RoomVersion) -> Events<'a, Pooled> {
        Events { version, dag: &self.dag, keys: &self.keys }
    }

    /// The event graph.
    pub fn dag(&self) -> &Dag<Pooled> {
        &self.dag
    }

    /// The keys of the state events.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// An event by its ID.
    pub fn event(&self, id: &EventId) -> Option<&Event> {
        Some(&self.dag.get(self.dag.known(id)?)?.event)
    }

    /// The state of exactly those events.
    pub fn state<'i>(
        &self,
        ids: impl IntoIterator<Item = &'i EventId>,
    ) -> Result<StateSet, StateError> {
        let mut entries = BTreeMap::<Key, Number>::new();
        for id in ids {
            let missing = || StateError::Missing(id.clone());
            let number = self.dag.known(id).ok_or_else(missing)?;
            let pooled = self.dag.get(number).ok_or_else(missing)?;
            let names = pooled.names.ok_or_else(|| StateError::NoStateEvent(id.clone()))?;
            if let Some(before) = entries.insert(names.key, number) {
                let before = self.dag.id(before).unwrap_or(id).clone();
                return Err(StateError::Duplicate(before, id.clone()));
            }
        }
        Ok(entries.into_iter().collect())
    }
}

/// The events in an order in which each comes after its auth events, as far as there is one.
fn auth_order(events: &[Event]) -> Vec<usize> {
    let mut places = BTreeMap::new();
    for (at, event) in events.iter().enumerate() {
        places.entry(event.event_id()).or_insert(at);
    }
    let mut order = Vec::with_capacity(events.len());
    let mut seen = BTreeSet::new();
    for start in 0..events.len() {
        // The second half of each entry: whether its auth events have been seen to. A stack of our
        // own, as auth chains may be as long as the room.
        let mut stack = vec![(start, false)];
        while let Some((at, is_ready)) = stack.pop() {
            if is_ready {
                order.push(at);
                continue;
            }
            if places.get(events[at].event_id()) != Some(&at) || !seen.insert(at) {
                continue;
            }
            stack.push((at, true));
            let cited = events[at].auth_events().iter().rev();
            stack.extend(cited.filter_map(|id| Some((*places.get(id)?, false))));
        }
    }
    order
}
