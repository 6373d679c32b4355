//! Finding and opening the files of a room.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use exeunt_event::json::{self, Object, Value};
use exeunt_event::signatures::Keys;
use exeunt_version::RoomVersion;
use flate2::read::MultiGzDecoder;

use crate::Failure;
use crate::lines::{self, Line};

/// Lines beyond this many bytes are not read: no event has as many, however it is spelled.
pub(crate) const LONGEST_LINE: usize = 16 << 20;

/// The files of a room.
pub(crate) struct Files {
    room: PathBuf,
    keys: Option<PathBuf>,
    /// What a homeserver made of each line: `expected.jsonl`.
    pub(crate) expected: Option<PathBuf>,
    /// Where it ended up: `current.json`.
    pub(crate) current: Option<PathBuf>,
    /// Which homeserver it was: `meta.json`.
    pub(crate) meta: Option<PathBuf>,
}

impl Files {
    /// A folder with `room.jsonl` and perhaps `keys.json` and what a homeserver made of the room, or
    /// a file of PDUs.
    pub(crate) fn find(room: &Path, keys: Option<&Path>) -> Result<Self, Failure> {
        let in_folder = |name: &str| {
            let compressed = format!("{name}.gz");
            [name, &compressed].into_iter().map(|name| room.join(name)).find(|path| path.is_file())
        };
        let keys = keys.map(Path::to_owned);
        if room.is_dir() {
            let file = in_folder("room.jsonl").ok_or_else(|| {
                Failure::Usage(format!("{} has no room.jsonl or room.jsonl.gz", room.display()))
            })?;
            return Ok(Self {
                room: file,
                keys: keys.or_else(|| in_folder("keys.json")),
                expected: in_folder("expected.jsonl"),
                current: in_folder("current.json"),
                meta: in_folder("meta.json"),
            });
        }
        Ok(Self { room: room.to_owned(), keys, expected: None, current: None, meta: None })
    }

    /// The size of the file of PDUs, if that says how much there is to read.
    pub(crate) fn size(&self) -> Option<u64> {
        let is_compressed = self.room.extension().is_some_and(|extension| extension == "gz");
        if is_compressed { None } else { fs::metadata(&self.room).ok().map(|data| data.len()) }
    }

    /// The file of PDUs, decompressed.
    pub(crate) fn open(&self) -> Result<impl BufRead + use<>, Failure> {
        open(&self.room)
    }

    /// What reading the file of PDUs failed with.
    pub(crate) fn unreadable(&self, error: &io::Error) -> Failure {
        unreadable(&self.room, error)
    }

    /// The servers' keys.
    pub(crate) fn keys(&self, version: &RoomVersion) -> Result<Option<Keys>, Failure> {
        let Some(path) = &self.keys else {
            return Ok(None);
        };
        let answers = object(path)?;
        Keys::from_server_answers(&answers, version)
            .map(Some)
            .map_err(|error| Failure::about(path, error))
    }

    /// The room version that the first create event names; 1 if it names none.
    pub(crate) fn room_version(&self) -> Result<RoomVersion, Failure> {
        let mut input = self.open()?;
        while let Some(line) =
            lines::next(&mut input, LONGEST_LINE).map_err(|error| self.unreadable(&error))?
        {
            let Line::Bytes(bytes) = line else {
                continue;
            };
            if let Some(version) = named_version(&bytes) {
                return RoomVersion::specified(&version).map_err(|error| {
                    let path = self.room.display();
                    Failure::Usage(format!("{path}: {error}; give another with --room-version"))
                });
            }
        }
        Err(Failure::Usage(format!(
            "{} has no m.room.create event to tell the room version; give it with --room-version",
            self.room.display()
        )))
    }
}

/// The room version that a line names, if it is a create event.
fn named_version(line: &[u8]) -> Option<String> {
    const CREATE: &[u8] = b"m.room.create";
    // Most lines are no create event, and telling costs less than parsing.
    line.windows(CREATE.len()).find(|window| *window == CREATE)?;
    let parsed = json::parse_lenient(line).ok()?;
    let object = parsed.value.as_object()?;
    // A line of a log has the event in it.
    let inner =
        || ["pdu", "sent", "outlier", "join"].iter().find_map(|kind| object.get(kind)?.as_object());
    let event = if object.contains_key("type") { object } else { inner()? };
    if event.get("type").and_then(Value::as_str) != Some("m.room.create") {
        return None;
    }
    let content = event.get("content")?.as_object()?;
    Some(content.get("room_version").and_then(Value::as_str).unwrap_or("1").to_owned())
}

/// The JSON object that a file holds.
pub(crate) fn object(path: &Path) -> Result<Object<'static>, Failure> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    match json::parse_lenient(&bytes).map_err(|error| Failure::about(path, error))?.value {
        Value::Object(object) => Ok(object.into_owned()),
        _ => Err(Failure::about(path, "it is no JSON object")),
    }
}

pub(crate) fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("{} cannot be read: {error}", path.display()))
}

pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    if path.extension().is_some_and(|extension| extension == "gz") {
        return Ok(Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file))));
    }
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}
