use exeunt_event::content::Property;
use exeunt_event::json::Value;
use exeunt_version::{LevelForm, RoomVersion};

use crate::{About, Answer, Expected, Judgement, Law};

pub(super) const LAW: Law = Law {
    id: "S21",
    name: "levels-are-integers",
    sentence: "No power levels are allowed that have anything but integers for levels.",
    source: "https://spec.matrix.org/v1.19/rooms/v10/#values-in-mroompower_levels-events-must-be-integers",
    expected: |version: &RoomVersion| match version.capabilities.levels {
        LevelForm::Integers => Expected::Holds,
        LevelForm::FloatsAndStrings | LevelForm::Strings => {
            Expected::Silent("levels may be strings")
        }
    },
    about: About::Judgement(check),
};

fn check(it: &Judgement<'_>) -> Answer {
    let is_integers = it.version().capabilities.levels == LevelForm::Integers;
    if !is_integers || it.new_levels().is_none() || !it.is_allowed() {
        return Answer::Silent;
    }
    let object = it.event.object();
    let Some(content) = object.get("content").and_then(Value::as_object) else {
        return Answer::Silent;
    };
    let is_integer = |value: &Value<'_>| value.as_integer().is_some();
    let is_level = |property: &Property| content.get(property.as_str()).is_none_or(is_integer);
    let is_map = |name: &&str| {
        content.get(name).is_none_or(|map| {
            map.as_object().is_some_and(|map| map.iter().all(|(_, level)| is_integer(level)))
        })
    };
    let wrong = Property::ALL.iter().find(|property| !is_level(property));
    let wrong = wrong.map(|property| property.as_str());
    let wrong = wrong.or_else(|| {
        ["events", "notifications", "users"].into_iter().find(|name| !is_map(name))
    });
    Answer::of(wrong.is_none(), || {
        it.witness(format!("power levels whose {} is no integer", wrong.unwrap_or_default()))
    })
}
