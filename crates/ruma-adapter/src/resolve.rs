//! The question which state wins.

use std::collections::BTreeSet;

use ruma_common::OwnedEventId;
use ruma_state_res::{Event as _, StateMap};
use serde_json::{Value as Json, json};

use crate::event::Pool;
use crate::question::{Code, Error, Question};
use crate::{History, Pdu};

pub(crate) fn resolve(question: &Question<'_>) -> Result<Json, Error> {
    if question.rules.state_res.v2_rules().is_none() {
        let message = "ruma has no state resolution for the room version";
        return Err(Error::new(Code::Unsupported, message));
    }
    let sets = state_sets(question)?;
    let pool = question.array("events")?;
    let rejected = question.strings("rejected")?.unwrap_or_default();
    let pool = question.pool(&pool)?;
    for set in &sets {
        pool.check_state("state_sets", set)?;
    }
    let chains = with_auth_chains(question, &sets, &pool)?;
    for id in &rejected {
        pool.get(id)?;
    }
    let held = chains.iter().map(|id| pool.held(id, &rejected));
    let history = held.collect::<Result<Vec<_>, _>>()?.into_iter().collect::<History>();
    let internal = |message: String| Error::new(Code::Internal, message);
    if history.is_endless() {
        return Err(internal("ruma's mainline would have no end".to_owned()));
    }
    let states: Vec<_> = sets.iter().map(|set| state_map(set, &history)).collect();
    // The text keeps the events of a state out of its auth chain.
    let resolution = history
        .resolve(&question.rules, &states, false)
        .ok_or_else(|| internal("there is no algorithm".to_owned()))?;
    let state = resolution.map_err(|error| internal(format!("ruma has no answer: {error}")))?;
    let mut ids: Vec<_> = state.values().map(ToString::to_string).collect();
    ids.sort_unstable();
    Ok(json!({ "state": ids }))
}

fn state_sets(question: &Question<'_>) -> Result<Vec<Vec<String>>, Error> {
    let bad = |message| Error::new(Code::BadRequest, message);
    let sets: Vec<Vec<String>> = serde_json::from_str(question.field("state_sets")?.get())
        .map_err(|_| bad("`state_sets` is no array of arrays of strings"))?;
    if sets.is_empty() { Err(bad("there are no state sets")) } else { Ok(sets) }
}

/// The events of the states and their auth chains, which must all be there, with the create events
/// that rooms are named after.
fn with_auth_chains(
    question: &Question<'_>,
    sets: &[Vec<String>],
    pool: &Pool,
) -> Result<BTreeSet<String>, Error> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<String> = sets.concat();
    while let Some(id) = open.pop() {
        let event = pool.get(&id)?;
        if seen.insert(id) {
            open.extend(event.cited.iter().cloned());
            open.extend(event.implied_create(&question.rules));
        }
    }
    Ok(seen)
}

fn state_map(ids: &[String], history: &History) -> StateMap<OwnedEventId> {
    let pdu = |id: &String| history.get(id.as_str().try_into().ok()?);
    let entry = |pdu: &Pdu| Some((pdu.key()?, pdu.event_id().clone()));
    ids.iter().filter_map(pdu).filter_map(entry).collect()
}
