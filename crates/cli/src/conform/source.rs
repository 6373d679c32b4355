//! Where vectors come from: the files that the command carries, or files of one's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use exeunt_conformance::Vector;

use crate::Failure;
use crate::peer::Line;

/// A vector, ready to be asked.
pub(super) struct Asked {
    /// What it is about, within its op: `authorise/member-join`.
    pub(super) family: String,
    pub(super) vector: Vector,
    pub(super) line: Line,
}

/// All vectors of these files and folders; without any, those that the command carries.
pub(super) fn vectors(paths: &[PathBuf]) -> Result<Vec<Asked>, Failure> {
    let mut asked = Vec::new();
    if paths.is_empty() {
        for file in exeunt_conformance::files() {
            read(Path::new(file.path), file.text, &mut asked)?;
        }
    }
    for path in paths {
        let mut files = Vec::new();
        files_in(path, &mut files)?;
        for file in files {
            let text = fs::read(&file).map_err(|error| failed(&file, &error))?;
            let text = String::from_utf8(text).map_err(|error| failed(&file, &error))?;
            read(&file, &text, &mut asked)?;
        }
    }
    let mut ids: Vec<_> = asked.iter().map(|asked| asked.vector.id.as_str()).collect();
    ids.sort_unstable();
    if let Some([id, _]) = ids.array_windows().find(|[id, next]| id == next) {
        return Err(Failure::Usage(format!("two vectors have the id {id:?}")));
    }
    Ok(asked)
}

fn failed(path: &Path, what: &dyn std::fmt::Display) -> Failure {
    Failure::Usage(format!("{}: {what}", path.display()))
}

/// The file, or all `.jsonl` files of a folder and its folders, in the order of their names.
fn files_in(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(|error| failed(path, &error))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(|error| failed(path, &error))?;
    paths.sort();
    for path in paths {
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "jsonl") {
            files_in(&path, files)?;
        }
    }
    Ok(())
}

fn read(path: &Path, text: &str, asked: &mut Vec<Asked>) -> Result<(), Failure> {
    for (number, line) in (1..).zip(text.lines()) {
        let vector = Vector::parse(line.as_bytes())
            .map_err(|error| failed(path, &format!("line {number}: {error}")))?;
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let family = match vector.op() {
            op if op == stem || stem.is_empty() => op.to_owned(),
            op => format!("{op}/{stem}"),
        };
        let text = Arc::from(vector.request.as_received());
        let line = Line { id: vector.id.clone(), text };
        asked.push(Asked { family, vector, line });
    }
    Ok(())
}
