use exeunt_auth::Power;
use exeunt_event::content::{LevelMap, LevelValue, PowerLevels, Property};
use exeunt_version::{Creator, RoomVersion};

use super::levels_stay_within_reach::beyond_reach;
use super::others_need_their_level::has_the_level;
use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S20",
    name: "what-is-within-reach-may-change",
    sentence: "Well-formed power levels of somebody who is joined and has the level for them are \
               allowed if they change, spell out or leave out nothing that is beyond reach.",
    source: "https://spec.matrix.org/v1.19/rooms/v12/#authorisation-rules",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let (Some(old), Some(new)) = (it.levels(), it.new_levels()) else { return Answer::Silent };
    if !has_the_level(it)
        || !is_well_formed(it, new)
        || super::unfederated_rooms::is_shut_out(it)
        || beyond_reach(it, old, new).is_some()
        || spells_out(it, old, new)
    {
        return Answer::Silent;
    }
    Answer::of(it.is_allowed(), || {
        it.witness(format!("power levels of {} are rejected by {}", it.sender(), it.verdict.rule()))
    })
}

/// Whether a level beyond reach is there that was the default, or the other way round: that counts
/// as a change, whatever the level is.
fn spells_out(it: &Judgement<'_>, old: &PowerLevels, new: &PowerLevels) -> bool {
    let power = it.power(it.sender());
    Property::ALL.into_iter().any(|property| {
        let is_there = |levels: &PowerLevels| levels.property(property) != LevelValue::Absent;
        is_there(old) != is_there(new) && Power::Level(new.level(property)) > power
    })
}

fn is_well_formed(it: &Judgement<'_>, levels: &PowerLevels) -> bool {
    let is_good = |map: &LevelMap| map.is_object() && map.malformed().is_none();
    let lists_creators = it.version().capabilities.creator == Creator::Privileged
        && levels.users.iter().any(|(user, _)| it.is_creator(user.as_str()));
    Property::ALL.iter().all(|property| levels.property(*property) != LevelValue::Malformed)
        && [&levels.events, &levels.notifications, &levels.users].into_iter().all(is_good)
        && levels.invalid_user.is_none()
        && !lists_creators
}
