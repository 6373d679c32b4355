//! What goes wrong because somebody wants to see it.

use std::collections::{BTreeMap, BTreeSet};

use clap::ValueEnum;
use exeunt_event::ServerName;
use exeunt_event::json::{self, Object, Value};
use exeunt_homeserver::{Endpoint, Form, Handshake, Response};

/// Which request of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum At {
    /// The request for a template
    Make,
    /// The request with the signed event, in its newer form
    Send,
}

/// What is wrong with a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum EvilTemplate {
    /// It is of another room
    #[value(name = "wrong-room")]
    Room,
    /// Its sender is somebody else
    #[value(name = "wrong-sender")]
    Sender,
    /// Its state key is somebody else
    #[value(name = "wrong-state-key")]
    StateKey,
    /// It is no membership
    #[value(name = "wrong-type")]
    Type,
    /// It is another membership
    #[value(name = "wrong-membership")]
    Membership,
}

/// The faults of a handshake.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    pub(super) unreachable: BTreeSet<ServerName>,
    pub(super) statuses: BTreeMap<ServerName, u16>,
    pub(super) at: Option<At>,
    /// Whose template, and what about it.
    pub(super) evil: Option<(ServerName, EvilTemplate)>,
}

impl Faults {
    /// What the server answers in place of what it would.
    pub(super) fn answer(&self, server: &ServerName, endpoint: &Endpoint) -> Option<Response> {
        let status = *self.statuses.get(server)?;
        let applies = match self.at {
            None => true,
            Some(At::Make) => matches!(endpoint, Endpoint::Make { .. }),
            Some(At::Send) => matches!(
                endpoint,
                Endpoint::Send { form: Form::V2, .. } | Endpoint::Invite { form: Form::V2, .. }
            ),
        };
        applies.then(|| {
            let errcode = match status {
                401 => "M_UNAUTHORIZED",
                403 => "M_FORBIDDEN",
                404 | 405 => "M_UNRECOGNIZED",
                429 => "M_LIMIT_EXCEEDED",
                _ => "M_UNKNOWN",
            };
            let body = Object::from_iter([("errcode", errcode), ("error", "As was asked for.")]);
            Response { status, body: body.as_received().into_bytes() }
        })
    }

    /// The template in place of a good one.
    pub(super) fn template(&self, server: &ServerName, good: &Response) -> Option<Response> {
        let (evil, fault) = self.evil.as_ref()?;
        if evil != server || !good.is_success() {
            return None;
        }
        let parsed = json::parse_any(&good.body).ok()?;
        let mut answer = parsed.value.as_object()?.clone().into_owned();
        let event = answer.get_mut("event")?.as_object_mut()?;
        match fault {
            EvilTemplate::Room => event.insert("room_id", format!("!elsewhere:{server}")),
            EvilTemplate::Sender => event.insert("sender", format!("@alice:{server}")),
            EvilTemplate::StateKey => event.insert("state_key", format!("@alice:{server}")),
            EvilTemplate::Type => event.insert("type", "m.room.power_levels"),
            EvilTemplate::Membership => {
                let content = event.get_mut("content").and_then(Value::as_object_mut)?;
                let leave = Handshake::Leave.membership();
                let is_leave = content.get("membership").and_then(Value::as_str) == Some(leave);
                let other = if is_leave { Handshake::Join.membership() } else { leave };
                content.insert("membership", other)
            }
        };
        Some(Response::ok(&answer))
    }
}
