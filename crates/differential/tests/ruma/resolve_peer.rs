//! State resolution on both sides, with all that ruma's caller must prepare.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_differential::Pdu;
use exeunt_event::EventId;
use exeunt_forks::Fork;
use exeunt_resolve::{Pool, definition, resolve};
use exeunt_version::{OwnAuthChain, RoomVersion};
use ruma_common::{EventId as RumaId, OwnedEventId};
use ruma_events::TimelineEventType;
use ruma_state_res::utils::event_id_set::EventIdSet;
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

/// ruma's side: the events by their IDs.
struct Peer(BTreeMap<OwnedEventId, Pdu>);

impl Peer {
    fn new(fork: &Fork) -> Self {
        let mut events = BTreeMap::new();
        for event in &fork.events {
            let pdu: Json = serde_json::from_str(event.text()).unwrap();
            let id = event.event_id();
            // Of several of one ID the first counts.
            events
                .entry(owned(id))
                .or_insert_with(|| Pdu::new(&pdu, id.as_str(), fork.is_rejected(id)));
        }
        Self(events)
    }

    fn cited(&self, id: &RumaId) -> &[OwnedEventId] {
        self.0.get(id).map_or(&[], Pdu::cited)
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
            let pdu = self.0.get(*id);
            pdu.is_some_and(|pdu| pdu.is_state(&TimelineEventType::RoomPowerLevels, ""))
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
                let pdu = &peer.0[&owned(id)];
                let key =
                    (pdu.event_type().to_string().into(), pdu.state_key().unwrap().to_owned());
                (key, pdu.event_id().clone())
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
