//! The question what becomes of a room.

use std::collections::BTreeMap;

use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventId};
use exeunt_room::{Context, Input, Outcome, Refusal, Room, Standing};
use exeunt_version::{Readings, RoomVersion};

use super::question::{Code, Error, Question};

/// A question to replay: it may leave the room version to the create event.
pub(super) fn question<'q>(
    fields: &'q Object<'q>,
    versions: &[RoomVersion],
    readings: impl FnOnce(&Object<'_>) -> Result<Readings, Error>,
) -> Result<Question<'q>, Error> {
    if fields.contains_key("room_version") {
        return Question::new(fields, versions, readings);
    }
    let events = fields.get("events").and_then(Value::as_array).unwrap_or_default();
    let created = events.iter().filter_map(Value::as_object).find_map(|event| {
        let is_create = event.get("type").and_then(Value::as_str) == Some("m.room.create");
        event.get("content")?.as_object().filter(|_| is_create)
    });
    let none = "`room_version` is missing, and there is no create event to tell it";
    let created = created.ok_or_else(|| Error::new(Code::BadRequest, none))?;
    let wrong = "`room_version` is missing, and in the create event it is no string";
    let id = match created.get("room_version").map(Value::as_str) {
        None => "1",
        Some(id) => id.ok_or_else(|| Error::new(Code::BadRequest, wrong))?,
    };
    Question::of_version(fields, id, versions, readings)
}

pub(super) fn replay<'q>(question: &Question<'q>) -> Result<Object<'q>, Error> {
    let values = question.array("events")?;
    let keys = question.optional("keys").map(|_| question.keys()).transpose()?;
    let parse = |(at, value): (usize, &Value<'_>)| {
        let name = format!("`events[{at}]`");
        let event = question.parse(&name, value)?;
        match value.as_object() {
            // Without keys nobody looks at signatures, so that there need not be any.
            Some(object) if keys.is_none() && event.irregularities().signatures => {
                let mut unsigned = object.clone();
                unsigned.insert("signatures", Object::new());
                question.parse(&name, &Value::Object(unsigned))
            }
            _ => Ok(event),
        }
    };
    let events: Vec<Event> = values.iter().enumerate().map(parse).collect::<Result<_, _>>()?;
    let context = Context { keys: keys.as_ref() };
    let mut room = Room::new(question.version.clone());
    let mut outcomes = Vec::with_capacity(events.len());
    for event in &events {
        outcomes.push(room.take(&Input::Pdu(event.text().as_bytes().into()), context).outcome);
    }
    let waiting: BTreeMap<_, _> = room.pending().collect();
    let answered = events.iter().zip(outcomes).map(|(event, outcome)| {
        let id = event.event_id();
        Value::from(answer(id, &outcome, &room, waiting.get(id).map(Vec::as_slice)))
    });
    let answered: Vec<_> = answered.collect();
    let ids = |ids: Vec<&EventId>| ids.into_iter().map(EventId::to_string).collect::<Vec<_>>();
    let mut answer = Object::new();
    answer.insert("events", answered);
    answer.insert("state", ids(room.event_ids(room.current_state())));
    answer.insert("forward_extremities", ids(room.forward_extremities()));
    Ok(answer)
}

/// What became of an event in the end: one that waited may have been taken up, and one that was
/// known before has the fate of the first.
fn answer(
    id: &EventId,
    outcome: &Outcome,
    room: &Room,
    waits_for: Option<&[EventId]>,
) -> Object<'static> {
    let mut answer = Object::new();
    answer.insert("event_id", id.to_string());
    let name = match (outcome, room.record(id).map(exeunt_room::Record::standing)) {
        (Outcome::Dropped(dropped), _) => {
            answer.insert("check", i64::from(dropped.check().number()));
            answer.insert("reason", dropped.to_string());
            "dropped"
        }
        (_, None) => {
            let missing = waits_for.unwrap_or_default().iter().map(EventId::as_str);
            let missing: Vec<_> = missing.collect();
            answer.insert("reason", format!("it waits for {}", missing.join(", ")));
            "pending"
        }
        (_, Some(Standing::Accepted)) => "accepted",
        (_, Some(Standing::SoftFailed(refusal))) => {
            refuse(&mut answer, refusal, room, "soft_failed")
        }
        (_, Some(Standing::Rejected(refusal))) => refuse(&mut answer, refusal, room, "rejected"),
    };
    answer.insert("outcome", name);
    answer
}

fn refuse(
    answer: &mut Object<'static>,
    refusal: &Refusal,
    room: &Room,
    name: &'static str,
) -> &'static str {
    answer.insert("check", i64::from(refusal.check.number()));
    answer.insert("reason", refusal.reason.to_string());
    let capabilities = &room.version().capabilities;
    if let Some(number) = refusal.rule.and_then(|rule| rule.number(capabilities)) {
        answer.insert("rule", number.to_string());
    }
    name
}
