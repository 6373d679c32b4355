//! Differences that are known, each with the reason.

use std::path::Path;

use exeunt_conformance::Class;

use crate::Failure;
use crate::reasons::{Entry, read};

/// What a file excludes.
#[derive(Default)]
pub(super) struct Excluded(Vec<Entry>);

impl Excluded {
    /// A TOML file of `[[exclude]]` tables with `reason` and any of `op`, `rule`, `what` and
    /// `reading`.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        read(path, &["op", "rule", "what", "reading"]).map(Self)
    }

    /// Why differences of this class are excluded, if they are: every key that the file gives has to
    /// be theirs.
    pub(super) fn reason(&self, class: &Class) -> Option<&str> {
        let is_it = |entry: &&Entry| {
            let reading = class.reading.as_deref().unwrap_or_default();
            let keys = [("op", class.op), ("rule", &class.rule), ("what", &class.what)];
            let mut keys = keys.into_iter().chain([("reading", reading)]);
            keys.all(|(key, value)| entry.allows(key, value))
        };
        self.0.iter().find(is_it).map(|entry| entry.reason.as_str())
    }
}
