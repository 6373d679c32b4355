//! The events that a resolution looks at.

use exeunt_auth::{FewEvents, Power, power};
use exeunt_dag::{Dag, Number};
use exeunt_event::{Event, EventId, EventType};
use exeunt_version::{RoomIds, RoomVersion};

use crate::{Key, Keys, Names, Question};

/// What is kept for an event in a graph whose states are to be resolved.
pub trait Body: Clone {
    /// The event, if it is a state event.
    fn state_event(&self) -> Option<StateEvent<'_>>;

    /// When the state event says that it was made. Whoever keeps it beside the event spares
    /// resolution a look into each event, most of which have to be fetched from memory.
    fn origin_server_ts(&self) -> i64 {
        self.state_event().map_or(0, |state_event| state_event.event.origin_server_ts())
    }
}

/// A state event as resolution sees it.
#[derive(Clone, Copy, Debug)]
pub struct StateEvent<'a> {
    /// The event.
    pub event: &'a Event,
    /// Its type and state key.
    pub key: Key,
    /// The key of its sender's membership.
    pub sender: Key,
    /// Its question, if the rules read no more of it than that.
    pub question: Option<Question>,
    /// Whether it was rejected when it was received.
    pub is_rejected: bool,
}

impl<'a> StateEvent<'a> {
    /// A state event that is known by those names.
    pub fn new(event: &'a Event, names: Names, is_rejected: bool) -> Self {
        let Names { key, sender, question } = names;
        Self { event, key, sender, question, is_rejected }
    }

    /// Whether it is *the* power levels event of a state that it is in.
    pub fn is_power_levels(&self) -> bool {
        self.key == Key::POWER_LEVELS
    }
}

/// The events of a room: their graph, their keys, and the version by whose rules they go.
pub struct Events<'a, T> {
    /// The room version.
    pub version: &'a RoomVersion,
    /// The graph.
    pub dag: &'a Dag<T>,
    /// The keys of its state events.
    pub keys: &'a Keys,
}

impl<T: Clone> std::fmt::Debug for Events<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events")
            .field("version", &self.version.id())
            .field("dag", self.dag)
            .finish()
    }
}

impl<T> Clone for Events<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Events<'_, T> {}

impl<'a, T: Body> Events<'a, T> {
    /// A known state event.
    #[inline]
    pub fn state_event(&self, number: Number) -> Option<StateEvent<'a>> {
        self.dag.get(number)?.state_event()
    }

    /// The known state events among the event's auth events, in its own order.
    pub fn auth_events(&self, number: Number) -> impl Iterator<Item = (Number, StateEvent<'a>)> {
        let events = *self;
        let cited = self.dag.auth().parents(number).iter();
        cited.filter_map(move |number| Some((*number, events.state_event(*number)?)))
    }

    /// The power levels event among the event's auth events.
    pub fn power_levels_of(&self, number: Number) -> Option<Number> {
        let mut cited = self.auth_events(number);
        cited.find(|(_, event)| event.is_power_levels()).map(|(number, _)| number)
    }

    /// Whether an event's room ID stands for a create event.
    pub(crate) fn implies_create(&self, event: &Event) -> bool {
        self.version.capabilities.room_ids == RoomIds::CreateEvent
            && *event.event_type() != EventType::Create
    }

    /// The create event that an event's room ID stands for, in room versions where it does.
    pub fn implied_create(&self, event: &Event) -> Option<Number> {
        if !self.implies_create(event) {
            return None;
        }
        self.dag.known(&event.room_id().create_event())
    }

    /// The power of the event's sender by its auth events.
    pub fn sender_power(&self, number: Number, event: &Event) -> Power {
        let implied = self.implied_create(event).and_then(|number| self.state_event(number));
        let cited = self.auth_events(number).map(|(_, cited)| cited).chain(implied);
        let state = FewEvents(cited.map(|cited| cited.event).collect());
        power(self.version, state, event.sender().as_str())
    }

    /// The ID of an event.
    pub fn id(&self, number: Number) -> Option<&'a EventId> {
        self.dag.id(number)
    }
}
