//! `exeunt vectors`: the conformance vectors, as files for others.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use exeunt_conformance::{README, SCHEMA, files, vectors};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{Failure, Outcome, whole};

/// The folder that an archive unpacks to.
const ROOT: &str = "exeunt-vectors";

/// Write the conformance vectors, with their schema and README, as an archive or a folder.
///
/// The same vectors give the same bytes. What is written can be read by any JSON parser, and given to
/// `exeunt conform --vectors`. Exit status: 0, or 2 if it cannot be written.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Where to: an archive if the name ends with `.tar.gz` or `.tgz`, else a folder, which must be
    /// new or empty.
    #[arg(value_name = "PATH")]
    path: PathBuf,
}

pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, Failure> {
    let path = &arguments.path;
    let name = path.to_string_lossy();
    let is_archive = [".tar.gz", ".tgz"].iter().any(|ending| name.ends_with(ending));
    let written = if is_archive {
        archive().and_then(|archive| whole::write(path, archive))
    } else {
        write_folder(path)
    };
    written.map_err(|error| Failure::unwritable(path, &error))?;
    writeln!(out, "{}: {} vectors", path.display(), vectors().count())?;
    Ok(Outcome::Clean)
}

/// Every file by its path, the documents first.
fn contents() -> impl Iterator<Item = (&'static str, &'static str)> {
    let documents = [("README.md", README), ("schema.json", SCHEMA)];
    documents.into_iter().chain(files().iter().map(|file| (file.path, file.text)))
}

/// An archive without times and owners, so that its bytes follow from the files alone.
fn archive() -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (path, text) in contents() {
        let mut header = tar::Header::new_ustar();
        header.set_size(u64::try_from(text.len()).map_err(io::Error::other)?);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        archive.append_data(&mut header, format!("{ROOT}/{path}"), text.as_bytes())?;
    }
    archive.into_inner()?.finish()
}

fn write_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    // Files of an older set among these would be asked too.
    if fs::read_dir(folder)?.next().is_some() {
        return Err(io::ErrorKind::DirectoryNotEmpty.into());
    }
    for (path, text) in contents() {
        let path = folder.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        whole::write(&path, text)?;
    }
    Ok(())
}
