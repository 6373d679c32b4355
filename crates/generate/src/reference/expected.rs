//! What a room is like after the events so far.

use std::collections::BTreeMap;
use std::sync::Arc;

use exeunt_event::signatures::SigningKey;
use exeunt_event::{Event, EventId, UserId};
use exeunt_room::{Checked, Context, Input, Outcome, Room, Standing, State, check_event};
use exeunt_version::RoomVersion;

use super::signing::Signing;
use super::transition::{Deed, Transition};
use crate::play::FIRST_TIME;
use crate::play::act;
use crate::play::cast::Cast;
use crate::play::compose::{self, Draft, Spot};
use crate::play::lie;
use crate::play::set_up::opening;
use crate::play::sight::Sight;
use crate::{Mood, Setup};

/// A state: event IDs by type and state key.
pub type StateMap = BTreeMap<(String, String), String>;

/// What the specification expects: the room as a homeserver has it that received all events so far
/// over federation, in order.
///
/// Displayed, it tells what happened, an event a line. [`Room::log`] of [`Expected::room`] is what
/// `exeunt verify` reads, which then says everything about each event.
#[derive(Clone)]
pub struct Expected {
    mood: Mood,
    setup: Setup,
    cast: Arc<Cast>,
    opening: Arc<[Draft]>,
    signing: Option<Arc<Signing>>,
    room: Room,
    arrivals: Vec<Arc<Arrival>>,
    /// The rooms of those who send events, each as it would be if its server knew of everything.
    servers: Vec<Room>,
    time: i64,
}

/// An event that arrived.
pub struct Arrival {
    pub(crate) number: u32,
    /// Whose user sent it.
    server: usize,
    /// What that server did not know of, and everything that follows it.
    pub(crate) unknown: Vec<u32>,
    checked: Checked,
    pdu: Arc<[u8]>,
    standing: Standing,
    /// [`Expected::servers`] before it.
    before: Vec<Room>,
}

impl Arrival {
    /// The PDU as it arrives: canonical JSON.
    pub fn pdu(&self) -> &[u8] {
        &self.pdu
    }

    /// The event.
    pub fn event(&self) -> &Event {
        self.checked.event()
    }

    /// Its ID.
    pub fn event_id(&self) -> &str {
        self.event().event_id().as_str()
    }

    /// What becomes of it: accepted, soft-failed or rejected, and by which check and rule.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }
}

/// An event that can be sent, and the room once it arrived.
struct Made {
    arrival: Arrival,
    room: Room,
    time: i64,
}

impl Expected {
    pub(crate) fn new(version: RoomVersion, mood: Mood, setup: Setup, is_signed: bool) -> Self {
        let cast = Cast::new(setup.servers);
        let opening = opening(&version, &cast, setup).into();
        let signing = is_signed.then(|| Arc::new(Signing::new(&cast, &version)));
        let room = Room::new(version);
        let servers = vec![room.clone(); cast.servers.len()];
        let time = FIRST_TIME + i64::from(setup.salt);
        let (cast, arrivals) = (Arc::new(cast), Vec::new());
        Self { mood, setup, cast, opening, signing, room, arrivals, servers, time }
    }

    /// The room version.
    pub fn version(&self) -> &RoomVersion {
        self.room.version()
    }

    /// How users and servers behave.
    pub fn mood(&self) -> Mood {
        self.mood
    }

    /// The room itself, which can be asked for everything.
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// The events so far, in the order in which they arrived.
    pub fn arrivals(&self) -> impl ExactSizeIterator<Item = &Arrival> {
        self.arrivals.iter().map(|arrival| &**arrival)
    }

    /// The event that has just arrived; `None` before the first.
    pub fn last(&self) -> Option<&Arrival> {
        self.arrivals.last().map(|arrival| &**arrival)
    }

    /// The state before an event.
    pub fn state_before(&self, arrival: &Arrival) -> StateMap {
        self.map_of(self.room.state_before(arrival.event().event_id()))
    }

    /// The state after an event: that before it and, if it is a state event that was not rejected,
    /// the event.
    pub fn state_after(&self, arrival: &Arrival) -> StateMap {
        self.map_of(self.room.state_after(arrival.event().event_id()))
    }

    /// The current state: the resolution of the states after the forward extremities.
    pub fn current_state(&self) -> StateMap {
        self.map(self.room.current_state())
    }

    /// The forward extremities, sorted: accepted events that no accepted event has among its prev
    /// events, directly or through events that were not accepted.
    pub fn forward_extremities(&self) -> Vec<String> {
        self.room.forward_extremities().into_iter().map(EventId::to_string).collect()
    }

    /// The key of each server, if events are signed.
    pub fn signing_keys(&self) -> &[SigningKey] {
        self.signing.as_ref().map_or(&[], |signing| &signing.signing)
    }

    fn map(&self, state: &State) -> StateMap {
        let entries = self.room.entries(state);
        entries
            .map(|(event_type, key, id)| ((event_type.to_string(), key.to_owned()), id.to_string()))
            .collect()
    }

    fn map_of(&self, state: Option<&State>) -> StateMap {
        state.map_or_else(StateMap::new, |state| self.map(state))
    }

    pub(crate) fn setup(&self) -> Setup {
        self.setup
    }

    pub(crate) fn cast(&self) -> &Cast {
        &self.cast
    }

    pub(crate) fn opening(&self) -> &[Draft] {
        &self.opening
    }

    pub(crate) fn is_possible(&self, transition: &Transition) -> bool {
        self.make(transition).is_some()
    }

    /// What is expected once the transition happened; nothing happens if it is not possible.
    pub(crate) fn after(mut self, transition: &Transition) -> Self {
        let Some(Made { mut arrival, room, time }) = self.make(transition) else { return self };
        arrival.before.clone_from(&self.servers);
        (self.room, self.time) = (room, time);
        for at in 0..self.servers.len() {
            let mut server = self.servers[at].clone();
            self.take(&mut server, at, &arrival);
            self.servers[at] = server;
        }
        self.arrivals.push(Arc::new(arrival));
        self
    }

    /// What a server does not know of that does not know of these: they and everything that follows
    /// them.
    pub(crate) fn with_followers(&self, unknown: &[u32]) -> Vec<u32> {
        let mut all: Vec<u32> = Vec::new();
        for arrival in self.arrivals() {
            let follows = || all.iter().any(|number| !arrival.unknown.contains(number));
            if unknown.contains(&arrival.number) || follows() {
                all.push(arrival.number);
            }
        }
        all
    }

    /// The room as that server has it if it does not know of these and what follows them.
    pub(crate) fn room_at(&self, server: usize, unknown: &[u32]) -> Room {
        let is_unknown = |arrival: &Arc<Arrival>| unknown.contains(&arrival.number);
        let Some(first) = self.arrivals.iter().position(is_unknown) else {
            return self.servers[server].clone();
        };
        let mut room = self.arrivals[first].before[server].clone();
        for arrival in self.arrivals[first..].iter().filter(|it| !is_unknown(it)) {
            self.take(&mut room, server, arrival);
        }
        room
    }

    fn take(&self, room: &mut Room, server: usize, arrival: &Arrival) {
        let pdu = Arc::clone(&arrival.pdu);
        let input = if arrival.server == server { Input::Sent(pdu) } else { Input::Pdu(pdu) };
        room.take_checked_input(Ok(arrival.checked.clone()), &input, self.context());
    }

    fn context(&self) -> Context<'_> {
        Context { keys: self.signing.as_ref().map(|signing| &signing.keys) }
    }

    /// Makes the event, if there can be one: whoever is honest sends only what their own server
    /// accepts.
    fn make(&self, transition: &Transition) -> Option<Made> {
        if self.last().is_some_and(|last| last.number >= transition.number) {
            return None;
        }
        let actor = match &transition.deed {
            Deed::Opening(at) => self.opening.get(*at)?.sender,
            Deed::Act { actor, .. } => self.user(actor)?,
        };
        let server = self.cast.server_of(actor);
        let unknown = self.with_followers(&transition.unknown);
        let view = self.room_at(server, &unknown);
        let sight = Sight::new(&view, view.current_state());
        let mut draft = self.draft(transition, actor, &sight)?;
        lie::about_content(&mut draft, &transition.lies, &self.cast);
        let prev = view.forward_extremities().into_iter().take(20).cloned().collect();
        let time = self.time.saturating_add(i64::from(transition.tick));
        let number = transition.number.wrapping_add(u32::from(self.setup.salt) << 16);
        let spot = Spot { sight, prev, time, number };
        let sender = self.cast.id(actor);
        let place = compose::place(&spot, (sender, &draft), &transition.lies);
        let hashed = compose::event(&view, (sender, draft), &place);
        let mut event = Event::from_hashed(hashed, self.version()).ok()?;
        if let Some(signing) = &self.signing {
            event = signing.sign(&event, self.version())?;
        }
        if self.room.record(event.event_id()).is_some() {
            return None;
        }
        let pdu: Arc<[u8]> = event.shared_text().into();
        let checked = check_event(event, self.version(), self.context()).ok()?;
        if transition.is_honest() {
            let (mut view, sent) = (view.clone(), Input::Sent(Arc::clone(&pdu)));
            let receipt = view.take_checked_input(Ok(checked.clone()), &sent, self.context());
            if receipt.outcome != Outcome::Decided(Standing::Accepted) {
                return None;
            }
        }
        let (mut room, input) = (self.room.clone(), Input::Pdu(Arc::clone(&pdu)));
        let receipt = room.take_checked_input(Ok(checked.clone()), &input, self.context());
        let Outcome::Decided(standing) = receipt.outcome else { return None };
        let (number, before) = (transition.number, Vec::new());
        let arrival = Arrival { number, server, unknown, checked, pdu, standing, before };
        Some(Made { arrival, room, time })
    }

    /// A room begins with its creation.
    fn draft(&self, transition: &Transition, actor: usize, sight: &Sight<'_>) -> Option<Draft> {
        let is_beginning = self.arrivals.is_empty();
        match &transition.deed {
            Deed::Opening(at) => {
                self.opening.get(*at).filter(|_| is_beginning == (*at == 0)).cloned()
            }
            Deed::Act { .. } if is_beginning => None,
            Deed::Act { kind, target, value, .. } => {
                let (target, value) = (self.user(target)?, usize::from(*value));
                let number = transition.number;
                let deed =
                    act::Deed { kind: *kind, actor, target, value, number, regardless: false };
                act::content(&self.cast, sight, deed)
            }
        }
    }

    fn user(&self, id: &UserId) -> Option<usize> {
        self.cast.users.iter().position(|user| user == id)
    }
}
