//! Identifiers, with the leniency that history demands.
//!
//! `parse` takes what the grammar allows. `from_received` takes any string as it stands in an
//! event: such an identifier can be compared, and [`format`](crate::format) (receipt check 1) says
//! whether it is valid.
//!
//! <https://spec.matrix.org/v1.19/appendices/#identifier-grammar>

mod event_id;
mod inline;
mod room_id;
mod server_name;
mod user_id;

pub use event_id::EventId;
pub use inline::Name;
pub use room_id::RoomId;
pub use server_name::ServerName;
pub use user_id::UserId;

/// Identifiers may not be longer, in bytes.
pub const MAXIMUM_LENGTH: usize = 255;

/// Why a string is not an identifier of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// The first character is not the sigil of the kind.
    #[error("it does not start with `{0}`")]
    Sigil(char),
    /// There is no colon, so there is no server name.
    #[error("it has no server name")]
    NoServerName,
    /// The server name is none.
    #[error("its server name is invalid")]
    ServerName,
    /// A character that the kind may not have.
    #[error("it has a character that is not allowed")]
    Character,
    /// Longer than 255 bytes.
    #[error("it is longer than 255 bytes")]
    TooLong,
}

/// What follows the sigil: the localpart and the server name, if there is a colon.
fn split(text: &str) -> (&str, Option<&str>) {
    let rest = text.get(1..).unwrap_or_default();
    match rest.split_once(':') {
        Some((localpart, server)) => (localpart, Some(server)),
        None => (rest, None),
    }
}

fn check_length(text: &str) -> Result<(), IdentifierError> {
    if text.len() > MAXIMUM_LENGTH { Err(IdentifierError::TooLong) } else { Ok(()) }
}

/// `&localpart:server`, where a colon ends the localpart, which may not have NUL in it unless the
/// text says that it is opaque.
fn check_with_domain(text: &str, sigil: char, is_opaque: bool) -> Result<(), IdentifierError> {
    if !text.starts_with(sigil) {
        return Err(IdentifierError::Sigil(sigil));
    }
    let (localpart, server) = split(text);
    ServerName::parse(server.ok_or(IdentifierError::NoServerName)?)?;
    if !is_opaque && localpart.contains('\0') {
        return Err(IdentifierError::Character);
    }
    check_length(text)
}

/// Whether it is the unpadded Base64 of 32 bytes, in either alphabet.
fn is_hash(text: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
    text.len() == 43 && text.bytes().all(is_base64)
}

macro_rules! identifier {
    ($(#[$doc:meta])* $kind:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $kind($crate::identifier::Name);

        impl $kind {
            /// The string as it stands in an event, whether it is valid or not.
            #[inline]
            pub fn from_received(text: &str) -> Self {
                Self($crate::identifier::Name::new(text))
            }

            /// The identifier as a string.
            #[inline]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The identifier as bytes.
            #[inline]
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }
        }

        impl std::str::FromStr for $kind {
            type Err = $crate::identifier::IdentifierError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl std::borrow::Borrow<str> for $kind {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl PartialEq<str> for $kind {
            fn eq(&self, other: &str) -> bool {
                self.as_bytes() == other.as_bytes()
            }
        }

        impl std::fmt::Debug for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.0, f)
            }
        }

        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}
use identifier;
