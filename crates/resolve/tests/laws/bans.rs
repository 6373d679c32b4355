//! R12 and R13: what takes somebody's power away beats what they do at the same time.

use exeunt_auth::{Power, State as _, power};
use exeunt_event::content::{Content, Membership};
use exeunt_event::{Event, EventType};
use exeunt_forks::{Fork, Mood, forks};
use exeunt_regressions::proptest::prelude::*;
use exeunt_regressions::proptest::strategy::ValueTree;
use exeunt_regressions::proptest::test_runner::{TestRng, TestRunner};
use exeunt_resolve::StateSet;
use exeunt_version::RoomVersion;
use serde_json::{Value as Json, json};

use crate::room::*;

/// A room as some fork left it, and what two users do in it at the same time.
#[derive(Clone, Debug)]
struct Meeting {
    fork: Fork,
    /// Which two users, of the pairs of which one may.
    pair: usize,
    /// What the weaker one does.
    acts: Vec<(u8, i8)>,
}

fn meetings(version: &RoomVersion) -> impl Strategy<Value = Meeting> + use<> {
    let acts = prop::collection::vec((0..10_u8, -9..10_i8), 1..4);
    (forks(version, Mood::Honest), any::<usize>(), acts).prop_map(|(fork, pair, acts)| Meeting {
        fork,
        pair,
        acts,
    })
}

/// What the stronger one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Ban,
    Kick,
    Demotion,
}

/// What came of a meeting.
struct Outcome {
    room: Room,
    /// What the weaker user did.
    acts: Vec<String>,
    resolved: StateSet,
}

impl Meeting {
    /// `None` if nobody may take the measure against anybody who may do anything.
    fn play(&self, measure: Measure) -> Option<Outcome> {
        let mut room = Room::of(&self.fork);
        let start = room.pool().state(&self.fork.state_sets[0]).unwrap();
        let now = self.fork.events.iter().map(Event::origin_server_ts).max().unwrap() + 100;
        let pairs = pairs(&room, &start);
        let (strong, weak) = pairs.get(self.pair % pairs.len().max(1))?;
        let draft = match measure {
            Measure::Ban => member(strong, weak, "ban"),
            Measure::Kick => member(strong, weak, "leave"),
            Measure::Demotion => {
                let mut content = content(&room, &start)?;
                content["users"][weak] = json!(content["users_default"].as_i64().unwrap_or(0));
                state(strong, "m.room.power_levels", "", content)
            }
        };
        let draft = draft.at(now);
        if !room.may_send_in(&[], &start, &draft) {
            return None;
        }
        room.send_in("measure", &[], start.clone(), draft);
        let measured = room.after("measure");
        let left = power(&room.version, room.entries(&measured), weak);
        if measure == Measure::Demotion && left >= power(&room.version, room.entries(&start), weak)
        {
            return None;
        }
        let mut branch = start.clone();
        let mut acts = Vec::new();
        for (at, (kind, time)) in self.acts.iter().enumerate() {
            let name = format!("act-{at}");
            let Some(draft) = act(&room, &branch, weak, strong, *kind) else { continue };
            let draft = draft.at(now + i64::from(*time));
            if room.may_send_in(&[], &branch, &draft) {
                room.send_in(&name, &[], branch, draft);
                branch = room.after(&name);
                acts.push(name);
            }
        }
        if acts.is_empty() {
            return None;
        }
        let resolved = room.resolve(&[measured, branch]).state();
        Some(Outcome { room, acts, resolved })
    }
}

impl Outcome {
    fn is_entry(&self, name: &str) -> bool {
        let number = self.room.number(name);
        self.resolved.iter().any(|(_, entry)| entry == number)
    }

    fn is_power_event(&self, name: &str) -> bool {
        let event = self.room.event(name);
        match event.event_type() {
            EventType::PowerLevels | EventType::JoinRules => true,
            EventType::Member => event.state_key() != Some(event.sender().as_str()),
            _ => false,
        }
    }

    /// What the weaker user did, other than by power events, that the resolved state has, though it
    /// would not be allowed after the measure.
    fn survivors(&self) -> Vec<&str> {
        let survives = |name: &&String| {
            !self.is_power_event(name)
                && self.is_entry(name)
                && !self.room.is_allowed_in(&self.room.after("measure"), name)
        };
        self.acts.iter().filter(survives).map(String::as_str).collect()
    }
}

/// The joined users of whom one has more power than the other.
fn pairs(room: &Room, state: &StateSet) -> Vec<(String, String)> {
    let entries = room.entries(state);
    let joined: Vec<(String, Power)> = entries
        .0
        .iter()
        .filter(|event| matches!(event.content(), Content::Member(member) if member.membership == Some(Membership::Join)))
        .filter_map(|event| {
            let user = event.state_key()?;
            Some((user.to_owned(), power(&room.version, entries.clone(), user)))
        })
        .collect();
    let mut pairs = Vec::new();
    for (strong, more) in &joined {
        for (weak, less) in &joined {
            if more > less {
                pairs.push((strong.clone(), weak.clone()));
            }
        }
    }
    pairs
}

/// The content of the power levels.
fn content(room: &Room, state: &StateSet) -> Option<Json> {
    let levels = room.entries(state).entry(&EventType::PowerLevels, "")?;
    let event: Json = serde_json::from_str(levels.text()).unwrap();
    Some(event["content"].clone())
}

fn act(room: &Room, branch: &StateSet, user: &str, strong: &str, kind: u8) -> Option<Draft> {
    let own = || power(&room.version, room.entries(branch), user);
    let raised = |key: &str| {
        let mut content = content(room, branch)?;
        let Power::Level(level) = own() else { return None };
        content[key] = json!(level);
        Some(state(user, "m.room.power_levels", "", content))
    };
    let others = room.entries(branch);
    let mut others = others.0.iter().filter_map(|event| {
        let is_member = *event.event_type() == EventType::Member;
        event.state_key().filter(|key| is_member && *key != user && *key != strong)
    });
    Some(match kind {
        0 => join(user).saying("displayname", "Antigonus"),
        1 => leave(user),
        2 => topic(user, "Winter"),
        3 => rule(user, "public"),
        4 => rule(user, "invite"),
        5 => raised("ban")?,
        6 => raised("events_default")?,
        7 => member(user, others.next()?, "leave"),
        8 => member(user, others.next()?, "ban"),
        _ => member(user, "@perdita:one.example", "invite"),
    })
}

fn any_meeting() -> impl Strategy<Value = Meeting> {
    let since_v2: Vec<_> = RoomVersion::all().skip(1).collect();
    prop::sample::select(since_v2).prop_flat_map(|version| meetings(&version))
}

proptest! {
    #![proptest_config(exeunt_regressions::config!())]

    #[test]
    fn r12_a_ban_by_somebody_more_powerful_stays(meeting in any_meeting()) {
        if let Some(outcome) = meeting.play(Measure::Ban) {
            prop_assert!(outcome.is_entry("measure"));
            prop_assert_eq!(outcome.survivors(), Vec::<&str>::new());
        }
    }

    #[test]
    fn r13_a_demotion_by_somebody_more_powerful_stays(meeting in any_meeting()) {
        if let Some(outcome) = meeting.play(Measure::Demotion) {
            prop_assert!(outcome.is_entry("measure"));
            prop_assert_eq!(outcome.survivors(), Vec::<&str>::new());
        }
    }
}

/// Whether some meeting in that version ends in such a way; the same are tried in every run.
fn is_found(number: u8, measure: Measure, ends: impl Fn(&Outcome) -> bool) -> bool {
    let config = exeunt_regressions::config!();
    let rng = TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let strategy = meetings(&version(number));
    (0..2_000).any(|_| {
        let meeting = strategy.new_tree(&mut runner).unwrap().current();
        meeting.play(measure).is_some_and(|outcome| ends(&outcome))
    })
}

#[test]
fn r12_a_ban_need_not_stay_in_version_1() {
    assert!(is_found(1, Measure::Ban, |outcome| !outcome.is_entry("measure")));
    assert!(is_found(1, Measure::Ban, |outcome| !outcome.survivors().is_empty()));
}

#[test]
fn r12_a_kick_need_not_stay() {
    for number in [1, 2, 11, 12] {
        assert!(is_found(number, Measure::Kick, |outcome| !outcome.is_entry("measure")));
    }
}

#[test]
fn r13_a_demotion_need_not_stay_in_version_1() {
    assert!(is_found(1, Measure::Demotion, |outcome| !outcome.is_entry("measure")));
}

#[test]
fn r12_in_version_1_nothing_that_one_state_has_alone_is_checked() {
    let mut room = Room::public(version(1));
    room.send("bob-joins", &["public"], join(BOB));
    room.send("moderator", &["bob-joins"], levels(ALICE, &[(ALICE, 100), (BOB, 50)]));
    room.send("ban", &["moderator"], member(ALICE, BOB, "ban"));
    room.send("topic", &["moderator"], topic(BOB, "Winter"));
    assert_eq!(
        room.tell(&room.merge(&["ban", "topic"])),
        [
            "members: bob-joins depth 5: first",
            "members: ban depth 7: allowed by ban-allowed",
            "member Bob is ban",
            "topic is topic"
        ]
    );
}

// Between equals, here Bob and himself, the earlier wins.

fn resignation_beside_a_join_rule(number: u8, rule_at: i64) -> Vec<String> {
    let mut room = Room::public(version(number));
    room.send("bob-joins", &["public"], join(BOB));
    room.send("moderator", &["bob-joins"], levels(ALICE, &[(ALICE, 100), (BOB, 50)]));
    room.send("resigns", &["moderator"], levels(BOB, &[(ALICE, 100), (BOB, 0)]).at(70));
    room.send("invite-only", &["moderator"], rule(BOB, "invite").at(rule_at));
    room.tell(&room.merge(&["resigns", "invite-only"]))
}

#[test]
fn r13_between_equals_the_times_decide() {
    for number in 2..=11 {
        assert_eq!(
            resignation_beside_a_join_rule(number, 60),
            [
                "conflicted: public moderator resigns invite-only",
                "power: public by 100 at 30: allowed by otherwise",
                "power: moderator by 100 at 50: allowed by power-levels-allowed",
                "power: invite-only by 50 at 60: allowed by otherwise",
                "power: resigns by 50 at 70: allowed by power-levels-allowed",
                "mainline: resigns moderator levels",
                "power_levels is resigns",
                "join_rules is invite-only"
            ]
        );
        assert_eq!(
            resignation_beside_a_join_rule(number, 80),
            [
                "conflicted: public moderator resigns invite-only",
                "power: public by 100 at 30: allowed by otherwise",
                "power: moderator by 100 at 50: allowed by power-levels-allowed",
                "power: resigns by 50 at 70: allowed by power-levels-allowed",
                "power: invite-only by 50 at 80: rejected by required-power-level: `events.m.room.join_rules` is 50, and Bob has 0",
                "mainline: resigns moderator levels",
                "power_levels is resigns",
                "join_rules is public"
            ]
        );
    }
    assert_eq!(
        resignation_beside_a_join_rule(12, 60),
        [
            "conflicted: public moderator resigns invite-only",
            "subgraph: public bob-joins moderator resigns invite-only",
            "power: public by infinite at 30: allowed by otherwise",
            "power: moderator by infinite at 50: allowed by power-levels-allowed",
            "power: bob-joins by 0 at 40: allowed by join-public",
            "power: invite-only by 50 at 60: allowed by otherwise",
            "power: resigns by 50 at 70: allowed by power-levels-allowed",
            "mainline: resigns moderator levels",
            "power_levels is resigns",
            "join_rules is invite-only"
        ]
    );
    assert_eq!(
        resignation_beside_a_join_rule(12, 80),
        [
            "conflicted: public moderator resigns invite-only",
            "subgraph: public bob-joins moderator resigns invite-only",
            "power: public by infinite at 30: allowed by otherwise",
            "power: moderator by infinite at 50: allowed by power-levels-allowed",
            "power: bob-joins by 0 at 40: allowed by join-public",
            "power: resigns by 50 at 70: allowed by power-levels-allowed",
            "power: invite-only by 50 at 80: rejected by required-power-level: `events.m.room.join_rules` is 50, and Bob has 0",
            "mainline: resigns moderator levels",
            "power_levels is resigns",
            "join_rules is public"
        ]
    );
}
