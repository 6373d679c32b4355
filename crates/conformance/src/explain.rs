//! Whether a reading explains an answer.

use exeunt_event::json::Object;
use exeunt_version::Readings;

use crate::{Oracle, same_answer};

/// The first reading, as `name=choice`, by which the model gives this answer to this question too.
/// None if no single reading does, or if the question asks for readings itself.
pub fn explaining_reading(
    oracle: &Oracle,
    question: &Object<'_>,
    answer: &Object<'_>,
) -> Option<String> {
    if question.contains_key("readings") {
        return None;
    }
    let op = question.get("op")?.as_str()?;
    let choices = Readings::ALL.iter().flat_map(|reading| {
        // The first choice is the default, which has not given this answer.
        reading.choices.iter().skip(1).map(|(choice, _)| (reading.name, *choice))
    });
    for (name, choice) in choices {
        let mut asked = question.clone();
        asked.insert("readings", Object::from_iter([(name, choice)]));
        if same_answer(op, &oracle.response(&asked), answer).is_ok() {
            return Some(format!("{name}={choice}"));
        }
    }
    None
}
