use exeunt_event::EventType;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S14",
    name: "state-of-users-is-their-own",
    sentence: "A state key that begins with @ is its sender's user ID, members aside and the tokens \
               of third-party invites.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let is_member = *it.event.event_type() == EventType::Member;
    let is_token = *it.event.event_type() == EventType::ThirdPartyInvite;
    let Some(key) = it.event.state_key().filter(|key| key.starts_with('@')) else {
        return Answer::Silent;
    };
    if is_member || is_token || !it.is_allowed() {
        return Answer::Silent;
    }
    Answer::of(key == it.sender(), || {
        it.witness(format!("{} sets state of {key}", it.sender()))
    })
}
