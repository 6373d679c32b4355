//! What a law is, and what comes of asking it.

use exeunt_event::EventId;
use exeunt_version::RoomVersion;

use crate::{Arrival, History, Judgement, Merge, NetworkHistory};

/// A law: a sentence about rooms that a history may keep or break.
#[derive(Clone, Copy, Debug)]
pub struct Law {
    /// Its number in the list of laws: `S1`, `R12`.
    pub id: &'static str,
    /// Its name, as one word for the command line.
    pub name: &'static str,
    /// The law.
    pub sentence: &'static str,
    /// What the sentence is taken from: a link into the specification.
    pub source: &'static str,
    /// What is expected of it in a room version.
    pub expected: fn(&RoomVersion) -> Expected,
    /// How it is asked.
    pub about: About,
}

/// What is expected of a law in a room version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// No history breaks it.
    Holds,
    /// A search breaks it: one that does not is itself suspect.
    Fails {
        /// The smallest history known, in a few words.
        case: &'static str,
        /// How many events that history has.
        events: usize,
    },
    /// It has nothing to say in the version, for that reason.
    Silent(&'static str),
}

/// What a law is asked about.
#[derive(Clone, Copy, Debug)]
pub enum About {
    /// One event against one state.
    Judgement(fn(&Judgement<'_>) -> Answer),
    /// One event as it comes to a server.
    Arrival(fn(&Arrival<'_>) -> Answer),
    /// States of a room that are resolved.
    Merge(fn(&Merge<'_>) -> Answer),
    /// Everything that happened.
    History(fn(&History) -> Tally),
    /// All histories of a run, by what its report counts.
    Run,
    /// Everything that happened to several homeservers.
    Network(fn(&NetworkHistory) -> Tally),
}

/// What a law says of one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its premise is not met.
    Silent,
    /// Its premise is met, and what it says is so.
    Kept,
    /// Its premise is met, and what it says is not so.
    Broken(Witness),
}

/// Where a law broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// What is there instead of what the law says.
    pub sentence: String,
    /// The events that it is about.
    pub events: Vec<EventId>,
    /// The place of the server at which it is, if it is at one.
    pub server: Option<usize>,
    /// The step of a network in which it broke, if it was in one.
    pub step: Option<usize>,
}

impl Law {
    /// Whether it is about networks, and not about the history of one room.
    pub fn is_about_networks(&self) -> bool {
        matches!(self.about, About::Network(_))
    }
}

/// What a law says of a history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often its premise was met.
    pub met: u64,
    /// Where it broke first.
    pub broken: Option<Witness>,
}

impl Witness {
    /// What is there, and the events that it is about.
    pub fn new(sentence: impl Into<String>, events: impl IntoIterator<Item = EventId>) -> Self {
        let events = events.into_iter().collect();
        Self { sentence: sentence.into(), events, server: None, step: None }
    }

    /// In a step of a network.
    #[must_use]
    pub fn in_step(self, step: usize) -> Self {
        Self { step: Some(step), ..self }
    }
}

impl Answer {
    /// Kept or broken, by whether it is so.
    pub fn of(is_so: bool, otherwise: impl FnOnce() -> Witness) -> Self {
        if is_so { Self::Kept } else { Self::Broken(otherwise()) }
    }
}

impl Tally {
    /// Counts an answer.
    pub fn count(&mut self, answer: Answer) {
        match answer {
            Answer::Silent => {}
            Answer::Kept => self.met += 1,
            Answer::Broken(witness) => {
                self.met += 1;
                self.broken.get_or_insert(witness);
            }
        }
    }
}

impl Extend<Answer> for Tally {
    fn extend<I: IntoIterator<Item = Answer>>(&mut self, answers: I) {
        for answer in answers {
            self.count(answer);
        }
    }
}

impl FromIterator<Answer> for Tally {
    fn from_iter<I: IntoIterator<Item = Answer>>(answers: I) -> Self {
        let mut tally = Self::default();
        tally.extend(answers);
        tally
    }
}
