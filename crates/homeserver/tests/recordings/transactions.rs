//! Recorded rooms that come to our homeserver PDU by PDU.

use serde_json::json;

use crate::rooms::{HOST, Recorded, VERSIONS, send, server_of, state};

/// From the first membership on, that of the server's own user, every event that the real server
/// knew, in the order in which it came to know it: also those that the rules reject, those of forks,
/// and those that come before what they cite, for which our server then asks in vain.
fn replay(version: &str, kind: &str) -> usize {
    let recorded = Recorded::read(version, kind);
    let (folded, refused) = recorded.folded();
    let mut server = recorded.server.clone();
    server.host(folded[2].clone()).unwrap();
    let room_id = recorded.lines[1].event.room_id();
    for (line, is_refused) in recorded.lines.iter().zip(refused).skip(2) {
        let from = server_of(line.event.sender());
        // What its own user sent comes back to it from another server.
        let from = if from == HOST { "127.0.11.2:8448" } else { &from };
        let told = send(&mut server, line.event.origin_server_ts(), from, &line.event);
        assert_eq!(told.get("error").is_some(), is_refused, "{version}-{kind}: {told}");
        assert!(is_refused || told == json!({}));
        // An event that waits is said nothing bad of, whatever becomes of it.
        let waits = server.room(room_id).unwrap().pending_event(line.event.event_id()).is_some();
        assert!(waits || is_refused == line.expected.rejected, "{version}-{kind}: {told}");
    }
    let (ours, folded) = (server.room(room_id).unwrap(), folded.last().unwrap());
    assert_eq!(ours.fingerprint(), folded.fingerprint(), "{version}-{kind}");
    assert_eq!(state(ours), state(folded));
    assert_eq!(ours.forward_extremities(), folded.forward_extremities());
    if kind == "leaving" {
        for line in &recorded.lines {
            let after = ours.state_after(line.event.event_id()).unwrap();
            let after: Vec<_> = ours.event_ids(after).iter().map(ToString::to_string).collect();
            assert_eq!(after, *line.expected.state_after.as_ref().unwrap());
        }
    }
    recorded.lines.len() - 2
}

#[test]
fn rooms_that_come_in_transactions_are_the_rooms_that_folding_gives() {
    let mut sent = 0;
    for kind in ["leaving", "forked", "evil"] {
        for version in VERSIONS {
            sent += replay(version, kind);
        }
    }
    assert_eq!(sent, 3_689);
}
