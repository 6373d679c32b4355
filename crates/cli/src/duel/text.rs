//! What a duel came to, for people at a terminal.

use std::io::{self, Write};

use exeunt_event::json::Value;

use super::found::{Findings, Found, version};
use crate::peer::Claims;

/// A question is shown up to this length.
const LONGEST_QUESTION: usize = 4_000;

pub(super) fn write(claims: &Claims, findings: &Findings, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", claims.name)?;
    if let Some(problem) = &claims.problem {
        writeln!(out, "{problem}; it was asked everything.")?;
    }
    writeln!(out, "\n{:>7} {:>18} {:>10}", "version", "op", "questions")?;
    for ((_, version, op), count) in &findings.asked {
        writeln!(out, "{version:>7} {op:>18} {count:>10}")?;
    }
    writeln!(out)?;
    for found in findings.found.values() {
        difference(found, out)?;
    }
    let unexplained = findings.found.values().filter(|found| found.is_unexplained()).count();
    for (posed, fate) in &findings.failures {
        let (op, version) = (posed.op, version(posed));
        let id = posed.request.get("id").and_then(Value::as_str).unwrap_or_default();
        writeln!(out, "no answer: {op}, room version {version}, {id}: {}", fate.what())?;
    }
    let asked: u64 = findings.asked.values().sum();
    let (refused, failed, classes) = (findings.refused, findings.failed, findings.found.len());
    writeln!(
        out,
        "{asked} questions, {refused} refused, {failed} without an answer, {classes} kinds of \
         difference, {unexplained} of them unexplained. The next history is --from {}.",
        findings.next
    )
}

fn difference(found: &Found, out: &mut impl Write) -> io::Result<()> {
    let Found { difference, count, versions, excluded } = found;
    let class = &difference.class;
    let mut versions: Vec<_> = versions.iter().map(String::as_str).collect();
    versions.sort_by_key(|version| (version.len(), *version));
    let versions = versions.join(", ");
    let kind = match (excluded, &class.reading) {
        (Some(reason), _) => format!("excluded ({reason})"),
        (None, Some(reading)) => format!("explained by the reading {reading}"),
        (None, None) => "unexplained".to_owned(),
    };
    writeln!(out, "{kind}: {} {} ({count} times, room versions {versions})", class.op, class.rule)?;
    writeln!(out, "  {}", class.what)?;
    if found.is_unexplained() {
        let question = difference.posed.request.as_received();
        let shown = question.char_indices().nth(LONGEST_QUESTION).map(|(end, _)| end);
        let (text, more) = match shown {
            Some(end) => (&question[..end], "…"),
            None => (question.as_str(), ""),
        };
        writeln!(out, "  question {text}{more}")?;
        writeln!(out, "  ours     {}", difference.ours.as_received())?;
        writeln!(out, "  theirs   {}", difference.theirs.as_received())?;
    }
    writeln!(out)
}
