//! Which readings explain an answer.

use std::collections::VecDeque;

use exeunt_event::json::{Object, Value};
use exeunt_version::Readings;

use crate::{Alternative, Choices, Oracle, same_answer};

/// The readings by which the model gives this answer to this question too: a single one if one does,
/// else as few as do it together. None if none do, or if the question asks for readings itself.
pub fn explaining_readings(
    oracle: &Oracle,
    question: &Object<'_>,
    answer: &Object<'_>,
) -> Option<Choices> {
    explaining(oracle, question, answer, usize::MAX)
}

/// As [`explaining_readings`], but no more than so many.
pub(crate) fn explaining(
    oracle: &Oracle,
    question: &Object<'_>,
    answer: &Object<'_>,
    most: usize,
) -> Option<Choices> {
    let mut search = Search::new(oracle, question, most);
    let op = search.op.clone();
    let is_it = |other: &Alternative| same_answer(&op, &other.response, answer).is_ok();
    search.find(is_it).map(|other| other.readings)
}

/// The answers that the model gives by other readings than the default: by each alone if it is not
/// the default's, and by several together if fewer do not give it. Fewer come first. None if the
/// question asks for readings itself.
///
/// Readings are taken together where each changes what those before it answer.
pub fn other_answers(oracle: &Oracle, question: &Object<'_>) -> impl Iterator<Item = Alternative> {
    Search::new(oracle, question, usize::MAX)
}

/// A walk from the default reading, one choice a step, breadth first.
struct Search<'o> {
    oracle: &'o Oracle,
    op: String,
    question: Object<'static>,
    /// The answers so far.
    seen: Vec<Object<'static>>,
    /// Where to go on. Of the first the choices before `next` are tried.
    open: VecDeque<Alternative>,
    next: usize,
    /// How many readings are taken together at most.
    most: usize,
}

impl<'o> Search<'o> {
    fn new(oracle: &'o Oracle, question: &Object<'_>, most: usize) -> Self {
        let op = question.get("op").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut search = Self {
            oracle,
            op,
            question: question.clone().into_owned(),
            seen: Vec::new(),
            open: VecDeque::new(),
            next: 0,
            most,
        };
        if !question.contains_key("readings") {
            let response = oracle.response(question).into_owned();
            search.seen.push(response.clone());
            search.open.push_back(Alternative { readings: Choices::default(), response });
        }
        search
    }

    fn is_same(&self, one: &Object<'_>, other: &Object<'_>) -> bool {
        same_answer(&self.op, one, other).is_ok()
    }

    /// What the answer is with one choice more, if that is another one than without it.
    fn step(&self, name: &str, choice: &str) -> Option<Alternative> {
        let from = self.open.front()?;
        let readings = from.readings.with(name, choice);
        let mut asked = self.question.clone();
        asked.insert("readings", readings.to_object());
        let response = self.oracle.response(&asked).into_owned();
        (!self.is_same(&from.response, &response)).then_some(Alternative { readings, response })
    }
}

impl Iterator for Search<'_> {
    type Item = Alternative;

    fn next(&mut self) -> Option<Alternative> {
        loop {
            let from = self.open.front().filter(|from| from.readings.iter().len() < self.most)?;
            // The first choice of each is the default.
            let mut choices = Readings::ALL.iter().flat_map(|reading| {
                reading.choices.iter().skip(1).map(|(choice, _)| (reading.name, *choice))
            });
            let Some((name, choice)) = choices.nth(self.next) else {
                self.open.pop_front();
                self.next = 0;
                continue;
            };
            self.next += 1;
            let is_alone = from.readings.iter().len() == 0;
            if from.readings.contains(name) {
                continue;
            }
            let Some(found) = self.step(name, choice) else { continue };
            let is_new = !self.seen.iter().any(|seen| self.is_same(seen, &found.response));
            if is_new {
                self.seen.push(found.response.clone());
            }
            if is_new || is_alone {
                self.open.push_back(found.clone());
                return Some(found);
            }
        }
    }
}
