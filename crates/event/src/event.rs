//! One PDU: parsed once, typed after that.

use std::fmt;
use std::sync::Arc;

use exeunt_version::{CanonicalJson, EventIds, Mutant, ReferenceHashes, RoomIds, RoomVersion};

use crate::content::Content;
use crate::hashes::{Hashed, reference_hash_of};
use crate::identifier::Name;
use crate::json::{self, Duplicate, JsonError, NotCanonical, Object, Value, Written};
use crate::{EventId, RoomId, UserId};

/// The type of an event: those that the authorisation rules speak of, and the rest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// `m.room.create`
    Create,
    /// `m.room.member`
    Member,
    /// `m.room.power_levels`
    PowerLevels,
    /// `m.room.join_rules`
    JoinRules,
    /// `m.room.third_party_invite`
    ThirdPartyInvite,
    /// `m.room.aliases`
    Aliases,
    /// `m.room.redaction`
    Redaction,
    /// Any other.
    Other(Name),
}

impl EventType {
    /// From its name.
    pub fn new(name: &str) -> Self {
        match name {
            "m.room.create" => Self::Create,
            "m.room.member" => Self::Member,
            "m.room.power_levels" => Self::PowerLevels,
            "m.room.join_rules" => Self::JoinRules,
            "m.room.third_party_invite" => Self::ThirdPartyInvite,
            "m.room.aliases" => Self::Aliases,
            "m.room.redaction" => Self::Redaction,
            other => Self::Other(Name::new(other)),
        }
    }

    /// Its name's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Other(name) => name.as_bytes(),
            known => known.as_str().as_bytes(),
        }
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Create => "m.room.create",
            Self::Member => "m.room.member",
            Self::PowerLevels => "m.room.power_levels",
            Self::JoinRules => "m.room.join_rules",
            Self::ThirdPartyInvite => "m.room.third_party_invite",
            Self::Aliases => "m.room.aliases",
            Self::Redaction => "m.room.redaction",
            Self::Other(name) => name.as_str(),
        }
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why bytes are not an event whose ID can be computed and which the rules could look at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The text is not JSON, or none that the room version takes.
    #[error("not JSON: {0}")]
    Json(#[from] JsonError),
    /// A number that strict canonical JSON forbids.
    #[error("not canonical JSON: {0}")]
    NotCanonical(#[from] NotCanonical),
    /// The text is JSON, but no object.
    #[error("not an object")]
    NotAnObject,
    /// A field that every event has is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A field is not of its type.
    #[error("`{0}` is not {1}")]
    WrongType(&'static str, &'static str),
}

/// What receipt check 1 has to object to, noticed while parsing: the rules get by without it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an independent observation")]
pub struct Irregularities {
    /// `state_key` is there but no string. The event counts as one without a state key.
    pub state_key: bool,
    /// `redacts` is there but no string.
    pub redacts: bool,
    /// `hashes` is not an object with a string `sha256`.
    pub hashes: bool,
    /// `signatures` is not an object of objects of strings.
    pub signatures: bool,
    /// `unsigned` is there but no object.
    pub unsigned: bool,
    /// An entry of `prev_events` or `auth_events` is not exactly an ID and its hashes (versions 1
    /// and 2).
    pub references: bool,
    /// `event_id` is there, in a version whose PDUs do not have it.
    pub event_id: bool,
}

/// One PDU of a room version. Immutable, and cheap to clone.
///
/// It holds the received JSON with its keys sorted (so that unknown keys and contents survive and
/// hashes are over what was received), and in types what the rules look at.
#[derive(Clone)]
pub struct Event(Arc<Inner>);

/// In the order of the fields in memory, so that what the rules look at is side by side: where many
/// events are checked, most of them have to be fetched from memory first.
#[repr(C)]
struct Inner {
    origin_server_ts: i64,
    event_type: EventType,
    sender: UserId,
    state_key: Option<Name>,
    room_id: RoomId,
    content: Content,
    event_id: EventId,
    depth: i64,
    redacts: Option<EventId>,
    prev_events: Box<[EventId]>,
    auth_events: Box<[EventId]>,
    text: Arc<str>,
    irregularities: Irregularities,
    has_room_id: bool,
    has_spelled_numbers: bool,
}

impl Event {
    /// Parses a PDU in federation form.
    ///
    /// Succeeds for whatever has an ID and the fields that the rules need, in their types; whether
    /// it is a *valid* event is for [`format::check`](crate::format::check) to say.
    pub fn parse(bytes: &[u8], version: &RoomVersion) -> Result<Self, EventError> {
        Self::parse_noting(bytes, version).map(|(event, _)| event)
    }

    /// [`Event::parse`], with the keys that stood twice in the same object.
    pub fn parse_noting(
        bytes: &[u8],
        version: &RoomVersion,
    ) -> Result<(Self, Vec<Duplicate>), EventError> {
        let parsed = json::parse(bytes, version)?;
        let Value::Object(object) = parsed.value else {
            return Err(EventError::NotAnObject);
        };
        Ok((Self::new(&object, Written::new(&object), version)?, parsed.duplicates))
    }

    /// From a JSON object that was parsed or built elsewhere.
    pub fn from_object(object: &Object<'_>, version: &RoomVersion) -> Result<Self, EventError> {
        Self::check_numbers(object, version)?;
        Self::new(object, Written::new(object), version)
    }

    /// [`Event::from_object`] with its content hash.
    pub fn from_hashed(event: Hashed<'_>, version: &RoomVersion) -> Result<Self, EventError> {
        let (object, written) = event.into_parts();
        Self::check_numbers(&object, version)?;
        Self::new(&object, written, version)
    }

    fn check_numbers(object: &Object<'_>, version: &RoomVersion) -> Result<(), NotCanonical> {
        match version.capabilities.canonical_json {
            CanonicalJson::Strict if !version.is_mutant(Mutant::FloatsAccepted) => {
                object.check_strict()
            }
            CanonicalJson::Strict | CanonicalJson::Lenient => {
                object.iter().try_for_each(|(_, value)| value.check_finite())
            }
        }
    }

    /// The same event redacted: same ID, without what redaction strips.
    #[must_use]
    pub fn redacted(&self, version: &RoomVersion) -> Self {
        let mut object = self.object();
        crate::redaction::redact_in_place(&mut object, version);
        // Redaction keeps every field that an event must have.
        Self::new(&object, Written::new(&object), version).unwrap_or_else(|_| self.clone())
    }

    /// `written` is the object's text.
    fn new(
        object: &Object<'_>,
        written: Written,
        version: &RoomVersion,
    ) -> Result<Self, EventError> {
        let capabilities = &version.capabilities;
        let fields = Fields::of(object);
        let mut irregularities = Irregularities::default();
        let event_type = EventType::new(string(fields.event_type, "type")?);
        let sender = UserId::from_received(string(fields.sender, "sender")?);
        let content = fields.content.ok_or(EventError::Missing("content"))?;
        let content = content.as_object().ok_or(EventError::WrongType("content", "an object"))?;
        let prev_events =
            references((fields.prev_events, "prev_events"), version, &mut irregularities)?;
        let auth_events =
            references((fields.auth_events, "auth_events"), version, &mut irregularities)?;
        let depth = match fields.depth {
            Some(Value::Number(beyond)) if version.is_mutant(Mutant::DepthBeyondBounds) => {
                json::truncated(beyond)
            }
            depth => integer(depth, "depth")?,
        };
        let origin_server_ts = integer(fields.origin_server_ts, "origin_server_ts")?;
        let derived_room =
            capabilities.room_ids == RoomIds::CreateEvent && event_type == EventType::Create;
        let room_id = match fields.room_id {
            None if derived_room => None,
            room_id => Some(RoomId::from_received(string(room_id, "room_id")?)),
        };
        let event_id = match capabilities.event_ids {
            EventIds::Sent => EventId::from_received(string(fields.event_id, "event_id")?),
            form => {
                irregularities.event_id = fields.event_id.is_some();
                let is_older = version.is_mutant(Mutant::EventIdAlphabet);
                let form = if is_older { EventIds::ReferenceHash } else { form };
                EventId::from_reference_hash(&reference_hash_of(object, &written, version), form)
            }
        };
        let state_key = fields.state_key.and_then(|key| {
            irregularities.state_key = key.as_str().is_none();
            key.as_str().map(Name::new)
        });
        let redacts =
            if capabilities.redacts_in_content { content.get("redacts") } else { fields.redacts };
        let redacts = redacts.and_then(|target| {
            irregularities.redacts =
                event_type == EventType::Redaction && target.as_str().is_none();
            target.as_str().map(EventId::from_received)
        });
        irregularities.hashes = !fields.hashes.is_some_and(has_sha256);
        irregularities.signatures = !fields.signatures.is_some_and(are_signatures);
        irregularities.unsigned = fields.unsigned.is_some_and(|value| value.as_object().is_none());
        Ok(Self(Arc::new(Inner {
            content: Content::new(&event_type, content, version),
            has_room_id: room_id.is_some(),
            // Strict JSON has no numbers that could be spelled otherwise than canonically.
            has_spelled_numbers: capabilities.canonical_json == CanonicalJson::Lenient
                && object.has_spelled_numbers(),
            room_id: room_id.unwrap_or_else(|| event_id.room()),
            event_id,
            sender,
            event_type,
            state_key,
            prev_events,
            auth_events,
            depth,
            origin_server_ts,
            redacts,
            irregularities,
            text: written.into_string().into(),
        })))
    }

    /// The event's ID: from the PDU in versions 1 and 2, from the reference hash after that.
    #[inline]
    pub fn event_id(&self) -> &EventId {
        &self.0.event_id
    }

    /// The room's ID: from the PDU, or from the event's own ID for a create event that has none.
    #[inline]
    pub fn room_id(&self) -> &RoomId {
        &self.0.room_id
    }

    /// Whether the PDU has a `room_id`.
    #[inline]
    pub fn has_room_id(&self) -> bool {
        self.0.has_room_id
    }

    /// Whether a number in it may not be spelled as canonical JSON would.
    pub(crate) fn has_spelled_numbers(&self) -> bool {
        self.0.has_spelled_numbers
    }

    /// The sender.
    #[inline]
    pub fn sender(&self) -> &UserId {
        &self.0.sender
    }

    /// The type.
    #[inline]
    pub fn event_type(&self) -> &EventType {
        &self.0.event_type
    }

    /// The state key; an event that has one is a state event.
    #[inline]
    pub fn state_key(&self) -> Option<&str> {
        self.0.state_key.as_ref().map(Name::as_str)
    }

    /// The bytes of the state key, for those who need no string.
    #[inline]
    pub fn state_key_bytes(&self) -> Option<&[u8]> {
        self.0.state_key.as_ref().map(Name::as_bytes)
    }

    /// Whether the event is the one of that type and state key, once it is in a state.
    pub fn is_state(&self, event_type: &EventType, state_key: &str) -> bool {
        self.0.event_type == *event_type
            && self.0.state_key.as_ref().is_some_and(|key| key.as_bytes() == state_key.as_bytes())
    }

    /// The events it follows.
    #[inline]
    pub fn prev_events(&self) -> &[EventId] {
        &self.0.prev_events
    }

    /// The events that give its sender permission to send it.
    #[inline]
    pub fn auth_events(&self) -> &[EventId] {
        &self.0.auth_events
    }

    /// The depth.
    #[inline]
    pub fn depth(&self) -> i64 {
        self.0.depth
    }

    /// When the sender's server says it made the event, in milliseconds since the epoch.
    #[inline]
    pub fn origin_server_ts(&self) -> i64 {
        self.0.origin_server_ts
    }

    /// The event that this one redacts, from where the room version has it.
    #[inline]
    pub fn redacts(&self) -> Option<&EventId> {
        self.0.redacts.as_ref()
    }

    /// What the rules read of the content.
    #[inline]
    pub fn content(&self) -> &Content {
        &self.0.content
    }

    /// What receipt check 1 has to object to, beyond what the fields themselves show.
    #[inline]
    pub fn irregularities(&self) -> Irregularities {
        self.0.irregularities
    }

    /// The PDU as JSON text: what was received, with keys sorted and without white space. Numbers
    /// are spelled as they were received, which in versions 1 to 5 may not be canonical.
    #[inline]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// [`Event::text`], to be kept without the event.
    pub fn shared_text(&self) -> Arc<str> {
        Arc::clone(&self.0.text)
    }

    /// The PDU as a JSON object.
    pub fn object(&self) -> Object<'_> {
        // The text was written from an object, so the defaults are never taken.
        match json::parse_lenient(self.0.text.as_bytes()) {
            Ok(json::Parsed { value: Value::Object(object), .. }) => object,
            _ => Object::new(),
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.event_id(), self.text())
    }
}

/// Two events are equal if their IDs and everything received are.
impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.event_id() == other.event_id() && self.text() == other.text()
    }
}

impl Eq for Event {}

/// The fields that events have, found in one pass.
#[derive(Default)]
struct Fields<'o, 'a> {
    auth_events: Option<&'o Value<'a>>,
    content: Option<&'o Value<'a>>,
    depth: Option<&'o Value<'a>>,
    event_id: Option<&'o Value<'a>>,
    hashes: Option<&'o Value<'a>>,
    origin_server_ts: Option<&'o Value<'a>>,
    prev_events: Option<&'o Value<'a>>,
    redacts: Option<&'o Value<'a>>,
    room_id: Option<&'o Value<'a>>,
    sender: Option<&'o Value<'a>>,
    signatures: Option<&'o Value<'a>>,
    state_key: Option<&'o Value<'a>>,
    event_type: Option<&'o Value<'a>>,
    unsigned: Option<&'o Value<'a>>,
}

impl<'o, 'a> Fields<'o, 'a> {
    fn of(object: &'o Object<'a>) -> Self {
        let mut fields = Self::default();
        for (key, value) in object.iter() {
            let field = match key {
                "auth_events" => &mut fields.auth_events,
                "content" => &mut fields.content,
                "depth" => &mut fields.depth,
                "event_id" => &mut fields.event_id,
                "hashes" => &mut fields.hashes,
                "origin_server_ts" => &mut fields.origin_server_ts,
                "prev_events" => &mut fields.prev_events,
                "redacts" => &mut fields.redacts,
                "room_id" => &mut fields.room_id,
                "sender" => &mut fields.sender,
                "signatures" => &mut fields.signatures,
                "state_key" => &mut fields.state_key,
                "type" => &mut fields.event_type,
                "unsigned" => &mut fields.unsigned,
                _ => continue,
            };
            *field = Some(value);
        }
        fields
    }
}

fn string<'o>(value: Option<&'o Value<'_>>, key: &'static str) -> Result<&'o str, EventError> {
    let value = value.ok_or(EventError::Missing(key))?;
    value.as_str().ok_or(EventError::WrongType(key, "a string"))
}

fn integer(value: Option<&Value<'_>>, key: &'static str) -> Result<i64, EventError> {
    let value = value.ok_or(EventError::Missing(key))?;
    value.as_integer().ok_or(EventError::WrongType(key, "an integer"))
}

fn references(
    (entries, key): (Option<&Value<'_>>, &'static str),
    version: &RoomVersion,
    irregularities: &mut Irregularities,
) -> Result<Box<[EventId]>, EventError> {
    let entries = entries.ok_or(EventError::Missing(key))?;
    let entries = entries.as_array().ok_or(EventError::WrongType(key, "an array"))?;
    let pairs = version.capabilities.event_ids == EventIds::Sent;
    let are_hashes = |value: &Value<'_>| match version.readings.reference_hashes {
        ReferenceHashes::Optional => value.as_object().is_some(),
        ReferenceHashes::Required => has_sha256(value),
    };
    let id = |entry: &Value<'_>| {
        if pairs {
            let pair = entry.as_array()?;
            irregularities.references |= !(pair.len() == 2 && are_hashes(&pair[1]));
            pair.first()?.as_str().map(EventId::from_received)
        } else {
            entry.as_str().map(EventId::from_received)
        }
    };
    let ids: Option<Box<[EventId]>> = entries.iter().map(id).collect();
    ids.ok_or(EventError::WrongType(
        key,
        if pairs { "an array of pairs of event ID and hashes" } else { "an array of event IDs" },
    ))
}

fn has_sha256(value: &Value<'_>) -> bool {
    let sha256 = value.as_object().and_then(|hashes| hashes.get("sha256"));
    sha256.is_some_and(|hash| hash.as_str().is_some())
}

fn are_signatures(value: &Value<'_>) -> bool {
    let all_strings = |server: &Value<'_>| {
        let keys = server.as_object();
        keys.is_some_and(|keys| keys.iter().all(|(_, signature)| signature.as_str().is_some()))
    };
    value.as_object().is_some_and(|servers| servers.iter().all(|(_, server)| all_strings(server)))
}
