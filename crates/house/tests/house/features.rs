//! What a feature brings, and who does not ask for it does not get.

use std::collections::BTreeSet;

use crate::repository;

/// The packages that somebody builds who depends on one of ours, with features or none.
fn built(package: &str, features: &str) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let of = ["tree", "--locked", "--package", package, "--features", features];
    let form = ["--edges", "normal,build", "--prefix", "none"];
    let tree = repository::run(&cargo, &[&of[..], &form[..]].concat());
    assert!(tree.starts_with(package), "{tree}");
    tree.lines().filter_map(|line| line.split(' ').next()).map(ToOwned::to_owned).collect()
}

#[test]
fn proptest_is_only_in_builds_that_ask_for_it() {
    for (package, features, has_proptest, has_state_machine) in [
        ("exeunt", "", false, false),
        ("exeunt", "generate", true, false),
        ("exeunt", "state-machine", true, true),
        ("exeunt-generate", "", true, false),
        ("exeunt-generate", "state-machine", true, true),
    ] {
        let built = built(package, features);
        let asked = format!("{package} with features {features:?}");
        assert_eq!(built.contains("proptest"), has_proptest, "{asked}");
        assert_eq!(built.contains("proptest-state-machine"), has_state_machine, "{asked}");
    }
}
