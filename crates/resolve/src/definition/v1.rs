//! State resolution v1.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use exeunt_dag::Number;
use exeunt_event::EventType;
use exeunt_version::{RejectedInResolution, V1Failed, V1Members};
use sha1::{Digest, Sha1};

use super::checks::Partial;
use super::{StateMap, keys};
use crate::{
    AccountV1, Body, Candidate, CandidateOutcome, Contest, Events, Key, Pass, StateEvent, StateSet,
};

/// The passes, in order.
const PASSES: [Pass; 4] = [Pass::PowerLevels, Pass::JoinRules, Pass::Members, Pass::Others];

/// The resolution of a set of states.
///
/// The text does not say in which order the conflicts of one pass are resolved. So that it does not
/// matter, each is resolved in the state that the passes before have led to, and the results of a
/// pass enter that state together.
pub(super) fn resolve<'a, T: Body>(
    events: Events<'a, T>,
    sets: &[StateSet],
) -> (StateMap, AccountV1<'a>) {
    // "Start by setting R to the union of the states to be resolved, excluding any conflicting
    // events."
    let mut r = StateMap::new();
    let mut conflicts = BTreeMap::new();
    for key in keys(sets) {
        let of_key: BTreeSet<Number> = sets.iter().filter_map(|set| set.get(key)).collect();
        if conflict(&of_key) {
            conflicts.insert(key, of_key);
        } else {
            r.extend(of_key.into_iter().map(|event| (key, event)));
        }
    }
    let mut contests = Vec::new();
    for pass in PASSES {
        let mut results = StateMap::new();
        for conflicting in lists(events, pass, &conflicts) {
            let candidates = candidates(events, pass, &conflicting);
            if candidates.is_empty() {
                continue;
            }
            let (entries, candidates) = match pass {
                Pass::Others => highest_allowed(events, &r, candidates),
                _ => until_not_allowed(events, &r, candidates),
            };
            results.extend(entries);
            contests.push(Contest { pass, candidates });
        }
        r.extend(results);
    }
    (r, AccountV1 { contests })
}

/// "A *conflict* occurs between states where those states have different `event_ids` for the same
/// `(event_type, state_key)`." A state that has none is in no conflict.
fn conflict(events: &BTreeSet<Number>) -> bool {
    events.len() > 1
}

/// The conflicting events of a pass: a list for each conflict, unless memberships share one.
fn lists<T: Body>(
    events: Events<'_, T>,
    pass: Pass,
    conflicts: &BTreeMap<Key, BTreeSet<Number>>,
) -> Vec<BTreeSet<Number>> {
    let is_of_pass = |key: &Key| pass_of(events, *key) == pass;
    let of_pass = conflicts.iter().filter(|(key, _)| is_of_pass(key)).map(|(_, of_key)| of_key);
    match (pass, events.version.readings.v1_members) {
        (Pass::Members, V1Members::OneList) => vec![of_pass.flatten().copied().collect()],
        _ => of_pass.cloned().collect(),
    }
}

/// The pass in which conflicts about a key are resolved: its type says.
fn pass_of<T: Body>(events: Events<'_, T>, key: Key) -> Pass {
    match events.keys.name(key) {
        Some((EventType::PowerLevels, _)) => Pass::PowerLevels,
        Some((EventType::JoinRules, _)) => Pass::JoinRules,
        Some((EventType::Member, _)) => Pass::Members,
        _ => Pass::Others,
    }
}

/// A conflicting event with what it is sorted by.
struct Sorted<'a> {
    number: Number,
    event: StateEvent<'a>,
    sha1: [u8; 20],
}

impl<'a> Sorted<'a> {
    fn depth(&self) -> i64 {
        self.event.event.depth()
    }

    fn with(&self, outcome: CandidateOutcome<'a>) -> Candidate<'a> {
        Candidate { event: self.number, depth: self.depth(), sha1: self.sha1, outcome }
    }
}

/// The list of a conflict: "by ascending `depth` then descending `sha1(event_id)`"; for other than
/// auth events from "the highest depth and lowest `sha1(event_id)`" down.
fn candidates<'a, T: Body>(
    events: Events<'a, T>,
    pass: Pass,
    conflicting: &BTreeSet<Number>,
) -> Vec<Sorted<'a>> {
    let mut list = Vec::new();
    for number in conflicting {
        let (Some(event), Some(id)) = (events.state_event(*number), events.id(*number)) else {
            continue;
        };
        let takes_part = match events.version.readings.rejected_in_resolution {
            RejectedInResolution::TakesPart | RejectedInResolution::Powerless => true,
            RejectedInResolution::LeftOut | RejectedInResolution::Skipped => !event.is_rejected,
        };
        if takes_part {
            list.push(Sorted { number: *number, event, sha1: Sha1::digest(id.as_bytes()).into() });
        }
    }
    match pass {
        Pass::Others => list.sort_by_key(|event| (Reverse(event.depth()), event.sha1)),
        _ => list.sort_by_key(|event| (event.depth(), Reverse(event.sha1))),
    }
    list
}

/// "Add the first event in the list to R. For each subsequent event in the list, check that the
/// event would be allowed by the authorisation rules for a room in state R. If the event would be
/// allowed, then update R with the event and continue with the next event in the list. If it would
/// not be allowed, stop."
fn until_not_allowed<'a, T: Body>(
    events: Events<'a, T>,
    r: &StateMap,
    list: Vec<Sorted<'a>>,
) -> (StateMap, Vec<Candidate<'a>>) {
    let mut r = r.clone();
    let mut entries = StateMap::new();
    let mut candidates: Vec<Candidate<'a>> = Vec::new();
    let mut has_ended = false;
    for sorted in list {
        let (enters, outcome) = if has_ended {
            (false, CandidateOutcome::NotReached)
        } else if candidates.is_empty() {
            (true, CandidateOutcome::First)
        } else {
            let partial = Partial { events, state: &r, citing: None };
            let verdict = partial.check(sorted.event.event);
            (verdict.is_allowed(), CandidateOutcome::Checked(verdict))
        };
        if enters {
            r.insert(sorted.event.key, sorted.number);
            entries.insert(sorted.event.key, sorted.number);
        } else {
            has_ended = true;
        }
        candidates.push(sorted.with(outcome));
    }
    (entries, candidates)
}

/// "Pick the event with the highest depth and lowest `sha1(event_id)` that passes authentication in
/// R and add it to R."
fn highest_allowed<'a, T: Body>(
    events: Events<'a, T>,
    r: &StateMap,
    list: Vec<Sorted<'a>>,
) -> (StateMap, Vec<Candidate<'a>>) {
    let mut entries = StateMap::new();
    let mut candidates: Vec<Candidate<'a>> = Vec::new();
    let lowest = list.last().map(|sorted| (sorted.event.key, sorted.number));
    for sorted in list {
        let outcome = if entries.is_empty() {
            let partial = Partial { events, state: r, citing: None };
            let verdict = partial.check(sorted.event.event);
            if verdict.is_allowed() {
                entries.insert(sorted.event.key, sorted.number);
            }
            CandidateOutcome::Checked(verdict)
        } else {
            CandidateOutcome::NotReached
        };
        candidates.push(sorted.with(outcome));
    }
    match events.version.readings.v1_failed {
        V1Failed::Lowest if entries.is_empty() => {
            entries.extend(lowest);
            if let Some(candidate) = candidates.last_mut()
                && let CandidateOutcome::Checked(verdict) = &candidate.outcome
            {
                candidate.outcome = CandidateOutcome::Fallback(verdict.clone());
            }
        }
        V1Failed::LeftOut | V1Failed::Lowest => {}
    }
    (entries, candidates)
}
