//! A room of a homeserver that is built on ruma: it keeps the state after each event.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use exeunt_differential::Pdu;
use ruma_common::room_version_rules::RoomVersionRules;
use ruma_common::{EventId, OwnedEventId, RoomVersionId, UserId};
use ruma_events::{StateEventType, TimelineEventType};
use ruma_state_res::utils::event_id_set::EventIdSet;
use ruma_state_res::{Event as _, StateMap};

/// What becomes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    SoftFailed,
    Rejected,
}

/// The room.
pub(crate) struct RumaRoom {
    rules: RoomVersionRules,
    events: BTreeMap<OwnedEventId, Pdu>,
    verdicts: BTreeMap<OwnedEventId, Verdict>,
    states: BTreeMap<OwnedEventId, StateMap<OwnedEventId>>,
    extremities: BTreeSet<OwnedEventId>,
    current: StateMap<OwnedEventId>,
}

impl RumaRoom {
    pub(crate) fn new(version: &str) -> Self {
        Self {
            rules: RoomVersionId::from_str(version).unwrap().rules().unwrap(),
            events: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            states: BTreeMap::new(),
            extremities: BTreeSet::new(),
            current: StateMap::new(),
        }
    }

    /// Takes an event whose prev events and auth events are there.
    pub(crate) fn receive(&mut self, id: &str, pdu: &[u8]) -> Verdict {
        let json = serde_json::from_slice(pdu).unwrap();
        let event = Pdu::new(&json, id, false);
        let before = self.resolve(event.prev_events());
        let verdict = if self.is_vouched_for(&json) {
            self.verdict(&event, &before)
        } else {
            Verdict::Rejected
        };
        self.keep(Pdu::new(&json, id, verdict == Verdict::Rejected), before, verdict);
        verdict
    }

    /// Whether there is a server that could have signed, as who authorises a member event is a user.
    /// ruma's rules leave this to its check of signatures, which is not run here.
    fn is_vouched_for(&self, pdu: &serde_json::Value) -> bool {
        let authoriser = pdu["content"].get("join_authorised_via_users_server");
        let Some(authoriser) = authoriser.filter(|_| pdu["type"] == "m.room.member") else {
            return true;
        };
        let is_user = authoriser.as_str().is_some_and(|id| <&UserId>::try_from(id).is_ok());
        is_user || !self.rules.authorization.restricted_join_rule
    }

    /// The state after an event.
    pub(crate) fn state_after(&self, id: &str) -> BTreeMap<(String, String), String> {
        names(&self.states[<&EventId>::try_from(id).unwrap()])
    }

    /// The current state.
    pub(crate) fn current_state(&self) -> BTreeMap<(String, String), String> {
        names(&self.current)
    }

    /// The forward extremities, sorted.
    pub(crate) fn forward_extremities(&self) -> Vec<String> {
        self.extremities.iter().map(ToString::to_string).collect()
    }

    /// Checks 4 to 6 on receipt of a PDU.
    pub(crate) fn verdict(&self, event: &Pdu, before: &StateMap<OwnedEventId>) -> Verdict {
        if self.check_auth_events(event).is_err() || self.check(event, before).is_err() {
            Verdict::Rejected
        } else if !self.extremities.is_empty() && self.check(event, &self.current).is_err() {
            Verdict::SoftFailed
        } else {
            Verdict::Accepted
        }
    }

    pub(crate) fn keep(&mut self, event: Pdu, mut state: StateMap<OwnedEventId>, verdict: Verdict) {
        let id = event.event_id().clone();
        if let Some(key) = state_key(&event)
            && verdict != Verdict::Rejected
        {
            state.insert(key, id.clone());
        }
        self.states.insert(id.clone(), state);
        self.verdicts.insert(id.clone(), verdict);
        self.events.insert(id.clone(), event);
        if verdict == Verdict::Accepted {
            self.leave_behind(&id);
            self.extremities.insert(id);
            self.current = self.resolve(self.extremities.iter());
        }
    }

    /// What an accepted event follows, also through events that were not, is no extremity.
    fn leave_behind(&mut self, id: &EventId) {
        let mut open: Vec<OwnedEventId> = self.events[id].prev_events().cloned().collect();
        while let Some(id) = open.pop() {
            self.extremities.remove(&id);
            if self.verdicts[&id] != Verdict::Accepted {
                open.extend(self.events[&id].prev_events().cloned());
            }
        }
    }

    /// The rules about the event and its own auth events.
    pub(crate) fn check_auth_events(&self, event: &Pdu) -> Result<(), String> {
        let (rules, fetch) = (&self.rules.authorization, |id: &EventId| self.events.get(id));
        ruma_state_res::check_state_independent_auth_rules(rules, event, fetch)?;
        self.check(event, &self.auth_state(event))
    }

    /// The rules about a state.
    pub(crate) fn check(&self, event: &Pdu, state: &StateMap<OwnedEventId>) -> Result<(), String> {
        let fetch = |event_type: &StateEventType, key: &str| {
            self.events.get(state.get(&(event_type.clone(), key.to_owned()))?)
        };
        ruma_state_res::check_state_dependent_auth_rules(&self.rules.authorization, event, fetch)
    }

    /// The state that an event's auth events are.
    fn auth_state(&self, event: &Pdu) -> StateMap<OwnedEventId> {
        let mut cited: Vec<OwnedEventId> = event.auth_events().cloned().collect();
        if self.rules.authorization.room_create_event_id_as_room_id {
            // The room has the create event's ID, but for the first character.
            let create = event.room_id().map(|id| id.as_str().replacen('!', "$", 1));
            cited.extend(create.map(|id| id.try_into().unwrap()));
        }
        let entry = |id| Some((state_key(self.events.get(&id)?)?, id));
        cited.into_iter().filter_map(entry).collect()
    }

    /// The resolution of the states after some events.
    pub(crate) fn resolve<'e>(
        &self,
        events: impl Iterator<Item = &'e OwnedEventId>,
    ) -> StateMap<OwnedEventId> {
        let states: Vec<_> = events.map(|id| &self.states[id]).collect();
        let Some((first, others)) = states.split_first() else { return StateMap::new() };
        if others.iter().all(|other| other == first) {
            return (*first).clone();
        }
        let auth_chains = states.iter().map(|state| self.auth_chain(state.values()));
        let auth_chains = auth_chains.map(|chain| chain.into_iter().collect()).collect();
        ruma_state_res::resolve(
            &self.rules.authorization,
            self.rules.state_res.v2_rules().unwrap(),
            states.iter().copied(),
            auth_chains,
            |id| self.events.get(id).cloned(),
            |conflicted| Some(self.subgraph(conflicted)),
        )
        .unwrap()
    }

    /// The auth events of events, their auth events, and so on.
    fn auth_chain<'e>(
        &self,
        events: impl Iterator<Item = &'e OwnedEventId>,
    ) -> BTreeSet<OwnedEventId> {
        let cited = |id: &OwnedEventId| self.events[id].auth_events().cloned().collect::<Vec<_>>();
        let mut chain = BTreeSet::new();
        let mut open: Vec<OwnedEventId> = events.flat_map(cited).collect();
        while let Some(id) = open.pop() {
            if !chain.contains(&id) {
                open.extend(cited(&id));
                chain.insert(id);
            }
        }
        chain
    }

    /// What is on a way from one conflicted event to another, along auth events.
    fn subgraph(&self, conflicted: &StateMap<Vec<OwnedEventId>>) -> EventIdSet<OwnedEventId> {
        let conflicted: BTreeSet<_> = conflicted.values().flatten().cloned().collect();
        let mut between = self.auth_chain(conflicted.iter());
        between.retain(|id| !self.auth_chain(std::iter::once(id)).is_disjoint(&conflicted));
        between.into_iter().chain(conflicted).collect()
    }
}

fn state_key(event: &Pdu) -> Option<(StateEventType, String)> {
    let event_type: &TimelineEventType = event.event_type();
    Some((event_type.to_string().into(), event.state_key()?.to_owned()))
}

fn names(state: &StateMap<OwnedEventId>) -> BTreeMap<(String, String), String> {
    let entries = state.iter();
    entries.map(|((kind, key), id)| ((kind.to_string(), key.clone()), id.to_string())).collect()
}
