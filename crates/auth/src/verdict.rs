//! What a check says: which rule decided, and by what.

use std::fmt;

use exeunt_event::content::{JoinRule, Membership};
use exeunt_event::{Event, EventId};

use crate::{Power, Rule};

/// Whether an event may happen, by which rule, and what decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// It may.
    Allowed {
        /// The rule that allows it.
        rule: Rule,
    },
    /// It may not.
    Rejected {
        /// The rule that rejects it.
        rule: Rule,
        /// The state entry, the level or the property that decided. Boxed, so that a list of
        /// verdicts, most of which allow, is small.
        witness: Box<Witness<'a>>,
    },
}

impl Verdict<'_> {
    /// Whether the event may happen.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }

    /// The verdict in words: the rule's sentence, and for a rejection what decided.
    pub fn explain(&self) -> String {
        let sentence = self.rule().sentence();
        match self {
            Self::Allowed { .. } => sentence.to_owned(),
            Self::Rejected { witness, .. } => {
                format!("{} ({witness})", sentence.trim_end_matches('.'))
            }
        }
    }

    /// The rule that decided.
    pub fn rule(&self) -> Rule {
        match self {
            Self::Allowed { rule } | Self::Rejected { rule, .. } => *rule,
        }
    }
}

/// An auth event cannot be had, so there is no verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the auth event {0} is missing")]
pub struct MissingAuthEvent(pub EventId);

/// What decided against an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witness<'a> {
    /// A property of the event, by its path.
    Property(&'static str),
    /// A name that stands in the event.
    Named(&'a str),
    /// An auth event, or an entry of the state.
    Entry(&'a Event),
    /// The state has no such entry.
    NoEntry {
        /// The type that it would have.
        event_type: &'static str,
        /// The state key that it would have.
        state_key: &'a str,
    },
    /// A user's membership.
    Membership {
        /// The user.
        user: &'a str,
        /// Their membership; `None` if the state has none.
        membership: Option<Membership>,
    },
    /// The room's join rule; `None` if the state has none.
    JoinRule(Option<JoinRule>),
    /// A level that a user lacks.
    Level {
        /// What the level is for.
        of: LevelOf<'a>,
        /// The level.
        level: Power,
        /// The user whose power is compared with it.
        user: &'a str,
        /// That user's power.
        power: Power,
    },
}

/// What a level is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LevelOf<'a> {
    /// A level with a name of its own.
    Property(&'static str),
    /// Sending events of a type.
    Event(&'a str),
    /// Notifying.
    Notification(&'a str),
    /// A user's power.
    User(&'a str),
}

impl fmt::Display for LevelOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property(name) => write!(f, "`{name}`"),
            Self::Event(event_type) => write!(f, "`events.{event_type}`"),
            Self::Notification(name) => write!(f, "`notifications.{name}`"),
            Self::User(user) => write!(f, "the power of {user}"),
        }
    }
}

/// Part of a sentence: "the membership of @bob:b is leave".
impl fmt::Display for Witness<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property(path) => write!(f, "`{path}`"),
            Self::Named(name) => write!(f, "{name:?}"),
            Self::Entry(event) => {
                write!(f, "{} ({}", event.event_id(), event.event_type())?;
                match event.state_key() {
                    Some(key) => write!(f, ", {key:?})"),
                    None => write!(f, ")"),
                }
            }
            Self::NoEntry { event_type, state_key } => {
                write!(f, "the state has no {event_type} {state_key:?}")
            }
            Self::Membership { user, membership: Some(membership) } => {
                write!(f, "the membership of {user} is {}", membership.as_str())
            }
            Self::Membership { user, membership: None } => write!(f, "{user} has no membership"),
            Self::JoinRule(Some(rule)) => write!(f, "the join rule is {}", rule.as_str()),
            Self::JoinRule(None) => write!(f, "the room has no join rule"),
            Self::Level { of, level, user, power } => {
                write!(f, "{of} is {level}, and {user} has {power}")
            }
        }
    }
}
