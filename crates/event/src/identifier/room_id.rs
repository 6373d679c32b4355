//! Room IDs. <https://spec.matrix.org/v1.19/appendices/#room-ids>

use super::{EventId, IdentifierError, check_with_domain, identifier, is_hash, split};

identifier! {
    /// A room: `!opaque:server`, or from version 12 the create event's ID with the sigil `!`.
    RoomId
}

impl RoomId {
    /// Takes either form.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        match text.strip_prefix('!') {
            Some(hash) if is_hash(hash) => Ok(Self::from_received(text)),
            _ => check_with_domain(text, '!', false).map(|()| Self::from_received(text)),
        }
    }

    /// Whether it is of the form that stands for a create event.
    pub fn is_hash(&self) -> bool {
        self.as_str().strip_prefix('!').is_some_and(is_hash)
    }

    /// What follows the first colon, if there is one.
    pub fn domain(&self) -> Option<&str> {
        split(self.as_str()).1
    }

    /// The ID of the create event that the room ID stands for, in room versions where it does.
    pub fn create_event(&self) -> EventId {
        let opaque = self.as_str().strip_prefix('!').unwrap_or(self.as_str());
        EventId::from_received(&format!("${opaque}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_room_ids() {
        let hash = "!Nhcu5BS-UMnFX7hBVfVSoXiD7OgH6iRT-xyIuqDnpYQ";
        let room = RoomId::parse(hash).unwrap();
        assert_eq!(room.domain(), None);
        assert!(room.is_hash() && !RoomId::parse("!a:b.c").unwrap().is_hash());
        assert_eq!(room.create_event().as_str(), hash.replace('!', "$"));
        assert_eq!(RoomId::parse("!a:b.c").unwrap().domain(), Some("b.c"));
        assert_eq!(RoomId::parse("!short"), Err(IdentifierError::NoServerName));
        assert_eq!(RoomId::parse("#a:b"), Err(IdentifierError::Sigil('!')));
    }
}
