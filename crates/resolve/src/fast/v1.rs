//! State resolution v1.

use std::cmp::Reverse;

use exeunt_dag::Number;
use exeunt_event::EventType;
use exeunt_version::{RejectedInResolution, V1Failed, V1Members};
use sha1::{Digest, Sha1};

use super::loaded::{Loaded, Place};
use super::partial::Partial;
use super::split::Split;
use super::v2::Outcome;
use crate::{
    AccountV1, Body, Candidate, CandidateOutcome, Contest, Events, Key, Pass, StateEvent, StateSet,
};

/// Resolves states that differ on some keys.
pub(super) fn resolve<'a, T: Body>(
    events: Events<'a, T>,
    first: &StateSet,
    split: &Split,
) -> Outcome<AccountV1<'a>> {
    let partial = Partial::new(Loaded::new(events, &[]), Some(first), &split.keys);
    let mut passes = Passes { partial, account: AccountV1::default() };
    let conflicts = passes.begin(split);
    passes.run(Pass::PowerLevels, &conflicts.power_levels);
    passes.run(Pass::JoinRules, &conflicts.join_rules);
    passes.run(Pass::Members, &conflicts.members);
    passes.run(Pass::Others, &conflicts.others);
    let Passes { partial, account } = passes;
    let winners = split.keys.iter().map(|key| partial.get(*key)).collect();
    Outcome { winners, others: partial.new_entries(first), account }
}

/// The events of each conflict, by the pass that they belong to; each list without duplicates.
#[derive(Default)]
struct Conflicts {
    power_levels: Vec<Vec<Number>>,
    join_rules: Vec<Vec<Number>>,
    members: Vec<Vec<Number>>,
    others: Vec<Vec<Number>>,
}

struct Passes<'s, 'a, T> {
    partial: Partial<'s, 'a, T>,
    account: AccountV1<'a>,
}

struct Sorted<'a> {
    place: Place,
    event: StateEvent<'a>,
    candidate: Candidate<'a>,
}

impl<'a, T: Body> Passes<'_, 'a, T> {
    /// Puts in what is in no conflict although not every state has it, and gives the conflicts.
    fn begin(&mut self, split: &Split) -> Conflicts {
        let keys = self.partial.loaded.events.keys;
        let readings = self.partial.loaded.events.version.readings;
        let mut conflicts = Conflicts::default();
        for (at, key) in split.keys.iter().enumerate() {
            let mut of_key: Vec<_> =
                split.entries.iter().filter_map(|entries| *entries.get(at)?).collect();
            of_key.sort_unstable();
            of_key.dedup();
            match of_key.as_slice() {
                [only] => {
                    let place = self.partial.loaded.load(*only);
                    self.partial.set(*key, place);
                }
                _ => match keys.name(*key) {
                    Some((EventType::PowerLevels, _)) => conflicts.power_levels.push(of_key),
                    Some((EventType::JoinRules, _)) => conflicts.join_rules.push(of_key),
                    Some((EventType::Member, _)) => conflicts.members.push(of_key),
                    _ => conflicts.others.push(of_key),
                },
            }
        }
        if readings.v1_members == V1Members::OneList {
            let mut all = conflicts.members.concat();
            all.sort_unstable();
            all.dedup();
            conflicts.members = vec![all];
        }
        conflicts
    }

    /// Resolves the conflicts of a pass, each in the state that the passes before have led to.
    fn run(&mut self, pass: Pass, conflicts: &[Vec<Number>]) {
        let mut results = Vec::new();
        for conflict in conflicts {
            let mut list = self.sorted(pass, conflict);
            if list.is_empty() {
                continue;
            }
            match pass {
                Pass::Others => self.highest_allowed(&mut list, &mut results),
                _ => self.until_not_allowed(&mut list, &mut results),
            }
            let candidates = list.into_iter().map(|sorted| sorted.candidate).collect();
            self.account.contests.push(Contest { pass, candidates });
        }
        for (key, place) in results {
            self.partial.set(key, place);
        }
    }

    fn sorted(&mut self, pass: Pass, conflict: &[Number]) -> Vec<Sorted<'a>> {
        let leaves_out = matches!(
            self.partial.loaded.events.version.readings.rejected_in_resolution,
            RejectedInResolution::LeftOut | RejectedInResolution::Skipped
        );
        let mut list = Vec::with_capacity(conflict.len());
        for number in conflict {
            let place = self.partial.loaded.load(*number);
            let event = self.partial.loaded.state_event(place);
            let Some((event, id)) = event.zip(self.partial.loaded.id(place)) else { continue };
            if leaves_out && event.is_rejected {
                continue;
            }
            let sha1 = Sha1::digest(id.as_bytes()).into();
            let outcome = CandidateOutcome::NotReached;
            let candidate = Candidate { event: *number, depth: event.event.depth(), sha1, outcome };
            list.push(Sorted { place, event, candidate });
        }
        match pass {
            Pass::Others => {
                list.sort_by_key(|sorted| (Reverse(sorted.candidate.depth), sorted.candidate.sha1));
            }
            _ => {
                list.sort_by_key(|sorted| (sorted.candidate.depth, Reverse(sorted.candidate.sha1)));
            }
        }
        list
    }

    /// The first candidate, and those after it as long as they are allowed.
    fn until_not_allowed(&mut self, list: &mut [Sorted<'a>], results: &mut Vec<(Key, Place)>) {
        let mut lent = Vec::new();
        for (at, Sorted { place, event, candidate }) in list.iter_mut().enumerate() {
            let mut enters = true;
            candidate.outcome = if at == 0 {
                CandidateOutcome::First
            } else {
                let verdict = self.partial.check(event, None);
                enters = verdict.is_allowed();
                CandidateOutcome::Checked(verdict)
            };
            if !enters {
                break;
            }
            lent.push((event.key, self.partial.lend(event.key, *place)));
            results.push((event.key, *place));
        }
        for (key, replaced) in lent.into_iter().rev() {
            self.partial.replace(key, replaced);
        }
    }

    /// The first candidate that is allowed.
    fn highest_allowed(&mut self, list: &mut [Sorted<'a>], results: &mut Vec<(Key, Place)>) {
        let reading = self.partial.loaded.events.version.readings.v1_failed;
        let count = list.len();
        for (at, Sorted { place, event, candidate }) in list.iter_mut().enumerate() {
            let verdict = self.partial.check(event, None);
            let is_allowed = verdict.is_allowed();
            let is_fallback = !is_allowed && at + 1 == count && reading == V1Failed::Lowest;
            if is_allowed || is_fallback {
                results.push((event.key, *place));
            }
            candidate.outcome = if is_fallback {
                CandidateOutcome::Fallback(verdict)
            } else {
                CandidateOutcome::Checked(verdict)
            };
            if is_allowed {
                break;
            }
        }
    }
}
