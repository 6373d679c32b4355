//! Floors 0 to 6 have no hash order, no clock and no randomness.

use toml::{Table, Value};

use crate::{floors, refuse, repository};

const BANNED_PATHS: [(&str, &str); 4] = [
    ("disallowed-types", "std::collections::HashMap"),
    ("disallowed-types", "std::collections::HashSet"),
    ("disallowed-methods", "std::time::Instant::now"),
    ("disallowed-methods", "std::time::SystemTime::now"),
];

const BANNED_PACKAGES: [&str; 3] = ["fastrand", "getrandom", "rand"];

/// The highest floor of which this is asked.
const LAST: u8 = 6;

/// The bans that a text of `.clippy.toml` lacks.
fn lacking(clippy: &str) -> Vec<String> {
    let clippy: Table = clippy.parse().unwrap();
    BANNED_PATHS
        .iter()
        .filter(|(list, path)| {
            let banned = clippy.get(*list).and_then(Value::as_array).into_iter().flatten();
            !banned
                .filter_map(|ban| ban.get("path").or(Some(ban)))
                .any(|banned| banned.as_str() == Some(path))
        })
        .map(|(list, path)| format!(".clippy.toml lacks {path} in {list}"))
        .collect()
}

/// What a package's dependencies, one a line with the name first, have that they must not.
fn random(package: &str, tree: &str) -> Vec<String> {
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    BANNED_PACKAGES
        .iter()
        .filter(|banned| names.clone().any(|name| name == **banned))
        .map(|banned| format!("{package} depends on {banned}"))
        .collect()
}

#[test]
fn clippy_bans_hash_order_and_clocks() {
    refuse(&lacking(&repository::read(".clippy.toml")));
}

#[test]
fn no_floor_up_to_the_sixth_depends_on_randomness() {
    let plan = floors::plan(&repository::read("docs/ARCHITECTURE.md")).unwrap();
    let there: Vec<_> =
        repository::workspace().workspace_packages().iter().map(|p| p.name.to_string()).collect();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut complaints = Vec::new();
    for floor in plan.floors.iter().filter(|f| f.number <= LAST && there.contains(&f.package)) {
        // Features as they are when the package is built for its users: `cargo metadata` would add
        // what tests of other packages ask for.
        let tree = repository::run(
            &cargo,
            &["tree", "--locked", "--package", &floor.package, "--edges", "normal,build"]
                .into_iter()
                .chain(["--prefix", "none"])
                .collect::<Vec<_>>(),
        );
        assert!(tree.starts_with(&*floor.package), "{tree}");
        complaints.extend(random(&floor.package, &tree));
    }
    refuse(&complaints);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ban_that_was_lifted_is_refused() {
        let good = repository::read(".clippy.toml");
        let lifted = good.replace("std::collections::HashSet", "std::collections::LinkedList");
        assert_eq!(
            lacking(&lifted),
            [".clippy.toml lacks std::collections::HashSet in disallowed-types"]
        );
        assert_eq!(lacking("").len(), BANNED_PATHS.len());
        let short = "disallowed-methods = [\"std::time::Instant::now\"]";
        assert_eq!(lacking(short).len(), BANNED_PATHS.len() - 1);
    }

    #[test]
    fn a_dependency_on_randomness_is_refused() {
        let tree = "exeunt-event v0.1.0 (/a)\nrand_core v0.9.0\ngetrandom v0.3.0 (*)\n";
        assert_eq!(random("exeunt-event", tree), ["exeunt-event depends on getrandom"]);
        assert_eq!(random("exeunt-event", "exeunt-event v0.1.0\nrand_core v0.9.0"), [""; 0]);
    }
}
