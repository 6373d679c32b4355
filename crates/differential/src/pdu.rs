//! An event as users of ruma keep it.

use std::sync::Arc;

use ruma_common::{
    MilliSecondsSinceUnixEpoch, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, UserId,
};
use ruma_events::TimelineEventType;
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

impl Pdu {
    /// From the PDU's JSON, and what the PDU does not say: its ID, and whether it was rejected.
    pub fn new(pdu: &Json, event_id: &str, rejected: bool) -> Self {
        let string = |key: &str| pdu.get(key).and_then(Json::as_str);
        // In the first room versions, IDs stand in pairs with hashes.
        let id = |entry: &Json| entry.as_str().or_else(|| entry[0].as_str()).unwrap().try_into();
        let ids = |key: &str| {
            pdu[key].as_array().unwrap().iter().map(|entry| id(entry).unwrap()).collect()
        };
        Self(Arc::new(Data {
            event_id: event_id.try_into().unwrap(),
            room_id: string("room_id").map(|id| id.try_into().unwrap()),
            sender: string("sender").unwrap().try_into().unwrap(),
            origin_server_ts: serde_json::from_value(pdu["origin_server_ts"].clone()).unwrap(),
            event_type: string("type").unwrap().into(),
            state_key: string("state_key").map(ToOwned::to_owned),
            content: to_raw_value(&pdu["content"]).unwrap(),
            prev_events: ids("prev_events"),
            auth_events: ids("auth_events"),
            redacts: string("redacts").map(|id| id.try_into().unwrap()),
            rejected,
        }))
    }

    /// The IDs of its auth events.
    pub fn cited(&self) -> &[OwnedEventId] {
        &self.0.auth_events
    }

    /// Whether it is the event of that type and state key, once it is in a state.
    pub fn is_state(&self, event_type: &TimelineEventType, state_key: &str) -> bool {
        self.0.event_type == *event_type && self.0.state_key.as_deref() == Some(state_key)
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
