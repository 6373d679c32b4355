//! Events of the server's own users, which the rules allow in the current state.

use exeunt_auth::{Rule, Selection, ServerSignatures, State as _, Verdict, check_state};
use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventId, EventType, RoomId, UserId};
use exeunt_room::Room;
use exeunt_version::{RoomIds, RoomVersion};

use super::{Ready, What, references};
use crate::Refusal;

/// What a user wants to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The type.
    pub event_type: String,
    /// The state key of a state event.
    pub state_key: Option<String>,
    /// The sender.
    pub sender: UserId,
    /// The content.
    pub content: Object<'static>,
}

impl Draft {
    /// A membership.
    pub fn member(sender: &UserId, target: &UserId, content: Object<'static>) -> Self {
        Self {
            event_type: "m.room.member".to_owned(),
            state_key: Some(target.to_string()),
            sender: sender.clone(),
            content,
        }
    }
}

/// `{"membership": …}`.
pub(crate) fn membership(name: &str) -> Object<'static> {
    [("membership", name.to_owned())].into_iter().collect()
}

/// An event on top of the forward extremities, without hashes, signatures and ID, at a time in
/// milliseconds since the epoch.
pub fn compose(room: &Room, draft: &Draft, now: i64) -> Object<'static> {
    let version = room.version();
    let mut object = Object::new();
    let is_create = draft.event_type == "m.room.create";
    let derives_room = version.capabilities.room_ids == RoomIds::CreateEvent;
    if let Some(room_id) = room.room_id().filter(|_| !(is_create && derives_room)) {
        object.insert("room_id", room_id.to_string());
    }
    object.insert("type", draft.event_type.clone());
    if let Some(state_key) = &draft.state_key {
        object.insert("state_key", state_key.clone());
    }
    object.insert("sender", draft.sender.to_string());
    object.insert("origin", draft.sender.domain().to_owned());
    object.insert("origin_server_ts", now);
    object.insert("content", draft.content.clone());
    let prev = room.forward_extremities();
    let event = |id: &EventId| room.event(id);
    let depth = prev.iter().filter_map(|id| event(id)).map(|event| event.depth()).max();
    let depth = depth.unwrap_or(0).saturating_add(1).min(version.capabilities.maximum_depth);
    object.insert("depth", depth);
    object.insert("prev_events", references(prev.iter().map(|id| (*id, event(id))), version));
    object.insert("auth_events", Value::Array(Vec::new()));
    let auth = auth_events(room, &object);
    object.insert("auth_events", references(auth.iter().map(|id| (id, event(id))), version));
    object
}

/// The IDs of the state entries that the auth events selection names.
fn auth_events(room: &Room, object: &Object<'_>) -> Vec<EventId> {
    let Some(event) = provisional(object, room.version()) else { return Vec::new() };
    let state = room.view(room.current_state());
    let selection = Selection::new(&event, room.version());
    let entries = selection.keys().into_iter();
    entries.filter_map(|(kind, key)| Some(state.entry(&kind, key)?.event_id().clone())).collect()
}

/// The event as it would be, for what looks at no ID and no signature.
pub(crate) fn provisional(object: &Object<'_>, version: &RoomVersion) -> Option<Event> {
    let mut object = object.clone();
    object.insert("event_id", "$not:signed".to_owned());
    if version.capabilities.event_ids != exeunt_version::EventIds::Sent {
        object.remove("event_id");
    }
    Event::from_object(&object, version).ok()
}

/// A rejection as a refusal.
pub(crate) fn not_allowed(verdict: &Verdict<'_>, version: &RoomVersion) -> Refusal {
    let rule = verdict.rule();
    Refusal::NotAllowed {
        rule: Some(rule),
        number: number(rule, version),
        reason: verdict.explain(),
    }
}

pub(crate) fn number(rule: Rule, version: &RoomVersion) -> String {
    rule.number(&version.capabilities).map(|number| number.to_string()).unwrap_or_default()
}

impl Ready {
    /// An event that a user of the server sends, if the current state allows it.
    pub(crate) fn from_draft(room: &Room, draft: &Draft, now: i64) -> Result<Self, Refusal> {
        let version = room.version();
        let object = compose(room, draft, now);
        let malformed = || Refusal::BadJson("The event has no form that events have.".to_owned());
        let event = provisional(&object, version).ok_or_else(malformed)?;
        let state = room.view(room.current_state());
        let verdict = check_state(version, &event, state, ServerSignatures::Satisfied);
        if !verdict.is_allowed() {
            return Err(not_allowed(&verdict, version));
        }
        let version = room.version().clone().into();
        Ok(Self { object, version, what: What::Own })
    }

    /// The create event of a room that has no event yet, which no state has to allow. `room_id` is
    /// the room's ID where it does not follow from the event.
    pub(crate) fn from_first(
        room: &Room,
        draft: &Draft,
        room_id: Option<&RoomId>,
        now: i64,
    ) -> Result<Self, Refusal> {
        let version = room.version();
        let mut object = compose(room, draft, now);
        if let Some(room_id) = room_id {
            object.insert("room_id", room_id.to_string());
        }
        let event = provisional(&object, version);
        let is_create = |event: &Event| *event.event_type() == EventType::Create;
        if room.room_id().is_some() || !event.as_ref().is_some_and(is_create) {
            return Err(Refusal::BadJson("The event is no first event of a room.".to_owned()));
        }
        let version = version.clone().into();
        Ok(Self { object, version, what: What::Own })
    }
}
