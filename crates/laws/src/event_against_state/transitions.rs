use exeunt_event::content::Membership;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S2",
    name: "transitions",
    sentence: "Memberships change only as the table of the specification has it: nobody who is \
               joined is invited or knocks, nobody who is invited knocks, and a ban ends in a leave.",
    source: "https://spec.matrix.org/v1.19/client-server-api/#mroommember",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    use Membership::{Ban, Invite, Join, Knock, Leave};
    let Some((_, target, after)) = it.plain_member() else { return Answer::Silent };
    if !it.is_allowed() || it.is_first_join() {
        return Answer::Silent;
    }
    let before = it.membership(target).unwrap_or(Leave);
    let is_there = match (before, after) {
        (_, Ban | Leave) | (Leave | Knock | Invite, Invite | Join) | (Join, Join) => true,
        (Leave | Knock, Knock) => it.version().capabilities.knocking,
        _ => false,
    };
    Answer::of(is_there, || {
        it.witness(format!("{target} goes from {} to {}", before.as_str(), after.as_str()))
    })
}
