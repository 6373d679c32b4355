//! Every package of the build has a licence that `.deny.toml` allows.

use toml::{Table, Value};

use crate::{refuse, repository};

/// The licences that a text of `.deny.toml` allows.
fn allowed(deny: &str) -> Vec<String> {
    deny.parse::<Table>()
        .unwrap()
        .get("licenses")
        .and_then(|licenses| licenses.get("allow"))
        .and_then(Value::as_array)
        .unwrap()
        .iter()
        .map(|licence| licence.as_str().unwrap().to_owned())
        .collect()
}

/// Whether an SPDX expression can be satisfied by allowed licences alone.
fn satisfied(expression: &str, allowed: &[String]) -> bool {
    // Before SPDX expressions, Cargo wrote `MIT/Apache-2.0` for a choice.
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let satisfied = choice(&mut words, allowed);
    satisfied && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn choice(words: &mut Words, allowed: &[String]) -> bool {
    let mut satisfied = all(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        satisfied |= all(words, allowed);
    }
    satisfied
}

fn all(words: &mut Words, allowed: &[String]) -> bool {
    let mut satisfied = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        satisfied &= one(words, allowed);
    }
    satisfied
}

fn one(words: &mut Words, allowed: &[String]) -> bool {
    let satisfied = match words.next() {
        Some("(") => {
            let inner = choice(words, allowed);
            inner & (words.next() == Some(")"))
        }
        Some(licence) => {
            // `MPL-2.0+` leaves the choice among that version and later ones.
            let licence = licence.strip_suffix('+').unwrap_or(licence);
            allowed.iter().any(|allowed| allowed == licence)
        }
        None => false,
    };
    // An exception only permits more.
    if words.next_if_eq(&"WITH").is_some() {
        words.next();
    }
    satisfied
}

fn complaint(package: &str, licence: Option<&str>, allowed: &[String]) -> Option<String> {
    match licence {
        Some(licence) if satisfied(licence, allowed) => None,
        Some(licence) => Some(format!("{package} has the licence {licence}")),
        None => Some(format!("{package} names no licence")),
    }
}

#[test]
fn every_package_has_an_allowed_licence() {
    let allowed = allowed(&repository::read(".deny.toml"));
    let metadata = repository::everything();
    assert!(metadata.packages.len() > 20);
    let complaints: Vec<_> = metadata
        .packages
        .iter()
        .filter_map(|package| complaint(&package.name, package.license.as_deref(), &allowed))
        .collect();
    refuse(&complaints);
}

#[test]
fn deny_toml_allows_no_licence_that_would_bind_users() {
    let allowed = allowed(&repository::read(".deny.toml"));
    assert!(allowed.contains(&"MIT".to_owned()));
    assert!(allowed.iter().all(|licence| !licence.contains("GPL")), "{allowed:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(licence: Option<&str>) -> Option<String> {
        let deny = "[licenses]\nallow = [\"MIT\", \"Apache-2.0\", \"Unicode-3.0\"]\n";
        complaint("a", licence, &allowed(deny))
    }

    #[test]
    fn expressions_that_allowed_licences_satisfy_pass() {
        for licence in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-2.0-only OR MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR BSL-1.0",
            "GPL-3.0-only AND BSL-1.0 OR MIT",
            "Apache-2.0+",
        ] {
            assert_eq!(check(Some(licence)), None, "{licence}");
        }
    }

    #[test]
    fn other_expressions_are_refused() {
        for licence in [
            "AGPL-3.0-only",
            "GPL-3.0-or-later",
            "GPL-2.0+",
            "MIT AND GPL-3.0-only",
            "(MIT OR Apache-2.0) AND GPL-2.0-only",
            "GPL-2.0-only WITH Classpath-exception-2.0",
            "(MIT",
            "MIT Apache-2.0",
            "",
        ] {
            assert_eq!(check(Some(licence)), Some(format!("a has the licence {licence}")));
        }
        assert_eq!(check(None).as_deref(), Some("a names no licence"));
    }
}
