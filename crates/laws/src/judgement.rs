//! One event against one state, and what laws ask of both.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use exeunt_auth::{Power, ServerSignatures, State as _, Verdict, check_state};
use exeunt_event::content::{
    Content, Create, InviteProof, JoinRule, Level, Member, Membership, PowerLevels, Property,
};
use exeunt_event::{Event, EventId, EventType};
use exeunt_room::{Room, State, StateView};
use exeunt_version::{Creator, RoomVersion};

use crate::{History, Witness};

/// What the rules about a state (receipt check 5) say of an event.
#[derive(Clone, Debug)]
pub struct Judgement<'h> {
    /// The event.
    pub event: &'h Event,
    /// The room that has the state.
    pub room: &'h Room,
    /// The state.
    pub state: &'h State,
    /// What the rules say.
    pub verdict: Verdict<'h>,
    /// The events of the room that somebody has redacted so far; the same for all judgements of it.
    redacted: Rc<RefCell<BTreeMap<EventId, Event>>>,
}

impl History {
    /// Each event against the state before it, and against the current state of the first server
    /// that had it, where that is another.
    pub fn judgements(&self) -> Vec<Judgement<'_>> {
        let mut seen = BTreeSet::new();
        let mut judgements: Vec<Judgement<'_>> = Vec::new();
        for arrival in self.arrivals() {
            let event = arrival.event;
            let Some(before) = arrival.room.state_before(event.event_id()) else { continue };
            if before.is_empty() || !seen.insert(event.event_id()) {
                continue;
            }
            judgements.push(Judgement::new(event, arrival.room, before));
            let current = &arrival.step.before.current_state;
            if !current.is_empty() && current != before {
                judgements.push(Judgement::new(event, arrival.room, current));
            }
        }
        let redacted = Rc::default();
        for judgement in &mut judgements {
            judgement.redacted = Rc::clone(&redacted);
        }
        judgements
    }
}

impl<'h> Judgement<'h> {
    /// Asks the rules.
    pub fn new(event: &'h Event, room: &'h Room, state: &'h State) -> Self {
        let view = room.view(state);
        let verdict = check_state(room.version(), event, view, ServerSignatures::Satisfied);
        Self { event, room, state, verdict, redacted: Rc::default() }
    }

    /// The same with another verdict.
    #[must_use]
    pub fn with_verdict(self, verdict: Verdict<'h>) -> Self {
        Self { verdict, ..self }
    }

    /// An event of the room, redacted.
    pub fn redacted(&self, event: &Event) -> Event {
        let mut known = self.redacted.borrow_mut();
        if let Some(event) = known.get(event.event_id()) {
            return event.clone();
        }
        let redacted = event.redacted(self.version());
        known.insert(event.event_id().clone(), redacted.clone());
        redacted
    }

    /// The room version.
    pub fn version(&self) -> &'h RoomVersion {
        self.room.version()
    }

    /// Whether the event is allowed.
    pub fn is_allowed(&self) -> bool {
        self.verdict.is_allowed()
    }

    /// The state, as the rules take it.
    pub fn view(&self) -> StateView<'h> {
        self.room.view(self.state)
    }

    /// The sender.
    pub fn sender(&self) -> &'h str {
        self.event.sender().as_str()
    }

    /// The user that the event is about, and what it says of them, if it is a member event.
    pub fn member(&self) -> Option<(&'h str, &'h Member)> {
        match (self.event.event_type(), self.event.content(), self.event.state_key()) {
            (EventType::Member, Content::Member(member), Some(key)) => Some((key, member)),
            _ => None,
        }
    }

    /// [`Judgement::member`] without a third-party invite, as `(sender, target, membership)`.
    pub fn plain_member(&self) -> Option<(&'h str, &'h str, Membership)> {
        let (target, member) = self.member()?;
        let is_plain = matches!(member.third_party_invite, InviteProof::Absent);
        Some((self.sender(), target, member.membership.filter(|_| is_plain)?))
    }

    /// A user's membership in the state.
    pub fn membership(&self, user: &str) -> Option<Membership> {
        self.view().membership(user)
    }

    /// A user's power in the state.
    pub fn power(&self, user: &str) -> Power {
        self.view().power(user)
    }

    /// The power levels of the state.
    pub fn levels(&self) -> Option<&'h PowerLevels> {
        self.view().levels()
    }

    /// The power levels that the event sets.
    pub fn new_levels(&self) -> Option<&'h PowerLevels> {
        match (self.event.content(), self.event.state_key()) {
            (Content::PowerLevels(levels), Some("")) => Some(levels),
            _ => None,
        }
    }

    /// The level that something needs in the state.
    pub fn level(&self, property: Property) -> Power {
        self.view().level(property)
    }

    /// The join rule of the state.
    pub fn join_rule(&self) -> Option<JoinRule> {
        self.view().join_rule()
    }

    /// The create event of the state.
    pub fn create(&self) -> Option<(&'h Event, &'h Create)> {
        let event = self.view().entry(&EventType::Create, "")?;
        match event.content() {
            Content::Create(create) => Some((event, create)),
            _ => None,
        }
    }

    /// Whether the user created the room.
    pub fn is_creator(&self, user: &str) -> bool {
        let Some((event, create)) = self.create() else { return false };
        let is_sender = event.sender().as_str() == user;
        match self.version().capabilities.creator {
            Creator::Property => {
                create.creator.as_ref().is_some_and(|creator| creator.as_str() == user)
            }
            Creator::Sender => is_sender,
            Creator::Privileged => {
                let mut listed = create.additional_creators.listed().iter();
                is_sender || listed.any(|creator| creator.as_str() == user)
            }
        }
    }

    /// Whether it is the creator's join as the room's second event, which no other part of the
    /// state has to do with.
    pub fn is_first_join(&self) -> bool {
        let Some((target, member)) = self.member() else { return false };
        let Some((create, _)) = self.create() else { return false };
        let follows = self.event.prev_events() == [create.event_id().clone()];
        follows && member.membership == Some(Membership::Join) && self.is_creator(target)
    }

    /// A witness about the event.
    pub fn witness(&self, sentence: impl Into<String>) -> Witness {
        Witness::new(sentence, [self.event.event_id().clone()])
    }
}

/// The levels of the maps and properties of power levels, by name.
pub(crate) fn general(levels: Option<&PowerLevels>, property: Property) -> Level {
    levels.map_or_else(|| property.default_level(), |levels| levels.level(property))
}
