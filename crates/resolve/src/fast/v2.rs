//! State resolution v2 and v2.1.

use exeunt_dag::{Number, Sets};
use exeunt_version::{Mutant, OwnAuthChain, RejectedInResolution};

use super::loaded::{Loaded, Place};
use super::mainline::Mainline;
use super::partial::Partial;
use super::power_events::X;
use super::split::Split;
use crate::{AccountV2, Body, Events, Key, MainlineKey, StateSet, Step};

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Revision {
    /// Of room versions 2 to 11.
    V2,
    /// Of room version 12.
    V2_1,
}

/// What won for each of the keys on which the states differ, other keys that events of auth chains
/// brought, and the account.
pub(super) struct Outcome<A> {
    pub(super) winners: Vec<Option<Number>>,
    pub(super) others: Vec<(Key, Number)>,
    pub(super) account: A,
}

/// Resolves states that differ on some keys.
pub(super) fn resolve<'a, T: Body>(
    events: Events<'a, T>,
    first: &StateSet,
    split: &Split,
    revision: Revision,
) -> Outcome<AccountV2<'a>> {
    let auth = events.dag.auth();
    let conflicted_of_each = split.events();
    let conflicted = by_rank(events, conflicted_of_each.iter().flatten().copied());
    let unconflicted = if events.version.is_mutant(Mutant::DifferenceOfConflicted) {
        Vec::new()
    } else {
        split.unconflicted(first)
    };
    let sets = Sets {
        some: &conflicted_of_each,
        all: &unconflicted,
        own: events.version.readings.own_auth_chain == OwnAuthChain::Included,
    };
    let auth_difference = auth.difference_of(&sets);
    let subgraph = (revision == Revision::V2_1).then(|| auth.subgraph(&conflicted));
    // The subgraph has the events that it is spanned by.
    let lists = [subgraph.as_ref().unwrap_or(&conflicted), &auth_difference];
    let full_conflicted = by_rank(events, lists.into_iter().flatten().copied());
    let mut account = AccountV2 { conflicted, auth_difference, subgraph, ..AccountV2::default() };

    let loaded = Loaded::new(events, &full_conflicted);
    let below = (revision == Revision::V2).then_some(first);
    let mut partial = Partial::new(loaded, below, &split.keys);
    if !full_conflicted.is_empty() {
        check(&mut partial, &mut account);
    }
    let winners = split.keys.iter().map(|key| partial.get(*key)).collect();
    let others = partial.new_entries(first);
    Outcome { winners, others, account }
}

/// The two orderings, and the iterative auth checks along them.
fn check<'a, T: Body>(partial: &mut Partial<'_, 'a, T>, account: &mut AccountV2<'a>) {
    let X { ordering, cyclic } = X::new(&mut partial.loaded);
    let loaded = &partial.loaded;
    let mut remains: Vec<bool> =
        loaded.full_conflicted().map(|(_, event)| !event.is_left_out).collect();
    for place in ordering.iter().map(|(place, _)| place).chain(&cyclic) {
        remains[*place as usize] = false;
    }
    account.cyclic = cyclic.into_iter().map(|place| loaded.number(place)).collect();
    account.power_events = steps(partial, &ordering, |(place, key)| (*place, *key));

    let mut mainline = Mainline::new(&partial.loaded, partial.get(Key::POWER_LEVELS));
    let ordering = mainline_ordering(&partial.loaded, &mut mainline, &remains);
    account.mainline = mainline.list;
    account.others = steps(partial, &ordering, |packed| (packed.place(), packed.key()));
}

/// How many events are fetched at once, before the first of them is checked.
const AT_ONCE: usize = 24;

/// The iterative auth checks.
fn steps<'a, T: Body, O, K>(
    partial: &mut Partial<'_, 'a, T>,
    ordering: &[O],
    unpack: impl Fn(&O) -> (Place, K),
) -> Vec<Step<'a, K>> {
    let mut steps = Vec::with_capacity(ordering.len());
    let readings = partial.loaded.events.version.readings;
    let skips = readings.rejected_in_resolution == RejectedInResolution::Skipped;
    for ordering in ordering.chunks(AT_ONCE) {
        partial.loaded.fetch(ordering.iter().map(|ordered| unpack(ordered).0));
        for ordered in ordering {
            let (place, key) = unpack(ordered);
            let event = partial.loaded.state_event(place);
            if let Some(event) = event.filter(|event| !(skips && event.is_rejected)) {
                let verdict = partial.step(place, &event);
                let is_last = !verdict.is_allowed()
                    && partial.loaded.events.version.is_mutant(Mutant::FailureAborts);
                steps.push(Step { event: partial.loaded.number(place), key, verdict });
                if is_last {
                    return steps;
                }
            }
        }
    }
    steps
}

/// Known events in the order in which they became known, each once.
fn by_rank<T: Body>(events: Events<'_, T>, list: impl IntoIterator<Item = Number>) -> Vec<Number> {
    let auth = events.dag.auth();
    let ranked = list.into_iter().filter_map(|event| {
        let rank = u64::from(auth.rank(event)?);
        Some(rank << 32 | event.index() as u64)
    });
    let mut ranked: Vec<u64> = ranked.collect();
    sort(&mut ranked);
    ranked.dedup();
    let number = |ranked: u64| u32::try_from(ranked & u64::from(u32::MAX)).unwrap_or_default();
    ranked.into_iter().map(|ranked| Number::from_index(number(ranked) as usize)).collect()
}

#[allow(clippy::stable_sort_primitive, reason = "it merges what is sorted already")]
fn sort(mostly_sorted: &mut [u64]) {
    mostly_sorted.sort();
}

/// Some events of the full conflicted set in mainline ordering.
fn mainline_ordering<T: Body>(
    loaded: &Loaded<'_, T>,
    mainline: &mut Mainline,
    remains: &[bool],
) -> Vec<Packed> {
    let mut ordering = Vec::with_capacity(remains.len());
    for (place, event) in loaded.full_conflicted() {
        if remains[place as usize] && loaded.state_event(place).is_some() {
            let position = mainline.position(loaded, loaded.power_levels_cited(event));
            ordering.push(Packed::new(position, event.origin_server_ts, place));
        }
    }
    ordering.sort_unstable();
    for ties in ordering.chunk_by_mut(|one, other| one.is_tied_with(*other)) {
        ties.sort_unstable_by_key(|packed| loaded.id(packed.place()));
    }
    ordering
}

/// A place with the mainline position and the time of its event, as one number in the mainline
/// ordering but for ties: what sorting moves is small, and compared without a look-up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Packed(u128);

/// With this bit turned, numbers with a sign are in the order of those without.
const SIGN: u64 = 1 << 63;

impl Packed {
    fn new(position: Option<u32>, origin_server_ts: i64, place: Place) -> Self {
        // Later positions come first, and infinity before all.
        let position = position.map_or(0, |position| u32::MAX - position);
        let ts = origin_server_ts.cast_unsigned() ^ SIGN;
        Self(u128::from(position) << 96 | u128::from(ts) << 32 | u128::from(place))
    }

    fn is_tied_with(self, other: Self) -> bool {
        self.0 >> 32 == other.0 >> 32
    }

    #[allow(clippy::cast_possible_truncation, reason = "the part that is meant")]
    fn place(self) -> Place {
        self.0 as Place
    }

    #[allow(clippy::cast_possible_truncation, reason = "the part that is meant")]
    fn key(self) -> MainlineKey {
        let (position, ts) = ((self.0 >> 96) as u32, (self.0 >> 32) as u64);
        MainlineKey {
            position: (position != 0).then_some(u32::MAX - position),
            origin_server_ts: (ts ^ SIGN).cast_signed(),
        }
    }
}
