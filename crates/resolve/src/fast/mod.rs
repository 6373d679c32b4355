//! State resolution, fast.

use crate::{Body, Events, Resolution, StateSet};

/// Resolves states by the algorithm of the room version.
pub fn resolve<'a, T: Body>(events: Events<'a, T>, sets: &[StateSet]) -> Resolution<'a> {
    crate::definition::resolve(events, sets)
}
