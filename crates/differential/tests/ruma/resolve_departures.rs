//! For each reading that resolution by ruma needs, and each class of forks that it resolves
//! otherwise than the text, the smallest fork that shows it.
//!
//! `docs/DIVERGENCES.md` has the sentence of the text that settles it.

use std::collections::BTreeMap;

use exeunt_event::{Event, EventId};
use exeunt_forks::Fork;
use exeunt_version::{
    EventIds, OwnAuthChain, PowerEventChain, PowerEvents, Readings, RejectedInResolution, RoomIds,
    RoomVersion,
};
use serde_json::{Value as Json, json};

use crate::resolve::as_ruma_resolves;
use crate::resolve_explain::{Departure, explanation};
use crate::resolve_peer::{Entries, Theirs, ours, theirs};
use crate::scene::{ALICE, BOB, CAROL};

/// A room in the making. Its events have names.
struct Story {
    fork: Fork,
    ids: BTreeMap<&'static str, EventId>,
    /// The time of the next event.
    time: i64,
}

impl Story {
    /// Alice has created a public room and joined it: `create`, `alice`, `rules`.
    fn new(version: &str) -> Self {
        let version = RoomVersion::specified(version).unwrap();
        let fork =
            Fork { version, events: Vec::new(), rejected: Vec::new(), state_sets: Vec::new() };
        let mut story = Self { fork, ids: BTreeMap::new(), time: 0 };
        let content = json!({ "creator": ALICE, "room_version": story.fork.version.id() });
        story.send("create", ("m.room.create", ""), ALICE, &content, &[]);
        story.join("alice", ALICE, &["create"]);
        let content = json!({ "join_rule": "public" });
        story.send("rules", ("m.room.join_rules", ""), ALICE, &content, &["create", "alice"]);
        story
    }

    /// An event that cites those of the names. Names of no event are of missing ones.
    fn send(
        &mut self,
        name: &'static str,
        (event_type, state_key): (&str, &str),
        sender: &str,
        content: &Json,
        cited: &[&str],
    ) {
        self.time += 1;
        let version = &self.fork.version;
        let is_sent = version.capabilities.event_ids == EventIds::Sent;
        let is_implied = version.capabilities.room_ids == RoomIds::CreateEvent;
        let own = format!("${name}:one.example");
        let reference = |cited: &&str| {
            let id = self.ids.get(cited).map(ToString::to_string);
            let id = id.unwrap_or_else(|| if *cited == name { own.clone() } else { missing() });
            if is_sent { json!([id, {}]) } else { json!(id) }
        };
        // Where the room ID implies the create event, it is cited only if that is the point.
        let cited = cited.iter().filter(|cited| !is_implied || **cited != "create");
        let cited = cited.map(|cited| if *cited == "create!" { &"create" } else { cited });
        let mut pdu = json!({
            "type": event_type,
            "sender": sender,
            "content": content,
            "auth_events": cited.map(reference).collect::<Json>(),
            "prev_events": [],
            "depth": self.time,
            "origin_server_ts": self.time,
            "hashes": { "sha256": "A" },
            "signatures": {},
        });
        if event_type != "m.room.message" {
            pdu["state_key"] = json!(state_key);
        }
        if is_sent {
            pdu["event_id"] = json!(own);
        }
        if !is_implied {
            pdu["room_id"] = json!("!room:one.example");
        } else if event_type != "m.room.create" {
            pdu["room_id"] = json!(self.ids["create"].room().to_string());
        }
        let event = Event::parse(pdu.to_string().as_bytes(), version).unwrap();
        self.ids.insert(name, event.event_id().clone());
        self.fork.events.push(event);
    }

    fn member(
        &mut self,
        name: &'static str,
        user: &str,
        sender: &str,
        membership: &str,
        cited: &[&str],
    ) {
        let content = json!({ "membership": membership, "displayname": name });
        self.send(name, ("m.room.member", user), sender, &content, cited);
    }

    fn join(&mut self, name: &'static str, user: &str, cited: &[&str]) {
        self.member(name, user, user, "join", cited);
    }

    fn levels(&mut self, name: &'static str, content: &Json, cited: &[&str]) {
        self.send(name, ("m.room.power_levels", ""), ALICE, content, cited);
    }

    fn reject(&mut self, name: &str) {
        self.fork.rejected.push(self.ids[name].clone());
    }

    /// What the states of these events are resolved to by Exeunt, read as ruma reads the text but
    /// for what is said here, and by ruma.
    fn resolved(
        &mut self,
        states: &[&[&str]],
        own: OwnAuthChain,
        change: impl Fn(&mut Readings),
    ) -> (Vec<&'static str>, Result<Vec<&'static str>, Theirs>) {
        let state = |names: &&[&str]| names.iter().map(|name| self.ids[name].clone()).collect();
        self.fork.state_sets = states.iter().map(state).collect();
        let version = as_ruma_resolves(&self.fork.version, own);
        let mut readings = version.readings;
        change(&mut readings);
        let ours = self.names(&ours(&self.fork, &version.with_readings(readings)));
        let theirs = match theirs(&self.fork, own) {
            Theirs::State(entries) => Ok(self.names(&entries)),
            other => Err(other),
        };
        (ours, theirs)
    }

    /// The events of a state, in the order in which they were sent.
    fn names(&self, entries: &Entries) -> Vec<&'static str> {
        let sent = self.fork.events.iter().map(Event::event_id);
        let is_in_state = |id: &&EventId| entries.values().any(|entry| entry == id.as_str());
        let name = |id: &EventId| {
            let mut names = self.ids.iter().filter(|(_, known)| *known == id);
            *names.next().unwrap().0
        };
        sent.filter(is_in_state).map(name).collect()
    }

    /// Both answers, once they have been found to be explained by that class alone.
    fn departs(
        &mut self,
        departure: Departure,
        states: &[&[&str]],
    ) -> (Vec<&'static str>, Result<Vec<&'static str>, Theirs>) {
        let answers = self.resolved(states, OwnAuthChain::Excluded, |_| {});
        let agree = |fork: &Fork| crate::resolve::agree(fork, OwnAuthChain::Excluded);
        assert_eq!(explanation(&self.fork, agree), Some(vec![departure]));
        answers
    }
}

fn missing() -> String {
    format!("${}", "M".repeat(43))
}

#[test]
fn a_power_levels_event_with_a_state_key_is_a_power_event_by_the_text_alone() {
    for version in ["2", "11", "12"] {
        let mut story = Story::new(version);
        story.join("early", ALICE, &["create", "alice", "rules"]);
        story.join("late", ALICE, &["create", "alice", "rules"]);
        let odd = ("m.room.power_levels", "x");
        story.send("odd", odd, ALICE, &json!({}), &["create", "late"]);
        let states: &[&[&str]] =
            &[&["create", "rules", "early"], &["create", "rules", "late", "odd"]];
        let own = OwnAuthChain::Excluded;
        let later_wins = vec!["create", "rules", "late", "odd"];
        assert_eq!(story.resolved(states, own, |_| {}), (later_wins.clone(), Ok(later_wins)));
        // The auth chain of a power event comes before all else.
        let (ours, _) = story.resolved(states, own, |to| to.power_events = PowerEvents::Text);
        assert_eq!(ours, ["create", "rules", "early", "odd"], "{version}");
    }
}

#[test]
fn ruma_leaves_the_chain_of_a_power_event_where_it_leaves_the_conflicted_set() {
    for version in ["2", "11"] {
        let mut story = Story::new(version);
        story.levels(
            "levels",
            &json!({ "users": { ALICE: 100, CAROL: 50 } }),
            &["create", "alice"],
        );
        story.join("carol", CAROL, &["create", "levels", "rules"]);
        story.join("bob", BOB, &["create", "levels", "rules"]);
        let cited = ["create", "levels", "carol", "bob"];
        story.member("kick", BOB, CAROL, "leave", &cited);
        // By its time it is older than the join that it cites.
        story.time = 0;
        story.join("again", ALICE, &["create", "alice", "rules"]);
        let states: &[&[&str]] = &[
            &["create", "rules", "levels", "carol", "bob", "alice"],
            &["create", "rules", "levels", "carol", "kick", "again"],
        ];
        let own = OwnAuthChain::Excluded;
        let by_time = vec!["create", "alice", "rules", "levels", "carol", "kick"];
        assert_eq!(story.resolved(states, own, |_| {}), (by_time.clone(), Ok(by_time)));
        // `alice` is cited by the levels, which are not in conflict, and these by the kick.
        let whole = |to: &mut Readings| to.power_event_chain = PowerEventChain::Whole;
        let (ours, _) = story.resolved(states, own, whole);
        assert_eq!(ours, ["create", "rules", "levels", "carol", "kick", "again"], "{version}");
    }
}

#[test]
fn what_was_rejected_authorises_nothing_in_ruma() {
    for version in ["2", "11", "12"] {
        let mut story = Story::new(version);
        story.join("bob", BOB, &["create", "rules"]);
        story.member("leave", BOB, BOB, "leave", &["create", "bob"]);
        story.reject("bob");
        let states: &[&[&str]] =
            &[&["create", "rules", "alice", "bob"], &["create", "rules", "alice", "leave"]];
        let own = OwnAuthChain::Excluded;
        let stays = vec!["create", "alice", "rules", "bob"];
        assert_eq!(story.resolved(states, own, |_| {}), (stays.clone(), Ok(stays)), "{version}");
        let takes_part = |to: &mut Readings| {
            to.rejected_in_resolution = RejectedInResolution::TakesPart;
        };
        let (ours, _) = story.resolved(states, own, takes_part);
        assert_eq!(ours, ["create", "alice", "rules", "leave"], "{version}");
    }
}

#[test]
fn whether_a_state_is_in_its_own_auth_chain_is_for_the_caller_of_ruma_to_say() {
    let mut story = Story::new("12");
    story.levels("levels", &json!({ "users": {} }), &["alice"]);
    let time = story.time;
    story.time += 10;
    story.join("late", ALICE, &["alice", "rules"]);
    story.time = time;
    story.join("early", ALICE, &["levels", "late", "rules"]);
    let states: &[&[&str]] =
        &[&["create", "rules", "levels", "late"], &["create", "rules", "levels", "early"]];
    // Only one of the states has the levels in its auth chain, so that they are in the auth
    // difference and make a mainline, on which `early` is later.
    let own = OwnAuthChain::Excluded;
    let by_mainline = vec!["create", "rules", "levels", "early"];
    assert_eq!(story.resolved(states, own, |_| {}), (by_mainline.clone(), Ok(by_mainline)));
    let own = OwnAuthChain::Included;
    let by_time = vec!["create", "rules", "levels", "late"];
    assert_eq!(story.resolved(states, own, |_| {}), (by_time.clone(), Ok(by_time)));
    let (ours, _) = story.resolved(states, own, |to| to.own_auth_chain = OwnAuthChain::Excluded);
    assert_eq!(ours, ["create", "rules", "levels", "early"]);
}

#[test]
fn a_message_among_auth_events_leaves_ruma_without_an_answer() {
    let mut story = Story::new("11");
    story.send("message", ("m.room.message", ""), ALICE, &json!({}), &["create", "alice"]);
    story.join("again", ALICE, &["create", "alice", "rules", "message"]);
    let states: &[&[&str]] = &[&["create", "rules", "alice"], &["create", "rules", "again"]];
    let (ours, theirs) = story.departs(Departure::MessageCited, states);
    assert_eq!(ours, ["create", "rules", "again"]);
    assert_eq!(theirs, Err(Theirs::NoStateEvent));
}

#[test]
fn an_event_with_a_missing_auth_event_is_left_out_by_ruma() {
    let mut story = Story::new("11");
    story.join("again", ALICE, &["create", "missing", "alice", "rules"]);
    let states: &[&[&str]] = &[&["create", "rules", "alice"], &["create", "rules", "again"]];
    let (ours, theirs) = story.departs(Departure::MissingCited, states);
    assert_eq!(ours, ["create", "rules", "again"]);
    assert_eq!(theirs.unwrap(), ["create", "alice", "rules"]);
}

#[test]
fn a_mainline_with_a_missing_auth_event_leaves_ruma_without_an_answer() {
    let mut story = Story::new("11");
    story.levels("levels", &json!({ "users": { ALICE: 100 } }), &["create", "alice", "missing"]);
    story.join("again", ALICE, &["create", "levels", "alice", "rules"]);
    let states: &[&[&str]] =
        &[&["create", "rules", "levels", "alice"], &["create", "rules", "levels", "again"]];
    let (ours, theirs) = story.departs(Departure::MissingCited, states);
    assert_eq!(ours, ["create", "rules", "levels", "again"]);
    assert_eq!(theirs, Err(Theirs::Missing));
}

#[test]
fn a_power_event_that_cites_itself_is_looked_at_after_all_others_by_ruma() {
    let mut story = Story::new("2");
    story.join("bob", BOB, &["create", "rules"]);
    story.member("kick", BOB, ALICE, "leave", &["create", "alice", "bob", "kick"]);
    let states: &[&[&str]] =
        &[&["create", "rules", "alice", "bob"], &["create", "rules", "alice", "kick"]];
    let (ours, theirs) = story.departs(Departure::Cycle, states);
    assert_eq!(ours, ["create", "alice", "rules", "bob"]);
    assert_eq!(theirs.unwrap(), ["create", "alice", "rules", "kick"]);
}

#[test]
fn power_levels_that_cite_themselves_have_a_mainline_without_end_in_ruma() {
    let mut story = Story::new("2");
    story.levels("levels", &json!({ "users": { ALICE: 100 } }), &["create", "alice", "levels"]);
    story.join("again", ALICE, &["create", "levels", "alice", "rules"]);
    let states: &[&[&str]] =
        &[&["create", "rules", "levels", "alice"], &["create", "rules", "levels", "again"]];
    let (ours, theirs) = story.departs(Departure::Cycle, states);
    assert_eq!(ours, ["create", "rules", "levels", "again"]);
    assert_eq!(theirs, Err(Theirs::Endless));
}

#[test]
fn of_two_auth_events_for_one_key_ruma_takes_the_last() {
    let mut story = Story::new("11");
    let invite_only = json!({ "join_rule": "invite" });
    story.send("closed", ("m.room.join_rules", ""), ALICE, &invite_only, &["create", "alice"]);
    let cited = ["create", "alice", "closed"];
    story.member("invite", BOB, ALICE, "invite", &cited);
    story.member("leave", BOB, BOB, "leave", &["create", "invite"]);
    let cited = ["create", "closed", "invite", "leave"];
    story.join("one", BOB, &cited);
    story.join("other", BOB, &cited);
    let states: &[&[&str]] =
        &[&["create", "closed", "alice", "one"], &["create", "closed", "alice", "other"]];
    let (ours, theirs) = story.departs(Departure::TwoForOneKey, states);
    assert_eq!(ours, ["create", "alice", "closed", "other"]);
    assert_eq!(theirs.unwrap(), ["create", "alice", "closed"]);
}

/// ruma learns the creators from whichever event its hash map has first.
#[test]
fn an_event_that_cites_no_create_event_and_one_that_must_not_have_no_fixed_place_in_ruma() {
    for (version, create) in [("11", "alice"), ("12", "create!")] {
        let mut story = Story::new(version);
        let users =
            if version == "12" { json!({ CAROL: 50 }) } else { json!({ ALICE: 100, CAROL: 50 }) };
        story.levels("levels", &json!({ "users": users }), &["create", "alice"]);
        story.join("carol", CAROL, &["create", "levels", "rules"]);
        story.join("bob", BOB, &["create", "levels", "rules"]);
        // Whoever is earlier, bans are undone and kicked users banned.
        story.member(
            "ban",
            BOB,
            ALICE,
            "ban",
            &[create, "alice", "levels", "bob"][usize::from(version == "11")..],
        );
        let cited = ["create", "levels", "carol", "bob"];
        story.member("kick", BOB, CAROL, "leave", &cited);
        let common = ["create", "rules", "levels", "alice", "carol"];
        let with = |last| common.iter().copied().chain([last]).collect::<Vec<_>>();
        let (ban, kick) = (with("ban"), with("kick"));
        let states: &[&[&str]] = &[&ban, &kick];
        let mut wins = BTreeMap::<&str, usize>::new();
        for _ in 0..200 {
            let (ours, theirs) = story.resolved(states, OwnAuthChain::Excluded, |_| {});
            assert_eq!(*ours.last().unwrap(), if version == "12" { "ban" } else { "kick" });
            *wins.entry(theirs.unwrap().last().unwrap()).or_default() += 1;
        }
        assert_eq!(wins.keys().copied().collect::<Vec<_>>(), ["ban", "kick"], "{version}");
        let repaired = Departure::Creators.repaired(&story.fork).unwrap();
        for _ in 0..50 {
            assert!(crate::resolve::agree(&repaired, OwnAuthChain::Excluded), "{version}");
        }
    }
}

#[test]
fn a_rejected_create_event_of_version_12_goes_on_authorising_in_ruma() {
    let mut story = Story::new("12");
    story.join("again", ALICE, &["alice", "rules"]);
    story.reject("create");
    let states: &[&[&str]] = &[&["create", "rules", "alice"], &["create", "rules", "again"]];
    let (ours, theirs) = story.departs(Departure::RejectedCreate, states);
    assert_eq!(ours, ["create", "rules"]);
    assert_eq!(theirs.unwrap(), ["create", "rules", "again"]);
}

#[test]
fn levels_that_no_rule_would_have_let_in_close_the_room_to_ruma_or_leave_it_without_an_answer() {
    let cited = ["create", "alice", "levels"];
    let states: &[&[&str]] = &[
        &["create", "rules", "levels", "alice"],
        &["create", "rules", "levels", "alice", "topic"],
    ];
    let mut story = Story::new("11");
    story.levels("levels", &json!({ "state_default": "x", "users": { ALICE: 100 } }), &cited[..2]);
    story.send("topic", ("m.room.topic", ""), ALICE, &json!({}), &cited);
    let (ours, theirs) = story.departs(Departure::Levels, states);
    assert_eq!(ours, ["create", "alice", "rules", "levels", "topic"]);
    assert_eq!(theirs.unwrap(), ["create", "alice", "rules", "levels"]);

    let mut story = Story::new("11");
    story.levels("levels", &json!({ "users_default": "x", "users": { ALICE: 100 } }), &cited[..2]);
    story.member("kick", BOB, CAROL, "leave", &["create", "levels"]);
    let states: &[&[&str]] =
        &[&["create", "rules", "levels", "alice"], &["create", "rules", "levels", "alice", "kick"]];
    let (ours, theirs) = story.departs(Departure::Levels, states);
    assert_eq!(ours, ["create", "alice", "rules", "levels"]);
    assert_eq!(theirs, Err(Theirs::Malformed));
}

#[test]
fn a_membership_of_what_is_no_user_wins_in_exeunt_alone() {
    let mut story = Story::new("11");
    story.member("invite", "bob", ALICE, "invite", &["create", "alice"]);
    let states: &[&[&str]] =
        &[&["create", "rules", "alice"], &["create", "rules", "alice", "invite"]];
    let (ours, theirs) = story.departs(Departure::MemberStateKey, states);
    assert_eq!(ours, ["create", "alice", "rules", "invite"]);
    assert_eq!(theirs.unwrap(), ["create", "alice", "rules"]);
}

#[test]
fn a_membership_that_is_no_string_bars_what_follows_it_in_ruma_alone() {
    let mut story = Story::new("11");
    story.send("odd", ("m.room.member", BOB), BOB, &json!({ "membership": 7 }), &["create"]);
    story.member("invite", BOB, ALICE, "invite", &["create", "alice", "odd"]);
    let states: &[&[&str]] =
        &[&["create", "rules", "alice", "odd"], &["create", "rules", "alice", "invite"]];
    let (ours, theirs) = story.departs(Departure::Membership, states);
    assert_eq!(ours, ["create", "alice", "rules", "invite"]);
    assert_eq!(theirs.unwrap(), ["create", "alice", "rules"]);
}
