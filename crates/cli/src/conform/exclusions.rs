//! Vectors that are known to come out otherwise, each with the reason.

use std::path::Path;

use exeunt_version::RoomVersion;

use super::source::{ANY, Asked};
use crate::Failure;
use crate::reasons::{Entry, read};

/// What a file excludes.
#[derive(Default)]
pub(super) struct Exclusions(Vec<Entry>);

impl Exclusions {
    /// A TOML file of `[[exclude]]` tables, each with `id` and `reason`, and perhaps `room_version`.
    pub(super) fn read(path: &Path, vectors: &[Asked<'_>]) -> Result<Self, Failure> {
        let mut versions = RoomVersion::SPECIFIED.to_vec();
        versions.push(ANY);
        for version in vectors.iter().map(Asked::version) {
            if !versions.contains(&version) {
                versions.push(version);
            }
        }
        read(path, &["id"], &versions).map(Self)
    }

    /// Why this vector is excluded, if it is.
    pub(super) fn reason(&self, asked: &Asked<'_>) -> Option<&str> {
        let is_it = |entry: &&Entry| {
            entry.allows("id", asked.vector.id()) && entry.is_about(asked.version())
        };
        self.0.iter().find(is_it).map(|entry| entry.reason.as_str())
    }
}
