//! From bytes to values.

use std::borrow::Cow;
use std::ops::Range;

use exeunt_version::{CanonicalJson, DuplicateKeys, Mutant, RoomVersion};

use super::{NotCanonical, Object, Value, scan};

/// How deep arrays and objects may be nested. The specification has no bound; deployed parsers
/// stop between 128 and about 1,000.
pub const MAXIMUM_NESTING: usize = 512;

/// What is wrong with a text that is no JSON, or none that the room version takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// The bytes are not UTF-8.
    #[error("invalid UTF-8")]
    InvalidUtf8,
    /// The text ends too early.
    #[error("unexpected end")]
    UnexpectedEnd,
    /// Something else was expected here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A control character inside a string, unescaped.
    #[error("a control character in a string")]
    ControlCharacter,
    /// An escape that JSON does not have.
    #[error("an unknown escape")]
    UnknownEscape,
    /// Half of a surrogate pair.
    #[error("an unpaired surrogate")]
    UnpairedSurrogate,
    /// Nesting beyond [`MAXIMUM_NESTING`].
    #[error("nesting deeper than {MAXIMUM_NESTING}")]
    TooDeep,
    /// A number that no double can hold.
    #[error("a number out of range")]
    NumberOutOfRange,
    /// A number that strict canonical JSON forbids.
    #[error("{0}")]
    NotCanonical(#[from] NotCanonical),
    /// A key that stood in the same object before, where the reading forbids it.
    #[error("the key {0:?} twice")]
    DuplicateKey(String),
    /// More text after the value.
    #[error("something after the end")]
    Trailing,
}

/// A text is not JSON, or not JSON that the room version takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {position}")]
pub struct JsonError {
    /// Where, in bytes from the start.
    pub position: usize,
    /// What.
    pub kind: ErrorKind,
}

/// A key that an object had twice. The last one counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The key.
    pub key: String,
    /// Where the object that has it ends, in bytes from the start.
    pub position: usize,
}

/// A value and what there is to say about its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// The value.
    pub value: Value<'a>,
    /// Keys that stood twice in the same object.
    pub duplicates: Vec<Duplicate>,
    /// Whether any number is a [`Value::Number`].
    pub spelled_numbers: bool,
}

/// Parses a text as the room version takes it: strict canonical numbers from version 6, any that a
/// double can hold before; duplicate keys as the reading says.
///
/// ```
/// # use exeunt_event::json;
/// # use exeunt_version::{LenientNumbers, RoomVersion};
/// let version = RoomVersion::specified("11")?;
/// let parsed = json::parse(br#"{"b": 1, "a": "\u65e5"}"#, &version)?;
/// assert_eq!(parsed.value.to_canonical(LenientNumbers::Value), r#"{"a":"日","b":1}"#);
/// let error = json::parse(b"[1, 2.5]", &version).unwrap_err();
/// assert_eq!(error.to_string(), "a float at byte 4");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn parse<'a>(bytes: &'a [u8], version: &RoomVersion) -> Result<Parsed<'a>, JsonError> {
    let numbers = match version.capabilities.canonical_json {
        CanonicalJson::Strict if !version.is_mutant(Mutant::FloatsAccepted) => Numbers::Strict,
        CanonicalJson::Strict | CanonicalJson::Lenient => Numbers::Finite,
    };
    parse_with(bytes, numbers, version.readings.duplicate_keys == DuplicateKeys::Error)
}

/// Parses any JSON whose numbers a double can hold; of duplicate keys the last counts.
pub fn parse_lenient(bytes: &[u8]) -> Result<Parsed<'_>, JsonError> {
    parse_with(bytes, Numbers::Finite, false)
}

/// Parses any JSON, with numbers of any size; of duplicate keys the last counts.
pub fn parse_any(bytes: &[u8]) -> Result<Parsed<'_>, JsonError> {
    parse_with(bytes, Numbers::Any, false)
}

/// The members of an object, in the order of the text, each with where its value stands: all of it is
/// JSON as [`parse_any`] takes it, but nothing is built. `None` if the text is another value.
///
/// ```
/// # use exeunt_event::json;
/// let text = r#"{"b": [1.0], "a" : {}}"#;
/// let members = json::spelled_members(text.as_bytes())?.unwrap_or_default();
/// let spelled: Vec<_> = members.into_iter().map(|(key, at)| (key, &text[at])).collect();
/// assert_eq!(spelled, [("b".into(), "[1.0]"), ("a".into(), "{}")]);
/// # Ok::<(), json::JsonError>(())
/// ```
pub fn spelled_members(bytes: &[u8]) -> Result<Option<Vec<SpelledMember<'_>>>, JsonError> {
    let text = utf8(bytes)?;
    let mut parser = Parser::new(text, Numbers::Any, false);
    parser.white_space();
    let members = if parser.peek() == Some(b'{') {
        let mut members = Vec::with_capacity(8);
        parser.nested(|parser| {
            parser.each_member(|parser, key| {
                let start = parser.at;
                parser.checked()?;
                members.push((key, start..parser.at));
                Ok(())
            })
        })?;
        Some(members)
    } else {
        parser.checked()?;
        None
    };
    parser.white_space();
    if parser.at < text.len() {
        return Err(parser.error(ErrorKind::Trailing));
    }
    Ok(members)
}

/// A member of an object: its key, and where its value stands, in bytes.
pub type SpelledMember<'a> = (Cow<'a, str>, Range<usize>);

/// Which numbers pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbers {
    /// Those of strict canonical JSON.
    Strict,
    /// Those that a double can hold.
    Finite,
    /// All.
    Any,
}

fn utf8(bytes: &[u8]) -> Result<&str, JsonError> {
    std::str::from_utf8(bytes)
        .map_err(|error| JsonError { position: error.valid_up_to(), kind: ErrorKind::InvalidUtf8 })
}

fn parse_with(
    bytes: &[u8],
    numbers: Numbers,
    forbid_duplicates: bool,
) -> Result<Parsed<'_>, JsonError> {
    let text = utf8(bytes)?;
    let mut parser = Parser::new(text, numbers, forbid_duplicates);
    parser.members.reserve(32);
    parser.white_space();
    let value = parser.value()?;
    parser.white_space();
    if parser.at < text.len() {
        return Err(parser.error(ErrorKind::Trailing));
    }
    let Parser { duplicates, spelled_numbers, .. } = parser;
    Ok(Parsed { value, duplicates, spelled_numbers })
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    nesting: usize,
    numbers: Numbers,
    forbid_duplicates: bool,
    /// Whether values are built, or looked at only whether they are JSON.
    builds: bool,
    spelled_numbers: bool,
    duplicates: Vec<Duplicate>,
    /// Members and items of the containers still open, so that each closed one is allocated once
    /// and at its size.
    members: Vec<(Cow<'a, str>, Value<'a>)>,
    items: Vec<Value<'a>>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, numbers: Numbers, forbid_duplicates: bool) -> Self {
        Self {
            text,
            at: 0,
            nesting: 0,
            numbers,
            forbid_duplicates,
            builds: true,
            spelled_numbers: false,
            duplicates: Vec::new(),
            members: Vec::new(),
            items: Vec::new(),
        }
    }

    fn error(&self, kind: ErrorKind) -> JsonError {
        JsonError { position: self.at, kind }
    }

    fn expected(&self, what: &'static str) -> JsonError {
        let at_end = self.at >= self.text.len();
        self.error(if at_end { ErrorKind::UnexpectedEnd } else { ErrorKind::Expected(what) })
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn white_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Value<'a>, JsonError> {
        match self.peek() {
            Some(b'"') => self.string().map(Value::String),
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", Value::Bool(true)),
            Some(b'f') => self.literal("false", Value::Bool(false)),
            Some(b'n') => self.literal("null", Value::Null),
            _ => Err(self.expected("a value")),
        }
    }

    /// A value that is JSON, of which nothing is kept.
    fn checked(&mut self) -> Result<(), JsonError> {
        let builds = std::mem::replace(&mut self.builds, false);
        let value = self.value().map(drop);
        self.builds = builds;
        value
    }

    fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, JsonError>,
    ) -> Result<T, JsonError> {
        if self.nesting == MAXIMUM_NESTING {
            return Err(self.error(ErrorKind::TooDeep));
        }
        self.nesting += 1;
        self.at += 1;
        self.white_space();
        let value = inner(self)?;
        self.nesting -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Value<'a>, JsonError> {
        let start = self.members.len();
        let mut sorted = true;
        self.each_member(|parser, key| {
            let value = parser.value()?;
            if parser.builds {
                if let Some((before, _)) = parser.members[start..].last() {
                    sorted &= *before < key;
                }
                parser.members.push((key, value));
            }
            Ok(())
        })?;
        let position = self.at - 1;
        let members = self.members.drain(start..).collect();
        let known = self.duplicates.len();
        let duplicates = &mut self.duplicates;
        let object = Object::from_members(members, sorted, |key| {
            duplicates.push(Duplicate { key: key.to_owned(), position });
        });
        if let (true, Some(duplicate)) = (self.forbid_duplicates, self.duplicates.get(known)) {
            let kind = ErrorKind::DuplicateKey(duplicate.key.clone());
            return Err(JsonError { position, kind });
        }
        Ok(Value::Object(object))
    }

    /// The rest of an object, with its closing brace: `value` goes on after the colon of every key.
    #[inline]
    fn each_member(
        &mut self,
        mut value: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.expected("a key"));
            }
            let key = self.string()?;
            self.white_space();
            if self.peek() != Some(b':') {
                return Err(self.expected("a colon"));
            }
            self.at += 1;
            self.white_space();
            value(self, key)?;
            self.white_space();
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.white_space();
                }
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.expected("a comma or a closing brace")),
            }
        }
    }

    fn array(&mut self) -> Result<Value<'a>, JsonError> {
        let start = self.items.len();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(Vec::new()));
        }
        loop {
            let item = self.value()?;
            if self.builds {
                self.items.push(item);
            }
            self.white_space();
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.white_space();
                }
                Some(b']') => break,
                _ => return Err(self.expected("a comma or a closing bracket")),
            }
        }
        self.at += 1;
        Ok(Value::Array(self.items.drain(start..).collect()))
    }

    fn literal(&mut self, word: &'static str, value: Value<'a>) -> Result<Value<'a>, JsonError> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.expected(word))
        }
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(self.expected("a digit")) } else { Ok(()) }
    }

    fn number(&mut self) -> Result<Value<'a>, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let zero = self.peek() == Some(b'0');
        let whole = self.at;
        self.digits()?;
        if zero && self.at > whole + 1 {
            self.at = whole;
            return Err(self.expected("a number without leading zeros"));
        }
        let mut float = false;
        if self.peek() == Some(b'.') {
            float = true;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            float = true;
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        let spelling = &self.text[start..self.at];
        let integer = if float || spelling == "-0" { None } else { spelling.parse().ok() };
        let value = match integer {
            Some(integer) => Value::Integer(integer),
            None => Value::Number(Cow::Borrowed(spelling)),
        };
        let is_allowed = match self.numbers {
            Numbers::Strict => value.check_strict().map_err(ErrorKind::from),
            Numbers::Finite => value.check_finite().map_err(|_| ErrorKind::NumberOutOfRange),
            Numbers::Any => Ok(()),
        };
        is_allowed.map_err(|kind| JsonError { position: start, kind })?;
        self.spelled_numbers |= integer.is_none();
        Ok(value)
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        let text = self.text;
        self.at += 1;
        let start = self.at;
        self.at += scan::plain(&text.as_bytes()[start..]);
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(&text[start..self.at - 1]));
        }
        let mut string = String::new();
        if self.builds {
            string.push_str(&text[start..self.at]);
        }
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(string));
                }
                Some(b'\\') => {
                    let character = self.escape()?;
                    if self.builds {
                        string.push(character);
                    }
                }
                Some(_) => return Err(self.error(ErrorKind::ControlCharacter)),
                None => return Err(self.error(ErrorKind::UnexpectedEnd)),
            }
            let start = self.at;
            self.at += scan::plain(&text.as_bytes()[start..]);
            if self.builds {
                string.push_str(&text[start..self.at]);
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1;
        let character = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.code_point(start);
            }
            Some(_) => return Err(self.error(ErrorKind::UnknownEscape)),
            None => return Err(self.error(ErrorKind::UnexpectedEnd)),
        };
        self.at += 1;
        Ok(character)
    }

    fn code_point(&mut self, start: usize) -> Result<char, JsonError> {
        let unpaired = JsonError { position: start, kind: ErrorKind::UnpairedSurrogate };
        let first = self.hexadecimal()?;
        let code = match first {
            0xd800..=0xdbff => {
                if !self.text.as_bytes()[self.at..].starts_with(b"\\u") {
                    return Err(unpaired);
                }
                self.at += 2;
                match self.hexadecimal()? {
                    second @ 0xdc00..=0xdfff => {
                        0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                    }
                    _ => return Err(unpaired),
                }
            }
            _ => first,
        };
        char::from_u32(code).ok_or(unpaired)
    }

    fn hexadecimal(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.expected("four hexadecimal digits"))?;
            self.at += 1;
        }
        Ok(code)
    }
}
