//! JSON as events need it: numbers by their spelling, duplicate keys noticed, errors with their
//! position, and the canonical form.
//!
//! Canonical JSON: <https://spec.matrix.org/v1.19/appendices/#canonical-json>

mod number;
mod object;
mod parse;
mod scan;
mod write;
mod written;

use std::borrow::Cow;

pub use number::truncated;
pub use object::Object;
pub use parse::{
    Duplicate, ErrorKind, JsonError, MAXIMUM_NESTING, Parsed, SpelledMember, parse, parse_any,
    parse_lenient, spelled_members,
};
pub(crate) use write::write_members;
pub use write::{write_canonical, write_string};
pub(crate) use written::Written;

use exeunt_version::LenientNumbers;

/// The largest integer of strict canonical JSON, 2^53 − 1; the smallest is its negative.
pub const MAXIMUM_INTEGER: i64 = (1 << 53) - 1;

/// A JSON value. Strings borrow from the text they were parsed from where they have no escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer spelled as one.
    Integer(i64),
    /// Any other number, as it was spelled: a float, `-0`, or an integer beyond 64 bits. Strict
    /// canonical JSON has none of these.
    Number(Cow<'a, str>),
    /// A string.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Value<'a>>),
    /// An object.
    Object(Object<'a>),
}

/// Why a value has no strict canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCanonical {
    /// A number spelled with a fraction, an exponent, or as `-0`.
    #[error("a float")]
    Float,
    /// An integer outside ±(2^53 − 1), or, where floats pass, a number that no double can hold.
    #[error("a number out of range")]
    OutOfRange,
}

impl<'a> Value<'a> {
    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(string) => Some(string),
            _ => None,
        }
    }

    /// The integer, if it is one that is spelled as one and fits into 64 bits.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    /// The array's items, if it is one.
    pub fn as_array(&self) -> Option<&[Value<'a>]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub fn as_object(&self) -> Option<&Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The object, if it is one, to be changed.
    pub fn as_object_mut(&mut self) -> Option<&mut Object<'a>> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Whether the value has a strict canonical form, and if not, why.
    pub fn check_strict(&self) -> Result<(), NotCanonical> {
        match self {
            Self::Null | Self::Bool(_) | Self::String(_) => Ok(()),
            Self::Integer(integer) => {
                if integer.unsigned_abs() <= MAXIMUM_INTEGER.unsigned_abs() {
                    Ok(())
                } else {
                    Err(NotCanonical::OutOfRange)
                }
            }
            Self::Number(spelling) => Err(number::not_canonical(spelling)),
            Self::Array(items) => items.iter().try_for_each(Value::check_strict),
            Self::Object(object) => object.check_strict(),
        }
    }

    /// Whether a double can hold every number in the value; if not, a number that is out of range.
    pub fn check_finite(&self) -> Result<(), NotCanonical> {
        match self {
            Self::Number(spelling) if !number::is_finite(spelling) => Err(NotCanonical::OutOfRange),
            Self::Array(items) => items.iter().try_for_each(Value::check_finite),
            Self::Object(object) => object.iter().try_for_each(|(_, value)| value.check_finite()),
            _ => Ok(()),
        }
    }

    /// Whether any number in the value needs a reading to be written ([`Value::Number`]).
    pub fn has_spelled_numbers(&self) -> bool {
        match self {
            Self::Number(_) => true,
            Self::Array(items) => items.iter().any(Value::has_spelled_numbers),
            Self::Object(object) => object.has_spelled_numbers(),
            _ => false,
        }
    }

    /// The same value, borrowing from nothing.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(bool) => Value::Bool(bool),
            Self::Integer(integer) => Value::Integer(integer),
            Self::Number(spelling) => Value::Number(Cow::Owned(spelling.into_owned())),
            Self::String(string) => Value::String(Cow::Owned(string.into_owned())),
            Self::Array(items) => Value::Array(items.into_iter().map(Value::into_owned).collect()),
            Self::Object(object) => Value::Object(object.into_owned()),
        }
    }

    /// The canonical text, with numbers that strict canonical JSON forbids read as `numbers` says.
    pub fn to_canonical(&self, numbers: LenientNumbers) -> String {
        write::to_string(|out| write_canonical(self, numbers, out))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(string: &'a str) -> Self {
        Self::String(Cow::Borrowed(string))
    }
}

impl From<String> for Value<'_> {
    fn from(string: String) -> Self {
        Self::String(Cow::Owned(string))
    }
}

impl From<i64> for Value<'_> {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<bool> for Value<'_> {
    fn from(bool: bool) -> Self {
        Self::Bool(bool)
    }
}

impl<'a> From<Object<'a>> for Value<'a> {
    fn from(object: Object<'a>) -> Self {
        Self::Object(object)
    }
}

impl<'a, T: Into<Value<'a>>> From<Vec<T>> for Value<'a> {
    fn from(items: Vec<T>) -> Self {
        Self::Array(items.into_iter().map(Into::into).collect())
    }
}
