//! The room as a value.

use std::collections::BTreeSet;
use std::sync::Arc;

use exeunt_dag::{Dag, Number};
use exeunt_event::{Event, EventId, EventType, RoomId};
use exeunt_resolve::{Events, Key, Keys, Resolution, StateSet, resolve};
use exeunt_version::RoomVersion;
use im::{OrdSet, Vector};

use crate::history::History;
use crate::memo::Memo;
use crate::pending::Waiting;
use crate::policy::PolicyServer;
use crate::state::Sum;
use crate::{Fingerprint, Input, Record, State, StateView};

/// A room: the fold of the inputs that it got. A value: cloning costs the same whatever its size,
/// and every earlier room stays what it was.
#[derive(Clone, Debug)]
pub struct Room {
    pub(crate) version: Arc<RoomVersion>,
    pub(crate) id: Option<RoomId>,
    pub(crate) dag: Dag<Record>,
    pub(crate) keys: Keys,
    pub(crate) extremities: OrdSet<Number>,
    /// Events without a place in the history, or not accepted, with an accepted event that follows
    /// them, directly or through others of these.
    pub(crate) behind: OrdSet<Number>,
    pub(crate) current: State,
    /// The one that the current state names.
    pub(crate) policy_server: Option<Arc<PolicyServer>>,
    pub(crate) waiting: Waiting,
    pub(crate) log: Vector<Input>,
    /// Of all inputs so far and what they were answered with.
    pub(crate) history: History,
    /// Where the history begins with a state that somebody gave.
    pub(crate) given: OrdSet<Number>,
    pub(crate) memo: Memo,
    /// Stands for the rejected events: a sum, as that of a state is.
    pub(crate) rejected: Sum,
}

impl Room {
    /// A room about which nothing is known yet. Its ID is that of the first event that passes
    /// checks 1 to 3.
    pub fn new(version: RoomVersion) -> Self {
        Self {
            version: Arc::new(version),
            id: None,
            dag: Dag::new(),
            keys: Keys::new(),
            extremities: OrdSet::new(),
            behind: OrdSet::new(),
            current: State::default(),
            policy_server: None,
            waiting: Waiting::default(),
            log: Vector::new(),
            history: History::default(),
            given: OrdSet::new(),
            memo: Memo::default(),
            rejected: Sum::default(),
        }
    }

    /// The room version.
    pub fn version(&self) -> &RoomVersion {
        &self.version
    }

    /// The room's ID, once there is an event.
    pub fn room_id(&self) -> Option<&RoomId> {
        self.id.as_ref()
    }

    /// The event graph. Events that wait are not in it.
    pub fn dag(&self) -> &Dag<Record> {
        &self.dag
    }

    /// The types and state keys of the state events.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What the room keeps of a decided event.
    pub fn record(&self, id: &EventId) -> Option<&Record> {
        self.dag.get(self.dag.known(id)?)
    }

    /// A decided event, as the room goes on with it.
    pub fn event(&self, id: &EventId) -> Option<Event> {
        self.record(id)?.event(&self.version)
    }

    /// The state before an event; `None` for one that is not decided, or an outlier.
    pub fn state_before(&self, id: &EventId) -> Option<&State> {
        self.record(id)?.state_before()
    }

    /// The state after an event; `None` for one that is not decided, or an outlier.
    pub fn state_after(&self, id: &EventId) -> Option<&State> {
        self.record(id)?.state_after()
    }

    /// The current state: the resolution of the states after the forward extremities.
    pub fn current_state(&self) -> &State {
        &self.current
    }

    /// The forward extremities, sorted by ID: accepted events that no accepted event has among its
    /// prev events, directly or through events that were not accepted.
    pub fn forward_extremities(&self) -> Vec<&EventId> {
        let mut ids: Vec<_> = self.extremities.iter().filter_map(|at| self.dag.id(*at)).collect();
        ids.sort_unstable();
        ids
    }

    /// The events before which the state is somebody's word: the room's history begins there.
    pub fn begins_at(&self) -> impl Iterator<Item = &EventId> {
        self.given.iter().filter_map(|number| self.dag.id(*number))
    }

    /// The events that wait, sorted by ID, with what each of them misses.
    pub fn pending(&self) -> impl Iterator<Item = (&EventId, Vec<EventId>)> {
        self.waiting.events().map(|(id, entry)| (id, self.missing(entry)))
    }

    /// The entries of a state, sorted by when their types and state keys were first met.
    pub fn entries<'r>(
        &'r self,
        state: &'r State,
    ) -> impl Iterator<Item = (&'r EventType, &'r str, &'r EventId)> {
        state.entries().iter().filter_map(|(key, event)| self.name(key, event))
    }

    /// The event IDs of a state, sorted by code point.
    pub fn event_ids<'r>(&'r self, state: &'r State) -> Vec<&'r EventId> {
        let mut ids: Vec<_> = self.entries(state).map(|(_, _, id)| id).collect();
        ids.sort_unstable();
        ids
    }

    /// A state as the authorisation rules take it.
    pub fn view<'r>(&'r self, state: &'r State) -> StateView<'r> {
        StateView { room: self, state }
    }

    pub(crate) fn name(&self, key: Key, event: Number) -> Option<(&EventType, &str, &EventId)> {
        let (event_type, state_key) = self.keys.name(key)?;
        Some((event_type, state_key, self.dag.id(event)?))
    }

    /// The events as resolution takes them.
    pub fn events(&self) -> Events<'_, Record> {
        Events { version: &self.version, dag: &self.dag, keys: &self.keys }
    }

    /// The resolution that gave the state before an event, with its account.
    pub fn resolution_before(&self, id: &EventId) -> Option<Resolution<'_>> {
        let number = self.dag.known(id)?;
        let parents = self.dag.prev().parents(number).iter();
        let sets = parents.filter_map(|parent| self.dag.get(*parent)?.state_after());
        Some(resolve(self.events(), &distinct(sets)))
    }

    /// The resolution that gave the current state, with its account.
    pub fn current_resolution(&self) -> Resolution<'_> {
        let extremities = self.extremities.iter();
        let sets = extremities.filter_map(|number| self.dag.get(*number)?.state_after());
        resolve(self.events(), &distinct(sets))
    }

    /// Every input so far, in order. Folding them again ([`Room::fold`](crate::Room::fold)) gives
    /// this room.
    pub fn log(&self) -> impl DoubleEndedIterator<Item = &Input> + ExactSizeIterator {
        self.log.iter()
    }

    /// Stands for the room and everything that happened in it: two rooms have the same one if they
    /// got the same inputs and answered them alike.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"room").update(self.history.fingerprint().as_bytes());
        hasher.update(self.version.id().as_bytes()).update(&[0]);
        hasher.update(self.current.fingerprint().as_bytes());
        for id in self.forward_extremities() {
            hasher.update(id.as_bytes()).update(&[0]);
        }
        Fingerprint::from(hasher.finalize())
    }
}

/// Each state once, in an order of their own: which of them came first does not matter to what they
/// resolve to.
pub(crate) fn each_once(mut states: Vec<State>) -> Vec<State> {
    states.sort_by_key(State::identity);
    states.dedup();
    states
}

/// The entries of each state once, in order of first appearance.
pub(crate) fn distinct<'s>(states: impl IntoIterator<Item = &'s State>) -> Vec<StateSet> {
    let mut seen = BTreeSet::new();
    let states = states.into_iter().filter(|state| seen.insert(state.identity()));
    states.map(|state| state.entries().clone()).collect()
}
