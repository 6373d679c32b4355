//! ruma's side of every question.

use std::str::FromStr;

use exeunt_event::Event;
use exeunt_version::RoomVersion;
use ruma_common::canonical_json::CanonicalJsonObject;
use ruma_common::room_version_rules::{AuthorizationRules, RoomVersionRules};
use ruma_common::{
    EventId, MilliSecondsSinceUnixEpoch, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId,
    RoomVersionId, UserId,
};
use ruma_events::{StateEventType, TimelineEventType};
use ruma_signatures::Ed25519KeyPair;
use serde_json::Value as Json;
use serde_json::value::{RawValue, to_raw_value};

/// What ruma knows of the version.
pub(crate) fn rules(version: &RoomVersion) -> RoomVersionRules {
    RoomVersionId::from_str(version.id()).unwrap().rules().unwrap()
}

/// The object in ruma's type; an error says that it has no canonical form.
pub(crate) fn object(text: &str) -> serde_json::Result<CanonicalJsonObject> {
    serde_json::from_str(text)
}

pub(crate) fn canonical(json: &Json) -> CanonicalJsonObject {
    object(&json.to_string()).unwrap()
}

/// The key pair of a seed: ruma reads keys as PKCS #8 documents.
pub(crate) fn key_pair(seed: &[u8; 32], version: &str) -> Ed25519KeyPair {
    let mut document = vec![
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    document.extend(seed);
    Ed25519KeyPair::from_der(&document, version.to_owned()).unwrap()
}

/// An event as ruma's users keep it.
#[derive(Clone, Debug)]
pub(crate) struct Pdu {
    event_id: OwnedEventId,
    room_id: Option<OwnedRoomId>,
    sender: OwnedUserId,
    event_type: TimelineEventType,
    state_key: Option<String>,
    content: Box<RawValue>,
    prev_events: Vec<OwnedEventId>,
    auth_events: Vec<OwnedEventId>,
    redacts: Option<OwnedEventId>,
    rejected: bool,
}

impl Pdu {
    /// From the PDU's JSON and the same event in Exeunt, which knows its ID.
    pub(crate) fn new(pdu: &Json, event: &Event, rejected: bool) -> Self {
        let string = |key: &str| pdu.get(key).and_then(Json::as_str);
        let references = |key: &str| {
            let entries = pdu[key].as_array().unwrap().iter();
            entries
                .map(|entry| entry.as_str().or_else(|| entry[0].as_str()).unwrap())
                .map(|id| OwnedEventId::try_from(id).unwrap())
                .collect()
        };
        Self {
            event_id: event.event_id().as_str().try_into().unwrap(),
            room_id: string("room_id").map(|id| id.try_into().unwrap()),
            sender: string("sender").unwrap().try_into().unwrap(),
            event_type: string("type").unwrap().into(),
            state_key: string("state_key").map(ToOwned::to_owned),
            content: to_raw_value(&pdu["content"]).unwrap(),
            prev_events: references("prev_events"),
            auth_events: references("auth_events"),
            redacts: string("redacts").map(|id| id.try_into().unwrap()),
            rejected,
        }
    }

    fn is_state(&self, event_type: &StateEventType, state_key: &str) -> bool {
        self.event_type == TimelineEventType::from(event_type.clone())
            && self.state_key.as_deref() == Some(state_key)
    }
}

impl ruma_state_res::Event for Pdu {
    type Id = OwnedEventId;

    fn event_id(&self) -> &OwnedEventId {
        &self.event_id
    }

    fn room_id(&self) -> Option<&RoomId> {
        self.room_id.as_deref()
    }

    fn sender(&self) -> &UserId {
        &self.sender
    }

    fn origin_server_ts(&self) -> MilliSecondsSinceUnixEpoch {
        serde_json::from_str("0").unwrap()
    }

    fn event_type(&self) -> &TimelineEventType {
        &self.event_type
    }

    fn content(&self) -> &RawValue {
        &self.content
    }

    fn state_key(&self) -> Option<&str> {
        self.state_key.as_deref()
    }

    fn prev_events(&self) -> Box<dyn DoubleEndedIterator<Item = &OwnedEventId> + '_> {
        Box::new(self.prev_events.iter())
    }

    fn auth_events(&self) -> Box<dyn DoubleEndedIterator<Item = &OwnedEventId> + '_> {
        Box::new(self.auth_events.iter())
    }

    fn redacts(&self) -> Option<&OwnedEventId> {
        self.redacts.as_ref()
    }

    fn rejected(&self) -> bool {
        self.rejected
    }
}

/// The rules about a given state.
pub(crate) fn check_state(
    rules: &AuthorizationRules,
    event: &Pdu,
    state: &[Pdu],
) -> Result<(), String> {
    ruma_state_res::check_state_dependent_auth_rules(rules, event, |event_type, state_key| {
        state.iter().find(|entry| entry.is_state(event_type, state_key))
    })
}

/// The rules about the event and its own auth events.
pub(crate) fn check_auth_events(
    rules: &AuthorizationRules,
    event: &Pdu,
    events: &[Pdu],
) -> Result<(), String> {
    ruma_state_res::check_state_independent_auth_rules(rules, event, |id: &EventId| {
        events.iter().find(|other| other.event_id == id && other.event_id != event.event_id)
    })
}
