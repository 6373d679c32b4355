//! State resolution, fast.
//!
//! It gives what the [definition](crate::definition) gives, the account included. What makes it
//! fast: states are compared by what they do not share; walks over the graph are bounded by ranks;
//! each event is fetched from the graph once, into a list in the order of ranks; the state in the
//! making is a list by [`Key`]; mainline positions are kept; and sort keys are numbers.

mod components;
mod loaded;
mod mainline;
mod partial;
mod power_events;
mod split;
mod v1;
mod v2;

use exeunt_version::StateResolution;

use crate::{Account, AccountV1, AccountV2, Body, Events, Resolution, StateSet};
use split::Split;
use v2::{Outcome, Revision};

/// Resolves states by the algorithm of the room version.
///
/// Resolving no states gives the empty state.
pub fn resolve<'a, T: Body>(events: Events<'a, T>, sets: &[StateSet]) -> Resolution<'a> {
    let algorithm = events.version.capabilities.state_resolution;
    let split = Split::new(sets);
    let first = sets.first().filter(|_| !split.keys.is_empty());
    let Some(first) = first else {
        let base = sets.first().cloned().unwrap_or_default();
        return Resolution { base, contested: Vec::new(), account: nothing(algorithm) };
    };
    let (winners, others, account) = match algorithm {
        StateResolution::V1 => {
            let Outcome { winners, others, account } = v1::resolve(events, first, &split);
            (winners, others, Account::V1(account))
        }
        StateResolution::V2 => {
            let Outcome { winners, others, account } =
                v2::resolve(events, first, &split, Revision::V2);
            (winners, others, Account::V2(account))
        }
        StateResolution::V2_1 => {
            let Outcome { winners, others, account } =
                v2::resolve(events, first, &split, Revision::V2_1);
            (winners, others, Account::V2(account))
        }
    };
    let mut contested: Vec<_> = split.keys.iter().copied().zip(winners).collect();
    contested.extend(others.into_iter().map(|(key, event)| (key, Some(event))));
    contested.sort();
    Resolution { base: first.clone(), contested, account }
}

/// The account where nothing is in conflict.
fn nothing<'a>(algorithm: StateResolution) -> Account<'a> {
    match algorithm {
        StateResolution::V1 => Account::V1(AccountV1::default()),
        StateResolution::V2 => Account::V2(AccountV2::default()),
        StateResolution::V2_1 => {
            Account::V2(AccountV2 { subgraph: Some(Vec::new()), ..AccountV2::default() })
        }
    }
}
