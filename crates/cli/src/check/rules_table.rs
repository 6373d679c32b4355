//! The table of rules by room version: how often each decided.

use std::collections::BTreeMap;
use std::io::{self, Write};

use exeunt_auth::{Effect, Rule};
use exeunt_generate::{Campaign, Report, UNREACHABLE};

use super::laws_table::short;

/// What rules could have done and never did.
pub(crate) fn write_unseen(
    campaign: &Campaign,
    report: &Report,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut unseen: BTreeMap<(Rule, &str), Vec<&str>> = BTreeMap::new();
    for (version, found) in campaign.versions.iter().zip(&report.versions) {
        for (rule, effect) in found.unseen(version) {
            unseen.entry((rule, effect.name())).or_default().push(version.id());
        }
    }
    writeln!(out, "\nWhat no history has shown: try more. Rules that never decided:")?;
    for ((rule, effect), versions) in unseen {
        let (rule, versions) = (rule.name(), versions.join(", "));
        writeln!(out, "{rule} {effect}: room versions {versions}")?;
    }
    Ok(())
}

pub(crate) fn write(campaign: &Campaign, report: &Report, out: &mut impl Write) -> io::Result<()> {
    let exists =
        |rule: &Rule| campaign.versions.iter().any(|version| rule.exists_in(&version.capabilities));
    let rules: Vec<Rule> = Rule::ALL.iter().copied().filter(exists).collect();
    let width = rules.iter().map(|rule| rule.name().len()).max().unwrap_or(0);
    write!(out, "\n{:width$}        ", "rule")?;
    for version in &campaign.versions {
        write!(out, " {:>6}", version.id())?;
    }
    writeln!(out)?;
    for rule in rules {
        let effects = match rule.effect() {
            Effect::Allows => &[Effect::Allows][..],
            Effect::Rejects => &[Effect::Rejects],
            Effect::Decides => &[Effect::Allows, Effect::Rejects],
        };
        for effect in effects {
            write!(out, "{:width$} {effect:7}", rule.name())?;
            for (version, found) in campaign.versions.iter().zip(&report.versions) {
                let count = found.rules.get(rule.name()).copied().unwrap_or_default();
                let count = match effect {
                    Effect::Allows => count.allowed,
                    _ => count.rejected,
                };
                let cell = match (count, rule.exists_in(&version.capabilities)) {
                    (0, false) => String::new(),
                    (0, true) => "-".to_owned(),
                    _ => short(count),
                };
                write!(out, " {cell:>6}")?;
            }
            writeln!(out)?;
        }
    }
    writeln!(
        out,
        "\nA number: the rule decided so often. -: never. Nothing: the version does not have it."
    )?;
    for (rule, why) in UNREACHABLE {
        writeln!(out, "Never, as {why}: {}.", rule.name())?;
    }
    Ok(())
}
