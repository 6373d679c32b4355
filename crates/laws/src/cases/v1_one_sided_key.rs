use exeunt_event::EventType;
use exeunt_event::content::{JoinRule, Membership};
use exeunt_version::{RoomVersion, StateResolution};

use super::pair::{Pair, in_pairs, member};
use super::{Case, Presence};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "v1-one-sided-key",
    sentence: "Somebody joins for the first time while the room is made for the invited; resolved, it is for the \
               invited, and they are joined.",
    source: "https://spec.matrix.org/v1.19/rooms/v1/#state-resolution",
    events: 5,
    presence: |version: &RoomVersion| {
        let is_v1 = version.capabilities.state_resolution == StateResolution::V1;
        Presence::when(is_v1, "what one state alone has is checked too (MSC1442)")
    },
    found,
};

fn found(history: &History) -> Option<Witness> {
    in_pairs(history, check)
}

/// The one state is that after the join.
fn check(pair: &Pair<'_>) -> Option<Witness> {
    let join = pair.one.number;
    let (user, Membership::Join) = member(pair.event(join)?)? else { return None };
    // Nothing that the join cites lets the user in.
    let cited = pair.room().dag().auth().parents(join);
    let is_of_user = |it| pair.event(it).and_then(member).is_some_and(|(it, _)| it == user);
    if cited.iter().any(|it| is_of_user(*it)) {
        return None;
    }
    let (_, rule) = pair.conflict(&EventType::JoinRules, "")?;
    if pair.other.number_of(&EventType::Member, user).is_some()
        || pair.one.view().join_rule() != Some(JoinRule::Public)
        || pair.other.view().join_rule() != Some(JoinRule::Invite)
        || !pair.are_beside(join, rule)
        // Who citing the join makes the room for the invited knew of it.
        || pair.is_cited(join, rule)
    {
        return None;
    }
    let is_found = pair.resolved_entry(&EventType::JoinRules, "") == Some(rule)
        && pair.resolved_entry(&EventType::Member, user) == Some(join);
    is_found.then(|| pair.witness(format!("{user} is joined, uninvited"), [join, rule]))
}
