//! An event before it is put into the form of a room version.

use exeunt_event::{Event, EventId};
use serde_json::{Value as Json, json};

/// What an event will say.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(super) sender: String,
    pub(super) event_type: String,
    pub(super) state_key: Option<String>,
    pub(super) content: Json,
    pub(super) after: Option<Vec<EventId>>,
    pub(super) citing: Option<Vec<EventId>>,
    pub(super) also_citing: Vec<EventId>,
    pub(super) not_citing: Vec<EventId>,
    pub(super) fields: Vec<(String, Json)>,
    signed_by: Option<Vec<&'static str>>,
}

/// An event that is no state.
pub(crate) fn message(sender: &str, event_type: &str, content: Json) -> Draft {
    Draft {
        sender: sender.to_owned(),
        event_type: event_type.to_owned(),
        state_key: None,
        content,
        after: None,
        citing: None,
        also_citing: Vec::new(),
        not_citing: Vec::new(),
        fields: Vec::new(),
        signed_by: None,
    }
}

/// A state event.
pub(crate) fn state_event(sender: &str, event_type: &str, state_key: &str, content: Json) -> Draft {
    Draft { state_key: Some(state_key.to_owned()), ..message(sender, event_type, content) }
}

/// A membership.
pub(crate) fn member(sender: &str, target: &str, membership: &str) -> Draft {
    state_event(sender, "m.room.member", target, json!({ "membership": membership }))
}

impl Draft {
    /// With something more in its content.
    pub(crate) fn saying(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.content[key] = value.into();
        self
    }

    /// With another content.
    pub(crate) fn saying_all(self, content: Json) -> Self {
        Self { content, ..self }
    }

    /// Its content.
    pub(crate) fn content(&self) -> Json {
        self.content.clone()
    }

    /// Its type and state key.
    pub(crate) fn key(&self) -> (&str, Option<&str>) {
        (&self.event_type, self.state_key.as_deref())
    }

    /// With something else at the top level.
    pub(crate) fn field(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.fields.push((key.to_owned(), value.into()));
        self
    }

    /// Following these events alone.
    pub(crate) fn after(mut self, events: &[&Event]) -> Self {
        self.after = Some(ids(events));
        self
    }

    /// Citing these events alone.
    pub(crate) fn citing(mut self, events: &[&Event]) -> Self {
        self.citing = Some(ids(events));
        self
    }

    /// Citing these events, of which nothing but the ID may be known.
    pub(crate) fn citing_ids(mut self, ids: &[&str]) -> Self {
        self.citing = Some(ids.iter().map(|id| EventId::from_received(id)).collect());
        self
    }

    /// Citing this event too.
    pub(crate) fn also_citing(mut self, event: &Event) -> Self {
        self.also_citing.push(event.event_id().clone());
        self
    }

    /// Not citing this event.
    pub(crate) fn not_citing(mut self, event: &Event) -> Self {
        self.not_citing.push(event.event_id().clone());
        self
    }

    /// Signed by these servers; otherwise every server counts as having signed.
    pub(crate) fn signed_by(mut self, servers: &[&'static str]) -> Self {
        self.signed_by = Some(servers.to_vec());
        self
    }

    /// The servers that signed, if not all.
    pub(crate) fn signers(&self) -> Option<&[&'static str]> {
        self.signed_by.as_deref()
    }

    /// Whether its auth events are not simply those of the selection.
    pub(crate) fn cites_by_hand(&self) -> bool {
        self.citing.is_some() || !self.also_citing.is_empty() || !self.not_citing.is_empty()
    }
}

fn ids(events: &[&Event]) -> Vec<EventId> {
    events.iter().map(|event| event.event_id().clone()).collect()
}
