//! Receiving a PDU: the six checks in order, and waiting for what is missing.

use std::collections::VecDeque;
use std::sync::Arc;

use exeunt_event::{Event, EventId};
use exeunt_version::RoomIds;

use crate::checked::{DroppedEvent, check};
use crate::pending::{Entry, Role};
use crate::{Checked, Context, Dropped, Input, Outcome, Receipt, Room};

impl Room {
    /// Receives a PDU over federation, and gives the room after it. This room stays as it is.
    pub fn receive(&self, pdu: &[u8], context: Context<'_>) -> (Self, Receipt) {
        let mut next = self.clone();
        let receipt = next.take(&Input::Pdu(pdu.into()), context);
        (next, receipt)
    }

    /// Takes an input in place, which costs less than [`Room::receive`] where the room before is
    /// of no further use.
    pub fn take(&mut self, input: &Input, context: Context<'_>) -> Receipt {
        let checked = check(input.pdu(), &self.version, context);
        self.take_checked_input(checked, input, context)
    }

    /// Takes a PDU that has been through checks 1 to 3 already ([`crate::check_all`]), with the
    /// same version and context.
    pub fn take_checked(
        &mut self,
        checked: Result<Checked, DroppedEvent>,
        pdu: &[u8],
        context: Context<'_>,
    ) -> Receipt {
        self.enter(checked, pdu, Role::Event, context)
    }

    /// [`Room::take_checked`] for any input.
    pub fn take_checked_input(
        &mut self,
        checked: Result<Checked, DroppedEvent>,
        input: &Input,
        context: Context<'_>,
    ) -> Receipt {
        let role = match input {
            Input::Pdu(_) => Role::Event,
            Input::Sent(_) => Role::Sent,
            Input::Outlier(_) => Role::Outlier,
            Input::Given { state, .. } => Role::Given(state.to_vec()),
            Input::Joined { state, .. } => Role::Joined(state.to_vec()),
        };
        self.enter(checked, input.pdu(), role, context)
    }

    /// An event that waits, as the room would go on with it.
    pub fn pending_event(&self, id: &EventId) -> Option<&Event> {
        self.waiting.get(id).map(|entry| entry.checked.event())
    }

    fn enter(
        &mut self,
        checked: Result<Checked, DroppedEvent>,
        pdu: &[u8],
        role: Role,
        context: Context<'_>,
    ) -> Receipt {
        let receipt = match checked.and_then(|checked| self.of_this_room(checked)) {
            Err((event_id, dropped)) => {
                self.log.push_back(Input::new(pdu.into(), &role));
                let outcome = Outcome::Dropped(dropped);
                Receipt { event_id, outcome, redacted: false, taken_up: Vec::new() }
            }
            Ok(checked) => {
                let text = match &checked.original {
                    Some(original) => Arc::clone(original),
                    None => checked.event.shared_text().into(),
                };
                self.log.push_back(Input::new(text, &role));
                self.settle(Entry { checked, role }, context)
            }
        };
        self.remember(&receipt);
        receipt
    }

    fn of_this_room(&mut self, checked: Checked) -> Result<Checked, DroppedEvent> {
        let room_id = checked.event.room_id();
        match &self.room_id {
            Some(known) if known != room_id => {
                let dropped = Dropped::OtherRoom(room_id.clone());
                Err((Some(checked.event.event_id().clone()), dropped))
            }
            Some(_) => Ok(checked),
            None => {
                self.room_id = Some(room_id.clone());
                Ok(checked)
            }
        }
    }

    fn settle(&mut self, entry: Entry, context: Context<'_>) -> Receipt {
        let event_id = entry.checked.event.event_id().clone();
        let redacted = entry.checked.is_redacted();
        let receipt = |outcome, taken_up| Receipt {
            event_id: Some(event_id.clone()),
            outcome,
            redacted,
            taken_up,
        };
        let is_new = match self.record(&event_id) {
            Some(record) => record.is_outlier() && entry.role != Role::Outlier,
            // What waits as an outlier may be wanted for the history after all.
            None => self
                .waiting
                .get(&event_id)
                .is_none_or(|waiting| waiting.role == Role::Outlier && entry.role != Role::Outlier),
        };
        if !is_new {
            return receipt(Outcome::Known, Vec::new());
        }
        let missing = self.missing(&entry);
        if !missing.is_empty() {
            self.waiting.put(entry, &missing);
            return receipt(Outcome::Pending { missing }, Vec::new());
        }
        let standing = self.decide(&entry, context);
        // Others may have waited for it.
        let mut arrived = VecDeque::from([event_id.clone()]);
        let mut taken_up = Vec::new();
        while let Some(arrived_id) = arrived.pop_front() {
            for id in self.waiting.woken_by(&arrived_id) {
                let Some(entry) = self.waiting.get(&id) else { continue };
                let missing = self.missing(entry);
                if missing.contains(&arrived_id) {
                    // It came as an outlier, and is needed with its state.
                    self.waiting.wait_for(&arrived_id, &id);
                } else if missing.is_empty()
                    && let Some(entry) = self.waiting.take(&id)
                {
                    let standing = self.decide(&entry, context);
                    taken_up.push((id.clone(), standing));
                    arrived.push_back(id);
                }
            }
        }
        receipt(Outcome::Decided(standing), taken_up)
    }

    /// What an event needs and is not there, each once.
    pub(crate) fn missing(&self, entry: &Entry) -> Vec<EventId> {
        let event = &entry.checked.event;
        let mut missing = Vec::new();
        let mut need = |id: EventId, is_there: bool| {
            if !is_there && !missing.contains(&id) {
                missing.push(id);
            }
        };
        let implies_create = self.version.capabilities.room_ids == RoomIds::CreateEvent
            && event.has_room_id()
            && event.room_id().is_hash();
        let create = implies_create.then(|| event.room_id().create_event());
        for id in event.auth_events().iter().cloned().chain(create) {
            let is_there = self.dag.known(&id).is_some();
            need(id, is_there);
        }
        match &entry.role {
            Role::Outlier => {}
            Role::Event | Role::Sent => {
                for id in event.prev_events() {
                    need(id.clone(), self.state_after(id).is_some());
                }
            }
            Role::Given(state) | Role::Joined(state) => {
                for id in state {
                    need(id.clone(), self.dag.known(id).is_some());
                }
            }
        }
        missing
    }

    /// Adds an input's answer to the history.
    fn remember(&mut self, receipt: &Receipt) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.history.as_bytes());
        if let Some(input) = self.log.last() {
            input.hash(&mut hasher);
        }
        receipt.hash(&mut hasher);
        let decided = receipt.event_id.iter().chain(receipt.taken_up.iter().map(|(id, _)| id));
        for state in decided.filter_map(|id| self.state_after(id)) {
            hasher.update(state.fingerprint().as_bytes());
        }
        self.history = hasher.finalize().into();
    }
}
