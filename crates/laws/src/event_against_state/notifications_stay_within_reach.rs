use exeunt_auth::Power;
use exeunt_event::content::Level;
use exeunt_version::RoomVersion;

use super::levels_stay_within_reach::{names, said};
use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S7a",
    name: "notifications-stay-within-reach",
    sentence: "Nobody sets a level of notifications above their own power or changes one that is \
               above it; the first power levels aside.",
    source: "https://spec.matrix.org/v1.19/rooms/v6/#authorisation-rules",
    expected: |version: &RoomVersion| {
        if version.capabilities.notifications_rule {
            Expected::Holds
        } else {
            let case = "power levels with a level of notifications above whoever sends them";
            Expected::Fails { case, events: 4 }
        }
    },
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let (Some(old), Some(new)) = (it.levels(), it.new_levels()) else { return Answer::Silent };
    if !it.is_allowed() {
        return Answer::Silent;
    }
    let power = it.power(it.sender());
    let reaches = |level: Option<Level>| level.is_none_or(|level| Power::Level(level) <= power);
    let mut has_changed = false;
    for name in names(&old.notifications, &new.notifications) {
        let [before, after] = [old, new].map(|levels| levels.notifications.get(&name));
        if before == after {
            continue;
        }
        has_changed = true;
        if !reaches(before) || !reaches(after) {
            let change = said(it, &format!("notifications of {name}"), before, after);
            return Answer::Broken(it.witness(change));
        }
    }
    if has_changed { Answer::Kept } else { Answer::Silent }
}
