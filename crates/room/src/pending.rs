//! Events that wait for others.

use std::sync::Arc;

use exeunt_event::EventId;
use im::OrdMap;

use crate::{Checked, Input};

/// In what role an event was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// As one of the room's history.
    Event,
    /// As one that the server itself sent.
    Sent,
    /// For what other events cite it for.
    Outlier,
    /// As one of the room's history, with the state before it as somebody gave it.
    Given(Arc<[EventId]>),
    /// As the server's own join, with which the history begins.
    Joined(Arc<[EventId]>),
}

impl Role {
    pub(crate) fn of(input: &Input) -> Self {
        match input {
            Input::Pdu(_) => Self::Event,
            Input::Sent(_) => Self::Sent,
            Input::Outlier(_) => Self::Outlier,
            Input::Given { state, .. } => Self::Given(Arc::clone(state)),
            Input::Joined { state, .. } => Self::Joined(Arc::clone(state)),
        }
    }

    /// Whether an event that waits in the other role can be taken up in this one instead: an
    /// outlier may be wanted for the history after all, and where the events before an event never
    /// come, somebody may give the state before it.
    pub(crate) fn goes_beyond(&self, other: &Self) -> bool {
        let reach = |role: &Self| match role {
            Self::Outlier => 0,
            Self::Event | Self::Sent => 1,
            Self::Given(_) | Self::Joined(_) => 2,
        };
        reach(self) > reach(other)
    }
}

/// An event with its role.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) checked: Checked,
    pub(crate) role: Role,
    /// The create event that its room ID stands for, in version 12.
    pub(crate) create: Option<EventId>,
    /// How many of its needs are met, from the first: what is there stays there.
    pub(crate) met: usize,
}

/// Something without which an event is not decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need<'e> {
    pub(crate) event: &'e EventId,
    /// Whether its place in the history is needed, and not only the event.
    pub(crate) with_state: bool,
}

impl Entry {
    /// All that the event needs, in a fixed order.
    pub(crate) fn needs(&self) -> impl Iterator<Item = Need<'_>> {
        let event = &self.checked.event;
        let before: &[EventId] = match &self.role {
            Role::Outlier => &[],
            Role::Event | Role::Sent => event.prev_events(),
            Role::Given(state) | Role::Joined(state) => state,
        };
        let with_state = matches!(self.role, Role::Event | Role::Sent);
        let cited = event.auth_events().iter().chain(&self.create);
        let cited = cited.map(|event| Need { event, with_state: false });
        cited.chain(before.iter().map(move |event| Need { event, with_state }))
    }
}

/// The events that wait. Each waits for the first of its needs that is not met; when that is there,
/// for the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    entries: OrdMap<EventId, Entry>,
    /// For a missing event those that wait for it, in the order in which they began to.
    for_event: OrdMap<(EventId, u64), EventId>,
    turns: u64,
}

impl Waiting {
    pub(crate) fn get(&self, id: &EventId) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// Lets an event wait for another.
    pub(crate) fn put(&mut self, entry: Entry, missing: EventId) {
        let id = entry.checked.event.event_id().clone();
        self.for_event.insert((missing, self.turns), id.clone());
        self.turns += 1;
        self.entries.insert(id, entry);
    }

    /// The events that waited for one that is there now. They still wait, until they are taken.
    pub(crate) fn woken_by(&mut self, id: &EventId) -> Vec<EventId> {
        if self.for_event.is_empty() {
            return Vec::new();
        }
        let turns = (id.clone(), 0)..=(id.clone(), u64::MAX);
        let (turns, woken): (Vec<_>, Vec<_>) =
            self.for_event.range(turns).map(|(turn, id)| (turn.clone(), id.clone())).unzip();
        for turn in &turns {
            self.for_event.remove(turn);
        }
        woken
    }

    pub(crate) fn take(&mut self, id: &EventId) -> Option<Entry> {
        self.entries.remove(id)
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = (&EventId, &Entry)> {
        self.entries.iter()
    }
}
