//! What ruma's caller prepares for state resolution, by the definitions of the text.

use std::collections::{BTreeMap, BTreeSet};

use ruma_common::room_version_rules::RoomVersionRules;
use ruma_common::{EventId, OwnedEventId};
use ruma_events::TimelineEventType;
use ruma_state_res::utils::event_id_set::EventIdSet;
use ruma_state_res::{Event as _, StateMap};

use crate::Pdu;

/// Events by their IDs.
#[derive(Clone, Debug, Default)]
pub struct History(BTreeMap<OwnedEventId, Pdu>);

impl FromIterator<Pdu> for History {
    /// Of several events of one ID the first counts.
    fn from_iter<I: IntoIterator<Item = Pdu>>(pdus: I) -> Self {
        let mut events = BTreeMap::new();
        for pdu in pdus {
            events.entry(pdu.event_id().clone()).or_insert(pdu);
        }
        Self(events)
    }
}

impl History {
    /// The event of that ID.
    pub fn get(&self, id: &EventId) -> Option<&Pdu> {
        self.0.get(id)
    }

    fn cited(&self, id: &EventId) -> &[OwnedEventId] {
        self.get(id).map_or(&[], Pdu::cited)
    }

    /// The union of the auth chains of events. What is cited and not there is part of it.
    pub fn auth_chain<'i>(
        &self,
        ids: impl IntoIterator<Item = &'i OwnedEventId>,
    ) -> BTreeSet<OwnedEventId> {
        let mut chain = BTreeSet::new();
        let mut open: Vec<&OwnedEventId> = ids.into_iter().flat_map(|id| self.cited(id)).collect();
        while let Some(id) = open.pop() {
            if chain.insert(id.clone()) {
                open.extend(self.cited(id));
            }
        }
        chain
    }

    /// The conflicted state subgraph: what is on a path from an event of the conflicted state set
    /// to another.
    fn subgraph(&self, conflicted: &StateMap<Vec<OwnedEventId>>) -> EventIdSet<OwnedEventId> {
        let conflicted: BTreeSet<_> = conflicted.values().flatten().cloned().collect();
        let mut below = self.auth_chain(&conflicted);
        below.extend(conflicted.iter().cloned());
        let mut citing: BTreeMap<&OwnedEventId, Vec<&OwnedEventId>> = BTreeMap::new();
        for id in &below {
            for cited in self.cited(id) {
                citing.entry(cited).or_default().push(id);
            }
        }
        let mut between = BTreeSet::new();
        let mut open: Vec<_> = conflicted.iter().collect();
        while let Some(id) = open.pop() {
            if between.insert(id) {
                open.extend(citing.get(id).into_iter().flatten());
            }
        }
        between.into_iter().cloned().collect()
    }

    /// The power levels event that an event cites.
    fn levels_of(&self, id: &EventId) -> Option<&OwnedEventId> {
        self.cited(id).iter().find(|id| {
            let pdu = self.get(id);
            pdu.is_some_and(|pdu| pdu.is_state(&TimelineEventType::RoomPowerLevels, ""))
        })
    }

    /// Whether going from power levels to power levels leads nowhere but round: ruma's mainline
    /// would not end.
    pub fn is_endless(&self) -> bool {
        // Events from which it is known to end.
        let mut ending = BTreeSet::new();
        self.0.keys().any(|start| {
            let mut seen = BTreeSet::new();
            let mut next = Some(start);
            while let Some(id) = next.filter(|id| !ending.contains(*id)) {
                if !seen.insert(id) {
                    return true;
                }
                next = self.levels_of(id);
            }
            ending.extend(seen);
            false
        })
    }

    /// The resolution of states, whose events count as part of their auth chains or do not. `None`
    /// where ruma has no algorithm for the room version.
    pub fn resolve(
        &self,
        rules: &RoomVersionRules,
        states: &[StateMap<OwnedEventId>],
        own_auth_chain: bool,
    ) -> Option<Result<StateMap<OwnedEventId>, ruma_state_res::Error>> {
        let chain = |state: &StateMap<OwnedEventId>| {
            let mut chain = self.auth_chain(state.values());
            chain.extend(state.values().filter(|_| own_auth_chain).cloned());
            chain.into_iter().collect()
        };
        Some(ruma_state_res::resolve(
            &rules.authorization,
            rules.state_res.v2_rules()?,
            states,
            states.iter().map(chain).collect(),
            |id| self.get(id).cloned(),
            |conflicted| Some(self.subgraph(conflicted)),
        ))
    }
}
