//! Where every property test of the workspace keeps its failures.
//!
//! A property that failed once is tried again for ever: its seed is written to
//! `proptest-regressions/<crate>/<file>.txt` at the root of the workspace, which is checked in.
//! Every `proptest!` block of the workspace takes its configuration from [`config!`], and the house
//! test refuses one that does not:
//!
//! ```
//! use exeunt_regressions::proptest::prelude::*;
//!
//! proptest! {
//!     #![proptest_config(exeunt_regressions::config!())]
//!
//!     // In a test file, with `#[test]` above it.
//!     fn addition_commutes(a in 0..100, b in 0..100) {
//!         prop_assert_eq!(a + b, b + a);
//!     }
//! }
//! # addition_commutes();
//! ```

use std::path::{Path, PathBuf};

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed};

pub use proptest;

/// The configuration of a property test of the calling crate and file.
///
/// `config!()` tries as many cases as proptest does by itself, `config!(cases = 32)` so many. The
/// environment variable `PROPTEST_CASES` overrides either.
///
/// The cases are others in every run, but in CI (environment variable `CI`) always the same, so that
/// a change is judged by itself. `PROPTEST_RNG_SEED` overrides either.
#[macro_export]
macro_rules! config {
    () => {
        $crate::config(env!("CARGO_PKG_NAME"), file!(), None)
    };
    (cases = $cases:expr) => {
        $crate::config(env!("CARGO_PKG_NAME"), file!(), Some($cases))
    };
}

/// What [`config!`] expands to: the configuration for a package and one of its source files.
pub fn config(package: &str, source: &str, cases: Option<u32>) -> Config {
    // proptest takes a `&'static str`. One path is leaked for each property test of a process.
    let path: &'static str =
        Box::leak(path(package, source).to_string_lossy().into_owned().into_boxed_str());
    let mut config = Config::with_failure_persistence(FileFailurePersistence::Direct(path));
    if let Some(cases) = cases
        && std::env::var_os("PROPTEST_CASES").is_none()
    {
        config.cases = cases;
    }
    let is_set = |variable| std::env::var_os(variable).is_some();
    if is_set("CI") && !is_set("PROPTEST_RNG_SEED") {
        config.rng_seed = RngSeed::Fixed(SEED_IN_CI);
    }
    config
}

/// Any number would do.
const SEED_IN_CI: u64 = 1603;

/// The file in which the failures of a package's source file are kept.
///
/// It is named after the source file's path below `src`, `tests` or `benches`, so that neither the
/// working directory nor the place of the crate within the workspace plays a part.
pub fn path(package: &str, source: &str) -> PathBuf {
    let krate = package.strip_prefix("exeunt-").unwrap_or(package);
    let parts: Vec<&str> = source.split(['/', '\\']).collect();
    let inside = parts
        .iter()
        .rposition(|part| matches!(*part, "src" | "tests" | "benches"))
        .map_or(&*parts, |root| &parts[root + 1..]);
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../proptest-regressions")
        .join(krate)
        .join(inside.iter().collect::<PathBuf>())
        .with_extension("txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below_regressions(package: &str, source: &str) -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proptest-regressions");
        path(package, source).strip_prefix(root).unwrap().to_owned()
    }

    #[test]
    fn a_file_is_named_after_the_crate_and_the_source() {
        for (package, source, expected) in [
            ("exeunt-event", "crates/event/src/json.rs", "event/json.txt"),
            ("exeunt-event", "src/json.rs", "event/json.txt"),
            ("exeunt-auth", "crates/auth/src/rule/member.rs", "auth/rule/member.txt"),
            ("exeunt-auth", "crates\\auth\\tests\\total.rs", "auth/total.txt"),
            ("exeunt", "crates/exeunt/tests/src/a.rs", "exeunt/a.txt"),
            ("exeunt-benches", "a.rs", "benches/a.txt"),
        ] {
            assert_eq!(below_regressions(package, source), Path::new(expected));
        }
    }

    #[test]
    fn the_macro_names_the_crate_and_file_that_call_it() {
        let expected = path("exeunt-regressions", "src/lib.rs");
        let persistence = FileFailurePersistence::Direct(Box::leak(
            expected.to_string_lossy().into_owned().into_boxed_str(),
        ));
        let config = crate::config!(cases = 3);
        assert!(config.failure_persistence == Some(Box::new(persistence)));
    }
}
