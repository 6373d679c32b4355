//! Where vectors come from: the files that the command carries, or files of one's own.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use exeunt_conformance::VectorLine;

use crate::Failure;
use crate::peer::Line;

/// The room version of vectors that name none.
pub(super) const ANY: &str = "any";

/// A file of vectors, or what would be one.
pub(super) struct File {
    path: PathBuf,
    text: Cow<'static, [u8]>,
}

/// A vector, ready to be asked.
pub(super) struct Asked<'t> {
    /// What it is about, within its op: `authorise/member-join`.
    pub(super) family: String,
    pub(super) vector: VectorLine<'t>,
}

impl Asked<'_> {
    /// The room version that it is about, or [`ANY`].
    pub(super) fn version(&self) -> &str {
        self.vector.room_version().unwrap_or(ANY)
    }

    pub(super) fn line(&self) -> Line<'_> {
        let (id, text) = (self.vector.id(), self.vector.request());
        Line { id: Cow::Borrowed(id), text: Cow::Borrowed(text) }
    }
}

/// These files and those in these folders; without any, those that the command carries.
pub(super) fn files(paths: &[PathBuf]) -> Result<Vec<File>, Failure> {
    if paths.is_empty() {
        let carried = exeunt_conformance::files().iter();
        let carried = carried.map(|file| File {
            path: PathBuf::from(file.path),
            text: Cow::Borrowed(file.text.as_bytes()),
        });
        return Ok(carried.collect());
    }
    let mut files = Vec::new();
    for path in paths {
        files_in(path, &mut files)?;
    }
    let read = |path: PathBuf| {
        let text = fs::read(&path).map_err(|error| Failure::about(&path, error))?;
        Ok(File { path, text: Cow::Owned(text) })
    };
    files.into_iter().map(read).collect()
}

/// All vectors of these files.
pub(super) fn vectors(files: &[File]) -> Result<Vec<Asked<'_>>, Failure> {
    let mut asked = Vec::new();
    for file in files {
        read(file, &mut asked)?;
    }
    let mut ids: Vec<_> = asked.iter().map(|asked| asked.vector.id()).collect();
    ids.sort_unstable();
    if let Some([id, _]) = ids.array_windows().find(|[id, next]| id == next) {
        return Err(Failure::Usage(format!("two vectors have the id {id:?}")));
    }
    Ok(asked)
}

/// The file, or all `.jsonl` files of a folder and its folders, in the order of their names.
fn files_in(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(|error| Failure::about(path, error))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths =
        paths.collect::<Result<Vec<_>, _>>().map_err(|error| Failure::about(path, error))?;
    paths.sort();
    for path in paths {
        if path.is_dir() || path.extension().is_some_and(|extension| extension == "jsonl") {
            files_in(&path, files)?;
        }
    }
    Ok(())
}

fn read<'t>(file: &'t File, asked: &mut Vec<Asked<'t>>) -> Result<(), Failure> {
    let stem = file.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    for (number, line) in (1..).zip(file.text.split_inclusive(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let vector = VectorLine::parse(line)
            .map_err(|error| Failure::about(&file.path, format!("line {number}: {error}")))?;
        let family = match vector.op() {
            op if op == stem || stem.is_empty() => op.to_owned(),
            op => format!("{op}/{stem}"),
        };
        asked.push(Asked { family, vector });
    }
    Ok(())
}
