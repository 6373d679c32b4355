//! Verdicts in words.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod room;

use exeunt_auth::Rule;
use exeunt_version::RoomVersion;
use serde_json::json;

use room::{ALICE, BOB, Room, message};

#[test]
fn a_verdict_is_explained_by_the_sentence_of_its_rule_and_by_what_decided() {
    for version in RoomVersion::all() {
        let mut room = Room::new(version);
        let [by_alice, by_bob] =
            [ALICE, BOB].map(|user| room.make(&message(user, "m.room.message", json!({}))));
        let allowed = room.by_state(&by_alice, None);
        assert!(allowed.is_allowed());
        assert_eq!(allowed.explain(), Rule::Otherwise.sentence());
        let rejected = room.by_state(&by_bob, None);
        assert!(!rejected.is_allowed());
        let sentence = Rule::SenderNotJoined.sentence().strip_suffix('.').unwrap();
        let expected = format!("{sentence} (@bob:b.example has no membership)");
        assert_eq!(rejected.explain(), expected);
    }
}
