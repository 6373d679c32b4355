use exeunt_event::EventType;
use exeunt_event::content::{JoinRule, Membership};
use exeunt_version::RoomVersion;

use super::pair::{Pair, in_pairs, member};
use super::{Case, Presence};
use crate::{History, Witness};

pub(super) const CASE: Case = Case {
    name: "kick-not-sticky",
    sentence: "In a public room somebody is kicked while they change their name; resolved, they are \
               joined.",
    source: "https://spec.matrix.org/v1.19/rooms/v2/#state-resolution",
    events: 6,
    presence: |_: &RoomVersion| Presence::Present,
    found,
};

fn found(history: &History) -> Option<Witness> {
    in_pairs(history, check)
}

/// The one state is that after the kick.
fn check(pair: &Pair<'_>) -> Option<Witness> {
    let (kick, change) = (pair.one.number, pair.other.number);
    let (user, Membership::Leave) = member(pair.event(kick)?)? else { return None };
    if pair.event(kick)?.sender().as_str() == user
        || member(pair.event(change)?)? != (user, Membership::Join)
        || !pair.are_beside(kick, change)
        || pair.one.view().join_rule() != Some(JoinRule::Public)
        || pair.other.view().join_rule() != Some(JoinRule::Public)
    {
        return None;
    }
    let room = pair.room();
    let before = room.dag().get(change)?.state_before()?;
    if room.view(before).membership(user) != Some(Membership::Join)
        || pair.resolved_entry(&EventType::Member, user) != Some(change)
    {
        return None;
    }
    Some(pair.witness(format!("{user} was kicked, and is joined"), []))
}
