//! The question whether an event may happen.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_auth::{
    AuthEvent, MissingAuthEvent, ServerSignatures, State as _, StateMap, check_by_auth_events,
    check_state,
};
use exeunt_event::json::Object;
use exeunt_event::{Event, EventId, EventType};
use exeunt_version::RoomIds;

use super::question::{Code, Error, Question};

pub(super) fn authorise<'q>(question: &Question<'q>) -> Result<Object<'q>, Error> {
    question.field("event")?;
    let pool = question.array("events")?;
    let rejected: BTreeSet<_> =
        question.strings("rejected")?.unwrap_or_default().into_iter().collect();
    let state = question.strings("state")?;
    let (_, event) = question.event()?;
    let mut events = BTreeMap::new();
    for (at, value) in pool.iter().enumerate() {
        let event = question.parse(&format!("`events[{at}]`"), value)?;
        // Of two with one ID the first counts, as in a room.
        events.entry(event.event_id().clone()).or_insert(event);
    }
    let state = state.map(|ids| whole_state(&ids, &events)).transpose()?;
    let is_create = *event.event_type() == EventType::Create;
    let implies_create = question.version.capabilities.room_ids == RoomIds::CreateEvent;
    if implies_create && !is_create && event.room_id().is_hash() {
        known(event.room_id().create_event().as_str(), &events)?;
    }
    for id in &rejected {
        known(id, &events)?;
    }
    let signatures = ServerSignatures::Satisfied;
    let verdict = if let Some(state) = &state {
        check_state(&question.version, &event, state, signatures)
    } else {
        let find = |id: &EventId| {
            let event = events.get(id)?;
            Some(AuthEvent { event, rejected: rejected.contains(id.as_str()) })
        };
        check_by_auth_events(&question.version, &event, find, signatures)
            .map_err(|MissingAuthEvent(id)| missing(id.as_str()))?
    };
    if event.irregularities().state_key {
        // The event format has no such event, and no rule says what it would be.
        return Ok(allowed(false, None, "`state_key` is no string".to_owned()));
    }
    let capabilities = &question.version.capabilities;
    let rule = verdict.rule().number(capabilities).map(|number| number.to_string());
    Ok(allowed(verdict.is_allowed(), rule, verdict.explain()))
}

fn allowed(allowed: bool, rule: Option<String>, reason: String) -> Object<'static> {
    let mut answer = Object::new();
    answer.insert("allowed", allowed);
    answer.insert("reason", reason);
    if let Some(rule) = rule {
        answer.insert("rule", rule);
    }
    answer
}

pub(super) fn missing(id: &str) -> Error {
    Error::new(Code::MissingEvent, format!("{id} is not among the events"))
}

fn known<'e>(id: &str, events: &'e BTreeMap<EventId, Event>) -> Result<&'e Event, Error> {
    events.get(id).ok_or_else(|| missing(id))
}

/// The state of exactly those events.
fn whole_state(ids: &[&str], events: &BTreeMap<EventId, Event>) -> Result<StateMap, Error> {
    let mut state = StateMap::new();
    let bad = |message: String| Error::new(Code::BadRequest, message);
    let found = ids.iter().filter_map(|id| events.get(*id));
    for event in found {
        let Some(key) = event.state_key() else {
            return Err(bad(format!("{} in `state` is no state event", event.event_id())));
        };
        if (&state).entry(event.event_type(), key).is_some() {
            let kind = event.event_type();
            return Err(bad(format!("`state` has two events for {kind} and {key:?}")));
        }
        state.insert(event.clone());
    }
    for id in ids {
        known(id, events)?;
    }
    Ok(state)
}
