//! Readings that are taken together.

use std::collections::BTreeMap;
use std::fmt;

use exeunt_event::json::{Object, Value};

/// Readings, each with the choice that is made: one, or several at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Choices(BTreeMap<String, String>);

impl Choices {
    /// These and one more.
    #[must_use]
    pub fn with(&self, name: impl Into<String>, choice: impl Into<String>) -> Self {
        let mut all = self.0.clone();
        all.insert(name.into(), choice.into());
        Self(all)
    }

    /// From `name=choice`.
    pub fn parse_one(text: &str) -> Option<Self> {
        let (name, choice) = text.split_once('=')?;
        Some(Self::default().with(name, choice))
    }

    /// From an object as questions have it under `readings`.
    pub fn of_object(object: &Object<'_>) -> Option<Self> {
        let one = |(name, choice): (&str, &Value<'_>)| {
            Some((name.to_owned(), choice.as_str()?.to_owned()))
        };
        object.iter().map(one).collect::<Option<_>>().map(Self)
    }

    /// As questions have it under `readings`.
    pub fn to_object(&self) -> Object<'static> {
        self.0.iter().map(|(name, choice)| (name.clone(), choice.clone())).collect()
    }

    /// Each name and its choice, sorted by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, choice)| (name.as_str(), choice.as_str()))
    }

    /// Whether one of them is the reading of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// `name=choice`, and if there are several, with “and” between them.
impl fmt::Display for Choices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, choice)) in self.iter().enumerate() {
            let and = if at == 0 { "" } else { " and " };
            write!(f, "{and}{name}={choice}")?;
        }
        Ok(())
    }
}
