//! What a peer says of itself.

use std::borrow::Cow;
use std::collections::BTreeSet;

use exeunt_event::json::{Object, Value};

use super::asking::{Asking, Fate, Line};

/// What a peer says of itself (`info`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claims {
    /// Its name, and its version if it says one.
    pub(crate) name: String,
    ops: Option<BTreeSet<String>>,
    versions: Option<BTreeSet<String>>,
    /// Why nothing is known of it, if nothing is.
    pub(crate) problem: Option<String>,
}

impl Claims {
    /// Whether it says that it can answer this. One that says nothing is asked everything.
    pub(crate) fn claims(&self, op: &str, version: Option<&str>) -> bool {
        self.ops.as_ref().is_none_or(|ops| ops.contains(op))
            && version.is_none_or(|version| self.knows(version))
    }

    /// Whether it says that it knows this room version.
    pub(crate) fn knows(&self, version: &str) -> bool {
        self.versions.as_ref().is_none_or(|versions| versions.contains(version))
    }

    /// The room versions that it claims, in the order in which people count.
    pub(crate) fn versions(&self) -> Vec<&str> {
        let mut versions: Vec<_> = self.versions.iter().flatten().map(String::as_str).collect();
        versions.sort_by_key(|version| (version.len(), *version));
        versions
    }

    /// The ops that it claims.
    pub(crate) fn ops(&self) -> impl Iterator<Item = &str> {
        self.ops.iter().flatten().map(String::as_str)
    }

    fn from_answer(answer: &Object<'_>) -> Result<Self, String> {
        let ok = answer.get("ok").and_then(Value::as_object);
        let ok = ok.ok_or_else(|| format!("its answer to `info` is {}", answer.as_received()))?;
        let strings = |name: &str| {
            let list = ok.get(name).and_then(Value::as_array);
            let set = list.and_then(|list| {
                list.iter().map(|it| it.as_str().map(str::to_owned)).collect::<Option<_>>()
            });
            set.map(Some).ok_or_else(|| format!("`{name}` in its `info` is no array of strings"))
        };
        let text = |name: &str| ok.get(name).and_then(Value::as_str);
        let name = text("name").unwrap_or("an implementation without a name");
        let name = text("version").map_or(name.to_owned(), |version| format!("{name} {version}"));
        Ok(Self { name, ops: strings("ops")?, versions: strings("room_versions")?, problem: None })
    }
}

impl Asking {
    /// Asks the peer what it can answer.
    pub(crate) fn claims(&mut self) -> Claims {
        let id = "info";
        let text = br#"{"id":"info","op":"info"}"#;
        let line = Line { id: Cow::Borrowed(id), text: Cow::Borrowed(text) };
        let claims = match self.ask(&line) {
            Fate::Answered(answer) => Claims::from_answer(&answer.to_object()),
            Fate::Garbled(what) => Err(format!("its answer to `info` is garbled: {what}")),
            Fate::TimedOut(what) => Err(format!("it does not answer `info`: {what}")),
            Fate::Crashed(what) => Err(format!("it dies of `info`: {what}")),
            Fate::GivenUp(what) => Err(what),
        };
        claims.unwrap_or_else(|problem| Claims {
            name: "an implementation that says nothing of itself".to_owned(),
            problem: Some(problem),
            ..Claims::default()
        })
    }
}
