//! Receipt check 1: whether an event complies with the event format of its room version.
//!
//! <https://spec.matrix.org/v1.19/server-server-api/#checks-performed-on-receipt-of-a-pdu>,
//! <https://spec.matrix.org/v1.19/client-server-api/#size-limits>

use exeunt_version::RoomVersion;

use crate::identifier::{IdentifierError, MAXIMUM_LENGTH};
use crate::{Event, EventId, RoomId, UserId};

/// The size that an event may have in canonical JSON, signatures included, in bytes.
pub const MAXIMUM_SIZE: usize = 65_536;
/// How many `prev_events` an event may have.
pub const MAXIMUM_PREV_EVENTS: usize = 20;
/// How many `auth_events` an event may have.
pub const MAXIMUM_AUTH_EVENTS: usize = 10;

/// Why an event does not comply with the event format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// The event is too large.
    #[error("the event has {0} bytes in canonical JSON, more than {MAXIMUM_SIZE}")]
    TooLarge(usize),
    /// A field is too long.
    #[error("`{field}` has {length} bytes, more than {MAXIMUM_LENGTH}")]
    TooLong {
        /// The field.
        field: &'static str,
        /// Its length in bytes.
        length: usize,
    },
    /// A list has too many entries.
    #[error("`{field}` has {count} entries, more than {maximum}")]
    TooMany {
        /// The field.
        field: &'static str,
        /// How many entries it has.
        count: usize,
        /// How many it may have.
        maximum: usize,
    },
    /// `depth` is negative or larger than the room version allows.
    #[error("`depth` is {depth}, not between 0 and {maximum}")]
    Depth {
        /// The depth.
        depth: i64,
        /// The largest that the room version allows.
        maximum: i64,
    },
    /// A field is not an identifier of its kind.
    #[error("`{field}` is {value:?}: {error}")]
    Identifier {
        /// The field.
        field: &'static str,
        /// What stands there.
        value: String,
        /// What is wrong with it.
        error: IdentifierError,
    },
    /// A field is missing or not of its type.
    #[error("`{0}` is missing or not {1}")]
    Field(&'static str, &'static str),
    /// A field that PDUs of the room version do not have.
    #[error("`{0}` is no field of this room version")]
    Superfluous(&'static str),
}

/// Whether the event is a valid one: `Err` says why receipt check 1 drops it.
///
/// A negative depth is no valid one, as it is one more than a maximum that starts with nothing.
pub fn check(event: &Event, version: &RoomVersion) -> Result<(), FormatError> {
    let capabilities = &version.capabilities;
    let irregular = event.irregularities();
    for (is_irregular, field, expected) in [
        (irregular.state_key, "state_key", "a string"),
        (irregular.redacts, "redacts", "a string"),
        (irregular.hashes, "hashes", "an object with a string `sha256`"),
        (irregular.signatures, "signatures", "an object of objects of strings"),
        (irregular.unsigned, "unsigned", "an object"),
        (irregular.references, "prev_events` or `auth_events", "pairs of event ID and hashes"),
    ] {
        if is_irregular {
            return Err(FormatError::Field(field, expected));
        }
    }
    if irregular.event_id {
        return Err(FormatError::Superfluous("event_id"));
    }
    for (field, length) in [
        ("sender", event.sender().as_bytes().len()),
        ("type", event.event_type().as_str().len()),
        ("state_key", event.state_key().unwrap_or_default().len()),
        ("room_id", event.room_id().as_bytes().len()),
        ("event_id", event.event_id().as_bytes().len()),
    ] {
        if length > MAXIMUM_LENGTH {
            return Err(FormatError::TooLong { field, length });
        }
    }
    for (field, count, maximum) in [
        ("prev_events", event.prev_events().len(), MAXIMUM_PREV_EVENTS),
        ("auth_events", event.auth_events().len(), MAXIMUM_AUTH_EVENTS),
    ] {
        if count > maximum {
            return Err(FormatError::TooMany { field, count, maximum });
        }
    }
    let maximum = capabilities.maximum_depth;
    if !(0..=maximum).contains(&event.depth()) {
        return Err(FormatError::Depth { depth: event.depth(), maximum });
    }
    identifier("sender", event.sender().as_str(), UserId::parse)?;
    if event.has_room_id() {
        identifier("room_id", event.room_id().as_str(), RoomId::parse)?;
    }
    identifier("event_id", event.event_id().as_str(), EventId::parse)?;
    let size = size(event, version);
    if size > MAXIMUM_SIZE { Err(FormatError::TooLarge(size)) } else { Ok(()) }
}

fn identifier<T>(
    field: &'static str,
    value: &str,
    parse: impl FnOnce(&str) -> Result<T, IdentifierError>,
) -> Result<(), FormatError> {
    parse(value).map(drop).map_err(|error| FormatError::Identifier {
        field,
        value: value.to_owned(),
        error,
    })
}

/// The size in canonical JSON.
fn size(event: &Event, version: &RoomVersion) -> usize {
    if event.has_spelled_numbers() {
        event.object().to_canonical(version.readings.lenient_numbers).len()
    } else {
        event.text().len()
    }
}
