//! What each Matrix room version changes.
//!
//! Algorithms of the floors above read [`Capabilities`]; none of them compares version numbers.
//! Versions 1 to 12 are the constants in [`Capabilities`]; a user may define further ones in TOML
//! ([`RoomVersion::from_toml`]). Where the text of the specification is ambiguous, a [`Readings`]
//! switch names the choice.

mod capabilities;
mod definition;
mod mutant;
mod reading;
mod room_version;

pub use capabilities::{
    CanonicalJson, Capabilities, Creator, EventIds, LevelForm, Redaction, RoomIds, StateResolution,
};
pub use definition::DefinitionError;
#[cfg_attr(not(feature = "mutants"), doc(hidden))]
pub use mutant::{Mutant, UnknownMutant};
pub use reading::{
    AbsentJoinRules, AbsentLevel, AbsentUsers, AdditionalCreators, ContentHash, DuplicateKeys,
    Ed25519, InviteToKnock, LenientNumbers, LevelStrings, MFederate, MalformedLevels,
    NullThirdPartyInvite, OwnAuthChain, PowerEventChain, PowerEvents, PowerLevelsUsers,
    PowerOrdering, Reading, ReadingError, Readings, RecognisedVersion, RedactedCreateRoomId,
    RedactedThirdPartyInvite, ReferenceHashes, RejectedInResolution, SoftFailure, SpecialStateKey,
    TargetlessRedaction, ThirdPartyInviteServer, ThirdPartySignatures, V1Failed, V1Members,
};
pub use room_version::{RoomVersion, UnknownRoomVersion};

/// The release of the specification that every link of this workspace points into.
pub const SPECIFICATION: &str = "v1.19";
