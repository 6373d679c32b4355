//! The authorisation rules about a given state: 10,000 members, and power levels that name 20 or
//! 1,000 of them.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark: criterion names its functions, and it may stop"
)]
#![allow(
    clippy::disallowed_types,
    reason = "the standard library's map, because that is what ruma's users have; nothing iterates over it"
)]

use std::collections::HashMap;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use exeunt_auth::{ServerSignatures, StateMap, check_state};
use exeunt_benches::{RULES, version};
use exeunt_differential::Pdu;
use exeunt_event::Event;
use exeunt_version::RoomVersion;
use ruma_events::StateEventType;
use ruma_state_res::{Event as _, check_state_dependent_auth_rules};
use serde_json::{Value as Json, json};

const MEMBERS: usize = 10_000;

/// A map for each type, so that a look-up need not build a key.
#[derive(Default)]
struct RumaState(HashMap<StateEventType, HashMap<String, Pdu>>);

impl RumaState {
    fn insert(&mut self, pdu: Pdu) {
        let event_type = pdu.event_type().to_string().into();
        let key = pdu.state_key().unwrap().to_owned();
        self.0.entry(event_type).or_default().insert(key, pdu);
    }

    fn get(&self, event_type: &StateEventType, state_key: &str) -> Option<&Pdu> {
        self.0.get(event_type)?.get(state_key)
    }
}

fn user(number: usize) -> String {
    format!("@user-{number}:server-{}.example.org", number % 97)
}

/// A room on both sides.
struct Room {
    version: RoomVersion,
    ours: StateMap,
    theirs: RumaState,
}

fn pdu(event_type: &str, state_key: Option<&str>, sender: &str, content: &Json) -> Json {
    let mut pdu = json!({
        "auth_events": [],
        "content": content,
        "depth": 7,
        "hashes": { "sha256": "A".repeat(43) },
        "origin_server_ts": 1_700_000_000_000_i64,
        "prev_events": [format!("${:A>43}", 1), format!("${:A>43}", 2)],
        "room_id": "!room:server-0.example.org",
        "sender": sender,
        "signatures": {},
        "type": event_type,
    });
    if let Some(key) = state_key {
        pdu["state_key"] = json!(key);
    }
    pdu
}

fn member(target: &str, sender: &str, membership: &str) -> Json {
    pdu("m.room.member", Some(target), sender, &json!({ "membership": membership }))
}

/// User 0 has level 100, those after that 50, as far as the power levels go.
fn power_levels(named: usize) -> Json {
    let level = |number| if number == 0 { 100 } else { 50 };
    let users: serde_json::Map<_, _> =
        (0..named).map(|number| (user(number), json!(level(number)))).collect();
    json!({
        "ban": 50,
        "events": { "m.room.name": 50, "m.room.power_levels": 100, "m.room.topic": 50 },
        "events_default": 0,
        "invite": 50,
        "kick": 50,
        "redact": 50,
        "state_default": 50,
        "users": users,
        "users_default": 0,
    })
}

impl Room {
    fn new(named: usize) -> Self {
        let (version, creator) = (version(), user(0));
        let mut entries = vec![
            pdu("m.room.create", Some(""), &creator, &json!({ "room_version": "11" })),
            pdu("m.room.join_rules", Some(""), &creator, &json!({ "join_rule": "public" })),
            pdu("m.room.power_levels", Some(""), &creator, &power_levels(named)),
        ];
        entries.extend((0..MEMBERS).map(|number| {
            let user = user(number);
            member(&user, &user, "join")
        }));
        let (mut ours, mut theirs) = (StateMap::new(), RumaState::default());
        for entry in entries {
            let event = Event::parse(entry.to_string().as_bytes(), &version).unwrap();
            theirs.insert(Pdu::new(&entry, event.event_id().as_str(), false));
            ours.insert(event);
        }
        Self { version, ours, theirs }
    }

    fn exeunt(&self, event: &Event) -> bool {
        let signatures = ServerSignatures::Satisfied;
        check_state(&self.version, black_box(event), &self.ours, signatures).is_allowed()
    }

    fn ruma(&self, event: &Pdu) -> bool {
        let rules = &RULES.authorization;
        check_state_dependent_auth_rules(rules, black_box(event), |event_type, state_key| {
            self.theirs.get(event_type, state_key)
        })
        .is_ok()
    }
}

fn auth(criterion: &mut Criterion) {
    for named in [20, 1_000] {
        let room = Room::new(named);
        let (admin, moderator, new) = (user(0), user(named - 1), "@new:server-98.example.org");
        let mut levels = power_levels(named);
        levels["users"][user(7_000)] = json!(50);
        let questions = [
            ("self_leave", member(&user(5_000), &user(5_000), "leave")),
            ("join", member(new, new, "join")),
            ("invite", member(new, &moderator, "invite")),
            ("kick", member(&user(6_000), &moderator, "leave")),
            ("ban", member(&user(6_000), &moderator, "ban")),
            ("power_levels", pdu("m.room.power_levels", Some(""), &admin, &levels)),
            ("message", pdu("m.room.message", None, &user(8_000), &json!({ "body": "Exeunt" }))),
        ];
        for (name, question) in questions {
            let event = Event::parse(question.to_string().as_bytes(), &room.version).unwrap();
            let pdu = Pdu::new(&question, event.event_id().as_str(), false);
            assert!(room.exeunt(&event) && room.ruma(&pdu), "{name}");
            let mut group = criterion.benchmark_group(format!("auth/{name}/{named}"));
            group.bench_function("exeunt", |b| b.iter(|| room.exeunt(&event)));
            group.bench_function("ruma", |b| b.iter(|| room.ruma(&pdu)));
            group.finish();
        }
    }
}

criterion_group! {
    name = benches;
    config = exeunt_benches::criterion();
    targets = auth
}
criterion_main!(benches);
