//! An event as users of ruma keep it.

use std::sync::Arc;

use ruma_common::{
    MilliSecondsSinceUnixEpoch, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, UserId,
};
use ruma_events::{StateEventType, TimelineEventType};
use serde_json::Value as Json;
use serde_json::value::{RawValue, to_raw_value};

/// Everything that ruma asks of an event, parsed as far as its interface lets it be.
#[derive(Clone, Debug)]
pub struct Pdu(Arc<Data>);

#[derive(Debug)]
struct Data {
    event_id: OwnedEventId,
    room_id: Option<OwnedRoomId>,
    sender: OwnedUserId,
    origin_server_ts: MilliSecondsSinceUnixEpoch,
    event_type: TimelineEventType,
    state_key: Option<String>,
    content: Box<RawValue>,
    prev_events: Vec<OwnedEventId>,
    auth_events: Vec<OwnedEventId>,
    redacts: Option<OwnedEventId>,
    rejected: bool,
}

/// ruma's types cannot hold this of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ruma's types cannot hold the event's `{0}`")]
pub struct NotHeld(pub &'static str);

impl Pdu {
    /// From the PDU's JSON, and what the PDU does not say: its ID, and whether it was rejected.
    ///
    /// # Panics
    ///
    /// If ruma's types cannot hold the event.
    #[allow(clippy::panic, reason = "for tests and benchmarks, which may stop")]
    pub fn new(pdu: &Json, event_id: &str, rejected: bool) -> Self {
        Self::read(pdu, event_id, rejected).unwrap_or_else(|error| panic!("{error}: {pdu}"))
    }

    /// The same, if ruma's types can hold the event.
    pub fn read(pdu: &Json, event_id: &str, rejected: bool) -> Result<Self, NotHeld> {
        let string = |key: &'static str| match pdu.get(key) {
            None => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or(NotHeld(key)),
        };
        let required = |key| string(key)?.ok_or(NotHeld(key));
        // In the first room versions, IDs stand in pairs with hashes.
        let id = |entry: &Json| entry.as_str().or_else(|| entry.get(0)?.as_str())?.try_into().ok();
        let ids = |key| {
            let entries = pdu.get(key).and_then(Json::as_array).ok_or(NotHeld(key))?;
            entries.iter().map(id).collect::<Option<_>>().ok_or(NotHeld(key))
        };
        let json = |key| pdu.get(key).ok_or(NotHeld(key));
        let room_id = string("room_id")?.map(OwnedRoomId::try_from).transpose();
        let origin_server_ts = json("origin_server_ts")?.clone();
        // ruma asks for it in versions 1 and 2 alone, and only for its domain.
        let redacts = pdu.get("redacts").and_then(Json::as_str);
        Ok(Self(Arc::new(Data {
            event_id: event_id.try_into().map_err(|_| NotHeld("event_id"))?,
            room_id: room_id.map_err(|_| NotHeld("room_id"))?,
            sender: required("sender")?.try_into().map_err(|_| NotHeld("sender"))?,
            origin_server_ts: serde_json::from_value(origin_server_ts)
                .map_err(|_| NotHeld("origin_server_ts"))?,
            event_type: required("type")?.into(),
            state_key: string("state_key")?.map(ToOwned::to_owned),
            content: to_raw_value(json("content")?).map_err(|_| NotHeld("content"))?,
            prev_events: ids("prev_events")?,
            auth_events: ids("auth_events")?,
            redacts: redacts.and_then(|id| id.try_into().ok()),
            rejected,
        })))
    }

    /// The IDs of its auth events.
    pub fn cited(&self) -> &[OwnedEventId] {
        &self.0.auth_events
    }

    /// Whether it is the event of that type and state key, once it is in a state.
    pub fn is_state(&self, event_type: &TimelineEventType, state_key: &str) -> bool {
        self.0.event_type == *event_type && self.0.state_key.as_deref() == Some(state_key)
    }

    /// Its type and state key, if it is a state event.
    pub fn key(&self) -> Option<(StateEventType, String)> {
        Some((self.0.event_type.to_string().into(), self.0.state_key.clone()?))
    }
}

impl ruma_state_res::Event for Pdu {
    type Id = OwnedEventId;

    fn event_id(&self) -> &OwnedEventId {
        &self.0.event_id
    }

    fn room_id(&self) -> Option<&RoomId> {
        self.0.room_id.as_deref()
    }

    fn sender(&self) -> &UserId {
        &self.0.sender
    }

    fn origin_server_ts(&self) -> MilliSecondsSinceUnixEpoch {
        self.0.origin_server_ts
    }

    fn event_type(&self) -> &TimelineEventType {
        &self.0.event_type
    }

    fn content(&self) -> &RawValue {
        &self.0.content
    }

    fn state_key(&self) -> Option<&str> {
        self.0.state_key.as_deref()
    }

    fn prev_events(&self) -> Box<dyn DoubleEndedIterator<Item = &OwnedEventId> + '_> {
        Box::new(self.0.prev_events.iter())
    }

    fn auth_events(&self) -> Box<dyn DoubleEndedIterator<Item = &OwnedEventId> + '_> {
        Box::new(self.0.auth_events.iter())
    }

    fn redacts(&self) -> Option<&OwnedEventId> {
        self.0.redacts.as_ref()
    }

    fn rejected(&self) -> bool {
        self.0.rejected
    }
}
