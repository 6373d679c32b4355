//! The report for programs.

use exeunt_event::json::{Object, Value};

use super::Run;
use super::report::{Class, Finding};

#[allow(clippy::unnecessary_wraps, reason = "one signature for all forms of the report")]
pub(super) fn write(run: &Run<'_>) -> Result<String, String> {
    let report = &run.report;
    let mut object = Object::new();
    object.insert("command", run.command.clone());
    object.insert("name", run.claims.name.clone());
    object.insert("problem", run.claims.problem.clone().map_or(Value::Null, Value::from));
    object.insert("starts", number(run.starts));
    object.insert("lapses", run.lapses.clone());
    let totals = Class::ALL.map(|class| (key(class), number(report.total(class))));
    object.insert("totals", Object::from_iter(totals));
    let rows = report.rows.iter().map(|((version, family), counts)| {
        let counts = counts.iter().map(|(class, count)| (key(*class), number(*count)));
        let mut row: Object<'static> = counts.collect();
        row.insert("room_version", version.id.to_owned());
        row.insert("family", (*family).to_owned());
        row
    });
    object.insert("rows", rows.collect::<Vec<_>>());
    object.insert("findings", report.findings.iter().map(finding).collect::<Vec<_>>());
    let needless: Vec<_> = report.needless.iter().map(|id| (*id).to_owned()).collect();
    object.insert("needless_exclusions", needless);
    let readings = report.readings.iter().map(|(name, count)| (name.clone(), number(*count)));
    object.insert("readings", readings.collect::<Object<'_>>());
    let mut text = object.as_received();
    text.push('\n');
    Ok(text)
}

fn finding(finding: &Finding<'_>) -> Object<'static> {
    let vector = &finding.vector;
    let or_null = |text: Option<String>| text.map_or(Value::Null, Value::from);
    let mut object = Object::new();
    object.insert("id", vector.id.clone());
    object.insert("comment", vector.comment.clone());
    object.insert("room_version", or_null(vector.room_version().map(str::to_owned)));
    object.insert("family", finding.family.to_owned());
    object.insert("rules", vector.rules.clone());
    object.insert("links", vector.links.clone());
    let flags = vector.flags.iter().map(ToString::to_string);
    object.insert("flags", flags.collect::<Vec<_>>());
    object.insert("class", key(finding.class));
    object.insert("what", finding.what.clone());
    object.insert("request", vector.request.clone());
    object.insert("expected", vector.response.clone());
    object.insert("answered", or_null(finding.answer.clone()));
    object.insert("reading", or_null(finding.reading.clone()));
    object.insert("excluded", or_null(finding.excluded.map(str::to_owned)));
    object
}

fn key(class: Class) -> String {
    class.name().replace(' ', "_")
}

fn number(count: usize) -> Value<'static> {
    Value::from(i64::try_from(count).unwrap_or(i64::MAX))
}
