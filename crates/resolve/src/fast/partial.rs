//! Events against a state in the making.

use std::cell::{OnceCell, RefCell};

use exeunt_auth::{ServerSignatures, State, Verdict, check_state};
use exeunt_dag::{Number, Sparse};
use exeunt_event::content::{Level, PowerLevels};
use exeunt_event::{Event, EventType};
use exeunt_version::{Mutant, RejectedInResolution};

use super::components::index;
use super::loaded::{Loaded, Place, StandIns};
use crate::{Body, Key, Question, StateEvent, StateSet};

/// What is known of the entry of a key: nothing yet, so that it is that of the state below…
const BELOW: u32 = 0;
/// …or that there is none, though some of the states to be resolved have one…
const CONTESTED: u32 = 1;
/// …or that there is none, or from here on the place of its event.
const NONE: u32 = 2;
const FIRST: u32 = 3;

/// The keys that have a constant, in the order of their indices.
const SINGLES: [Key; 3] = [Key::CREATE, Key::POWER_LEVELS, Key::JOIN_RULES];

/// A state in the making.
pub(super) struct Partial<'s, 'a, T> {
    pub(super) loaded: Loaded<'a, T>,
    /// The state that it began with, where a key had an entry in it.
    below: Option<&'s StateSet>,
    entries: Sparse<u32>,
    /// The entries of the keys that have a constant, which nearly every rule asks for.
    singles: [Option<StateEvent<'a>>; SINGLES.len()],
    /// The keys that were set where there was no entry and none of the states had another.
    new: Vec<Key>,
    are_rejected_powerless: bool,
    levels: RefCell<Levels<'a>>,
    answered: Answered<'a>,
}

impl<'s, 'a, T: Body> Partial<'s, 'a, T> {
    /// The entries of a state without the contested keys, or no entries.
    pub(super) fn new(
        loaded: Loaded<'a, T>,
        below: Option<&'s StateSet>,
        contested: &[Key],
    ) -> Self {
        let keys = loaded.events.keys.len();
        let levels = Levels { last: None, changes: 0, known: Sparse::new(keys) };
        let answered = Answered::new(loaded.events.keys.questions());
        let mut entries = Sparse::new(keys);
        for key in contested {
            entries.set(key.index(), CONTESTED);
        }
        let reading = loaded.events.version.readings.rejected_in_resolution;
        let are_rejected_powerless =
            matches!(reading, RejectedInResolution::Powerless | RejectedInResolution::Skipped);
        let mut partial = Self {
            loaded,
            below,
            entries,
            singles: [None; SINGLES.len()],
            new: Vec::new(),
            are_rejected_powerless,
            levels: RefCell::new(levels),
            answered,
        };
        for key in SINGLES {
            partial.settle(key);
            partial.keep_single(key);
        }
        partial
    }

    /// Looks up what is below, so that later look-ups are fast.
    fn settle(&mut self, key: Key) {
        let Some(below) = self.below else { return };
        if self.entries.get(key.index()) == BELOW {
            let entry = below.get(key).map(|number| FIRST + self.loaded.load(number));
            self.entries.set(key.index(), entry.unwrap_or(NONE));
        }
    }

    /// The event of a key.
    pub(super) fn get(&self, key: Key) -> Option<Number> {
        match self.entries.get(key.index()) {
            BELOW => self.below?.get(key),
            entry => Some(self.loaded.number(entry.checked_sub(FIRST)?)),
        }
    }

    #[inline]
    fn state_event(&self, key: Key) -> Option<StateEvent<'a>> {
        match self.singles.get(key.index()) {
            Some(single) => *single,
            None => self.state_event_of(key),
        }
    }

    /// Keeps the entry of a key at hand, if it is one of those with a constant.
    fn keep_single(&mut self, key: Key) {
        if key.index() < SINGLES.len() {
            self.singles[key.index()] = self.state_event_of(key);
        }
    }

    fn state_event_of(&self, key: Key) -> Option<StateEvent<'a>> {
        match self.entries.get(key.index()) {
            BELOW => self.loaded.events.state_event(self.below?.get(key)?),
            entry => self.loaded.state_event(entry.checked_sub(FIRST)?),
        }
    }

    /// Puts an event in.
    pub(super) fn set(&mut self, key: Key, place: Place) {
        self.settle(key);
        if matches!(self.replace(key, Replaced(FIRST + place)).0, BELOW | NONE) {
            self.new.push(key);
        }
    }

    /// Puts an event in for a while.
    pub(super) fn lend(&mut self, key: Key, place: Place) -> Replaced {
        self.replace(key, Replaced(FIRST + place))
    }

    /// Puts something that was replaced into its place again.
    pub(super) fn replace(&mut self, key: Key, replaced: Replaced) -> Replaced {
        let before = Replaced(self.entries.set(key.index(), replaced.0));
        self.keep_single(key);
        before
    }

    /// The entries of keys about which the states were of one mind that there is none.
    pub(super) fn new_entries(&self, first: &StateSet) -> Vec<(Key, Number)> {
        let keys = self.new.iter().filter(|key| first.get(**key).is_none());
        keys.filter_map(|key| Some((*key, self.get(*key)?))).collect()
    }

    /// Whether the state allows an event. Where it has no entry, auth events stand in: those of the
    /// event at a place of the full conflicted set.
    pub(super) fn check(&mut self, event: &StateEvent<'a>, citing: Option<Place>) -> Verdict<'a> {
        self.settle(event.sender);
        let Some(question) = event.question else {
            self.settle(event.key);
            let implied = citing.and_then(|_| self.loaded.implied_create(event.event));
            return self.ask(event, citing, implied);
        };
        // Events with the same question are of the same room, and a resolution checks either all of its
        // events with what they cite or none.
        let before = self.answered.get(question);
        let implied = match before {
            Some(before) => before.implied,
            None => citing.and_then(|_| self.loaded.implied_create(event.event)),
        };
        let answers = self.asked(event, citing, implied).answers();
        match before {
            Some(before) if before.answers == answers => before.verdict.clone(),
            _ => {
                let verdict = self.ask(event, citing, implied);
                let answer = Answer { implied, answers, verdict: verdict.clone() };
                self.answered.put(question, answer);
                verdict
            }
        }
    }

    fn ask(
        &self,
        event: &StateEvent<'a>,
        citing: Option<Place>,
        implied: Option<Place>,
    ) -> Verdict<'a> {
        let state = self.asked(event, citing, implied);
        let version = self.loaded.events.version;
        check_state(version, event.event, &state, ServerSignatures::Satisfied)
    }

    fn asked<'p>(
        &'p self,
        event: &'p StateEvent<'a>,
        citing: Option<Place>,
        implied: Option<Place>,
    ) -> Asked<'p, 's, 'a, T> {
        Asked { partial: self, event, citing, implied, stand_ins: OnceCell::new() }
    }

    /// Checks an event of the full conflicted set, and puts it in if it is allowed.
    pub(super) fn step(&mut self, place: Place, event: &StateEvent<'a>) -> Verdict<'a> {
        let verdict = self.check(event, Some(place));
        if verdict.is_allowed() {
            self.set(event.key, place);
        }
        verdict
    }
}

/// What was in the place of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replaced(u32);

/// The state as the rules see it while they check an event.
struct Asked<'p, 's, 'a, T> {
    partial: &'p Partial<'s, 'a, T>,
    event: &'p StateEvent<'a>,
    citing: Option<Place>,
    implied: Option<Place>,
    /// What stands in for what the state has not, once something does.
    stand_ins: OnceCell<StandIns>,
}

impl<'a, T: Body> Asked<'_, '_, 'a, T> {
    /// The key: what rules ask for is nearly always one of those that are at hand.
    fn key(&self, event_type: &EventType, state_key: &str) -> Option<Key> {
        let event = self.event.event;
        match event_type {
            EventType::Member if *event.sender() == *state_key => Some(self.event.sender),
            EventType::Member if event.is_state(&EventType::Member, state_key) => {
                Some(self.event.key)
            }
            _ => self.partial.loaded.events.keys.get(event_type, state_key),
        }
    }

    /// All that is asked about an event that has a question.
    fn answers(&self) -> Answers {
        let keys = [Key::CREATE, Key::POWER_LEVELS, self.event.sender];
        keys.map(|key| self.find(key).map(std::ptr::from_ref))
    }

    fn find(&self, key: Key) -> Option<&'a Event> {
        let entry = self.partial.state_event(key);
        let entry =
            entry.filter(|entry| !(self.partial.are_rejected_powerless && entry.is_rejected));
        entry.or_else(|| self.auth_event(key)).map(|entry| entry.event)
    }

    fn auth_event(&self, key: Key) -> Option<StateEvent<'a>> {
        let (place, sender) = (self.citing?, self.event.sender);
        let loaded = &self.partial.loaded;
        let stand_ins =
            self.stand_ins.get_or_init(|| loaded.stand_ins(place, self.implied, sender));
        let is_itself = self.event.key == key
            && !self.event.is_rejected
            && loaded.events.version.is_mutant(Mutant::AuthorisesItself);
        loaded
            .stand_in(place, self.implied, *stand_ins, (key, sender))
            .or_else(|| is_itself.then_some(*self.event))
    }
}

impl<'a, T: Body> State<'a> for &Asked<'_, '_, 'a, T> {
    fn entry(&self, event_type: &EventType, state_key: &str) -> Option<&'a Event> {
        self.find(self.key(event_type, state_key)?)
    }

    fn sender_membership(&self, event: &Event) -> Option<&'a Event> {
        debug_assert!(std::ptr::eq(event, self.event.event));
        self.find(self.event.sender)
    }

    fn sender_level(&self, levels: &'a PowerLevels, event: &Event) -> Level {
        debug_assert!(std::ptr::eq(event, self.event.event));
        match self.partial.levels.try_borrow_mut() {
            Ok(mut known) => known.of(levels, self.event),
            Err(_) => levels.user(event.sender().as_str()),
        }
    }
}

/// The create event, the power levels, and the sender's membership, as the events that they are.
type Answers = [Option<*const Event>; 3];

/// What came of a question the last time.
struct Answer<'a> {
    /// The create event that the room ID stands for.
    implied: Option<Place>,
    answers: Answers,
    verdict: Verdict<'a>,
}

/// The last answers, as most events of a large conflict are asked what others were asked before, in
/// a state that answers the same. So these need not even be fetched from memory.
struct Answered<'a> {
    /// By question: the place + 1.
    places: Sparse<u32>,
    list: Vec<Answer<'a>>,
}

impl<'a> Answered<'a> {
    fn new(questions: usize) -> Self {
        Self { places: Sparse::new(questions), list: Vec::new() }
    }

    fn get(&self, question: Question) -> Option<&Answer<'a>> {
        let place = self.places.get(question.index()).checked_sub(1)?;
        self.list.get(place as usize)
    }

    fn put(&mut self, question: Question, answer: Answer<'a>) {
        let place = self.places.place(question.index());
        if let Some(before) = self.list.get_mut((*place as usize).wrapping_sub(1)) {
            *before = answer;
        } else {
            self.list.push(answer);
            *place = index(self.list.len());
        }
    }
}

/// The levels of senders by the power levels that were asked last.
struct Levels<'a> {
    last: Option<&'a PowerLevels>,
    /// How often these were others than before.
    changes: u32,
    /// By the key of the sender's membership: the level, and the number of changes before.
    known: Sparse<(u32, Level)>,
}

impl<'a> Levels<'a> {
    fn of(&mut self, levels: &'a PowerLevels, event: &StateEvent<'_>) -> Level {
        if !self.last.is_some_and(|last| std::ptr::eq(last, levels)) {
            self.last = Some(levels);
            self.changes += 1;
        }
        let known = self.known.place(event.sender.index());
        if known.0 != self.changes {
            *known = (self.changes, levels.user(event.event.sender().as_str()));
        }
        known.1
    }
}
