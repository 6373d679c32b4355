//! The recorded rooms: what events are called and whether their content hashes are right, and what
//! was sent by the misbehaving server and is no event.

use exeunt_event::Event;
use exeunt_event::hashes::content_hash_matches;
use exeunt_recordings::Room;
use exeunt_version::RoomVersion;

/// The rooms and cases that are read otherwise than they were recorded, by name.
pub(crate) fn wrong() -> Vec<String> {
    let rooms = exeunt_recordings::rooms();
    // The three servers of the forked rooms have the same events, and one of them is enough.
    let rooms = rooms.iter().filter(|room| !room.name.contains("forked"));
    rooms.flat_map(|room| events(room).into_iter().chain(cases(room)).chain(depths(room))).collect()
}

fn events(room: &Room) -> Option<String> {
    let version = RoomVersion::specified(&room.version).unwrap();
    let lines = room.lines();
    let mut events = lines.iter().zip(room.expected());
    let is_wrong = events.any(|(line, expected)| {
        Event::parse(line, &version).map_or(true, |event| {
            *event.event_id() != *expected.event_id
                || content_hash_matches(&event, &version)
                    != expected.content_hash_ok.unwrap_or(true)
        })
    });
    is_wrong.then(|| room.name.clone())
}

/// What the recorded homeserver did not take for JSON that the room version has.
fn cases(room: &Room) -> Vec<String> {
    let version = RoomVersion::specified(&room.version).unwrap();
    let is_strict = !["1", "3", "4"].contains(&&*room.version);
    let cases = room.cases().into_iter().filter(|_| is_strict);
    let cases = cases.filter_map(|case| {
        let name = case["case"].as_str()?.to_owned();
        let is_bad = ["float in content (added after signing)", "integer 2^53 in content"];
        is_bad.contains(&&*name).then(|| (name, case["pdu"].to_string()))
    });
    let taken = cases.filter(|(_, pdu)| Event::parse(pdu.as_bytes(), &version).is_ok());
    taken.map(|(name, _)| format!("{}: {name}", room.name)).collect()
}

/// "Depth […] must be less than the maximum value for an integer": the room's first event with 2^63
/// for its depth is none.
fn depths(room: &Room) -> Option<String> {
    let version = RoomVersion::specified(&room.version).unwrap();
    let mut pdu: serde_json::Value = serde_json::from_slice(&room.lines()[0]).unwrap();
    pdu["depth"] = serde_json::json!(1_u64 << 63);
    let is_taken = Event::parse(pdu.to_string().as_bytes(), &version).is_ok();
    is_taken.then(|| format!("{}: depth 2^63", room.name))
}
