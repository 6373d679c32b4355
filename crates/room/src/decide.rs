//! Receipt checks 4 to 6, for an event that has all it needs.

use exeunt_auth::{AuthEvent, ServerSignatures, Verdict, check_by_auth_events, check_state};
use exeunt_dag::Number;
use exeunt_event::signatures;
use exeunt_event::{Event, EventId, ServerName};
use exeunt_resolve::resolve;
use exeunt_version::{RoomIds, SoftFailure};

use crate::pending::{Entry, Role};
use crate::room::distinct;
use crate::{Check, Context, Record, Refusal, Room, Standing, State};

impl Room {
    /// Decides about an event, and makes it one of the room.
    pub(crate) fn decide(&mut self, entry: &Entry, context: Context<'_>) -> Standing {
        let event = &entry.checked.event;
        let version = std::sync::Arc::clone(&self.version);
        let signed_by = |server: &ServerName| {
            context.keys.is_some_and(|keys| signatures::signed_by(event, server, keys, &version))
        };
        let signatures = match context.keys {
            Some(_) => ServerSignatures::Checked(&signed_by),
            None => ServerSignatures::Satisfied,
        };
        let by_auth_events = self.check_auth_events(event, signatures);
        if entry.role == Role::Outlier {
            let standing = by_auth_events.map_or(Standing::Accepted, Standing::Rejected);
            self.add(event, standing.clone(), None);
            return standing;
        }
        let before = match &entry.role {
            Role::Given(state) | Role::Joined(state) => self.state_of(state),
            Role::Event | Role::Sent | Role::Outlier => self.state_before_event(event),
        };
        let refusal = by_auth_events.or_else(|| {
            let verdict = check_state(&version, event, self.view(&before), signatures);
            Refusal::new(Check::StateBefore, &verdict)
        });
        let standing = match refusal {
            Some(refusal) => Standing::Rejected(refusal),
            None if matches!(entry.role, Role::Sent | Role::Joined(_)) => Standing::Accepted,
            None => match self.check_current_state(event, &before, signatures) {
                Some(refusal) => Standing::SoftFailed(refusal),
                None => Standing::Accepted,
            },
        };
        let number = self.add(event, standing.clone(), Some(before));
        if matches!(entry.role, Role::Given(_) | Role::Joined(_)) {
            self.given.insert(number);
        }
        if standing == Standing::Accepted {
            if matches!(entry.role, Role::Joined(_)) {
                self.extremities.clear();
            }
            self.advance(number);
        }
        standing
    }

    /// Check 4.
    fn check_auth_events(
        &self,
        event: &Event,
        signatures: ServerSignatures<'_>,
    ) -> Option<Box<Refusal>> {
        let version = &self.version;
        let create = (version.capabilities.room_ids == RoomIds::CreateEvent)
            .then(|| event.room_id().create_event());
        let cited = event.auth_events().iter().chain(&create);
        let cited: Vec<_> = cited
            .filter_map(|id| {
                let record = self.record(id)?;
                Some((id, record.event(version)?, record.standing().is_rejected()))
            })
            .collect();
        let find = |id: &EventId| {
            let (_, event, rejected) = cited.iter().find(|(known, ..)| *known == id)?;
            Some(AuthEvent { event, rejected: *rejected })
        };
        match check_by_auth_events(version, event, find, signatures) {
            Ok(verdict) => Refusal::new(Check::AuthEvents, &verdict),
            // Whatever the event cites is there, or it would wait.
            Err(_) => None,
        }
    }

    /// Check 6.
    fn check_current_state(
        &self,
        event: &Event,
        before: &State,
        signatures: ServerSignatures<'_>,
    ) -> Option<Box<Refusal>> {
        // Before its first event a room has no current state; and what the state before allows, the
        // same state as the current one allows.
        if self.extremities.is_empty() || self.current == *before {
            return None;
        }
        let is_at_extremities = || {
            let mut prev: Vec<_> = event.prev_events().iter().collect();
            prev.sort_unstable();
            prev == self.forward_extremities()
        };
        if self.version.readings.soft_failure == SoftFailure::SkippedAtExtremities
            && is_at_extremities()
        {
            return None;
        }
        let view = self.view(&self.current);
        let verdict: Verdict<'_> = check_state(&self.version, event, view, signatures);
        Refusal::new(Check::CurrentState, &verdict)
    }

    /// The state of exactly those events, as somebody gave it. Of two for one key the last counts.
    fn state_of(&mut self, ids: &[EventId]) -> State {
        let mut changes = Vec::with_capacity(ids.len());
        for number in ids.iter().filter_map(|id| self.dag.known(id)) {
            if let Some(event) = self.events().state_event(number) {
                changes.push((event.key, Some(number)));
            }
        }
        State::default().with(changes, &|key, event| self.name(key, event))
    }

    /// The state before an event: the resolution of the states after its prev events.
    fn state_before_event(&mut self, event: &Event) -> State {
        let prev = event.prev_events().iter();
        let states: Vec<_> = prev.filter_map(|id| self.state_after(id).cloned()).collect();
        self.resolved(states)
    }

    fn resolved(&mut self, mut states: Vec<State>) -> State {
        let mut seen: Vec<State> = Vec::new();
        states.retain(|state| {
            let is_new = !seen.contains(state);
            if is_new {
                seen.push(state.clone());
            }
            is_new
        });
        if states.len() < 2 {
            return states.pop().unwrap_or_default();
        }
        if let Some(known) = self.memo.get(&states) {
            return known;
        }
        let resolution = resolve(self.events(), &distinct(&states));
        let changes = resolution.contested().iter().copied();
        let resolved = states[0].with(changes, &|key, event| self.name(key, event));
        self.memo.put(states, resolved.clone());
        resolved
    }

    /// Makes a decided event known.
    fn add(&mut self, event: &Event, standing: Standing, before: Option<State>) -> Number {
        let keys = self.keys.of(event);
        let is_applied = !standing.is_rejected();
        let mut record = Record::new(event, keys, standing);
        let id = event.event_id();
        let number = match self.dag.known(id) {
            // An outlier that has its place in the history now.
            Some(number) => number,
            None => {
                let added =
                    self.dag.insert(id, event.prev_events(), event.auth_events(), record.clone());
                added.number()
            }
        };
        record.states = before.map(|before| {
            let after = match keys.filter(|_| is_applied) {
                Some((key, _)) => {
                    let change = (key, Some(number));
                    before.with([change], &|key, event| self.name(key, event))
                }
                None => before.clone(),
            };
            (before, after)
        });
        if let Some(place) = self.dag.get_mut(number) {
            *place = record;
        }
        number
    }

    /// Moves the forward extremities on to an accepted event, and the current state with them.
    fn advance(&mut self, number: Number) {
        let prev = self.dag.prev();
        let is_accepted = |number: Number| {
            let record = self.dag.get(number);
            record.is_some_and(|record| {
                !record.is_outlier() && *record.standing() == Standing::Accepted
            })
        };
        let mut replaced = Vec::new();
        let mut seen = im::OrdSet::new();
        let mut open = prev.parents(number).to_vec();
        while let Some(number) = open.pop() {
            if seen.insert(number).is_some() {
                continue;
            }
            if is_accepted(number) {
                replaced.push(number);
            } else {
                // What it was sent after is behind the new event too.
                open.extend(prev.parents(number));
            }
        }
        let is_behind = prev.children(number).any(is_accepted);
        for number in replaced {
            self.extremities.remove(&number);
        }
        if !is_behind {
            self.extremities.insert(number);
        }
        let after = |number: &Number| self.dag.get(*number)?.state_after().cloned();
        let states = self.extremities.iter().filter_map(after).collect();
        self.current = self.resolved(states);
    }
}
