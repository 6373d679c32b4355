//! What rooms that get the same events need not each work out anew.

use std::collections::BTreeMap;

use exeunt_event::identifier::Name;
use exeunt_event::{EventId, EventType};

use crate::state::{Identity, Sum};
use crate::{Check, Refusal, Room, State};

/// What was worked out in one of several rooms, for the others: verdicts, and what states resolve
/// to. Each is kept with all that it follows from, so that a room is the same with it as without.
///
/// It is for rooms of one version, with the same keys, to which no two events of one ID come that
/// differ otherwise.
#[derive(Debug, Default)]
pub struct Shared {
    verdicts: BTreeMap<EventId, Verdicts>,
    resolutions: BTreeMap<(Vec<Identity>, Sum), Vec<Change>>,
}

/// What was said of one event.
#[derive(Debug, Default)]
struct Verdicts {
    /// At check 4, by which of its auth events were rejected, bit by bit.
    by_auth_events: Vec<(u64, Option<Box<Refusal>>)>,
    /// At checks 5 and 6, by the state.
    by_state: Vec<(Identity, Option<Box<Refusal>>)>,
}

/// An entry of a resolved state that is not that of the first of those states, or none.
type Change = (EventType, Name, Option<EventId>);

/// Where there is something to share.
pub(crate) type Sharing<'s> = Option<&'s mut Shared>;

impl Shared {
    /// Check 4, or what came of it.
    pub(crate) fn by_auth_events(
        &mut self,
        id: &EventId,
        rejected: u64,
        check: impl FnOnce() -> Option<Box<Refusal>>,
    ) -> Option<Box<Refusal>> {
        find(&mut self.of(id).by_auth_events, rejected, check)
    }

    /// Check 5 or 6, or what came of either against the same state.
    pub(crate) fn by_state(
        &mut self,
        id: &EventId,
        (state, at): (&State, Check),
        check: impl FnOnce() -> Option<Box<Refusal>>,
    ) -> Option<Box<Refusal>> {
        let mut refusal = find(&mut self.of(id).by_state, state.identity(), check)?;
        refusal.check = at;
        Some(refusal)
    }

    fn of(&mut self, id: &EventId) -> &mut Verdicts {
        self.verdicts.entry(id.clone()).or_default()
    }
}

fn find<K: PartialEq>(
    known: &mut Vec<(K, Option<Box<Refusal>>)>,
    key: K,
    check: impl FnOnce() -> Option<Box<Refusal>>,
) -> Option<Box<Refusal>> {
    if let Some((_, refusal)) = known.iter().find(|(of, _)| *of == key) {
        return refusal.clone();
    }
    let refusal = check();
    known.push((key, refusal.clone()));
    refusal
}

impl Room {
    /// What some states resolve to in this room, if another one worked it out. What resolution reads
    /// beside them, their events' auth chains, is the same wherever it is; which events were
    /// rejected is not.
    pub(crate) fn resolved_elsewhere(&self, states: &[State], shared: &Shared) -> Option<State> {
        let changes = shared.resolutions.get(&self.question(states))?;
        let change = |(event_type, state_key, id): &Change| {
            let key = self.keys.get(event_type, state_key.as_str())?;
            let number = match id {
                Some(id) => Some(self.dag.known(id)?),
                None => None,
            };
            Some((key, number))
        };
        let changes: Vec<_> = changes.iter().map(change).collect::<Option<_>>()?;
        Some(states.first()?.with(changes, &|event| self.weight(event)))
    }

    /// Tells other rooms what some states resolve to.
    pub(crate) fn tell_resolved(&self, states: &[State], resolved: &State, shared: &mut Shared) {
        let Some(first) = states.first() else { return };
        let change = |key| {
            let (event_type, state_key) = self.keys.name(key)?;
            let id = resolved.entries().get(key).and_then(|number| self.dag.id(number));
            Some((event_type.clone(), Name::new(state_key), id.cloned()))
        };
        let changes = first.entries().differing(resolved.entries()).filter_map(change).collect();
        shared.resolutions.insert(self.question(states), changes);
    }

    fn question(&self, states: &[State]) -> (Vec<Identity>, Sum) {
        (states.iter().map(State::identity).collect(), self.rejected)
    }
}
