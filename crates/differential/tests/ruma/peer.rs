//! ruma's side of every question.

use std::str::FromStr;

pub(crate) use exeunt_ruma_adapter::{check_auth_events, check_state};
use exeunt_version::RoomVersion;
use ruma_common::RoomVersionId;
use ruma_common::canonical_json::CanonicalJsonObject;
use ruma_common::room_version_rules::RoomVersionRules;
use ruma_signatures::Ed25519KeyPair;
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

pub(crate) fn key_pair(seed: &[u8; 32], version: &str) -> Ed25519KeyPair {
    exeunt_ruma_adapter::key_pair(seed, version).unwrap()
}
