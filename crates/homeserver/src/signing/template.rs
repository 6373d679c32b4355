//! Templates of leaves, joins and knocks that a resident server gave.

use std::sync::Arc;

use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, RoomId, UserId, format};
use exeunt_version::{EventIds, Mutant, RoomVersion};

use super::{Ready, What};
use crate::Handshake;

/// What a template was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The handshake.
    pub handshake: Handshake,
    /// The room.
    pub room_id: RoomId,
    /// The user.
    pub user_id: UserId,
}

/// Why a template is malformed: then the next resident server is asked.
///
/// <https://spec.matrix.org/v1.19/server-server-api/#get_matrixfederationv1make_leaveroomiduserid>
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// The answer is not JSON, or no object with an `event`.
    #[error("the answer has no template")]
    NoTemplate,
    /// The room version is none that this server supports.
    #[error("the room version is {0:?}, which this server does not support")]
    RoomVersion(String),
    /// A version of the room without the membership that is asked for.
    #[error("room version {0} has no such membership")]
    NoSuchMembership(String),
    /// A field that has to have a certain value has another.
    #[error("`{field}` is {found} instead of {expected:?}")]
    Field {
        /// The field.
        field: &'static str,
        /// What it should be.
        expected: String,
        /// What it is, as JSON.
        found: String,
    },
    /// What the template would become is no event of the room version.
    #[error("it makes no event: {0}")]
    NoEvent(String),
}

impl Template {
    /// The event that the template becomes, if it is what was asked for. `content` is what the user
    /// adds: a reason, a display name.
    pub fn check(
        &self,
        answer: &[u8],
        content: &Object<'static>,
        supported: impl Fn(&str) -> Option<Arc<RoomVersion>>,
        now: i64,
    ) -> Result<Ready, TemplateFault> {
        let parsed =
            exeunt_event::json::parse_any(answer).map_err(|_| TemplateFault::NoTemplate)?;
        let answer = parsed.value.as_object().ok_or(TemplateFault::NoTemplate)?;
        let template = answer.get("event").and_then(Value::as_object);
        let mut object = template.ok_or(TemplateFault::NoTemplate)?.clone().into_owned();
        let version = match answer.get("room_version") {
            // "If not provided, the room version is assumed to be either "1" or "2"": their events
            // have the same format.
            None => "1".to_owned(),
            Some(Value::String(version)) => version.to_string(),
            Some(other) => return Err(TemplateFault::RoomVersion(spelled(Some(other)))),
        };
        let version = supported(&version).ok_or(TemplateFault::RoomVersion(version))?;
        if self.handshake == Handshake::Knock && !version.capabilities.knocking {
            return Err(TemplateFault::NoSuchMembership(version.id().to_owned()));
        }
        let field = |field, found: Option<&Value<'_>>, expected: &str| {
            if found.and_then(Value::as_str) == Some(expected) {
                return Ok(());
            }
            let (expected, found) = (expected.to_owned(), spelled(found));
            Err(TemplateFault::Field { field, expected, found })
        };
        if !version.is_mutant(Mutant::TemplateOfAnotherRoom) {
            field("room_id", object.get("room_id"), self.room_id.as_str())?;
        }
        if !(self.handshake == Handshake::Leave && version.is_mutant(Mutant::LeaveOfAnotherUser)) {
            field("sender", object.get("sender"), self.user_id.as_str())?;
            field("state_key", object.get("state_key"), self.user_id.as_str())?;
        }
        field("type", object.get("type"), "m.room.member")?;
        let its_content = object.get("content").and_then(Value::as_object);
        let membership = its_content.and_then(|content| content.get("membership"));
        field("content.membership", membership, self.handshake.membership())?;
        if let Some(Value::Object(of_template)) = object.get_mut("content") {
            for (key, value) in content.iter() {
                if !matches!(key, "membership" | "join_authorised_via_users_server") {
                    of_template.insert(key.to_owned(), value.clone());
                }
            }
        }
        object.insert("origin", self.user_id.domain().to_owned());
        object.insert("origin_server_ts", now);
        for added in ["event_id", "hashes", "signatures", "unsigned"] {
            object.remove(added);
        }
        check_form(&object, &version)?;
        Ok(Ready { object, version, what: What::Own })
    }
}

/// Whether it becomes an event of the room version, once it is hashed and signed.
fn check_form(object: &Object<'static>, version: &RoomVersion) -> Result<(), TemplateFault> {
    let mut whole = object.clone();
    if version.capabilities.event_ids == EventIds::Sent {
        whole.insert("event_id", format!("${}:{}", "A".repeat(24), "a".repeat(100)));
    }
    whole.insert("hashes", Object::from_iter([("sha256", "A".repeat(43))]));
    let of_server = Object::from_iter([("ed25519:key", "A".repeat(86))]);
    whole.insert("signatures", Object::from_iter([("server", of_server)]));
    let event = Event::from_object(&whole, version)
        .map_err(|error| TemplateFault::NoEvent(error.to_string()))?;
    format::check(&event, version).map_err(|error| TemplateFault::NoEvent(error.to_string()))
}

fn spelled(value: Option<&Value<'_>>) -> String {
    value.map_or_else(
        || "missing".to_owned(),
        |value| value.to_canonical(exeunt_version::LenientNumbers::Value),
    )
}
