use exeunt_event::EventType;
use exeunt_event::content::Membership;
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S11",
    name: "outsiders-do-little",
    sentence: "Somebody who is not joined can only create the room, join, leave and knock.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |version: &RoomVersion| {
        if version.capabilities.aliases_rule {
            Expected::Fails { case: "aliases of a server with nobody in the room", events: 2 }
        } else {
            Expected::Holds
        }
    },
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let sender = it.sender();
    let is_inside = it.membership(sender) == Some(Membership::Join);
    if is_inside || !it.is_allowed() || *it.event.event_type() == EventType::Create {
        return Answer::Silent;
    }
    let is_little = match it.member() {
        Some((target, member)) => {
            let is_own = target == sender || it.is_first_join();
            let small = [Membership::Join, Membership::Leave, Membership::Knock];
            is_own && member.membership.is_some_and(|after| small.contains(&after))
        }
        None => false,
    };
    // An invite by the proof of a third party is allowed to whoever holds the token's key.
    if it.member().is_some() && it.plain_member().is_none() {
        return Answer::Silent;
    }
    Answer::of(is_little, || {
        let event_type = it.event.event_type().as_str();
        it.witness(format!("{sender}, who is not joined, sends {event_type}"))
    })
}
