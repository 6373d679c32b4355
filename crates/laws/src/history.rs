//! What happened: the events that came to each server, in order, and the rooms after each of them.

use std::collections::BTreeSet;

use exeunt_event::{Event, EventId, ServerName};
use exeunt_room::{Context, Input, Receipt, Room, State};
use exeunt_version::RoomVersion;

/// Everything that happened to one room.
#[derive(Clone, Debug)]
pub struct History {
    /// The room version.
    pub version: RoomVersion,
    /// The servers that took part.
    pub servers: Vec<Server>,
    /// What came to them, in the order in which it did.
    pub steps: Vec<Step>,
}

/// A server, and its room at the end.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name.
    pub name: ServerName,
    /// The room at the end.
    pub room: Room,
    /// Its earlier rooms as they were left: one for each time it began anew.
    pub left: Vec<Room>,
    /// Whether it knows the room's whole history by itself, and nothing by somebody's word.
    pub is_whole: bool,
}

/// Something came to a server.
#[derive(Clone, Debug)]
pub struct Step {
    /// The server's place.
    pub server: usize,
    /// What came.
    pub input: Input,
    /// The event, if it is one.
    pub event: Option<Event>,
    /// To which of the server's rooms it came: how often the server had begun anew.
    pub life: usize,
    /// The room before.
    pub before: Moment,
    /// The room after.
    pub after: Moment,
    /// What became of it.
    pub receipt: Receipt,
}

/// What a room was at some moment. What it knew of events is in the room as it was left: decided
/// events stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The current state.
    pub current_state: State,
    /// The forward extremities, sorted by ID.
    pub extremities: Vec<EventId>,
}

/// An event that came to a server.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'h> {
    /// The history.
    pub history: &'h History,
    /// The step.
    pub step: &'h Step,
    /// The event.
    pub event: &'h Event,
    /// The room that it came to, as the server left it.
    pub room: &'h Room,
}

impl Moment {
    /// What a room is now.
    pub fn of(room: &Room) -> Self {
        let extremities = room.forward_extremities().into_iter().cloned().collect();
        Self { current_state: room.current_state().clone(), extremities }
    }
}

impl Step {
    /// An input that a server's room takes, which checks everything but signatures.
    pub fn take(server: usize, life: usize, room: &mut Room, input: Input) -> Self {
        let event = Event::parse(input.pdu(), room.version()).ok();
        let before = Moment::of(room);
        let receipt = room.take(&input, Context::default());
        Self { server, input, event, life, before, after: Moment::of(room), receipt }
    }
}

impl Server {
    /// One of its rooms.
    pub fn room_of(&self, life: usize) -> &Room {
        self.left.get(life).unwrap_or(&self.room)
    }
}

impl History {
    /// What happens as these come to servers: each time a server's place, whether its room begins
    /// anew with it, and what comes.
    pub fn fold(
        version: &RoomVersion,
        servers: &[ServerName],
        inputs: impl IntoIterator<Item = (usize, bool, Input)>,
    ) -> Self {
        let server = |name: &ServerName| Server {
            name: name.clone(),
            room: Room::new(version.clone()),
            left: Vec::new(),
            is_whole: true,
        };
        let mut servers: Vec<Server> = servers.iter().map(server).collect();
        let mut steps = Vec::new();
        for (place, is_anew, input) in inputs {
            let Some(server) = servers.get_mut(place) else { continue };
            if is_anew {
                // A server's first room has nothing to leave behind.
                let room = std::mem::replace(&mut server.room, Room::new(version.clone()));
                if room.log().len() > 0 {
                    server.left.push(room);
                }
                server.is_whole = true;
            }
            if matches!(input, Input::Given { .. } | Input::Joined { .. }) {
                server.is_whole = false;
            }
            steps.push(Step::take(place, server.left.len(), &mut server.room, input));
        }
        Self { version: version.clone(), servers, steps }
    }

    /// Each event that came to a server.
    pub fn arrivals(&self) -> Vec<Arrival<'_>> {
        let arrivals = self.steps.iter().filter_map(|step| {
            let event = step.event.as_ref()?;
            let room = self.servers.get(step.server)?.room_of(step.life);
            Some(Arrival { history: self, step, event, room })
        });
        arrivals.collect()
    }

    /// The room of the server that knows most, of those that know the whole history.
    pub(crate) fn whole_room(&self) -> Option<&Room> {
        let whole = self.servers.iter().filter(|server| server.is_whole);
        Some(&whole.max_by_key(|server| server.room.dag().len())?.room)
    }

    /// The events of the room, each once, in the order in which a server first had them.
    pub fn events(&self) -> Vec<&Event> {
        let mut seen: BTreeSet<&EventId> = BTreeSet::new();
        let events = self.steps.iter().filter_map(|step| step.event.as_ref());
        events.filter(|event| seen.insert(event.event_id())).collect()
    }

    /// Whether no event has more than one event before it and none comes beside another: the
    /// history is one line.
    pub fn is_linear(&self) -> bool {
        let mut last: Option<&EventId> = None;
        for event in self.events() {
            let is_next = match (last, event.prev_events()) {
                (None, []) => true,
                (Some(last), [before]) => last == before,
                _ => false,
            };
            if !is_next {
                return false;
            }
            last = Some(event.event_id());
        }
        true
    }
}
