//! ruma's side of every question.

use std::str::FromStr;

use exeunt_differential::Pdu;
use exeunt_version::RoomVersion;
use ruma_common::canonical_json::CanonicalJsonObject;
use ruma_common::room_version_rules::{AuthorizationRules, RoomVersionRules};
use ruma_common::{EventId, RoomVersionId};
use ruma_signatures::Ed25519KeyPair;
use ruma_state_res::Event as _;
use serde_json::Value as Json;

/// What ruma knows of the version.
pub(crate) fn rules(version: &RoomVersion) -> RoomVersionRules {
    RoomVersionId::from_str(version.id()).unwrap().rules().unwrap()
}

/// The object in ruma's type; an error says that it has no canonical form.
pub(crate) fn object(text: &str) -> serde_json::Result<CanonicalJsonObject> {
    serde_json::from_str(text)
}

pub(crate) fn canonical(json: &Json) -> CanonicalJsonObject {
    object(&json.to_string()).unwrap()
}

/// The key pair of a seed: ruma reads keys as PKCS #8 documents.
pub(crate) fn key_pair(seed: &[u8; 32], version: &str) -> Ed25519KeyPair {
    let mut document = vec![
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    document.extend(seed);
    Ed25519KeyPair::from_der(&document, version.to_owned()).unwrap()
}

/// The rules about a given state.
pub(crate) fn check_state(
    rules: &AuthorizationRules,
    event: &Pdu,
    state: &[Pdu],
) -> Result<(), String> {
    ruma_state_res::check_state_dependent_auth_rules(rules, event, |event_type, state_key| {
        state.iter().find(|entry| entry.is_state(&event_type.clone().into(), state_key))
    })
}

/// The rules about the event and its own auth events.
pub(crate) fn check_auth_events(
    rules: &AuthorizationRules,
    event: &Pdu,
    events: &[Pdu],
) -> Result<(), String> {
    ruma_state_res::check_state_independent_auth_rules(rules, event, |id: &EventId| {
        events.iter().find(|other| other.event_id() == id && other.event_id() != event.event_id())
    })
}
