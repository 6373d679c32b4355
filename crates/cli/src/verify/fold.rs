//! The room as a fold of its lines, with what checks 1 to 3 found about them.

use std::sync::Arc;

use exeunt_event::json::Duplicate;
use exeunt_event::{Event, EventId};
use exeunt_room::{Check, Context, Dropped, Input, Outcome as Received, Room};
use exeunt_version::RoomVersion;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::finding::{Finding, Outcome};
use super::input::LONGEST_LINE;
use super::receive::{CheckedLine, Text};
use crate::lines::Line;

/// What became of an event ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The event is in the room, or waits. The line that had it.
    Kept(usize),
    /// It was dropped, and so nothing that others cite. The line that had it.
    Dropped(usize),
}

/// In what role a line reached the room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Received over federation.
    Received,
    /// Sent by the server itself.
    Sent,
    /// Fetched as others cite it.
    Outlier,
    /// Received with the state before it.
    Given(Arc<[EventId]>),
    /// The server's own join over federation, with the state before it.
    Joined(Arc<[EventId]>),
}

impl Role {
    fn input(&self, pdu: &[u8]) -> Input {
        let pdu = pdu.into();
        match self {
            Self::Received => Input::Pdu(pdu),
            Self::Sent => Input::Sent(pdu),
            Self::Outlier => Input::Outlier(pdu),
            Self::Given(state) => Input::Given { pdu, state: Arc::clone(state) },
            Self::Joined(state) => Input::Joined { pdu, state: Arc::clone(state) },
        }
    }

    /// Whether the event goes through check 6, which is about what is received over federation.
    fn is_received(&self) -> bool {
        !matches!(self, Self::Sent | Self::Joined(_))
    }
}

/// An event that was not dropped.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) line: usize,
    pub(crate) id: EventId,
    /// Whether check 6 is for it.
    pub(crate) is_received: bool,
}

/// A room, and what was found while its lines were taken.
pub(crate) struct Fold<'k> {
    pub(crate) room: Room,
    pub(crate) context: Context<'k>,
    /// In the order of their lines.
    pub(crate) kept: Vec<Kept>,
    pub(crate) fates: HashMap<EventId, Fate, FxBuildHasher>,
    /// Lines that repeat an event to the letter.
    pub(crate) repeated: usize,
    /// How many lines entered checks 1, 2 and 3.
    pub(crate) entered: [usize; 3],
    /// What checks 1 to 3 found.
    pub(crate) findings: Vec<Finding>,
}

impl<'k> Fold<'k> {
    pub(crate) fn new(version: &RoomVersion, context: Context<'k>) -> Self {
        Self {
            room: Room::new(version.clone()),
            context,
            kept: Vec::new(),
            fates: HashMap::default(),
            repeated: 0,
            entered: [0; 3],
            findings: Vec::new(),
        }
    }

    /// Takes a line for the first time.
    pub(crate) fn take(&mut self, text: &Text, checked: CheckedLine, role: &Role) {
        let line = text.line;
        self.entered[0] += 1;
        let pdu = match &text.text {
            Line::Bytes(bytes) => bytes,
            Line::TooLong(length) => {
                let message = format!(
                    "the line has {length} bytes; lines beyond {LONGEST_LINE} are not read"
                );
                return self.find(line, None, Check::Format, (Outcome::Dropped, message));
            }
        };
        let Some(checked) = checked else { return };
        let event = checked.as_ref().ok().map(|checked| checked.event().clone());
        let duplicates = match &checked {
            Ok(checked) => checked.duplicates().to_vec(),
            Err((Some(_), _)) => {
                // The event does not go on, but its text has been found to be one.
                let again = Event::parse_noting(pdu, self.room.version());
                again.map(|(_, duplicates)| duplicates).unwrap_or_default()
            }
            Err((None, _)) => Vec::new(),
        };
        let receipt = self.room.take_checked_input(checked, &role.input(pdu), self.context);
        let id = receipt.event_id.as_ref();
        for Duplicate { key, position } in duplicates {
            let message = format!(
                "the object that ends at byte {position} has the key {key:?} twice; the last one \
                 counts"
            );
            self.find(line, id, Check::Format, (Outcome::Noted, message));
        }
        if let Received::Dropped(dropped) = &receipt.outcome {
            self.entered[1] += usize::from(matches!(dropped, Dropped::Signatures(_)));
            if let Some(id) = id {
                self.fates.entry(id.clone()).or_insert(Fate::Dropped(line));
            }
            return self.find(line, id, dropped.check(), (Outcome::Dropped, dropped.to_string()));
        }
        self.entered[1] += 1;
        self.entered[2] += 1;
        let (Some(id), Some(event)) = (id, event) else { return };
        if receipt.outcome == Received::Known {
            return self.repeat(line, &event);
        }
        if receipt.redacted {
            let message = "the content hash is not that of the event; it goes on redacted";
            self.find(line, Some(id), Check::Hash, (Outcome::Redacted, message.to_owned()));
        }
        if let Some(Fate::Kept(first)) = self.fates.get(id) {
            // An outlier at first, that is taken into the graph now.
            let first = *first;
            self.repeated += 1;
            return self.change_role(first, role);
        }
        self.fates.insert(id.clone(), Fate::Kept(line));
        self.kept.push(Kept { line, id: id.clone(), is_received: role.is_received() });
    }

    /// Takes a line once more, in another role.
    pub(crate) fn take_again(&mut self, text: &Text, checked: CheckedLine, role: &Role) {
        let (Some(pdu), Some(checked)) = (text.bytes(), checked) else { return };
        self.room.take_checked_input(checked, &role.input(pdu), self.context);
        self.change_role(text.line, role);
    }

    fn change_role(&mut self, line: usize, role: &Role) {
        if let Ok(at) = self.kept.binary_search_by_key(&line, |kept| kept.line) {
            self.kept[at].is_received = role.is_received();
        }
    }

    fn find(&mut self, line: usize, id: Option<&EventId>, check: Check, what: (Outcome, String)) {
        self.findings.push(Finding {
            line,
            event_id: id.map(EventId::to_string),
            check,
            outcome: what.0,
            rule: None,
            message: what.1,
            missing: Vec::new(),
        });
    }

    /// An event whose ID an earlier line had. What the ID covers is the same, save in versions 1
    /// and 2, where the sender chose it.
    fn repeat(&mut self, line: usize, event: &Event) {
        let id = event.event_id();
        let (Some(known), Some(Fate::Kept(first))) = (self.event(id), self.fates.get(id)) else {
            return;
        };
        let what = |event: &Event| {
            let mut object = event.object().into_owned();
            object.remove("unsigned");
            object.remove("signatures");
            object
        };
        if what(&known) == what(event) {
            self.repeated += 1;
        } else {
            let message = format!("line {first} has another event with this ID; that one counts");
            self.find(line, Some(id), Check::Format, (Outcome::Dropped, message));
        }
    }

    /// An event that was not dropped.
    pub(crate) fn event(&self, id: &EventId) -> Option<Event> {
        self.room.event(id).or_else(|| self.room.pending_event(id).cloned())
    }
}
