//! Lists the files of vectors, so that the crate has them wherever it is.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The files below a folder.
fn below(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            below(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let variable = |name: &str| env::var_os(name).ok_or(io::ErrorKind::NotFound);
    let folder = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("vectors");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    below(&folder, &mut files)?;
    let mut named: Vec<_> = files
        .iter()
        .filter_map(|file| {
            let path = file.strip_prefix(&folder).ok()?.components();
            let path: Vec<_> = path.map(|part| part.as_os_str().to_string_lossy()).collect();
            Some((path.join("/"), file))
        })
        .collect();
    named.sort_unstable();
    let mut list = String::from("&[\n");
    for (path, file) in named {
        let file = file.display().to_string();
        let line = writeln!(list, "    File {{ path: {path:?}, text: include_str!({file:?}) }},");
        line.map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&variable("OUT_DIR")?).join("files.rs"), list)
}
