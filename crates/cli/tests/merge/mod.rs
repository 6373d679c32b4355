//! Small rooms whose branches meet, as questions which state wins.

#![allow(dead_code, reason = "every test file uses another part of it")]

use exeunt_version::{Creator, RoomVersion};
use serde_json::{Value, json};

use crate::sample::{ALICE, BOB, Room};

pub(crate) const CAROL: &str = "@carol:c.example";

/// A room to which events are added wherever one likes.
pub(crate) struct Merge {
    pub(crate) room: Room,
}

impl Merge {
    /// With the create event, Alice's join, the power levels and the public join rule at places 0
    /// to 3.
    pub(crate) fn new(version: &str) -> Self {
        Self { room: Room::new(version) }
    }

    pub(crate) fn of(version: RoomVersion) -> Self {
        Self { room: Room::of(version) }
    }

    /// Adds a state event after the events at some places, which cites those at others. Its place.
    pub(crate) fn send(
        &mut self,
        sender: &str,
        (event_type, state_key): (&str, &str),
        content: &Value,
        (after, cited): (&[usize], &[usize]),
    ) -> usize {
        let mut pdu = self.room.pdu(sender, event_type, Some(state_key), content, cited);
        let prev = after.iter().map(|at| self.room.refer(&self.room.ids[*at]));
        pdu["prev_events"] = prev.collect();
        self.room.push(&pdu);
        self.room.ids.len() - 1
    }

    pub(crate) fn member(
        &mut self,
        sender: &str,
        target: &str,
        membership: &str,
        around: (&[usize], &[usize]),
    ) -> usize {
        let content = json!({ "membership": membership });
        self.send(sender, ("m.room.member", target), &content, around)
    }

    pub(crate) fn join_rule(
        &mut self,
        sender: &str,
        rule: &str,
        around: (&[usize], &[usize]),
    ) -> usize {
        self.send(sender, ("m.room.join_rules", ""), &json!({ "join_rule": rule }), around)
    }

    pub(crate) fn topic(
        &mut self,
        sender: &str,
        topic: &str,
        around: (&[usize], &[usize]),
    ) -> usize {
        self.send(sender, ("m.room.topic", ""), &json!({ "topic": topic }), around)
    }

    /// Power levels of these users beside Alice's 100.
    pub(crate) fn levels(
        &mut self,
        sender: &str,
        users: &[(&str, i64)],
        around: (&[usize], &[usize]),
    ) -> usize {
        let mut levels = json!({ "users": {}, "users_default": 0 });
        if self.room.version.capabilities.creator != Creator::Privileged {
            levels["users"][ALICE] = json!(100);
        }
        for (user, level) in users {
            levels["users"][*user] = json!(level);
        }
        self.send(sender, ("m.room.power_levels", ""), &levels, around)
    }

    /// The IDs of the events at some places, sorted.
    pub(crate) fn ids(&self, places: &[usize]) -> Vec<&str> {
        let mut ids: Vec<_> = places.iter().map(|at| &*self.room.ids[*at]).collect();
        ids.sort_unstable();
        ids
    }

    /// The question which state wins.
    pub(crate) fn question(&self, sets: &[&[usize]]) -> Value {
        let sets: Vec<_> = sets.iter().map(|set| self.ids(set)).collect();
        json!({ "id": 0, "op": "resolve", "room_version": self.room.version.id(),
            "state_sets": sets, "events": self.room.pool() })
    }
}

/// Alice bans Carol while Carol leaves. The ban is at place 5.
pub(crate) fn ban_beside_a_leave(version: &str) -> (Merge, Value) {
    let mut merge = Merge::new(version);
    merge.member(CAROL, CAROL, "join", (&[3], &[0, 2, 3]));
    merge.member(ALICE, CAROL, "ban", (&[4], &[0, 1, 2, 4]));
    merge.member(CAROL, CAROL, "leave", (&[4], &[0, 2, 4]));
    let question = merge.question(&[&[0, 1, 2, 3, 5], &[0, 1, 2, 3, 6]]);
    (merge, question)
}

/// MSC4297, problem A: Alice made the room invite-only (place 4) and left. Somebody has the same
/// state, but for the outdated join rule.
pub(crate) fn problem_a(version: &str) -> (Merge, Value) {
    let mut merge = Merge::new(version);
    merge.join_rule(ALICE, "invite", (&[3], &[0, 1, 2]));
    merge.member(ALICE, ALICE, "leave", (&[4], &[0, 1, 2]));
    let question = merge.question(&[&[0, 5, 2, 4], &[0, 5, 2, 3]]);
    (merge, question)
}

/// MSC4297, problem B: Alice gave Bob power (place 5); he set a topic and gave Carol power (place
/// 7). Somebody has the same state, topic and all, but for the first power levels.
pub(crate) fn problem_b(version: &str) -> (Merge, Value) {
    let mut merge = Merge::new(version);
    merge.member(BOB, BOB, "join", (&[3], &[0, 2, 3]));
    merge.levels(ALICE, &[(BOB, 50)], (&[4], &[0, 1, 2]));
    merge.topic(BOB, "Winter", (&[5], &[0, 4, 5]));
    merge.levels(BOB, &[(BOB, 50), (CAROL, 50)], (&[6], &[0, 4, 5]));
    let question = merge.question(&[&[0, 1, 3, 4, 6, 7], &[0, 1, 2, 3, 4, 6]]);
    (merge, question)
}

/// Alice and Bob have the same power. She makes the room invite-only (place 6) while he opens it to
/// knocks (place 7), and a moment later.
pub(crate) fn equal_admins(version: &str) -> (Merge, Value) {
    let mut merge = Merge::new(version);
    merge.member(BOB, BOB, "join", (&[3], &[0, 2, 3]));
    merge.levels(ALICE, &[(BOB, 100)], (&[4], &[0, 1, 2]));
    merge.join_rule(ALICE, "invite", (&[5], &[0, 1, 5]));
    merge.join_rule(BOB, "knock", (&[5], &[0, 4, 5]));
    let question = merge.question(&[&[0, 1, 4, 5, 6], &[0, 1, 4, 5, 7]]);
    (merge, question)
}

/// Bob set two topics (places 6 and 7) at once, and has left since.
pub(crate) fn topics_of_who_has_left(version: &str) -> (Merge, Value) {
    let mut merge = Merge::new(version);
    merge.member(BOB, BOB, "join", (&[3], &[0, 2, 3]));
    merge.levels(ALICE, &[(BOB, 50)], (&[4], &[0, 1, 2]));
    merge.topic(BOB, "Winter", (&[5], &[0, 4, 5]));
    merge.topic(BOB, "Spring", (&[5], &[0, 4, 5]));
    merge.member(BOB, BOB, "leave", (&[6, 7], &[0, 4, 5]));
    let question = merge.question(&[&[0, 1, 3, 5, 6, 8], &[0, 1, 3, 5, 7, 8]]);
    (merge, question)
}
