//! A failing property is written where `config!` says, and tried again first.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use exeunt_regressions::proptest::prelude::any;
use exeunt_regressions::proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

/// A regression file that is gone when the test is over, whether it passed or not.
struct Scratch {
    source: String,
    path: PathBuf,
}

impl Scratch {
    fn new(name: &str) -> Self {
        let source = format!("tests/scratch-{name}-{}.rs", std::process::id());
        let path = exeunt_regressions::path(env!("CARGO_PKG_NAME"), &source);
        Self { source, path }
    }

    fn runner(&self) -> TestRunner {
        let config = exeunt_regressions::config(env!("CARGO_PKG_NAME"), &self.source, None);
        // Fixed, whatever the environment says: one value in 256 fails, so 8192 cases find one.
        TestRunner::new(Config { cases: 8192, ..config })
    }

    /// Runs a property that fails now and then; gives its outcome and the values it was asked about.
    fn run(&self) -> (bool, Vec<u64>) {
        let seen = RefCell::new(Vec::new());
        let outcome = self.runner().run(&any::<u64>(), |value| {
            seen.borrow_mut().push(value);
            if fails(value) { Err(TestCaseError::fail("wanted")) } else { Ok(()) }
        });
        (matches!(outcome, Err(TestError::Fail(..))), seen.into_inner())
    }
}

fn fails(value: u64) -> bool {
    value % 256 == 7
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // The folder goes too, unless it has other files; not before its file, lest a test that is
        // still writing lose it.
        if fs::remove_file(&self.path).is_ok()
            && let Some(folder) = self.path.parent()
        {
            drop(fs::remove_dir(folder));
        }
    }
}

#[test]
fn a_failure_is_written_below_the_workspace_root_and_tried_first_ever_after() {
    let scratch = Scratch::new("replay");
    assert!(!scratch.path.exists());

    let (failed, seen) = scratch.run();
    assert!(failed);
    let first_failure = seen.into_iter().find(|value| fails(*value)).unwrap();
    let written = fs::read_to_string(&scratch.path).unwrap();
    assert_eq!(written.lines().filter(|line| line.starts_with("cc ")).count(), 1, "{written}");
    assert!(written.contains("shrinks to "), "{written}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let folder = scratch.path.parent().unwrap().canonicalize().unwrap();
    assert_eq!(
        folder,
        root.canonicalize().unwrap().join("proptest-regressions").join("regressions")
    );

    let (failed, seen) = scratch.run();
    assert!(failed);
    assert_eq!(seen.first(), Some(&first_failure));
    assert_eq!(fs::read_to_string(&scratch.path).unwrap(), written, "known failures are not added");
}

#[test]
fn a_property_that_holds_leaves_nothing_behind() {
    let scratch = Scratch::new("holds");
    scratch.runner().run(&any::<u64>(), |_| Ok(())).unwrap();
    assert!(!scratch.path.exists());
}
