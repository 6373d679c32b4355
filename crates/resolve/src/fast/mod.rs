//! State resolution, fast.

use crate::{Body, Events, Resolution, StateSet};

/// Resolves states by the algorithm of the room version.
pub fn resolve<'a, T: Body>(_events: Events<'a, T>, _sets: &[StateSet]) -> Resolution<'a> {
    todo!()
}
