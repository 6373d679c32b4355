//! Damage to a bag of events.

use exeunt_event::json::Value;
use exeunt_event::{Event, EventId};
use exeunt_version::EventIds;

use crate::Fork;
use crate::room::references;
use crate::script::Breakage;

/// Damages the events as is said. The states stay made of events that are there.
pub(crate) fn break_up(fork: &mut Fork, breakages: &[Breakage]) {
    for breakage in breakages {
        let count = fork.events.len();
        let place = |at: u16| usize::from(at) % count;
        let is_sent = fork.version.capabilities.event_ids == EventIds::Sent;
        match *breakage {
            Breakage::Drop { event } => {
                let id = fork.events[place(event)].event_id().clone();
                if !fork.state_sets.iter().flatten().any(|kept| *kept == id) {
                    fork.events.retain(|event| *event.event_id() != id);
                }
            }
            Breakage::Twice { event, at } => {
                fork.events.insert(place(at), fork.events[place(event)].clone());
            }
            Breakage::Swap { one, other } => fork.events.swap(place(one), place(other)),
            Breakage::Cite { event, cited } if is_sent => {
                let event = place(event);
                let cited = fork.events[place(cited)].event_id().clone();
                fork.events[event] = citing(&fork.events[event], &cited, fork);
            }
            Breakage::Double { event, at } if is_sent => {
                let double = double(&fork.events[place(event)], fork);
                fork.events.insert(place(at), double);
            }
            Breakage::Cite { .. } | Breakage::Double { .. } => {}
        }
    }
}

/// The event with one more auth event.
fn citing(event: &Event, cited: &EventId, fork: &Fork) -> Event {
    let mut object = event.object();
    let ids = event.auth_events().iter().chain([cited]).collect();
    object.insert("auth_events", references(ids, &fork.version));
    Event::from_object(&object, &fork.version).expect("only its citations have changed")
}

/// Another event of the same ID, type and state key.
fn double(event: &Event, fork: &Fork) -> Event {
    let mut object = event.object();
    object.insert("origin_server_ts", event.origin_server_ts() + 1);
    if let Some(Value::Object(content)) = object.get_mut("content") {
        content.insert("org.example.double", true);
        if content.contains_key("membership") {
            content.insert("membership", "leave");
        }
    }
    Event::from_object(&object, &fork.version).expect("only its content has changed")
}
