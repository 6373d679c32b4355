//! Vectors that are known to come out otherwise, each with the reason.

use std::path::Path;

use crate::Failure;
use crate::reasons::{Entry, read};

/// What a file excludes.
#[derive(Default)]
pub(super) struct Exclusions(Vec<Entry>);

impl Exclusions {
    /// A TOML file of `[[exclude]]` tables, each with `id` and `reason`.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        read(path, &["id"]).map(Self)
    }

    /// Why this vector is excluded, if it is.
    pub(super) fn reason(&self, id: &str) -> Option<&str> {
        let found = self.0.iter().find(|entry| entry.allows("id", id));
        found.map(|entry| entry.reason.as_str())
    }
}
