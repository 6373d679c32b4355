use exeunt_event::content::{Content, JoinRule, Membership};
use exeunt_version::RoomVersion;

use super::bans_win::stands_over;
use super::lost_power_is_not_used::Measure;
use crate::{About, Answer, Expected, Law, Merge};

/// From version 2 on the kick comes first, as it is a power event; and then its target joins, as
/// everybody may.
pub(super) const LAW: Law = Law {
    id: "R12a",
    name: "kicks-win",
    sentence: "In a public room a kick by somebody of more power that cites what it should stands \
               beside what its target, who is joined, does at the same time, and nothing of that \
               stands which the kick forbids, power events and third-party invites aside.",
    source: "https://spec.matrix.org/v1.19/rooms/v2/#state-resolution",
    expected: |_: &RoomVersion| Expected::Fails {
        case: "a kick beside another join of whom it takes out",
        events: 6,
    },
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let Some(measure) = Measure::find(it) else { return Answer::Silent };
    let is_leave = match measure.event.content() {
        Content::Member(member) => member.membership == Some(Membership::Leave),
        _ => false,
    };
    let target = measure.event.state_key().filter(|_| is_leave);
    let before = it.record(measure.number).and_then(|record| record.state_before());
    let Some(before) = before.map(|before| it.room.view(before)) else { return Answer::Silent };
    let is_kick = target == Some(measure.target.as_str())
        && before.membership(&measure.target) == Some(Membership::Join);
    if !is_kick || before.join_rule() != Some(JoinRule::Public) {
        return Answer::Silent;
    }
    stands_over(it, &measure, "kick")
}
