//! Questions to `resolve`, and which branches of the algorithm they take.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_auth::{Power, Verdict};
use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventId, EventType};
use exeunt_forks::Fork;
use exeunt_laws::{History, Merge};
use exeunt_resolve::{
    Account, AccountV1, AccountV2, CandidateOutcome, Fate, Pass, Place, Pool, Resolution, StateSet,
    resolve,
};
use exeunt_room::{Room, Standing};
use exeunt_version::{Readings, RoomIds, RoomVersion, StateResolution};

use crate::collection::version_of;
use crate::rules::bare;

/// Branches that the questions of a room version must take, by its algorithm.
pub(crate) fn wanted(version: &RoomVersion) -> Vec<&'static str> {
    match version.capabilities.state_resolution {
        StateResolution::V1 => OF_V1.to_vec(),
        StateResolution::V2 => [OF_BOTH, OF_V2].concat(),
        StateResolution::V2_1 => [OF_BOTH, OF_V2_1].concat(),
    }
}

const OF_V1: &[&str] = &[
    "power-levels: the first enters unchecked",
    "power-levels: allowed by power-levels-allowed",
    "power-levels: rejected",
    "power-levels: not reached",
    "power-levels: ordered by depth",
    "power-levels: ordered by SHA-1",
    "join-rules: the first enters unchecked",
    "join-rules: allowed by otherwise",
    "join-rules: ordered by depth",
    "join-rules: ordered by SHA-1",
    "members: the first enters unchecked",
    "members: allowed",
    "members: rejected",
    "members: not reached",
    "members: ordered by depth",
    "members: ordered by SHA-1",
    "others: allowed",
    "others: rejected",
    "others: not reached",
    "others: ordered by depth",
    "others: ordered by SHA-1",
    "result: a key that is lost",
    "result: a key that some states have",
    "result: one of the events that states have",
    "result: more than two states",
    "result: nothing in conflict",
];

const OF_BOTH: &[&str] = &[
    "auth-difference: none",
    "auth-difference: more than what is in conflict",
    "auth-difference: what is in conflict too",
    "power-events: allowed",
    "power-events: rejected",
    "power-events: one by the chain of another",
    "power-order: by what it cites",
    "power-order: by power",
    "power-order: by time",
    "power-order: by event ID",
    "power-order: less power before more",
    "other-events: allowed",
    "other-events: rejected",
    "mainline: of 0",
    "mainline: of 1",
    "mainline: of 2",
    "mainline: of 3",
    "mainline: of 4 or more",
    "mainline: never met",
    "mainline: met at one end",
    "mainline: met further on",
    "mainline: ordered by position",
    "mainline: ordered by time",
    "mainline: ordered by event ID",
    "mainline: the position decides who wins, against the time",
    "mainline: the time decides who wins",
    "mainline: the event ID decides who wins",
    "power-order: the time decides who wins",
    "result: a key that is lost",
    "result: a key that some states have",
    "result: an event that no state has",
    "result: one of the events that states have",
    "result: more than two states",
    "result: nothing in conflict",
];

const OF_V2: &[&str] = &["result: a key that no state has"];

const OF_V2_1: &[&str] =
    &["power-order: a creator's", "subgraph: more than both", "subgraph: nothing more"];

/// The readings that decide what resolution answers.
const READINGS: &[&str] = &[
    "absent_join_rules",
    "own_auth_chain",
    "power_event_chain",
    "power_events",
    "power_ordering",
    "rejected_in_resolution",
    "v1_failed",
    "v1_members",
];

/// States to be resolved.
#[derive(Clone)]
pub(crate) struct Draft {
    version: RoomVersion,
    sets: Vec<Vec<EventId>>,
    events: BTreeMap<EventId, Event>,
    rejected: BTreeSet<EventId>,
}

impl Draft {
    /// The states of a merge, unless an event that is looked at is not there.
    pub(crate) fn of(merge: &Merge<'_>) -> Option<Self> {
        let room = merge.room;
        let version = room.version().clone();
        let looks_at_chains = version.capabilities.state_resolution != StateResolution::V1;
        let mut draft =
            Self { version, sets: Vec::new(), events: BTreeMap::new(), rejected: BTreeSet::new() };
        for (_, state) in &merge.states {
            let ids = state.iter().filter_map(|(_, event)| room.dag().id(event).cloned());
            draft.sets.push(ids.collect());
        }
        let mut open: Vec<EventId> = draft.sets.iter().flatten().cloned().collect();
        while let Some(id) = open.pop() {
            if draft.events.contains_key(&id) {
                continue;
            }
            let event = room.event(&id)?;
            open.extend(implied(&draft.version, &event));
            if looks_at_chains {
                open.extend(event.auth_events().iter().cloned());
            }
            if is_rejected(room, &id) {
                draft.rejected.insert(id.clone());
            }
            draft.events.insert(id, event);
        }
        Some(draft)
    }

    /// The states of a random fork.
    pub(crate) fn of_fork(fork: Fork) -> Self {
        let mut events = BTreeMap::new();
        for event in fork.events {
            events.entry(event.event_id().clone()).or_insert(event);
        }
        let rejected = fork.rejected.into_iter().filter(|id| events.contains_key(id)).collect();
        Self { version: fork.version, sets: fork.state_sets, events, rejected }.pruned()
    }

    /// What a question asks.
    pub(crate) fn of_request(request: &Object<'_>) -> Self {
        let version = version_of(request);
        let strings = |value: &Value<'_>| -> Vec<EventId> {
            let ids = value.as_array().unwrap().iter();
            ids.map(|id| EventId::from_received(id.as_str().unwrap())).collect()
        };
        let events = request.get("events").and_then(Value::as_array).unwrap().iter();
        let events = events.map(|event| Event::from_object(event.as_object().unwrap(), &version));
        let events = events.map(|event| event.unwrap()).map(|it| (it.event_id().clone(), it));
        let sets = request.get("state_sets").and_then(Value::as_array).unwrap();
        Self {
            sets: sets.iter().map(strings).collect(),
            events: events.collect(),
            rejected: request.get("rejected").map(strings).into_iter().flatten().collect(),
            version,
        }
    }

    /// The draft without what nobody refers to any more.
    fn pruned(mut self) -> Self {
        let looks_at_chains = self.version.capabilities.state_resolution != StateResolution::V1;
        let mut open: Vec<EventId> = self.sets.iter().flatten().cloned().collect();
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop() {
            if let Some(event) = self.events.get(&id).filter(|_| seen.insert(id.clone())) {
                open.extend(implied(&self.version, event));
                if looks_at_chains {
                    open.extend(event.auth_events().iter().cloned());
                }
            }
        }
        self.events.retain(|id, _| seen.contains(id));
        self.rejected.retain(|id| seen.contains(id));
        self
    }

    pub(crate) fn size(&self) -> usize {
        let events: usize = self.events.values().map(|event| event.text().len()).sum();
        events + self.sets.iter().map(Vec::len).sum::<usize>() * 48
    }

    pub(crate) fn request(&self) -> Object<'static> {
        let ids = |ids: &[EventId]| ids.iter().map(EventId::to_string).collect::<Vec<_>>();
        let events = self.events.values().map(|event| Value::from(bare(event)));
        let mut request = Object::new();
        request.insert("op", "resolve");
        request.insert("room_version", self.version.id().to_owned());
        let sets: Vec<Value<'static>> = self.sets.iter().map(|set| ids(set).into()).collect();
        request.insert("state_sets", sets);
        request.insert("events", events.collect::<Vec<_>>());
        if !self.rejected.is_empty() {
            request.insert("rejected", ids(&self.rejected.iter().cloned().collect::<Vec<_>>()));
        }
        request
    }

    fn pool(&self) -> (Pool, Vec<StateSet>) {
        let events = self
            .events
            .values()
            .map(|event| Event::from_object(&bare(event), &self.version).unwrap());
        let pool = Pool::new(events, |id| self.rejected.contains(id));
        let sets = self.sets.iter().map(|set| pool.state(set).unwrap()).collect();
        (pool, sets)
    }

    /// The branches that its resolution takes, each as `<family>: <what>`.
    pub(crate) fn branches(&self) -> BTreeSet<String> {
        let (pool, sets) = self.pool();
        let resolution = resolve(pool.events(&self.version), &sets);
        let mut seen = Branches { pool: &pool, sets: &sets, seen: BTreeSet::new() };
        match &resolution.account {
            Account::V1(account) => seen.of_v1(account),
            Account::V2(account) => seen.of_v2(account, &self.version),
        }
        seen.of_any(&resolution);
        seen.of_winners(&resolution, &self.version);
        let mut branches = seen.seen;
        branches.extend(self.ambiguities());
        branches
    }

    /// The readings by which it comes out otherwise, as branches.
    pub(crate) fn ambiguities(&self) -> BTreeSet<String> {
        let (pool, sets) = self.pool();
        let state = resolve(pool.events(&self.version), &sets).state();
        let mut branches = BTreeSet::new();
        for reading in Readings::ALL.iter().filter(|it| READINGS.contains(&it.name)) {
            for (choice, _) in &reading.choices[1..] {
                let mut readings = self.version.readings;
                readings.set(reading.name, choice).unwrap();
                let version = self.version.clone().with_readings(readings);
                if resolve(pool.events(&version), &sets).state() != state {
                    branches.insert(format!("readings: {} is {choice}", reading.name));
                }
            }
        }
        branches
    }

    /// The smallest that still takes a branch, of those that differ by entries of the states.
    pub(crate) fn made_small(self, branch: &str) -> Self {
        let mut best = self;
        let is_ambiguity = branch.starts_with("readings: ");
        let is_still = |draft: &Self| {
            let seen = if is_ambiguity { draft.ambiguities() } else { draft.branches() };
            seen.contains(branch)
        };
        for at in (2..best.sets.len()).rev() {
            let mut fewer = best.clone();
            fewer.sets.remove(at);
            let fewer = fewer.pruned();
            if is_still(&fewer) {
                best = fewer;
            }
        }
        let entries: BTreeSet<(EventType, String)> = best
            .sets
            .iter()
            .flatten()
            .filter_map(|id| best.events.get(id))
            .filter_map(|event| Some((event.event_type().clone(), event.state_key()?.to_owned())))
            .collect();
        for (kind, key) in entries {
            if kind == EventType::Create {
                continue;
            }
            let mut fewer = best.clone();
            let events = &best.events;
            for set in &mut fewer.sets {
                set.retain(|id| !events.get(id).is_some_and(|event| event.is_state(&kind, &key)));
            }
            let fewer = fewer.pruned();
            if is_still(&fewer) {
                best = fewer;
            }
        }
        best
    }
}

/// The create event that an event's room ID stands for.
fn implied(version: &RoomVersion, event: &Event) -> Option<EventId> {
    let implies = version.capabilities.room_ids == RoomIds::CreateEvent
        && event.has_room_id()
        && event.room_id().is_hash();
    implies.then(|| event.room_id().create_event())
}

pub(crate) fn is_rejected(room: &Room, id: &EventId) -> bool {
    room.record(id).is_some_and(|record| matches!(record.standing(), Standing::Rejected(_)))
}

/// What a history has to resolve.
pub(crate) fn drafts(history: &History) -> Vec<Draft> {
    history.merges(&history.resolved()).iter().filter_map(Draft::of).collect()
}

struct Branches<'p> {
    pool: &'p Pool,
    sets: &'p [StateSet],
    seen: BTreeSet<String>,
}

impl Branches<'_> {
    fn see(&mut self, family: &str, what: impl Into<String>) {
        self.seen.insert(format!("{family}: {}", what.into()));
    }

    fn of_any(&mut self, resolution: &Resolution<'_>) {
        let resolved = resolution.state();
        for (key, winner) in resolution.contested() {
            let held = self.sets.iter().filter(|set| set.get(*key).is_some()).count();
            match (held, winner) {
                (0, Some(_)) => self.see("result", "a key that no state has"),
                (0, None) => {}
                (_, None) => self.see("result", "a key that is lost"),
                (held, Some(_)) if held < self.sets.len() => {
                    self.see("result", "a key that some states have");
                }
                (_, Some(winner)) if self.sets.iter().all(|set| set.get(*key) != Some(*winner)) => {
                    self.see("result", "an event that no state has");
                }
                _ => self.see("result", "one of the events that states have"),
            }
        }
        if resolution.contested().is_empty() {
            self.see("result", "nothing in conflict");
        }
        if self.sets.len() > 2 {
            self.see("result", "more than two states");
        }
        if self.sets.contains(&resolved) {
            self.see("result", "one of the states as it was");
        } else {
            self.see("result", "a state that is none of them");
        }
    }

    /// By what those that won came after those that lost.
    fn of_winners(&mut self, resolution: &Resolution<'_>, version: &RoomVersion) {
        for story in resolution.stories(self.pool.events(version)) {
            for (_, fate) in &story.losers {
                let Fate::Replaced { place: Some(lost), by_place: Some(won), .. } = fate else {
                    continue;
                };
                let (family, key, times) = match (lost, won) {
                    (Place::Mainline(_, lost), Place::Mainline(_, won)) => {
                        let times = (lost.origin_server_ts, won.origin_server_ts);
                        let oldest = |it: Option<u32>| it.is_some_and(|at| at > 0);
                        if lost.position.is_none() && oldest(won.position) && times.0 > times.1 {
                            let what = "never meeting it decides who wins, against the time";
                            self.see("mainline", what);
                        }
                        ("mainline", (lost.position != won.position).then_some("position"), times)
                    }
                    (Place::Power(_, lost), Place::Power(_, won)) => {
                        let times = (lost.origin_server_ts, won.origin_server_ts);
                        ("power-order", (lost.power != won.power).then_some("power"), times)
                    }
                    _ => continue,
                };
                let what = match key {
                    Some(key) if times.0 > times.1 => {
                        format!("the {key} decides who wins, against the time")
                    }
                    Some(key) => format!("the {key} decides who wins, as does the time"),
                    None if times.0 == times.1 => "the event ID decides who wins".to_owned(),
                    None => "the time decides who wins".to_owned(),
                };
                self.see(family, what);
            }
        }
    }

    fn of_v1(&mut self, account: &AccountV1<'_>) {
        for contest in &account.contests {
            let family = match contest.pass {
                Pass::PowerLevels => "power-levels",
                Pass::JoinRules => "join-rules",
                Pass::Members => "members",
                Pass::Others => "others",
            };
            for candidate in &contest.candidates {
                match &candidate.outcome {
                    CandidateOutcome::First => self.see(family, "the first enters unchecked"),
                    CandidateOutcome::NotReached => self.see(family, "not reached"),
                    CandidateOutcome::Fallback(_) => self.see(family, "the lowest after all"),
                    CandidateOutcome::Checked(verdict) => {
                        let said = said(verdict);
                        self.see(family, said);
                    }
                }
            }
            for pair in contest.candidates.windows(2) {
                let by = if pair[0].depth == pair[1].depth { "SHA-1" } else { "depth" };
                self.see(family, format!("ordered by {by}"));
            }
            if contest.candidates.len() > 2 {
                self.see(family, "more than two candidates");
            }
        }
    }

    fn of_v2(&mut self, account: &AccountV2<'_>, version: &RoomVersion) {
        let AccountV2 { conflicted, auth_difference, subgraph, power_events, .. } = account;
        if auth_difference.iter().any(|event| !conflicted.contains(event)) {
            self.see("auth-difference", "more than what is in conflict");
        }
        if conflicted.iter().any(|event| auth_difference.contains(event)) {
            self.see("auth-difference", "what is in conflict too");
        }
        if auth_difference.is_empty() && !conflicted.is_empty() {
            self.see("auth-difference", "none");
        }
        if let Some(subgraph) = subgraph {
            let more = |event| !conflicted.contains(event) && !auth_difference.contains(event);
            let what = if subgraph.iter().any(more) { "more than both" } else { "nothing more" };
            self.see("subgraph", what);
        }
        if !account.cyclic.is_empty() {
            self.see("power-events", "one without a place");
        }
        for step in power_events {
            let said = said(&step.verdict);
            self.see("power-events", said);
        }
        let events = self.pool.events(version);
        for pair in power_events.windows(2) {
            let [one, other] = [&pair[0], &pair[1]];
            let cited = events.dag.auth().is_ancestor(one.event, other.event);
            let by = if cited {
                "what it cites"
            } else if one.key.power != other.key.power {
                "power"
            } else if one.key.origin_server_ts != other.key.origin_server_ts {
                "time"
            } else {
                "event ID"
            };
            self.see("power-order", format!("by {by}"));
            if one.key.power < other.key.power {
                self.see("power-order", "less power before more");
            }
            if one.key.power == Power::Infinite || other.key.power == Power::Infinite {
                self.see("power-order", "a creator's");
            }
        }
        let is_of_chain = |number| {
            events.state_event(number).is_some_and(|it| {
                !matches!(it.event.event_type(), EventType::PowerLevels | EventType::JoinRules)
                    && it.event.state_key() == Some(it.event.sender().as_str())
            })
        };
        if power_events.iter().any(|step| is_of_chain(step.event)) {
            self.see("power-events", "one by the chain of another");
        }
        if !account.others.is_empty() {
            let length = account.mainline.len().min(4);
            self.see(
                "mainline",
                format!("of {length}{}", if length == 4 { " or more" } else { "" }),
            );
        }
        for step in &account.others {
            let said = said(&step.verdict);
            self.see("other-events", said);
            match step.key.position {
                None => self.see("mainline", "never met"),
                Some(0) => self.see("mainline", "met at one end"),
                Some(_) => self.see("mainline", "met further on"),
            }
        }
        for pair in account.others.windows(2) {
            let [one, other] = [&pair[0], &pair[1]];
            let by = if one.key.position != other.key.position {
                "position"
            } else if one.key.origin_server_ts != other.key.origin_server_ts {
                "time"
            } else {
                "event ID"
            };
            self.see("mainline", format!("ordered by {by}"));
            if one.key.position.is_none() != other.key.position.is_none() {
                self.see("mainline", "ordered by who never meets it");
            }
            if one.key.origin_server_ts > other.key.origin_server_ts {
                self.see("mainline", "a later time first");
            }
        }
    }
}

fn said(verdict: &Verdict<'_>) -> String {
    let said = if verdict.is_allowed() { "allowed" } else { "rejected" };
    format!("{said} by {}", verdict.rule())
}
