use exeunt_event::EventType;
use exeunt_version::{Creator, RoomVersion};

use super::pair::{Pair, in_pairs, levels};
use super::{Case, Presence};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "creator-rollback",
    sentence: "The creator gives somebody a level, and beside that, as if before, lowers \
               themselves; resolved, nothing was given.",
    source: "https://github.com/matrix-org/matrix-spec-proposals/pull/4289",
    events: 5,
    presence: |version: &RoomVersion| {
        let is_listed = version.capabilities.creator != Creator::Privileged;
        Presence::when(is_listed, "nothing lowers a creator (MSC4289)")
    },
    found,
};

fn found(history: &History) -> Option<Witness> {
    in_pairs(history, check)
}

/// The one state is that in which the creator is lower.
fn check(pair: &Pair<'_>) -> Option<Witness> {
    let (lower, higher) = pair.conflict(&EventType::PowerLevels, "")?;
    let [lowering, giving] = [pair.event(lower)?, pair.event(higher)?];
    let creator = pair.one.entry(&EventType::Create, "")?.sender();
    if lowering.sender() != creator
        || giving.sender() != creator
        || !pair.are_beside(lower, higher)
        || pair.is_cited(lower, higher)
        || pair.is_cited(higher, lower)
    {
        return None;
    }
    let [one, other] = [&pair.one, &pair.other].map(|side| side.view().power(creator.as_str()));
    let had = levels(lowering)?;
    let gained = levels(giving)?.users.iter().find_map(|(user, level)| {
        let user = user.as_str();
        (user != creator.as_str() && level > had.user(user)).then_some(user)
    })?;
    if one >= other || pair.resolved_entry(&EventType::PowerLevels, "") != Some(lower) {
        return None;
    }
    let sentence = format!("the level that {gained} was given is lost");
    Some(pair.witness(sentence, [lower, higher]))
}
