//! `m.room.power_levels`. <https://spec.matrix.org/v1.19/client-server-api/#mroompower_levels>

use exeunt_version::{PowerLevelsUsers, RoomVersion};

use super::level::{self, Level};
use crate::UserId;
use crate::identifier::Name;
use crate::json::{Object, Value};

/// The levels that have a name of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// `users_default`
    UsersDefault,
    /// `events_default`
    EventsDefault,
    /// `state_default`
    StateDefault,
    /// `ban`
    Ban,
    /// `redact`
    Redact,
    /// `kick`
    Kick,
    /// `invite`
    Invite,
}

impl Property {
    /// All, in the order of the rules.
    pub const ALL: [Self; 7] = [
        Self::UsersDefault,
        Self::EventsDefault,
        Self::StateDefault,
        Self::Ban,
        Self::Redact,
        Self::Kick,
        Self::Invite,
    ];

    /// The key in the content.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UsersDefault => "users_default",
            Self::EventsDefault => "events_default",
            Self::StateDefault => "state_default",
            Self::Ban => "ban",
            Self::Redact => "redact",
            Self::Kick => "kick",
            Self::Invite => "invite",
        }
    }

    /// The level where the content has none, or where there are no power levels.
    pub fn default_level(self) -> Level {
        match self {
            Self::UsersDefault | Self::EventsDefault | Self::Invite => 0,
            Self::StateDefault | Self::Ban | Self::Redact | Self::Kick => 50,
        }
    }
}

/// A level in a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelValue {
    /// Not there.
    Absent,
    /// An integer, in a spelling that the room version takes.
    Is(Level),
    /// There, but no integer in this room version.
    Malformed,
}

impl LevelValue {
    fn new(value: Option<&Value<'_>>, version: &RoomVersion) -> Self {
        match value {
            None => Self::Absent,
            Some(value) => level::parse(value, version).map_or(Self::Malformed, Self::Is),
        }
    }

    /// The level, if it is there and an integer.
    #[inline]
    pub fn level(self) -> Option<Level> {
        match self {
            Self::Is(level) => Some(level),
            Self::Absent | Self::Malformed => None,
        }
    }
}

/// A map from names to levels: `events`, `notifications`, `users`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LevelMap {
    present: bool,
    is_object: bool,
    malformed: Option<Name>,
    /// Sorted by name.
    levels: Box<[(Name, Level)]>,
}

impl LevelMap {
    fn new(value: Option<&Value<'_>>, version: &RoomVersion) -> Self {
        let Some(value) = value else {
            return Self { is_object: true, ..Self::default() };
        };
        let Some(object) = value.as_object() else {
            return Self { present: true, ..Self::default() };
        };
        let mut malformed = None;
        let mut levels = Vec::with_capacity(object.len());
        for (name, value) in object.iter() {
            match level::parse(value, version) {
                Some(level) => levels.push((Name::new(name), level)),
                None => malformed = malformed.or_else(|| Some(Name::new(name))),
            }
        }
        Self { present: true, is_object: true, malformed, levels: levels.into_boxed_slice() }
    }

    /// Whether the content has the map, of whatever type.
    pub fn is_present(&self) -> bool {
        self.present
    }

    /// Whether it is absent or an object.
    pub fn is_object(&self) -> bool {
        self.is_object
    }

    /// The first name whose level is no integer in this room version.
    pub fn malformed(&self) -> Option<&str> {
        self.malformed.as_ref().map(Name::as_str)
    }

    /// The level of a name.
    #[inline]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<Level> {
        let name = name.as_ref();
        let at = self.levels.binary_search_by(|(known, _)| known.as_bytes().cmp(name)).ok()?;
        self.levels.get(at).map(|(_, level)| *level)
    }

    /// The names with their levels, sorted by name; malformed levels are left out.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, Level)> {
        self.levels.iter().map(|(name, level)| (name, *level))
    }
}

/// The content of a power levels event.
#[derive(Clone, Debug)]
pub struct PowerLevels {
    properties: [LevelValue; 7],
    /// The levels needed to send events of a type.
    pub events: LevelMap,
    /// The levels needed to notify.
    pub notifications: LevelMap,
    /// The levels of users.
    pub users: LevelMap,
    /// The first key of `users` that is no user ID.
    pub invalid_user: Option<Name>,
}

impl PowerLevels {
    pub(super) fn new(content: &Object<'_>, version: &RoomVersion) -> Self {
        let users = LevelMap::new(content.get("users"), version);
        let is_user = |user: &str| match version.readings.power_levels_users {
            PowerLevelsUsers::UserIds => UserId::parse(user).is_ok(),
            PowerLevelsUsers::SigilAndColon => user.starts_with('@') && user.contains(':'),
        };
        let invalid_user = content
            .get("users")
            .and_then(Value::as_object)
            .and_then(|users| users.iter().map(|(user, _)| user).find(|user| !is_user(user)))
            .map(Name::new);
        Self {
            properties: Property::ALL
                .map(|property| LevelValue::new(content.get(property.as_str()), version)),
            events: LevelMap::new(content.get("events"), version),
            notifications: LevelMap::new(content.get("notifications"), version),
            users,
            invalid_user,
        }
    }

    /// A level as it stands in the content.
    #[inline]
    pub fn property(&self, property: Property) -> LevelValue {
        self.properties[property as usize]
    }

    /// A level, or its default where the content has none that can be read.
    #[inline]
    pub fn level(&self, property: Property) -> Level {
        self.property(property).level().unwrap_or(property.default_level())
    }

    /// The level of a user.
    #[inline]
    pub fn user(&self, user: &str) -> Level {
        self.users.get(user).unwrap_or_else(|| self.level(Property::UsersDefault))
    }

    /// The *required power level* of an event type.
    ///
    /// <https://spec.matrix.org/v1.19/server-server-api/#definitions>
    pub fn required(&self, event_type: impl AsRef<[u8]>, is_state: bool) -> Level {
        let default = if is_state { Property::StateDefault } else { Property::EventsDefault };
        self.events.get(event_type).unwrap_or_else(|| self.level(default))
    }
}
