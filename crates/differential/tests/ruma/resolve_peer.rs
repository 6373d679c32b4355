//! State resolution on both sides, with all that ruma's caller must prepare.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use exeunt_event::EventId;
use exeunt_forks::Fork;
use exeunt_resolve::{Pool, definition, resolve};
use exeunt_version::{OwnAuthChain, RoomVersion};
use ruma_common::{
    EventId as RumaId, MilliSecondsSinceUnixEpoch, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId,
    UserId,
};
use ruma_events::TimelineEventType;
use ruma_state_res::utils::event_id_set::EventIdSet;
use ruma_state_res::{Error, StateMap};
use serde_json::Value as Json;
use serde_json::value::{RawValue, to_raw_value};

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

/// An event as ruma's users keep it.
#[derive(Clone, Debug)]
pub(crate) struct Pdu(Arc<Data>);

#[derive(Debug)]
struct Data {
    event_id: OwnedEventId,
    room_id: Option<OwnedRoomId>,
    sender: OwnedUserId,
    origin_server_ts: MilliSecondsSinceUnixEpoch,
    event_type: TimelineEventType,
    state_key: Option<String>,
    content: Box<RawValue>,
    prev_events: Vec<OwnedEventId>,
    auth_events: Vec<OwnedEventId>,
    rejected: bool,
}

impl ruma_state_res::Event for Pdu {
    type Id = OwnedEventId;

    fn event_id(&self) -> &OwnedEventId {
        &self.0.event_id
    }

    fn room_id(&self) -> Option<&RoomId> {
        self.0.room_id.as_deref()
    }

    fn sender(&self) -> &UserId {
        &self.0.sender
    }

    fn origin_server_ts(&self) -> MilliSecondsSinceUnixEpoch {
        self.0.origin_server_ts
    }

    fn event_type(&self) -> &TimelineEventType {
        &self.0.event_type
    }

    fn content(&self) -> &RawValue {
        &self.0.content
    }

    fn state_key(&self) -> Option<&str> {
        self.0.state_key.as_deref()
    }

    fn prev_events(&self) -> Box<dyn DoubleEndedIterator<Item = &OwnedEventId> + '_> {
        Box::new(self.0.prev_events.iter())
    }

    fn auth_events(&self) -> Box<dyn DoubleEndedIterator<Item = &OwnedEventId> + '_> {
        Box::new(self.0.auth_events.iter())
    }

    fn redacts(&self) -> Option<&OwnedEventId> {
        None
    }

    fn rejected(&self) -> bool {
        self.0.rejected
    }
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

/// ruma's side: the events by their IDs.
struct Peer(BTreeMap<OwnedEventId, Pdu>);

impl Peer {
    fn new(fork: &Fork) -> Self {
        let mut events = BTreeMap::new();
        for event in &fork.events {
            let pdu: Json = serde_json::from_str(event.text()).unwrap();
            let data = || Data {
                event_id: owned(event.event_id()),
                room_id: pdu["room_id"].as_str().map(|id| id.try_into().unwrap()),
                sender: event.sender().as_str().try_into().unwrap(),
                origin_server_ts: serde_json::from_value(pdu["origin_server_ts"].clone()).unwrap(),
                event_type: event.event_type().as_str().into(),
                state_key: event.state_key().map(ToOwned::to_owned),
                content: to_raw_value(&pdu["content"]).unwrap(),
                prev_events: event.prev_events().iter().map(owned).collect(),
                auth_events: event.auth_events().iter().map(owned).collect(),
                rejected: fork.is_rejected(event.event_id()),
            };
            // Of several of one ID the first counts.
            events.entry(owned(event.event_id())).or_insert_with(|| Pdu(Arc::new(data())));
        }
        Self(events)
    }

    fn cited(&self, id: &RumaId) -> &[OwnedEventId] {
        self.0.get(id).map_or(&[], |pdu| &pdu.0.auth_events)
    }

    /// The auth chain, by the text's definition.
    fn auth_chain(&self, id: &RumaId) -> BTreeSet<OwnedEventId> {
        let mut chain = BTreeSet::new();
        let mut open: Vec<&OwnedEventId> = self.cited(id).iter().collect();
        while let Some(id) = open.pop() {
            if chain.insert(id.clone()) {
                open.extend(self.cited(id));
            }
        }
        chain
    }

    /// "The list of full recursive sets of `auth_events` for each event": of events that are there,
    /// as a server would read them from its database.
    fn auth_chains(
        &self,
        sets: &[StateMap<OwnedEventId>],
        own: OwnAuthChain,
    ) -> Vec<EventIdSet<OwnedEventId>> {
        let chain = |set: &StateMap<OwnedEventId>| {
            let mut chain: BTreeSet<_> = set.values().flat_map(|id| self.auth_chain(id)).collect();
            match own {
                OwnAuthChain::Excluded => {}
                OwnAuthChain::Included => chain.extend(set.values().cloned()),
            }
            chain.into_iter().collect()
        };
        sets.iter().map(chain).collect()
    }

    /// The conflicted state subgraph, by the text's definition: what is on a path from an event of
    /// the conflicted state set to another.
    fn subgraph(&self, conflicted: &StateMap<Vec<OwnedEventId>>) -> EventIdSet<OwnedEventId> {
        let conflicted: BTreeSet<_> = conflicted.values().flatten().cloned().collect();
        let from: BTreeSet<_> = conflicted.iter().flat_map(|id| self.auth_chain(id)).collect();
        let leads_to = |id: &OwnedEventId| {
            conflicted.contains(id) || !self.auth_chain(id).is_disjoint(&conflicted)
        };
        let between = from.into_iter().filter(leads_to);
        between.chain(conflicted.iter().cloned()).collect()
    }

    /// The power levels event that an event cites.
    fn levels_of(&self, id: &RumaId) -> Option<&OwnedEventId> {
        self.cited(id).iter().find(|id| {
            self.0.get(*id).is_some_and(|pdu| {
                pdu.0.event_type == TimelineEventType::RoomPowerLevels
                    && pdu.0.state_key.as_deref() == Some("")
            })
        })
    }

    /// Whether going from power levels to power levels leads nowhere but round.
    fn is_endless(&self) -> bool {
        self.0.keys().any(|start| {
            let mut seen = BTreeSet::new();
            let mut next = Some(start);
            while let Some(id) = next {
                if !seen.insert(id) {
                    return true;
                }
                next = self.levels_of(id);
            }
            false
        })
    }
}

/// What ruma says.
pub(crate) fn theirs(fork: &Fork, own: OwnAuthChain) -> Theirs {
    let peer = Peer::new(fork);
    if peer.is_endless() {
        return Theirs::Endless;
    }
    let state_map = |set: &Vec<EventId>| -> StateMap<OwnedEventId> {
        set.iter()
            .map(|id| {
                let pdu = &peer.0[&owned(id)].0;
                let key = (pdu.event_type.to_string().into(), pdu.state_key.clone().unwrap());
                (key, pdu.event_id.clone())
            })
            .collect()
    };
    let sets: Vec<_> = fork.state_sets.iter().map(state_map).collect();
    let rules = peer::rules(&fork.version);
    let resolution = ruma_state_res::resolve(
        &rules.authorization,
        rules.state_res.v2_rules().unwrap(),
        &sets,
        peer.auth_chains(&sets, own),
        |id| peer.0.get(id).cloned(),
        |conflicted| Some(peer.subgraph(conflicted)),
    );
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
