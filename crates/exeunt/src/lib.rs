//! The executable reference model of Matrix rooms, under one name.
//!
//! This crate has nothing of its own: it gives the crates of the model as modules, lowest floor
//! first, for those who want one dependency. Random histories (`generate`) are there with the feature
//! of that name, as they bring proptest; `generate::reference`, against which a homeserver tests its
//! own rooms, with the feature `state-machine`.
//!
//! ```
//! use exeunt::version::{RoomVersion, StateResolution};
//!
//! let version = RoomVersion::specified("12")?;
//! assert_eq!(version.capabilities.state_resolution, StateResolution::V2_1);
//! # Ok::<(), exeunt::version::UnknownRoomVersion>(())
//! ```

pub use exeunt_auth as auth;
pub use exeunt_dag as dag;
pub use exeunt_event as event;
#[cfg(feature = "generate")]
pub use exeunt_generate as generate;
pub use exeunt_homeserver as homeserver;
pub use exeunt_laws as laws;
pub use exeunt_resolve as resolve;
pub use exeunt_room as room;
pub use exeunt_version as version;
