use exeunt_dag::Number;
use exeunt_event::EventType;
use exeunt_event::content::Membership;
use exeunt_version::{RoomVersion, StateResolution};

use super::pair::{Pair, event, in_pairs};
use super::{Case, Presence};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "reset-b",
    sentence: "One state has the first of three power levels, another the third, which needs the \
               second, and both have the second in their auth chains; resolved, the first stand.",
    source: "https://github.com/matrix-org/matrix-spec-proposals/pull/4297",
    events: 8,
    presence: |version: &RoomVersion| match version.capabilities.state_resolution {
        // In version 1 it takes no auth chains: see `v1-power-chain`.
        StateResolution::V1 | StateResolution::V2 => Presence::Present,
        StateResolution::V2_1 => {
            Presence::Absent("what is between conflicting events is checked too (MSC4297)")
        }
    },
    found,
};

fn found(history: &History) -> Option<Witness> {
    in_pairs(history, check)
}

fn check(pair: &Pair<'_>) -> Option<Witness> {
    let (first, third) = pair.conflict(&EventType::PowerLevels, "")?;
    let between = needed_between(pair, first, third)?;
    let auth = pair.room().dag().auth();
    let is_known = |number: Number| {
        let mut entries = pair.one.state.entries().iter();
        entries.any(|(_, entry)| auth.is_ancestor(number, entry))
    };
    let is_reset = between.iter().all(|number| is_known(*number))
        && pair.resolved_entry(&EventType::PowerLevels, "") == Some(first);
    let sentence = "the first of these power levels stand, and the last that follow from them do not";
    is_reset.then(|| pair.witness(sentence, [first].into_iter().chain(between).chain([third])))
}

/// The power levels between the first and the last, of which the last need some: by the first alone
/// they are not allowed, and nothing else stands in their way, as all who set them are in the room
/// by both states.
pub(super) fn needed_between(pair: &Pair<'_>, first: Number, last: Number) -> Option<Vec<Number>> {
    let between = between(pair, first, last)?;
    for number in between.iter().chain([&last]) {
        let sender = pair.event(*number)?.sender().as_str();
        pair.common(&EventType::Member, sender)?;
        if pair.one.membership(sender) != Some(Membership::Join) {
            return None;
        }
    }
    (!pair.one.allows(pair.event(last)?)).then_some(between)
}

/// The power levels by which others came to be, from the first, which is left out, to the last, which
/// is too; `None` if there are none, or the last do not follow from the first.
fn between(pair: &Pair<'_>, first: Number, last: Number) -> Option<Vec<Number>> {
    let mut chain = Vec::new();
    let mut at = cited_levels(pair, last)?;
    while at != first {
        chain.push(at);
        at = cited_levels(pair, at)?;
    }
    chain.reverse();
    (!chain.is_empty()).then_some(chain)
}

fn cited_levels(pair: &Pair<'_>, number: Number) -> Option<Number> {
    let cited = pair.room().dag().auth().parents(number);
    let is_levels = |number: &&Number| {
        event(pair.room(), **number).is_some_and(|it| it.is_state(&EventType::PowerLevels, ""))
    };
    cited.iter().find(is_levels).copied()
}
