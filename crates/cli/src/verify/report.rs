//! What was found, for people and for machines.

use std::io::{self, Write};

use exeunt_event::EventType;
use exeunt_event::json::{Object, Value};
use exeunt_version::{LenientNumbers, RoomVersion};

use super::finding::{Check, Finding, Outcome};
use super::receive::Room;

/// The findings of a run, with the counts.
pub(crate) struct Report {
    room_id: Option<String>,
    version: String,
    with_keys: bool,
    room: Room,
}

impl Report {
    pub(crate) fn new(room: Room, version: &RoomVersion, with_keys: bool) -> Self {
        let events = || room.events.iter().map(|received| &received.event);
        let create = events().find(|event| *event.event_type() == EventType::Create);
        let room_id = create.or_else(|| events().next()).map(|event| event.room_id().to_string());
        Self { room_id, version: version.id().to_owned(), with_keys, room }
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.room.findings.is_empty()
    }

    fn was_run(&self, check: Check) -> bool {
        check != Check::Signatures || self.with_keys
    }

    /// The events that entered a check, and how many of them it found something about. Events,
    /// not findings: a line may have two keys twice.
    fn counts(&self, check: Check) -> (usize, usize) {
        let mut lines: Vec<_> = self.of(check).map(|finding| finding.line).collect();
        lines.dedup();
        (self.room.entered[check as usize], lines.len())
    }

    fn of(&self, check: Check) -> impl Iterator<Item = &Finding> {
        self.room.findings.iter().filter(move |finding| finding.check == check)
    }

    pub(crate) fn write_text(&self, out: &mut impl Write) -> io::Result<()> {
        let room = self.room_id.as_deref().unwrap_or("unknown");
        writeln!(out, "room {room}, version {}", self.version)?;
        let Room { lines, empty_lines, repeated, events, .. } = &self.room;
        write!(out, "{lines} lines, {} events kept", events.len())?;
        for (count, what) in [(*empty_lines, "empty"), (*repeated, "repeated")] {
            if count > 0 {
                write!(out, ", {count} {what} line{}", if count == 1 { "" } else { "s" })?;
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
        if self.is_clean() {
            return writeln!(out, "\nno findings");
        }
        let count = self.room.findings.len();
        writeln!(out, "\n{count} finding{}:", if count == 1 { "" } else { "s" })?;
        for finding in &self.room.findings {
            writeln!(out)?;
            write_finding(finding, out)?;
        }
        Ok(())
    }

    /// `  (3 dropped, 1 noted)`
    fn outcomes(&self, check: Check) -> String {
        let all = [
            Outcome::Dropped,
            Outcome::Redacted,
            Outcome::Rejected,
            Outcome::Undecided,
            Outcome::Noted,
        ];
        let counted: Vec<_> = all
            .into_iter()
            .filter_map(|outcome| {
                let count = self.of(check).filter(|finding| finding.outcome == outcome).count();
                (count > 0).then(|| format!("{count} {}", outcome.name()))
            })
            .collect();
        if counted.is_empty() { String::new() } else { format!("  ({})", counted.join(", ")) }
    }

    pub(crate) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        for finding in &self.room.findings {
            write_line(&finding_object(finding), out)?;
        }
        let mut checks = Vec::new();
        for check in Check::ALL.into_iter().filter(|check| self.was_run(*check)) {
            let (events, found) = self.counts(check);
            let mut object = Object::new();
            object.insert("check", check.number());
            object.insert("name", check.name());
            object.insert("events", number(events));
            object.insert("found", number(found));
            checks.push(object);
        }
        let mut summary = Object::new();
        summary.insert("room_id", self.room_id.as_deref().map_or(Value::Null, Value::from));
        summary.insert("room_version", self.version.as_str());
        summary.insert("lines", number(self.room.lines));
        summary.insert("empty_lines", number(self.room.empty_lines));
        summary.insert("repeated_lines", number(self.room.repeated));
        summary.insert("events", number(self.room.events.len()));
        summary.insert("findings", number(self.room.findings.len()));
        summary.insert("checks", checks);
        write_line(&Object::from_iter([("summary", summary)]), out)
    }
}

fn write_finding(finding: &Finding, out: &mut impl Write) -> io::Result<()> {
    let event = finding.event_id.as_deref().unwrap_or("no event");
    let check = finding.check;
    write!(out, "line {}: {event}\n    check {}", finding.line, check.number())?;
    match finding.rule {
        Some((_, Some(number))) => write!(out, ", rule {number}: ")?,
        Some((rule, None)) => write!(out, ", rule {}: ", rule.name())?,
        None => write!(out, ", {}: ", check.name())?,
    }
    writeln!(out, "{}\n    {}", finding.outcome.name(), finding.message)
}

fn finding_object(finding: &Finding) -> Object<'_> {
    let mut object = Object::new();
    object.insert("line", number(finding.line));
    object.insert("event_id", finding.event_id.as_deref().map_or(Value::Null, Value::from));
    object.insert("check", finding.check.number());
    object.insert("outcome", finding.outcome.name());
    object.insert("message", finding.message.as_str());
    if let Some((rule, number)) = finding.rule {
        object.insert("rule_name", rule.name());
        if let Some(number) = number {
            object.insert("rule", number.to_string());
        }
    }
    object
}

fn number(count: usize) -> Value<'static> {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

fn write_line(object: &Object<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", object.to_canonical(LenientNumbers::Value))
}
