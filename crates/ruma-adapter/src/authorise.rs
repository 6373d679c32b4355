//! The question whether an event may happen.

use serde_json::{Value as Json, json};

use crate::question::{Error, Question};
use crate::rules::{check_auth_events, check_state};

pub(crate) fn authorise(question: &Question<'_>) -> Result<Json, Error> {
    question.field("event")?;
    let pool = question.array("events")?;
    let rejected = question.strings("rejected")?.unwrap_or_default();
    let state = question.strings("state")?;
    let event = question.event()?;
    let pool = question.pool(&pool)?;
    if let Some(state) = &state {
        pool.check_state("state", state)?;
    }
    let create = event.implied_create(&question.rules).filter(|_| !event.is_create());
    if let Some(create) = &create {
        pool.get(create)?;
    }
    for id in &rejected {
        pool.get(id)?;
    }
    let mut needed = match &state {
        Some(state) => state.clone(),
        // Create events are judged by themselves.
        None if event.is_create() => Vec::new(),
        None => event.cited.clone(),
    };
    for id in &needed {
        pool.get(id)?;
        if state.is_none() && *id == event.id {
            // It is not among the events while it is being checked.
            return Err(Error::missing(id));
        }
    }
    if state.is_none() {
        needed.extend(create.filter(|create| !event.cited.contains(create)));
    }
    let verdict = match event.pdu(false) {
        Err(error) => Err(error.to_string()),
        Ok(event) => {
            let events =
                needed.iter().map(|id| pool.held(id, &rejected)).collect::<Result<Vec<_>, _>>()?;
            let rules = &question.rules.authorization;
            let independent = match state {
                Some(_) => Ok(()),
                None => check_auth_events(rules, &event, &events),
            };
            independent.and_then(|()| check_state(rules, &event, &events))
        }
    };
    Ok(match verdict {
        Ok(()) => json!({ "allowed": true }),
        Err(reason) => json!({ "allowed": false, "reason": reason }),
    })
}
