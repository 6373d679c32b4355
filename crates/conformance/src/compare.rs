//! Whether an answer is the right one.

use std::fmt;

use exeunt_event::json::{Object, Value};

use crate::{Alternative, Choices, Vector};

/// Where two answers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The member, as a path: `allowed`, `events[2].outcome`, `error.code`.
    pub at: String,
    /// What the vector has there, as JSON; empty if nothing.
    pub expected: String,
    /// What the answer has there, as JSON; empty if nothing.
    pub answered: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |text: &str| if text.is_empty() { "nothing" } else { text }.to_owned();
        let (expected, answered) = (or_none(&self.expected), or_none(&self.answered));
        write!(f, "`{}` is {answered}, not {expected}", self.at)
    }
}

/// What an answer is to a vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// It is right.
    Agrees {
        /// The readings by which it is, unless it is the text's.
        readings: Option<Choices>,
    },
    /// It is wrong, here first.
    Differs(Difference),
    /// There is none: the implementation says that it cannot answer this.
    Unsupported,
}

/// Holds an answer against a vector. Compared is what programs act on: sentences for people
/// (`reason`, `message`) are not, and a rule's number only where both give one.
pub fn compare(vector: &Vector, answer: &Object<'_>) -> Comparison {
    held_against(vector.op(), &vector.response, &vector.alternatives, answer)
}

pub(crate) fn held_against(
    op: &str,
    expected: &Object<'_>,
    alternatives: &[Alternative],
    answer: &Object<'_>,
) -> Comparison {
    if is_refused(answer) {
        return Comparison::Unsupported;
    }
    let Err(difference) = same_answer(op, expected, answer) else {
        return Comparison::Agrees { readings: None };
    };
    let is_it = |other: &&Alternative| same_answer(op, &other.response, answer).is_ok();
    match alternatives.iter().find(is_it) {
        Some(other) => Comparison::Agrees { readings: Some(other.readings.clone()) },
        None => Comparison::Differs(difference),
    }
}

/// Whether an answer says that it cannot be given.
pub fn is_refused(answer: &Object<'_>) -> bool {
    code(answer).and_then(Value::as_str) == Some("unsupported")
}

/// Whether two answers to a question of this op say the same.
///
/// # Errors
///
/// Where they differ first.
pub fn same_answer(
    op: &str,
    expected: &Object<'_>,
    answered: &Object<'_>,
) -> Result<(), Difference> {
    let [expected_ok, answered_ok] =
        [expected, answered].map(|answer| answer.get("ok").and_then(Value::as_object));
    match (expected_ok, answered_ok) {
        (Some(expected), Some(answered)) => same_ok(op, expected, answered),
        (None, None) => same("error.code", code(expected), code(answered)),
        _ => {
            let said = |answer: &Object<'_>| {
                let said = answer.iter().find(|(name, _)| ["ok", "error"].contains(name));
                said.map_or_else(String::new, |(name, value)| {
                    Object::from_iter([(name.to_owned(), value.clone())]).as_received()
                })
            };
            let (expected, answered) = (said(expected), said(answered));
            Err(Difference { at: "ok".to_owned(), expected, answered })
        }
    }
}

/// What programs are told of an error.
fn code<'a>(answer: &'a Object<'_>) -> Option<&'a Value<'a>> {
    answer.get("error")?.as_object()?.get("code")
}

fn same_ok(op: &str, expected: &Object<'_>, answered: &Object<'_>) -> Result<(), Difference> {
    let both = |name: &str| same(name, expected.get(name), answered.get(name));
    match op {
        "canonical_json" => both("canonical"),
        "event_id" => ["event_id", "content_hash", "reference_hash"].into_iter().try_for_each(both),
        "redact" | "sign" => both("event"),
        "check_signatures" => both("outcome"),
        "authorise" => {
            both("allowed")?;
            same_if_given("rule", expected, answered, "rule")
        }
        "resolve" => same_sets("state", expected, answered),
        "replay" => {
            same_outcomes(expected, answered)?;
            same_sets("state", expected, answered)?;
            same_sets("forward_extremities", expected, answered)
        }
        "federation_request" => {
            both("status")?;
            same_bodies(expected, answered)?;
            same_sets("new_events", expected, answered)
        }
        // What is not known is compared as a whole.
        _ => same("ok", Some(&expected.clone().into()), Some(&answered.clone().into())),
    }
}

fn same(
    at: &str,
    expected: Option<&Value<'_>>,
    answered: Option<&Value<'_>>,
) -> Result<(), Difference> {
    if expected == answered {
        return Ok(());
    }
    let text = |value: Option<&Value<'_>>| value.map_or_else(String::new, as_text);
    Err(Difference { at: at.to_owned(), expected: text(expected), answered: text(answered) })
}

fn as_text(value: &Value<'_>) -> String {
    value.to_canonical(exeunt_version::LenientNumbers::default())
}

fn same_if_given(
    name: &str,
    expected: &Object<'_>,
    answered: &Object<'_>,
    at: &str,
) -> Result<(), Difference> {
    match (expected.get(name), answered.get(name)) {
        (Some(expected), Some(answered)) => same(at, Some(expected), Some(answered)),
        _ => Ok(()),
    }
}

/// Lists whose order says nothing.
fn same_sets(name: &str, expected: &Object<'_>, answered: &Object<'_>) -> Result<(), Difference> {
    let (expected, answered) = (expected.get(name), answered.get(name));
    if expected == answered {
        return Ok(());
    }
    let sorted = |list: Option<&Value<'_>>| {
        let ids = list?.as_array()?.iter();
        let mut ids = ids.map(Value::as_str).collect::<Option<Vec<_>>>()?;
        ids.sort_unstable();
        Some(Value::from(ids.into_iter().map(str::to_owned).collect::<Vec<_>>()))
    };
    same(name, sorted(expected).as_ref(), sorted(answered).as_ref())
}

fn same_outcomes(expected: &Object<'_>, answered: &Object<'_>) -> Result<(), Difference> {
    let (expected, answered) = (expected.get("events"), answered.get("events"));
    if expected == answered {
        return Ok(());
    }
    let events = [expected, answered].map(|list| list.and_then(Value::as_array));
    let [expected, answered] = events.map(Option::unwrap_or_default);
    let none = Object::new();
    for (at, (expected, answered)) in expected.iter().zip(answered).enumerate() {
        let [expected, answered] = [expected, answered].map(|it| it.as_object().unwrap_or(&none));
        for name in ["event_id", "outcome"] {
            let at = format!("events[{at}].{name}");
            same(&at, expected.get(name), answered.get(name))?;
        }
        for name in ["check", "rule"] {
            same_if_given(name, expected, answered, &format!("events[{at}].{name}"))?;
        }
    }
    let count = |events: &[Value<'_>]| Value::from(i64::try_from(events.len()).unwrap_or(-1));
    same("events.length", Some(&count(expected)), Some(&count(answered)))
}

/// Bodies are the same if they are equal, or refuse with the same `errcode`: what else a refusal
/// says is for people. So is why an event of a transaction was not taken.
fn same_bodies(expected: &Object<'_>, answered: &Object<'_>) -> Result<(), Difference> {
    let (expected, answered) = (expected.get("body"), answered.get("body"));
    if expected == answered {
        return Ok(());
    }
    match [expected, answered].map(|body| body?.as_object()?.get("errcode")) {
        [None, _] => {
            let [expected, answered] = [expected, answered].map(unexplained);
            same("body", expected.as_ref(), answered.as_ref())
        }
        [expected, answered] => same("body.errcode", expected, answered),
    }
}

/// The body of an answer, without the sentences that it has for the events of a transaction.
fn unexplained(body: Option<&Value<'_>>) -> Option<Value<'static>> {
    let mut body = body.cloned().map(Value::into_owned);
    let pdus = body.as_mut().and_then(Value::as_object_mut).and_then(|body| body.get_mut("pdus"));
    if let Some(pdus) = pdus.and_then(Value::as_object_mut) {
        let names: Vec<_> = pdus.iter().map(|(name, _)| name.to_owned()).collect();
        for name in names {
            let result = pdus.get_mut(&name).and_then(Value::as_object_mut);
            if let Some(error) = result.and_then(|result| result.get_mut("error")) {
                *error = Value::from("");
            }
        }
    }
    body
}
