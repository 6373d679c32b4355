//! Event types and state keys by number.

use exeunt_event::identifier::Name;
use exeunt_event::{Event, EventType};
use im::{OrdSet, Vector};

/// A type and state key, by its place in [`Keys`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u32);

impl Key {
    /// `m.room.create` with an empty state key.
    pub const CREATE: Self = Self(0);
    /// `m.room.power_levels` with an empty state key.
    pub const POWER_LEVELS: Self = Self(1);
    /// `m.room.join_rules` with an empty state key.
    pub const JOIN_RULES: Self = Self(2);

    /// The key as an index.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The types and state keys that were met so far. A value: clones share what they have in common.
#[derive(Clone, Debug)]
pub struct Keys {
    names: Vector<(EventType, Name)>,
    /// Keys by a hash of their names, which for a few may be the same.
    index: OrdSet<(u64, u32)>,
}

impl Default for Keys {
    fn default() -> Self {
        Self::new()
    }
}

impl Keys {
    /// With the keys that have a constant.
    pub fn new() -> Self {
        let mut keys = Self { names: Vector::new(), index: OrdSet::new() };
        for event_type in [EventType::Create, EventType::PowerLevels, EventType::JoinRules] {
            keys.intern(&event_type, "");
        }
        keys
    }

    /// The key of that type and state key, which is made if there is none.
    pub fn intern(&mut self, event_type: &EventType, state_key: &str) -> Key {
        if let Some(key) = self.get(event_type, state_key) {
            return key;
        }
        // An index of 2^32 keys would not fit into memory; the last key would be shared.
        let key = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push_back((event_type.clone(), Name::new(state_key)));
        self.index.insert((hash(event_type, state_key), key));
        Key(key)
    }

    /// The key of that type and state key, if it was met.
    pub fn get(&self, event_type: &EventType, state_key: &str) -> Option<Key> {
        match event_type {
            EventType::Create if state_key.is_empty() && !self.names.is_empty() => {
                return Some(Key::CREATE);
            }
            EventType::PowerLevels if state_key.is_empty() && self.names.len() > 1 => {
                return Some(Key::POWER_LEVELS);
            }
            EventType::JoinRules if state_key.is_empty() && self.names.len() > 2 => {
                return Some(Key::JOIN_RULES);
            }
            _ => {}
        }
        let hash = hash(event_type, state_key);
        let with_hash = self.index.range((hash, 0)..=(hash, u32::MAX));
        with_hash.map(|(_, key)| Key(*key)).find(|key| {
            self.name(*key).is_some_and(|(known_type, known_key)| {
                known_type == event_type && known_key == state_key
            })
        })
    }

    /// The type and state key of a key.
    pub fn name(&self, key: Key) -> Option<(&EventType, &str)> {
        self.names.get(key.index()).map(|(event_type, key)| (event_type, key.as_str()))
    }

    /// How many there are: every key's index is below.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Never: some keys have a constant.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The key of a state event and that of its sender's membership; `None` for other events.
    pub fn of(&mut self, event: &Event) -> Option<(Key, Key)> {
        let key = self.intern(event.event_type(), event.state_key()?);
        Some((key, self.intern(&EventType::Member, event.sender().as_str())))
    }
}

/// Users choose state keys: a hash that they can foresee would let them make look-ups slow.
fn hash(event_type: &EventType, state_key: &str) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(event_type.as_str().as_bytes()).update(&[0]).update(state_key.as_bytes());
    // A hash has more than eight bytes, so the default is never taken.
    hasher.finalize().as_bytes().first_chunk().copied().map_or(0, u64::from_le_bytes)
}
