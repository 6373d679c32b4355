//! What a resolution says: the state, and the account of every decision.

use exeunt_auth::{Power, Verdict};
use exeunt_dag::Number;

use crate::{Key, StateSet};

/// The resolution of a set of states.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolution<'a> {
    /// The first of the states: what is unconflicted is there.
    pub(crate) base: StateSet,
    /// See [`Resolution::contested`].
    pub(crate) contested: Vec<(Key, Option<Number>)>,
    /// How it came to be.
    pub account: Account<'a>,
}

impl Resolution<'_> {
    /// The keys about which there was something to decide: those on which the states differ, and
    /// those that only events of their auth chains have. Sorted; with what won, or `None` if the
    /// resolved state has no such entry.
    pub fn contested(&self) -> &[(Key, Option<Number>)] {
        &self.contested
    }

    /// The resolved state.
    pub fn state(&self) -> StateSet {
        let mut state = self.base.clone();
        for (key, winner) in &self.contested {
            match winner {
                Some(winner) => state.insert(*key, *winner),
                None => state.remove(*key),
            };
        }
        state
    }

    /// An entry of the resolved state.
    pub fn get(&self, key: Key) -> Option<Number> {
        match self.contested.binary_search_by_key(&key, |(contested, _)| *contested) {
            Ok(at) => self.contested[at].1,
            Err(_) => self.base.get(key),
        }
    }

    /// The unconflicted state map: the entries that every state has.
    pub fn unconflicted(&self) -> impl Iterator<Item = (Key, Number)> {
        let is_contested = |key: &Key| {
            self.contested.binary_search_by_key(key, |(contested, _)| *contested).is_ok()
        };
        self.base.iter().filter(move |(key, _)| !is_contested(key))
    }
}

/// How a state was resolved. Lists of events without an order of their own are in the order in
/// which the graph came to know them.
#[derive(Clone, Debug, PartialEq)]
pub enum Account<'a> {
    /// By state resolution v1.
    V1(AccountV1<'a>),
    /// By state resolution v2 or v2.1.
    V2(AccountV2<'a>),
}

/// The account of state resolution v1: every list of candidates that was gone through, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountV1<'a> {
    /// The lists.
    pub contests: Vec<Contest<'a>>,
}

/// The passes of state resolution v1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pass {
    /// `m.room.power_levels`.
    PowerLevels,
    /// `m.room.join_rules`.
    JoinRules,
    /// `m.room.member`.
    Members,
    /// All other types.
    Others,
}

/// A list of candidates of state resolution v1.
#[derive(Clone, Debug, PartialEq)]
pub struct Contest<'a> {
    /// The pass that it belongs to.
    pub pass: Pass,
    /// The candidates, in the order in which they are looked at.
    pub candidates: Vec<Candidate<'a>>,
}

/// A candidate of state resolution v1.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate<'a> {
    /// The event.
    pub event: Number,
    /// Its depth.
    pub depth: i64,
    /// The SHA-1 of its ID.
    pub sha1: [u8; 20],
    /// What came of it.
    pub outcome: CandidateOutcome<'a>,
}

/// What came of a candidate of state resolution v1.
#[derive(Clone, Debug, PartialEq)]
pub enum CandidateOutcome<'a> {
    /// It entered the state as the first of its list, unchecked.
    First,
    /// It was checked against the state, and entered it if it was allowed.
    Checked(Verdict<'a>),
    /// The list had ended before it.
    NotReached,
    /// It failed like all others, and entered the state as the one of the lowest depth.
    Fallback(Verdict<'a>),
}

/// The account of state resolution v2 or v2.1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccountV2<'a> {
    /// The conflicted state set.
    pub conflicted: Vec<Number>,
    /// The auth difference.
    pub auth_difference: Vec<Number>,
    /// The conflicted state subgraph; `None` in v2.
    pub subgraph: Option<Vec<Number>>,
    /// The power events with their auth chains (the set *X*), in reverse topological power
    /// ordering, with the verdict on each at its step.
    pub power_events: Vec<Step<'a, PowerKey>>,
    /// Events of the set *X* that have no place in that ordering, as they are their own ancestors
    /// or have such ancestors. They take no further part.
    pub cyclic: Vec<Number>,
    /// The mainline of the power levels that the power events led to.
    pub mainline: Vec<Number>,
    /// The other events of the full conflicted set, in mainline ordering, with the verdict on each.
    pub others: Vec<Step<'a, MainlineKey>>,
}

/// An event at its step of the iterative auth checks.
#[derive(Clone, Debug, PartialEq)]
pub struct Step<'a, K> {
    /// The event.
    pub event: Number,
    /// What it was sorted by; the event ID decides between equal keys.
    pub key: K,
    /// The verdict against the state as it was then.
    pub verdict: Verdict<'a>,
}

/// What power events are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerKey {
    /// The power of the sender by the event's auth events: more comes first.
    pub power: Power,
    /// The time in milliseconds since the epoch: earlier comes first.
    pub origin_server_ts: i64,
}

/// What the other events are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MainlineKey {
    /// The mainline position: a later one comes first, and `None` (infinity) before all others.
    pub position: Option<u32>,
    /// The time in milliseconds since the epoch: earlier comes first.
    pub origin_server_ts: i64,
}
