//! Files of what does not count, each entry with its reason.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

use crate::Failure;

/// What does not count, and why.
pub(crate) struct Entry {
    patterns: BTreeMap<String, String>,
    pub(crate) reason: String,
}

impl Entry {
    /// Whether the entry says nothing of that key, or what it says matches.
    pub(crate) fn allows(&self, key: &str, value: &str) -> bool {
        self.patterns.get(key).is_none_or(|pattern| matches(pattern, value))
    }
}

/// A TOML file of `[[exclude]]` tables: each has a `reason` and at least one of these keys, whose
/// values are strings in which `*` stands for anything.
pub(crate) fn read(path: &Path, keys: &[&str]) -> Result<Vec<Entry>, Failure> {
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
        entry(value, keys).map_err(|what| named(&format!("[[exclude]] {number}: {what}")))
    });
    entries.collect()
}

fn entry(value: &Value, keys: &[&str]) -> Result<Entry, String> {
    let mut patterns = BTreeMap::new();
    for (key, value) in value.as_table().ok_or("it is no table")? {
        if key != "reason" && !keys.contains(&key.as_str()) {
            let keys = keys.join("`, `");
            return Err(format!("there is no key {key:?}; it has `{keys}` and `reason`"));
        }
        let value = value.as_str().map(str::trim).filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| format!("`{key}` is empty or no string"))?;
        patterns.insert(key.clone(), value.to_owned());
    }
    let reason = patterns.remove("reason").ok_or("`reason` is missing")?;
    if patterns.is_empty() {
        return Err(format!("it has none of `{}`", keys.join("`, `")));
    }
    Ok(Entry { patterns, reason })
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
