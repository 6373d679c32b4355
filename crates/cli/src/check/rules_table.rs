//! How often each rule decided.

use std::collections::BTreeMap;
use std::io::{self, Write};

use exeunt_auth::Rule;
use exeunt_generate::{Campaign, Report, RuleCount};

use super::laws_table::short;

pub(crate) fn write(campaign: &Campaign, report: &Report, out: &mut impl Write) -> io::Result<()> {
    let mut totals: BTreeMap<&str, RuleCount> = BTreeMap::new();
    for (rule, count) in report.versions.iter().flat_map(|version| &version.rules) {
        let total = totals.entry(rule).or_default();
        total.allowed += count.allowed;
        total.rejected += count.rejected;
    }
    writeln!(out, "\n{:34} {:>8} {:>8}  never decided in", "rule", "allowed", "rejected")?;
    for rule in Rule::ALL {
        let total = totals.get(rule.name()).copied().unwrap_or_default();
        let never: Vec<&str> = campaign
            .versions
            .iter()
            .zip(&report.versions)
            .filter(|(version, found)| {
                let is_there = rule.number(&version.capabilities).is_some();
                is_there && !found.rules.contains_key(rule.name())
            })
            .map(|(version, _)| version.id())
            .collect();
        writeln!(
            out,
            "{:34} {:>8} {:>8}  {}",
            rule.name(),
            short(total.allowed),
            short(total.rejected),
            never.join(" ")
        )?;
    }
    Ok(())
}
