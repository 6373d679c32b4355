//! Receiving a PDU: the checks in order, and waiting for what is missing.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use exeunt_dag::Number;
use exeunt_event::{Event, EventId, hashes};
use exeunt_version::RoomIds;

use crate::checked::{DroppedEvent, check};
use crate::pending::{Entry, Need, Role};
use crate::shared::Sharing;
use crate::{Checked, Context, Dropped, Input, Outcome, Receipt, Record, Room, Shared};

impl Room {
    /// Receives a PDU over federation, and gives the room after it. This room stays as it is.
    pub fn receive(&self, pdu: &[u8], context: Context<'_>) -> (Self, Receipt) {
        let mut next = self.clone();
        let receipt = next.take_checked(check(pdu, &self.version, context), pdu, context);
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
        self.enter(checked, (pdu, Role::Event), context, &mut None)
    }

    /// [`Room::take_checked`] for any input.
    pub fn take_checked_input(
        &mut self,
        checked: Result<Checked, DroppedEvent>,
        input: &Input,
        context: Context<'_>,
    ) -> Receipt {
        self.enter(checked, (input.pdu(), Role::of(input)), context, &mut None)
    }

    /// [`Room::take_checked_input`] in one of several rooms that get the same events: the room and
    /// the receipt are the same, and come faster.
    pub fn take_shared(
        &mut self,
        checked: Result<Checked, DroppedEvent>,
        input: &Input,
        context: Context<'_>,
        shared: &mut Shared,
    ) -> Receipt {
        self.enter(checked, (input.pdu(), Role::of(input)), context, &mut Some(shared))
    }

    /// An event that waits, as the room would go on with it.
    pub fn pending_event(&self, id: &EventId) -> Option<&Event> {
        self.waiting.get(id).map(|entry| entry.checked.event())
    }

    fn enter(
        &mut self,
        checked: Result<Checked, DroppedEvent>,
        (pdu, role): (&[u8], Role),
        context: Context<'_>,
        shared: &mut Sharing<'_>,
    ) -> Receipt {
        let (receipt, decided) = match checked.and_then(|checked| self.of_this_room(checked)) {
            Err((event_id, dropped)) => {
                self.log.push_back(Input::new(pdu.into(), &role));
                let outcome = Outcome::Dropped(dropped);
                let taken_up = Vec::new();
                (Receipt { event_id, outcome, redacted: false, taken_up }, Vec::new())
            }
            Ok(checked) => {
                let text = match &checked.original {
                    Some(original) => Arc::clone(original),
                    None => checked.event.shared_text().into(),
                };
                self.log.push_back(Input::new(text, &role));
                self.settle(checked, role, context, shared)
            }
        };
        self.remember(&receipt, &decided);
        receipt
    }

    fn of_this_room(&mut self, checked: Checked) -> Result<Checked, DroppedEvent> {
        let room_id = checked.event.room_id();
        match &self.id {
            Some(known) if known != room_id => {
                let dropped = Dropped::OtherRoom(room_id.clone());
                Err((Some(checked.event.event_id().clone()), dropped))
            }
            Some(_) => Ok(checked),
            None => {
                self.id = Some(room_id.clone());
                Ok(checked)
            }
        }
    }

    /// Also gives the events that were decided.
    fn settle(
        &mut self,
        mut checked: Checked,
        role: Role,
        context: Context<'_>,
        shared: &mut Sharing<'_>,
    ) -> (Receipt, Vec<Number>) {
        let event_id = checked.event.event_id().clone();
        let mut redacted = checked.is_redacted();
        let receipt = |outcome, redacted, taken_up| Receipt {
            event_id: Some(event_id.clone()),
            outcome,
            redacted,
            taken_up,
        };
        let mut is_lesser = false;
        // Of two events of one ID the first counts, as whatever it will be part of the room.
        if let Some(record) = self.record(&event_id) {
            if !record.is_outlier() || role == Role::Outlier {
                return (receipt(Outcome::Known, redacted, Vec::new()), Vec::new());
            }
            if let Some(known) = record.event(&self.version)
                && known != checked.event
            {
                redacted = !hashes::content_hash_matches(&known, &self.version);
                checked.replace(known);
            }
        } else if let Some(waiting) = self.waiting.get(&event_id) {
            // What waits for its place in the history may be cited before it has one.
            is_lesser = role == Role::Outlier && waiting.role != Role::Outlier;
            if !is_lesser && !role.goes_beyond(&waiting.role) {
                return (receipt(Outcome::Known, redacted, Vec::new()), Vec::new());
            }
            checked = waiting.checked.clone();
            redacted = checked.is_redacted();
        }
        let create = self.implied_create(&checked.event);
        let entry = Entry { checked, role, create, met: 0 };
        let Some(needed) = self.needed(&entry) else {
            if is_lesser {
                return (receipt(Outcome::Known, redacted, Vec::new()), Vec::new());
            }
            let missing = self.missing(&entry);
            self.wait(entry);
            return (receipt(Outcome::Pending { missing }, redacted, Vec::new()), Vec::new());
        };
        // An entry of a lesser role that still waits has no more to wait for.
        if !is_lesser {
            self.waiting.take(&event_id);
        }
        let (number, standing) = self.decide(&entry, &needed, context, shared);
        let mut decided = vec![number];
        // Others may have waited for it.
        let mut arrived = VecDeque::from([event_id.clone()]);
        let mut taken_up = Vec::new();
        while let Some(arrived_id) = arrived.pop_front() {
            for id in self.waiting.woken_by(&arrived_id) {
                let Some(entry) = self.waiting.take(&id) else { continue };
                let Some(entry) = self.wait(entry) else { continue };
                let Some(needed) = self.needed(&entry) else { continue };
                let (number, standing) = self.decide(&entry, &needed, context, shared);
                decided.push(number);
                taken_up.push((id.clone(), standing));
                arrived.push_back(id);
            }
        }
        (receipt(Outcome::Decided(standing), redacted, taken_up), decided)
    }

    /// Lets an event wait for the first thing that it misses; gives it back if that is nothing.
    fn wait(&mut self, mut entry: Entry) -> Option<Entry> {
        let mut needs = entry.needs().enumerate().skip(entry.met);
        let unmet = needs.find(|(_, need)| !self.is_met(*need));
        let unmet = unmet.map(|(at, need)| (at, need.event.clone()));
        drop(needs);
        let Some((at, missing)) = unmet else { return Some(entry) };
        entry.met = at;
        self.waiting.put(entry, missing);
        None
    }

    /// The create event that an event's room ID stands for, in version 12.
    fn implied_create(&self, event: &Event) -> Option<EventId> {
        let is_implied = self.version.capabilities.room_ids == RoomIds::CreateEvent
            && event.has_room_id()
            && event.room_id().is_hash();
        is_implied.then(|| event.room_id().create_event())
    }

    /// What is needed, if it is there.
    fn met(&self, need: Need<'_>) -> Option<Number> {
        let number = self.dag.known(need.event)?;
        let is_outlier = || self.dag.get(number).is_none_or(Record::is_outlier);
        (!need.with_state || !is_outlier()).then_some(number)
    }

    fn is_met(&self, need: Need<'_>) -> bool {
        self.met(need).is_some()
    }

    /// All that an event needs, in the order of its needs, if all of it is there.
    fn needed(&self, entry: &Entry) -> Option<Vec<Number>> {
        entry.needs().map(|need| self.met(need)).collect()
    }

    /// What an event needs and is not there, each once.
    pub(crate) fn missing(&self, entry: &Entry) -> Vec<EventId> {
        let mut seen = BTreeSet::new();
        let unmet = entry.needs().filter(|need| !self.is_met(*need));
        unmet.filter(|need| seen.insert(need.event)).map(|need| need.event.clone()).collect()
    }

    /// Adds an input's answer to the history, with the states after the events that it decided.
    fn remember(&mut self, receipt: &Receipt, decided: &[Number]) {
        let Some(input) = self.log.last().cloned() else { return };
        let state = |number: &Number| self.dag.get(*number)?.state_after().cloned();
        let states = decided.iter().filter_map(state).collect();
        self.history.add(input, receipt.clone(), states);
    }
}
