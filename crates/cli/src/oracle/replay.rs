//! The question what becomes of a room.

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
    let named = events.iter().filter_map(Value::as_object).find_map(|event| {
        let is_create = event.get("type").and_then(Value::as_str) == Some("m.room.create");
        let content = event.get("content")?.as_object().filter(|_| is_create)?;
        Some(content.get("room_version").and_then(Value::as_str).unwrap_or("1"))
    });
    let missing = "`room_version` is missing, and there is no create event to tell it";
    let id = named.ok_or_else(|| Error::new(Code::BadRequest, missing))?;
    Question::of_version(fields, id, versions, readings)
}

pub(super) fn replay<'q>(question: &Question<'q>) -> Result<Object<'q>, Error> {
    let values = question.array("events")?;
    let keys = question.optional("keys").map(|_| question.keys()).transpose()?;
    let parse = |(at, value)| question.parse(&format!("`events[{at}]`"), value);
    let events: Vec<Event> = values.iter().enumerate().map(parse).collect::<Result<_, _>>()?;
    let context = Context { keys: keys.as_ref() };
    let mut room = Room::new(question.version.clone());
    let mut outcomes = Vec::with_capacity(events.len());
    for event in &events {
        outcomes.push(room.take(&Input::Pdu(event.text().as_bytes().into()), context).outcome);
    }
    let answered: Vec<Value<'_>> = events
        .iter()
        .zip(outcomes)
        .map(|(event, outcome)| Value::from(answer(event.event_id(), &outcome, &room)))
        .collect();
    let ids = |ids: Vec<&EventId>| ids.into_iter().map(EventId::to_string).collect::<Vec<_>>();
    let mut answer = Object::new();
    answer.insert("events", answered);
    answer.insert("state", ids(room.event_ids(room.current_state())));
    answer.insert("forward_extremities", ids(room.forward_extremities()));
    Ok(answer)
}

/// What became of an event in the end: one that waited may have been taken up, and one that was
/// known before has the fate of the first.
fn answer(id: &EventId, outcome: &Outcome, room: &Room) -> Object<'static> {
    let mut answer = Object::new();
    answer.insert("event_id", id.to_string());
    let name = match (outcome, room.record(id).map(exeunt_room::Record::standing)) {
        (Outcome::Dropped(dropped), _) => {
            answer.insert("check", i64::from(dropped.check().number()));
            answer.insert("reason", dropped.to_string());
            "dropped"
        }
        (_, None) => {
            let missing = match outcome {
                Outcome::Pending { missing } => missing.iter().map(EventId::as_str).collect(),
                _ => Vec::new(),
            };
            if !missing.is_empty() {
                answer.insert("reason", format!("it waits for {}", missing.join(", ")));
            }
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
    if let Some(number) = refusal.rule.number(&room.version().capabilities) {
        answer.insert("rule", number.to_string());
    }
    name
}
