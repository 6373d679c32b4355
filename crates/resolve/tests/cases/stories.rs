//! The account told key by key.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use exeunt_resolve::{Fate, Place, Story, Winner};
use exeunt_version::RoomVersion;

use super::room::*;

/// A story, line by line.
fn lines(room: &Room, Story { key, winner, losers }: &Story<'_>) -> Vec<String> {
    let place = |place: &Option<Place>| match place {
        Some(Place::Power(at, key)) => format!("power {at} at {}", key.origin_server_ts),
        Some(Place::Mainline(at, key)) => format!("mainline {at} at {}", key.origin_server_ts),
        None => "no place".to_owned(),
    };
    let key = room.pool().keys().name(*key).unwrap().0.as_str();
    let won = match winner {
        Some(Winner { event, verdict, place: of_winner }) => {
            let verdict =
                verdict.as_ref().map_or("unchecked".to_owned(), |it| it.rule().to_string());
            format!("{key}: {} by {verdict}, {}", room.name(*event), place(of_winner))
        }
        None => format!("{key}: nothing"),
    };
    let lost = losers.iter().map(|(loser, fate)| {
        let fate = match fate {
            Fate::NotAllowed(verdict, of_loser) => {
                assert!(!verdict.is_allowed());
                format!("not by {}, {}", verdict.rule(), place(of_loser))
            }
            Fate::Replaced { by, place: of_loser, by_place } => {
                format!("{} was after, {}, {}", room.name(*by), place(of_loser), place(by_place))
            }
            Fate::NotReached => "not reached".to_owned(),
            Fate::Cyclic => "cyclic".to_owned(),
            Fate::LeftOut => "left out".to_owned(),
        };
        format!("- {}: {fate}", room.name(*loser))
    });
    std::iter::once(won).chain(lost).collect()
}

fn told(room: &Room, after: &[&str]) -> Vec<String> {
    let resolution = room.merge(after);
    let stories = resolution.stories(room.pool().events(&room.version));
    let keys: Vec<_> = stories.iter().map(|story| story.key).collect();
    let contested: Vec<_> = resolution.contested().iter().map(|(key, _)| *key).collect();
    assert_eq!(keys, contested);
    stories.iter().flat_map(|story| lines(room, story)).collect()
}

/// Bob, who may change the topic, is banned on one branch and changes it on another.
fn bob_is_banned(version: RoomVersion) -> Room {
    let mut room = Room::public(version);
    room.send("bob-joins", &["public"], join(BOB));
    room.send("power", &["bob-joins"], levels(ALICE, &[(ALICE, 100), (BOB, 50)]));
    room.send("topic-1", &["power"], topic(ALICE, "Winter"));
    room.send("topic-2", &["topic-1"], topic(ALICE, "Spring"));
    room.send("ban", &["topic-2"], member(ALICE, BOB, "ban"));
    room.send("topic-3", &["topic-1"], topic(BOB, "Autumn"));
    room
}

const BRANCHES: [&str; 3] = ["topic-1", "ban", "topic-3"];

#[test]
fn a_story_says_what_replaced_what_and_what_was_not_allowed() {
    assert_eq!(
        told(&bob_is_banned(version(11)), &BRANCHES),
        [
            "m.room.member: ban by ban-allowed, power 1 at 80",
            "- bob-joins: ban was after, power 0 at 40, power 1 at 80",
            "m.room.topic: topic-2 by otherwise, mainline 1 at 70",
            "- topic-1: topic-2 was after, mainline 0 at 60, mainline 1 at 70",
            "- topic-3: not by sender-not-joined, mainline 2 at 90"
        ]
    );
}

#[test]
fn a_story_of_v1_says_what_was_not_reached() {
    assert_eq!(
        told(&bob_is_banned(version(1)), &BRANCHES),
        [
            "m.room.member: ban by ban-allowed, no place",
            "- bob-joins: ban was after, no place, no place",
            "m.room.topic: topic-2 by otherwise, no place",
            "- topic-3: not by sender-not-joined, no place",
            "- topic-1: not reached"
        ]
    );
}

#[test]
fn a_story_of_v1_says_what_won_unchecked_or_as_the_lowest() {
    let mut room = Room::public(read_as(version(1), "v1_failed", "lowest"));
    room.send("bob-joins", &["public"], join(BOB));
    room.send("power", &["bob-joins"], levels(ALICE, &[(ALICE, 100), (BOB, 50)]));
    room.send("topic-1", &["power"], topic(BOB, "Winter"));
    room.send("topic-2", &["topic-1"], topic(BOB, "Spring"));
    room.send("invite-only", &["topic-2"], rule(BOB, "invite"));
    room.send("ban", &["power"], member(ALICE, BOB, "ban"));
    room.send("carol-joins", &["power"], join(CAROL));
    assert_eq!(
        told(&room, &["ban", "topic-1", "invite-only", "carol-joins"]),
        [
            "m.room.join_rules: public by unchecked, no place",
            "- invite-only: not by sender-not-joined, no place",
            "m.room.member: ban by ban-allowed, no place",
            "- bob-joins: ban was after, no place, no place",
            "m.room.topic: topic-1 by sender-not-joined, no place",
            "- topic-2: not by sender-not-joined, no place",
            "m.room.member: carol-joins by unchecked, no place"
        ]
    );
}

#[test]
fn a_story_says_what_was_left_out() {
    let mut room = Room::public(read_as(version(11), "rejected_in_resolution", "left_out"));
    room.send("topic-1", &["public"], topic(ALICE, "Winter"));
    room.send_rejected_into_state("topic-2", &["public"], topic(BOB, "Spring").forged());
    assert_eq!(
        told(&room, &["topic-1", "topic-2"]),
        ["m.room.topic: topic-1 by otherwise, mainline 0 at 40", "- topic-2: left out"]
    );
}
