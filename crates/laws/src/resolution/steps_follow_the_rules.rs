use std::collections::{BTreeMap, BTreeSet};

use exeunt_auth::{ServerSignatures, State, Verdict, check_state};
use exeunt_dag::Number;
use exeunt_event::{Event, EventType};
use exeunt_resolve::{Account, AccountV2, Events, Key};
use exeunt_room::Record;
use exeunt_version::{RejectedInResolution, RoomVersion, StateResolution};

use crate::{About, Answer, Expected, Law, Merge};

pub(super) const LAW: Law = Law {
    id: "R15",
    name: "steps-follow-the-rules",
    sentence: "Every state event of the full conflicted set has its step, and enters at it exactly \
               if the rules allow it against what is there by then, and against its own auth events \
               where nothing is.",
    source: "https://spec.matrix.org/v1.19/rooms/v2/#definitions",
    expected: |version: &RoomVersion| match version.capabilities.state_resolution {
        StateResolution::V1 => Expected::Silent("its candidates have no such steps"),
        StateResolution::V2 | StateResolution::V2_1 => Expected::Holds,
    },
    about: About::Merge(check),
};

/// What is there by a step, as the rules see it.
struct Before<'s, 'r> {
    events: Events<'r, Record>,
    entries: &'s BTreeMap<Key, Number>,
    /// The event of the step.
    citing: Number,
}

impl<'r> State<'r> for Before<'_, 'r> {
    fn entry(&self, event_type: &EventType, state_key: &str) -> Option<&'r Event> {
        let key = self.events.keys.get(event_type, state_key)?;
        let entry = self.entries.get(&key).and_then(|entry| self.events.state_event(*entry));
        let cited = || {
            let event = self.events.state_event(self.citing)?.event;
            let create = self.events.implied_create(event);
            let create = create.and_then(|create| self.events.state_event(create));
            let mut cited = self.events.auth_events(self.citing).map(|(_, cited)| cited);
            cited.find(|cited| cited.key == key && !cited.is_rejected).or_else(|| {
                create.filter(|create| create.key == key && !create.is_rejected)
            })
        };
        entry.or_else(cited).map(|entry| entry.event)
    }
}

fn check(it: &Merge<'_>) -> Answer {
    let version = it.room.version();
    // By another reading rejected events have no step, or authorise nothing.
    if version.readings.rejected_in_resolution != RejectedInResolution::TakesPart {
        return Answer::Silent;
    }
    let resolution = it.resolution();
    let Account::V2(account) = &resolution.account else { return Answer::Silent };
    let events = it.room.events();
    let mut entries: BTreeMap<Key, Number> = match version.capabilities.state_resolution {
        StateResolution::V2_1 => BTreeMap::new(),
        StateResolution::V1 | StateResolution::V2 => resolution.unconflicted().collect(),
    };
    let steps = steps(account);
    let stepped: BTreeSet<Number> = steps.iter().map(|(event, _)| *event).collect();
    let in_conflict = account.conflicted.iter().chain(&account.auth_difference);
    let in_conflict = in_conflict.chain(account.subgraph.iter().flatten());
    let left_out = in_conflict
        .filter(|event| events.state_event(**event).is_some() && !account.cyclic.contains(event))
        .find(|event| !stepped.contains(event));
    if left_out.is_some() {
        return Answer::Broken(it.witness("an event in conflict has no step"));
    }
    if steps.is_empty() {
        return Answer::Silent;
    }
    for (number, verdict) in steps {
        let Some(event) = events.state_event(number) else { continue };
        let before = Before { events, entries: &entries, citing: number };
        let is = check_state(version, event.event, before, ServerSignatures::Satisfied);
        if is.is_allowed() != verdict.is_allowed() || is.rule() != verdict.rule() {
            let (one, other) = (verdict.rule().name(), is.rule().name());
            let id = event.event.event_id();
            let sentence = format!("at its step {one} decides about {id}, by the rules {other}");
            return Answer::Broken(it.witness(sentence));
        }
        if is.is_allowed() {
            entries.insert(event.key, number);
        }
    }
    Answer::Kept
}

/// The steps in order: the power events with what they rest on, then the others.
fn steps<'a, 'r>(account: &'a AccountV2<'r>) -> Vec<(Number, &'a Verdict<'r>)> {
    let power_events = account.power_events.iter().map(|step| (step.event, &step.verdict));
    power_events.chain(account.others.iter().map(|step| (step.event, &step.verdict))).collect()
}
