//! Receipt check 2.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#validating-hashes-and-signatures-on-received-events>

use exeunt_version::{RoomVersion, ThirdPartyInviteServer};

use super::Keys;
use super::ed25519::{Signed, verify_batch};
use crate::content::{AuthorisingUser, Content, InviteProof, Membership};
use crate::json::{Object, Value};
use crate::redaction::write_signable;
use crate::{Event, ServerName, base64};

/// Why an event lacks a signature that it must have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The server did not sign at all, or with other algorithms than Ed25519 alone.
    #[error("{0} did not sign")]
    Missing(ServerName),
    /// Every signature of the server is from a key that is unknown, or not valid at that time.
    #[error("{0} signed with no known and valid key")]
    NoKey(ServerName),
    /// A signature is not valid, or not 64 bytes in Base64.
    #[error("the signature of {server} with {key_id} is not valid")]
    Invalid {
        /// Whose.
        server: ServerName,
        /// With which key.
        key_id: String,
    },
}

/// The servers that must have signed the event:
///
/// - the sender's, unless the event is a third-party invite;
/// - in versions 1 and 2 also the one that the event ID names;
/// - the one that authorises a restricted join.
pub fn required_servers(event: &Event, version: &RoomVersion) -> Vec<ServerName> {
    let member = match event.content() {
        Content::Member(member) => Some(member),
        _ => None,
    };
    let is_third_party_invite = member.is_some_and(|member| {
        member.membership == Some(Membership::Invite)
            && !matches!(member.third_party_invite, InviteProof::Absent)
    });
    let mut servers = Vec::with_capacity(2);
    if !is_third_party_invite {
        servers.push(event.sender().server_name());
    }
    if version.capabilities.event_id_server_signs {
        let named = event.event_id().domain().map(ServerName::from_received);
        let reading = version.readings.third_party_invite_server;
        let is_excused = |server: &ServerName| {
            is_third_party_invite
                && reading == ThirdPartyInviteServer::NeedNotSign
                && *server == event.sender().server_name()
        };
        servers.extend(named.filter(|server| !is_excused(server)));
    }
    if let Some(member) = member
        && version.capabilities.restricted_joins
        && member.membership == Some(Membership::Join)
        && let AuthorisingUser::User(user) = &member.authorising_user
    {
        servers.push(user.server_name());
    }
    servers.sort_unstable();
    servers.dedup();
    servers
}

/// Whether every server that must have signed the event did: `Err` says why receipt check 2 drops
/// it.
///
/// Of a server's signatures those count whose key is known and valid for the event; there must be
/// one, and all must be valid.
pub fn check(event: &Event, keys: &Keys, version: &RoomVersion) -> Result<(), SignatureError> {
    check_batch(&[event], keys, version).pop().unwrap_or(Ok(()))
}

/// [`check`] of many events at once, each with the verdict that it has alone.
pub fn check_batch(
    events: &[&Event],
    keys: &Keys,
    version: &RoomVersion,
) -> Vec<Result<(), SignatureError>> {
    let servers = events.iter().map(|event| required_servers(event, version));
    verdicts(events, servers.collect(), keys, version)
}

/// Whether the event is validly signed by that server (rule 4.2.1 or 5.2.1 of the authorisation
/// rules).
pub fn signed_by(event: &Event, server: &ServerName, keys: &Keys, version: &RoomVersion) -> bool {
    verdicts(&[event], vec![vec![server.clone()]], keys, version).iter().all(Result::is_ok)
}

/// A signature that counts, and where to look when it is not valid.
struct Counted {
    event: usize,
    server: ServerName,
    key_id: String,
    signature: [u8; 64],
}

fn verdicts(
    events: &[&Event],
    servers: Vec<Vec<ServerName>>,
    keys: &Keys,
    version: &RoomVersion,
) -> Vec<Result<(), SignatureError>> {
    let mut verdicts = Vec::with_capacity(events.len());
    let mut messages = Vec::with_capacity(events.len());
    let mut counted = Vec::with_capacity(events.len());
    for (index, (event, servers)) in events.iter().zip(servers).enumerate() {
        let object = event.object();
        let mut message = Vec::with_capacity(1024);
        write_signable(&object, version, &mut message);
        messages.push(message);
        let verdict = servers.into_iter().try_for_each(|server| {
            count(index, event, &object, server, keys, version, &mut counted)
        });
        verdicts.push(verdict);
    }
    let batch: Vec<_> = counted
        .iter()
        .filter_map(|one| {
            let key = &keys.get(one.server.as_str(), &one.key_id)?.key;
            Some(Signed { key, message: &messages[one.event], signature: &one.signature })
        })
        .collect();
    let valid = verify_batch(&batch);
    for (one, valid) in counted.into_iter().zip(valid) {
        let verdict = &mut verdicts[one.event];
        if verdict.is_ok() && !valid {
            *verdict = Err(SignatureError::Invalid { server: one.server, key_id: one.key_id });
        }
    }
    verdicts
}

/// Adds the signatures of a server that count.
fn count(
    index: usize,
    event: &Event,
    object: &Object<'_>,
    server: ServerName,
    keys: &Keys,
    version: &RoomVersion,
    counted: &mut Vec<Counted>,
) -> Result<(), SignatureError> {
    let signatures = object.get("signatures").and_then(Value::as_object);
    let of_server = signatures.and_then(|all| all.get(server.as_str())).and_then(Value::as_object);
    let mut understood = of_server
        .into_iter()
        .flat_map(Object::iter)
        .filter(|(key_id, _)| key_id.starts_with("ed25519:"))
        .peekable();
    if understood.peek().is_none() {
        return Err(SignatureError::Missing(server));
    }
    let before = counted.len();
    for (key_id, signature) in understood {
        let key = keys.get(server.as_str(), key_id);
        if !key.is_some_and(|key| key.counts_at(event.origin_server_ts(), version)) {
            continue;
        }
        let key_id = key_id.to_owned();
        let Some(signature) = signature.as_str().and_then(base64::decode_array) else {
            return Err(SignatureError::Invalid { server, key_id });
        };
        counted.push(Counted { event: index, server: server.clone(), key_id, signature });
    }
    if counted.len() == before { Err(SignatureError::NoKey(server)) } else { Ok(()) }
}
