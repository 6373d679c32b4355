//! Questions about each event's bytes.

use std::collections::BTreeSet;

use exeunt_event::json::{Object, Value};
use exeunt_event::signatures::{self, SigningKey};
use exeunt_event::{Event, base64};
use exeunt_laws::History;

/// The seed of every key in these questions.
const SEED: [u8; 32] = [7; 32];

const KEY_ID: &str = "ed25519:1";

pub(super) fn questions(history: &History, op: &str) -> Vec<Object<'static>> {
    let mut seen = BTreeSet::new();
    let mut questions = Vec::new();
    for event in history.events() {
        let object = event.object().into_owned();
        match op {
            "canonical_json" => {
                // Most contents come again and again.
                let content = object.get("content").cloned().unwrap_or(Value::Null);
                if seen.insert(Object::from_iter([("", content.clone())]).as_received()) {
                    questions.push(Object::from_iter([("value", content)]));
                }
            }
            "sign" => questions.push(sign(event, object)),
            "check_signatures" => questions.extend(check_signatures(history, event, &object)),
            _ => questions.push(Object::from_iter([("event", object)])),
        }
    }
    questions
}

fn sign(event: &Event, object: Object<'static>) -> Object<'static> {
    let mut question = Object::from_iter([("event", object)]);
    question.insert("server", event.sender().server_name().to_string());
    question.insert("key_id", KEY_ID);
    question.insert("seed", base64::encode(SEED));
    question
}

/// The event as its server signs it; with other content, so that its hash is wrong; and signed with
/// a key that expired before it.
fn check_signatures(
    history: &History,
    event: &Event,
    object: &Object<'static>,
) -> Vec<Object<'static>> {
    let server = event.sender().server_name().to_string();
    let key = SigningKey::from_seed(&server, KEY_ID, &SEED);
    let mut signed = object.clone();
    signed.remove("signatures");
    signatures::hash_and_sign(&mut signed, &key, &history.version);
    let mut changed = signed.clone();
    if let Some(content) = changed.get_mut("content").and_then(Value::as_object_mut) {
        content.insert("changed", true);
    }
    let at = event.origin_server_ts();
    let facts = |name: &str, time: i64| {
        let mut fact = Object::from_iter([("key", base64::encode(key.public_bytes()))]);
        fact.insert(name.to_owned(), time);
        let keys = Object::from_iter([(KEY_ID, fact)]);
        Object::from_iter([(server.clone(), keys)])
    };
    let question = |event: &Object<'static>, keys: Object<'static>| {
        let mut question = Object::from_iter([("event", event.clone())]);
        question.insert("keys", keys);
        question
    };
    vec![
        question(&signed, facts("valid_until_ts", at.saturating_add(1))),
        question(&changed, facts("valid_until_ts", at.saturating_add(1))),
        question(&signed, facts("expired_ts", at.saturating_sub(1))),
    ]
}
