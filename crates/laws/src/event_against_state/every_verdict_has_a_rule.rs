use exeunt_auth::Effect;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S15",
    name: "every-verdict-has-a-rule",
    sentence: "Whatever an event says, it is allowed or rejected, and by a rule that the room \
               version has and that can do so.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let rule = it.verdict.rule();
    let is_there = rule.exists_in(&it.version().capabilities);
    let can_do_so = match rule.effect() {
        Effect::Allows => it.is_allowed(),
        Effect::Rejects => !it.is_allowed(),
        Effect::Decides => true,
    };
    Answer::of(is_there && can_do_so, || {
        let verdict = if it.is_allowed() { "allowed" } else { "rejected" };
        it.witness(format!("{verdict} by {}", rule.name()))
    })
}
