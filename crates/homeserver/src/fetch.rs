//! Getting what a received event cites and this server has not.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#backfilling-and-retrieving-missing-events>

use std::collections::BTreeSet;
use std::sync::Arc;

use exeunt_event::json::{self, Object, Value};
use exeunt_event::{EventId, RoomId, ServerName};
use exeunt_room::Input as RoomInput;

use crate::awaited::{Awaited, events_of, said};
use crate::turn::{Turn, pdu};
use crate::uri::encode;
use crate::{Denial, Done, Response};

/// An event that waits for others, and how far the search for them is.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    room_id: RoomId,
    event_id: EventId,
    from: ServerName,
    stage: Stage,
}

/// What was asked for, in the order in which it is.
#[derive(Clone, Debug)]
enum Stage {
    /// The events between those this server has and the event.
    Missing,
    /// The event's auth chain.
    EventAuth,
    /// The IDs of the state before the event, as what lies before it cannot be had.
    StateIds,
    /// One event after the other of those.
    Events { state: Arc<[EventId]>, left: Vec<EventId> },
}

/// How many events between are asked for.
const LIMIT: i64 = 20;

impl Turn {
    /// Asks the server that sent an event for what the event waits for.
    pub(crate) fn fetch(&mut self, room_id: &RoomId, event_id: &EventId, from: &ServerName) {
        let is_on = self.server.awaited.values().any(|awaited| {
            matches!(awaited, Awaited::Fetch(fetch)
                if fetch.room_id == *room_id && fetch.event_id == *event_id)
        });
        if !is_on {
            self.ask_for(Fetch {
                room_id: room_id.clone(),
                event_id: event_id.clone(),
                from: from.clone(),
                stage: Stage::Missing,
            });
        }
    }

    fn ask_for(&mut self, fetch: Fetch) {
        let Some(hosted) = self.server.rooms.get(&fetch.room_id) else { return };
        let (room, event) = (encode(fetch.room_id.as_str()), encode(fetch.event_id.as_str()));
        let prefix = "/_matrix/federation/v1";
        let (method, uri, body) = match &fetch.stage {
            Stage::Missing => {
                let list =
                    |ids: Vec<String>| Value::Array(ids.into_iter().map(Value::from).collect());
                let earliest = hosted.room.forward_extremities();
                let mut body = Object::new();
                body.insert(
                    "earliest_events",
                    list(earliest.iter().map(ToString::to_string).collect()),
                );
                body.insert("latest_events", list(vec![fetch.event_id.to_string()]));
                body.insert("limit", LIMIT);
                body.insert("min_depth", 0);
                ("POST", format!("{prefix}/get_missing_events/{room}"), Some(body))
            }
            Stage::EventAuth => ("GET", format!("{prefix}/event_auth/{room}/{event}"), None),
            Stage::StateIds => ("GET", format!("{prefix}/state_ids/{room}?event_id={event}"), None),
            Stage::Events { left, .. } => {
                let Some(next) = left.last() else { return };
                ("GET", format!("{prefix}/event/{}", encode(next.as_str())), None)
            }
        };
        let to = fetch.from.clone();
        self.ask(&to, (method, &uri), body.as_ref(), Awaited::Fetch(fetch.into()));
    }

    pub(crate) fn fetched(&mut self, fetch: Fetch, response: Option<&Response>) {
        let Some(hosted) = self.server.rooms.get(&fetch.room_id) else { return };
        let version = hosted.room.version().clone();
        let parsed = response.filter(|response| response.is_success());
        let parsed = parsed.and_then(|response| json::parse_any(&response.body).ok());
        let nothing = Object::new();
        let answer = parsed.as_ref().and_then(|parsed| parsed.value.as_object());
        let answer = answer.unwrap_or(&nothing);
        let next = match fetch.stage.clone() {
            Stage::Missing => {
                for event in events_of(answer, "events", &version) {
                    self.take_in(&fetch.room_id, &RoomInput::Pdu(pdu(&event)));
                }
                Stage::EventAuth
            }
            Stage::EventAuth => {
                for event in events_of(answer, "auth_chain", &version) {
                    self.take_in(&fetch.room_id, &RoomInput::Outlier(pdu(&event)));
                }
                Stage::StateIds
            }
            Stage::StateIds => match self.state_answered(&fetch, answer) {
                Some(stage) => stage,
                None => return,
            },
            Stage::Events { state, mut left } => {
                for event in events_of(answer, "pdus", &version) {
                    self.take_in(&fetch.room_id, &RoomInput::Outlier(pdu(&event)));
                }
                left.pop();
                Stage::Events { state, left }
            }
        };
        if !self.waits(&fetch) {
            return;
        }
        if let Stage::Events { state, left } = &next
            && left.is_empty()
        {
            self.give(&fetch, state);
            return;
        }
        self.ask_for(Fetch { stage: next, ..fetch });
    }

    fn waits(&self, fetch: &Fetch) -> bool {
        let hosted = self.server.rooms.get(&fetch.room_id);
        hosted.is_some_and(|hosted| hosted.room.pending_event(&fetch.event_id).is_some())
    }

    fn state_answered(&self, fetch: &Fetch, answer: &Object<'_>) -> Option<Stage> {
        let ids = |name: &str| -> Option<Vec<EventId>> {
            let list = answer.get(name)?.as_array()?.iter();
            list.map(|id| id.as_str().map(EventId::from_received)).collect()
        };
        let state = ids("pdu_ids")?;
        let room = &self.server.rooms.get(&fetch.room_id)?.room;
        let all: BTreeSet<_> = state.iter().cloned().chain(ids("auth_chain_ids")?).collect();
        let left = all.into_iter().filter(|id| room.record(id).is_none()).collect();
        Some(Stage::Events { state: state.into(), left })
    }

    /// Goes on with the state that the server gave, without what is rejected. If not all of its
    /// events could be had, the event goes on waiting: with a part of the state it would be decided
    /// otherwise than elsewhere, and so would everything after it.
    fn give(&mut self, fetch: &Fetch, state: &[EventId]) {
        self.admit(&fetch.room_id, state);
        let Some(hosted) = self.server.rooms.get(&fetch.room_id) else { return };
        let room = &hosted.room;
        let Some(event) = room.pending_event(&fetch.event_id).cloned() else { return };
        if state.iter().any(|id| room.record(id).is_none()) {
            return;
        }
        let is_good =
            |id: &&EventId| room.record(id).is_some_and(|record| !record.standing().is_rejected());
        let state: Arc<[EventId]> = state.iter().filter(is_good).cloned().collect();
        self.take_in(&fetch.room_id, &RoomInput::Given { pdu: pdu(&event), state });
    }

    /// Lets events that wait for their place in the history be cited before they have one, each
    /// after its auth events.
    fn admit(&mut self, room_id: &RoomId, state: &[EventId]) {
        let mut open: Vec<_> = state.iter().map(|id| (id.clone(), false)).collect();
        let mut seen = BTreeSet::new();
        while let Some((id, is_next)) = open.pop() {
            let Some(hosted) = self.server.rooms.get(room_id) else { return };
            let room = &hosted.room;
            let waits = room.pending_event(&id).filter(|_| room.record(&id).is_none());
            let Some(event) = waits.cloned() else { continue };
            if is_next {
                self.take_in(room_id, &RoomInput::Outlier(pdu(&event)));
            } else if seen.insert(id.clone()) {
                open.push((id, true));
                open.extend(event.auth_events().iter().map(|id| (id.clone(), false)));
            }
        }
    }

    /// Asks for older events of a room.
    pub(crate) fn backfill(
        &mut self,
        id: u64,
        room_id: &RoomId,
        from: &ServerName,
        limit: usize,
    ) -> Result<(), Denial> {
        let hosted = self.resident_room(room_id)?;
        let starts: Vec<_> = hosted.room.begins_at().map(|id| encode(id.as_str())).collect();
        if starts.is_empty() {
            self.tell(id, Ok(Done::Locally));
            return Ok(());
        }
        let starts: Vec<_> = starts.iter().map(|id| format!("v={id}")).collect();
        let (room, starts) = (encode(room_id.as_str()), starts.join("&"));
        let uri = format!("/_matrix/federation/v1/backfill/{room}?{starts}&limit={limit}");
        let room_id = room_id.clone();
        let awaited = Awaited::Backfill { id, room_id, from: from.clone() };
        self.ask(from, ("GET", &uri), None, awaited);
        Ok(())
    }

    /// Older events have no place after the beginning of this server's history: they are known for
    /// what they are.
    pub(crate) fn backfilled(
        &mut self,
        id: u64,
        room_id: &RoomId,
        from: ServerName,
        response: Option<&Response>,
    ) {
        let parsed = response.filter(|response| response.is_success());
        let parsed = parsed.and_then(|response| json::parse_any(&response.body).ok());
        let version = self.server.rooms.get(room_id).map(|it| it.room.version().clone());
        let answer = parsed.as_ref().and_then(|parsed| parsed.value.as_object()).zip(version);
        let Some((answer, version)) = answer else {
            let tried = vec![(from, said(response))];
            self.tell(id, Err(Denial::NobodyHelped(tried)));
            return;
        };
        for event in events_of(answer, "pdus", &version) {
            self.take_in(room_id, &RoomInput::Outlier(pdu(&event)));
        }
        self.tell(id, Ok(Done::Locally));
    }
}
