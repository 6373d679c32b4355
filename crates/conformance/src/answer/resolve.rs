//! The question which state wins.

use std::collections::BTreeSet;

use exeunt_dag::Number;
use exeunt_event::EventId;
use exeunt_event::json::{Object, Value};
use exeunt_resolve::{Pool, StateError, StateSet};
use exeunt_version::{RoomIds, RoomVersion, StateResolution};

use super::authorise::missing;
use super::question::{Code, Error, Question};

/// Events, and the states that are to be resolved.
pub struct Asked {
    /// The events.
    pub pool: Pool,
    /// The states.
    pub sets: Vec<StateSet>,
}

impl Asked {
    /// What a question of the op `resolve` asks.
    ///
    /// # Errors
    ///
    /// `bad_request`, `bad_event` or `missing_event`, as the protocol has them.
    pub fn new(question: &Question<'_>) -> Result<Self, Error> {
        let sets = state_sets(question)?;
        let events = question.array("events")?;
        let rejected = question.strings("rejected")?.unwrap_or_default();
        let parse = |(at, value)| question.parse(&format!("`events[{at}]`"), value);
        let events: Vec<_> = events.iter().enumerate().map(parse).collect::<Result<_, _>>()?;
        let is_rejected: BTreeSet<_> = rejected.iter().copied().collect();
        let pool = Pool::new(events, |id| is_rejected.contains(id.as_str()));
        let known = sets.iter().map(|set| state(set, &pool)).collect::<Result<_, _>>()?;
        let starts = sets
            .iter()
            .flatten()
            .map(|id| pool.dag().known(id).ok_or_else(|| missing(id.as_str())));
        let starts = starts.collect::<Result<BTreeSet<_>, _>>()?;
        has_what_is_looked_at(&pool, starts, &question.version)?;
        for id in rejected {
            let is_known = pool.event(&EventId::from_received(id)).is_some();
            is_known.then_some(()).ok_or_else(|| missing(id))?;
        }
        Ok(Self { pool, sets: known })
    }
}

fn state_sets(question: &Question<'_>) -> Result<Vec<Vec<EventId>>, Error> {
    let wrong = || Error::new(Code::BadRequest, "`state_sets` is no array of arrays of strings");
    let ids = |set: &Value<'_>| {
        let ids = set.as_array()?.iter();
        ids.map(|id| id.as_str().map(EventId::from_received)).collect::<Option<Vec<_>>>()
    };
    let sets = question.array("state_sets")?.iter().map(ids).collect::<Option<Vec<_>>>();
    match sets.ok_or_else(wrong)? {
        sets if sets.is_empty() => Err(Error::new(Code::BadRequest, "there are no state sets")),
        sets => Ok(sets),
    }
}

/// The state of those of the events that are known: what is no state says so first.
fn state(ids: &[EventId], pool: &Pool) -> Result<StateSet, Error> {
    pool.state(ids.iter().filter(|id| pool.event(id).is_some())).map_err(|error| match error {
        StateError::Missing(id) => missing(id.as_str()),
        StateError::NoStateEvent(_) | StateError::Duplicate(..) => {
            Error::new(Code::BadRequest, format!("in `state_sets`, {error}"))
        }
    })
}

/// Resolution looks at the events of the states and at their auth chains, which in some versions
/// begin with a create event that nobody cites. In v1 it looks at no auth events.
fn has_what_is_looked_at(
    pool: &Pool,
    mut open: BTreeSet<Number>,
    version: &RoomVersion,
) -> Result<(), Error> {
    let capabilities = &version.capabilities;
    let looks_at_chains = capabilities.state_resolution != StateResolution::V1;
    let mut seen = open.clone();
    while let Some(number) = open.pop_first() {
        let Some(pooled) = pool.dag().get(number) else {
            return Err(missing(pool.dag().id(number).map_or("an auth event", EventId::as_str)));
        };
        let event = pooled.event();
        let implies_create = capabilities.room_ids == RoomIds::CreateEvent
            && event.has_room_id()
            && event.room_id().is_hash();
        if implies_create {
            let create = event.room_id().create_event();
            pool.event(&create).ok_or_else(|| missing(create.as_str()))?;
        }
        if looks_at_chains {
            let cited = pool.dag().auth().parents(number).iter().copied();
            open.extend(cited.filter(|number| seen.insert(*number)));
        }
    }
    Ok(())
}

pub(super) fn resolve<'q>(question: &Question<'q>) -> Result<Object<'q>, Error> {
    let Asked { pool, sets } = Asked::new(question)?;
    let resolution = exeunt_resolve::resolve(pool.events(&question.version), &sets);
    let state = resolution.state();
    let mut ids: Vec<_> = state.iter().filter_map(|(_, event)| pool.dag().id(event)).collect();
    ids.sort_unstable();
    let ids: Vec<_> = ids.into_iter().map(EventId::to_string).collect();
    Ok(Object::from_iter([("state", ids)]))
}
