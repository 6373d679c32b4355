//! The events that a resolution looks at again and again, side by side in memory.

use exeunt_auth::{Power, State, power};
use exeunt_dag::{Number, Sparse};
use exeunt_event::content::{Content, Membership};
use exeunt_event::{Event, EventId, EventType, RoomId};
use exeunt_version::{PowerEvents, RejectedInResolution};

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
    conflicted: Vec<Conflicted>,
    /// The auth events of one event of the full conflicted set after another.
    cited: Vec<Place>,
    /// The room whose create event was looked for last, and what was found.
    implied: Option<(&'a RoomId, Place)>,
}

#[derive(Clone, Copy)]
struct Entry<'a> {
    number: Number,
    state_event: Option<StateEvent<'a>>,
}

/// What is kept of an event of the full conflicted set: what would mean a look into the event each
/// time, and most events are far from one another in memory.
#[derive(Clone, Copy)]
pub(super) struct Conflicted {
    pub(super) origin_server_ts: i64,
    /// Where its auth events that are state events are in `cited`, in its own order.
    cited: (u32, u32),
    /// The power levels event among them.
    power_levels: Place,
    /// The create event that its room ID stands for.
    implied: Place,
    /// The first of those that are not rejected for the keys that rules ask for most.
    stand_ins: StandIns,
    /// Whether it is rejected where those are left out.
    pub(super) is_left_out: bool,
    pub(super) is_power_event: bool,
}

/// Auth events that stand in for entries that a state has not.
#[derive(Clone, Copy)]
struct StandIns {
    create: Place,
    power_levels: Place,
    join_rules: Place,
    /// The sender's membership.
    sender: Place,
}

impl StandIns {
    const NONE: Self =
        Self { create: NOWHERE, power_levels: NOWHERE, join_rules: NOWHERE, sender: NOWHERE };

    fn of(&mut self, key: Key, sender: Key) -> Option<&mut Place> {
        match key {
            Key::CREATE => Some(&mut self.create),
            Key::POWER_LEVELS => Some(&mut self.power_levels),
            Key::JOIN_RULES => Some(&mut self.join_rules),
            key if key == sender => Some(&mut self.sender),
            _ => None,
        }
    }
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
            conflicted: Vec::with_capacity(full_conflicted.len()),
            cited: Vec::with_capacity(4 * full_conflicted.len()),
            implied: None,
        };
        for number in full_conflicted {
            loaded.load(*number);
        }
        for (at, number) in full_conflicted.iter().enumerate() {
            let state_event = loaded.state_event(place(at));
            let conflicted = loaded.conflicted_entry(*number, state_event);
            loaded.conflicted.push(conflicted);
        }
        loaded
    }

    fn conflicted_entry(
        &mut self,
        number: Number,
        state_event: Option<StateEvent<'a>>,
    ) -> Conflicted {
        let readings = self.events.version.readings;
        let start = place(self.cited.len());
        let mut power_levels = NOWHERE;
        for cited in self.events.dag.auth().parents(number) {
            let cited = self.load(*cited);
            if let Some(event) = self.state_event(cited) {
                self.cited.push(cited);
                if event.is_power_levels() && power_levels == NOWHERE {
                    power_levels = cited;
                }
            }
        }
        let mut conflicted = Conflicted {
            origin_server_ts: 0,
            cited: (start, place(self.cited.len())),
            power_levels,
            implied: NOWHERE,
            stand_ins: StandIns::NONE,
            is_left_out: false,
            is_power_event: false,
        };
        if let Some(event) = state_event {
            conflicted.origin_server_ts = event.event.origin_server_ts();
            conflicted.implied = self.implied_create(event.event);
            conflicted.is_left_out = event.is_rejected
                && readings.rejected_in_resolution == RejectedInResolution::LeftOut;
            conflicted.stand_ins = self.stand_ins(&conflicted, event.sender);
            conflicted.is_power_event = is_power_event(readings.power_events, &event);
        }
        conflicted
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

    /// What is kept of an event of the full conflicted set.
    pub(super) fn conflicted(&self, place: Place) -> Option<&Conflicted> {
        self.conflicted.get(place as usize)
    }

    /// The place of an event of the full conflicted set.
    pub(super) fn conflicted_place(&self, number: Number) -> Option<Place> {
        let place = self.places.get(number.index()).checked_sub(1)?;
        ((place as usize) < self.conflicted.len()).then_some(place)
    }

    /// The full conflicted set, with places.
    pub(super) fn full_conflicted(
        &self,
    ) -> impl ExactSizeIterator<Item = (Place, &Conflicted)> + use<'_, 'a, T> {
        self.conflicted.iter().enumerate().map(|(at, conflicted)| (place(at), conflicted))
    }

    /// The event at a place.
    #[inline]
    pub(super) fn number(&self, place: Place) -> Number {
        self.list[place as usize].number
    }

    /// The ID of the event at a place.
    pub(super) fn id(&self, place: Place) -> Option<&'a EventId> {
        self.events.id(self.number(place))
    }

    /// The state event at a place, if it is one.
    #[inline]
    pub(super) fn state_event(&self, place: Place) -> Option<StateEvent<'a>> {
        self.list[place as usize].state_event
    }

    /// The state events that stand for permission to send an event of the full conflicted set: its
    /// auth events in its own order, and the create event that its room ID stands for.
    #[inline]
    fn cited(&self, event: &Conflicted) -> impl Iterator<Item = (Place, StateEvent<'a>)> {
        let (start, end) = event.cited;
        let implied = Some(event.implied).filter(|implied| *implied != NOWHERE);
        let cited = self.cited[start as usize..end as usize].iter().copied().chain(implied);
        cited.filter_map(|place| Some((place, self.state_event(place)?)))
    }

    fn stand_ins(&self, event: &Conflicted, sender: Key) -> StandIns {
        let mut stand_ins = StandIns::NONE;
        for (place, cited) in self.cited(event) {
            match stand_ins.of(cited.key, sender) {
                Some(first) if *first == NOWHERE && !cited.is_rejected => *first = place,
                _ => {}
            }
        }
        stand_ins
    }

    /// What an event of the full conflicted set cites for a key, if it is not rejected.
    pub(super) fn stand_in(&self, place: Place, sender: Key, key: Key) -> Option<StateEvent<'a>> {
        let event = self.conflicted(place)?;
        let mut stand_ins = event.stand_ins;
        match stand_ins.of(key, sender) {
            Some(&mut NOWHERE) => None,
            Some(place) => self.state_event(*place),
            None => {
                let mut cited = self.cited(event).map(|(_, cited)| cited);
                cited.find(|cited| cited.key == key && !cited.is_rejected)
            }
        }
    }

    /// The power levels event among the auth events of an event.
    pub(super) fn power_levels_of(&self, number: Number) -> Option<Number> {
        match self.conflicted_place(number).and_then(|place| self.conflicted(place)) {
            Some(Conflicted { power_levels, .. }) => {
                (*power_levels != NOWHERE).then(|| self.number(*power_levels))
            }
            None => self.events.power_levels_of(number),
        }
    }

    /// [`Events::implied_create`], which most of the time is the one of the event before.
    fn implied_create(&mut self, event: &'a Event) -> Place {
        if !self.events.implies_create(event) {
            return NOWHERE;
        }
        match self.implied {
            Some((room, place)) if room == event.room_id() => place,
            _ => {
                let number = self.events.implied_create(event);
                let place = number.map_or(NOWHERE, |number| self.load(number));
                self.implied = Some((event.room_id(), place));
                place
            }
        }
    }

    /// [`Events::sender_power`] of an event of the full conflicted set.
    pub(super) fn sender_power(&self, place: Place, event: &'a Event) -> Power {
        let find = |key| {
            let mut cited = self.cited(self.conflicted(place)?);
            cited.find(|(_, cited)| cited.key == key).map(|(_, cited)| cited.event)
        };
        let state = Ruling { create: find(Key::CREATE), power_levels: find(Key::POWER_LEVELS) };
        power(self.events.version, state, event.sender().as_str())
    }
}

/// Whether an event is a power event. Many are none, and told so by their key.
fn is_power_event(reading: PowerEvents, event: &StateEvent<'_>) -> bool {
    match event.key {
        Key::POWER_LEVELS | Key::JOIN_RULES => return true,
        Key::CREATE => return reading == PowerEvents::Synapse,
        // The sender's own membership.
        key if key == event.sender => return false,
        _ => {}
    }
    match event.event.event_type() {
        EventType::PowerLevels | EventType::JoinRules => reading == PowerEvents::Text,
        EventType::Member => match event.event.content() {
            Content::Member(member) => {
                matches!(member.membership, Some(Membership::Leave | Membership::Ban))
            }
            _ => false,
        },
        _ => false,
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
