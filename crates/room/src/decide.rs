//! Receipt checks 4 to 7, for an event that has all it needs.

use std::sync::Arc;

use exeunt_auth::{AuthEvent, Rule, ServerSignatures, check_by_auth_events, check_state};
use exeunt_dag::Number;
use exeunt_event::signatures;
use exeunt_event::{Event, EventId, ServerName};
use exeunt_resolve::resolve;
use exeunt_version::{Mutant, SoftFailure};
use im::OrdSet;

use crate::memo::Memo;
use crate::pending::{Entry, Role};
use crate::room::{distinct, each_once};
use crate::shared::Sharing;
use crate::state::Weight;
use crate::{Check, Checked, Context, Record, Refusal, Room, Standing, State};

/// What an event cites, by number.
#[derive(Clone, Copy)]
struct Cited<'n> {
    prev: &'n [Number],
    auth: &'n [Number],
}

impl Room {
    /// Decides about an event, and makes it one of the room. `needed` is all that it needs, in the
    /// order of its needs.
    pub(crate) fn decide(
        &mut self,
        entry: &Entry,
        needed: &[Number],
        context: Context<'_>,
        shared: &mut Sharing<'_>,
    ) -> (Number, Standing) {
        let event = &entry.checked.event;
        let version = Arc::clone(&self.version);
        let signed_by = |server: &ServerName| {
            context.keys.is_some_and(|keys| signatures::signed_by(event, server, keys, &version))
        };
        let signatures = match context.keys {
            Some(_) => ServerSignatures::Checked(&signed_by),
            None => ServerSignatures::Satisfied,
        };
        let cited = event.auth_events().len() + usize::from(entry.create.is_some());
        let (cited, prev) = needed.split_at_checked(cited).unwrap_or((needed, &[]));
        let by_auth_events = self.check_auth_events(entry, cited, signatures, shared);
        if entry.role == Role::Outlier {
            let standing = by_auth_events.map_or(Standing::Accepted, Standing::Rejected);
            let number = self.add(&entry.checked, standing.clone(), (None, None));
            self.advance(number, shared);
            return (number, standing);
        }
        let before = match &entry.role {
            Role::Given(_) | Role::Joined(_) => self.state_of_known(prev),
            Role::Event | Role::Sent | Role::Outlier => {
                let after = |number: &Number| self.dag.get(*number)?.state_after().cloned();
                self.resolved(prev.iter().filter_map(after).collect(), shared)
            }
        };
        let refusal = by_auth_events
            .or_else(|| self.check_state(event, (&before, Check::StateBefore), signatures, shared));
        let standing = match refusal {
            Some(refusal) => Standing::Rejected(refusal),
            None => match self.check_now(entry, &before, signatures, shared) {
                Some(refusal) => Standing::SoftFailed(refusal),
                None => Standing::Accepted,
            },
        };
        let cited = match &entry.role {
            Role::Event | Role::Sent => cited.get(..event.auth_events().len()),
            Role::Given(_) | Role::Joined(_) | Role::Outlier => None,
        };
        let cited = cited.map(|auth| Cited { prev, auth });
        let number = self.add(&entry.checked, standing.clone(), (cited, Some(before)));
        if matches!(entry.role, Role::Given(_) | Role::Joined(_)) {
            self.given.insert(number);
        }
        self.advance(number, shared);
        if standing == Standing::Accepted && matches!(entry.role, Role::Joined(_)) {
            self.begin_at(number, shared);
        }
        (number, standing)
    }

    /// Check 4.
    fn check_auth_events(
        &self,
        entry: &Entry,
        cited: &[Number],
        signatures: ServerSignatures<'_>,
        shared: &mut Sharing<'_>,
    ) -> Option<Box<Refusal>> {
        let check = || self.check_cited(entry, cited, signatures);
        match shared {
            // What more events than there are bits are like is not worth telling.
            Some(shared) if cited.len() <= 64 => {
                let rejected = cited.iter().enumerate().fold(0, |bits, (at, number)| {
                    let record = self.dag.get(*number);
                    bits | u64::from(record.is_some_and(|it| it.standing().is_rejected())) << at
                });
                shared.by_auth_events(entry.checked.event.event_id(), rejected, check)
            }
            _ => check(),
        }
    }

    fn check_cited(
        &self,
        entry: &Entry,
        cited: &[Number],
        signatures: ServerSignatures<'_>,
    ) -> Option<Box<Refusal>> {
        let (version, event) = (&self.version, &entry.checked.event);
        let ids = event.auth_events().iter().chain(&entry.create);
        let cited: Vec<_> = ids
            .zip(cited)
            .filter_map(|(id, number)| {
                let record = self.dag.get(*number)?;
                Some((id, record.event(version)?, record.standing().is_rejected()))
            })
            .collect();
        let find = |id: &EventId| {
            let (_, event, rejected) = cited.iter().find(|(known, ..)| *known == id)?;
            Some(AuthEvent { event, rejected: *rejected })
        };
        match check_by_auth_events(version, event, find, signatures) {
            Ok(verdict) => Refusal::new(Check::AuthEvents, &verdict),
            // Whatever the event cites is there, or it would wait; what is missing is a create
            // event that its room ID would have it be itself.
            Err(missing) => Some(Box::new(Refusal {
                check: Check::AuthEvents,
                rule: Some(Rule::RoomIdIsNoCreateEvent),
                reason: missing.to_string().into_boxed_str(),
            })),
        }
    }

    /// Check 5 or 6.
    fn check_state(
        &self,
        event: &Event,
        (state, at): (&State, Check),
        signatures: ServerSignatures<'_>,
        shared: &mut Sharing<'_>,
    ) -> Option<Box<Refusal>> {
        let check = || {
            let verdict = check_state(&self.version, event, self.view(state), signatures);
            Refusal::new(at, &verdict)
        };
        match shared {
            Some(shared) => shared.by_state(event.event_id(), (state, at), check),
            None => check(),
        }
    }

    /// The checks against what is current: 6, which is about what is received over federation, and
    /// 7, which is also about what the server sends itself.
    fn check_now(
        &self,
        entry: &Entry,
        before: &State,
        signatures: ServerSignatures<'_>,
        shared: &mut Sharing<'_>,
    ) -> Option<Box<Refusal>> {
        let event = &entry.checked.event;
        match entry.role {
            // The state that the server knew before its join is current no more.
            Role::Joined(_) => None,
            Role::Sent => self.check_policy_server(event),
            Role::Event | Role::Given(_) | Role::Outlier => self
                .check_current_state(event, before, signatures, shared)
                .or_else(|| self.check_policy_server(event)),
        }
    }

    /// Check 6.
    fn check_current_state(
        &self,
        event: &Event,
        before: &State,
        signatures: ServerSignatures<'_>,
        shared: &mut Sharing<'_>,
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
        self.check_state(event, (&self.current, Check::CurrentState), signatures, shared)
    }

    /// The state of those events, as somebody gives it. Of two for one key the last counts. What is
    /// not known is left out, and what was rejected, which is in no state, whoever says so.
    pub fn state_of(&self, ids: &[EventId]) -> State {
        let known: Vec<_> = ids.iter().filter_map(|id| self.dag.known(id)).collect();
        self.state_of_known(&known)
    }

    fn state_of_known(&self, numbers: &[Number]) -> State {
        let entry = |number: &Number| {
            let event = self.events().state_event(*number).filter(|event| !event.is_rejected)?;
            Some((event.key, Some(*number)))
        };
        let changes: Vec<_> = numbers.iter().filter_map(entry).collect();
        State::default().with(changes, &|event| self.weight(event))
    }

    /// The resolution of the states.
    fn resolved(&mut self, states: Vec<State>, shared: &mut Sharing<'_>) -> State {
        let mut states = each_once(states);
        if states.len() < 2 {
            return states.pop().unwrap_or_default();
        }
        if let Some(known) = self.memo.get(&states) {
            return known;
        }
        let known = shared.as_ref().and_then(|shared| self.resolved_elsewhere(&states, shared));
        let resolved = known.unwrap_or_else(|| {
            let resolution = resolve(self.events(), &distinct(&states));
            let changes = resolution.contested().iter().copied();
            let resolved = states[0].with(changes, &|event| self.weight(event));
            if let Some(shared) = shared {
                self.tell_resolved(&states, &resolved, shared);
            }
            resolved
        });
        self.memo.put(states, resolved.clone());
        resolved
    }

    /// Makes a decided event known, with what it cites if that was looked up, and the state before it
    /// if it has a place in the history.
    fn add(
        &mut self,
        checked: &Checked,
        standing: Standing,
        (cited, before): (Option<Cited<'_>>, Option<State>),
    ) -> Number {
        let event = &checked.event;
        let names = self.keys.of(event);
        let is_applied =
            !standing.is_rejected() || self.version.is_mutant(Mutant::RejectedEntersState);
        let id = event.event_id();
        if standing.is_rejected() {
            self.rejected.add(id);
        }
        let record = Record::new(checked, names, standing);
        let number = if let Some(number) = self.dag.known(id) {
            // An outlier that has its place in the history now. If its standing is another one,
            // what states with it resolve to may be too.
            self.memo = Memo::default();
            if let Some(place) = self.dag.get_mut(number) {
                if place.standing().is_rejected() {
                    self.rejected.remove(id);
                }
                *place = record;
            }
            number
        } else {
            let added = match cited {
                Some(Cited { prev, auth }) => self.dag.insert_citing(id, prev, auth, record),
                None => self.dag.insert(id, event.prev_events(), event.auth_events(), record),
            };
            added.number()
        };
        let states = before.map(|before| {
            let after = match names.filter(|_| is_applied) {
                Some(names) => {
                    let change = (names.key, Some(number));
                    before.with([change], &|event| self.weight(event))
                }
                None => before.clone(),
            };
            (before, after)
        });
        if let Some(record) = self.dag.get_mut(number) {
            record.states = states;
        }
        number
    }

    /// Moves the forward extremities on after an event got its place or its standing, and the
    /// current state with them.
    fn advance(&mut self, number: Number, shared: &mut Sharing<'_>) {
        let prev = self.dag.prev();
        // Something that waited for it may have been accepted with a state that somebody gave.
        let is_behind = self.behind.contains(&number)
            || prev
                .children(number)
                .any(|child| self.is_accepted(child) || self.behind.contains(&child));
        let mut has_moved = false;
        if self.is_accepted(number) {
            self.behind.remove(&number);
            if !is_behind {
                has_moved = self.extremities.insert(number).is_none();
            }
        } else if is_behind {
            self.behind.insert(number);
        } else {
            return;
        }
        let mut open = self.dag.prev().parents(number).to_vec();
        while let Some(parent) = open.pop() {
            if self.is_accepted(parent) {
                has_moved |= self.extremities.remove(&parent).is_some();
            } else if self.behind.insert(parent).is_none() {
                // What it was sent after is behind the event too.
                open.extend(self.dag.prev().parents(parent));
            }
        }
        if has_moved {
            self.update_current(shared);
        }
    }

    /// Makes an event the only forward extremity.
    fn begin_at(&mut self, number: Number, shared: &mut Sharing<'_>) {
        self.extremities = OrdSet::unit(number);
        self.update_current(shared);
    }

    fn update_current(&mut self, shared: &mut Sharing<'_>) {
        let after = |number: &Number| self.dag.get(*number)?.state_after().cloned();
        let states = self.extremities.iter().filter_map(after).collect();
        let current = self.resolved(states, shared);
        if current != self.current {
            self.policy_server = self.policy_server_of(&current).map(Arc::new);
        }
        self.current = current;
    }

    pub(crate) fn weight(&self, number: Number) -> Option<&Weight> {
        self.dag.get(number)?.weight()
    }

    /// Whether an event has a place in the history and was accepted.
    fn is_accepted(&self, number: Number) -> bool {
        self.dag
            .get(number)
            .is_some_and(|record| !record.is_outlier() && *record.standing() == Standing::Accepted)
    }
}
