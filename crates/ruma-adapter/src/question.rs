//! The parts of a question, and what may be wrong with them.

use std::collections::BTreeMap;
use std::fmt;

use ruma_common::RoomVersionId;
use ruma_common::room_version_rules::RoomVersionRules;
use serde_json::Value as Json;
use serde_json::value::RawValue;

/// The readings that a question may ask for. ruma has made its choices, so that none is answered.
pub const READINGS: [&str; 30] = [
    "duplicate_keys",
    "lenient_numbers",
    "reference_hashes",
    "content_hash",
    "redacted_third_party_invite",
    "redacted_create_room_id",
    "ed25519",
    "third_party_invite_server",
    "recognised_version",
    "special_state_key",
    "m_federate",
    "absent_join_rules",
    "null_third_party_invite",
    "third_party_signatures",
    "invite_to_knock",
    "level_strings",
    "malformed_levels",
    "absent_users",
    "power_levels_users",
    "absent_level",
    "additional_creators",
    "targetless_redaction",
    "own_auth_chain",
    "power_event_chain",
    "power_events",
    "power_ordering",
    "rejected_in_resolution",
    "v1_failed",
    "v1_members",
    "soft_failure",
];

/// What is wrong with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    BadJson,
    UnknownOp,
    UnknownRoomVersion,
    BadRequest,
    BadEvent,
    MissingEvent,
    Unsupported,
    /// ruma has no answer, or stopped without one.
    Internal,
}

impl Code {
    fn name(self) -> &'static str {
        match self {
            Self::BadJson => "bad_json",
            Self::UnknownOp => "unknown_op",
            Self::UnknownRoomVersion => "unknown_room_version",
            Self::BadRequest => "bad_request",
            Self::BadEvent => "bad_event",
            Self::MissingEvent => "missing_event",
            Self::Unsupported => "unsupported",
            Self::Internal => "internal",
        }
    }
}

/// Why a question has no answer.
#[derive(Clone, Debug)]
pub(crate) struct Error {
    code: Code,
    message: String,
}

impl Error {
    pub(crate) fn new(code: Code, message: impl fmt::Display) -> Self {
        Self { code, message: message.to_string() }
    }

    pub(crate) fn missing(id: &str) -> Self {
        Self::new(Code::MissingEvent, format!("{id} is not among the events"))
    }

    pub(crate) fn to_json(&self) -> Json {
        serde_json::json!({ "code": self.code.name(), "message": self.message })
    }
}

/// The fields of a question, as they were spelled.
pub(crate) type Fields<'q> = BTreeMap<String, &'q RawValue>;

/// A string; `None` if it is something else or absent.
pub(crate) fn string(fields: &Fields<'_>, name: &str) -> Option<String> {
    serde_json::from_str(fields.get(name)?.get()).ok()
}

/// That no reading is asked for.
pub(crate) fn no_readings(fields: &Fields<'_>) -> Result<(), Error> {
    let Some(asked) = fields.get("readings") else { return Ok(()) };
    let bad = |message: String| Error::new(Code::BadRequest, message);
    let asked: BTreeMap<String, String> =
        serde_json::from_str(asked.get()).map_err(|error| bad(format!("`readings`: {error}")))?;
    if let Some(name) = asked.keys().find(|name| !READINGS.contains(&name.as_str())) {
        return Err(bad(format!("there is no reading {name:?}")));
    }
    match asked.keys().next() {
        Some(name) => {
            let message = format!("ruma offers no choice of {name:?}");
            Err(Error::new(Code::Unsupported, message))
        }
        None => Ok(()),
    }
}

/// A question about a room version.
pub(crate) struct Question<'q> {
    fields: &'q Fields<'q>,
    pub(crate) rules: RoomVersionRules,
}

impl<'q> Question<'q> {
    /// Looks at the room version, then at the readings.
    pub(crate) fn new(fields: &'q Fields<'q>) -> Result<Self, Error> {
        let id = string(fields, "room_version").ok_or_else(|| {
            Error::new(Code::BadRequest, "`room_version` is missing or no string")
        })?;
        let rules = rules(&id).ok_or_else(|| {
            Error::new(Code::UnknownRoomVersion, format!("ruma knows no room version {id:?}"))
        })?;
        no_readings(fields)?;
        Ok(Self { fields, rules })
    }

    pub(crate) fn field(&self, name: &str) -> Result<&'q RawValue, Error> {
        let missing = || Error::new(Code::BadRequest, format!("`{name}` is missing"));
        self.fields.get(name).copied().ok_or_else(missing)
    }

    pub(crate) fn string(&self, name: &str) -> Result<String, Error> {
        let wrong = || Error::new(Code::BadRequest, format!("`{name}` is missing or no string"));
        string(self.fields, name).ok_or_else(wrong)
    }

    pub(crate) fn array(&self, name: &str) -> Result<Vec<&'q RawValue>, Error> {
        let wrong = |_| Error::new(Code::BadRequest, format!("`{name}` is no array"));
        serde_json::from_str(self.field(name)?.get()).map_err(wrong)
    }

    /// A list of strings; `None` if it is absent.
    pub(crate) fn strings(&self, name: &str) -> Result<Option<Vec<String>>, Error> {
        let wrong = |_| Error::new(Code::BadRequest, format!("`{name}` is no array of strings"));
        let field = self.fields.get(name);
        field.map(|value| serde_json::from_str(value.get())).transpose().map_err(wrong)
    }
}

/// What ruma knows of a room version.
pub(crate) fn rules(id: &str) -> Option<RoomVersionRules> {
    RoomVersionId::try_from(id).ok()?.rules()
}
