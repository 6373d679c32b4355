//! An answer that is text: read as far as it takes to know it for one.

use std::ops::Range;

use exeunt_event::json::{self, JsonError, Object, Value};

/// A line that is an answer: a JSON object with one of `ok` and `error`, which is an object too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerLine<T> {
    text: T,
    parts: Parts,
}

/// Where the parts of an answer are.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parts {
    id: Option<Range<usize>>,
    /// Whether it says `ok`, not `error`.
    is_ok: bool,
    /// What it says.
    said: Range<usize>,
}

/// Why a line is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    /// It is not JSON.
    #[error("no JSON ({0})")]
    NotJson(#[from] JsonError),
    /// It is another value.
    #[error("no JSON object")]
    NoObject,
    /// It says nothing, or two things.
    #[error("neither `ok` nor `error`, or both")]
    NeitherOrBoth,
}

impl<T: AsRef<[u8]>> AnswerLine<T> {
    /// A line, without its line break.
    ///
    /// # Errors
    ///
    /// If it is no answer; the line comes back.
    pub fn parse(text: T) -> Result<Self, (BadAnswer, T)> {
        match parts(text.as_ref()) {
            Ok(parts) => Ok(Self { text, parts }),
            Err(bad) => Err((bad, text)),
        }
    }

    /// The line.
    pub fn text(&self) -> &[u8] {
        self.text.as_ref()
    }

    /// Whether its `id` is this string.
    pub fn has_id(&self, id: &str) -> bool {
        let spelled = self.parts.id.clone().and_then(|at| self.text().get(at));
        spelled.is_some_and(|spelled| is_string(spelled, id))
    }

    /// What it says, as it is spelled, if that is an `ok`.
    pub(crate) fn ok(&self) -> Option<&[u8]> {
        self.text().get(self.parts.said.clone()).filter(|_| self.parts.is_ok)
    }

    /// All of it.
    pub fn to_object(&self) -> Object<'_> {
        object(self.text())
    }
}

fn parts(text: &[u8]) -> Result<Parts, BadAnswer> {
    let members = json::spelled_members(text)?.ok_or(BadAnswer::NoObject)?;
    // Of a key that stands twice the last one counts.
    let at = |name: &str| {
        let named = members.iter().rev().find(|(key, _)| key == name);
        named.map(|(_, at)| at.clone())
    };
    let object = |name: &str| at(name).filter(|at| text.get(at.start) == Some(&b'{'));
    let (is_ok, said) = said(object).ok_or(BadAnswer::NeitherOrBoth)?;
    Ok(Parts { id: at("id"), is_ok, said })
}

/// What an answer says, and whether that is `ok`, if it says one thing. `object` gives the member of
/// a name, if it is an object.
pub(crate) fn said<T>(object: impl Fn(&str) -> Option<T>) -> Option<(bool, T)> {
    match (object("ok"), object("error")) {
        (Some(ok), None) => Some((true, ok)),
        (None, Some(error)) => Some((false, error)),
        _ => None,
    }
}

/// Whether a JSON text is this string.
pub(crate) fn is_string(spelled: &[u8], string: &str) -> bool {
    let inner = spelled.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\""));
    if inner == Some(string.as_bytes()) && !string.contains('\\') {
        return true;
    }
    json::parse_any(spelled).is_ok_and(|parsed| parsed.value.as_str() == Some(string))
}

/// The object of a text that was seen to be one.
pub(crate) fn object(text: &[u8]) -> Object<'_> {
    match json::parse_any(text).map(|parsed| parsed.value) {
        Ok(Value::Object(object)) => object,
        _ => Object::new(),
    }
}
