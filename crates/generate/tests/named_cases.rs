//! The cases as searches found them, kept as `exeunt check --case all --out DIR` writes them: each
//! history still has its case, in the room versions that have it and in no other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use exeunt_event::ServerName;
use exeunt_event::json::{self, Object, Value};
use exeunt_generate::{search, transpose};
use exeunt_laws::History;
use exeunt_laws::cases::{self, ALL, Case};
use exeunt_room::Input;
use exeunt_version::RoomVersion;

/// A history as a file has it.
struct Kept {
    case: &'static Case,
    version: RoomVersion,
    servers: Vec<ServerName>,
    /// Of each input the server's place, and whether its room begins anew with it.
    places: Vec<(usize, bool)>,
    inputs: Vec<Input>,
}

impl Kept {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        let head = object(lines.next().unwrap());
        let string = |name: &str| head.get(name).and_then(Value::as_str).unwrap();
        let names = head.get("servers").and_then(Value::as_array).unwrap();
        let names = names.iter().map(|name| ServerName::from_received(name.as_str().unwrap()));
        let servers: Vec<ServerName> = names.collect();
        let (mut places, mut inputs) = (Vec::new(), Vec::new());
        for line in lines {
            let line = object(line);
            let name = line.get("server").and_then(Value::as_str).unwrap();
            let place = servers.iter().position(|server| server.as_str() == name).unwrap();
            places.push((place, line.contains_key("anew")));
            let input = line.get("input").and_then(Value::as_object).unwrap();
            inputs.push(Input::from_line(input.as_received().as_bytes()).unwrap());
        }
        let case = cases::case(string("case")).unwrap();
        let version = RoomVersion::specified(string("room_version")).unwrap();
        Self { case, version, servers, places, inputs }
    }

    /// The same in a room version.
    fn history(&self, version: &RoomVersion) -> History {
        let inputs = if *version == self.version {
            self.inputs.clone()
        } else {
            transpose(&self.inputs, &self.version, version)
        };
        let inputs = self.places.iter().zip(inputs);
        let inputs = inputs.map(|((place, is_anew), input)| (*place, *is_anew, input));
        History::fold(version, &self.servers, inputs)
    }
}

fn object(line: &str) -> Object<'_> {
    match json::parse_any(line.as_bytes()).unwrap().value {
        Value::Object(object) => object,
        other => panic!("{other:?}"),
    }
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn each_history_has_its_case_and_is_small() {
    for path in files() {
        let kept = Kept::read(&path);
        let history = kept.history(&kept.version);
        let case = kept.case;
        assert!((case.presence)(&kept.version).is_present(), "{}", path.display());
        assert!((case.found)(&history).is_some(), "{}", path.display());
        assert!(history.events().len() <= case.events + 2, "{}", path.display());
    }
}

#[test]
fn made_again_of_a_version_that_has_no_such_case_it_has_none() {
    for path in files() {
        let kept = Kept::read(&path);
        for version in RoomVersion::all() {
            if !(kept.case.presence)(&version).is_present() {
                let found = (kept.case.found)(&kept.history(&version));
                assert_eq!(found, None, "{} in version {version}", path.display());
            }
        }
    }
}

/// Those that no luck with times and IDs is needed for, of every version in which they are there.
#[test]
fn most_are_there_in_each_version_that_has_the_case() {
    for path in files() {
        let kept = Kept::read(&path);
        let versions: Vec<RoomVersion> =
            RoomVersion::all().filter(|it| (kept.case.presence)(it).is_present()).collect();
        let is_there = |version: &&RoomVersion| (kept.case.found)(&kept.history(version)).is_some();
        let there: Vec<&str> = versions.iter().filter(is_there).map(RoomVersion::id).collect();
        let all: Vec<&str> = versions.iter().map(RoomVersion::id).collect();
        if !NEEDS_LUCK.contains(&kept.case.name) {
            assert_eq!(there, all, "{}", path.display());
        }
    }
}

/// Cases in which event IDs or their hashes decide: in all versions, and in version 1.
const NEEDS_LUCK: &[&str] = &["linear-rollback", "kick-not-sticky"];

#[test]
fn those_named_first_are_kept() {
    let kept: Vec<&str> = files().iter().map(|path| Kept::read(path).case.name).collect();
    for case in &ALL[..8] {
        assert!(kept.contains(&case.name), "{}", case.name);
    }
}

/// Cases that a few histories have: random ones come up with them anew.
#[test]
fn what_is_frequent_is_found_from_nothing() {
    for (name, version) in [("linear-rollback", "11"), ("aliases-by-anyone", "5")] {
        let case = cases::case(name).unwrap();
        let version = RoomVersion::specified(version).unwrap();
        let found = search(case, &version, 1, 64).unwrap();
        assert!(found.is_small(), "{name}: {} events", found.events());
    }
}
