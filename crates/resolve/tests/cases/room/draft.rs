//! An event before it is put into a room.

use serde_json::{Value as Json, json};

use super::ALICE;

/// What an event will say, and how it came about.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(super) sender: String,
    pub(super) event_type: String,
    pub(super) state_key: Option<String>,
    pub(super) content: Json,
    pub(super) at: Option<i64>,
    pub(super) depth: Option<i64>,
    pub(super) citing: Option<Vec<String>>,
    pub(super) is_rejected: bool,
    pub(super) is_forged: bool,
    pub(super) id: Vec<(IdOrder, String)>,
}

/// What the event's ID must be like, beside that of another event.
#[derive(Clone, Copy, Debug)]
pub(super) enum IdOrder {
    Before,
    After,
    Sha1Before,
    Sha1After,
}

/// An event that is no state.
pub(crate) fn message(sender: &str) -> Draft {
    Draft {
        sender: sender.to_owned(),
        event_type: "m.room.message".to_owned(),
        state_key: None,
        content: json!({ "body": "Exit, pursued by a bear" }),
        at: None,
        depth: None,
        citing: None,
        is_rejected: false,
        is_forged: false,
        id: Vec::new(),
    }
}

/// A state event.
pub(crate) fn state(sender: &str, event_type: &str, state_key: &str, content: Json) -> Draft {
    Draft {
        event_type: event_type.to_owned(),
        state_key: Some(state_key.to_owned()),
        content,
        ..message(sender)
    }
}

/// A membership.
pub(crate) fn member(sender: &str, target: &str, membership: &str) -> Draft {
    state(sender, "m.room.member", target, json!({ "membership": membership }))
}

/// The user joins.
pub(crate) fn join(user: &str) -> Draft {
    member(user, user, "join")
}

/// The user leaves.
pub(crate) fn leave(user: &str) -> Draft {
    member(user, user, "leave")
}

/// A join rule.
pub(crate) fn rule(sender: &str, rule: &str) -> Draft {
    state(sender, "m.room.join_rules", "", json!({ "join_rule": rule }))
}

/// A topic.
pub(crate) fn topic(sender: &str, topic: &str) -> Draft {
    state(sender, "m.room.topic", "", json!({ "topic": topic }))
}

/// Power levels of these users. Alice's are left out where creators have power beyond levels.
pub(crate) fn levels(sender: &str, users: &[(&str, i64)]) -> Draft {
    let users: serde_json::Map<_, _> =
        users.iter().map(|(user, level)| ((*user).to_owned(), json!(level))).collect();
    state(sender, "m.room.power_levels", "", json!({ "users": users }))
}

impl Draft {
    /// With something more in its content.
    pub(crate) fn saying(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.content[key] = value.into();
        self
    }

    /// Sent at that time.
    pub(crate) fn at(self, at: i64) -> Self {
        Self { at: Some(at), ..self }
    }

    /// Of that depth.
    pub(crate) fn depth(self, depth: i64) -> Self {
        Self { depth: Some(depth), ..self }
    }

    /// Citing these events alone, instead of those that it should.
    pub(crate) fn citing(self, names: &[&str]) -> Self {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Self { citing: Some(names), ..self }
    }

    /// Allowed by its auth events, but not by the state before it.
    pub(crate) fn rejected(self) -> Self {
        Self { is_rejected: true, ..self }
    }

    /// Whether it is allowed is nobody's concern.
    pub(crate) fn forged(self) -> Self {
        Self { is_forged: true, ..self }
    }

    /// With an event ID before that of the other event.
    pub(crate) fn id_before(self, name: &str) -> Self {
        self.with_id(IdOrder::Before, name)
    }

    /// With an event ID after that of the other event.
    pub(crate) fn id_after(self, name: &str) -> Self {
        self.with_id(IdOrder::After, name)
    }

    /// With an event ID whose SHA-1 is before that of the other event's.
    pub(crate) fn sha1_before(self, name: &str) -> Self {
        self.with_id(IdOrder::Sha1Before, name)
    }

    /// With an event ID whose SHA-1 is after that of the other event's.
    pub(crate) fn sha1_after(self, name: &str) -> Self {
        self.with_id(IdOrder::Sha1After, name)
    }

    fn with_id(mut self, order: IdOrder, name: &str) -> Self {
        self.id.push((order, name.to_owned()));
        self
    }

    pub(super) fn without_creators_level(mut self) -> Self {
        if self.event_type == "m.room.power_levels"
            && let Some(users) = self.content["users"].as_object_mut()
        {
            users.remove(ALICE);
        }
        self
    }
}
