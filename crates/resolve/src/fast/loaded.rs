//! The events that a resolution looks at again and again, side by side in memory.

use exeunt_auth::{Power, State, power};
use exeunt_dag::{Number, Sparse};
use exeunt_event::EventType;
use exeunt_event::{Event, RoomId};

use crate::{Body, Events, Key, StateEvent};

/// The place of an event among those loaded.
pub(super) type Place = u32;

/// No place.
pub(super) const NOWHERE: Place = Place::MAX;

/// Events by place: first those of the full conflicted set, in the order in which they became
/// known, then others as they are needed.
pub(super) struct Loaded<'a, T> {
    pub(super) events: Events<'a, T>,
    /// By number: the place + 1.
    places: Sparse<u32>,
    list: Vec<Entry<'a>>,
    /// For the events of the full conflicted set: where their auth events begin in `cited`.
    starts: Vec<u32>,
    /// The places of their auth events that are state events, each in the event's own order.
    cited: Vec<Place>,
    /// For the events of the full conflicted set: the power levels event among their auth events.
    power_levels: Vec<Place>,
    /// The room whose create event was looked for last, and what was found.
    implied: Option<(&'a RoomId, Option<Place>)>,
}

#[derive(Clone, Copy)]
struct Entry<'a> {
    number: Number,
    state_event: Option<StateEvent<'a>>,
}

fn place(index: usize) -> Place {
    // There are fewer than 2^32 - 1 numbers, and each is loaded once at most.
    Place::try_from(index).unwrap_or(NOWHERE)
}

impl<'a, T: Body> Loaded<'a, T> {
    /// Loads the full conflicted set, and what its events cite.
    pub(super) fn new(events: Events<'a, T>, full_conflicted: &[Number]) -> Self {
        let mut loaded = Self {
            events,
            places: Sparse::new(events.dag.bound()),
            list: Vec::with_capacity(full_conflicted.len() + 16),
            starts: Vec::with_capacity(full_conflicted.len() + 1),
            cited: Vec::with_capacity(4 * full_conflicted.len()),
            power_levels: Vec::with_capacity(full_conflicted.len()),
            implied: None,
        };
        for number in full_conflicted {
            loaded.load(*number);
        }
        for number in full_conflicted {
            loaded.starts.push(place(loaded.cited.len()));
            let mut power_levels = NOWHERE;
            for cited in events.dag.auth().parents(*number) {
                let cited = loaded.load(*cited);
                if let Some(event) = loaded.state_event(cited) {
                    loaded.cited.push(cited);
                    if event.is_power_levels() && power_levels == NOWHERE {
                        power_levels = cited;
                    }
                }
            }
            loaded.power_levels.push(power_levels);
        }
        loaded.starts.push(place(loaded.cited.len()));
        loaded
    }

    /// The place of an event.
    pub(super) fn load(&mut self, number: Number) -> Place {
        let known = self.places.place(number.index());
        if *known == 0 {
            *known = place(self.list.len() + 1);
            self.list.push(Entry { number, state_event: self.events.state_event(number) });
        }
        *known - 1
    }

    /// The place of an event of the full conflicted set.
    pub(super) fn conflicted(&self, number: Number) -> Option<Place> {
        let place = self.places.get(number.index()).checked_sub(1)?;
        ((place as usize) < self.power_levels.len()).then_some(place)
    }

    /// The places of the full conflicted set.
    pub(super) fn full_conflicted(&self) -> std::ops::Range<Place> {
        0..place(self.power_levels.len())
    }

    /// The event at a place.
    #[inline]
    pub(super) fn number(&self, place: Place) -> Number {
        self.list[place as usize].number
    }

    /// The state event at a place, if it is one.
    #[inline]
    pub(super) fn state_event(&self, place: Place) -> Option<StateEvent<'a>> {
        self.list[place as usize].state_event
    }

    /// The state events among the auth events of an event of the full conflicted set.
    #[inline]
    pub(super) fn cited(&self, place: Place) -> &[Place] {
        let bounds = self.starts.get(place as usize).zip(self.starts.get(place as usize + 1));
        bounds.map_or(&[], |(start, end)| &self.cited[*start as usize..*end as usize])
    }

    /// The power levels event among the auth events of an event.
    pub(super) fn power_levels_of(&self, number: Number) -> Option<Number> {
        match self.conflicted(number) {
            Some(place) => {
                let power_levels = self.power_levels[place as usize];
                (power_levels != NOWHERE).then(|| self.number(power_levels))
            }
            None => self.events.power_levels_of(number),
        }
    }

    /// [`Events::implied_create`], which most of the time is the one of the event before.
    pub(super) fn implied_create(&mut self, event: &'a Event) -> Option<Place> {
        if !self.events.implies_create(event) {
            return None;
        }
        match self.implied {
            Some((room, place)) if room == event.room_id() => place,
            _ => {
                let place = self.events.implied_create(event).map(|number| self.load(number));
                self.implied = Some((event.room_id(), place));
                place
            }
        }
    }

    /// [`Events::sender_power`] of an event of the full conflicted set.
    pub(super) fn sender_power(&mut self, place: Place, event: &'a Event) -> Power {
        let implied = self.implied_create(event);
        let cited = || self.cited(place).iter().copied().chain(implied);
        let find = |key| {
            let mut cited = cited().filter_map(|place| self.state_event(place));
            cited.find(|cited| cited.key == key).map(|cited| cited.event)
        };
        let state = Ruling { create: find(Key::CREATE), power_levels: find(Key::POWER_LEVELS) };
        power(self.events.version, state, event.sender().as_str())
    }
}

/// The entries that say how much power a user has.
struct Ruling<'a> {
    create: Option<&'a Event>,
    power_levels: Option<&'a Event>,
}

impl<'a> State<'a> for Ruling<'a> {
    fn entry(&self, event_type: &EventType, state_key: &str) -> Option<&'a Event> {
        match event_type {
            EventType::Create if state_key.is_empty() => self.create,
            EventType::PowerLevels if state_key.is_empty() => self.power_levels,
            _ => None,
        }
    }
}
