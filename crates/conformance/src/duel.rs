//! Random questions to two sides, and what their answers differ in.

use exeunt_auth::Rule;
use exeunt_event::json::{Object, Value};
use exeunt_generate::{Campaign, Script, play, shrink};
use exeunt_version::RoomVersion;

use crate::{Oracle, compare, explain, is_refused, questions, same_answer};

/// How many scripts are tried to make one small.
const EFFORT: usize = 150;

/// Random questions, numbered by the history that raises them: the same number raises the same
/// questions, wherever and in whatever order they are asked.
#[derive(Clone, Debug)]
pub struct Duel {
    /// The histories; their laws say nothing here.
    pub campaign: Campaign,
    /// The ops that are asked.
    pub ops: Vec<&'static str>,
    /// Readings that the other side is known to have, as pairs of name and choice.
    pub readings: Vec<(String, String)>,
}

/// A question, and our answer.
#[derive(Clone, Debug)]
pub struct Posed {
    /// The number of the history.
    pub number: u64,
    /// The op.
    pub op: &'static str,
    /// The question. Its `id` tells it from every other of the duel.
    pub request: Object<'static>,
}

/// What differences have in common that are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class {
    /// The op.
    pub op: &'static str,
    /// The rule by which ours decides, if it names one; for `resolve` the algorithm.
    pub rule: String,
    /// What is wrong: which member differs and, of a yes or no, how.
    pub what: String,
    /// The reading that explains it, as `name=choice`; `given` if those that the duel was given do
    /// together, or without any, the names and choices of as few as do, with “and” between them.
    pub reading: Option<String>,
}

/// A question to which the other side has another answer.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What it has in common with others.
    pub class: Class,
    /// Where the answers differ first.
    pub at: compare::Difference,
    /// The question.
    pub posed: Posed,
    /// Our answer.
    pub ours: Object<'static>,
    /// Theirs.
    pub theirs: Object<'static>,
}

impl Duel {
    /// The questions that the history of a number raises.
    pub fn questions(&self, number: u64) -> Vec<Posed> {
        let Some((version, script)) = self.campaign.script(number) else { return Vec::new() };
        let history = play(version, &script);
        let of_op = |op: &'static str| {
            let asked = questions::questions_of(&history, op).into_iter();
            asked.zip(0..).map(move |(mut request, at): (_, usize)| {
                request.insert("id", format!("{number}/{op}/{at}"));
                Posed { number, op, request }
            })
        };
        self.ops.iter().copied().flat_map(of_op).collect()
    }

    /// Holds an answer to a question against ours. None if it is the same, or says that it cannot
    /// be given.
    pub fn compare(
        &self,
        oracle: &Oracle,
        posed: &Posed,
        theirs: &Object<'_>,
    ) -> Option<Difference> {
        if is_refused(theirs) {
            return None;
        }
        let ours = oracle.response(&posed.request);
        let at = same_answer(posed.op, &ours, theirs).err()?;
        let class = Class {
            op: posed.op,
            rule: self.rule(posed, &ours, &at),
            what: what(&at, theirs),
            reading: self.reading(oracle, posed, theirs),
        };
        let [ours, theirs] = [ours, theirs.clone()].map(Object::into_owned);
        Some(Difference { class, at, posed: posed.clone(), ours, theirs })
    }

    /// The difference in the smallest history that has one of its class: fewer events, and of those
    /// only what the question needs. `ask` gives the other side's answer, if there is one.
    pub fn made_small(
        &self,
        oracle: &Oracle,
        found: &Difference,
        ask: impl Fn(&Object<'static>) -> Option<Object<'static>>,
    ) -> Difference {
        let Some((version, script)) = self.campaign.script(found.posed.number) else {
            return found.clone();
        };
        let first_of = |script: &Script| {
            let history = play(version, script);
            let requests = questions::questions_of(&history, found.posed.op).into_iter();
            requests.map(|request| self.again(oracle, found, request, &ask)).find_map(|it| it)
        };
        let small = shrink(&script, EFFORT, |script| first_of(script).is_some());
        let mut best = first_of(&small).unwrap_or_else(|| found.clone());
        for list in ["events", "state", "rejected"] {
            let count = |best: &Difference| {
                let list = best.posed.request.get(list).and_then(Value::as_array);
                list.map_or(0, <[_]>::len)
            };
            for at in (0..count(&best)).rev() {
                let mut request = best.posed.request.clone();
                if let Some(Value::Array(items)) = request.get_mut(list) {
                    items.remove(at);
                }
                if let Some(smaller) = self.again(oracle, found, request, &ask) {
                    best = smaller;
                }
            }
        }
        best
    }

    /// The same difference about another question, if it is there.
    fn again(
        &self,
        oracle: &Oracle,
        found: &Difference,
        mut request: Object<'static>,
        ask: impl Fn(&Object<'static>) -> Option<Object<'static>>,
    ) -> Option<Difference> {
        let id = found.posed.request.get("id").cloned().unwrap_or(Value::Null);
        request.insert("id", id);
        let theirs = ask(&request)?;
        let posed = Posed { request, ..found.posed.clone() };
        let other = self.compare(oracle, &posed, &theirs)?;
        let is_question = other.ours.get("ok").is_some();
        (other.class == found.class && is_question).then_some(other)
    }

    fn version(&self, posed: &Posed) -> Option<&RoomVersion> {
        let id = posed.request.get("room_version")?.as_str()?;
        self.campaign.versions.iter().find(|version| version.id() == id)
    }

    fn rule(&self, posed: &Posed, ours: &Object<'_>, at: &compare::Difference) -> String {
        let Some(version) = self.version(posed) else { return String::new() };
        if at.at == "ok" {
            // Whoever refuses the question has looked at no rule.
            return String::new();
        }
        if posed.op == "resolve" {
            return format!("{:?}", version.capabilities.state_resolution).to_lowercase();
        }
        let number = ours.get("ok").and_then(Value::as_object).and_then(|ok| ok.get("rule"));
        let named = number.and_then(Value::as_str).and_then(|number| {
            let has_it = |rule: &&Rule| {
                let its = rule.number(&version.capabilities);
                its.is_some_and(|its| its.to_string() == number)
            };
            Rule::ALL.iter().find(has_it)
        });
        named.map(ToString::to_string).unwrap_or_default()
    }

    /// A single reading that explains an answer; or the readings that the duel was given, if they do
    /// together; or if it was given none, as few as do.
    fn reading(&self, oracle: &Oracle, posed: &Posed, theirs: &Object<'_>) -> Option<String> {
        let most = if self.readings.is_empty() { usize::MAX } else { 1 };
        let found = explain::explaining(oracle, &posed.request, theirs, most);
        if found.is_some() || self.readings.is_empty() {
            return found.map(|readings| readings.to_string());
        }
        let mut request = posed.request.clone();
        let readings = self.readings.iter().map(|(name, choice)| (name.clone(), choice.clone()));
        request.insert("readings", readings.collect::<Object<'_>>());
        let agrees = same_answer(posed.op, &oracle.response(&request), theirs).is_ok();
        agrees.then(|| "given".to_owned())
    }
}

/// What is the same in differences that are one: everything of a yes or no, but only the place where
/// bytes or sets differ, whichever event it is; and what they say of it, where that is of few kinds.
fn what(at: &compare::Difference, theirs: &Object<'_>) -> String {
    let name = without_digits(&at.at);
    match name.as_str() {
        "allowed" | "error.code" => format!("{name}: {}, not {}", at.answered, at.expected),
        "outcome" => {
            let said = said(theirs, "ok", "reason");
            format!("{name}: {}, not {}: {said}", at.answered, at.expected)
        }
        "ok" => {
            let code = said(theirs, "error", "code");
            match code.as_str() {
                "" => "an answer, not an error".to_owned(),
                // Its message is the missing event.
                "missing_event" => "the error missing_event, not an answer".to_owned(),
                code => {
                    let message = said(theirs, "error", "message");
                    format!("the error {code}, not an answer: {message}")
                }
            }
        }
        _ => name,
    }
}

/// A sentence of theirs, whatever the numbers in it.
fn said(theirs: &Object<'_>, part: &str, name: &str) -> String {
    let part = theirs.get(part).and_then(Value::as_object);
    let said = part.and_then(|part| part.get(name)).and_then(Value::as_str);
    without_digits(said.unwrap_or_default())
}

fn without_digits(text: &str) -> String {
    text.chars().filter(|it| !it.is_ascii_digit()).collect()
}
