//! The top level holds what the design lists, and all of it.

use std::collections::BTreeSet;

use crate::{refuse, repository};

const WANTED: [&str; 16] = [
    ".ci",
    ".clippy.toml",
    ".deny.toml",
    ".rustfmt.toml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "benches",
    "crates",
    "docs",
    "proptest-regressions",
];

/// What may be there besides, with dot files.
const TOLERATED: &str = "rust-toolchain.toml";

fn complaints(entries: &BTreeSet<&str>) -> Vec<String> {
    let strange = entries
        .iter()
        .filter(|e| !e.starts_with('.') && !WANTED.contains(e) && **e != TOLERATED)
        .map(|entry| format!("{entry} has no place at the top level"));
    let missing = WANTED
        .iter()
        .filter(|entry| !entries.contains(**entry))
        .map(|entry| format!("{entry} is missing at the top level"));
    strange.chain(missing).collect()
}

#[test]
fn the_top_level_holds_what_the_design_lists() {
    let files = repository::files();
    refuse(&complaints(&files.iter().filter_map(|path| path.split('/').next()).collect()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stray_entry_and_a_missing_one_are_refused() {
        let good: BTreeSet<&str> = WANTED.into_iter().chain([".gitignore"]).collect();
        assert_eq!(complaints(&good), [""; 0]);

        let mut stray = good.clone();
        stray.insert("scripts");
        assert_eq!(complaints(&stray), ["scripts has no place at the top level"]);

        let mut missing = good;
        missing.remove("README.md");
        assert_eq!(complaints(&missing), ["README.md is missing at the top level"]);
    }
}
