//! What was redacted, and what a server makes of the history that gets it later.

use exeunt_event::content::Property;
use exeunt_event::{Event, EventId};
use exeunt_room::{Context, Input, Room, Standing};

use crate::{History, Judgement};

/// A room in which events were redacted.
#[derive(Debug)]
pub(crate) struct Redacted<'h> {
    room: &'h Room,
    events: Vec<Event>,
    /// The places of those events that were redacted.
    targets: Vec<usize>,
}

impl<'h> Redacted<'h> {
    /// The room of the server that knows most; `None` if nothing was redacted in it.
    pub(crate) fn of(history: &'h History) -> Option<Self> {
        let room = history.whole_room()?;
        let dag = room.dag();
        let records = dag.events().filter_map(|number| dag.get(number));
        let records = records.filter(|record| !record.is_outlier());
        let events: Vec<Event> =
            records.filter_map(|record| record.event(room.version())).collect();
        let redacted: Vec<&EventId> =
            events.iter().filter_map(|event| redacts(room, event)).collect();
        let is_target = |at: &usize| redacted.contains(&events[*at].event_id());
        let targets: Vec<usize> = (0..events.len()).filter(is_target).collect();
        (!targets.is_empty()).then_some(Self { room, events, targets })
    }

    /// The room as its server has it, that had the events before they were redacted.
    pub(crate) fn room(&self) -> &'h Room {
        self.room
    }

    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    /// Those events that were redacted, as they were.
    pub(crate) fn targets(&self) -> Vec<&Event> {
        self.targets.iter().map(|at| &self.events[*at]).collect()
    }

    /// The room of a server that gets the events later, with these redacted.
    pub(crate) fn later(&self, targets: &[&EventId]) -> Room {
        let version = self.room.version();
        let mut later = Room::new(version.clone());
        for event in &self.events {
            let is_redacted = targets.contains(&event.event_id());
            let event = if is_redacted { event.redacted(version) } else { event.clone() };
            later.take(&Input::Pdu(event.shared_text().as_bytes().into()), Context::default());
        }
        later
    }
}

/// Whether an event was rejected; `None` if the room has no such event.
pub(crate) fn is_rejected(room: &Room, id: &EventId) -> Option<bool> {
    Some(room.record(id)?.standing().is_rejected())
}

/// The event that one redacts with effect: both are accepted, and either it is of the same server or
/// the redaction's sender has the power to redact what others sent.
fn redacts<'e>(room: &Room, event: &'e Event) -> Option<&'e EventId> {
    let target = event.redacts()?;
    let is_accepted = |id| Some(*room.record(id)?.standing() == Standing::Accepted);
    if event.event_type().as_str() != "m.room.redaction"
        || !is_accepted(event.event_id())?
        || !is_accepted(target)?
    {
        return None;
    }
    let is_own = room.event(target)?.sender().domain() == event.sender().domain();
    let judgement = Judgement::new(event, room, room.state_before(event.event_id())?);
    let is_strong = judgement.power(event.sender().as_str()) >= judgement.level(Property::Redact);
    (is_own || is_strong).then_some(target)
}
