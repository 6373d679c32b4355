use exeunt_event::content::Membership;
use exeunt_version::{Creator, RoomVersion};

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S9",
    name: "creators-are-above-everything",
    sentence: "Nobody lists, kicks or bans a creator of the room.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |version: &RoomVersion| match version.capabilities.creator {
        Creator::Privileged => Expected::Holds,
        Creator::Property | Creator::Sender => {
            Expected::Fails { case: "power levels that list the creator", events: 3 }
        }
    },
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    if !it.is_allowed() {
        return Answer::Silent;
    }
    if let Some(levels) = it.new_levels() {
        let listed = levels.users.iter().find(|(user, _)| it.is_creator(&user.to_string()));
        return Answer::of(listed.is_none(), || it.witness("power levels list a creator"));
    }
    let Some((sender, target, Membership::Leave | Membership::Ban)) = it.plain_member() else {
        return Answer::Silent;
    };
    Answer::of(sender == target || !it.is_creator(target), || {
        it.witness(format!("{sender} takes {target}, who created the room, out of it"))
    })
}
