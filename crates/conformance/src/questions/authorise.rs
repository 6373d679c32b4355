//! Whether each event of a history may happen.

use std::collections::BTreeSet;

use exeunt_event::Event;
use exeunt_event::json::Object;
use exeunt_laws::History;
use exeunt_room::Room;

use super::pool::{Pool, bare, ids};

pub(super) fn questions(history: &History) -> Vec<Object<'static>> {
    let mut seen = BTreeSet::new();
    let mut questions = Vec::new();
    for arrival in history.arrivals() {
        if seen.insert(arrival.event.event_id()) {
            questions.extend(by_auth_events(arrival.event, arrival.room));
            questions.extend(by_state(arrival.event, arrival.room));
        }
    }
    questions
}

/// The event against its auth events, if they are known.
fn by_auth_events(event: &Event, room: &Room) -> Option<Object<'static>> {
    let mut pool = Pool::new(room);
    let is_complete = pool.imply(event) && event.auth_events().iter().all(|id| pool.add(id));
    is_complete.then(|| {
        let mut question = Object::new();
        question.insert("event", bare(event));
        pool.put_into(&mut question);
        question
    })
}

/// The event against the state before it, if that is known.
fn by_state(event: &Event, room: &Room) -> Option<Object<'static>> {
    let state = room.event_ids(room.state_before(event.event_id())?);
    let mut pool = Pool::new(room);
    let is_complete = pool.imply(event) && state.iter().all(|id| pool.add(id));
    is_complete.then(|| {
        let mut question = Object::new();
        question.insert("event", bare(event));
        question.insert("state", ids(state));
        pool.put_into(&mut question);
        question
    })
}
