//! A Matrix event as bytes, in every room version: parsed once, typed after that.
//!
//! - [`Event`]: one PDU, its ID, and the contents that the authorisation rules read.
//! - [`identifier`]: user IDs, room IDs, event IDs, server names.
//! - [`json`]: canonical JSON.
//! - [`mod@format`]: receipt check 1.
//! - [`redaction`], [`hashes`], [`signatures`]: receipt checks 2 and 3, and what they stand on.
//!
//! ```
//! use exeunt_event::Event;
//! use exeunt_version::RoomVersion;
//!
//! let pdu = br#"{"type":"m.room.topic","state_key":"","sender":"@alice:example.org",
//!     "room_id":"!room:example.org","content":{"topic":"Exits"},"depth":7,
//!     "origin_server_ts":1000,"prev_events":[],"auth_events":[],
//!     "hashes":{"sha256":"thishashcoversallfieldsincasethisisredacted"},"signatures":{}}"#;
//! let event = Event::parse(pdu, &RoomVersion::specified("11")?)?;
//! assert_eq!(event.event_id().as_str(), "$lFXxHX5s6bBQCElDa_cCiVV7D9DhkRsE4u-XIdCl4Vs");
//! assert_eq!(event.sender().server_name().as_str(), "example.org");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod base64;
pub mod content;
mod event;
pub mod format;
pub mod hashes;
pub mod identifier;
pub mod json;
pub mod redaction;
pub mod signatures;

pub use event::{Event, EventError, EventType, Irregularities};
pub use identifier::{EventId, RoomId, ServerName, UserId};
