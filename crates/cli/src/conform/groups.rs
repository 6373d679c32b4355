//! Findings that are one: the same thing wrong, decided by the same rule.

use std::collections::BTreeMap;

use super::report::{Class, Finding};
use super::source::ANY;

/// Findings that are one.
pub(super) struct Group<'r> {
    pub(super) family: &'r str,
    pub(super) class: Class,
    /// What is wrong: of a difference where it is, of a failure how it ended.
    pub(super) what: String,
    /// The reading that explains them, if one does.
    pub(super) reading: Option<&'r str>,
    /// The numbers of the rules that decide, by room version; or links into the specification.
    pub(super) rules: Vec<String>,
    /// The room versions, as people count.
    pub(super) versions: Vec<&'r str>,
    pub(super) findings: Vec<&'r Finding<'r>>,
}

/// The findings that count, by family, what is wrong and which reading explains it.
pub(super) fn groups<'r>(findings: &'r [Finding<'r>]) -> Vec<Group<'r>> {
    let mut groups: BTreeMap<_, Vec<&Finding<'_>>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.excluded.is_none()) {
        let family = finding.family;
        let reading = finding.reading.as_deref();
        let key = (finding.class, family, shape(finding), reading);
        groups.entry(key).or_default().push(finding);
    }
    let group = |((class, family, what, reading), findings): ((Class, _, _, _), Vec<_>)| {
        let mut versions: Vec<&str> =
            findings.iter().filter_map(|it: &&Finding<'_>| it.vector.room_version()).collect();
        versions.sort_by_key(|version| (version.len(), *version));
        versions.dedup();
        let mut rules: Vec<String> = findings.iter().flat_map(|it| rules(it)).collect();
        rules.sort();
        rules.dedup();
        Group { family, class, what, reading, rules, versions, findings }
    };
    groups.into_iter().map(group).collect()
}

/// What is the same in findings that are one: everything of a yes or no, but only the place where
/// bytes or sets differ.
fn shape(finding: &Finding<'_>) -> String {
    let what = &finding.what;
    match what.split_once("` is ") {
        Some((at, _)) if what.len() > 80 => format!("{at}` differs"),
        _ => what.clone(),
    }
}

fn rules(finding: &Finding<'_>) -> Vec<String> {
    let vector = &finding.vector;
    let version = vector.room_version().unwrap_or(ANY);
    let rules = vector.rules.iter().map(|rule| format!("{rule} of version {version}"));
    rules.chain(vector.links.iter().cloned()).collect()
}
