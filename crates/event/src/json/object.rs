//! JSON objects, sorted by key as canonical JSON wants them.

use std::borrow::Cow;

use exeunt_version::LenientNumbers;

use super::write::{self, Spelling};
use super::{NotCanonical, Value};

/// Up to this many members are looked through one by one.
const FEW: usize = 24;

/// A JSON object. Its members are sorted by the code points of their keys, and no key is twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object<'a> {
    members: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Object<'a> {
    /// An empty object.
    pub const fn new() -> Self {
        Self { members: Vec::new() }
    }

    /// From members in any order; of equal keys the last counts. `duplicate` is told of every key
    /// that stood before.
    pub(super) fn from_members(
        mut members: Vec<(Cow<'a, str>, Value<'a>)>,
        sorted: bool,
        mut duplicate: impl FnMut(&str),
    ) -> Self {
        if !sorted {
            // Stable, so that of equal keys the last one in the text comes last.
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            members.dedup_by(|later, earlier| {
                let same = later.0 == earlier.0;
                if same {
                    duplicate(&later.0);
                    std::mem::swap(later, earlier);
                }
                same
            });
        }
        Self { members }
    }

    /// The value of that key.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        if self.members.len() <= FEW {
            // Most keys differ in length already, which costs less to see than an order.
            let found = self.members.iter().find(|(known, _)| known.as_ref() == key);
            return found.map(|(_, value)| value);
        }
        self.position(key).ok().map(|at| &self.members[at].1)
    }

    /// The value of that key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value<'a>> {
        self.position(key).ok().map(|at| &mut self.members[at].1)
    }

    /// Whether there is that key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.position(key).is_ok()
    }

    /// Sets the value of a key, and gives back the one it had.
    pub fn insert(
        &mut self,
        key: impl Into<Cow<'a, str>>,
        value: impl Into<Value<'a>>,
    ) -> Option<Value<'a>> {
        let (key, value) = (key.into(), value.into());
        match self.position(&key) {
            Ok(at) => Some(std::mem::replace(&mut self.members[at].1, value)),
            Err(at) => {
                self.members.insert(at, (key, value));
                None
            }
        }
    }

    /// Takes a key out, and gives back the value it had.
    pub fn remove(&mut self, key: &str) -> Option<Value<'a>> {
        self.position(key).ok().map(|at| self.members.remove(at).1)
    }

    /// Keeps the members for which `keep` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Value<'a>) -> bool) {
        self.members.retain_mut(|(key, value)| keep(key, value));
    }

    /// The members, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.members.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Whether the object has a strict canonical form, and if not, why.
    pub fn check_strict(&self) -> Result<(), NotCanonical> {
        self.members.iter().try_for_each(|(_, value)| value.check_strict())
    }

    /// Whether any number in the object needs a reading to be written.
    pub fn has_spelled_numbers(&self) -> bool {
        self.members.iter().any(|(_, value)| value.has_spelled_numbers())
    }

    /// The same object, borrowing from nothing.
    pub fn into_owned(self) -> Object<'static> {
        let members = self.members.into_iter();
        Object {
            members: members
                .map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned()))
                .collect(),
        }
    }

    /// The canonical text, with numbers that strict canonical JSON forbids read as `numbers` says.
    pub fn to_canonical(&self, numbers: LenientNumbers) -> String {
        write::to_string(|out| write::write_object(self, Spelling::Read(numbers), out))
    }

    /// The canonical text, but with numbers spelled as they were received.
    pub fn as_received(&self) -> String {
        write::to_string(|out| write::write_object(self, Spelling::AsReceived, out))
    }

    pub(crate) fn position(&self, key: &str) -> Result<usize, usize> {
        self.members.binary_search_by(|(known, _)| known.as_ref().cmp(key))
    }
}

impl<'a, K: Into<Cow<'a, str>>, V: Into<Value<'a>>> FromIterator<(K, V)> for Object<'a> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        let members = members.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        Self::from_members(members, false, |_| {})
    }
}
