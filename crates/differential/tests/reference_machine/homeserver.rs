//! A made-up homeserver, whose rooms happen to be the model's.

use std::collections::BTreeMap;

use exeunt_event::EventId;
use exeunt_room::{Context, Room, Standing};
use exeunt_version::RoomVersion;

pub(crate) use crate::ruma_room::Verdict;

pub(crate) struct MyRoom(Room);

impl MyRoom {
    pub(crate) fn new(version: &str) -> Self {
        Self(Room::new(RoomVersion::specified(version).unwrap()))
    }

    pub(crate) fn receive(&mut self, id: &str, pdu: &[u8]) -> Verdict {
        let (room, _) = self.0.receive(pdu, Context::default());
        self.0 = room;
        match self.0.record(&EventId::from_received(id)).unwrap().standing() {
            Standing::Accepted => Verdict::Accepted,
            Standing::SoftFailed(_) => Verdict::SoftFailed,
            Standing::Rejected(_) => Verdict::Rejected,
        }
    }

    pub(crate) fn current_state(&self) -> BTreeMap<(String, String), String> {
        let entries = self.0.entries(self.0.current_state());
        entries
            .map(|(event_type, key, id)| ((event_type.to_string(), key.to_owned()), id.to_string()))
            .collect()
    }
}
