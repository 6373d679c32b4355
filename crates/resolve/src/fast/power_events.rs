//! The power events with their auth chains, in reverse topological power ordering.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use exeunt_auth::Power;
use exeunt_dag::{Number, Sparse};
use exeunt_event::{Event, EventId};
use exeunt_version::{Mutant, PowerEventChain, PowerOrdering};

use super::components::{Lists, index};
use super::loaded::{Loaded, NOWHERE, Place};
use crate::{Body, PowerKey};

/// The set *X*.
#[derive(Default)]
pub(super) struct X {
    /// In order, with what they were sorted by.
    pub(super) ordering: Vec<(Place, PowerKey)>,
    /// Those without a place in it.
    pub(super) cyclic: Vec<Place>,
}

impl X {
    /// The set *X*, from the full conflicted set.
    pub(super) fn new<T: Body>(loaded: &mut Loaded<'_, T>) -> Self {
        let power_events: Vec<_> = loaded
            .full_conflicted()
            .filter(|(_, event)| event.is_power_event && !event.is_left_out)
            .map(|(place, _)| loaded.number(place))
            .collect();
        if power_events.is_empty() {
            return Self::default();
        }
        let auth = loaded.events.dag.auth();
        let may_be_cyclic = !auth.is_ordered()
            && power_events.iter().any(|event| auth.generation(*event).is_none());
        let readings = loaded.events.version.readings;
        let region = Region::new(loaded, power_events);
        let groups = if may_be_cyclic {
            Groups::of_components(&region)
        } else {
            Groups::each(region.members.clone())
        };
        Kahn::new(loaded, &region, groups).run(readings.power_ordering)
    }
}

/// The part of the graph that orders the set *X*: its events, and those through which they lead to
/// one another.
struct Region {
    /// For each event its place, if it belongs to *X*.
    members: Vec<Place>,
    /// For each event those that it cites.
    cited: Lists,
}

impl Region {
    fn new<T: Body>(loaded: &Loaded<'_, T>, power_events: Vec<Number>) -> Self {
        let dag = loaded.events.dag;
        let is_left_out = |place| loaded.conflicted(place).is_some_and(|event| event.is_left_out);
        let place = |number| loaded.conflicted_place(number).filter(|place| !is_left_out(*place));
        let mut places = Sparse::<u32>::new(dag.bound());
        let numbers =
            match loaded.events.version.readings.power_event_chain {
                PowerEventChain::Whole
                    if !loaded.events.version.is_mutant(Mutant::PowerChainInside) =>
                {
                    // In an ordered graph the first of them is the lowest.
                    let all = loaded.full_conflicted().map(|(place, _)| loaded.number(place));
                    let floor = all.take(if dag.auth().is_ordered() { 1 } else { usize::MAX });
                    dag.auth().down_to(power_events, floor)
                }
                PowerEventChain::Whole | PowerEventChain::Conflicted => {
                    let mut seen = Sparse::<bool>::new(dag.bound());
                    let mut found = power_events;
                    for number in &found {
                        seen.set(number.index(), true);
                    }
                    let mut at = 0;
                    while let Some(number) = found.get(at).copied() {
                        let cited = dag.auth().parents(number).iter().copied();
                        found.extend(cited.filter(|cited| {
                            place(*cited).is_some() && !seen.set(cited.index(), true)
                        }));
                        at += 1;
                    }
                    found
                }
            };
        for (at, number) in numbers.iter().enumerate() {
            places.set(number.index(), index(at) + 1);
        }
        let mut members = Vec::with_capacity(numbers.len());
        let mut cited = Lists::with_capacity(numbers.len(), 4 * numbers.len());
        for number in numbers {
            let member = place(number).filter(|place| loaded.state_event(*place).is_some());
            members.push(member.unwrap_or(NOWHERE));
            for parent in dag.auth().parents(number) {
                if let Some(at) = places.get(parent.index()).checked_sub(1) {
                    cited.push(at);
                }
            }
            cited.close();
        }
        Self { members, cited }
    }
}

/// What is placed at once: events, and in a graph with cycles the events that all lead to one
/// another.
struct Groups {
    /// The group of each event of the region; none if each is its own.
    of: Vec<u32>,
    /// For each group its place, if it is an event of *X*.
    members: Vec<Place>,
    /// The groups that never have their turn, for an event of *X* in them is its own ancestor.
    closed: Vec<u32>,
}

impl Groups {
    fn each(members: Vec<Place>) -> Self {
        Self { of: Vec::new(), members, closed: Vec::new() }
    }

    fn of_components(region: &Region) -> Self {
        let (of, count) = region.cited.components();
        let mut sizes = vec![0_u32; count];
        let mut members = vec![NOWHERE; count];
        let mut closed = Vec::new();
        for (at, group) in of.iter().enumerate() {
            let leads_to_itself = region.cited.of(index(at)).contains(&index(at));
            let place = region.members[at];
            sizes[*group as usize] += 1;
            if place != NOWHERE {
                members[*group as usize] = place;
                closed.extend(leads_to_itself.then_some(*group));
            }
        }
        let larger = (0..index(count)).filter(|group| sizes[*group as usize] > 1);
        closed.extend(larger.filter(|group| members[*group as usize] != NOWHERE));
        Self { of, members, closed }
    }

    fn of(&self, at: u32) -> u32 {
        self.of.get(at as usize).copied().unwrap_or(at)
    }
}

/// What is compared among candidates. Of two, that with the lower key is next.
type CandidateKey<'a> = (Reverse<Power>, i64, Option<&'a EventId>);

/// Kahn's algorithm. What does not belong to *X* takes its place as soon as it can.
struct Kahn<'l, 'a, T> {
    loaded: &'l mut Loaded<'a, T>,
    members: Vec<Place>,
    /// All of *X*, in the order of their places.
    all: Vec<Place>,
    citing: Lists,
    /// How many of what each group cites have no place yet.
    open: Vec<u32>,
    free: Vec<u32>,
    candidates: BinaryHeap<Reverse<(CandidateKey<'a>, u32)>>,
}

impl<'l, 'a, T: Body> Kahn<'l, 'a, T> {
    fn new(loaded: &'l mut Loaded<'a, T>, region: &Region, groups: Groups) -> Self {
        let mut all: Vec<_> =
            region.members.iter().copied().filter(|place| *place != NOWHERE).collect();
        all.sort_unstable();
        let citing = region.cited.inverse(|at| groups.of(at), groups.members.len());
        let mut open = vec![0; groups.members.len()];
        for cited in 0..index(groups.members.len()) {
            for citing in citing.of(cited) {
                open[*citing as usize] += 1;
            }
        }
        for group in groups.closed {
            open[group as usize] = u32::MAX;
        }
        let free = (0..index(open.len())).filter(|group| open[*group as usize] == 0).collect();
        let members = groups.members;
        Self { loaded, members, all, citing, open, free, candidates: BinaryHeap::new() }
    }

    fn run(mut self, reading: PowerOrdering) -> X {
        let mut ordering = Vec::with_capacity(self.all.len());
        self.settle();
        while let Some(Reverse((key, group))) = self.candidates.pop() {
            ordering.push(self.placed(&key, group));
            self.release(group);
            if reading == PowerOrdering::Layers {
                while let Some(Reverse((key, group))) = self.candidates.pop() {
                    ordering.push(self.placed(&key, group));
                    self.release(group);
                }
            }
            self.settle();
        }
        let mut is_placed = vec![false; self.loaded.full_conflicted().len()];
        for (place, _) in &ordering {
            is_placed[*place as usize] = true;
        }
        self.all.retain(|place| !is_placed[*place as usize]);
        X { ordering, cyclic: self.all }
    }

    fn placed(&self, (power, ts, _): &CandidateKey<'_>, group: u32) -> (Place, PowerKey) {
        let key = PowerKey { power: power.0, origin_server_ts: *ts };
        (self.members[group as usize], key)
    }

    /// Makes candidates of what is free, through what is no event of *X*.
    fn settle(&mut self) {
        while let Some(group) = self.free.pop() {
            let place = self.members[group as usize];
            if place == NOWHERE {
                self.release(group);
                continue;
            }
            if let Some(event) = self.loaded.state_event(place) {
                let key = self.key(place, event.event);
                self.candidates.push(Reverse((key, group)));
            }
        }
    }

    fn key(&mut self, place: Place, event: &'a Event) -> CandidateKey<'a> {
        if self.loaded.events.version.is_mutant(Mutant::OrderByIdAlone) {
            return (Reverse(Power::Infinite), 0, self.loaded.id(place));
        }
        let power = self.loaded.sender_power(place, event);
        (Reverse(power), event.origin_server_ts(), self.loaded.id(place))
    }

    /// Frees what waited for this alone.
    fn release(&mut self, group: u32) {
        for citing in self.citing.of(group) {
            let open = &mut self.open[*citing as usize];
            *open -= 1;
            if *open == 0 {
                self.free.push(*citing);
            }
        }
    }
}
