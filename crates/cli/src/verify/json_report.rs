//! What was found, for machines: a finding a line, and the counts in the last.

use std::io::{self, Write};

use exeunt_event::EventId;
use exeunt_event::json::{Object, Value};
use exeunt_room::Check;
use exeunt_version::LenientNumbers;

use super::compare::{Difference, Side, What};
use super::explain::Explanation;
use super::finding::Finding;
use super::report::{Recorded, Report};

impl Report<'_> {
    pub(crate) fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        for finding in &self.findings.all {
            write_line(&finding_object(finding), out)?;
        }
        let mut checks = Vec::new();
        for check in Check::ALL.into_iter().filter(|check| self.was_run(*check)) {
            let (events, found) = self.counts(check);
            let mut object = Object::new();
            object.insert("check", i64::from(check.number()));
            object.insert("name", check.name());
            object.insert("events", number(events));
            object.insert("found", number(found));
            checks.push(object);
        }
        let room = &self.fold.room;
        let mut current = Object::new();
        current.insert("events", number(room.current_state().len()));
        current.insert("fingerprint", room.current_state().fingerprint().to_string());
        let mut summary = Object::new();
        summary.insert("room_id", self.room_id.as_deref().map_or(Value::Null, Value::from));
        summary.insert("room_version", self.version.id());
        summary.insert("lines", number(self.counts.lines));
        summary.insert("empty_lines", number(self.counts.empty));
        summary.insert("repeated_lines", number(self.fold.repeated));
        summary.insert("events", number(self.fold.kept.len()));
        summary.insert("findings", number(self.findings.all.len()));
        summary.insert("pending", number(self.findings.pending));
        summary.insert("checks", checks);
        summary.insert("current_state", current);
        summary.insert("forward_extremities", ids(room.forward_extremities()));
        summary.insert("fingerprint", room.fingerprint().to_string());
        if let Some(recorded) = &self.recorded {
            summary.insert("recording", recorded_object(recorded));
        }
        write_line(&Object::from_iter([("summary", summary)]), out)
    }
}

fn finding_object(finding: &Finding) -> Object<'_> {
    let mut object = Object::new();
    object.insert("line", number(finding.line));
    object.insert("event_id", finding.event_id.as_deref().map_or(Value::Null, Value::from));
    object.insert("outcome", finding.outcome.name());
    insert_reason(&mut object, finding);
    if !finding.missing.is_empty() {
        object.insert("missing", finding.missing.clone());
    }
    object
}

/// Check, rule and message.
fn insert_reason<'f>(object: &mut Object<'f>, finding: &'f Finding) {
    object.insert("check", i64::from(finding.check.number()));
    object.insert("message", finding.message.as_str());
    if let Some((rule, number)) = finding.rule {
        object.insert("rule_name", rule.name());
        if let Some(number) = number {
            object.insert("rule", number.to_string());
        }
    }
}

fn recorded_object(recorded: &Recorded) -> Object<'_> {
    let Recorded { server, comparison, explanations } = recorded;
    let differences = comparison.differences.iter().zip(explanations);
    let differences: Vec<_> =
        differences.map(|(difference, why)| difference_object(difference, why)).collect();
    let explained = explanations.iter().filter(|explanation| !explanation.is_none()).count();
    let mut object = Object::new();
    object.insert("server_name", server.as_deref().map_or(Value::Null, Value::from));
    object.insert("events", number(comparison.events));
    object.insert("states", number(comparison.states));
    object.insert("explained", number(explained));
    object.insert("differences", differences);
    object
}

fn difference_object<'d>(difference: &'d Difference, why: &'d Explanation) -> Object<'d> {
    let mut object = Object::new();
    if let Some((line, id)) = &difference.event {
        object.insert("line", number(*line));
        object.insert("event_id", id.as_str());
    }
    let what = match difference.what {
        What::EventId => "event_id",
        What::Outcome => "outcome",
        What::StateBefore => "state_before",
        What::StateAfter => "state_after",
        What::CurrentState => "current_state",
        What::Extremities => "forward_extremities",
    };
    object.insert("difference", what);
    object.insert("recorded", side(&difference.recorded));
    object.insert("here", side(&difference.here));
    let mut explanation = Object::new();
    match why {
        Explanation::Unexplained => {
            object.insert("explanation", "unexplained");
            return object;
        }
        Explanation::Lacking(message) => {
            explanation.insert("pending", message.as_str());
        }
        Explanation::Readings(choices) => {
            let choices = choices.iter().map(|(name, choice)| (*name, Value::from(*choice)));
            explanation.insert("readings", choices.collect::<Object<'_>>());
        }
        Explanation::Refused(finding) => insert_reason(&mut explanation, finding),
    }
    object.insert("explanation", explanation);
    object
}

fn side(side: &Side) -> Value<'_> {
    match side {
        Side::Word(word) => Value::from(word.as_str()),
        Side::Events(events) => ids(events),
        Side::Nothing => Value::Null,
    }
}

fn ids<'i>(ids: impl IntoIterator<Item = &'i EventId>) -> Value<'i> {
    Value::Array(ids.into_iter().map(|id| Value::from(id.as_str())).collect())
}

fn number(count: usize) -> Value<'static> {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

fn write_line(object: &Object<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}", object.to_canonical(LenientNumbers::Value))
}
