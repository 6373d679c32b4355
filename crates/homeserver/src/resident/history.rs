//! Events and states that other servers of a room ask for.

use std::collections::{BTreeSet, VecDeque};

use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventId, RoomId, ServerName};

use crate::hosted::Hosted;
use crate::http::Members;
use crate::turn::Turn;
use crate::{Refusal, Response};

/// How many events are given at once, whatever is asked for.
const MOST: usize = 100;
/// How many `get_missing_events` gives if it is not told how many.
const MISSING: usize = 10;

impl Turn {
    /// <https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1eventeventid>
    pub(super) fn give_event(
        &self,
        origin: &ServerName,
        event_id: &EventId,
    ) -> Result<Response, Refusal> {
        let holds = |hosted: &&Hosted| hosted.room.record(event_id).is_some();
        let hosted = self.server.rooms.values().find(holds).ok_or(Refusal::UnknownEvent)?;
        if hosted.denies(origin, self.server.features()) || !hosted.has(origin) {
            return Err(Refusal::OriginNotInRoom { origin: origin.to_string() });
        }
        let event = hosted.room.event(event_id).ok_or(Refusal::UnknownEvent)?;
        Ok(self.transaction(&[event]))
    }

    /// <https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1event_authroomideventid>
    pub(super) fn give_event_auth(
        &self,
        origin: &ServerName,
        room_id: &RoomId,
        event_id: &EventId,
    ) -> Result<Response, Refusal> {
        let hosted = self.shared_with(origin, room_id)?;
        let number = hosted.room.dag().known(event_id).ok_or(Refusal::UnknownEvent)?;
        let chain = hosted.room.dag().auth().ancestors([number]);
        let chain = chain.iter().filter_map(|at| hosted.room.event(hosted.room.dag().id(*at)?));
        let mut answer = Members::default();
        answer.insert_events("auth_chain", &chain.collect::<Vec<_>>());
        Ok(Response::ok_members(&answer))
    }

    /// <https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1stateroomid>
    pub(super) fn give_state(
        &self,
        origin: &ServerName,
        room_id: &RoomId,
        event_id: &EventId,
        ids: bool,
    ) -> Result<Response, Refusal> {
        let hosted = self.shared_with(origin, room_id)?;
        let room = &hosted.room;
        let state = room.state_before(event_id).ok_or(Refusal::UnknownEvent)?;
        let of_state = room.event_ids(state);
        let starts = of_state.iter().filter_map(|id| room.dag().known(id));
        let chain = room.dag().auth().ancestors(starts);
        let chain: Vec<_> = chain.iter().filter_map(|number| room.dag().id(*number)).collect();
        let mut answer = Members::default();
        if ids {
            let list = |list: &[&EventId]| {
                Value::Array(list.iter().map(|id| Value::from(id.to_string())).collect())
            };
            answer.insert("pdu_ids", &list(&of_state));
            answer.insert("auth_chain_ids", &list(&chain));
        } else {
            let list = |list: &[&EventId]| -> Vec<Event> {
                list.iter().filter_map(|id| room.event(id)).collect()
            };
            answer.insert_events("pdus", &list(&of_state));
            answer.insert_events("auth_chain", &list(&chain));
        }
        Ok(Response::ok_members(&answer))
    }

    /// <https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1backfillroomid>
    pub(super) fn give_backfill(
        &self,
        origin: &ServerName,
        room_id: &RoomId,
        from: &[EventId],
        limit: usize,
    ) -> Result<Response, Refusal> {
        let hosted = self.shared_with(origin, room_id)?;
        let open: VecDeque<_> = from.iter().cloned().collect();
        let found = before(hosted, open, &BTreeSet::new(), limit.min(MOST), 0, true);
        if found.is_empty() {
            return Err(Refusal::UnknownEvent);
        }
        Ok(self.transaction(&found))
    }

    /// <https://spec.matrix.org/v1.19/server-server-api/#post_matrixfederationv1get_missing_eventsroomid>
    pub(super) fn give_missing(
        &self,
        origin: &ServerName,
        room_id: &RoomId,
        body: &Object<'_>,
    ) -> Result<Response, Refusal> {
        let hosted = self.shared_with(origin, room_id)?;
        let ids = |name: &'static str| {
            let list = body.get(name).ok_or(Refusal::MissingParam(name))?.as_array();
            let ids = list.and_then(|list| {
                list.iter().map(|id| id.as_str().map(EventId::from_received)).collect()
            });
            ids.ok_or_else(|| Refusal::BadJson(format!("`{name}` is no array of event IDs.")))
        };
        let number = |name: &str, default: i64| match body.get(name) {
            None => Ok(default),
            Some(value) => value
                .as_integer()
                .ok_or_else(|| Refusal::BadJson(format!("`{name}` is no integer."))),
        };
        let earliest: Vec<EventId> = ids("earliest_events")?;
        let latest: Vec<EventId> = ids("latest_events")?;
        let limit = number("limit", i64::try_from(MISSING).unwrap_or(i64::MAX))?;
        let limit = usize::try_from(limit).unwrap_or(0).min(MOST);
        let least = number("min_depth", 0)?;
        let earliest = earliest.into_iter().collect();
        let mut found = before(hosted, latest.into(), &earliest, limit, least, false);
        found.reverse();
        let mut answer = Members::default();
        answer.insert_events("events", &found);
        Ok(Response::ok_members(&answer))
    }

    /// Events in the form of a transaction.
    fn transaction(&self, events: &[Event]) -> Response {
        let mut answer = Members::default();
        answer.insert("origin", &Value::from(self.server.name.to_string()));
        answer.insert("origin_server_ts", &Value::from(self.now));
        answer.insert_events("pdus", events);
        Response::ok_members(&answer)
    }
}

/// Events before some events, along their prev events and breadth first, but none of `earliest` and
/// nothing before those; with the events that it starts from if `inclusive`.
fn before(
    hosted: &Hosted,
    mut open: VecDeque<EventId>,
    earliest: &BTreeSet<EventId>,
    limit: usize,
    least_depth: i64,
    inclusive: bool,
) -> Vec<Event> {
    let starts: BTreeSet<EventId> = open.iter().cloned().collect();
    let mut seen = starts.clone();
    let mut found = Vec::new();
    while let Some(id) = open.pop_front() {
        if found.len() >= limit {
            break;
        }
        let room = &hosted.room;
        // An event that waits was not let in, and one that was rejected is nothing to pass on.
        let is_good = |id: &EventId| {
            room.record(id)
                .is_some_and(|record| !record.is_outlier() && !record.standing().is_rejected())
        };
        let event = if is_good(&id) { room.event(&id) } else { None };
        let Some(event) = event else { continue };
        if event.depth() < least_depth {
            continue;
        }
        for parent in event.prev_events() {
            if !earliest.contains(parent) && seen.insert(parent.clone()) {
                open.push_back(parent.clone());
            }
        }
        if inclusive || !starts.contains(&id) {
            found.push(event);
        }
    }
    found
}
