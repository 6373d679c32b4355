//! Content hash and reference hash.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#calculating-the-reference-hash-for-an-event>

use exeunt_version::{ContentHash, Mutant, RoomVersion};
use sha2::{Digest as _, Sha256};

use crate::json::{Object, Value, write_canonical, write_members};
use crate::redaction::{redact, write_signable};
use crate::{Event, base64};

/// The SHA-256 of the redacted event without `signatures` and `unsigned`.
pub fn reference_hash(event: &Object<'_>, version: &RoomVersion) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(1024);
    write_signable(event, version, &mut bytes);
    Sha256::digest(&bytes).into()
}

/// The SHA-256 of the whole event without `unsigned`, `signatures` and `hashes`.
///
/// <https://spec.matrix.org/v1.19/server-server-api/#calculating-the-content-hash-for-an-event>
pub fn content_hash(event: &Object<'_>, version: &RoomVersion) -> [u8; 32] {
    let synapse = version.readings.content_hash == ContentHash::Synapse;
    let left_out = |key: &str| match key {
        "unsigned" | "signatures" | "hashes" => true,
        "age_ts" | "outlier" | "destinations" => synapse,
        _ => false,
    };
    let redacted = version.is_mutant(Mutant::HashOfRedacted).then(|| redact(event, version));
    let event = redacted.as_ref().unwrap_or(event);
    let mut bytes = Vec::with_capacity(1024);
    let covered = event.iter().filter(|(key, _)| !left_out(key));
    write_members(covered, &mut bytes, |_, value, out| {
        write_canonical(value, version.readings.lenient_numbers, out);
    });
    Sha256::digest(&bytes).into()
}

/// An event's fields with their content hash, which was worked out once and need not be again.
#[derive(Clone, Debug)]
pub struct Hashed<'a>(Object<'a>);

impl<'a> Hashed<'a> {
    /// Sets `hashes` to the content hash.
    pub fn new(mut event: Object<'a>, version: &RoomVersion) -> Self {
        let hash = base64::encode(content_hash(&event, version));
        event.insert("hashes", Object::from_iter([("sha256", hash)]));
        Self(event)
    }

    /// The event.
    pub fn object(&self) -> &Object<'a> {
        &self.0
    }
}

/// Receipt check 3: whether `hashes.sha256` is the content hash. If not, the redacted event is to
/// be used in the event's place.
pub fn content_hash_matches(event: &Event, version: &RoomVersion) -> bool {
    content_hash_matches_in(&event.object(), version)
}

/// [`content_hash_matches`] of an event as an object.
pub fn content_hash_matches_in(object: &Object<'_>, version: &RoomVersion) -> bool {
    let claimed = object
        .get("hashes")
        .and_then(Value::as_object)
        .and_then(|hashes| hashes.get("sha256")?.as_str().and_then(base64::decode_array::<32>));
    claimed == Some(content_hash(object, version))
}
