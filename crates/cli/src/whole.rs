//! Files that are there whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file in place of what is there, once it is whole: where that fails, what was there
/// stays, and nothing is left beside it.
pub(crate) fn write(path: &Path, contents: impl AsRef<[u8]>) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = File::create(&beside)?;
    let written = file.write_all(contents.as_ref()).and_then(|()| file.sync_all());
    drop(file);
    let written = written.and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Whoever cannot take it away is told of the failure before.
        let _ = fs::remove_file(&beside);
    }
    written
}
