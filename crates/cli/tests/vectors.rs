//! `exeunt vectors`: what is written is what there is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod command;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use flate2::read::GzDecoder;

/// The text of every file below a folder, by its path.
fn files_below(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read_to_string(path).unwrap());
            }
        }
    }
    files
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_archive_unpacks_to_the_vectors_their_schema_and_their_readme() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("vectors.tar.gz");
    let said = command::exeunt(&["vectors", text(&archive)]);
    let count = exeunt_conformance::vectors().count();
    let told = format!("{}: {count} vectors\n", archive.display());
    assert_eq!((said.status, said.out), (0, told), "{}", said.err);
    let beside: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(beside.len(), 1, "the archive alone");
    let unpacked = folder.path().join("unpacked");
    tar::Archive::new(GzDecoder::new(fs::File::open(&archive).unwrap())).unpack(&unpacked).unwrap();
    let is = files_below(&unpacked.join("exeunt-vectors"));
    let there = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/vectors");
    assert!(is == files_below(&there));
    let targets = is["README.md"].split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
    let lost: Vec<_> = targets.filter(|it| !it.contains("://") && !is.contains_key(*it)).collect();
    assert!(lost.is_empty(), "the README links to {lost:?}");
    // Who only has the archive asks them by it.
    let said = command::exeunt(&[
        "conform",
        "--vectors",
        text(&unpacked),
        "--op",
        "canonical_json",
        "--",
        text(&command::path()),
        "oracle",
    ]);
    let asked = exeunt_conformance::vectors().filter(|vector| vector.op() == "canonical_json");
    let told = format!("{} agree, 0 do not.\n", asked.count());
    assert_eq!(said.status, 0, "{}", said.err);
    assert!(said.out.ends_with(&told), "{}", said.out);
}

#[test]
fn the_archive_has_the_same_bytes_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["one.tar.gz", "other.tgz"].map(|name| {
        let path = folder.path().join(name);
        assert_eq!(command::exeunt(&["vectors", text(&path)]).status, 0);
        fs::read(path).unwrap()
    });
    assert!(one == other);
    let mut archive = tar::Archive::new(GzDecoder::new(&*one));
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        let owner = (header.uid().unwrap(), header.gid().unwrap(), header.mtime().unwrap());
        assert_eq!(owner, (0, 0, 0), "{:?}", entry.path());
    }
}

#[test]
fn a_name_that_is_none_of_an_archive_is_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let vectors = folder.path().join("a/b");
    assert_eq!(command::exeunt(&["vectors", text(&vectors)]).status, 0);
    let there = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/vectors");
    assert!(files_below(&vectors) == files_below(&there));
    let said = command::exeunt(&["vectors", text(&vectors)]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("cannot be written: directory not empty"), "{}", said.err);
}

#[test]
fn an_archive_that_cannot_be_written_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("gone/vectors.tar.gz");
    let said = command::exeunt(&["vectors", text(&nowhere)]);
    assert_eq!(said.status, 2);
    let told = format!("exeunt: {} cannot be written: ", nowhere.display());
    assert!(said.err.starts_with(&told), "{}", said.err);
    let taken = folder.path().join("taken.tar.gz");
    fs::create_dir_all(taken.join("kept")).unwrap();
    assert_eq!(command::exeunt(&["vectors", text(&taken)]).status, 2);
    assert!(taken.join("kept").is_dir());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}
