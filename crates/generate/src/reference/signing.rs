//! The keys of the servers.

use exeunt_event::signatures::{Keys, PublishedKey, SigningKey, hash_and_sign, required_servers};
use exeunt_event::{Event, ServerName};
use exeunt_version::RoomVersion;

use crate::play::cast::Cast;

/// A key of each server, with which it signs.
#[derive(Debug)]
pub(crate) struct Signing {
    pub(crate) signing: Vec<SigningKey>,
    pub(crate) keys: Keys,
}

impl Signing {
    pub(crate) fn new(cast: &Cast, version: &RoomVersion) -> Self {
        let key = |(at, server): (u8, _)| SigningKey::from_seed(server, "ed25519:1", &[at; 32]);
        let servers = cast.servers.iter().map(ServerName::as_str);
        let signing: Vec<SigningKey> = (1..).zip(servers).map(key).collect();
        let mut keys = Keys::new();
        for one in &signing {
            if let Some(key) = one.verifying_key(version.readings.ed25519) {
                let published = PublishedKey { key, valid_until_ts: None, expired_ts: None };
                keys.insert(one.server(), one.key_id(), published);
            }
        }
        Self { signing, keys }
    }

    /// The event with the signatures that it needs, and in any case its sender's.
    pub(crate) fn sign(&self, event: &Event, version: &RoomVersion) -> Option<Event> {
        let mut servers = required_servers(event, version);
        servers.push(event.sender().server_name());
        let mut object = event.object().into_owned();
        for key in &self.signing {
            if servers.iter().any(|server| server.as_str() == key.server()) {
                hash_and_sign(&mut object, key, version);
            }
        }
        Event::from_object(&object, version).ok()
    }
}
