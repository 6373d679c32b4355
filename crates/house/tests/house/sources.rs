//! What every source file and every manifest must be like.

use std::fs;

use toml::{Table, Value};

use crate::{refuse, repository};

const LINES: usize = 700;

/// A file that is too long to be read in one go.
fn too_long(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines >= LINES).then(|| format!("{path} has {lines} lines; {LINES} are too many"))
}

/// Property tests that do not keep their failures where all others do.
fn forgetful(path: &str, text: &str) -> Option<String> {
    let code: Vec<&str> =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let count = |needle: &str| code.iter().filter(|line| line.contains(needle)).count();
    let configured = count(concat!("exeunt_regressions::", "config"));
    let blocks = count(concat!("proptest", "!")) + count(concat!("prop_state_machine", "!"));
    // One that is given its randomness finds what it found again, with no failures kept.
    let others = count(concat!("TestRunner", "::"))
        - count(concat!("TestRunner", "::new_with_rng("))
        + count(concat!("[property", "_test"))
        + count(concat!("::property", "_test"));
    (configured < blocks || (configured == 0 && others > 0)).then(|| {
        format!("{path} has a property test without {}", concat!("exeunt_regressions::", "config!"))
    })
}

/// Traces of a machine that the project was worked on with.
fn local(path: &str, content: &[u8]) -> Option<String> {
    // In pieces, so that this file passes.
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("../sha", "red")]
        .iter()
        .find(|needle| content.windows(needle.len()).any(|window| window == needle.as_bytes()))
        .map(|needle| format!("{path} contains {needle}"))
}

/// A package for which the lints of the workspace do not hold.
fn unlinted(path: &str, manifest: &str) -> Option<String> {
    let inherits = manifest
        .parse::<Table>()
        .unwrap()
        .get("lints")
        .and_then(|lints| lints.get("workspace"))
        .and_then(Value::as_bool);
    (inherits != Some(true)).then(|| format!("{path} does not inherit the workspace's lints"))
}

fn all(end: &str, check: impl Fn(&str, &str) -> Option<String>) -> Vec<String> {
    let files = repository::files_ending(end);
    files.iter().filter_map(|path| check(path, &repository::read(path))).collect()
}

#[test]
fn no_rust_file_is_too_long() {
    refuse(&all(".rs", too_long));
}

#[test]
fn every_property_test_keeps_its_failures() {
    refuse(&all(".rs", forgetful));
}

#[test]
fn every_package_inherits_the_lints() {
    refuse(&all("/Cargo.toml", unlinted));
}

#[test]
fn nothing_names_a_path_of_one_machine() {
    let complaints: Vec<_> = repository::files()
        .iter()
        .filter_map(|path| local(path, &fs::read(repository::root().join(path)).unwrap()))
        .collect();
    refuse(&complaints);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_hundred_lines_are_refused() {
        assert_eq!(too_long("a.rs", &"\n".repeat(LINES - 1)), None);
        assert_eq!(
            too_long("a.rs", &"\n".repeat(LINES)).unwrap(),
            "a.rs has 700 lines; 700 are too many"
        );
    }

    #[test]
    fn a_property_test_with_a_configuration_of_its_own_is_refused() {
        let block = concat!("proptest", "! {\n    #![proptest_config(CONFIG)]\n}\n");
        let config = concat!("exeunt_regressions::", "config!()");
        let good = block.replace("CONFIG", config);
        assert_eq!(forgetful("a.rs", &good), None);
        assert_eq!(forgetful("a.rs", "fn no_property() {}"), None);
        assert_eq!(forgetful("a.rs", &format!("// {block}").replace('\n', "\n// ")), None);

        assert!(forgetful("a.rs", block).is_some());
        assert!(forgetful("a.rs", &format!("{good}{block}")).is_some());
        assert!(forgetful("a.rs", &format!("// {config}\n{block}")).is_some());
        assert!(forgetful("a.rs", concat!("TestRunner", "::default()")).is_some());
        assert!(forgetful("a.rs", concat!("#[property", "_test]")).is_some());
        assert!(forgetful("a.rs", concat!("#[proptest::property", "_test]")).is_some());
        assert_eq!(forgetful("a.rs", concat!("fn a_property", "_test() {}")), None);
    }

    #[test]
    fn a_path_of_one_machine_is_refused() {
        assert_eq!(local("a.txt", b"crates/event/src"), None);
        for path in [concat!("/ro", "ot/.cargo"), concat!("see ../sha", "red/design.md")] {
            assert!(local("a.txt", path.as_bytes()).is_some(), "{path}");
        }
        assert!(local("a.bin", concat!("\u{0}/wo", "rk/main").as_bytes()).is_some());
    }

    #[test]
    fn a_package_without_the_lints_is_refused() {
        assert_eq!(unlinted("a/Cargo.toml", "[lints]\nworkspace = true\n"), None);
        for manifest in ["", "[lints.rust]\nunsafe_code = \"allow\"\n"] {
            assert!(unlinted("a/Cargo.toml", manifest).is_some());
        }
    }
}
