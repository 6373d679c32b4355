//! Adding hashes and signatures.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#adding-hashes-and-signatures-to-outgoing-events>,
//! <https://spec.matrix.org/v1.19/appendices/#signing-details>

use ed25519_dalek::Signer as _;
use exeunt_version::{Ed25519, LenientNumbers, RoomVersion};

use super::ed25519::VerifyingKey;
use crate::base64;
use crate::hashes::content_hash;
use crate::json::{Object, Value};
use crate::redaction::write_signable;
use crate::{Event, EventError};

/// A server's signing key.
pub struct SigningKey {
    server: String,
    key_id: String,
    key: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// The key of that server that the seed gives, under a key ID such as `ed25519:1`.
    pub fn from_seed(server: &str, key_id: &str, seed: &[u8; 32]) -> Self {
        Self {
            server: server.to_owned(),
            key_id: key_id.to_owned(),
            key: ed25519_dalek::SigningKey::from_bytes(seed),
        }
    }

    /// The server whose key it is.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// The key ID.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The public key, as the server publishes it. `None` never happens for a key from a seed.
    pub fn verifying_key(&self, criterion: Ed25519) -> Option<VerifyingKey> {
        VerifyingKey::new(self.key.verifying_key().as_bytes(), criterion)
    }

    /// The public key's bytes.
    pub fn public_bytes(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    fn sign_into(&self, object: &mut Object<'_>, message: &[u8]) {
        let signature = base64::encode(self.key.sign(message).to_bytes());
        let mut signatures = match object.remove("signatures") {
            Some(Value::Object(signatures)) => signatures,
            _ => Object::new(),
        };
        let mut of_server = match signatures.remove(&self.server) {
            Some(Value::Object(of_server)) => of_server,
            _ => Object::new(),
        };
        of_server.insert(self.key_id.clone(), signature);
        signatures.insert(self.server.clone(), of_server);
        object.insert("signatures", signatures);
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({} {})", self.server, self.key_id)
    }
}

/// Adds a signature over the object without `signatures` and `unsigned`.
pub fn sign_json(object: &mut Object<'_>, key: &SigningKey) {
    let mut signed = object.clone();
    signed.remove("signatures");
    signed.remove("unsigned");
    let message = signed.to_canonical(LenientNumbers::Value);
    key.sign_into(object, message.as_bytes());
}

/// Sets `hashes` to the content hash, and adds a signature over the redacted event.
pub fn hash_and_sign(event: &mut Object<'_>, key: &SigningKey, version: &RoomVersion) {
    let hash = base64::encode(content_hash(event, version));
    event.insert("hashes", Object::from_iter([("sha256", hash)]));
    let mut message = Vec::with_capacity(1024);
    write_signable(event, version, &mut message);
    key.sign_into(event, &message);
}

/// [`hash_and_sign`], and the event that results.
pub fn signed_event(
    mut event: Object<'_>,
    key: &SigningKey,
    version: &RoomVersion,
) -> Result<Event, EventError> {
    hash_and_sign(&mut event, key, version);
    Event::from_object(&event, version)
}
