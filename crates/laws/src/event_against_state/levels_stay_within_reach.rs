use exeunt_auth::Power;
use exeunt_event::content::{Level, LevelMap, PowerLevels, Property};
use exeunt_version::RoomVersion;

use crate::judgement::general;
use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S7",
    name: "levels-stay-within-reach",
    sentence: "Nobody sets a level above their own power or changes one that is above it, and \
               nobody changes the entry of another user of their own power or more; the first power \
               levels aside, and where no rule speaks of them the levels of notifications.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let (Some(old), Some(new)) = (it.levels(), it.new_levels()) else { return Answer::Silent };
    if !it.is_allowed() {
        return Answer::Silent;
    }
    match beyond_reach(it, old, new) {
        Some(sentence) => Answer::Broken(it.witness(sentence)),
        None if changes_something(old, new) => Answer::Kept,
        None => Answer::Silent,
    }
}

/// What the event changes beyond its sender's reach, in a sentence.
pub(super) fn beyond_reach(
    it: &Judgement<'_>,
    old: &PowerLevels,
    new: &PowerLevels,
) -> Option<String> {
    let power = it.power(it.sender());
    let reaches = |level: Option<Level>| level.is_none_or(|level| Power::Level(level) <= power);
    for property in Property::ALL {
        let [before, after] = [Some(old), Some(new)].map(|levels| general(levels, property));
        if before != after && !(reaches(Some(before)) && reaches(Some(after))) {
            return Some(said(it, property.as_str(), Some(before), Some(after)));
        }
    }
    let has_rule = it.version().capabilities.notifications_rule;
    let maps = [
        ("events", &old.events, &new.events, true),
        ("users", &old.users, &new.users, true),
        ("notifications", &old.notifications, &new.notifications, has_rule),
    ];
    for (map, before, after, is_ruled) in maps {
        for name in names(before, after).into_iter().filter(|_| is_ruled) {
            let [before, after] = [before, after].map(|map| map.get(&name));
            if before == after {
                continue;
            }
            let is_other_user = map == "users" && name != it.sender();
            let is_peer =
                is_other_user && before.is_some_and(|level| Power::Level(level) >= power);
            if is_peer || !reaches(before) || !reaches(after) {
                return Some(said(it, &format!("{map} of {name}"), before, after));
            }
        }
    }
    None
}

fn changes_something(old: &PowerLevels, new: &PowerLevels) -> bool {
    let has_changed = |property| general(Some(old), property) != general(Some(new), property);
    Property::ALL.into_iter().any(has_changed)
        || old.events != new.events
        || old.users != new.users
        || old.notifications != new.notifications
}

/// A change, in a sentence.
pub(super) fn said(it: &Judgement<'_>, of: &str, before: Option<Level>, after: Option<Level>) -> String {
    let say = |level: Option<Level>| level.map_or("none".to_owned(), |level| level.to_string());
    let (sender, power) = (it.sender(), it.power(it.sender()));
    let (before, after) = (say(before), say(after));
    format!("{sender} with power {power} changes {of} from {before} to {after}")
}

/// The names that either has.
pub(super) fn names(one: &LevelMap, other: &LevelMap) -> std::collections::BTreeSet<String> {
    one.iter().chain(other.iter()).map(|(name, _)| name.to_string()).collect()
}
