//! The question what a homeserver answers to another one.

use std::collections::BTreeSet;

use exeunt_event::json::{self, Object, Value};
use exeunt_event::signatures::{Keys, SigningKey};
use exeunt_event::{Event, EventId, RoomId, ServerName, base64};
use exeunt_homeserver::{Homeserver, Input, Output, Request, Response, Settings, Specification};
use exeunt_room::{Context, Input as RoomInput, Room, Standing};
use exeunt_version::{Readings, RoomVersion};

use super::question::{Code, Error, parse};

pub(super) fn federation_request(
    fields: &Object<'_>,
    versions: &[RoomVersion],
    readings: impl FnOnce(&Object<'_>) -> Result<Readings, Error>,
) -> Result<Object<'static>, Error> {
    let described = Fields::of(fields, "homeserver")?;
    let named = rooms(described, versions)?;
    let readings = readings(fields)?;
    let version = |id: &str| {
        let known = versions.iter().find(|version| version.id() == id);
        known.map(|version| version.clone().with_readings(readings))
    };
    let rooms = named.into_iter().filter_map(|(id, fields)| Some((version(id)?, fields)));
    let rooms: Vec<_> = rooms.collect();
    let mut server = homeserver(described)?;
    server.support(versions.iter().map(|version| version.clone().with_readings(readings)));
    let now =
        described.get("now")?.as_integer().ok_or_else(|| described.wrong("now", "integer"))?;
    let request = request(Fields::of(fields, "request")?)?;
    // Of all readings those about signatures matter here, and they are the same in every version.
    let any = versions.first().ok_or_else(|| bad("no room version is known"))?;
    let any = any.clone().with_readings(readings);
    let keys = fields.get("keys").ok_or_else(|| bad("`keys` is missing"))?;
    let keys = keys.as_object().ok_or_else(|| bad("`keys` is no object"))?;
    let mut keys = Keys::from_facts(keys, &any).map_err(bad)?;
    let named: Vec<_> = rooms
        .iter()
        .enumerate()
        .map(|(at, (version, fields))| Ok((at, version, fields.array("events")?)))
        .collect::<Result<_, Error>>()?;

    // The homeserver knows its own key, whether or not the question lists it.
    if let Some((key_id, key)) = server.published_key() {
        keys.insert(server.name().as_str(), key_id, key.clone());
    }
    let mut hosted = Vec::new();
    for (at, version, events) in named {
        let room = fold(at, version, events, &keys)?;
        let Some(room_id) = room.room_id().cloned() else { continue };
        if hosted.contains(&room_id) {
            return Err(bad(format!("`homeserver.rooms` has the room {room_id} twice")));
        }
        // Its version is one of those that were just given, and it has an ID.
        if server.host(room).is_ok() {
            hosted.push(room_id);
        }
    }
    let (server, _) = server.step(now, Input::Keys(keys));
    let (after, outputs) = server.step(now, Input::Request { id: 0, request });
    let answered = outputs.into_iter().find_map(|output| match output {
        Output::Answer { response, .. } => Some(response),
        _ => None,
    });
    let answered = answered.ok_or_else(|| Error::new(Code::Unsupported, "there is no answer"))?;
    let mut answer = Object::new();
    answer.insert("status", i64::from(answered.status));
    answer.insert("body", body_of(&answered));
    answer.insert("new_events", new_events(&server, &after, &hosted));
    Ok(answer)
}

fn bad(message: impl std::fmt::Display) -> Error {
    Error::new(Code::BadRequest, message)
}

/// An object within the question, with the name that messages give it.
#[derive(Clone, Copy)]
struct Fields<'q> {
    name: &'q str,
    object: &'q Object<'q>,
}

impl<'q> Fields<'q> {
    fn of(question: &'q Object<'q>, name: &'q str) -> Result<Self, Error> {
        let value = question.get(name).ok_or_else(|| bad(format!("`{name}` is missing")))?;
        let object = value.as_object().ok_or_else(|| bad(format!("`{name}` is no object")))?;
        Ok(Self { name, object })
    }

    fn get(self, field: &str) -> Result<&'q Value<'q>, Error> {
        let missing = || bad(format!("`{}.{field}` is missing", self.name));
        self.object.get(field).ok_or_else(missing)
    }

    fn wrong(self, field: &str, what: &str) -> Error {
        bad(format!("`{}.{field}` is no {what}", self.name))
    }

    fn string(self, field: &str) -> Result<&'q str, Error> {
        self.get(field)?.as_str().ok_or_else(|| self.wrong(field, "string"))
    }

    fn array(self, field: &str) -> Result<&'q [Value<'q>], Error> {
        self.get(field)?.as_array().ok_or_else(|| self.wrong(field, "array"))
    }
}

/// The rooms of the homeserver with the names of their versions, all of which are known.
fn rooms<'q>(
    described: Fields<'q>,
    versions: &[RoomVersion],
) -> Result<Vec<(&'q str, Fields<'q>)>, Error> {
    let room = |value: &'q Value<'q>| {
        let object =
            value.as_object().ok_or_else(|| described.wrong("rooms", "array of objects"))?;
        let fields = Fields { name: "homeserver.rooms", object };
        let id = fields.string("room_version")?;
        if versions.iter().all(|version| version.id() != id) {
            let message = format!("room version {id:?} is not known");
            return Err(Error::new(Code::UnknownRoomVersion, message));
        }
        Ok((id, fields))
    };
    described.array("rooms")?.iter().map(room).collect()
}

/// The homeserver without its rooms.
fn homeserver(described: Fields<'_>) -> Result<Homeserver, Error> {
    let name = described.string("server_name")?;
    ServerName::parse(name).map_err(|error| bad(format!("`homeserver.server_name`: {error}")))?;
    let key_id = described.string("key_id")?;
    let seed = base64::decode_array(described.string("seed")?);
    let seed = seed.ok_or_else(|| bad("`homeserver.seed` is not 32 bytes in Base64"))?;
    let mut settings = Settings::default();
    if described.object.contains_key("spec") {
        let release = described.string("spec")?.parse::<Specification>();
        settings.specification =
            release.map_err(|error| bad(format!("`homeserver.spec`: {error}")))?;
    }
    Homeserver::new(SigningKey::from_seed(name, key_id, &seed), settings)
        .ok_or_else(|| bad("`homeserver.server_name` is no server name"))
}

fn request(fields: Fields<'_>) -> Result<Request, Error> {
    let wrong = || fields.wrong("authorization", "string and no array of strings");
    let authorization = match fields.object.get("authorization") {
        None => Vec::new(),
        Some(Value::Array(headers)) => {
            let headers = headers.iter().map(|header| header.as_str().map(str::to_owned));
            headers.collect::<Option<_>>().ok_or_else(wrong)?
        }
        Some(header) => vec![header.as_str().ok_or_else(wrong)?.to_owned()],
    };
    Ok(Request {
        method: fields.string("method")?.to_owned(),
        uri: fields.string("uri")?.to_owned(),
        authorization,
        body: fields.object.get("body").map(sent),
    })
}

/// A body as bytes: a string stands for itself, so that what is no JSON can be asked about too.
fn sent(body: &Value<'_>) -> Vec<u8> {
    match body {
        Value::String(text) => text.as_bytes().to_vec(),
        Value::Object(object) => object.as_received().into_bytes(),
        other => {
            // Numbers keep their spelling in objects alone.
            let inside = Object::from_iter([("", other.clone())]).as_received();
            inside.as_bytes()[r#"{"":"#.len()..inside.len() - 1].to_vec()
        }
    }
}

/// A room that received events, in order.
fn fold(
    at: usize,
    version: &RoomVersion,
    events: &[Value<'_>],
    keys: &Keys,
) -> Result<Room, Error> {
    let event = |(number, value)| {
        parse(&format!("`homeserver.rooms[{at}].events[{number}]`"), value, version)
    };
    let events: Vec<Event> = events.iter().enumerate().map(event).collect::<Result<_, _>>()?;
    let inputs = events.iter().map(|event| RoomInput::Pdu(event.text().as_bytes().into()));
    let inputs: Vec<_> = inputs.collect();
    Ok(Room::fold(version.clone(), &inputs, Context { keys: Some(keys) }))
}

/// The JSON of an answer; its text where it is none.
fn body_of(response: &Response) -> Value<'static> {
    match json::parse_any(&response.body) {
        Ok(parsed) => parsed.value.into_owned(),
        Err(_) => Value::from(String::from_utf8_lossy(&response.body).into_owned()),
    }
}

/// The events that are accepted now and were not before, in the order in which they came in.
fn new_events(before: &Homeserver, after: &Homeserver, rooms: &[RoomId]) -> Vec<String> {
    let mut new = Vec::new();
    for room_id in rooms {
        let known: BTreeSet<&EventId> =
            before.room(room_id).into_iter().flat_map(accepted).collect();
        let accepted = after.room(room_id).into_iter().flat_map(accepted);
        new.extend(accepted.filter(|id| !known.contains(id)).map(EventId::to_string));
    }
    new
}

fn accepted(room: &Room) -> impl Iterator<Item = &EventId> {
    room.dag().events().filter_map(|number| {
        let record = room.dag().get(number)?;
        let is_accepted = *record.standing() == Standing::Accepted && !record.is_outlier();
        room.dag().id(number).filter(|_| is_accepted)
    })
}
