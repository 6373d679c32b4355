//! The rules by which an event is allowed or rejected: one closed enum, in the order of the text.

mod list;
mod markdown;
mod number;
mod text;

use std::fmt;
use std::str::FromStr;

use exeunt_version::{Capabilities, RoomVersion, SPECIFICATION};

pub use list::Rule;
pub use markdown::table_markdown;
pub use number::{RuleNumber, RuleNumberError};

/// What it means that a rule has spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// The event is allowed.
    Allows,
    /// The event is rejected.
    Rejects,
    /// The event is allowed if the rule's condition holds, and rejected otherwise.
    Decides,
}

impl Effect {
    /// The word for it: `allows`, `rejects` or `decides`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allows => "allows",
            Self::Rejects => "rejects",
            Self::Decides => "decides",
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// There is no rule of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule {0:?}")]
pub struct UnknownRule(pub String);

impl Rule {
    /// Whether room versions with these capabilities have the rule, numbered or not.
    ///
    /// ```
    /// use exeunt_auth::Rule;
    /// use exeunt_version::Capabilities;
    ///
    /// assert!(Rule::KnockJoinRule.exists_in(&Capabilities::V7));
    /// assert!(!Rule::KnockJoinRule.exists_in(&Capabilities::V6));
    /// ```
    pub fn exists_in(self, capabilities: &Capabilities) -> bool {
        self.outside_the_list(capabilities) || self.number(capabilities).is_some()
    }

    /// Whether the rule is said in the section on the forms of power levels and not in the list.
    fn outside_the_list(self, capabilities: &Capabilities) -> bool {
        matches!(self, Self::PowerLevelsNotIntegers | Self::PowerLevelsMapsNotIntegers)
            && !text::levels_are_integers(capabilities)
    }

    /// The number of the rule in room versions with these capabilities, if it has one there.
    ///
    /// ```
    /// use exeunt_auth::Rule;
    /// use exeunt_version::Capabilities;
    ///
    /// let number = |capabilities| Rule::BanAllowed.number(&capabilities).map(|n| n.to_string());
    /// assert_eq!(number(Capabilities::V5).as_deref(), Some("5.5.2"));
    /// assert_eq!(number(Capabilities::V6).as_deref(), Some("4.5.2"));
    /// assert_eq!(number(Capabilities::V12).as_deref(), Some("5.6.2"));
    /// ```
    pub fn number(self, capabilities: &Capabilities) -> Option<RuleNumber> {
        text::number(self, capabilities)
    }

    /// The rule that has this number in room versions with these capabilities.
    ///
    /// None if the number is not there, or stands before a condition that heads other rules.
    pub fn by_number(number: &RuleNumber, capabilities: &Capabilities) -> Option<Self> {
        text::at(*number, capabilities)
    }

    /// Where the specification says this rule, on the page of room version `page`.
    ///
    /// If that page does not have the rule (as may be where a user's definition has it but the
    /// version that it is based on has not), the newest page that has it.
    pub fn link(self, page: u8) -> String {
        let has = |version: &RoomVersion| self.exists_in(&version.capabilities);
        let version = RoomVersion::specified(&page.to_string())
            .ok()
            .filter(has)
            .or_else(|| RoomVersion::all().filter(has).last());
        let outside =
            version.as_ref().is_some_and(|version| self.outside_the_list(&version.capabilities));
        let page = version.map_or(page, |version| version.page());
        let section = if outside {
            "mroompower_levels-events-accept-values-as-strings"
        } else {
            "authorisation-rules"
        };
        format!("https://spec.matrix.org/{SPECIFICATION}/rooms/v{page}/#{section}")
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(name: &str) -> Result<Self, UnknownRule> {
        Self::ALL
            .iter()
            .find(|rule| rule.name() == name)
            .copied()
            .ok_or_else(|| UnknownRule(name.to_owned()))
    }
}
