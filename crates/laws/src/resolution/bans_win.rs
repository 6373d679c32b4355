use exeunt_auth::{ServerSignatures, check_state};
use exeunt_event::content::{Content, InviteProof, Membership};
use exeunt_version::{RoomVersion, StateResolution};

use super::lost_power_is_not_used::{Act, Measure};
use crate::{About, Answer, Expected, Law, Merge};

/// A ban that does not cite its target's membership may be put before an earlier kick, which then
/// ends the ban as if it were meant to.
pub(super) const LAW: Law = Law {
    id: "R12",
    name: "bans-win",
    sentence: "A ban by somebody of more power that cites what it should stands beside what its \
               target does at the same time, and nothing of that stands which the ban forbids, power \
               events and third-party invites aside.",
    source: "https://spec.matrix.org/v1.19/rooms/v2/#state-resolution",
    expected: |version: &RoomVersion| match version.capabilities.state_resolution {
        StateResolution::V1 => {
            Expected::Fails { case: "an invite beside the ban of who invites", events: 6 }
        }
        StateResolution::V2 | StateResolution::V2_1 => Expected::Holds,
    },
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let Some(measure) = Measure::find(it) else { return Answer::Silent };
    let is_ban = match measure.event.content() {
        Content::Member(member) => member.membership == Some(Membership::Ban),
        _ => false,
    };
    let target = measure.event.state_key().filter(|_| is_ban);
    if target != Some(measure.target.as_str()) {
        return Answer::Silent;
    }
    stands_over(it, &measure, "ban")
}

/// Whether the measure, which is called that, stands, and nothing of what its target did beside it
/// which it forbids.
pub(super) fn stands_over(it: &Merge<'_>, measure: &Measure, name: &str) -> Answer {
    if !measure.cites_what_it_should(it) || measure.acts.iter().any(is_by_third_party) {
        return Answer::Silent;
    }
    let state = it.resolution().state();
    let stands = state.iter().any(|(_, entry)| entry == measure.number);
    let after = it.record(measure.number).and_then(|record| record.state_after());
    let Some(after) = after else { return Answer::Silent };
    let is_forbidden = |event| {
        let view = it.room.view(after);
        !check_state(it.room.version(), event, view, ServerSignatures::Satisfied).is_allowed()
    };
    let survivor = measure.acts.iter().find(|act| {
        !act.is_power_event
            && state.iter().any(|(_, entry)| entry == act.number)
            && is_forbidden(&act.event)
    });
    Answer::of(stands && survivor.is_none(), || {
        let target = &measure.target;
        it.witness(if stands {
            format!("what {target} did beside their {name} stands")
        } else {
            format!("the {name} of {target} does not stand")
        })
    })
}

/// Such invites have rules of their own, as in the laws about one event.
fn is_by_third_party(act: &Act) -> bool {
    match act.event.content() {
        Content::Member(member) => !matches!(member.third_party_invite, InviteProof::Absent),
        _ => false,
    }
}
