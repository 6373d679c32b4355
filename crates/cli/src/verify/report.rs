//! What was found, for people.

use std::io::{self, Write};

use exeunt_event::EventType;
use exeunt_room::Check;
use exeunt_version::RoomVersion;

use super::checks::Findings;
use super::compare::Comparison;
use super::explain::Explanation;
use super::finding::{Finding, Outcome};
use super::fold::Fold;
use super::receive::Counts;
use super::recorded;

/// A room beside a homeserver's account of it.
pub(crate) struct Recorded {
    /// The homeserver.
    pub(crate) server: Option<String>,
    pub(crate) comparison: Comparison,
    /// Of each difference.
    pub(crate) explanations: Vec<Explanation>,
}

/// The findings of a run, with the counts.
pub(crate) struct Report<'k> {
    pub(crate) room_id: Option<String>,
    pub(crate) version: RoomVersion,
    pub(crate) fold: Fold<'k>,
    pub(crate) counts: Counts,
    pub(crate) findings: Findings,
    pub(crate) recorded: Option<Recorded>,
}

impl<'k> Report<'k> {
    pub(crate) fn new(
        fold: Fold<'k>,
        counts: Counts,
        findings: Findings,
        recorded: Option<Recorded>,
    ) -> Self {
        let events = || fold.kept.iter().filter_map(|kept| fold.event(&kept.id));
        let create = events().find(|event| *event.event_type() == EventType::Create);
        let room_id = create.or_else(|| events().next()).map(|event| event.room_id().to_string());
        let version = fold.room.version().clone();
        Self { room_id, version, fold, counts, findings, recorded }
    }

    /// Whether there is nothing to find: no finding, and no difference from a recording.
    pub(crate) fn is_clean(&self) -> bool {
        let differs =
            self.recorded.as_ref().is_some_and(|recorded| !recorded.explanations.is_empty());
        self.findings.all.is_empty() && !differs
    }

    pub(crate) fn was_run(&self, check: Check) -> bool {
        check != Check::Signatures || self.fold.context.keys.is_some()
    }

    /// The events that entered a check, and how many of them it found something about. Events,
    /// not findings: a line may have two keys twice.
    pub(crate) fn counts(&self, check: Check) -> (usize, usize) {
        let mut lines: Vec<_> = self.of(check).map(|finding| finding.line).collect();
        lines.dedup();
        (self.findings.entered[usize::from(check.number()) - 1], lines.len())
    }

    fn of(&self, check: Check) -> impl Iterator<Item = &Finding> {
        self.findings.all.iter().filter(move |finding| finding.check == check)
    }

    pub(crate) fn write_text(&self, all: bool, out: &mut impl Write) -> io::Result<()> {
        let room = self.room_id.as_deref().unwrap_or("unknown");
        writeln!(out, "room {room}, version {}", self.version)?;
        write!(out, "{} lines, {} events kept", self.counts.lines, self.fold.kept.len())?;
        for (count, what) in [(self.counts.empty, "empty"), (self.fold.repeated, "repeated")] {
            if count > 0 {
                write!(out, ", {count} {what} line{}", plural(count))?;
            }
        }
        writeln!(out, "\n\n{:<16} {:>8} {:>8} {:>8}", "check", "events", "passed", "found")?;
        for check in Check::ALL {
            let name = format!("{} {}", check.number(), check.name());
            if !self.was_run(check) {
                writeln!(out, "{name:<16} not checked: no keys")?;
                continue;
            }
            let (events, found) = self.counts(check);
            write!(out, "{name:<16} {events:>8} {:>8} {found:>8}", events.saturating_sub(found))?;
            writeln!(out, "{}", self.outcomes(check))?;
        }
        self.write_room(out)?;
        if let Some(recorded) = &self.recorded {
            recorded::write(recorded, &self.fold, all, out)?;
        }
        let count = self.findings.all.len();
        if count == 0 {
            return writeln!(out, "\nno findings");
        }
        writeln!(out, "\n{count} finding{}:", plural(count))?;
        for finding in &self.findings.all {
            writeln!(out)?;
            write_finding(finding, out)?;
        }
        Ok(())
    }

    /// What became of the room.
    fn write_room(&self, out: &mut impl Write) -> io::Result<()> {
        let room = &self.fold.room;
        let state = room.current_state();
        let count = state.len();
        write!(out, "\ncurrent state: {count} event{}, ", plural(count))?;
        writeln!(out, "fingerprint {}", state.fingerprint())?;
        let extremities = room.forward_extremities();
        let what = if extremities.len() == 1 { "extremity" } else { "extremities" };
        write!(out, "{} forward {what}", extremities.len())?;
        for (number, id) in extremities.into_iter().enumerate() {
            write!(out, "{} {id}", if number == 0 { ":" } else { "," })?;
        }
        writeln!(out, "\nroom: fingerprint {}", room.fingerprint())
    }

    /// `  (3 dropped, 1 noted)`
    fn outcomes(&self, check: Check) -> String {
        let counted: Vec<_> = Outcome::ALL
            .into_iter()
            .filter_map(|outcome| {
                let count = self.of(check).filter(|finding| finding.outcome == outcome).count();
                (count > 0).then(|| format!("{count} {}", outcome.name()))
            })
            .collect();
        if counted.is_empty() { String::new() } else { format!("  ({})", counted.join(", ")) }
    }
}

pub(crate) fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// `check 4, rule 5.3.2`
pub(crate) fn place(finding: &Finding) -> String {
    let check = finding.check;
    let number = check.number();
    match finding.rule {
        Some((_, Some(rule))) => format!("check {number}, rule {rule}"),
        Some((rule, None)) => format!("check {number}, rule {}", rule.name()),
        None => format!("check {number}, {}", check.name()),
    }
}

fn write_finding(finding: &Finding, out: &mut impl Write) -> io::Result<()> {
    let event = finding.event_id.as_deref().unwrap_or("no event");
    writeln!(out, "line {}: {event}", finding.line)?;
    writeln!(out, "    {}: {}\n    {}", place(finding), finding.outcome.name(), finding.message)
}
