use exeunt_auth::Power;
use exeunt_event::EventType;
use exeunt_event::content::{Membership, Property};
use exeunt_version::{Creator, RoomVersion};

use crate::judgement::general;
use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S18",
    name: "others-need-their-level",
    sentence: "An event of which no other rule speaks is allowed exactly when its sender is joined \
               and has the level of its type, which is that of state or of messages where none is \
               set. Without power levels that is 50 for state and 0 for messages, and the creator's \
               power is 100 and that of everybody else 0; where creators have a power of their own, \
               it is above every level.",
    source: "https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

/// A user's power, by the contents of the state alone.
pub(super) fn power(it: &Judgement<'_>, user: &str) -> Power {
    let is_creator = it.is_creator(user);
    if is_creator && it.version().capabilities.creator == Creator::Privileged {
        return Power::Infinite;
    }
    Power::Level(match it.levels() {
        Some(levels) => {
            let listed = levels.users.get(user);
            listed.unwrap_or_else(|| general(Some(levels), Property::UsersDefault))
        }
        None if is_creator => 100,
        None => 0,
    })
}

/// Whether the sender is joined, and has the level of the event's type.
pub(super) fn has_the_level(it: &Judgement<'_>) -> bool {
    let is_state = it.event.state_key().is_some();
    let default = if is_state { Property::StateDefault } else { Property::EventsDefault };
    let levels = it.levels();
    let of_type = levels.and_then(|levels| levels.events.get(it.event.event_type().as_str()));
    let level = of_type.unwrap_or_else(|| general(levels, default));
    it.membership(it.sender()) == Some(Membership::Join)
        && power(it, it.sender()) >= Power::Level(level)
}

fn has_other_rules(it: &Judgement<'_>) -> bool {
    let capabilities = &it.version().capabilities;
    let is_of_user = it.event.state_key().is_some_and(|key| key.starts_with('@'));
    match it.event.event_type() {
        EventType::Create
        | EventType::Member
        | EventType::PowerLevels
        | EventType::ThirdPartyInvite => true,
        EventType::Aliases => capabilities.aliases_rule || is_of_user,
        EventType::Redaction => capabilities.redaction_rule || is_of_user,
        EventType::JoinRules | EventType::Other(_) => is_of_user,
    }
}

fn check(it: &Judgement<'_>) -> Answer {
    if has_other_rules(it) || it.create().is_none() || super::unfederated_rooms::is_shut_out(it) {
        return Answer::Silent;
    }
    Answer::of(it.is_allowed() == has_the_level(it), || {
        let verdict = if it.is_allowed() { "allowed" } else { "rejected" };
        let (sender, power) = (it.sender(), power(it, it.sender()));
        let event_type = it.event.event_type().as_str();
        it.witness(format!("{event_type} of {sender} with power {power} is {verdict}"))
    })
}
