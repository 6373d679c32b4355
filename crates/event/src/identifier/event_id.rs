//! Event IDs. <https://spec.matrix.org/v1.19/appendices/#event-ids>

use exeunt_version::EventIds;

use super::{IdentifierError, RoomId, check_with_domain, identifier, is_hash, split};
use crate::base64;

identifier! {
    /// An event: `$opaque:server` in versions 1 and 2, the reference hash after that.
    EventId
}

impl EventId {
    /// Takes any of the three forms.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        match text.strip_prefix('$') {
            Some(hash) if is_hash(hash) => Ok(Self::from_received(text)),
            _ => check_with_domain(text, '$', true).map(|()| Self::from_received(text)),
        }
    }

    /// The ID that a reference hash gives. `form` must be one that uses it: with
    /// [`EventIds::Sent`] the result is in the URL-safe alphabet.
    pub fn from_reference_hash(hash: &[u8; 32], form: EventIds) -> Self {
        let encoded = match form {
            EventIds::ReferenceHash => base64::encode(hash),
            EventIds::UrlSafeReferenceHash | EventIds::Sent => base64::encode_url_safe(hash),
        };
        let mut text = String::with_capacity(44);
        text.push('$');
        text.push_str(&encoded);
        Self::from_received(&text)
    }

    /// What follows the first colon, if there is one.
    pub fn domain(&self) -> Option<&str> {
        split(self.as_str()).1
    }

    /// The ID of the room that this event created, in room versions where it is derived.
    pub fn room(&self) -> RoomId {
        let opaque = self.as_str().strip_prefix('$').unwrap_or(self.as_str());
        RoomId::from_received(&format!("!{opaque}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_are_event_ids() {
        for id in [
            "$randomstring:example.org",
            "$acR1l0raoZnm60CBwAVgqbZqoO/mYU81xysh1u7XcJk",
            "$Rqnc-F-dvnEYJTyHq_iKxU2bZ1CI92-kuZq3a5lr5Zg",
        ] {
            assert!(EventId::parse(id).is_ok(), "{id}");
        }
        assert_eq!(EventId::parse("$short"), Err(IdentifierError::NoServerName));
        assert_eq!(EventId::parse("!a:b"), Err(IdentifierError::Sigil('$')));
    }

    #[test]
    fn the_alphabet_is_that_of_the_room_version() {
        let hash = [0xfb; 32];
        let standard = EventId::from_reference_hash(&hash, EventIds::ReferenceHash);
        let url_safe = EventId::from_reference_hash(&hash, EventIds::UrlSafeReferenceHash);
        assert!(standard.as_str().contains('+') && !standard.as_str().contains('-'));
        assert_eq!(standard.as_str().replace('+', "-").replace('/', "_"), url_safe.as_str());
    }
}
