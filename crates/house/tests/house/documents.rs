//! Documents name only what is there.

use std::collections::BTreeSet;

use crate::{floors, refuse, repository};

const FOLDERS: [&str; 5] = ["crates/", "docs/", "benches/", ".ci/", "proptest-regressions/"];

/// What a document may name.
struct There<'a> {
    exists: &'a dyn Fn(&str) -> bool,
    packages: BTreeSet<String>,
}

/// What stands in backticks or in a fenced block.
fn code(document: &str) -> Vec<&str> {
    let mut fenced = false;
    let mut code = Vec::new();
    for line in document.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            code.push(line);
        } else {
            code.extend(line.split('`').skip(1).step_by(2));
        }
    }
    code
}

/// The targets of links within the repository, without their fragments.
fn links(document: &str) -> impl Iterator<Item = &str> {
    document
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|target| !target.is_empty() && !target.contains(':'))
}

/// What the document at that path names that is not there.
fn missing(path: &str, document: &str, there: &There) -> Vec<String> {
    let mut missing = Vec::new();
    let mut look = |kind: &str, name: &str, found: bool| {
        if !found {
            missing.push(format!("{path} names the {kind} {name}, which is not there"));
        }
    };
    for word in code(document).into_iter().flat_map(|code| {
        code.split(|c: char| c.is_whitespace() || "\"'(),;|=".contains(c)).filter(|w| !w.is_empty())
    }) {
        // A word with a placeholder stands for many paths.
        if word.contains(['<', '*', '{', '…']) {
            continue;
        }
        let word = word.trim_end_matches(['.', ':']).trim_start_matches("./");
        if FOLDERS.iter().any(|folder| word.starts_with(folder)) {
            look("path", word, (there.exists)(word));
        }
        // As a package (`exeunt-event`), or as a crate in a Rust path (`exeunt_event::Event`).
        let krate = word.split("::").next().unwrap_or(word).replace('_', "-");
        if krate.starts_with("exeunt-") && krate.chars().all(|c| c.is_ascii_lowercase() || c == '-')
        {
            look("crate", &krate, there.packages.contains(&krate));
        }
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    for target in links(document) {
        look("file", target, (there.exists)(&format!("{folder}/{target}")));
    }
    missing
}

#[test]
fn documents_name_only_what_is_there() {
    let plan = floors::plan(&repository::read("docs/ARCHITECTURE.md")).unwrap();
    let later: Vec<_> = plan.floors.into_iter().filter(|floor| floor.later).collect();
    let root = repository::root();
    let exists = |path: &str| {
        root.join(path.trim_start_matches('/')).exists()
            || later.iter().any(|floor| {
                path.strip_prefix(&*floor.folder)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    };
    let packages = repository::workspace()
        .workspace_packages()
        .iter()
        .map(|package| package.name.to_string())
        .chain(later.iter().map(|floor| floor.package.clone()))
        .collect();
    let there = There { exists: &exists, packages };
    let documents = repository::files_ending(".md");
    assert!(documents.iter().any(|path| path == "docs/ARCHITECTURE.md"));
    let complaints: Vec<_> =
        documents.iter().flat_map(|path| missing(path, &repository::read(path), &there)).collect();
    refuse(&complaints);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str) -> Vec<String> {
        let exists = |path: &str| matches!(path, "crates/event" | ".ci/run" | "docs/a.md");
        let packages = BTreeSet::from(["exeunt-event".to_owned()]);
        missing("docs/b.md", document, &There { exists: &exists, packages })
    }

    #[test]
    fn what_is_there_and_what_is_no_name_passes() {
        for document in [
            "`crates/event`, `.ci/run` and `./.ci/run`.",
            "```\ncargo run -- verify crates/event\n```\n",
            "`exeunt-event` and `exeunt_event::Event`",
            "`proptest-regressions/<crate>/<file>.txt` and `crates/*/src`",
            "crates/gone, not in backticks",
            "[a](a.md), [a](a.md#part), [part](#part), [web](https://example.org/docs/gone.md)",
            "`https://example.org/exeunt-rs/exeunt`, `exeunt verify`",
        ] {
            assert_eq!(check(document), [""; 0], "{document}");
        }
    }

    #[test]
    fn what_is_not_there_is_refused() {
        for (document, name) in [
            ("see `crates/gone`.", "path crates/gone"),
            ("see `docs/gone.md`", "path docs/gone.md"),
            ("`cargo bench crates/gone/a.rs`", "path crates/gone/a.rs"),
            ("```sh\n./.ci/gone\n```\n", "path .ci/gone"),
            ("the crate `exeunt-gone`", "crate exeunt-gone"),
            ("`exeunt_gone::config!()`", "crate exeunt-gone"),
            ("[gone](gone.md)", "file gone.md"),
        ] {
            assert_eq!(
                check(document),
                [format!("docs/b.md names the {name}, which is not there")],
                "{document}"
            );
        }
    }
}
