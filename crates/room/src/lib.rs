//! The room as a fold of received events.
//!
//! A [`Room`] is a value. [`Room::receive`] takes a PDU through the checks on receipt and gives the
//! room after it, with a [`Receipt`] that says at which check and by which rule the event was
//! dropped, rejected, soft-failed or accepted; the room before stays what it was.
//!
//! ```
//! use exeunt_room::{Context, Outcome, Room, Standing};
//! use exeunt_version::RoomVersion;
//!
//! let room = Room::new(RoomVersion::specified("11")?);
//! let create = br#"{"type":"m.room.create","state_key":"","sender":"@alice:example.org",
//!     "room_id":"!room:example.org","content":{"room_version":"11"},"depth":1,
//!     "origin_server_ts":1000,"prev_events":[],"auth_events":[],
//!     "hashes":{"sha256":"mFBHV4Fwx/H0nQBBDxY6jJgdH5MfSXMdpW9rwkEWXTk"},"signatures":{}}"#;
//! let (created, receipt) = room.receive(create, Context::default());
//! assert_eq!(receipt.outcome, Outcome::Decided(Standing::Accepted));
//! assert_eq!(created.current_state().len(), 1);
//! assert!(room.current_state().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checked;
mod decide;
mod fingerprint;
mod history;
mod log;
mod memo;
mod pending;
mod policy;
mod receipt;
mod receive;
mod record;
mod room;
mod shared;
mod state;
mod view;

pub use checked::{
    Checked, Context, DroppedEvent, check, check_all, check_event, check_hashed, check_object,
};
pub use fingerprint::Fingerprint;
pub use log::{Input, InputError};
pub use receipt::{Check, Dropped, Outcome, Receipt, Refusal, Standing};
pub use record::Record;
pub use room::Room;
pub use shared::Shared;
pub use state::State;
pub use view::StateView;
