use exeunt_event::EventType;
use exeunt_event::content::{JoinRule, Membership};
use exeunt_version::{RoomVersion, StateResolution};

use super::pair::{Pair, in_pairs, member};
use super::{Case, Presence};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "double-join-drop",
    sentence: "A user joins a public room twice at once, and after one of the joins the room is for \
               the invited; resolved, the user has no membership.",
    source: "https://spec.matrix.org/v1.19/rooms/v2/#state-resolution",
    events: 7,
    presence: |version: &RoomVersion| match version.capabilities.state_resolution {
        StateResolution::V1 => {
            Presence::Absent("the first of several memberships is never checked")
        }
        StateResolution::V2 | StateResolution::V2_1 => Presence::Present,
    },
    found,
};

fn found(history: &History) -> Option<Witness> {
    in_pairs(history, check)
}

/// The one state is that in which the room is public no more.
fn check(pair: &Pair<'_>) -> Option<Witness> {
    let rule = |rule| rule == Some(JoinRule::Public);
    if rule(pair.one.view().join_rule()) || !rule(pair.other.view().join_rule()) {
        return None;
    }
    let mut resolved = None;
    for (key, one) in pair.differing() {
        let Some((user, Membership::Join)) = pair.event(one).and_then(member) else { continue };
        let Some((_, other)) = pair.conflict(&EventType::Member, user) else { continue };
        if pair.other.membership(user) != Some(Membership::Join) || !pair.are_beside(one, other) {
            continue;
        }
        let resolved = resolved.get_or_insert_with(|| pair.resolved());
        if resolved.get(key).is_none() {
            let sentence = format!("{user} is joined by both states, and resolved by none");
            return Some(pair.witness(sentence, [one, other]));
        }
    }
    None
}
