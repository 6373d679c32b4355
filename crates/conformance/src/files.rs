//! The vectors that come with the crate.

use crate::{BadVector, Vector};

/// A file of vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it is below `crates/conformance/vectors`, with slashes:
    /// `<op>/<room version>/<family>.jsonl`.
    pub path: &'static str,
    /// What is in it: JSON Lines.
    pub text: &'static str,
}

/// What the vectors are and where they are from, for people: `README.md` beside them.
pub const README: &str = include_str!("../vectors/README.md");

/// The JSON Schema of a line: `schema.json` beside them.
pub const SCHEMA: &str = include_str!("../vectors/schema.json");

static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

impl File {
    /// What its vectors ask.
    pub fn op(&self) -> &'static str {
        self.part(0)
    }

    /// The room version that they ask about.
    pub fn room_version(&self) -> &'static str {
        self.part(1)
    }

    /// What they have in common: the [family](crate::family) of rules that decides, or the part of
    /// the subject.
    pub fn family(&self) -> &'static str {
        self.part(2)
    }

    fn part(&self, number: usize) -> &'static str {
        let path = self.path.strip_suffix(".jsonl").unwrap_or(self.path);
        path.split('/').nth(number).unwrap_or_default()
    }

    /// Its vectors, in the order of the file.
    ///
    /// Each is a `Result` because the text is only parsed here. A test holds that all are vectors.
    pub fn vectors(&self) -> impl Iterator<Item = Result<Vector, BadVector>> {
        self.text.lines().map(|line| Vector::parse(line.as_bytes()))
    }
}

/// All files of vectors, sorted by path.
pub fn files() -> &'static [File] {
    FILES
}

/// All vectors, file by file.
pub fn vectors() -> impl Iterator<Item = Vector> {
    // A test holds that all lines are vectors.
    files().iter().flat_map(File::vectors).filter_map(Result::ok)
}
