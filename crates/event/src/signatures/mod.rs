//! Signing, and receipt check 2: who must have signed an event, and whether they did.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#signing-events>

mod check;
pub mod ed25519;
mod keys;
mod sign;

pub use check::{SignatureError, check, check_batch, required_servers, signed_by};
pub use keys::{KeyError, Keys, PublishedKey};
pub use sign::{SigningKey, hash_and_sign, sign_json, signed_event};
