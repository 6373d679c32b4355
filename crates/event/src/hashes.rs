//! Content hash and reference hash.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#calculating-the-reference-hash-for-an-event>

use exeunt_version::{ContentHash, Mutant, RoomVersion};
use sha2::{Digest as _, Sha256};

use crate::json::{Object, Value, Written, write_canonical, write_members};
use crate::redaction::{copy_signable, redact, write_signable};
use crate::{Event, base64};

/// The SHA-256 of the redacted event without `signatures` and `unsigned`.
pub fn reference_hash(event: &Object<'_>, version: &RoomVersion) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(1024);
    write_signable(event, version, &mut bytes);
    Sha256::digest(&bytes).into()
}

/// [`reference_hash`] of an event that is written already. Numbers that canonical JSON may spell
/// otherwise are written again.
pub(crate) fn reference_hash_of(
    event: &Object<'_>,
    written: &Written,
    version: &RoomVersion,
) -> [u8; 32] {
    if event.has_spelled_numbers() {
        return reference_hash(event, version);
    }
    let mut bytes = Vec::with_capacity(1024);
    copy_signable(event, written, version, &mut bytes);
    Sha256::digest(&bytes).into()
}

/// The SHA-256 of the whole event without `unsigned`, `signatures` and `hashes`.
///
/// <https://spec.matrix.org/v1.19/server-server-api/#calculating-the-content-hash-for-an-event>
pub fn content_hash(event: &Object<'_>, version: &RoomVersion) -> [u8; 32] {
    let redacted = version.is_mutant(Mutant::HashOfRedacted).then(|| redact(event, version));
    let event = redacted.as_ref().unwrap_or(event);
    let mut bytes = Vec::with_capacity(1024);
    let covered = event.iter().filter(|(key, _)| is_covered(key, version));
    write_members(covered, &mut bytes, |_, value, out| {
        write_canonical(value, version.readings.lenient_numbers, out);
    });
    Sha256::digest(&bytes).into()
}

/// Whether the content hash is over that field.
fn is_covered(key: &str, version: &RoomVersion) -> bool {
    match key {
        "unsigned" | "signatures" | "hashes" => false,
        "age_ts" | "outlier" | "destinations" => {
            version.readings.content_hash != ContentHash::Synapse
        }
        _ => true,
    }
}

/// An event's fields with their content hash: written once, and hashed once.
#[derive(Clone, Debug)]
pub struct Hashed<'a> {
    object: Object<'a>,
    written: Written,
}

impl<'a> Hashed<'a> {
    /// Sets `hashes` to the content hash.
    pub fn new(mut object: Object<'a>, version: &RoomVersion) -> Self {
        object.remove("hashes");
        let mut written = Written::new(&object);
        let is_read_otherwise =
            object.has_spelled_numbers() || version.is_mutant(Mutant::HashOfRedacted);
        let hash = if is_read_otherwise {
            content_hash(&object, version)
        } else {
            let mut bytes = Vec::with_capacity(1024);
            written.copy_members(&object, &mut bytes, |key| is_covered(key, version));
            Sha256::digest(&bytes).into()
        };
        let hashes = Value::from(Object::from_iter([("sha256", base64::encode(hash))]));
        let at = object.position("hashes").unwrap_or_else(|at| at);
        written.insert(at, "hashes", &hashes);
        object.insert("hashes", hashes);
        Self { object, written }
    }

    pub(crate) fn into_parts(self) -> (Object<'a>, Written) {
        (self.object, self.written)
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
