use exeunt_version::RoomVersion;

use super::pair::{Pair, in_pairs};
use super::{Case, Presence};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "linear-rollback",
    sentence: "What is set is set anew later on the same line; the two states resolved have it as it \
               was before.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#room-state-resolution",
    events: 4,
    presence: |_: &RoomVersion| Presence::Present,
    found,
};

fn found(history: &History) -> Option<Witness> {
    in_pairs(history, check)
}

/// The one state is the earlier one.
fn check(pair: &Pair<'_>) -> Option<Witness> {
    if !pair.is_line() {
        return None;
    }
    let resolved = pair.resolved();
    let rolled_back = pair.differing().find_map(|(key, old)| {
        let new = pair.other.state.entries().get(key)?;
        (resolved.get(key) == Some(old)).then_some((old, new))
    });
    let (old, new) = rolled_back?;
    Some(pair.witness("the earlier of two events of one line stands", [old, new]))
}
