//! Which state wins wherever branches of a history meet.

use std::collections::BTreeSet;

use exeunt_event::Event;
use exeunt_event::json::{Object, Value};
use exeunt_laws::History;
use exeunt_room::Room;

use super::pool::{Pool, ids};

pub(super) fn questions(history: &History) -> Vec<Object<'static>> {
    let mut seen = BTreeSet::new();
    let arrivals = history.arrivals().into_iter();
    let first = arrivals.filter(|arrival| seen.insert(arrival.event.event_id().clone()));
    first.filter_map(|arrival| before(arrival.event, arrival.room)).collect()
}

/// The states after the events before this one, if there are several and they are known.
fn before(event: &Event, room: &Room) -> Option<Object<'static>> {
    let before: BTreeSet<_> = event.prev_events().iter().collect();
    if before.len() < 2 {
        return None;
    }
    let states = before.into_iter().map(|id| room.state_after(id).map(|it| room.event_ids(it)));
    let states: Vec<_> = states.collect::<Option<_>>()?;
    let mut pool = Pool::new(room);
    if !pool.add_with_auth_chains(states.iter().flatten().copied()) {
        return None;
    }
    let mut question = Object::new();
    let sets: Vec<Value<'_>> = states.iter().map(|state| ids(state.iter().copied())).collect();
    question.insert("state_sets", sets);
    pool.put_into(&mut question);
    Some(question)
}
