//! Third-party invites, and the signatures of identity servers on them.

use exeunt_event::signatures::{SigningKey, sign_json};
use exeunt_event::{base64, json};
use serde_json::{Value as Json, json};

use super::object;

fn key(server: &str, seed: u8) -> SigningKey {
    SigningKey::from_seed(server, "ed25519:1", &[seed; 32])
}

/// The public half of the key that the seed gives.
pub(crate) fn public_key(seed: u8) -> String {
    base64::encode(key("", seed).public_bytes())
}

/// The content of an `m.room.third_party_invite` with these keys: the first as `public_key`, all
/// in `public_keys`.
pub(crate) fn invite_keys(seeds: &[u8]) -> Json {
    let keys: Vec<Json> =
        seeds.iter().map(|seed| json!({ "public_key": public_key(*seed) })).collect();
    json!({ "display_name": "somebody", "public_key": public_key(seeds[0]), "public_keys": keys })
}

/// The `third_party_invite` of a membership, signed by an identity server with that key.
pub(crate) fn signed(mxid: &str, token: &str, seed: u8) -> Json {
    signed_at(mxid, token, &[("id.example", seed)])
}

/// The same with the signatures of several servers.
pub(crate) fn signed_at(mxid: &str, token: &str, signers: &[(&str, u8)]) -> Json {
    let mut signed = object(&json!({ "mxid": mxid, "token": token }));
    for (server, seed) in signers {
        sign_json(&mut signed, &key(server, *seed));
    }
    let mut text = String::new();
    let signed = json::Value::Object(signed);
    text.push_str(&signed.to_canonical(exeunt_version::LenientNumbers::Value));
    let signed: Json = serde_json::from_str(&text).unwrap();
    json!({ "display_name": "somebody", "signed": signed })
}
