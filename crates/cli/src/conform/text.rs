//! The report for people at a terminal.

use std::io::{self, Write};

use super::Run;
use super::groups::groups;
use super::report::Class;

/// So many rules of a group are named.
const RULES: usize = 6;

/// So many failures that are none of a question are told.
const LAPSES: usize = 10;

pub(super) fn write(run: &Run<'_>, out: &mut impl Write) -> io::Result<()> {
    head(run, out)?;
    table(run, out)?;
    differences(run, out)?;
    rest(run, out)?;
    let report = &run.report;
    let total = |class| report.total(class);
    let failures: usize =
        Class::ALL.into_iter().filter(|class| class.is_failure()).map(total).sum();
    let agreed = total(Class::Agrees) + total(Class::AgreesByReading);
    writeln!(out, "{agreed} agree, {failures} do not.")
}

fn head(run: &Run<'_>, out: &mut impl Write) -> io::Result<()> {
    let claims = &run.claims;
    writeln!(out, "{}", claims.name)?;
    if let Some(problem) = &claims.problem {
        writeln!(out, "{problem}; it was asked everything.")?;
    } else {
        let ops: Vec<_> = claims.ops().collect();
        let (ops, versions) = (ops.join(", "), claims.versions().join(", "));
        writeln!(out, "answers {ops} in room versions {versions}")?;
    }
    writeln!(out)
}

fn table(run: &Run<'_>, out: &mut impl Write) -> io::Result<()> {
    let rows = &run.report.rows;
    let shown = Class::ALL.into_iter().filter(|class| run.report.total(*class) > 0);
    let shown: Vec<_> = shown.collect();
    let width = rows.keys().map(|(_, family)| family.len()).max().unwrap_or(0).max(6);
    write!(out, "{:>7} {:width$}", "version", "family")?;
    for class in &shown {
        write!(out, " {:>11}", class.name())?;
    }
    writeln!(out)?;
    for ((version, family), counts) in rows {
        write!(out, "{:>7} {family:width$}", version.id)?;
        for class in &shown {
            match counts.get(class) {
                None => write!(out, " {:>11}", "·")?,
                Some(count) => write!(out, " {count:>11}")?,
            }
        }
        writeln!(out)?;
    }
    writeln!(out)
}

fn differences(run: &Run<'_>, out: &mut impl Write) -> io::Result<()> {
    for group in groups(&run.report.findings) {
        let (count, versions) = (group.findings.len(), group.versions.join(", "));
        let (class, family, what) = (group.class.name(), group.family, &group.what);
        writeln!(out, "{class}: {family}, room versions {versions} ({count}): {what}")?;
        if let Some(reading) = group.reading {
            writeln!(out, "  explained by the reading {reading}")?;
        }
        if !group.rules.is_empty() {
            let more = match group.rules.len().saturating_sub(RULES) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let named: Vec<_> = group.rules.iter().take(RULES).map(String::as_str).collect();
            writeln!(out, "  decided by {}{more}", named.join(", "))?;
        }
        if let Some(first) = group.findings.first() {
            let vector = &first.vector;
            writeln!(out, "  for one, {}: {}", vector.id, vector.comment)?;
            if let Some(answer) = &first.answer {
                writeln!(out, "    expected {}", vector.response.as_received())?;
                writeln!(out, "    answered {answer}")?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

fn rest(run: &Run<'_>, out: &mut impl Write) -> io::Result<()> {
    if !run.report.readings.is_empty() {
        writeln!(out, "It reads the text, where that is ambiguous, as")?;
        for (reading, count) in &run.report.readings {
            writeln!(out, "  {reading} ({count} vectors)")?;
        }
        writeln!(out)?;
    }
    if !run.lapses.is_empty() {
        writeln!(
            out,
            "It failed, and was asked the same again, alone, which is what counts above:"
        )?;
        for what in run.lapses.iter().take(LAPSES) {
            writeln!(out, "  {what}")?;
        }
        writeln!(out, "  ({} times)\n", run.lapses.len())?;
    }
    if run.starts > 1 {
        writeln!(out, "It was started {} times.\n", run.starts)?;
    }
    for needless in &run.report.needless {
        writeln!(out, "Excluded, though it agrees: {needless}")?;
    }
    Ok(())
}
