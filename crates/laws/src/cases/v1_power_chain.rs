use exeunt_event::EventType;
use exeunt_version::{RoomVersion, StateResolution};

use super::pair::{Pair, in_pairs};
use super::reset_b::needed_between;
use super::{Case, Presence};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "v1-power-chain",
    sentence: "Of three power levels on one line each needs the one before; the state with the first \
               resolved with that with the third has the first.",
    source: "https://github.com/matrix-org/matrix-spec-proposals/pull/1442",
    events: 7,
    presence: |version: &RoomVersion| {
        let is_v1 = version.capabilities.state_resolution == StateResolution::V1;
        Presence::when(is_v1, "the second are in the auth difference (MSC1442)")
    },
    found,
};

fn found(history: &History) -> Option<Witness> {
    in_pairs(history, check)
}

/// The one state is the earlier one.
fn check(pair: &Pair<'_>) -> Option<Witness> {
    let (first, third) = pair.conflict(&EventType::PowerLevels, "")?;
    if !pair.is_line() {
        return None;
    }
    let between = needed_between(pair, first, third)?;
    let is_reset = pair.resolved_entry(&EventType::PowerLevels, "") == Some(first);
    let sentence = "the first of these power levels stand, and the last that follow from them do not";
    is_reset.then(|| pair.witness(sentence, [first].into_iter().chain(between).chain([third])))
}
