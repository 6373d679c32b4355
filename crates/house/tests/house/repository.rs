//! What there is to check.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// The text of a file that must be there.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The paths, relative to the root and with `/`, of all files that are checked in or about to be:
/// what git does not ignore. Without git, all files but those that are built.
pub(crate) fn files() -> Vec<String> {
    let git = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    let mut files = match Command::new("git").args(git).current_dir(root()).output() {
        Ok(output) if output.status.success() && root().join(".git").exists() => {
            String::from_utf8(output.stdout)
                .unwrap()
                .split_terminator('\0')
                .map(str::to_owned)
                // A file that was deleted stays listed until that is committed.
                .filter(|path| root().join(path).exists())
                .collect()
        }
        _ => {
            let mut files = Vec::new();
            walk(&root(), &mut files);
            files
        }
    };
    files.sort();
    files.dedup();
    files
}

/// Those of the files whose name ends like that.
pub(crate) fn files_ending(end: &str) -> Vec<String> {
    let files: Vec<_> = files().into_iter().filter(|path| path.ends_with(end)).collect();
    assert!(!files.is_empty(), "no file ends with {end}");
    files
}

fn walk(folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let relative = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
        if path.is_file() {
            files.push(relative);
        } else if !matches!(&*relative, "target" | ".git") {
            walk(&path, files);
        }
    }
}

/// The packages of the workspace.
pub(crate) fn workspace() -> Metadata {
    MetadataCommand::new().current_dir(root()).no_deps().exec().unwrap()
}

/// The packages of the workspace and everything they depend on, on this platform: no other has been
/// downloaded for the build.
pub(crate) fn everything() -> Metadata {
    let version = run("rustc", &["--version", "--verbose"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    MetadataCommand::new()
        .current_dir(root())
        .other_options(["--locked", "--filter-platform", host].map(str::to_owned).to_vec())
        .exec()
        .unwrap()
}

/// The output of a command that must succeed.
pub(crate) fn run(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).current_dir(root()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}
