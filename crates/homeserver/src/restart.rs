//! Starting again after a crash.

use exeunt_event::ServerName;
use exeunt_room::{Context, Room};
use im::OrdMap;

use crate::Homeserver;
use crate::hosted::Hosted;

impl Homeserver {
    /// The server as it is when it starts again after a crash.
    ///
    /// Its rooms are folded from their logs. What else a server stores is as it was: what its users
    /// see, what other servers are still to be told, and which transactions were answered. What it
    /// asked others and has no answer to is forgotten, and with it the actions that waited for that;
    /// transactions are sent again.
    #[must_use]
    pub fn restarted(&self) -> Self {
        let mut server = self.clone();
        let context = Context { keys: Some(&self.keys) };
        for (room_id, hosted) in &self.rooms {
            let room = Room::fold(hosted.room.version().clone(), hosted.room.log(), context);
            server.rooms.insert(room_id.clone(), Hosted::new(room));
        }
        server.awaited = OrdMap::new();
        let waiting: Vec<ServerName> = server.outboxes.keys().cloned().collect();
        for name in waiting {
            if let Some(outbox) = server.outboxes.get_mut(&name) {
                outbox.in_flight = 0;
            }
        }
        server
    }
}
