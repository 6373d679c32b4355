//! The events that a resolution looks at again and again, side by side in memory.

use exeunt_auth::{Power, State, power};
use exeunt_dag::{Edges, Number, Sparse};
use exeunt_event::content::{Content, Membership};
use exeunt_event::{Event, EventId, EventType, RoomId};
use exeunt_version::{PowerEvents, RejectedInResolution, RoomIds};

use crate::keys::Kind;
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
    list: Vec<Entry<'a, T>>,
    conflicted: Vec<Conflicted>,
    /// The auth events of one event of the full conflicted set after another.
    cited: Vec<Place>,
    /// The room whose create event was looked for last, and what was found.
    implied: Option<(&'a RoomId, Option<Place>)>,
}

struct Entry<'a, T> {
    number: Number,
    body: Option<&'a T>,
}

/// What is kept of an event of the full conflicted set.
#[derive(Clone, Copy)]
pub(super) struct Conflicted {
    pub(super) origin_server_ts: i64,
    /// Where its auth events end in `cited`. They begin where those of the event before end.
    cited: u32,
    /// The power levels event among them.
    power_levels: Place,
    /// Whether it is rejected where those are left out.
    pub(super) is_left_out: bool,
    pub(super) is_power_event: bool,
}

/// Auth events that stand in for entries that a state has not: the first for each key that is not
/// rejected.
#[derive(Clone, Copy)]
pub(super) struct StandIns {
    create: Place,
    power_levels: Place,
    join_rules: Place,
    /// The sender's membership.
    sender: Place,
}

impl StandIns {
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
            list: Vec::with_capacity(full_conflicted.len() + full_conflicted.len() / 8 + 32),
            conflicted: Vec::with_capacity(full_conflicted.len()),
            cited: Vec::with_capacity(4 * full_conflicted.len()),
            implied: None,
        };
        let readings = events.version.readings;
        let leaves_out = readings.rejected_in_resolution == RejectedInResolution::LeftOut;
        let mut reader = events.dag.reader();
        for number in full_conflicted {
            let body = reader.get(*number);
            loaded.places.set(number.index(), place(loaded.list.len() + 1));
            loaded.list.push(Entry { number: *number, body });
            let state_event = body.and_then(Body::state_event);
            loaded.conflicted.push(Conflicted {
                origin_server_ts: body.map_or(0, Body::origin_server_ts),
                cited: 0,
                power_levels: NOWHERE,
                is_left_out: leaves_out && state_event.is_some_and(|event| event.is_rejected),
                is_power_event: state_event
                    .is_some_and(|event| is_power_event(readings.power_events, &event)),
            });
        }
        for (at, number) in full_conflicted.iter().enumerate() {
            let power_levels = loaded.load_cited(reader.parents(*number, Edges::Auth));
            let cited = place(loaded.cited.len());
            let conflicted = &mut loaded.conflicted[at];
            (conflicted.power_levels, conflicted.cited) = (power_levels, cited);
        }
        loaded
    }

    /// Loads those of the cited events that are state events, and gives the power levels event
    /// among them.
    fn load_cited(&mut self, cited: &[Number]) -> Place {
        let mut power_levels = NOWHERE;
        for cited in cited {
            let cited = self.load(*cited);
            if let Some(event) = self.state_event(cited) {
                self.cited.push(cited);
                if event.is_power_levels() && power_levels == NOWHERE {
                    power_levels = cited;
                }
            }
        }
        power_levels
    }

    /// Looks into the events that will be looked into, so that all of them are fetched from memory at
    /// the same time, and not one after the other as each is checked. There they are far from one
    /// another.
    pub(super) fn fetch(&self, places: impl Iterator<Item = Place>) {
        let implies_create = self.events.version.capabilities.room_ids == RoomIds::CreateEvent;
        let mut seen = 0;
        for place in places {
            let Some(event) = self.state_event(place) else { continue };
            if event.question.is_some() {
                continue;
            }
            seen += event.event.sender().as_bytes().len();
            seen += usize::from(matches!(event.event.content(), Content::Other));
            seen += usize::from(*event.event.event_type() == EventType::Create);
            if implies_create {
                seen +=
                    event.event.room_id().as_bytes().last().map_or(0, |last| usize::from(*last));
            }
        }
        std::hint::black_box(seen);
    }

    /// The place of an event.
    pub(super) fn load(&mut self, number: Number) -> Place {
        let known = self.places.place(number.index());
        if *known == 0 {
            *known = place(self.list.len() + 1);
            self.list.push(Entry { number, body: self.events.dag.get(number) });
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
        self.list[place as usize].body?.state_event()
    }

    /// The state events that stand for permission to send an event of the full conflicted set: its
    /// auth events in its own order, and the create event that its room ID stands for.
    #[inline]
    fn cited(
        &self,
        place: Place,
        implied: Option<Place>,
    ) -> impl Iterator<Item = (Place, StateEvent<'a>)> {
        let end_of = |at: usize| self.conflicted.get(at).map_or(0, |event| event.cited as usize);
        let at = place as usize;
        let start = at.checked_sub(1).map_or(0, end_of);
        let cited = self.cited.get(start..end_of(at)).unwrap_or_default();
        let cited = cited.iter().copied().chain(implied);
        cited.filter_map(|place| Some((place, self.state_event(place)?)))
    }

    /// What stands in for the keys that rules ask for most.
    pub(super) fn stand_ins(&self, place: Place, implied: Option<Place>, sender: Key) -> StandIns {
        let mut stand_ins = StandIns {
            create: NOWHERE,
            power_levels: NOWHERE,
            join_rules: NOWHERE,
            sender: NOWHERE,
        };
        for (place, cited) in self.cited(place, implied) {
            match stand_ins.of(cited.key, sender) {
                Some(first) if *first == NOWHERE && !cited.is_rejected => *first = place,
                _ => {}
            }
        }
        stand_ins
    }

    /// What stands in for a key.
    pub(super) fn stand_in(
        &self,
        place: Place,
        implied: Option<Place>,
        mut stand_ins: StandIns,
        (key, sender): (Key, Key),
    ) -> Option<StateEvent<'a>> {
        match stand_ins.of(key, sender) {
            Some(&mut NOWHERE) => None,
            Some(place) => self.state_event(*place),
            None => {
                let mut cited = self.cited(place, implied).map(|(_, cited)| cited);
                cited.find(|cited| cited.key == key && !cited.is_rejected)
            }
        }
    }

    /// The power levels event among the auth events of an event.
    pub(super) fn power_levels_of(&self, number: Number) -> Option<Number> {
        match self.conflicted_place(number).and_then(|place| self.conflicted(place)) {
            Some(event) => self.power_levels_cited(event),
            None => self.events.power_levels_of(number),
        }
    }

    /// The power levels event among the auth events of an event of the full conflicted set.
    #[inline]
    pub(super) fn power_levels_cited(&self, event: &Conflicted) -> Option<Number> {
        (event.power_levels != NOWHERE).then(|| self.number(event.power_levels))
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
        let find = |key| {
            let mut cited = self.cited(place, implied).map(|(_, cited)| cited);
            cited.find(|cited| cited.key == key).map(|cited| cited.event)
        };
        let state = Ruling { create: find(Key::CREATE), power_levels: find(Key::POWER_LEVELS) };
        power(self.events.version, state, event.sender().as_str())
    }
}

/// Whether an event is a power event. Most are none, and told so by their key.
fn is_power_event(reading: PowerEvents, event: &StateEvent<'_>) -> bool {
    let is_single = matches!(event.key, Key::POWER_LEVELS | Key::JOIN_RULES);
    match (event.key.kind(), reading) {
        (Kind::Power, PowerEvents::Text) => true,
        (Kind::Power, PowerEvents::Synapse) => is_single,
        (Kind::Member, _) if event.key == event.sender => false,
        (Kind::Member, _) => match event.event.content() {
            Content::Member(member) => {
                matches!(member.membership, Some(Membership::Leave | Membership::Ban))
            }
            _ => false,
        },
        (Kind::Other, _) => event.key == Key::CREATE && reading == PowerEvents::Synapse,
    }
}

/// The entries that say how much power a user has.
struct Ruling<'a> {
    create: Option<&'a Event>,
    power_levels: Option<&'a Event>,
}

impl<'a> State<'a> for Ruling<'a> {
    fn entry(&self, event_type: &EventType, state_key: &str) -> Option<&'a Event> {
        match (event_type, state_key) {
            (EventType::Create, "") => self.create,
            (EventType::PowerLevels, "") => self.power_levels,
            _ => None,
        }
    }
}
