//! Two states of a room, which somebody may have to resolve.

use exeunt_auth::{ServerSignatures, State as _, check_state};
use exeunt_dag::Number;
use exeunt_event::content::{Content, Membership, PowerLevels};
use exeunt_event::{Event, EventType};
use exeunt_resolve::{Body as _, Key, StateSet};
use exeunt_room::{Room, State, StateView};

use crate::{History, Merge, Witness};

/// A state after an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'h> {
    pub(super) room: &'h Room,
    pub(super) number: Number,
    pub(super) state: &'h State,
}

/// Two states after events of one room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'h> {
    pub(super) one: Side<'h>,
    pub(super) other: Side<'h>,
}

/// What the first of all pairs of states of a history comes to that comes to something. Each pair is
/// asked both ways round.
pub(super) fn in_pairs<'h>(
    history: &'h History,
    ask: impl Fn(&Pair<'h>) -> Option<Witness>,
) -> Option<Witness> {
    let sides = sides(history);
    for (at, later) in sides.iter().enumerate() {
        for earlier in &sides[..at] {
            if earlier.state.is_same(later.state) {
                continue;
            }
            let pair = Pair { one: *earlier, other: *later };
            let swapped = Pair { one: *later, other: *earlier };
            if let Some(witness) = ask(&pair).or_else(|| ask(&swapped)) {
                return Some(witness);
            }
        }
    }
    None
}

/// The state after each event, in the room of the server that knows most.
pub(super) fn sides(history: &History) -> Vec<Side<'_>> {
    let Some(room) = history.whole_room() else { return Vec::new() };
    let side = |number| {
        let record = room.dag().get(number)?;
        let is_rejected = record.is_outlier() || record.standing().is_rejected();
        let state = record.state_after().filter(|_| !is_rejected)?;
        Some(Side { room, number, state })
    };
    room.dag().events().filter_map(side).collect()
}

impl<'h> Side<'h> {
    /// The state after an event of the room.
    pub(super) fn after(room: &'h Room, number: Number) -> Option<Self> {
        let state = room.dag().get(number)?.state_after()?;
        Some(Self { room, number, state })
    }

    pub(super) fn view(&self) -> StateView<'h> {
        self.room.view(self.state)
    }

    /// The number of an entry.
    pub(super) fn number_of(&self, event_type: &EventType, state_key: &str) -> Option<Number> {
        self.state.entries().get(self.room.keys().get(event_type, state_key)?)
    }

    /// An entry.
    pub(super) fn entry(&self, event_type: &EventType, state_key: &str) -> Option<&'h Event> {
        self.view().entry(event_type, state_key)
    }

    pub(super) fn membership(&self, user: &str) -> Option<Membership> {
        self.view().membership(user)
    }

    /// Whether the rules allow an event against the state.
    pub(super) fn allows(&self, event: &Event) -> bool {
        let version = self.room.version();
        check_state(version, event, self.view(), ServerSignatures::Satisfied).is_allowed()
    }
}

impl<'h> Pair<'h> {
    pub(super) fn room(&self) -> &'h Room {
        self.one.room
    }

    /// The numbers of an entry in both, where both have one, and not the same.
    pub(super) fn conflict(
        &self,
        event_type: &EventType,
        state_key: &str,
    ) -> Option<(Number, Number)> {
        let one = self.one.number_of(event_type, state_key)?;
        let other = self.other.number_of(event_type, state_key)?;
        (one != other).then_some((one, other))
    }

    /// The number of an entry that both have.
    pub(super) fn common(&self, event_type: &EventType, state_key: &str) -> Option<Number> {
        let one = self.one.number_of(event_type, state_key)?;
        (self.other.number_of(event_type, state_key) == Some(one)).then_some(one)
    }

    /// The entries of the one state that the other has otherwise, or not at all.
    pub(super) fn differing(&self) -> impl Iterator<Item = (Key, Number)> + use<'h> {
        let [one, other] = [self.one, self.other].map(|side| side.state.entries());
        one.differing(other).filter_map(|key| Some((key, one.get(key)?)))
    }

    /// A state event of the room.
    pub(super) fn event(&self, number: Number) -> Option<&'h Event> {
        event(self.room(), number)
    }

    /// Whether the other state is of an event that comes after the one's.
    pub(super) fn is_before(&self) -> bool {
        self.room().dag().prev().is_ancestor(self.one.number, self.other.number)
    }

    /// Whether there is one line of events from the one state to the other.
    pub(super) fn is_line(&self) -> bool {
        let mut at = self.other.number;
        while at != self.one.number {
            match self.room().dag().prev().parents(at) {
                [parent] => at = *parent,
                _ => return false,
            }
        }
        true
    }

    /// Whether neither of two events comes after the other.
    pub(super) fn are_beside(&self, one: Number, other: Number) -> bool {
        let prev = self.room().dag().prev();
        one != other && !prev.is_ancestor(one, other) && !prev.is_ancestor(other, one)
    }

    /// Whether the one event is in the other's auth chain.
    pub(super) fn is_cited(&self, one: Number, by: Number) -> bool {
        self.room().dag().auth().is_ancestor(one, by)
    }

    /// Their resolution.
    pub(super) fn resolved(&self) -> StateSet {
        Merge::new(self.room(), [self.one.number, self.other.number]).resolution().state()
    }

    /// The number of an entry of their resolution.
    pub(super) fn resolved_entry(&self, event_type: &EventType, state_key: &str) -> Option<Number> {
        self.resolved().get(self.room().keys().get(event_type, state_key)?)
    }

    /// A witness about events of the room: those after which the states are, and these.
    pub(super) fn witness(
        &self,
        sentence: impl Into<String>,
        events: impl IntoIterator<Item = Number>,
    ) -> Witness {
        let sides = [self.one.number, self.other.number];
        witness(self.room(), sentence, sides.into_iter().chain(events))
    }
}

/// A state event of a room.
pub(super) fn event(room: &Room, number: Number) -> Option<&Event> {
    Some(room.dag().get(number)?.state_event()?.event)
}

/// A witness about events of a room, each once.
pub(super) fn witness(
    room: &Room,
    sentence: impl Into<String>,
    events: impl IntoIterator<Item = Number>,
) -> Witness {
    let mut numbers: Vec<Number> = Vec::new();
    for number in events {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    Witness::new(sentence, numbers.into_iter().filter_map(|it| room.dag().id(it).cloned()))
}

/// The user that a member event is about, and what it says of them.
pub(super) fn member(event: &Event) -> Option<(&str, Membership)> {
    match (event.event_type(), event.content(), event.state_key()) {
        (EventType::Member, Content::Member(member), Some(user)) => {
            Some((user, member.membership?))
        }
        _ => None,
    }
}

/// The power levels that an event sets.
pub(super) fn levels(event: &Event) -> Option<&PowerLevels> {
    match event.content() {
        Content::PowerLevels(levels) => Some(levels),
        _ => None,
    }
}
