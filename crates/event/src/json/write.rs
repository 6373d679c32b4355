//! The canonical form: keys sorted, no white space, the shortest escapes.

use exeunt_version::LenientNumbers;

use super::{Object, Value, number, scan};

/// How numbers that strict canonical JSON forbids are written.
#[derive(Clone, Copy)]
pub(crate) enum Spelling {
    /// As they were received.
    AsReceived,
    /// As the reading says.
    Read(LenientNumbers),
}

/// Appends the canonical form of `value` to `out`.
pub fn write_canonical(value: &Value<'_>, numbers: LenientNumbers, out: &mut Vec<u8>) {
    write_value(value, Spelling::Read(numbers), out);
}

pub(super) fn write_value(value: &Value<'_>, numbers: Spelling, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Integer(integer) => {
            out.extend_from_slice(itoa::Buffer::new().format(*integer).as_bytes());
        }
        Value::Number(spelling) => match numbers {
            Spelling::AsReceived => out.extend_from_slice(spelling.as_bytes()),
            Spelling::Read(numbers) => number::write(spelling, numbers, out),
        },
        Value::String(string) => write_string(string, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(item, numbers, out);
            }
            out.push(b']');
        }
        Value::Object(object) => write_object(object, numbers, out),
    }
}

pub(crate) fn write_object(object: &Object<'_>, numbers: Spelling, out: &mut Vec<u8>) {
    write_members(object.iter(), out, |_, value, out| write_value(value, numbers, out));
}

/// Appends an object of those members, each value as `write` says.
pub(crate) fn write_members<'a, 'b: 'a>(
    members: impl Iterator<Item = (&'a str, &'a Value<'b>)>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(&str, &Value<'b>, &mut Vec<u8>),
) {
    out.push(b'{');
    let start = out.len();
    for (key, value) in members {
        if out.len() > start {
            out.push(b',');
        }
        write_string(key, out);
        out.push(b':');
        write(key, value, out);
    }
    out.push(b'}');
}

/// Appends a string in quotation marks.
#[inline]
pub fn write_string(string: &str, out: &mut Vec<u8>) {
    let bytes = string.as_bytes();
    let plain = scan::plain(bytes);
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    if plain == bytes.len() {
        out.extend_from_slice(bytes);
    } else {
        write_escaped(bytes, plain, out);
    }
    out.push(b'"');
}

/// Appends what is between the quotation marks; `plain` bytes at the start stand for themselves.
#[cold]
fn write_escaped(bytes: &[u8], mut plain: usize, out: &mut Vec<u8>) {
    let mut rest = bytes;
    loop {
        out.extend_from_slice(&rest[..plain]);
        let Some(special) = rest.get(plain) else {
            return;
        };
        let escape: &[u8] = match special {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            0x08 => b"\\b",
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            0x0c => b"\\f",
            b'\r' => b"\\r",
            control => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                let (high, low) = (usize::from(control >> 4), usize::from(control & 15));
                &[b'\\', b'u', b'0', b'0', HEX[high], HEX[low]]
            }
        };
        out.extend_from_slice(escape);
        rest = &rest[plain + 1..];
        plain = scan::plain(rest);
    }
}

/// What most events have room in.
const USUAL_SIZE: usize = 1_024;

/// What `write` appends, as a string: everything this module writes is UTF-8.
pub(crate) fn to_string(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::with_capacity(USUAL_SIZE);
    write(&mut out);
    String::from_utf8(out).unwrap_or_default()
}
