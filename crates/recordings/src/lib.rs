//! Rooms recorded from real homeservers, as test data for the whole workspace.
//!
//! `rooms/README.md` of this crate says where they come from and what each file means. The files
//! are stored with gzip; everything here gives them decompressed. [`handshakes`] are recorded
//! requests and answers between two servers.
//!
//! ```
//! let room = exeunt_recordings::room("12-evil");
//! assert_eq!(room.version, "12");
//! assert_eq!(room.lines().len(), room.expected().len());
//! ```

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "used by tests alone: a recording that cannot be read must fail the test that wants it"
)]

pub mod handshakes;

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value;

/// One recorded room, as one homeserver saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// The name of its folder: `<room version>-<kind>`.
    pub name: String,
    /// The room version.
    pub version: String,
    /// Where its files are.
    pub folder: PathBuf,
}

/// What the recorded homeserver made of one event.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The event's ID.
    pub event_id: String,
    /// Whether it was rejected.
    pub rejected: bool,
    /// Why it was rejected, in one word.
    pub reject_reason: Option<String>,
    /// Why it was rejected, in the homeserver's own sentence.
    pub reject_detail: Option<String>,
    /// Whether it was soft-failed.
    pub soft_failed: bool,
    /// Whether it was stored without a place in the graph.
    pub outlier: bool,
    /// Its depth.
    pub depth: i64,
    /// The homeserver's own count of what it stored.
    pub stream_ordering: i64,
    /// The sorted IDs of the state before it; none for an outlier.
    pub state_before: Option<Vec<String>>,
    /// The sorted IDs of the state after it; none for an outlier.
    pub state_after: Option<Vec<String>>,
    /// `Some(false)` where it was redacted on receipt because its content hash was wrong.
    pub content_hash_ok: Option<bool>,
    /// How often and as what it was stored, where an outlier was taken into the graph later.
    pub persists: Option<Value>,
    /// Those of its prev events that the homeserver never had.
    pub missing_prev: Option<Value>,
    /// Whether it is a membership that arrived without the room around it.
    pub out_of_band_membership: Option<Value>,
}

/// All recorded rooms, sorted by name.
pub fn rooms() -> Vec<Room> {
    let folder = recordings();
    let mut rooms: Vec<Room> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a folder that was opened lists its entries").path())
        .filter(|path| path.is_dir())
        .map(open)
        .collect();
    rooms.sort_by(|a, b| a.name.cmp(&b.name));
    rooms
}

/// The recorded room of that name.
pub fn room(name: &str) -> Room {
    open(recordings().join(name))
}

fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rooms")
}

fn open(folder: PathBuf) -> Room {
    let name = folder
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_else(|| panic!("{}: a room's folder has a name in UTF-8", folder.display()))
        .to_owned();
    let mut room = Room { name, version: String::new(), folder };
    let meta = room.json("meta.json");
    meta["room_version"]
        .as_str()
        .expect("meta.json names the room version")
        .clone_into(&mut room.version);
    room
}

impl Room {
    /// Every PDU that the homeserver knew, one a line, in the order of first arrival.
    pub fn lines(&self) -> Vec<Vec<u8>> {
        lines(&self.file("room.jsonl"))
    }

    /// What the homeserver made of each line, in the same order.
    pub fn expected(&self) -> Vec<Expected> {
        self.json_lines("room's expectations", "expected.jsonl")
    }

    /// Each server's answer to `/_matrix/key/v2/server`, by server name.
    pub fn keys(&self) -> Value {
        self.json("keys.json")
    }

    /// The current state and the forward extremities: `state` and `forward_extremities`.
    pub fn current(&self) -> Value {
        self.json("current.json")
    }

    /// Everything that the misbehaving server sent, with what happened; empty where there was none.
    pub fn cases(&self) -> Vec<Value> {
        if self.folder.join("cases.jsonl.gz").exists() {
            self.json_lines("case", "cases.jsonl")
        } else {
            Vec::new()
        }
    }

    /// The content of one file, decompressed: `room.jsonl`, `expected.jsonl`, `current.json`,
    /// `keys.json`, `meta.json` or `cases.jsonl`.
    pub fn file(&self, name: &str) -> Vec<u8> {
        decompressed(&self.folder.join(format!("{name}.gz")))
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.file(name))
            .unwrap_or_else(|error| panic!("{}: {name}: {error}", self.name))
    }

    fn json_lines<T: for<'de> Deserialize<'de>>(&self, what: &str, name: &str) -> Vec<T> {
        lines(&self.file(name))
            .iter()
            .zip(1..)
            .map(|(line, number)| {
                serde_json::from_slice(line).unwrap_or_else(|error| {
                    panic!("{}: {name}: line {number} is no {what}: {error}", self.name)
                })
            })
            .collect()
    }
}

fn decompressed(path: &Path) -> Vec<u8> {
    let mut content = Vec::new();
    File::open(path)
        .and_then(|file| GzDecoder::new(file).read_to_end(&mut content))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    content
}

fn lines(content: &[u8]) -> Vec<Vec<u8>> {
    content
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| line.trim_ascii_end().to_vec())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_rooms_of_eight_versions_are_there_and_sorted() {
        let rooms = rooms();
        assert_eq!(rooms.len(), 40);
        assert!(rooms.is_sorted_by(|a, b| a.name < b.name));
        for version in ["1", "3", "4", "6", "8", "9", "10", "12"] {
            let kinds: Vec<_> =
                rooms.iter().filter(|r| r.version == version).map(|r| &*r.name).collect();
            let expected = ["evil", "forked", "forked-hs2", "forked-hs3", "leaving"]
                .map(|kind| format!("{version}-{kind}"));
            assert_eq!(kinds, expected);
        }
    }

    #[test]
    fn every_file_of_every_room_is_readable_and_complete() {
        let mut events = 0;
        for room in rooms() {
            let lines = room.lines();
            let expected = room.expected();
            events += lines.len();
            assert_eq!(lines.len(), expected.len(), "{}", room.name);
            assert!(lines.iter().all(|line| line.ends_with(b"}")), "{}", room.name);
            for event in &expected {
                assert_eq!(event.state_before.is_none(), event.state_after.is_none());
            }
            assert!(!room.current()["forward_extremities"].as_array().unwrap().is_empty());
            assert!(!room.keys().as_object().unwrap().is_empty(), "{}", room.name);
            assert_eq!(room.cases().is_empty(), !room.name.ends_with("evil"), "{}", room.name);
        }
        assert_eq!(events, 7_297);
    }
}
