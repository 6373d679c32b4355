//! Differences that are known, each with the reason.

use std::path::Path;

use exeunt_conformance::Class;
use exeunt_version::RoomVersion;

use crate::Failure;
use crate::reasons::{Entry, read};

/// What a file excludes.
#[derive(Default)]
pub(super) struct Excluded(Vec<Entry>);

impl Excluded {
    /// A TOML file of `[[exclude]]` tables with `reason`, any of `op`, `rule`, `what` and `reading`,
    /// and perhaps `room_version`, a list of the specification's and these.
    pub(super) fn read(path: &Path, defined: &[RoomVersion]) -> Result<Self, Failure> {
        let mut versions = RoomVersion::SPECIFIED.to_vec();
        let others = defined.iter().map(RoomVersion::id);
        versions.extend(others.filter(|id| !RoomVersion::SPECIFIED.contains(id)));
        read(path, &["op", "rule", "what", "reading"], &versions).map(Self)
    }

    /// Why differences of this class are excluded in this room version, if they are: every key that
    /// the file gives has to be theirs.
    pub(super) fn reason(&self, class: &Class, version: &str) -> Option<&str> {
        let is_it = |entry: &&Entry| {
            let reading = class.reading.as_deref().unwrap_or_default();
            let keys = [("op", class.op), ("rule", &class.rule), ("what", &class.what)];
            let mut keys = keys.into_iter().chain([("reading", reading)]);
            entry.is_about(version) && keys.all(|(key, value)| entry.allows(key, value))
        };
        self.0.iter().find(is_it).map(|entry| entry.reason.as_str())
    }
}
