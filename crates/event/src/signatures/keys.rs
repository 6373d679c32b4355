//! The signing keys that servers published.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#retrieving-server-keys>

use std::collections::BTreeMap;

use exeunt_version::RoomVersion;

use super::ed25519::VerifyingKey;
use crate::base64;
use crate::json::{Object, Value};

/// How long a key is valid at most after it was fetched: seven days, in milliseconds.
const LONGEST_VALIDITY: i64 = 7 * 24 * 60 * 60 * 1000;

/// A key that a server published, and while it is valid.
#[derive(Clone, Debug)]
pub struct PublishedKey {
    /// The key.
    pub key: VerifyingKey,
    /// Until when it is valid, in milliseconds since the epoch, if it is a current key.
    pub valid_until_ts: Option<i64>,
    /// Since when it is not used any more, in milliseconds since the epoch, if it is an old key.
    pub expired_ts: Option<i64>,
}

impl PublishedKey {
    /// Whether the key counts for an event made at `origin_server_ts` (milliseconds since the
    /// epoch).
    ///
    /// An expired key never counts after its end; that a current key is still valid is asked from
    /// version 5 on.
    ///
    /// <https://spec.matrix.org/v1.19/rooms/v5/#signing-key-validity-period>
    pub fn counts_at(&self, origin_server_ts: i64, version: &RoomVersion) -> bool {
        let not_expired = self.expired_ts.is_none_or(|expired| expired >= origin_server_ts);
        let valid = !version.capabilities.key_validity
            || self.valid_until_ts.is_none_or(|until| until >= origin_server_ts);
        not_expired && valid
    }
}

/// What is wrong with a text that should hold keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Something is not of its type.
    #[error("{0} is missing or not {1}")]
    WrongType(String, &'static str),
    /// A key is not 32 bytes in Base64.
    #[error("the key {key_id} of {server} is not 32 bytes in Base64")]
    NotAKey {
        /// Whose.
        server: String,
        /// Which.
        key_id: String,
    },
}

/// The keys of servers, by server name and key ID.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    servers: BTreeMap<String, BTreeMap<String, PublishedKey>>,
}

impl Keys {
    /// No keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key.
    pub fn insert(&mut self, server: &str, key_id: &str, key: PublishedKey) {
        self.servers.entry(server.to_owned()).or_default().insert(key_id.to_owned(), key);
    }

    /// The key of that server and key ID.
    pub fn get(&self, server: &str, key_id: &str) -> Option<&PublishedKey> {
        self.servers.get(server)?.get(key_id)
    }

    /// The same keys, known to have been fetched at `now` (milliseconds since the epoch): none is
    /// valid for longer than seven days from then, whatever its server says.
    ///
    /// <https://spec.matrix.org/v1.19/rooms/v5/#signing-key-validity-period>
    #[must_use]
    pub fn fetched_at(mut self, now: i64) -> Self {
        let latest = now.saturating_add(LONGEST_VALIDITY);
        for key in self.servers.values_mut().flat_map(BTreeMap::values_mut) {
            key.valid_until_ts = key.valid_until_ts.map(|until| until.min(latest));
        }
        self
    }

    /// From an object of the servers' answers to `GET /_matrix/key/v2/server`, by server name.
    ///
    /// Keys of other algorithms than Ed25519, and such whose bytes are no key by the reading, are
    /// left out, as nothing can be checked with them.
    pub fn from_server_answers(
        answers: &Object<'_>,
        version: &RoomVersion,
    ) -> Result<Self, KeyError> {
        let mut keys = Self::new();
        for (server, answer) in answers.iter() {
            let answer = object(answer, server)?;
            let valid_until_ts = answer.get("valid_until_ts").and_then(Value::as_integer);
            let current = answer.get("verify_keys");
            let current = object(current.unwrap_or(&Value::Null), "verify_keys")?;
            for (key_id, key) in current.iter() {
                keys.add(server, key_id, object(key, key_id)?, valid_until_ts, None, version)?;
            }
            let old = answer.get("old_verify_keys").and_then(Value::as_object);
            for (key_id, key) in old.into_iter().flat_map(Object::iter) {
                let key = object(key, key_id)?;
                let expired = key
                    .get("expired_ts")
                    .and_then(Value::as_integer)
                    .ok_or_else(|| KeyError::WrongType("expired_ts".to_owned(), "an integer"))?;
                keys.add(server, key_id, key, None, Some(expired), version)?;
            }
        }
        Ok(keys)
    }

    /// From `{server: {key_id: {"key", "valid_until_ts"?, "expired_ts"?}}}`.
    pub fn from_facts(facts: &Object<'_>, version: &RoomVersion) -> Result<Self, KeyError> {
        let mut keys = Self::new();
        for (server, of_server) in facts.iter() {
            for (key_id, key) in object(of_server, server)?.iter() {
                let key = object(key, key_id)?;
                let time = |name: &str| match key.get(name) {
                    None => Ok(None),
                    Some(value) => value
                        .as_integer()
                        .map(Some)
                        .ok_or_else(|| KeyError::WrongType(name.to_owned(), "an integer")),
                };
                let (valid_until, expired) = (time("valid_until_ts")?, time("expired_ts")?);
                keys.add(server, key_id, key, valid_until, expired, version)?;
            }
        }
        Ok(keys)
    }

    fn add(
        &mut self,
        server: &str,
        key_id: &str,
        key: &Object<'_>,
        valid_until_ts: Option<i64>,
        expired_ts: Option<i64>,
        version: &RoomVersion,
    ) -> Result<(), KeyError> {
        if !key_id.starts_with("ed25519:") {
            return Ok(());
        }
        let encoded = key.get("key").and_then(Value::as_str);
        let bytes = encoded.and_then(base64::decode_array::<32>).ok_or_else(|| {
            KeyError::NotAKey { server: server.to_owned(), key_id: key_id.to_owned() }
        })?;
        if let Some(key) = VerifyingKey::new(&bytes, version.readings.ed25519) {
            self.insert(server, key_id, PublishedKey { key, valid_until_ts, expired_ts });
        }
        Ok(())
    }
}

fn object<'o, 'a>(value: &'o Value<'a>, name: &str) -> Result<&'o Object<'a>, KeyError> {
    value.as_object().ok_or_else(|| KeyError::WrongType(name.to_owned(), "an object"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse_lenient;

    #[test]
    fn a_key_is_valid_for_seven_days_at_most_after_it_was_fetched() {
        let version = RoomVersion::specified("5").unwrap();
        let key = base64::encode([1; 32]);
        let facts =
            format!(r#"{{"a":{{"ed25519:1":{{"key":"{key}","valid_until_ts":900000000000}}}}}}"#);
        let facts = parse_lenient(facts.as_bytes()).unwrap();
        let keys = Keys::from_facts(facts.value.as_object().unwrap(), &version).unwrap();
        let counts = |keys: &Keys, at| keys.get("a", "ed25519:1").unwrap().counts_at(at, &version);
        assert!(counts(&keys, 900_000_000_000) && !counts(&keys, 900_000_000_001));
        let keys = keys.fetched_at(1000);
        assert!(counts(&keys, 604_801_000) && !counts(&keys, 604_801_001));
    }
}
