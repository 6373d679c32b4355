//! The state that an event is checked against.

use std::collections::BTreeMap;

use exeunt_event::content::{Content, Create, JoinRule, Level, Member, Membership, PowerLevels};
use exeunt_event::identifier::Name;
use exeunt_event::{Event, EventType};
use exeunt_version::{AbsentJoinRules, RoomVersion};
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

/// A room state whose events live for `'a`: at most one for each type and state key.
///
/// `&StateMap` is one; whoever keeps states in another form implements it for a reference to that.
pub trait State<'a> {
    /// The event of that type and state key.
    fn entry(&self, event_type: &EventType, state_key: &str) -> Option<&'a Event>;

    /// The membership of the sender of the event under check, which nearly every rule asks for. A
    /// state that knows where it has it need not look for it.
    #[inline]
    fn sender_membership(&self, event: &Event) -> Option<&'a Event> {
        self.entry(&EventType::Member, event.sender().as_str())
    }

    /// The level that power levels give the sender of the event under check. A state that is asked
    /// about the same users again and again may remember it.
    #[inline]
    fn sender_level(&self, levels: &'a PowerLevels, event: &Event) -> Level {
        levels.user(event.sender().as_str())
    }
}

/// A room state as a map.
#[derive(Clone, Debug, Default)]
pub struct StateMap {
    /// The events of these types with an empty state key, which nearly every rule asks for.
    create: Option<Event>,
    power_levels: Option<Event>,
    join_rules: Option<Event>,
    /// Looked up only, and never iterated: their order is that of a hash.
    members: HashMap<Name, Event, FxBuildHasher>,
    others: BTreeMap<EventType, BTreeMap<Name, Event>>,
}

impl StateMap {
    /// An empty state.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a state event in, and gives back the one that was in its place. An event without a
    /// state key changes nothing.
    pub fn insert(&mut self, event: Event) -> Option<Event> {
        if let Some(place) = self.singleton_mut(event.event_type(), event.state_key()?) {
            return place.replace(event);
        }
        let key = Name::new(event.state_key()?);
        match event.event_type() {
            EventType::Member => self.members.insert(key, event),
            other => self.others.entry(other.clone()).or_default().insert(key, event),
        }
    }

    /// Takes an entry out.
    pub fn remove(&mut self, event_type: &EventType, state_key: &str) -> Option<Event> {
        if let Some(place) = self.singleton_mut(event_type, state_key) {
            return place.take();
        }
        match event_type {
            EventType::Member => self.members.remove(state_key),
            other => self.others.get_mut(other)?.remove(state_key),
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        let singletons = [&self.create, &self.power_levels, &self.join_rules];
        singletons.into_iter().flatten().count()
            + self.members.len()
            + self.others.values().map(BTreeMap::len).sum::<usize>()
    }

    /// The place of the only entry of that type and state key that rules ask for.
    fn singleton_mut(
        &mut self,
        event_type: &EventType,
        state_key: &str,
    ) -> Option<&mut Option<Event>> {
        if !state_key.is_empty() {
            return None;
        }
        match event_type {
            EventType::Create => Some(&mut self.create),
            EventType::PowerLevels => Some(&mut self.power_levels),
            EventType::JoinRules => Some(&mut self.join_rules),
            _ => None,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<'a> State<'a> for &'a StateMap {
    #[inline]
    fn entry(&self, event_type: &EventType, state_key: &str) -> Option<&'a Event> {
        match event_type {
            EventType::Member => self.members.get(state_key),
            EventType::Create if state_key.is_empty() => self.create.as_ref(),
            EventType::PowerLevels if state_key.is_empty() => self.power_levels.as_ref(),
            EventType::JoinRules if state_key.is_empty() => self.join_rules.as_ref(),
            other => self.others.get(other)?.get(state_key),
        }
    }
}

impl FromIterator<Event> for StateMap {
    fn from_iter<I: IntoIterator<Item = Event>>(events: I) -> Self {
        let mut state = Self::new();
        for event in events {
            state.insert(event);
        }
        state
    }
}

/// The state made of exactly some events: an event's auth events, say. For a handful of them.
#[derive(Clone, Debug)]
pub struct FewEvents<'a>(pub Vec<&'a Event>);

impl<'a> State<'a> for FewEvents<'a> {
    fn entry(&self, event_type: &EventType, state_key: &str) -> Option<&'a Event> {
        self.0.iter().copied().find(|event| event.is_state(event_type, state_key))
    }
}

/// What the rules ask of a state.
pub(crate) struct View<'s, 'a> {
    pub(crate) version: &'s RoomVersion,
    pub(crate) create_event: &'a Event,
    pub(crate) create: &'a Create,
    pub(crate) state: &'s dyn State<'a>,
}

impl<'s, 'a> View<'s, 'a> {
    /// `None` if there is no create event in the state.
    pub(crate) fn new(version: &'s RoomVersion, state: &'s dyn State<'a>) -> Option<Self> {
        let create_event = state.entry(&EventType::Create, "")?;
        match create_event.content() {
            Content::Create(create) => Some(Self { version, create_event, create, state }),
            _ => None,
        }
    }

    pub(crate) fn member_event(&self, user: &str) -> Option<&'a Event> {
        self.state.entry(&EventType::Member, user)
    }

    pub(crate) fn membership(&self, user: &str) -> Option<Membership> {
        member(self.member_event(user)?)?.membership
    }

    pub(crate) fn is_joined(&self, user: &str) -> bool {
        self.membership(user) == Some(Membership::Join)
    }

    pub(crate) fn sender_is_joined(&self, event: &Event) -> bool {
        let membership = self.state.sender_membership(event).and_then(member);
        membership.is_some_and(|member| member.membership == Some(Membership::Join))
    }

    pub(crate) fn join_rule(&self) -> Option<JoinRule> {
        match self.state.entry(&EventType::JoinRules, "").map(Event::content) {
            Some(Content::JoinRules(rule)) => Some(*rule),
            _ => match self.version.readings.absent_join_rules {
                AbsentJoinRules::None => None,
                AbsentJoinRules::Invite => Some(JoinRule::Invite),
            },
        }
    }

    pub(crate) fn power_levels(&self) -> Option<&'a PowerLevels> {
        match self.state.entry(&EventType::PowerLevels, "")?.content() {
            Content::PowerLevels(levels) => Some(levels),
            _ => None,
        }
    }

    pub(crate) fn third_party_invite(&self, token: &str) -> Option<&'a Event> {
        self.state.entry(&EventType::ThirdPartyInvite, token)
    }
}

pub(crate) fn member(event: &Event) -> Option<&Member> {
    match event.content() {
        Content::Member(member) => Some(member),
        _ => None,
    }
}
