//! Questions about an event's bytes.

use std::collections::BTreeMap;
use std::fmt;

use ruma_common::CanonicalJsonValue;
use ruma_common::canonical_json::redact as redacted;
use ruma_common::serde::Base64;
use ruma_signatures::{
    Ed25519KeyPair, Ed25519KeyPairParseError, PublicKeyMap, Verified, content_hash,
    hash_and_sign_event, reference_hash, verify_event,
};
use serde_json::{Value as Json, json};

use crate::question::{Code, Error, Question};

/// ruma's errors here say that an event cannot be what it is taken for.
fn bad_event(error: impl fmt::Display) -> Error {
    Error::new(Code::BadEvent, format!("ruma: {error}"))
}

fn bad_request(message: impl fmt::Display) -> Error {
    Error::new(Code::BadRequest, message)
}

pub(crate) fn canonical_json(question: &Question<'_>) -> Result<Json, Error> {
    let value: CanonicalJsonValue =
        serde_json::from_str(question.field("value")?.get()).map_err(bad_event)?;
    Ok(json!({ "canonical": value.to_string() }))
}

pub(crate) fn event_id(question: &Question<'_>) -> Result<Json, Error> {
    let event = question.event()?;
    let object = event.canonical()?;
    let reference_hash = reference_hash(object, &question.rules).map_err(bad_event)?;
    Ok(json!({
        "event_id": event.id,
        "content_hash": content_hash(object).map_err(bad_event)?.encode(),
        "reference_hash": reference_hash.replace('-', "+").replace('_', "/"),
    }))
}

pub(crate) fn redact(question: &Question<'_>) -> Result<Json, Error> {
    let event = question.event()?;
    let object = event.canonical()?.clone();
    let mut object = redacted(object, &question.rules.redaction, None).map_err(bad_event)?;
    object.remove("unsigned");
    Ok(json!({ "event": object }))
}

pub(crate) fn sign(question: &Question<'_>) -> Result<Json, Error> {
    let (server, key_id) = (question.string("server")?, question.string("key_id")?);
    let seed = Base64::<_, Vec<u8>>::parse(question.string("seed")?)
        .ok()
        .and_then(|seed: Base64| <[u8; 32]>::try_from(seed.as_bytes()).ok())
        .ok_or_else(|| bad_request("`seed` is not 32 bytes in Base64"))?;
    let mut object = question.event()?.canonical()?.clone();
    let version = key_id.strip_prefix("ed25519:").ok_or_else(|| {
        Error::new(Code::Unsupported, "ruma signs with keys that are called `ed25519:` something")
    })?;
    let pair = key_pair(&seed, version).map_err(bad_request)?;
    hash_and_sign_event(&server, &pair, &mut object, &question.rules.redaction)
        .map_err(bad_event)?;
    Ok(json!({ "event": object }))
}

/// The key pair of a seed: ruma reads keys as PKCS #8 documents.
pub fn key_pair(
    seed: &[u8; 32],
    version: &str,
) -> Result<Ed25519KeyPair, Ed25519KeyPairParseError> {
    let mut document = vec![
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    document.extend(seed);
    Ed25519KeyPair::from_der(&document, version.to_owned())
}

pub(crate) fn check_signatures(question: &Question<'_>) -> Result<Json, Error> {
    let keys = PublishedKey::read_all(question)?;
    let event = question.event()?;
    let at = event.origin_server_ts();
    let enforces_validity = question.rules.enforce_key_validity;
    // ruma leaves it to its caller which keys count.
    let mut counting = PublicKeyMap::new();
    for key in keys.into_iter().filter(|key| key.counts_at(at, enforces_validity)) {
        counting.entry(key.server).or_default().insert(key.key_id, key.key);
    }
    Ok(match verify_event(&counting, event.canonical()?, &question.rules) {
        Ok(Verified::All) => json!({ "outcome": "valid" }),
        Ok(Verified::Signatures) => {
            json!({ "outcome": "redact", "reason": "the content hash is not that of the event" })
        }
        Err(error) => json!({ "outcome": "drop", "reason": error.to_string() }),
    })
}

/// A server's key, and when it counts.
struct PublishedKey {
    server: String,
    key_id: String,
    key: Base64,
    valid_until_ts: Option<i64>,
    expired_ts: Option<i64>,
}

impl PublishedKey {
    fn read_all(question: &Question<'_>) -> Result<Vec<Self>, Error> {
        type Facts = BTreeMap<String, BTreeMap<String, BTreeMap<String, Json>>>;
        let facts: Facts = serde_json::from_str(question.field("keys")?.get())
            .map_err(|error| bad_request(format!("`keys`: {error}")))?;
        let keys = facts.into_iter().flat_map(|(server, keys)| {
            keys.into_iter().map(move |(key_id, facts)| Self::read(&server, key_id, &facts))
        });
        keys.filter_map(Result::transpose).collect()
    }

    /// `None` for a key of another algorithm than Ed25519.
    fn read(
        server: &str,
        key_id: String,
        facts: &BTreeMap<String, Json>,
    ) -> Result<Option<Self>, Error> {
        let bad = |what: &str| bad_request(format!("{what} of {key_id} of {server} is malformed"));
        let time = |name: &str| match facts.get(name) {
            None => Ok(None),
            Some(time) => time.as_i64().map(Some).ok_or_else(|| bad(name)),
        };
        let (valid_until_ts, expired_ts) = (time("valid_until_ts")?, time("expired_ts")?);
        if !key_id.starts_with("ed25519:") {
            return Ok(None);
        }
        let key = facts.get("key").and_then(Json::as_str);
        let key = key.and_then(|key| Base64::parse(key).ok());
        let key =
            key.filter(|key: &Base64| key.as_bytes().len() == 32).ok_or_else(|| bad("key"))?;
        Ok(Some(Self { server: server.to_owned(), key_id, key, valid_until_ts, expired_ts }))
    }

    /// Whether the key counts for an event made at that time. That a current key is still valid is
    /// asked from version 5 on.
    ///
    /// <https://spec.matrix.org/v1.19/rooms/v5/#signing-key-validity-period>
    fn counts_at(&self, at: i64, enforces_validity: bool) -> bool {
        self.expired_ts.is_none_or(|expired| expired >= at)
            && (!enforces_validity || self.valid_until_ts.is_none_or(|until| until >= at))
    }
}
