use std::collections::BTreeSet;

use exeunt_event::EventType;
use exeunt_room::StateView;
use exeunt_version::{Creator, RoomVersion};

use super::lost_power_is_not_used::Measure;
use crate::{About, Answer, Expected, Law, Merge};

/// Between equals neither event comes first by power. The last one stays: by time, or as it cites
/// what comes late.
pub(super) const LAW: Law = Law {
    id: "R13a",
    name: "lost-power-stays-lost",
    sentence: "What power levels take of a user's power stays taken, whatever somebody else of their \
               sender's power does at the same time.",
    source: "https://spec.matrix.org/v1.19/rooms/v2/#definitions",
    expected: |version: &RoomVersion| match version.capabilities.creator {
        Creator::Property | Creator::Sender => Expected::Fails {
            case: "power levels in which the creator gives up their power, beside others of somebody as powerful",
            events: 7,
        },
        Creator::Privileged => Expected::Fails {
            case: "power levels below 0 for a user, beside others of a second creator",
            events: 6,
        },
    },
    about: About::Merge(check),
};

fn check(it: &Merge<'_>) -> Answer {
    let answers = Measure::between_equals(it).map(|measure| ask(it, &measure));
    // What is broken either way is broken.
    answers.fold(Answer::Silent, |all, answer| match all {
        Answer::Broken(_) => all,
        Answer::Kept if answer == Answer::Silent => all,
        _ => answer,
    })
}

fn ask(it: &Merge<'_>, measure: &Measure) -> Answer {
    if *measure.event.event_type() != EventType::PowerLevels {
        return Answer::Silent;
    }
    let states = it.record(measure.number);
    let states = states.and_then(|record| record.state_before().zip(record.state_after()));
    let Some((before, after)) = states.map(|(before, after)| (it.room.view(before), it.room.view(after)))
    else {
        return Answer::Silent;
    };
    // The levels that stand, in the state after them, which has the same create event.
    let key = it.room.keys().get(&EventType::PowerLevels, "");
    let entry = key.and_then(|key| it.resolution().state().get(key));
    let standing = entry.and_then(|number| it.record(number)?.state_after());
    let Some(standing) = standing.map(|state| it.room.view(state)) else { return Answer::Silent };
    let mut users: BTreeSet<&str> = [measure.event.sender().as_str(), &measure.target].into();
    for levels in [&before, &after].into_iter().filter_map(StateView::levels) {
        users.extend(levels.users.iter().map(|(user, _)| user.as_str()));
    }
    users.retain(|user| after.power(user) < before.power(user));
    let spared = users.iter().find(|user| standing.power(user) > after.power(user));
    if users.is_empty() {
        return Answer::Silent;
    }
    Answer::of(spared.is_none(), || {
        let spared = spared.copied().unwrap_or_default();
        it.witness(format!("{spared} has the power that was taken from them"))
    })
}
