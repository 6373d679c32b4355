//! State resolution v2 and v2.1.

use exeunt_dag::{Number, Sets};
use exeunt_version::OwnAuthChain;

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
    let sets = Sets {
        some: &conflicted_of_each,
        all: &split.unconflicted(first),
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
    let loaded = &partial.loaded;
    let X { ordering, cyclic } = X::new(loaded);
    let mut remains: Vec<bool> =
        loaded.full_conflicted().map(|(_, event)| !event.is_left_out).collect();
    for place in ordering.iter().map(|(place, _)| place).chain(&cyclic) {
        remains[*place as usize] = false;
    }
    account.cyclic = cyclic.into_iter().map(|place| loaded.number(place)).collect();
    account.power_events.reserve_exact(ordering.len());
    for (place, key) in ordering {
        if let Some(event) = partial.loaded.state_event(place) {
            let verdict = partial.step(place, &event);
            let event = partial.loaded.number(place);
            account.power_events.push(Step { event, key, verdict });
        }
    }

    let mut mainline = Mainline::new(&partial.loaded, partial.get(Key::POWER_LEVELS));
    let ordering = mainline_ordering(&partial.loaded, &mut mainline, &remains);
    account.mainline = mainline.list;
    account.others.reserve_exact(ordering.len());
    for (place, key) in ordering {
        if let Some(event) = partial.loaded.state_event(place) {
            let verdict = partial.step(place, &event);
            let event = partial.loaded.number(place);
            account.others.push(Step { event, key, verdict });
        }
    }
}

/// Known events in the order in which they became known, each once.
fn by_rank<T: Body>(events: Events<'_, T>, list: impl IntoIterator<Item = Number>) -> Vec<Number> {
    let auth = events.dag.auth();
    let ranked = list.into_iter().filter_map(|event| Some((auth.rank(event)?, event)));
    let mut ranked: Vec<_> = ranked.collect();
    // What comes in is mostly some sorted lists one after the other, which this sort merges.
    ranked.sort();
    ranked.dedup();
    ranked.into_iter().map(|(_, event)| event).collect()
}

/// Some events of the full conflicted set in mainline ordering.
fn mainline_ordering<T: Body>(
    loaded: &Loaded<'_, T>,
    mainline: &mut Mainline,
    remains: &[bool],
) -> Vec<(Place, MainlineKey)> {
    // Position and time as one number that is compared at once, with the place below: what sorting
    // moves is small, and has no look-ups.
    let mut keys: Vec<u128> = Vec::with_capacity(remains.len());
    for (place, event) in loaded.full_conflicted() {
        if !remains[place as usize] || loaded.state_event(place).is_none() {
            continue;
        }
        let position = mainline.position(loaded, loaded.number(place));
        // Later positions come first, and infinity before all.
        let position = position.map_or(0, |position| u32::MAX - position);
        let ts = event.origin_server_ts.cast_unsigned() ^ SIGN;
        keys.push(u128::from(position) << 96 | u128::from(ts) << 32 | u128::from(place));
    }
    keys.sort_unstable();
    let place = |key: u128| Place::try_from(key & u128::from(u32::MAX)).unwrap_or_default();
    for ties in keys.chunk_by_mut(|one, other| one >> 32 == other >> 32) {
        if ties.len() > 1 {
            ties.sort_unstable_by_key(|key| loaded.id(place(*key)));
        }
    }
    let key = |key: u128| {
        let position = u32::try_from(key >> 96).ok().filter(|position| *position != 0);
        let position = position.map(|position| (u32::MAX - position) as usize);
        let ts = (u64::try_from(key >> 32 & u128::from(u64::MAX)).unwrap_or_default() ^ SIGN)
            .cast_signed();
        MainlineKey { position, origin_server_ts: ts }
    };
    keys.into_iter().map(|packed| (place(packed), key(packed))).collect()
}

/// With this bit turned, numbers with a sign are in the order of those without.
const SIGN: u64 = 1 << 63;
