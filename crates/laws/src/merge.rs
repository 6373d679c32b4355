//! States of a room that are resolved.

use std::cell::OnceCell;
use std::rc::Rc;

use exeunt_dag::Number;
use exeunt_event::EventId;
use exeunt_resolve::{Events, Key, Pool, Resolution, StateSet, resolve};
use exeunt_room::{Record, Room};

use crate::{History, Witness};

/// What resolves states.
pub type Resolver = for<'r> fn(Events<'r, Record>, &[StateSet]) -> Resolution<'r>;

/// States of one room, each that after an event of it.
#[derive(Clone, Debug)]
pub struct Merge<'h> {
    /// The room.
    pub room: &'h Room,
    /// The events, and the states after them.
    pub states: Vec<(Number, &'h StateSet)>,
    /// What resolves them: the model, unless somebody else is put to the laws.
    pub resolver: Resolver,
    /// Their resolution, once somebody asks.
    resolution: OnceCell<Resolution<'h>>,
    /// That of the first two.
    pair: OnceCell<StateSet>,
    /// The room's events as they come in another order; the same for all merges of it.
    pool: Rc<OnceCell<Pool>>,
}

/// How many merges of a history are looked at: with fewer, a campaign tries more histories in the
/// same time.
const MOST: usize = 12;

impl History {
    /// The states that had to be resolved: those after the events before an event, and those at the
    /// ends of branches, in the room of the server that knows most.
    pub fn resolved(&self) -> Vec<Merge<'_>> {
        let Some(room) = self.whole_room() else { return Vec::new() };
        let dag = room.dag();
        let parents =
            with_states(room).into_iter().map(|number| dag.prev().parents(number).to_vec());
        let ends = dag.forward_extremities().filter(|number| has_state(room, *number)).collect();
        let merges = parents.chain([ends]).map(|events| Merge::new(room, events));
        merges.filter(|merge| merge.states.len() > 1).collect()
    }

    /// States that are worth resolving: those that had to be ([`History::resolved`]), and those of
    /// neighbours on a line or beside each other.
    pub fn merges<'h>(&'h self, resolved: &[Merge<'h>]) -> Vec<Merge<'h>> {
        let Some(room) = self.whole_room() else { return Vec::new() };
        let numbers = with_states(room);
        let mut merges = resolved.to_vec();
        for (at, number) in numbers.iter().enumerate() {
            for back in [1, 2, 3] {
                if let Some(earlier) = at.checked_sub(back).and_then(|at| numbers.get(at)) {
                    merges.push(Merge::new(room, [*earlier, *number]));
                }
            }
            if let [.., a, b] = &numbers[..at] {
                merges.push(Merge::new(room, [*a, *b, *number]));
            }
        }
        if merges.len() > MOST {
            // Spread over the history, and the true merges first.
            let step = merges.len().div_ceil(MOST);
            let kept = merges.into_iter().enumerate();
            merges = kept.filter(|(at, _)| at % step == 0).map(|(_, merge)| merge).collect();
        }
        let pool = Rc::default();
        for merge in &mut merges {
            merge.pool = Rc::clone(&pool);
        }
        merges
    }
}

fn has_state(room: &Room, number: Number) -> bool {
    let record = room.dag().get(number);
    record.is_some_and(|record| !record.is_outlier() && !record.standing().is_rejected())
}

fn with_states(room: &Room) -> Vec<Number> {
    room.dag().events().filter(|number| has_state(room, *number)).collect()
}

impl<'h> Merge<'h> {
    /// The states after those events of the room; an event without a state is left out.
    pub fn new(room: &'h Room, events: impl IntoIterator<Item = Number>) -> Self {
        let state = |number: Number| {
            let after = room.dag().get(number)?.state_after()?;
            Some((number, after.entries()))
        };
        let states = events.into_iter().filter_map(state).collect();
        let (resolution, pair, pool) = (OnceCell::new(), OnceCell::new(), Rc::default());
        Self { room, states, resolver: resolve, resolution, pair, pool }
    }

    /// The same, resolved by something else.
    #[must_use]
    pub fn with_resolver(self, resolver: Resolver) -> Self {
        Self { resolver, resolution: OnceCell::new(), pair: OnceCell::new(), ..self }
    }

    /// The states alone.
    pub fn sets(&self) -> Vec<StateSet> {
        self.states.iter().map(|(_, state)| (*state).clone()).collect()
    }

    /// Their resolution.
    pub fn resolution(&self) -> &Resolution<'h> {
        self.resolution.get_or_init(|| (self.resolver)(self.room.events(), &self.sets()))
    }

    /// The resolution of the first two of them; `None` if there are fewer.
    pub fn of_two(&self) -> Option<&StateSet> {
        let [one, other, ..] = &self.states[..] else { return None };
        Some(self.pair.get_or_init(|| match self.states.len() {
            2 => self.resolution().state(),
            _ => self.resolve(&[one.1.clone(), other.1.clone()]),
        }))
    }

    /// The room's events, as they were fetched in the reverse order.
    pub fn pool(&self) -> &Pool {
        self.pool.get_or_init(|| {
            let dag = self.room.dag();
            let mut pool = Pool::default();
            // Auth chains may lead through events that are no state, as nothing says what a create
            // event cites.
            for record in dag.events().rev().filter_map(|number| dag.get(number)) {
                if let Some(event) = record.event(self.room.version()) {
                    pool.insert(&event, record.standing().is_rejected());
                }
            }
            pool
        })
    }

    /// The resolution of other states of the room.
    pub fn resolve(&self, sets: &[StateSet]) -> StateSet {
        (self.resolver)(self.room.events(), sets).state()
    }

    /// What the room keeps of an event.
    pub fn record(&self, number: Number) -> Option<&'h Record> {
        self.room.dag().get(number)
    }

    /// A type and state key in words.
    pub fn name(&self, key: Key) -> String {
        match self.room.keys().name(key) {
            Some((event_type, "")) => event_type.as_str().to_owned(),
            Some((event_type, state_key)) => format!("{} of {state_key}", event_type.as_str()),
            None => "an unknown key".to_owned(),
        }
    }

    /// The first entry in which two states differ, in words.
    pub fn difference(&self, one: &StateSet, other: &StateSet) -> String {
        let Some(key) = one.differing(other).next() else { return "nothing".to_owned() };
        let id = |state: &StateSet| {
            let id = state.get(key).and_then(|number| self.room.dag().id(number));
            id.map_or_else(|| "no event".to_owned(), EventId::to_string)
        };
        format!("{} is {} and {}", self.name(key), id(one), id(other))
    }

    /// A witness about the events after which the states are.
    pub fn witness(&self, sentence: impl Into<String>) -> Witness {
        let ids = self.states.iter().filter_map(|(number, _)| self.room.dag().id(*number));
        Witness::new(sentence, ids.cloned())
    }
}
