//! What a campaign found, as JSON.

use exeunt_auth::Rule;
use exeunt_event::json::{Object, Value};
use exeunt_generate::{LawReport, Report, RuleCount, Shape, Smallest, VersionReport};

use super::verdict::number;

/// A report as JSON.
pub(crate) fn report_object(report: &Report) -> Object<'static> {
    let versions = report.versions.iter().map(|version| Value::Object(version_object(version)));
    Object::from_iter([("versions", Value::Array(versions.collect()))])
}

fn version_object(version: &VersionReport) -> Object<'static> {
    let mut object = Object::new();
    object.insert("version", version.version.clone());
    let law = |law: &LawReport| {
        let mut object = Object::new();
        object.insert("id", law.id);
        object.insert("met", number(law.met));
        object.insert("broken", number(law.broken));
        if !law.smallest.is_empty() {
            let pair = |it: &Smallest| {
                let events = number(u64::try_from(it.events).unwrap_or(u64::MAX));
                Value::Array(vec![events, number(it.number)])
            };
            object.insert("smallest", Value::Array(law.smallest.iter().map(pair).collect()));
        }
        Value::Object(object)
    };
    object.insert("laws", Value::Array(version.laws.iter().map(law).collect()));
    let mut rules = Object::new();
    for (rule, count) in &version.rules {
        rules.insert(*rule, Value::Array(vec![number(count.allowed), number(count.rejected)]));
    }
    object.insert("rules", rules);
    let mut shape = Object::new();
    for (name, value) in SHAPE.iter().zip(shape_numbers(&version.shape)) {
        shape.insert(*name, number(value));
    }
    object.insert("shape", shape);
    object
}

const SHAPE: [&str; 7] =
    ["histories", "events", "arrivals", "forks", "conflicts", "soft_failures", "rejections"];

fn shape_numbers(shape: &Shape) -> [u64; 7] {
    let Shape { histories, events, arrivals, forks, conflicts, soft_failures, rejections } = *shape;
    [histories, events, arrivals, forks, conflicts, soft_failures, rejections]
}

/// The most that a report may count, so that sums of many stay far from what a number can hold.
const MOST: i64 = 1 << 53;

/// A count.
pub(super) fn number_of(value: &Value<'_>) -> Option<u64> {
    let number = value.as_integer().filter(|number| *number <= MOST)?;
    u64::try_from(number).ok()
}

/// The count of that name.
pub(super) fn count(object: &Object<'_>, name: &str) -> Option<u64> {
    number_of(object.get(name)?)
}

/// The report that an object of it is of.
pub(super) fn report(object: &Object<'_>) -> Option<Report> {
    let versions = object.get("versions")?.as_array()?.iter();
    let versions = versions.map(|version| version_report(version.as_object()?));
    Some(Report { versions: versions.collect::<Option<_>>()? })
}

fn version_report(object: &Object<'_>) -> Option<VersionReport> {
    let law = |value: &Value<'_>| {
        let object = value.as_object()?;
        let pair = |value: &Value<'_>| {
            let [events, number] = value.as_array()? else { return None };
            let events = usize::try_from(number_of(events)?).ok()?;
            Some(Smallest { events, number: number_of(number)? })
        };
        let smallest = match object.get("smallest") {
            None => Vec::new(),
            Some(pairs) => pairs.as_array()?.iter().map(pair).collect::<Option<_>>()?,
        };
        Some(LawReport {
            id: exeunt_laws::law(object.get("id")?.as_str()?)?.id,
            met: count(object, "met")?,
            broken: count(object, "broken")?,
            smallest,
        })
    };
    let rule = |(name, value): (&str, &Value<'_>)| {
        let name = Rule::ALL.iter().find(|rule| rule.name() == name)?.name();
        let [allowed, rejected] = value.as_array()? else { return None };
        let [allowed, rejected] = [allowed, rejected].map(number_of);
        Some((name, RuleCount { allowed: allowed?, rejected: rejected? }))
    };
    let shape = object.get("shape")?.as_object()?;
    let of = |name| count(shape, name);
    Some(VersionReport {
        version: object.get("version")?.as_str()?.to_owned(),
        laws: object.get("laws")?.as_array()?.iter().map(law).collect::<Option<_>>()?,
        rules: object.get("rules")?.as_object()?.iter().map(rule).collect::<Option<_>>()?,
        shape: Shape {
            histories: of("histories")?,
            events: of("events")?,
            arrivals: of("arrivals")?,
            forks: of("forks")?,
            conflicts: of("conflicts")?,
            soft_failures: of("soft_failures")?,
            rejections: of("rejections")?,
        },
    })
}
