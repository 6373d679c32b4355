//! What the answers to a homeserver's own requests are for.

use std::sync::Arc;

use exeunt_event::{Event, RoomId, ServerName};

use crate::Response;
use crate::fetch::Fetch;
use crate::handshake::{Inviting, Making, Submitting};
use crate::turn::Turn;

/// A request that was sent and is not answered yet.
#[derive(Clone, Debug)]
pub(crate) enum Awaited {
    /// `make_leave`, `make_join`, `make_knock`.
    Template(Arc<Making>),
    /// `send_leave`, `send_join`, `send_knock`.
    Submission(Arc<Submitting>),
    /// `invite`.
    Invite(Arc<Inviting>),
    /// `send`.
    Transaction {
        /// Whom.
        to: ServerName,
    },
    /// Events that are missing.
    Fetch(Arc<Fetch>),
    /// `backfill`, which a local user asked for.
    Backfill {
        /// The user's action.
        id: u64,
        /// The room.
        room_id: RoomId,
        /// Whom.
        from: ServerName,
    },
}

impl Turn {
    pub(crate) fn answered(&mut self, awaited: Awaited, response: Option<&Response>) {
        match awaited {
            Awaited::Template(making) => self.template_answered((*making).clone(), response),
            Awaited::Submission(sent) => self.submission_answered((*sent).clone(), response),
            Awaited::Invite(inviting) => self.invite_answered((*inviting).clone(), response),
            Awaited::Transaction { to } => self.transaction_answered(&to, response),
            Awaited::Fetch(fetch) => self.fetched((*fetch).clone(), response),
            Awaited::Backfill { id, room_id, from } => {
                self.backfilled(id, &room_id, from, response);
            }
        }
    }

    fn transaction_answered(&mut self, to: &ServerName, response: Option<&Response>) {
        let Some(outbox) = self.server.outboxes.get_mut(to) else { return };
        let sent = std::mem::take(&mut outbox.in_flight);
        // "The sending server must wait and retry for a 200 OK response": until time has passed.
        let is_lost = response.is_none_or(|response| !response.is_success());
        if is_lost {
            return;
        }
        outbox.transaction = None;
        outbox.pdus = outbox.pdus.skip(sent);
        if outbox.pdus.is_empty() {
            self.server.outboxes.remove(to);
        } else {
            self.deliver(to);
        }
    }
}

/// What a server said, for those who are told that it did not help.
pub(crate) fn said(response: Option<&Response>) -> String {
    let Some(response) = response else { return "not reached".to_owned() };
    match response.errcode() {
        Some(errcode) => format!("{} {errcode}", response.status),
        None => response.status.to_string(),
    }
}

/// The events under a name of an answer that are valid events, each with its bytes.
pub(crate) fn events_of(
    answer: &exeunt_event::json::Object<'_>,
    name: &str,
    version: &exeunt_version::RoomVersion,
) -> Vec<Event> {
    let list = answer.get(name).and_then(exeunt_event::json::Value::as_array).unwrap_or_default();
    let events = list.iter().filter_map(exeunt_event::json::Value::as_object);
    events.filter_map(|object| Event::from_object(object, version).ok()).collect()
}
