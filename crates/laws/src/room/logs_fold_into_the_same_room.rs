use exeunt_room::{Context, Room};
use exeunt_version::RoomVersion;

use crate::{About, Answer, Expected, History, Law, Tally, Witness};

pub(super) const LAW: Law = Law {
    id: "F12",
    name: "logs-fold-into-the-same-room",
    sentence: "A room's log, folded again, gives the identical room: a server that restarts from it \
               has lost nothing.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#pdus",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::History(check),
};

fn check(history: &History) -> Tally {
    let again = |server: &crate::Server| {
        let room = &server.room;
        let mut folded = Room::new(room.version().clone());
        for input in room.log() {
            folded.take(input, Context::default());
        }
        Answer::of(folded.fingerprint() == room.fingerprint(), || {
            Witness::new(format!("{} is another room after a restart", server.name), [])
        })
    };
    history.servers.iter().take(1).map(again).collect()
}
