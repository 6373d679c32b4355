use exeunt_event::EventType;
use exeunt_event::content::Membership;
use exeunt_version::{RoomVersion, StateResolution};

use super::pair::{Pair, in_pairs};
use super::{Case, Presence};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "topic-then-ban",
    sentence: "Somebody sets a topic, or the like, and is banned after that; the state resolved with \
               that before both has no topic.",
    source: "https://github.com/matrix-org/matrix-spec-proposals/pull/1442",
    events: 6,
    presence: |version: &RoomVersion| match version.capabilities.state_resolution {
        StateResolution::V1 => Presence::Absent("what one state alone has is not looked at"),
        StateResolution::V2 | StateResolution::V2_1 => Presence::Present,
    },
    found,
};

fn found(history: &History) -> Option<Witness> {
    in_pairs(history, check)
}

/// The one state is that after the ban.
fn check(pair: &Pair<'_>) -> Option<Witness> {
    let before = Pair { one: pair.other, other: pair.one };
    if !before.is_before() {
        return None;
    }
    let prev = pair.room().dag().prev();
    let mut resolved = None;
    for (key, topic) in pair.differing() {
        let event = pair.event(topic)?;
        let sender = event.sender().as_str();
        if pair.other.state.entries().get(key).is_some()
            || *event.event_type() == EventType::Member
            || pair.one.membership(sender) != Some(Membership::Ban)
            || pair.other.membership(sender) != Some(Membership::Join)
        {
            continue;
        }
        let ban = pair.one.number_of(&EventType::Member, sender)?;
        let resolved = resolved.get_or_insert_with(|| pair.resolved());
        if prev.is_ancestor(topic, ban) && resolved.get(key).is_none() {
            let sentence = format!("what {sender} set is gone");
            return Some(pair.witness(sentence, [topic, ban]));
        }
    }
    None
}
