//! The contents of power levels.

use exeunt_auth::Power;
use exeunt_event::EventType;
use exeunt_event::content::{Level, PowerLevels, Property};
use exeunt_event::json::{Object, Value};

use super::cast::Cast;
use super::sight::Sight;

/// The levels of the state.
fn current(cast: &Cast, sight: &Sight<'_>) -> Option<Object<'static>> {
    match sight.entry(&EventType::PowerLevels, "") {
        Some(event) => {
            let object = event.object();
            Some(object.get("content").and_then(Value::as_object)?.clone().into_owned())
        }
        None => Some(first_levels(cast, sight)),
    }
}

/// The levels of the state with one changed that is out of the actor's reach, or to one that is.
/// What is above the actor already is rare, and comes first.
pub(super) fn beyond_reach(
    cast: &Cast,
    sight: &Sight<'_>,
    actor: usize,
    value: usize,
) -> Option<Object<'static>> {
    let Power::Level(own) = sight.power(cast.user(actor)) else { return None };
    let levels = sight.levels()?;
    let mut content = current(cast, sight)?;
    let above = |level: Level| level > own;
    let properties = [Property::Ban, Property::Kick, Property::Invite, Property::Redact];
    let mut property = properties.into_iter().filter(|it| above(levels.level(*it)));
    let entry = |map: &'static str, of: &exeunt_event::content::LevelMap| {
        let mut entries = of.iter().filter(|(_, level)| above(*level));
        entries.next().map(|(name, _)| (map, name.to_string()))
    };
    let entry =
        entry("events", &levels.events).or_else(|| entry("notifications", &levels.notifications));
    let peer = |at: &usize| *at != actor && sight.power(cast.user(*at)) >= Power::Level(own);
    let is_listed = |at: &usize| levels.users.get(cast.id(*at)).is_some();
    let peer = (0..cast.users.len()).find(|at| peer(at) && is_listed(at));
    let more = own.saturating_add(25);
    match (value % 8, property.next(), entry, peer) {
        (0 | 1, Some(property), _, _) => {
            content.insert(property.as_str(), own);
        }
        (2 | 3, _, Some((map, name)), _) => {
            self::map(&mut content, map)?.insert(name, own);
        }
        (4, _, _, Some(peer)) => {
            map(&mut content, "users")?.insert(cast.id(peer).to_owned(), own.min(0));
        }
        (0 | 5, ..) => {
            map(&mut content, "events")?.insert("m.room.name", more);
        }
        (1 | 6, ..) => {
            map(&mut content, "users")?.insert(cast.id(actor).to_owned(), more);
        }
        (2, ..) => {
            map(&mut content, "notifications")?.insert("room", more);
        }
        _ => {
            content.insert("kick", more);
        }
    }
    Some(content)
}

/// The levels of the state with one changed, to as much as the actor could give.
pub(super) fn changed(
    cast: &Cast,
    sight: &Sight<'_>,
    actor: usize,
    target: usize,
    value: usize,
) -> Option<Object<'static>> {
    let own = match sight.power(cast.user(actor)) {
        Power::Level(level) => level,
        Power::Infinite => 100,
    };
    let mut content = current(cast, sight)?;
    let new = [0, 25, 50, 75, 100][value / 8 % 5].min(own);
    let parsed = sight.levels();
    match value % 8 {
        0..=4 => {
            let is_privileged = |at: usize| sight.power(cast.user(at)) == Power::Infinite;
            let target = if is_privileged(target) {
                (1..cast.users.len()).find(|at| !is_privileged(*at))?
            } else {
                target
            };
            let listed = parsed.and_then(|levels: &PowerLevels| levels.users.get(cast.id(target)));
            if target != actor && listed.is_some_and(|level| level >= own) {
                return None;
            }
            let users = map(&mut content, "users")?;
            if value % 8 == 4 {
                users.remove(cast.id(target))?;
            } else {
                // Where nobody is listed yet, 0 is what they have.
                let new = if parsed.is_none() && new == 0 { -1 } else { new };
                users.insert(cast.id(target).to_owned(), new);
            }
        }
        5 if value >= 192 => {
            // Where no rule speaks of them, anybody who may send power levels sets them as they like.
            let notifications = parsed.map(|levels| levels.notifications.get("room"));
            let (level, is_ruled) = (
                [50, 150, 0, 100][value / 8 % 4],
                sight.room.version().capabilities.notifications_rule,
            );
            let is_above = notifications.flatten().is_some_and(|level| level > own);
            if is_ruled && is_above {
                return None;
            }
            let new = if is_ruled { level.min(own) } else { level };
            map(&mut content, "notifications")?.insert("room", new);
        }
        5 => {
            let kinds =
                ["m.room.power_levels", "m.room.topic", "m.room.join_rules", "m.room.member"];
            let kind = kinds[value / 8 % kinds.len()];
            if parsed.and_then(|levels| levels.events.get(kind)).is_some_and(|level| level > own) {
                return None;
            }
            map(&mut content, "events")?.insert(kind, new);
        }
        6 => {
            let property =
                [Property::StateDefault, Property::UsersDefault, Property::EventsDefault]
                    [value / 8 % 3];
            if sight.level(property) > Power::Level(own) {
                return None;
            }
            // Rarely to a level at which nobody can do anything.
            let new = if property == Property::StateDefault { new } else { new / 2 };
            content.insert(property.as_str(), new);
        }
        _ => {
            let property =
                [Property::Ban, Property::Kick, Property::Invite, Property::Redact][value / 8 % 4];
            if sight.level(property) > Power::Level(own) {
                return None;
            }
            content.insert(property.as_str(), new);
        }
    }
    Some(content)
}

fn map<'c>(
    content: &'c mut Object<'static>,
    name: &'static str,
) -> Option<&'c mut Object<'static>> {
    if !content.contains_key(name) {
        content.insert(name, Object::new());
    }
    content.get_mut(name)?.as_object_mut()
}

fn first_levels(cast: &Cast, sight: &Sight<'_>) -> Object<'static> {
    let creator = cast.user(super::cast::CREATOR);
    let mut users = Object::new();
    if sight.power(creator) != Power::Infinite {
        users.insert(creator.id.to_owned(), 100);
    }
    Object::from_iter([("users", users)])
}
