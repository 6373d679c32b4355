//! The rules about `m.room.power_levels`.

use std::cmp::Ordering;

use exeunt_event::Event;
use exeunt_event::content::{Content, Level, LevelMap, LevelValue, PowerLevels, Property};
use exeunt_version::{AbsentLevel, AbsentUsers, Creator, LevelForm, MalformedLevels, Mutant};

use crate::check::{Decision, allow, reject};
use crate::required_power::lacking;
use crate::state::View;
use crate::{LevelOf, Power, Rule, Witness};

pub(crate) fn check<'a>(event: &'a Event, view: &View<'_, 'a>) -> Decision<'a> {
    let Content::PowerLevels(new) = event.content() else {
        return None;
    };
    check_form(new, view).or_else(|| check_creators(new, view)).or_else(|| {
        let Some(current) = view.power_levels() else {
            return allow(Rule::PowerLevelsFirst);
        };
        let change = Change { event, view, current, new, power: view.sender_power(event) };
        change.check()
    })
}

/// The levels are integers, and the users are users.
fn check_form<'a>(new: &'a PowerLevels, view: &View<'_, 'a>) -> Decision<'a> {
    match (view.version.capabilities.levels, view.version.readings.malformed_levels) {
        // The numbered rules come first in the text.
        (LevelForm::Integers, _) => {
            check_properties(new).or_else(|| check_maps(new)).or_else(|| check_users(new, view))
        }
        // In versions 1 to 9 they have no number, and the one about users has.
        (_, MalformedLevels::Rejected) => {
            check_users(new, view).or_else(|| check_properties(new)).or_else(|| check_maps(new))
        }
        (_, MalformedLevels::Ignored) => check_users(new, view),
    }
}

fn check_properties(new: &PowerLevels) -> Decision<'_> {
    let is_malformed = |property: &Property| new.property(*property) == LevelValue::Malformed;
    let malformed = Property::ALL.into_iter().find(is_malformed)?;
    reject(Rule::PowerLevelsNotIntegers, Witness::Named(malformed.as_str()))
}

fn check_maps(new: &PowerLevels) -> Decision<'_> {
    [(&new.events, "content.events"), (&new.notifications, "content.notifications")]
        .into_iter()
        .find_map(|(map, path)| malformed(map, path))
        .and_then(|witness| reject(Rule::PowerLevelsMapsNotIntegers, witness))
}

fn malformed<'a>(map: &'a LevelMap, path: &'static str) -> Option<Witness<'a>> {
    if !map.is_object() {
        return Some(Witness::Property(path));
    }
    map.malformed().map(Witness::Named)
}

fn check_users<'a>(new: &'a PowerLevels, view: &View<'_, 'a>) -> Decision<'a> {
    let path = "content.users";
    let is_rejected_absence =
        !new.users.is_present() && view.version.readings.absent_users == AbsentUsers::Rejected;
    let witness = if is_rejected_absence {
        Some(Witness::Property(path))
    } else {
        let invalid = new.invalid_user.as_ref().map(|user| Witness::Named(user.as_str()));
        malformed(&new.users, path).or(invalid)
    };
    witness.and_then(|witness| reject(Rule::PowerLevelsUsers, witness))
}

/// In version 12 the creators have no level.
fn check_creators<'a>(new: &'a PowerLevels, view: &View<'_, 'a>) -> Decision<'a> {
    if view.version.capabilities.creator != Creator::Privileged {
        return None;
    }
    let additional = view.create.additional_creators.listed();
    let named = std::iter::once(view.create_event.sender())
        .chain(additional)
        .find(|creator| new.users.get(creator.as_str()).is_some())?;
    reject(Rule::PowerLevelsCreator, Witness::Named(named.as_str()))
}

/// A change from the current power levels to new ones.
struct Change<'v, 's, 'a> {
    event: &'a Event,
    view: &'v View<'s, 'a>,
    current: &'a PowerLevels,
    new: &'a PowerLevels,
    /// The sender's.
    power: Power,
}

/// A name that has another level than before: the level before and after, if any.
type Changed<'a> = (&'a str, Option<Level>, Option<Level>);

impl<'a> Change<'_, '_, 'a> {
    fn check(&self) -> Decision<'a> {
        let (current, new) = (self.current, self.new);
        let notifications = self.view.version.capabilities.notifications_rule.then_some(());
        let maps = || {
            let events = changes(&current.events, &new.events)
                .map(|change| (LevelOf::Event(change.0), change));
            let notifications = notifications.into_iter().flat_map(|()| {
                changes(&current.notifications, &new.notifications)
                    .map(|change| (LevelOf::Notification(change.0), change))
            });
            events.chain(notifications)
        };
        self.check_properties()
            .or_else(|| {
                maps().find_map(|(of, (_, current, _))| {
                    self.exceeds(Rule::PowerLevelsCurrentEntry, of, current)
                })
            })
            .or_else(|| {
                maps()
                    .find_map(|(of, (_, _, new))| self.exceeds(Rule::PowerLevelsNewEntry, of, new))
            })
            .or_else(|| self.check_users())
            .or_else(|| allow(Rule::PowerLevelsAllowed))
    }

    fn check_properties(&self) -> Decision<'a> {
        let nothing = self.view.version.readings.absent_level == AbsentLevel::Nothing;
        Property::ALL.into_iter().find_map(|property| {
            let of = |levels: &PowerLevels| levels.property(property).level();
            let (current, new) = (of(self.current), of(self.new));
            let is_unchecked = property == Property::UsersDefault
                && self.view.version.is_mutant(Mutant::UsersDefaultUnchecked);
            if current == new || is_unchecked {
                return None;
            }
            let or_default = |level: Option<Level>| {
                level.or_else(|| if nothing { None } else { Some(property.default_level()) })
            };
            let name = LevelOf::Property(property.as_str());
            self.exceeds(Rule::PowerLevelsCurrentProperty, name, or_default(current))
                .or_else(|| self.exceeds(Rule::PowerLevelsNewProperty, name, or_default(new)))
        })
    }

    fn check_users(&self) -> Decision<'a> {
        let sender = self.event.sender();
        let changes: Vec<_> = changes(&self.current.users, &self.new.users).collect();
        let changes = || changes.iter().copied();
        changes()
            .filter(|(user, ..)| sender != *user)
            .find_map(|(user, current, new)| {
                let level = Power::Level(current?);
                let is_unchecked =
                    new.is_none() && self.view.version.is_mutant(Mutant::RemovalsUnchecked);
                if level < self.power || is_unchecked {
                    return None;
                }
                let witness = lacking(self.event, LevelOf::User(user), level, self.power);
                reject(Rule::PowerLevelsCurrentUser, witness)
            })
            .or_else(|| {
                changes().find_map(|(user, _, new)| {
                    self.exceeds(Rule::PowerLevelsNewUser, LevelOf::User(user), new)
                })
            })
    }

    /// Rejects a level above the sender's power.
    fn exceeds(&self, rule: Rule, of: LevelOf<'a>, level: Option<Level>) -> Decision<'a> {
        let level = Power::Level(level?);
        let is_too_high = level == self.power
            && matches!(of, LevelOf::Notification(_))
            && self.view.version.is_mutant(Mutant::NotificationsBelow);
        if level <= self.power && !is_too_high {
            return None;
        }
        reject(rule, lacking(self.event, of, level, self.power))
    }
}

/// The names whose levels differ, in order.
fn changes<'a>(current: &'a LevelMap, new: &'a LevelMap) -> impl Iterator<Item = Changed<'a>> {
    let (mut current, mut new) = (current.iter().peekable(), new.iter().peekable());
    std::iter::from_fn(move || {
        let order = match (current.peek(), new.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((one, _)), Some((other, _))) if one == other => Ordering::Equal,
            (Some((one, _)), Some((other, _))) => one.cmp(other),
        };
        let before = if order == Ordering::Greater { None } else { current.next() };
        let after = if order == Ordering::Less { None } else { new.next() };
        let (name, _) = before.or(after)?;
        Some((name, before.map(|(_, level)| level), after.map(|(_, level)| level)))
    })
    .filter(|(_, before, after)| before != after)
    .map(|(name, before, after)| (name.as_str(), before, after))
}
