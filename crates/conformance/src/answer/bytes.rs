//! Questions about an event's bytes.

use exeunt_event::json::{Object, Value};
use exeunt_event::signatures::{self, SigningKey};
use exeunt_event::{base64, hashes, redaction};
use exeunt_version::CanonicalJson;

use super::question::{Code, Error, Question};

type Answer<'q> = Result<Object<'q>, Error>;

pub(super) fn canonical_json<'q>(question: &Question<'q>) -> Answer<'q> {
    let value = question.field("value")?;
    let check = match question.version.capabilities.canonical_json {
        CanonicalJson::Strict => value.check_strict(),
        CanonicalJson::Lenient => value.check_finite(),
    };
    check.map_err(|error| Error::new(Code::BadEvent, format!("`value` has {error}")))?;
    let canonical = value.to_canonical(question.version.readings.lenient_numbers);
    Ok(Object::from_iter([("canonical", canonical)]))
}

pub(super) fn event_id<'q>(question: &Question<'q>) -> Answer<'q> {
    let (object, event) = question.event()?;
    let version = &question.version;
    Ok(Object::from_iter([
        ("event_id", event.event_id().to_string()),
        ("content_hash", base64::encode(hashes::content_hash(object, version))),
        ("reference_hash", base64::encode(hashes::reference_hash(object, version))),
    ]))
}

pub(super) fn redact<'q>(question: &Question<'q>) -> Answer<'q> {
    let (object, _) = question.event()?;
    Ok(Object::from_iter([("event", redaction::redact(object, &question.version))]))
}

pub(super) fn sign<'q>(question: &Question<'q>) -> Answer<'q> {
    let (server, key_id) = (question.string("server")?, question.string("key_id")?);
    let key = SigningKey::from_seed(server, key_id, &question.seed()?);
    let (object, _) = question.event()?;
    let mut signed = object.clone();
    signatures::hash_and_sign(&mut signed, &key, &question.version);
    Ok(Object::from_iter([("event", signed)]))
}

pub(super) fn check_signatures<'q>(question: &Question<'q>) -> Answer<'q> {
    let keys = question.keys()?;
    let (_, event) = question.event()?;
    let mut answer = Object::new();
    let (outcome, reason) = match signatures::check(&event, &keys, &question.version) {
        Err(error) => ("drop", Some(error.to_string())),
        Ok(()) if hashes::content_hash_matches(&event, &question.version) => ("valid", None),
        Ok(()) => ("redact", Some("the content hash is not that of the event".to_owned())),
    };
    answer.insert("outcome", outcome);
    if let Some(reason) = reason {
        answer.insert("reason", Value::from(reason));
    }
    Ok(answer)
}
