//! Signing, and the checks without which nothing is signed.
//!
//! The homeserver's key is in [`Signer`], and what it signs is [`Ready`], which only the checks of
//! the modules below give.

mod draft;
mod invite;
mod join;
mod template;

use std::sync::Arc;

use exeunt_event::json::{Object, Value};
use exeunt_event::redaction::redact;
use exeunt_event::signatures::{SigningKey, sign_json, signed_event};
use exeunt_event::{Event, EventError, EventId, ServerName, hashes};
use exeunt_version::{EventIds, RoomVersion};

use crate::{Features, Request};

pub use draft::{Draft, compose};
pub(crate) use draft::{membership, not_allowed, number, provisional};
pub(crate) use join::ConditionMet;
pub use template::{Template, TemplateFault};

/// An event that passed the check that it has to pass before it is signed.
///
/// Nothing else is signed, and nobody but the checks can make one:
///
/// ```compile_fail,E0451
/// let ready = exeunt_homeserver::Ready { object: todo!(), version: todo!(), what: todo!() };
/// ```
#[derive(Clone, Debug)]
pub struct Ready {
    object: Object<'static>,
    version: Arc<RoomVersion>,
    what: What,
}

impl Ready {
    /// The room version.
    pub(crate) fn version(&self) -> Arc<RoomVersion> {
        Arc::clone(&self.version)
    }
}

/// Whether an event is the server's own, or one that it signs beside its sender's server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Own,
    Countersigned,
}

/// Signs what is [`Ready`], and requests.
#[derive(Debug)]
pub(crate) struct Signer {
    key: SigningKey,
}

impl Signer {
    pub(crate) fn new(key: SigningKey) -> Self {
        Self { key }
    }

    pub(crate) fn key_id(&self) -> &str {
        self.key.key_id()
    }

    pub(crate) fn public_bytes(&self) -> [u8; 32] {
        self.key.public_bytes()
    }

    /// The event with the server's signature, and with its content hash if it is the server's own.
    pub(crate) fn sign(&self, ready: Ready) -> Result<Event, EventError> {
        let Ready { mut object, version, what } = ready;
        match what {
            What::Own => sign_unchecked(object, &self.key, &version),
            What::Countersigned => {
                let mut redacted = redact(&object, &version);
                sign_json(&mut redacted, &self.key);
                let signatures = redacted.remove("signatures").map(Value::into_owned);
                object.insert("signatures", signatures.unwrap_or(Value::Null));
                Event::from_object(&object, &version)
            }
        }
    }

    pub(crate) fn request(
        &self,
        method: &str,
        uri: &str,
        destination: &ServerName,
        content: Option<&Object<'_>>,
        features: Features,
    ) -> Request {
        crate::sign_request(method, uri, destination, content, &self.key, features)
    }
}

/// The event that an object becomes as an event of the key's server: with a content hash, a
/// signature and, where events have one, an event ID, whatever it had of these before.
///
/// This is for those who play a server that checks nothing: a [`crate::Homeserver`] signs what is
/// [`Ready`] alone.
pub fn sign_unchecked(
    mut object: Object<'static>,
    key: &SigningKey,
    version: &RoomVersion,
) -> Result<Event, EventError> {
    for added in ["signatures", "unsigned", "hashes"] {
        object.remove(added);
    }
    give_event_id(&mut object, key.server(), version);
    signed_event(object, key, version)
}

/// In room versions 1 and 2 the sender's server gives the event its ID: here one that only the same
/// event gets.
fn give_event_id(object: &mut Object<'_>, server: &str, version: &RoomVersion) {
    object.remove("event_id");
    if version.capabilities.event_ids == EventIds::Sent {
        let hash = hashes::content_hash(object, version);
        let opaque = exeunt_event::base64::encode_url_safe(&hash[..18]);
        object.insert("event_id", format!("${opaque}:{server}"));
    }
}

/// References to events, in the form of the room version.
pub(crate) fn references<'e>(
    events: impl IntoIterator<Item = (&'e EventId, Option<Event>)>,
    version: &RoomVersion,
) -> Value<'static> {
    let reference = |(id, event): (&EventId, Option<Event>)| {
        let id = Value::from(id.to_string());
        if version.capabilities.event_ids != EventIds::Sent {
            return id;
        }
        let mut hashes = Object::new();
        if let Some(event) = event {
            let hash = hashes::reference_hash(&event.object(), version);
            hashes.insert("sha256", exeunt_event::base64::encode(hash));
        }
        Value::Array(vec![id, Value::Object(hashes)])
    };
    Value::Array(events.into_iter().map(reference).collect())
}
