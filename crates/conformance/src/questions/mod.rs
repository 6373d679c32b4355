//! Questions that a history raises: what the line protocol can ask about it.

mod authorise;
mod bytes;
mod pool;
mod resolve;
mod room;

use exeunt_event::json::Object;
use exeunt_laws::History;

/// The ops that histories raise questions of.
pub const OPS: &[&str] = &[
    "authorise",
    "canonical_json",
    "check_signatures",
    "event_id",
    "redact",
    "replay",
    "resolve",
    "sign",
];

/// The questions of an op that a history raises, without their `id`, in the order of its events. None
/// for an op that is not among [`OPS`].
///
/// - `authorise`: each event against its auth events, and against the state before it.
/// - `resolve`: the states of each event that has several before it.
/// - `replay`: what came to each server that knows the whole history.
/// - `event_id`, `redact`, `sign`, `canonical_json` (of the content) and `check_signatures` (as it
///   should be, changed, and signed with a key that expired): each event.
pub fn questions_of(history: &History, op: &str) -> Vec<Object<'static>> {
    let mut questions = match op {
        "authorise" => authorise::questions(history),
        "resolve" => resolve::questions(history),
        "replay" => room::questions(history),
        "canonical_json" | "check_signatures" | "event_id" | "redact" | "sign" => {
            bytes::questions(history, op)
        }
        _ => Vec::new(),
    };
    for question in &mut questions {
        question.insert("op", op.to_owned());
        question.insert("room_version", history.version.id().to_owned());
    }
    questions
}
