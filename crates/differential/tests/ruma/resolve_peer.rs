//! State resolution on both sides, with what ruma's caller must prepare.

use std::collections::BTreeMap;

use exeunt_event::{Event, EventId};
use exeunt_forks::Fork;
use exeunt_resolve::{Pool, definition, resolve};
use exeunt_ruma_adapter::{History, Pdu};
use exeunt_version::{OwnAuthChain, RoomVersion};
use ruma_common::OwnedEventId;
use ruma_state_res::{Error, Event as _, StateMap};
use serde_json::Value as Json;

use crate::peer;

/// A state: the event of each type and state key.
pub(crate) type Entries = BTreeMap<(String, String), String>;

/// What ruma says: a state, or that it has none to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Theirs {
    State(Entries),
    /// An auth event of an event, or an event of the mainline, is missing.
    Missing,
    /// Levels are malformed.
    Malformed,
    /// An event that is cited is no state event.
    NoStateEvent,
    /// It would never end, and was not asked.
    Endless,
}

fn owned(id: &EventId) -> OwnedEventId {
    id.as_str().try_into().unwrap()
}

/// What Exeunt says, of both its algorithms.
pub(crate) fn ours(fork: &Fork, version: &RoomVersion) -> Entries {
    let pool = Pool::new(fork.events.iter().cloned(), |id| fork.is_rejected(id));
    let sets: Vec<_> = fork.state_sets.iter().map(|ids| pool.state(ids).unwrap()).collect();
    let events = pool.events(version);
    let fast = resolve(events, &sets).state();
    assert_eq!(definition::resolve(events, &sets).state(), fast, "{fork:?}");
    let entry = |(key, number)| {
        let (event_type, state_key) = pool.keys().name(key).unwrap();
        let id = pool.dag().id(number).unwrap();
        ((event_type.to_string(), state_key.to_owned()), id.to_string())
    };
    fast.iter().map(entry).collect()
}

/// ruma's side.
fn history(fork: &Fork) -> History {
    let pdu = |event: &Event| {
        let pdu: Json = serde_json::from_str(event.text()).unwrap();
        let id = event.event_id();
        Pdu::new(&pdu, id.as_str(), fork.is_rejected(id))
    };
    fork.events.iter().map(pdu).collect()
}

/// What ruma says.
pub(crate) fn theirs(fork: &Fork, own: OwnAuthChain) -> Theirs {
    let history = history(fork);
    if history.is_endless() {
        return Theirs::Endless;
    }
    let state_map = |set: &Vec<EventId>| -> StateMap<OwnedEventId> {
        let pdu = |id: &EventId| history.get(&owned(id)).unwrap().clone();
        set.iter().map(pdu).map(|pdu| (pdu.key().unwrap(), pdu.event_id().clone())).collect()
    };
    let sets: Vec<_> = fork.state_sets.iter().map(state_map).collect();
    let rules = peer::rules(&fork.version);
    let resolution = history.resolve(&rules, &sets, own == OwnAuthChain::Included).unwrap();
    match resolution {
        Ok(state) => Theirs::State(
            state
                .into_iter()
                .map(|((event_type, key), id)| ((event_type.to_string(), key), id.to_string()))
                .collect(),
        ),
        Err(Error::NotFound(_)) => Theirs::Missing,
        Err(Error::AuthEvent(_)) => Theirs::Malformed,
        Err(Error::MissingStateKey) => Theirs::NoStateEvent,
        Err(error) => panic!("{error}: {fork:?}"),
    }
}
