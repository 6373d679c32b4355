//! Receipt check 7: the signature of the room's policy server.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#policy-servers>

use exeunt_event::content::{Content, Membership};
use exeunt_event::identifier::Name;
use exeunt_event::json::Value;
use exeunt_event::signatures::ed25519::VerifyingKey;
use exeunt_event::signatures::{self, Keys, PublishedKey};
use exeunt_event::{Event, EventType, ServerName, UserId, base64};
use exeunt_resolve::Body;

use crate::{Check, Refusal, Room, State};

/// The type of the event that names a policy server.
const POLICY: &str = "m.room.policy";

/// The ID that its key always has.
const KEY_ID: &str = "ed25519:policy_server";

/// The policy server that a room uses.
#[derive(Clone, Debug)]
pub(crate) struct PolicyServer {
    server: ServerName,
    /// Its key; none if what the room says is no key.
    keys: Keys,
}

impl Room {
    /// The policy server that a room with that state uses.
    pub(crate) fn policy_server_of(&self, state: &State) -> Option<PolicyServer> {
        let key = self.keys.get(&EventType::Other(Name::new(POLICY)), "")?;
        let event = self.events().state_event(state.entries().get(key)?)?.event;
        let object = event.object();
        let content = object.get("content")?.as_object()?;
        let via = content.get("via").and_then(Value::as_str)?;
        let published = content.get("public_keys")?.as_object()?.get("ed25519")?.as_str()?;
        let is_there = state.entries().iter().any(|(_, number)| {
            let member = self.dag.get(number).and_then(Body::state_event);
            member.is_some_and(|member| is_joined_from(member.event, via))
        });
        if !is_there {
            return None;
        }
        let mut keys = Keys::new();
        let bytes = base64::decode_array(published);
        if let Some(key) =
            bytes.and_then(|bytes| VerifyingKey::new(&bytes, self.version.readings.ed25519))
        {
            let key = PublishedKey { key, valid_until_ts: None, expired_ts: None };
            keys.insert(via, KEY_ID, key);
        }
        Some(PolicyServer { server: ServerName::from_received(via), keys })
    }

    /// Check 7, against the current state.
    pub(crate) fn check_policy_server(&self, event: &Event) -> Option<Box<Refusal>> {
        let PolicyServer { server, keys } = self.policy_server.as_deref()?;
        let is_policy = event.event_type().as_str() == POLICY && event.state_key() == Some("");
        if is_policy || signatures::signed_by(event, server, keys, &self.version) {
            return None;
        }
        let reason = format!("The policy server {server} has not signed the event");
        let reason = reason.into_boxed_str();
        Some(Box::new(Refusal { check: Check::PolicyServer, rule: None, reason }))
    }
}

fn is_joined_from(event: &Event, server: &str) -> bool {
    let is_joined = match event.content() {
        Content::Member(member) => member.membership == Some(Membership::Join),
        _ => false,
    };
    let user = event.state_key().unwrap_or_default();
    is_joined && UserId::from_received(user).server_name() == *server
}
