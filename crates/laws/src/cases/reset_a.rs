use exeunt_event::EventType;
use exeunt_event::content::Membership;
use exeunt_version::{RoomVersion, StateResolution};

use super::pair::{Pair, Side, in_pairs};
use super::{Case, Presence};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "reset-a",
    sentence: "Two states have different join rules of somebody who has left by both, and the same \
               power levels; resolved, the room has no join rules.",
    source: "https://github.com/matrix-org/matrix-spec-proposals/pull/4297",
    events: 5,
    presence: |version: &RoomVersion| match version.capabilities.state_resolution {
        StateResolution::V1 => Presence::Absent("the first of several join rules is never checked"),
        StateResolution::V2 => Presence::Present,
        StateResolution::V2_1 => {
            Presence::Absent("power events are checked from an empty state on (MSC4297)")
        }
    },
    found,
};

fn found(history: &History) -> Option<Witness> {
    in_pairs(history, check)
}

fn check(pair: &Pair<'_>) -> Option<Witness> {
    let (one, other) = pair.conflict(&EventType::JoinRules, "")?;
    for rules in [one, other] {
        let sender = pair.event(rules)?.sender().as_str();
        pair.common(&EventType::Member, sender)?;
        if pair.one.membership(sender) == Some(Membership::Join) {
            return None;
        }
    }
    let levels = |side: Side<'_>| side.number_of(&EventType::PowerLevels, "");
    if levels(pair.one) != levels(pair.other)
        || pair.resolved_entry(&EventType::JoinRules, "").is_some()
    {
        return None;
    }
    Some(pair.witness("both states have join rules, and resolved there are none", [one, other]))
}
