//! The text of an object with the places of its members, for hashes over some of them.

use super::write::{Spelling, write_string, write_value};
use super::{Object, Value};

/// What most events have room in.
const USUAL_SIZE: usize = 1_024;

/// An object as it was received, with its keys sorted and without white space.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    text: Vec<u8>,
    /// Where each member ends. The first one begins after the brace, others after a comma.
    ends: Vec<usize>,
}

impl Written {
    pub(crate) fn new(object: &Object<'_>) -> Self {
        let mut text = Vec::with_capacity(USUAL_SIZE);
        let mut ends = Vec::with_capacity(object.len() + 1);
        text.push(b'{');
        for (key, value) in object.iter() {
            if !ends.is_empty() {
                text.push(b',');
            }
            write_string(key, &mut text);
            text.push(b':');
            write_value(value, Spelling::AsReceived, &mut text);
            ends.push(text.len());
        }
        text.push(b'}');
        Self { text, ends }
    }

    /// The members, each with its key.
    pub(crate) fn members(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(1).chain(self.ends.iter().map(|end| end + 1));
        // Each ends after it starts and inside of the text, so the default is never taken.
        let member = |(start, end): (usize, &usize)| self.text.get(start..*end).unwrap_or_default();
        starts.zip(&self.ends).map(member)
    }

    /// Appends an object of the members that `keep` says, of those of the same object.
    pub(crate) fn copy_members(
        &self,
        object: &Object<'_>,
        out: &mut Vec<u8>,
        keep: impl Fn(&str) -> bool,
    ) {
        self.write_members(object, out, keep, |_, _, _| false);
    }

    /// [`Written::copy_members`], where `write` writes the members that it says it wrote.
    pub(crate) fn write_members<'a>(
        &self,
        object: &Object<'a>,
        out: &mut Vec<u8>,
        keep: impl Fn(&str) -> bool,
        mut write: impl FnMut(&str, &Value<'a>, &mut Vec<u8>) -> bool,
    ) {
        out.push(b'{');
        let start = out.len();
        for ((key, value), member) in object.iter().zip(self.members()) {
            if !keep(key) {
                continue;
            }
            if out.len() > start {
                out.push(b',');
            }
            if !write(key, value, out) {
                out.extend_from_slice(member);
            }
        }
        out.push(b'}');
    }

    /// What changes when the object gets a member in that place.
    pub(crate) fn insert(&mut self, at: usize, key: &str, value: &Value<'_>) {
        let at = at.min(self.ends.len());
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let start = start.unwrap_or(1);
        let before = self.text.len();
        // Written at the end, and moved from there.
        if at > 0 {
            self.text.push(b',');
        }
        write_string(key, &mut self.text);
        self.text.push(b':');
        write_value(value, Spelling::AsReceived, &mut self.text);
        let end = start + self.text.len() - before;
        if at == 0 && !self.ends.is_empty() {
            self.text.push(b',');
        }
        let more = self.text.len() - before;
        if let Some(moved) = self.text.get_mut(start..) {
            moved.rotate_right(more);
        }
        for later in self.ends.iter_mut().skip(at) {
            *later += more;
        }
        self.ends.insert(at, end);
    }

    pub(crate) fn into_string(self) -> String {
        // Everything that was written is UTF-8.
        String::from_utf8(self.text).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object() -> Object<'static> {
        let inner: Object<'_> = [("a", 1), ("é\"", -2)].into_iter().collect();
        let mut object: Object<'_> = [("b", "x"), ("d", "\n"), ("f", "")].into_iter().collect();
        object.insert("c", inner);
        object
    }

    #[test]
    fn members_are_found_and_left_out() {
        let object = object();
        let written = Written::new(&object);
        assert_eq!(written.clone().into_string(), object.as_received());
        let members: Vec<_> = written.members().map(<[u8]>::to_vec).collect();
        assert_eq!(members[0], b"\"b\":\"x\"");
        assert_eq!(members[3], b"\"f\":\"\"");
        for kept in ["bcdf", "bd", "f", ""] {
            let mut rest = object.clone();
            rest.retain(|key, _| kept.contains(key));
            let mut out = Vec::new();
            written.copy_members(&object, &mut out, |key| kept.contains(key));
            assert_eq!(String::from_utf8(out).unwrap(), rest.as_received());
        }
    }

    #[test]
    fn a_member_that_is_put_in_stands_as_if_it_had_always_been_there() {
        let (empty, object) = (Object::new(), object());
        for before in [empty, object] {
            for (at, key) in ["a", "bb", "cc", "e", "g"].into_iter().enumerate() {
                let mut object = before.clone();
                let mut written = Written::new(&object);
                object.insert(key, 7);
                written.insert(at.min(before.len()), key, &Value::from(7));
                let anew = Written::new(&object);
                assert_eq!((&written.text, &written.ends), (&anew.text, &anew.ends), "{key}");
            }
        }
    }
}
