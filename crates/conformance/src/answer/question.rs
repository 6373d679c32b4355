//! The parts of a question, and what may be wrong with them.

use std::fmt;

use exeunt_event::json::{Object, Value};
use exeunt_event::signatures::Keys;
use exeunt_event::{Event, base64};
use exeunt_version::{Readings, RoomVersion};

/// What is wrong with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The line is no JSON object.
    BadJson,
    /// The op is missing, or none of the protocol.
    UnknownOp,
    /// The room version is not known.
    UnknownRoomVersion,
    /// A field is missing, or of the wrong type or form.
    BadRequest,
    /// What should be a PDU is none.
    BadEvent,
    /// The question refers to an event that it does not bring.
    MissingEvent,
    /// The implementation lacks the op, or an algorithm of a version that it knows.
    Unsupported,
}

impl Code {
    /// Its name in the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Self::BadJson => "bad_json",
            Self::UnknownOp => "unknown_op",
            Self::UnknownRoomVersion => "unknown_room_version",
            Self::BadRequest => "bad_request",
            Self::BadEvent => "bad_event",
            Self::MissingEvent => "missing_event",
            Self::Unsupported => "unsupported",
        }
    }
}

/// Why a question has no answer.
#[derive(Clone, Debug)]
pub struct Error {
    code: Code,
    message: String,
}

impl Error {
    /// An error with what people are told.
    pub fn new(code: Code, message: impl fmt::Display) -> Self {
        Self { code, message: message.to_string() }
    }

    /// What programs are told.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What people are told.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The protocol's `error`.
    pub fn into_object(self) -> Object<'static> {
        let mut object = Object::new();
        object.insert("code", self.code.name());
        object.insert("message", self.message);
        object
    }
}

/// A question about a room version.
pub struct Question<'q> {
    fields: &'q Object<'q>,
    /// The room version, with the readings that the question asks for.
    pub version: RoomVersion,
}

impl<'q> Question<'q> {
    /// Looks at the room version, then at the readings.
    pub(super) fn new(
        fields: &'q Object<'q>,
        versions: &[RoomVersion],
        readings: impl FnOnce(&Object<'_>) -> Result<Readings, Error>,
    ) -> Result<Self, Error> {
        let id = fields.get("room_version").and_then(Value::as_str).ok_or_else(|| {
            Error::new(Code::BadRequest, "`room_version` is missing or no string")
        })?;
        Self::of_version(fields, id, versions, readings)
    }

    /// A question whose room version is known from elsewhere.
    ///
    /// # Errors
    ///
    /// `unknown_room_version`, or what `readings` says.
    pub fn of_version(
        fields: &'q Object<'q>,
        id: &str,
        versions: &[RoomVersion],
        readings: impl FnOnce(&Object<'_>) -> Result<Readings, Error>,
    ) -> Result<Self, Error> {
        let known = versions.iter().find(|version| version.id() == id).ok_or_else(|| {
            Error::new(Code::UnknownRoomVersion, format!("room version {id:?} is not known"))
        })?;
        Ok(Self { fields, version: known.clone().with_readings(readings(fields)?) })
    }

    pub(super) fn field(&self, name: &str) -> Result<&'q Value<'q>, Error> {
        let missing = || Error::new(Code::BadRequest, format!("`{name}` is missing"));
        self.fields.get(name).ok_or_else(missing)
    }

    pub(super) fn optional(&self, name: &str) -> Option<&'q Value<'q>> {
        self.fields.get(name)
    }

    pub(super) fn string(&self, name: &str) -> Result<&'q str, Error> {
        let wrong = || Error::new(Code::BadRequest, format!("`{name}` is no string"));
        self.field(name)?.as_str().ok_or_else(wrong)
    }

    pub(super) fn array(&self, name: &str) -> Result<&'q [Value<'q>], Error> {
        let wrong = || Error::new(Code::BadRequest, format!("`{name}` is no array"));
        self.field(name)?.as_array().ok_or_else(wrong)
    }

    /// A list of strings; `None` if it is absent.
    pub(super) fn strings(&self, name: &str) -> Result<Option<Vec<&'q str>>, Error> {
        let wrong = || Error::new(Code::BadRequest, format!("`{name}` is no array of strings"));
        let Some(value) = self.optional(name) else {
            return Ok(None);
        };
        let strings = value.as_array().ok_or_else(wrong)?.iter().map(Value::as_str);
        strings.collect::<Option<_>>().map(Some).ok_or_else(wrong)
    }

    pub(super) fn seed(&self) -> Result<[u8; 32], Error> {
        let wrong = || Error::new(Code::BadRequest, "`seed` is not 32 bytes in Base64");
        base64::decode_array(self.string("seed")?).ok_or_else(wrong)
    }

    pub(super) fn keys(&self) -> Result<Keys, Error> {
        let facts = self.field("keys")?.as_object();
        let facts = facts.ok_or_else(|| Error::new(Code::BadRequest, "`keys` is no object"))?;
        Keys::from_facts(facts, &self.version).map_err(|error| Error::new(Code::BadRequest, error))
    }

    /// The PDU of `event`, with its JSON.
    pub(super) fn event(&self) -> Result<(&'q Object<'q>, Event), Error> {
        let value = self.field("event")?;
        let event = self.parse("`event`", value)?;
        // `parse` takes objects alone.
        value.as_object().map(|object| (object, event)).ok_or_else(|| not_an_object("`event`"))
    }

    /// A PDU.
    pub(super) fn parse(&self, name: &str, value: &Value<'_>) -> Result<Event, Error> {
        parse(name, value, &self.version)
    }
}

/// A PDU of a room version.
pub(super) fn parse(name: &str, value: &Value<'_>, version: &RoomVersion) -> Result<Event, Error> {
    let object = value.as_object().ok_or_else(|| not_an_object(name))?;
    Event::from_object(object, version)
        .map_err(|error| Error::new(Code::BadEvent, format!("{name}: {error}")))
}

fn not_an_object(name: &str) -> Error {
    Error::new(Code::BadEvent, format!("{name} is no object"))
}
