//! Events against a state in the making.

use exeunt_auth::{ServerSignatures, State, Verdict, check_state};
use exeunt_dag::Number;
use exeunt_event::{Event, EventType};
use exeunt_version::{Mutant, RejectedInResolution};

use super::StateMap;
use crate::{Body, Events, StateEvent, Step};

/// **Iterative auth checks.** "Takes as input an initial room state and a sorted list of state
/// events, and constructs a new room state by iterating through the event list and applying the
/// state event to the room state if the state event is allowed by the authorisation rules."
pub(super) fn iterative_auth_checks<T: Body, K>(
    events: Events<'_, T>,
    mut state: StateMap,
    list: Vec<(Number, K)>,
) -> (StateMap, Vec<Step<'_, K>>) {
    let mut steps = Vec::new();
    let reading = events.version.readings.rejected_in_resolution;
    for (number, key) in list {
        let Some(event) = events.state_event(number) else { continue };
        if event.is_rejected && reading == RejectedInResolution::Skipped {
            continue;
        }
        let partial = Partial { events, state: &state, citing: Some(number) };
        let verdict = partial.check(event.event);
        if verdict.is_allowed() {
            state.insert(event.key, number);
        }
        let is_last = !verdict.is_allowed() && events.version.is_mutant(Mutant::FailureAborts);
        steps.push(Step { event: number, key, verdict });
        if is_last {
            break;
        }
    }
    (state, steps)
}

/// A state as the authorisation rules see it while states are being resolved.
pub(super) struct Partial<'s, 'a, T> {
    pub(super) events: Events<'a, T>,
    pub(super) state: &'s StateMap,
    /// The event whose auth events stand in for what the state has not; in v1 there is no such.
    pub(super) citing: Option<Number>,
}

impl<'a, T: Body> Partial<'_, 'a, T> {
    /// Whether the event is allowed. Only the rules about a given state are asked: those about the
    /// event's own auth events it passed before it was in any state.
    pub(super) fn check(self, event: &'a Event) -> Verdict<'a> {
        check_state(self.events.version, event, self, ServerSignatures::Satisfied)
    }

    /// Whether an entry of the state is used to authorise others.
    fn authorises(&self, event: &StateEvent<'_>) -> bool {
        match self.events.version.readings.rejected_in_resolution {
            RejectedInResolution::TakesPart | RejectedInResolution::LeftOut => true,
            RejectedInResolution::Powerless | RejectedInResolution::Skipped => !event.is_rejected,
        }
    }

    /// "If a `(event_type, state_key)` key that is required for checking the authorisation rules is
    /// not present in the state, then the appropriate state event from the event's `auth_events` is
    /// used if the auth event is not rejected." Where the room ID implies the create event, that
    /// counts as one of them.
    fn auth_event(&self, event_type: &EventType, state_key: &str) -> Option<&'a Event> {
        let number = self.citing?;
        let itself = self.events.state_event(number);
        let event = itself?.event;
        let implied = self.events.implied_create(event);
        let implied = implied.and_then(|create| self.events.state_event(create));
        self.events
            .auth_events(number)
            .map(|(_, cited)| cited)
            .chain(implied)
            .chain(itself.filter(|_| self.events.version.is_mutant(Mutant::AuthorisesItself)))
            .find(|cited| !cited.is_rejected && cited.event.is_state(event_type, state_key))
            .map(|cited| cited.event)
    }
}

impl<'a, T: Body> State<'a> for Partial<'_, 'a, T> {
    fn entry(&self, event_type: &EventType, state_key: &str) -> Option<&'a Event> {
        let key = self.events.keys.get(event_type, state_key)?;
        let entry = self.state.get(&key).and_then(|entry| self.events.state_event(*entry));
        let entry = entry.filter(|entry| self.authorises(entry)).map(|entry| entry.event);
        entry.or_else(|| self.auth_event(event_type, state_key))
    }
}
