//! The power of a user in a state.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod room;

use exeunt_auth::{Power, power};
use exeunt_version::{Creator, RoomVersion};
use serde_json::json;

use room::{ALICE, BOB, CAROL, Room};

fn powers(room: &Room) -> [Power; 3] {
    [ALICE, BOB, CAROL].map(|user| power(&room.version, &room.state, user))
}

#[test]
fn power_comes_from_levels_and_creators_have_it_without() {
    for version in RoomVersion::all() {
        let is_privileged = version.capabilities.creator == Creator::Privileged;
        let of_creator = |level| if is_privileged { Power::Infinite } else { Power::Level(level) };
        let mut room = Room::new(version);
        assert_eq!(powers(&room), [of_creator(100), Power::Level(0), Power::Level(0)]);
        room.levels(json!({ "users": { BOB: 30 }, "users_default": 7 }));
        assert_eq!(powers(&room), [of_creator(7), Power::Level(30), Power::Level(7)]);
    }
}

#[test]
fn without_a_create_event_nobody_is_known_as_creator() {
    for version in RoomVersion::all() {
        let mut room = Room::new(version);
        room.levels(json!({ "users": { BOB: 30 }, "users_default": 7 }));
        room.without("m.room.create", "");
        assert_eq!(powers(&room), [7, 30, 7].map(Power::Level));
        room.without("m.room.power_levels", "");
        assert_eq!(powers(&room), [0; 3].map(Power::Level));
    }
}

#[test]
fn power_is_written_as_a_number_or_as_infinite() {
    assert_eq!(Power::Level(-5).to_string(), "-5");
    assert_eq!(Power::Infinite.to_string(), "infinite");
}
