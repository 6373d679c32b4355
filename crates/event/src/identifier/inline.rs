//! Short strings without an allocation.
//!
//! Nearly every identifier fits into 46 bytes: event IDs of version 3 and later have 44.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

const CAPACITY: usize = 46;

/// An immutable string: inline up to 46 bytes, shared beyond. Compared by its bytes, which is the
/// order of code points.
#[derive(Clone)]
pub struct Name(Repr);

#[derive(Clone)]
enum Repr {
    Inline { length: u8, bytes: [u8; CAPACITY] },
    Shared(Arc<str>),
}

impl Name {
    /// A copy of `text`.
    #[inline]
    pub fn new(text: &str) -> Self {
        let mut bytes = [0; CAPACITY];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(text.as_bytes());
                Self(Repr::Inline { length, bytes })
            }
            _ => Self(Repr::Shared(text.into())),
        }
    }

    /// The string.
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // The bytes were a string when they were copied, so this never falls back.
            Repr::Inline { .. } => std::str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Repr::Shared(text) => text,
        }
    }

    /// The string's bytes.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { length, bytes } => {
                // The length is at most the capacity, so the default is never taken.
                bytes.get(..usize::from(*length)).unwrap_or_default()
            }
            Repr::Shared(text) => text.as_bytes(),
        }
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl PartialEq for Name {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_text_at_every_length() {
        assert_eq!(size_of::<Name>(), 48);
        let text = "é".repeat(40);
        for length in (0..=text.len()).step_by(2) {
            let (text, name) = (&text[..length], Name::new(&text[..length]));
            assert_eq!(name.as_str(), text);
            assert_eq!(name.clone(), Name::new(text));
            assert!(name < Name::new(&format!("{text}a")));
        }
    }
}
