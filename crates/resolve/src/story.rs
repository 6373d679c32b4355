//! The account told key by key: what won, and what beat the others.

use std::collections::BTreeMap;

use exeunt_auth::Verdict;
use exeunt_dag::Number;

use crate::{
    Account, AccountV1, AccountV2, Body, Candidate, CandidateOutcome, Events, Key, MainlineKey,
    PowerKey, Resolution, Step,
};

/// What a resolution decided about one key.
#[derive(Clone, Debug, PartialEq)]
pub struct Story<'a> {
    /// The key.
    pub key: Key,
    /// The event that has it in the resolved state.
    pub winner: Option<Winner<'a>>,
    /// The other candidates, in the order in which their fate was decided.
    pub losers: Vec<(Number, Fate<'a>)>,
}

/// The event that won.
#[derive(Clone, Debug, PartialEq)]
pub struct Winner<'a> {
    /// The event.
    pub event: Number,
    /// The verdict on it; `None` if it entered the state unchecked (v1).
    pub verdict: Option<Verdict<'a>>,
    /// What it was sorted by (v2 and v2.1).
    pub place: Option<Place>,
}

/// How a candidate lost.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate<'a> {
    /// It was not allowed at its step.
    NotAllowed(Verdict<'a>, Option<Place>),
    /// It was allowed, and another one after it was allowed too.
    Replaced {
        /// The one that replaced it.
        by: Number,
        /// What it was sorted by (v2 and v2.1).
        place: Option<Place>,
        /// What the other was sorted by.
        by_place: Option<Place>,
    },
    /// The list had ended before it (v1).
    NotReached,
    /// It has no place in the reverse topological power ordering.
    Cyclic,
    /// It was not among what is checked: by the reading that leaves rejected events out.
    LeftOut,
}

/// What an event was sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the reverse topological power ordering, at that place.
    Power(usize, PowerKey),
    /// In the mainline ordering, at that place.
    Mainline(usize, MainlineKey),
}

impl<'a> Resolution<'a> {
    /// The account told key by key, for the contested keys in their order.
    pub fn stories<T: Body>(&self, events: Events<'_, T>) -> Vec<Story<'a>> {
        let mut fates: BTreeMap<Key, Vec<(Number, Fate<'a>)>> = BTreeMap::new();
        let mut winners: BTreeMap<Number, Winner<'a>> = BTreeMap::new();
        let key_of = |number: Number| events.state_event(number).map(|event| event.key);
        let mut fate = |number: Number, fate: Fate<'a>| {
            if let Some(key) = key_of(number) {
                fates.entry(key).or_default().push((number, fate));
            }
        };
        match &self.account {
            Account::V1(account) => tell_v1(account, &key_of, &mut fate, &mut winners),
            Account::V2(account) => tell_v2(account, &key_of, &mut fate, &mut winners),
        }
        let contested = self.contested().iter();
        contested
            .map(|(key, winner)| {
                let found = winner.and_then(|event| winners.remove(&event));
                let unseen = winner.map(|event| Winner { event, verdict: None, place: None });
                let losers = fates.remove(key).unwrap_or_default();
                let losers = losers.into_iter().filter(|(loser, _)| Some(*loser) != *winner);
                Story { key: *key, winner: found.or(unseen), losers: losers.collect() }
            })
            .collect()
    }
}

fn tell_v1<'a>(
    account: &AccountV1<'a>,
    key_of: &dyn Fn(Number) -> Option<Key>,
    fate: &mut dyn FnMut(Number, Fate<'a>),
    winners: &mut BTreeMap<Number, Winner<'a>>,
) {
    for contest in &account.contests {
        let mut holders: BTreeMap<Key, Number> = BTreeMap::new();
        for Candidate { event, outcome, .. } in &contest.candidates {
            let verdict = match outcome {
                CandidateOutcome::First => None,
                CandidateOutcome::Checked(verdict) if !verdict.is_allowed() => {
                    fate(*event, Fate::NotAllowed(verdict.clone(), None));
                    continue;
                }
                CandidateOutcome::Checked(verdict) | CandidateOutcome::Fallback(verdict) => {
                    Some(verdict.clone())
                }
                CandidateOutcome::NotReached => {
                    fate(*event, Fate::NotReached);
                    continue;
                }
            };
            let before = key_of(*event).and_then(|key| holders.insert(key, *event));
            if let Some(before) = before {
                fate(before, Fate::Replaced { by: *event, place: None, by_place: None });
            }
            winners.insert(*event, Winner { event: *event, verdict, place: None });
        }
    }
}

fn tell_v2<'a>(
    account: &AccountV2<'a>,
    key_of: &dyn Fn(Number) -> Option<Key>,
    fate: &mut dyn FnMut(Number, Fate<'a>),
    winners: &mut BTreeMap<Number, Winner<'a>>,
) {
    let power = account.power_events.iter().enumerate();
    let power =
        power.map(|(at, Step { event, key, verdict })| (*event, Place::Power(at, *key), verdict));
    let others = account.others.iter().enumerate();
    let others = others
        .map(|(at, Step { event, key, verdict })| (*event, Place::Mainline(at, *key), verdict));
    let mut holders: BTreeMap<Key, (Number, Place)> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for (event, place, verdict) in power.chain(others) {
        seen.insert(event);
        if !verdict.is_allowed() {
            fate(event, Fate::NotAllowed(verdict.clone(), Some(place)));
            continue;
        }
        let before = key_of(event).and_then(|key| holders.insert(key, (event, place)));
        if let Some((before, before_place)) = before {
            let (place, by_place) = (Some(before_place), Some(place));
            fate(before, Fate::Replaced { by: event, place, by_place });
        }
        let verdict = Some(verdict.clone());
        winners.insert(event, Winner { event, verdict, place: Some(place) });
    }
    for event in &account.cyclic {
        seen.insert(*event);
        fate(*event, Fate::Cyclic);
    }
    for event in &account.conflicted {
        if !seen.contains(event) {
            fate(*event, Fate::LeftOut);
        }
    }
}
