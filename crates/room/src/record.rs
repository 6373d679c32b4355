//! What a room keeps of one event.

use std::sync::Arc;

use exeunt_event::Event;
use exeunt_resolve::{Body, Names, StateEvent};
use exeunt_version::RoomVersion;

use crate::state::Weight;
use crate::{Checked, Standing, State};

/// One event of a room: its standing, and the state around it.
#[derive(Clone, Debug)]
pub struct Record {
    held: Held,
    depth: i64,
    pub(crate) standing: Standing,
    /// The state before and after it; none for an outlier.
    pub(crate) states: Option<(State, State)>,
}

/// Rules read state events alone, so that others need not stay parsed.
#[derive(Clone, Debug)]
enum Held {
    State { event: Event, names: Names, weight: Option<Weight> },
    Text(Arc<str>),
}

impl Record {
    pub(crate) fn new(checked: &Checked, names: Option<Names>, standing: Standing) -> Self {
        let event = &checked.event;
        let held = match names {
            Some(names) => {
                Held::State { event: event.clone(), names, weight: checked.weight.clone() }
            }
            None => Held::Text(event.shared_text()),
        };
        Self { held, depth: event.depth(), standing, states: None }
    }

    /// The event's depth.
    pub fn depth(&self) -> i64 {
        self.depth
    }

    pub(crate) fn weight(&self) -> Option<&Weight> {
        match &self.held {
            Held::State { weight, .. } => weight.as_ref(),
            Held::Text(_) => None,
        }
    }

    /// The event, as the room goes on with it: redacted, if its content hash was wrong.
    pub fn event(&self, version: &RoomVersion) -> Option<Event> {
        match &self.held {
            Held::State { event, .. } => Some(event.clone()),
            // The text is that of an event of this version.
            Held::Text(text) => Event::parse(text.as_bytes(), version).ok(),
        }
    }

    /// Its standing.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The state before it; `None` for an outlier.
    pub fn state_before(&self) -> Option<&State> {
        self.states.as_ref().map(|(before, _)| before)
    }

    /// The state after it; `None` for an outlier.
    pub fn state_after(&self) -> Option<&State> {
        self.states.as_ref().map(|(_, after)| after)
    }

    /// Whether it is known for what other events cite it for, and has no place in the history.
    pub fn is_outlier(&self) -> bool {
        self.states.is_none()
    }
}

impl Body for Record {
    fn state_event(&self) -> Option<StateEvent<'_>> {
        match &self.held {
            Held::State { event, names, .. } => {
                Some(StateEvent::new(event, *names, self.standing.is_rejected()))
            }
            Held::Text(_) => None,
        }
    }
}
