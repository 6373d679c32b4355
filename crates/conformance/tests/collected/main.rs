//! Collects the vectors from what shows them: named examples, recorded rooms, random histories.
//!
//! `EXEUNT_WRITE=1 cargo test --release -p exeunt-conformance --test collected` writes
//! `crates/conformance/vectors`. Otherwise what is quickly collected is held against the files.

#![allow(
    clippy::enum_glob_use,
    clippy::too_many_lines,
    reason = "lists of examples, which read best with nothing but the names of rules"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../../../auth/tests/examples/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "what an example expects is for the tests of the rules"
)]
mod examples;
#[path = "../../../homeserver/tests/recordings/replay.rs"]
#[allow(dead_code, reason = "what the answers are held against is for the tests of homeservers")]
mod replay;
#[path = "../../../auth/tests/room/mod.rs"]
mod room;

mod bytes;
mod collection;
mod departures;
mod divergences;
mod federation;
mod handshakes;
mod histories;
mod house;
mod laws;
mod merges;
mod pdus;
mod readings;
mod recorded;
mod replays;
mod rules;
mod signatures;
mod stories;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use collection::Collection;
use exeunt_conformance::File;
use exeunt_version::RoomVersion;
use merges::Draft;

/// What takes no search.
fn quickly(into: &mut Collection) {
    rules::collect(into);
    bytes::collect(into);
    signatures::collect(into);
    readings::collect(into);
    divergences::collect(into);
    departures::collect(into);
    federation::collect(into);
    handshakes::collect(into);
    replays::with_keys(into);
    recorded::collect(into);
    histories::named(into);
}

fn write() {
    let mut collection = Collection::new(true);
    quickly(&mut collection);
    recorded::merges(&mut collection);
    laws::collect(&mut collection);
    histories::campaign(&mut collection);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        }
    }
    for (path, vectors) in collection.files() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let lines: String = vectors.iter().map(|vector| vector.to_line() + "\n").collect();
        fs::write(path, lines).unwrap();
    }
}

#[test]
fn the_files_have_what_is_collected() {
    if std::env::var_os("EXEUNT_WRITE").is_some() {
        write();
        return;
    }
    let mut collection = Collection::new(false);
    quickly(&mut collection);
    let recorded: BTreeMap<_, _> =
        exeunt_conformance::vectors().map(|vector| (vector.id.clone(), vector)).collect();
    for vector in collection.files().values().flatten() {
        let id = &vector.id;
        let found = recorded.get(id).unwrap_or_else(|| panic!("there is no {id}; write the files"));
        assert_eq!(found.request, vector.request, "{id}");
        assert_eq!(found.comment, vector.comment, "{id}");
    }
}

#[test]
fn every_branch_of_the_algorithms_is_taken() {
    let mut missing = Vec::new();
    for version in RoomVersion::all() {
        let folder = format!("resolve/{version}/");
        let files = exeunt_conformance::files().iter();
        let vectors = files.filter(|file| file.path.starts_with(&folder)).flat_map(File::vectors);
        let questions = vectors.map(|vector| Draft::of_request(&vector.unwrap().request));
        let taken: BTreeSet<String> = questions.flat_map(|draft| draft.branches()).collect();
        let wanted = merges::wanted(&version).into_iter();
        let not = wanted.filter(|branch| !taken.iter().any(|it| it.starts_with(branch)));
        missing.extend(not.map(|branch| format!("version {version}: {branch}")));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
