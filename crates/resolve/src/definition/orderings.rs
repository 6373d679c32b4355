//! In which order events are checked: the definitions of state resolution v2 and v2.1 that compare
//! events.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use exeunt_dag::Number;
use exeunt_event::EventType;
use exeunt_event::content::{Content, Membership};
use exeunt_version::{Mutant, PowerEventChain, PowerEvents, PowerOrdering};

use super::conflicts::{auth_chain, auth_chain_through};
use crate::{Body, Events, MainlineKey, PowerKey, StateEvent};

/// **Power events.** "A state event with type `m.room.power_levels` or `m.room.join_rules`, or a
/// state event with type `m.room.member` where the `membership` is `leave` or `ban` and the `sender`
/// does not match the `state_key`."
pub(super) fn power_event<T: Body>(events: Events<'_, T>, event: &StateEvent<'_>) -> bool {
    let StateEvent { event, .. } = event;
    let is_removal = || match event.content() {
        Content::Member(member) => {
            matches!(member.membership, Some(Membership::Leave | Membership::Ban))
                && event.state_key() != Some(event.sender().as_str())
        }
        _ => false,
    };
    match events.version.readings.power_events {
        PowerEvents::Text => match event.event_type() {
            EventType::PowerLevels | EventType::JoinRules => true,
            EventType::Member => is_removal(),
            _ => false,
        },
        PowerEvents::Synapse => match event.event_type() {
            EventType::Create | EventType::PowerLevels | EventType::JoinRules => {
                event.state_key() == Some("")
            }
            EventType::Member => is_removal(),
            _ => false,
        },
    }
}

/// The auth chain of a power event, as far as it is followed.
pub(super) fn power_event_chain<T: Body>(
    events: Events<'_, T>,
    event: Number,
    full_conflicted: &BTreeSet<Number>,
) -> BTreeSet<Number> {
    match events.version.readings.power_event_chain {
        PowerEventChain::Whole if !events.version.is_mutant(Mutant::PowerChainInside) => {
            auth_chain(events, event)
        }
        PowerEventChain::Whole | PowerEventChain::Conflicted => {
            auth_chain_through(events, event, |cited| full_conflicted.contains(&cited))
        }
    }
}

/// The relation by which topological orderings are compared, as something to sort by.
fn power_key<T: Body>(events: Events<'_, T>, number: Number) -> Option<PowerKey> {
    let event = events.state_event(number)?.event;
    let power = events.sender_power(number, event);
    Some(PowerKey { power, origin_server_ts: event.origin_server_ts() })
}

/// **Reverse topological power ordering.** "The lexicographically smallest topological ordering
/// based on the DAG formed by auth events", by Kahn's algorithm, "at each step selecting, among all
/// the candidate vertices, the smallest vertex".
///
/// Events that are their own ancestors, or have such ancestors, never become candidates: the second
/// half of what is returned.
pub(super) fn reverse_topological_power_ordering<T: Body>(
    events: Events<'_, T>,
    set: &BTreeSet<Number>,
    full_conflicted: &BTreeSet<Number>,
) -> (Vec<(Number, PowerKey)>, BTreeSet<Number>) {
    // What must come before each event, itself included if it is its own ancestor.
    let mut waiting = BTreeMap::new();
    for event in set {
        let chain = power_event_chain(events, *event, full_conflicted);
        let before: BTreeSet<Number> = chain.intersection(set).copied().collect();
        if let Some(key) = power_key(events, *event) {
            waiting.insert(*event, (key, before));
        }
    }
    let mut ordering = Vec::new();
    loop {
        let mut candidates: Vec<(Number, PowerKey)> = Vec::new();
        for (event, (key, before)) in &waiting {
            if before.iter().all(|before| !waiting.contains_key(before)) {
                candidates.push((*event, *key));
            }
        }
        candidates.sort_by_key(|(event, key)| {
            (Reverse(key.power), key.origin_server_ts, events.id(*event))
        });
        match events.version.readings.power_ordering {
            PowerOrdering::Candidates => candidates.truncate(1),
            PowerOrdering::Layers => {}
        }
        if candidates.is_empty() {
            break;
        }
        for (event, key) in candidates {
            waiting.remove(&event);
            ordering.push((event, key));
        }
    }
    (ordering, waiting.into_keys().collect())
}

/// **Mainline of *P*₀.** "Repeatedly fetch *Pᵢ₊₁*, the `m.room.power_levels` event in the
/// `auth_events` of *Pᵢ*." It ends where one comes again.
pub(super) fn mainline<T: Body>(
    events: Events<'_, T>,
    power_levels: Option<Number>,
) -> Vec<Number> {
    let mut mainline = Vec::new();
    let mut next = power_levels.filter(|event| events.dag.is_known(*event));
    while let Some(event) = next.filter(|event| !mainline.contains(event)) {
        mainline.push(event);
        next = events.power_levels_of(event);
    }
    mainline
}

/// **Mainline position.** "Find the smallest index *j* ≥ 1 for which *eⱼ* belongs to the mainline of
/// *P*. If such a *j* exists, then *eⱼ* = *Pᵢ* for some unique index *i* ≥ 0. Otherwise set *i* = ∞",
/// here `None`.
pub(super) fn mainline_position<T: Body>(
    events: Events<'_, T>,
    mainline: &[Number],
    event: Number,
) -> Option<u32> {
    let mut passed = BTreeSet::new();
    let mut next = events.power_levels_of(event);
    while let Some(event) = next.filter(|event| passed.insert(*event)) {
        if let Some((position, _)) = (0..).zip(mainline).find(|(_, on_it)| **on_it == event) {
            return Some(position);
        }
        next = events.power_levels_of(event);
    }
    None
}

/// **Mainline ordering.** Greater mainline positions first, ∞ before all; then by time, then by
/// event ID.
pub(super) fn mainline_ordering<T: Body>(
    events: Events<'_, T>,
    mainline: &[Number],
    set: &BTreeSet<Number>,
) -> Vec<(Number, MainlineKey)> {
    let mut ordering = Vec::new();
    for number in set {
        if let Some(StateEvent { event, .. }) = events.state_event(*number) {
            let position = mainline_position(events, mainline, *number);
            let origin_server_ts = event.origin_server_ts();
            ordering.push((*number, MainlineKey { position, origin_server_ts }));
        }
    }
    ordering.sort_by_key(|(event, key)| {
        let position = Reverse(key.position.unwrap_or(u32::MAX));
        (position, key.origin_server_ts, events.id(*event))
    });
    ordering
}
