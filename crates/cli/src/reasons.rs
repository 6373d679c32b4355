//! Files of what does not count, each entry with its reason.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

use crate::Failure;

/// What does not count, and why.
pub(crate) struct Entry {
    patterns: BTreeMap<String, String>,
    /// The room versions that it is about, unless it is about all.
    versions: Option<Vec<String>>,
    pub(crate) reason: String,
}

impl Entry {
    /// Whether the entry says nothing of that key, or what it says matches.
    pub(crate) fn allows(&self, key: &str, value: &str) -> bool {
        self.patterns.get(key).is_none_or(|pattern| matches(pattern, value))
    }

    /// Whether the entry says nothing of room versions, or names this one.
    pub(crate) fn is_about(&self, version: &str) -> bool {
        self.versions.as_ref().is_none_or(|named| named.iter().any(|it| it == version))
    }
}

/// A TOML file of `[[exclude]]` tables: each has a `reason` and at least one of these keys, whose
/// values are strings in which `*` stands for anything; and perhaps `room_version`, a list of some of
/// these versions.
pub(crate) fn read(path: &Path, keys: &[&str], versions: &[&str]) -> Result<Vec<Entry>, Failure> {
    let named = |what: &dyn std::fmt::Display| Failure::about(path, what);
    let text = fs::read_to_string(path).map_err(|error| named(&error))?;
    let table: Table = text.parse().map_err(|error| named(&error))?;
    if let Some(other) = table.keys().find(|key| *key != "exclude") {
        return Err(named(&format!("there is no key {other:?}; it has [[exclude]] tables")));
    }
    let list = match table.get("exclude") {
        None => &Vec::new(),
        Some(list) => list.as_array().ok_or_else(|| named(&"`exclude` is no array of tables"))?,
    };
    let entries = (1..).zip(list).map(|(number, value)| {
        entry(value, keys, versions).map_err(|what| named(&format!("[[exclude]] {number}: {what}")))
    });
    entries.collect()
}

fn entry(value: &Value, keys: &[&str], known: &[&str]) -> Result<Entry, String> {
    let (mut patterns, mut versions) = (BTreeMap::new(), None);
    for (key, value) in value.as_table().ok_or("it is no table")? {
        if key == "room_version" {
            versions = Some(room_versions(value, known)?);
            continue;
        }
        if key != "reason" && !keys.contains(&key.as_str()) {
            let keys = keys.join("`, `");
            return Err(format!(
                "there is no key {key:?}; it has `{keys}`, `room_version` and `reason`"
            ));
        }
        let value = value.as_str().map(str::trim).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| format!("`{key}` is empty or no string"))?;
        patterns.insert(key.clone(), value.to_owned());
    }
    let reason = patterns.remove("reason").ok_or("`reason` is missing")?;
    if patterns.is_empty() {
        return Err(format!("it has none of `{}`", keys.join("`, `")));
    }
    Ok(Entry { patterns, versions, reason })
}

fn room_versions(value: &Value, known: &[&str]) -> Result<Vec<String>, String> {
    let list = value.as_array().filter(|list| !list.is_empty());
    let list = list.ok_or("`room_version` is empty or no list")?;
    let version = |value: &Value| {
        let version = value.as_str().ok_or("`room_version` has what is no string")?;
        if known.contains(&version) {
            return Ok(version.to_owned());
        }
        Err(format!("there is no room version {version:?}, but {}", known.join(", ")))
    };
    list.iter().map(version).collect()
}

/// Whether the pattern, in which `*` stands for anything, is all of the text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(start) else { return false };
    let mut ends = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
    ends.any(|at| matches(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything() {
        assert!(matches("a/*/c", "a/b/b/c"));
        assert!(matches("a*", "a"));
        assert!(matches("*", ""));
        assert!(matches("a", "a"));
        assert!(!matches("a*c", "ab"));
        assert!(!matches("a", "ab"));
    }
}
