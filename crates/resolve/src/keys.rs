//! Event types and state keys by number.

use std::num::NonZeroU32;

use exeunt_auth::is_plain_state;
use exeunt_dag::Index;
use exeunt_event::identifier::Name;
use exeunt_event::{Event, EventType, RoomId, UserId};
use im::Vector;

/// A type and state key, by its place in [`Keys`]. It tells what resolution asks of the type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u32);

/// What resolution asks of the type of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `m.room.member`.
    Member = 1,
    /// `m.room.power_levels` or `m.room.join_rules`, with whatever state key.
    Power = 2,
    /// Any other.
    Other = 0,
}

/// The lowest bits of a key are its kind; those above are its place.
const KIND_BITS: u32 = 2;

impl Key {
    /// `m.room.create` with an empty state key.
    pub const CREATE: Self = Self::new(0, Kind::Other);
    /// `m.room.power_levels` with an empty state key.
    pub const POWER_LEVELS: Self = Self::new(1, Kind::Power);
    /// `m.room.join_rules` with an empty state key.
    pub const JOIN_RULES: Self = Self::new(2, Kind::Power);

    const fn new(place: u32, kind: Kind) -> Self {
        Self(place << KIND_BITS | kind as u32)
    }

    /// The key as an index.
    #[inline]
    pub fn index(self) -> usize {
        (self.0 >> KIND_BITS) as usize
    }

    #[inline]
    pub(crate) fn kind(self) -> Kind {
        match self.0 & ((1 << KIND_BITS) - 1) {
            1 => Kind::Member,
            2 => Kind::Power,
            _ => Kind::Other,
        }
    }
}

/// What the rules are asked about an event of which they read no more than the room, the sender and
/// the type, by number. Events with the same question have the same verdict in the same state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question(NonZeroU32);

impl Question {
    /// The question as an index.
    #[inline]
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// What resolution knows a state event by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// Its type and state key.
    pub key: Key,
    /// The key of its sender's membership.
    pub sender: Key,
    /// Its question, if the rules read nothing else of it.
    pub question: Option<Question>,
}

/// The types and state keys that were met so far, and the questions. A value: clones share what they
/// have in common.
#[derive(Clone, Debug)]
pub struct Keys {
    names: Vector<(EventType, Name)>,
    index: Index<Key>,
    questions: Vector<(RoomId, UserId, EventType)>,
    question_index: Index<Question>,
}

impl Default for Keys {
    fn default() -> Self {
        Self::new()
    }
}

impl Keys {
    /// With the keys that have a constant.
    pub fn new() -> Self {
        let mut keys = Self {
            names: Vector::new(),
            index: Index::default(),
            questions: Vector::new(),
            question_index: Index::default(),
        };
        for event_type in [EventType::Create, EventType::PowerLevels, EventType::JoinRules] {
            keys.add(&event_type, "");
        }
        keys
    }

    /// The key of that type and state key, which is made if there is none.
    pub fn intern(&mut self, event_type: &EventType, state_key: &str) -> Key {
        match self.get(event_type, state_key) {
            Some(key) => key,
            None => self.add(event_type, state_key),
        }
    }

    fn add(&mut self, event_type: &EventType, state_key: &str) -> Key {
        // 2^30 keys would take 100 GB; the last key would be shared.
        let last = u32::MAX >> KIND_BITS;
        let place = u32::try_from(self.names.len()).map_or(last, |place| place.min(last));
        let key = Key::new(
            place,
            match event_type {
                EventType::Member => Kind::Member,
                EventType::PowerLevels | EventType::JoinRules => Kind::Power,
                _ => Kind::Other,
            },
        );
        self.names.push_back((event_type.clone(), Name::new(state_key)));
        self.index.add(&[event_type.as_bytes(), state_key.as_bytes()], key);
        key
    }

    /// The key of that type and state key, if it was met.
    pub fn get(&self, event_type: &EventType, state_key: &str) -> Option<Key> {
        self.find(event_type, state_key.as_bytes())
    }

    fn find(&self, event_type: &EventType, state_key: &[u8]) -> Option<Key> {
        match (event_type, state_key) {
            (EventType::Create, b"") => return Some(Key::CREATE),
            (EventType::PowerLevels, b"") => return Some(Key::POWER_LEVELS),
            (EventType::JoinRules, b"") => return Some(Key::JOIN_RULES),
            _ => {}
        }
        self.index.find(&[event_type.as_bytes(), state_key], |key| {
            self.names.get(key.index()).is_some_and(|(known_type, known_key)| {
                known_type == event_type && known_key.as_bytes() == state_key
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

    /// What a state event is known by; `None` for other events.
    pub fn of(&mut self, event: &Event) -> Option<Names> {
        let (event_type, sender) = (event.event_type(), event.sender());
        let key = match self.find(event_type, event.state_key_bytes()?) {
            Some(key) => key,
            None => self.add(event_type, event.state_key()?),
        };
        let sender = match self.find(&EventType::Member, sender.as_bytes()) {
            Some(key) => key,
            None => self.add(&EventType::Member, sender.as_str()),
        };
        Some(Names { key, sender, question: self.question(event) })
    }

    /// How many questions there are: every question's index is below.
    pub fn questions(&self) -> usize {
        self.questions.len()
    }

    fn question(&mut self, event: &Event) -> Option<Question> {
        if !is_plain_state(event) {
            return None;
        }
        let (room, sender, event_type) = (event.room_id(), event.sender(), event.event_type());
        let name = [room.as_bytes(), sender.as_bytes(), event_type.as_bytes()];
        let known = self.question_index.find(&name, |question| {
            self.questions.get(question.index()).is_some_and(|known| {
                known.0 == *room && known.1 == *sender && known.2 == *event_type
            })
        });
        if known.is_some() {
            return known;
        }
        let question = u32::try_from(self.questions.len() + 1).ok().and_then(NonZeroU32::new);
        let question = Question(question?);
        self.question_index.add(&name, question);
        self.questions.push_back((room.clone(), sender.clone(), event_type.clone()));
        Some(question)
    }
}
