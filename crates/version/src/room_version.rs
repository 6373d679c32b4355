//! A room version: its identifier, its capabilities, and the readings in force.

use std::fmt;
use std::sync::Arc;

use crate::{Capabilities, DefinitionError, Readings, definition};

/// A room version, with the readings chosen where its text is ambiguous.
///
/// The algorithms of the floors above take this and look at nothing else to tell versions apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomVersion {
    id: Arc<str>,
    page: u8,
    /// Versions beyond the specified ones that may be named beside this one.
    known: Arc<[Arc<str>]>,
    /// What the version says.
    pub capabilities: Capabilities,
    /// How ambiguous sentences are read. The default is the text.
    pub readings: Readings,
    /// The mistake that is made on purpose.
    #[cfg(feature = "mutants")]
    pub(crate) mutant: Option<crate::Mutant>,
}

/// There is no room version of that name among those of the specification.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("room version {0:?} is not one of \"1\" to \"12\"")]
pub struct UnknownRoomVersion(pub String);

const SPECIFIED: [Capabilities; 12] = [
    Capabilities::V1,
    Capabilities::V2,
    Capabilities::V3,
    Capabilities::V4,
    Capabilities::V5,
    Capabilities::V6,
    Capabilities::V7,
    Capabilities::V8,
    Capabilities::V9,
    Capabilities::V10,
    Capabilities::V11,
    Capabilities::V12,
];

const IDS: [&str; 12] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];

impl RoomVersion {
    /// The identifiers of the specified room versions, oldest first.
    pub const SPECIFIED: [&'static str; 12] = IDS;

    /// The specified room version of that identifier.
    pub fn specified(id: &str) -> Result<Self, UnknownRoomVersion> {
        IDS.iter()
            .zip(SPECIFIED)
            .zip(1_u8..)
            .find(|((known, _), _)| **known == id)
            .map(|((known, capabilities), page)| Self::new(known, page, capabilities))
            .ok_or_else(|| UnknownRoomVersion(id.to_owned()))
    }

    /// All twelve, oldest first.
    pub fn all() -> impl Iterator<Item = Self> {
        IDS.iter()
            .zip(SPECIFIED)
            .zip(1_u8..)
            .map(|((id, capabilities), page)| Self::new(id, page, capabilities))
    }

    /// A version that a user defines: a TOML text that names a base and what differs.
    ///
    /// ```
    /// let version = exeunt_version::RoomVersion::from_toml(
    ///     "id = \"org.example.trial\"\nbase = \"11\"\nstate_resolution = \"2.1\"",
    /// )?;
    /// assert_eq!(version.id(), "org.example.trial");
    /// # Ok::<(), exeunt_version::DefinitionError>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, DefinitionError> {
        definition::parse(text)
    }

    pub(crate) fn new(id: &str, page: u8, capabilities: Capabilities) -> Self {
        Self {
            id: id.into(),
            page,
            known: Arc::default(),
            capabilities,
            readings: Readings::default(),
            #[cfg(feature = "mutants")]
            mutant: crate::Mutant::of_this_thread(),
        }
    }

    /// The identifier, as `content.room_version` of a create event has it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The specified version whose page describes this one: itself, or the base that a user's
    /// definition names. Links into the specification use it.
    pub fn page(&self) -> u8 {
        self.page
    }

    /// The same version, read differently.
    #[must_use]
    pub fn with_readings(self, readings: Readings) -> Self {
        Self { readings, ..self }
    }

    /// The same version, in a place where these are known too.
    #[must_use]
    pub fn among<'i>(self, known: impl IntoIterator<Item = &'i str>) -> Self {
        Self { known: known.into_iter().map(Arc::from).collect(), ..self }
    }

    /// Whether `id` is a version that a create event may name (rule 1.3): a specified one, this
    /// one, or one that is known beside it ([`RoomVersion::among`]).
    pub fn recognises(&self, id: &str) -> bool {
        *self.id == *id || IDS.contains(&id) || self.known.iter().any(|known| **known == *id)
    }
}

impl fmt::Display for RoomVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_recognises_itself_the_specified_ones_and_those_known_beside_it() {
        let trial = RoomVersion::from_toml("id = \"trial\"\nbase = \"11\"").unwrap();
        assert!(trial.recognises("trial") && trial.recognises("1") && trial.recognises("12"));
        assert!(!trial.recognises("another"));
        let trial = trial.among(["another", "third"]);
        assert!(trial.recognises("trial") && trial.recognises("another"));
        assert!(!trial.recognises("13"));
    }
}
