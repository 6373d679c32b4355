//! A handshake came to its end.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use exeunt_event::json::{self, Object, Value};
use exeunt_event::{Event, EventId, EventType};
use exeunt_room::{Context, Input as RoomInput, Outcome, Room, Standing};

use super::Submitting;
use crate::hosted::Hosted;
use crate::turn::{Turn, pdu};
use crate::view::{Status, Stripped};
use crate::{Done, Handshake, Response};

impl Turn {
    /// The resident server accepted the event.
    pub(super) fn finish(&mut self, sent: Submitting, answer: &Response) {
        let template = sent.plan.template.clone();
        let (user, room_id) = (&template.user_id, &template.room_id);
        let done = match template.handshake {
            Handshake::Leave => {
                self.left(&sent);
                Ok(())
            }
            // By another user this server may have come into the room meanwhile.
            Handshake::Knock if self.server.is_resident(room_id) => {
                self.catch_up(&sent, &sent.event);
                Ok(())
            }
            Handshake::Knock => {
                let status = Status::Knocked(Box::new(self.knocked(&sent, answer)));
                self.server.set_status(user, room_id, status);
                Ok(())
            }
            Handshake::Join => self.joined(&sent, answer),
        };
        match done {
            Ok(()) => {
                let event_id = sent.event.event_id().clone();
                let room_id = template.room_id;
                self.tell(sent.plan.id, Ok(Done::Sent { room_id, event_id }));
            }
            Err(reason) => {
                // The room may have another server whose answer is worth more.
                let said = format!("the answer is worthless: {reason}");
                let Submitting { plan, asked, .. } = sent;
                self.walk(plan.without(&asked, said));
            }
        }
    }

    /// Takes in what another server of the room has accepted, and tells all servers but this one.
    pub(super) fn catch_up(&mut self, sent: &Submitting, event: &Event) {
        let room_id = &sent.plan.template.room_id;
        let receipt = self.take_in(room_id, &RoomInput::Pdu(pdu(event)));
        if receipt.is_some_and(|it| matches!(it.outcome, Outcome::Pending { .. })) {
            self.fetch(room_id, event.event_id(), &sent.asked);
        }
    }

    fn knocked(&self, sent: &Submitting, answer: &Response) -> Stripped {
        let parsed = json::parse_any(&answer.body).ok();
        let state = parsed.as_ref().and_then(|parsed| parsed.value.as_object());
        let state = state.and_then(|answer| answer.get("knock_room_state"));
        let entries = state.and_then(Value::as_array).unwrap_or_default();
        let room_id = &sent.plan.template.room_id;
        let valid = |entry| self.valid_entry(entry, &sent.version, room_id).ok();
        let state: Vec<Event> = entries.iter().filter_map(valid).collect();
        Stripped {
            room_version: sent.version.id().to_owned(),
            event: sent.event.clone(),
            servers: Stripped::servers_by(sent.asked.clone(), &state),
            state,
        }
    }

    /// Enters the room with the state that the resident server gave.
    ///
    /// <https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv2send_joinroomideventid>
    fn joined(&mut self, sent: &Submitting, answer: &Response) -> Result<(), String> {
        let parsed = json::parse_any(&answer.body).map_err(|error| error.to_string())?;
        let object = match &parsed.value {
            Value::Array(pair) => pair.get(1).and_then(Value::as_object),
            value => value.as_object(),
        };
        let object = object.ok_or("it is no object")?;
        let event = countersigned(sent, object)?;
        let room_id = &sent.plan.template.room_id;
        if self.server.is_resident(room_id) {
            self.catch_up(sent, &event);
            return Ok(());
        }
        let keys = Arc::clone(&self.server.keys);
        let context = Context { keys: Some(&keys) };
        let Given { texts, state } = Given::new(object);
        let bytes: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        let checked = exeunt_room::check_all(&bytes, &sent.version, context);
        let valid = |at: &usize| Some(checked.get(*at)?.as_ref().ok()?.event());
        let is_create = |event: &&Event| {
            *event.event_type() == EventType::Create && event.state_key() == Some("")
        };
        let mut events = state.iter().filter_map(valid);
        let create = events.find(is_create).ok_or("the state has no create event")?;
        if create.room_id() != room_id {
            return Err("the create event is of another room".to_owned());
        }
        let known = self.server.rooms.get(room_id).map(|hosted| hosted.room.clone());
        let known = known.filter(|room| room.version().id() == sent.version.id());
        let is_new = known.is_none();
        let mut room = known.unwrap_or_else(|| Room::new((*sent.version).clone()));
        let state: Vec<EventId> =
            state.iter().filter_map(valid).map(|event| event.event_id().clone()).collect();
        for (checked, text) in checked.into_iter().zip(texts) {
            // What is no event at all is nothing to remember. What is not valid is dropped on the
            // way in, and then no part of the state.
            if !matches!(checked, Err((None, _))) {
                room.take_checked_input(checked, &RoomInput::Outlier(text.into()), context);
            }
        }
        let is_good = |id: &EventId| {
            let record = room.record(id);
            record.is_some_and(|record| !record.standing().is_rejected())
        };
        let given: Arc<[EventId]> = state.into_iter().filter(is_good).collect();
        let input = RoomInput::Joined { pdu: pdu(&event), state: given };
        match room.take(&input, context).outcome {
            Outcome::Decided(Standing::Accepted) => {}
            Outcome::Decided(Standing::Rejected(refusal) | Standing::SoftFailed(refusal)) => {
                return Err(format!("the state does not allow the join: {}", refusal.reason));
            }
            Outcome::Dropped(dropped) => return Err(dropped.to_string()),
            Outcome::Known => return Err("the join is known already".to_owned()),
            Outcome::Pending { missing } => {
                return Err(format!("{} events that it cites are missing", missing.len()));
            }
        }
        // One of another version is no earlier state of this one.
        if is_new {
            let hosted = Hosted::new(Room::new((*sent.version).clone()));
            self.server.rooms.insert(room_id.clone(), hosted);
        }
        self.replace(room_id, room);
        // The state may be from before what users of this server left. Who took such a leave tells
        // all servers of the room but this one.
        for leave in self.server.told_leaves(room_id) {
            let hosted = self.server.rooms.get(room_id);
            if hosted.is_some_and(|hosted| hosted.room.record(leave.event_id()).is_none()) {
                self.catch_up(sent, &leave);
            }
        }
        Ok(())
    }
}

/// The events that an answer gives. Those that are both in the state and in an auth chain are here
/// once.
struct Given {
    texts: Vec<Arc<str>>,
    /// Which of them are the state's.
    state: Vec<usize>,
}

impl Given {
    fn new(answer: &Object<'_>) -> Self {
        let texts = |name| {
            let list = answer.get(name).and_then(Value::as_array).unwrap_or_default();
            let objects = list.iter().filter_map(Value::as_object);
            objects.map(|object| Arc::<str>::from(object.as_received()))
        };
        let mut given = Self { texts: Vec::new(), state: Vec::new() };
        let mut places = BTreeMap::new();
        for text in texts("auth_chain") {
            if let Entry::Vacant(vacant) = places.entry(Arc::clone(&text)) {
                vacant.insert(given.texts.len());
                given.texts.push(text);
            }
        }
        for text in texts("state") {
            let place = places.get(&text).copied().unwrap_or(given.texts.len());
            given.state.push(place);
            if place == given.texts.len() {
                given.texts.push(text);
            }
        }
        given
    }
}

/// The join as the resident server gave it back: the same event, perhaps with its signature.
fn countersigned(sent: &Submitting, answer: &Object<'_>) -> Result<Event, String> {
    let Some(event) = answer.get("event") else { return Ok(sent.event.clone()) };
    let object = event.as_object().ok_or("`event` is no object")?;
    let event = Event::from_object(object, &sent.version).map_err(|error| error.to_string())?;
    if event.event_id() == sent.event.event_id() && is_same(&event, &sent.event) {
        Ok(event)
    } else {
        Err("`event` is another event".to_owned())
    }
}

/// Whether two events are the same but for signatures and what nobody signs.
pub(super) fn is_same(one: &Event, other: &Event) -> bool {
    fn signed(event: &Event) -> Object<'_> {
        let mut object = event.object();
        object.remove("signatures");
        object.remove("unsigned");
        object
    }
    signed(one) == signed(other)
}
