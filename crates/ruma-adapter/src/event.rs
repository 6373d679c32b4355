//! PDUs as the protocol has them: what must be right before a rule is asked.

use std::collections::BTreeMap;

use ruma_common::CanonicalJsonObject;
use ruma_common::room_version_rules::{EventIdFormatVersion, RoomVersionRules};
use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::question::{Code, Error, Question};
use crate::{NotHeld, Pdu};

/// A PDU whose ID is known.
pub(crate) struct Event {
    pub(crate) id: String,
    /// What its `auth_events` name.
    pub(crate) cited: Vec<String>,
    json: Json,
    /// The event in ruma's type. In versions 1 and 2 the ID is known without.
    canonical: Result<CanonicalJsonObject, Error>,
}

/// Whether PDUs carry their IDs.
fn has_sent_ids(rules: &RoomVersionRules) -> bool {
    matches!(rules.event_id_format, EventIdFormatVersion::V1)
}

impl Event {
    fn read(name: &str, pdu: &RawValue, rules: &RoomVersionRules) -> Result<Self, Error> {
        let bad = |message: String| Error::new(Code::BadEvent, format!("{name}: {message}"));
        let canonical: Result<CanonicalJsonObject, _> =
            serde_json::from_str(pdu.get()).map_err(|error| bad(error.to_string()));
        let json: Json = serde_json::from_str(pdu.get()).map_err(|error| bad(error.to_string()))?;
        let cited = check_fields(&json, rules)
            .map_err(|field| bad(format!("`{field}` is missing or of the wrong type")))?;
        let id = if has_sent_ids(rules) {
            json["event_id"].as_str().unwrap_or_default().to_owned()
        } else {
            let hash =
                ruma_signatures::reference_hash(canonical.as_ref().map_err(Clone::clone)?, rules);
            format!("${}", hash.map_err(|error| bad(error.to_string()))?)
        };
        Ok(Self { id, cited, json, canonical })
    }

    pub(crate) fn canonical(&self) -> Result<&CanonicalJsonObject, Error> {
        self.canonical.as_ref().map_err(Clone::clone)
    }

    pub(crate) fn pdu(&self, rejected: bool) -> Result<Pdu, NotHeld> {
        Pdu::read(&self.json, &self.id, rejected)
    }

    pub(crate) fn origin_server_ts(&self) -> i64 {
        self.json["origin_server_ts"].as_i64().unwrap_or_default()
    }

    pub(crate) fn is_create(&self) -> bool {
        self.json["type"] == "m.room.create"
    }

    /// Type and state key, if it is a state event.
    pub(crate) fn key(&self) -> Option<(&str, &str)> {
        self.json["type"].as_str().zip(self.json["state_key"].as_str())
    }

    /// The ID of the create event that the room ID stands for, where it is one of that form.
    pub(crate) fn implied_create(&self, rules: &RoomVersionRules) -> Option<String> {
        let hash = self.json["room_id"].as_str()?.strip_prefix('!')?;
        let is_url_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let is_hash = hash.len() == 43 && hash.bytes().all(is_url_safe);
        let is_implied = rules.authorization.room_create_event_id_as_room_id && is_hash;
        is_implied.then(|| format!("${hash}"))
    }
}

/// The IDs in `auth_events`, or the first field that is missing or of the wrong type.
fn check_fields(pdu: &Json, rules: &RoomVersionRules) -> Result<Vec<String>, &'static str> {
    let check = |field, is_right: fn(&Json) -> bool| {
        pdu.get(field).is_some_and(is_right).then_some(()).ok_or(field)
    };
    check("type", Json::is_string)?;
    check("sender", Json::is_string)?;
    check("content", Json::is_object)?;
    check("depth", Json::is_i64)?;
    check("origin_server_ts", Json::is_i64)?;
    let is_implied = rules.authorization.room_create_event_id_as_room_id;
    if !is_implied || pdu["type"] != "m.room.create" || pdu.get("room_id").is_some() {
        check("room_id", Json::is_string)?;
    }
    if has_sent_ids(rules) {
        check("event_id", Json::is_string)?;
    }
    let id = |entry: &Json| {
        let id = if has_sent_ids(rules) { entry.as_array()?.first()? } else { entry };
        id.as_str().map(ToOwned::to_owned)
    };
    let ids = |field: &'static str| {
        let entries = pdu.get(field).and_then(Json::as_array).ok_or(field)?;
        entries.iter().map(id).collect::<Option<Vec<_>>>().ok_or(field)
    };
    ids("prev_events")?;
    ids("auth_events")
}

impl Question<'_> {
    /// The PDU of `event`.
    pub(crate) fn event(&self) -> Result<Event, Error> {
        Event::read("`event`", self.field("event")?, &self.rules)
    }

    /// The PDUs of `events`.
    pub(crate) fn pool(&self, pdus: &[&RawValue]) -> Result<Pool, Error> {
        let mut events = BTreeMap::new();
        for (at, pdu) in pdus.iter().enumerate() {
            let event = Event::read(&format!("`events[{at}]`"), pdu, &self.rules)?;
            // Of two with one ID the first counts.
            events.entry(event.id.clone()).or_insert(event);
        }
        Ok(Pool(events))
    }
}

/// The events that a question may refer to.
pub(crate) struct Pool(BTreeMap<String, Event>);

impl Pool {
    pub(crate) fn get(&self, id: &str) -> Result<&Event, Error> {
        self.0.get(id).ok_or_else(|| Error::missing(id))
    }

    /// That the IDs in the field `name` are of one state. Those of no event are passed over.
    pub(crate) fn check_state(&self, name: &str, ids: &[String]) -> Result<(), Error> {
        let bad = |message: String| Error::new(Code::BadRequest, format!("in `{name}`, {message}"));
        let mut keys = BTreeMap::new();
        for event in ids.iter().filter_map(|id| self.0.get(id)) {
            let id = &event.id;
            let key = event.key().ok_or_else(|| bad(format!("{id} is no state event")))?;
            if let Some(other) = keys.insert(key, id) {
                return Err(bad(format!("{other} and {id} have one type and state key")));
            }
        }
        Ok(())
    }

    /// An event that the question is not about but needs, in ruma's type.
    pub(crate) fn held(&self, id: &str, rejected: &[String]) -> Result<Pdu, Error> {
        let is_rejected = rejected.iter().any(|other| other == id);
        self.get(id)?
            .pdu(is_rejected)
            .map_err(|error| Error::new(Code::Unsupported, format!("{id}: {error}")))
    }
}
