//! Receiving rooms, event by event: how fast, and how much memory they take.
//!
//! Each case runs in a process of its own, whose memory the kernel measures: what is resident, and
//! the most that ever was. Events are made a thousand at a time and forgotten; only receiving them
//! counts, by the time that the process was on a processor.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a benchmark: it prints numbers, and may stop"
)]

use std::env;
use std::fs;
use std::process::Command;
use std::time::Duration;

use exeunt_benches::{key, object, version};
use exeunt_event::base64;
use exeunt_event::hashes::content_hash;
use exeunt_event::json::Object;
use exeunt_event::signatures::{Keys, PublishedKey, hash_and_sign};
use exeunt_event::{Event, EventId};
use exeunt_room::{Context, Input, Outcome, Room, Standing};
use exeunt_version::{LenientNumbers, RoomVersion};
use serde_json::{Value as Json, json};

const SERVER: &str = "one.example";
const ROOM: &str = "!room:one.example";
/// How many events are made at a time.
const BLOCK: usize = 1_000;

/// A room to receive.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    /// How many members join before anything is measured; they are the room state, give or take.
    members: usize,
    /// How many events are measured.
    events: usize,
    /// Every how many events there is a state event; 0: never.
    state_every: usize,
    /// How many branches there are, merged again after some events each.
    branches: usize,
    keys: bool,
    /// Whether each event gives a new room, with the last one kept until then.
    receive: bool,
}

const CASES: &[Case] = &[
    Case { name: "linear/100k", members: 100, events: 100_000, ..LINEAR },
    Case { name: "linear/1M", members: 100, events: 1_000_000, ..LINEAR },
    Case { name: "linear/100k/keys", members: 100, events: 100_000, keys: true, ..LINEAR },
    Case { name: "linear/100k/receive", members: 100, events: 100_000, receive: true, ..LINEAR },
    Case { name: "forked/10k", members: 100, events: 10_000, branches: 3, ..LINEAR },
    Case { name: "forked/100k", members: 100, events: 100_000, branches: 3, ..LINEAR },
    Case { name: "state/100k", members: 10_000, events: 100_000, state_every: 1, ..LINEAR },
    Case { name: "messages/1M", members: 10_000, events: 1_000_000, state_every: 0, ..LINEAR },
];

const LINEAR: Case = Case {
    name: "",
    members: 100,
    events: 0,
    state_every: 10,
    branches: 1,
    keys: false,
    receive: false,
};

/// How many events each branch has before they are merged.
const BRANCH: usize = 20;

/// Somebody who makes events.
struct Maker {
    version: RoomVersion,
    is_signing: bool,
    create: EventId,
    power_levels: EventId,
    join_rules: EventId,
    members: Vec<EventId>,
    made: usize,
    random: u64,
    json: usize,
}

fn user(number: usize) -> String {
    format!("@user-{number}:{SERVER}")
}

impl Maker {
    fn new(is_signing: bool) -> Self {
        let none = EventId::from_received("");
        Self {
            version: version(),
            is_signing,
            create: none.clone(),
            power_levels: none.clone(),
            join_rules: none,
            members: Vec::new(),
            made: 0,
            random: 1,
            json: 0,
        }
    }

    /// A number below: the same ones in every run.
    fn below(&mut self, bound: usize) -> usize {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.random >> 33).unwrap() % bound
    }

    fn make(
        &mut self,
        (event_type, state_key): (&str, Option<&str>),
        sender: &str,
        content: impl Into<Json>,
        cited: &[&EventId],
        prev: &[EventId],
    ) -> (Vec<u8>, EventId) {
        self.made += 1;
        let mut pdu = json!({
            "auth_events": cited.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            "content": content.into(),
            "depth": self.made,
            "hashes": {},
            "origin_server_ts": 1_700_000_000_000_usize + self.made,
            "prev_events": prev.iter().map(EventId::as_str).collect::<Vec<_>>(),
            "room_id": ROOM,
            "sender": sender,
            "signatures": {},
            "type": event_type,
        });
        if let Some(key) = state_key {
            pdu["state_key"] = json!(key);
        }
        let text = pdu.to_string();
        let mut object = object(&text);
        if self.is_signing {
            hash_and_sign(&mut object, &key(SERVER), &self.version);
        } else {
            let hash = base64::encode(content_hash(&object, &self.version));
            object.insert("hashes", Object::from_iter([("sha256", hash)]));
            // As long as it would be with a signature.
            let signature = "A".repeat(86);
            let of_server = Object::from_iter([("ed25519:1", signature)]);
            object.insert("signatures", Object::from_iter([(SERVER, of_server)]));
        }
        let pdu = object.to_canonical(LenientNumbers::Value).into_bytes();
        let id = Event::parse(&pdu, &self.version).unwrap().event_id().clone();
        self.json += pdu.len();
        (pdu, id)
    }

    /// A public room of so many members.
    fn set_up(&mut self, members: usize, take: &mut dyn FnMut(Vec<Vec<u8>>)) -> EventId {
        let creator = user(0);
        let (pdu, id) = self.make(
            ("m.room.create", Some("")),
            &creator,
            json!({ "room_version": "11" }),
            &[],
            &[],
        );
        self.create = id.clone();
        let mut last = id;
        let mut pdus = vec![pdu];
        let create = self.create.clone();
        let joined = json!({ "membership": "join" });
        let (pdu, id) =
            self.make(("m.room.member", Some(&creator)), &creator, joined, &[&create], &[last]);
        pdus.push(pdu);
        self.members.push(id.clone());
        last = id.clone();
        let mut users = serde_json::Map::new();
        for number in 0..20 {
            users.insert(user(number), json!(if number == 0 { 100 } else { 50 }));
        }
        let levels = json!({ "users": users, "state_default": 0 });
        let (pdu, levels) = self.make(
            ("m.room.power_levels", Some("")),
            &creator,
            levels,
            &[&create, &id],
            &[last],
        );
        pdus.push(pdu);
        self.power_levels = levels.clone();
        let (pdu, rule) = self.make(
            ("m.room.join_rules", Some("")),
            &creator,
            json!({ "join_rule": "public" }),
            &[&create, &levels, &id],
            std::slice::from_ref(&levels),
        );
        pdus.push(pdu);
        self.join_rules = rule.clone();
        last = rule;
        for number in 1..members {
            let (pdu, id) = self.join(number, &[last]);
            pdus.push(pdu);
            self.members.push(id.clone());
            last = id;
        }
        take(pdus);
        last
    }

    /// A join, or a new display name of somebody who has joined.
    fn join(&mut self, number: usize, prev: &[EventId]) -> (Vec<u8>, EventId) {
        let user = user(number);
        let content = json!({
            "displayname": format!("User {number}, {}", self.made),
            "membership": "join",
        });
        let (create, levels) = (self.create.clone(), self.power_levels.clone());
        let (rules, member) = (self.join_rules.clone(), self.members.get(number).cloned());
        let mut cited = vec![&create, &levels, &rules];
        cited.extend(&member);
        self.make(("m.room.member", Some(&user)), &user, content, &cited, prev)
    }

    fn message(&mut self, number: usize, prev: &[EventId]) -> (Vec<u8>, EventId) {
        let content = json!({ "body": "Exeunt, pursued by a bear", "msgtype": "m.text" });
        let (create, levels) = (self.create.clone(), self.power_levels.clone());
        let member = self.members[number].clone();
        let cited = [&create, &levels, &member];
        self.make(("m.room.message", None), &user(number), content, &cited, prev)
    }

    /// One of as many other state events as there are members.
    fn state(&mut self, number: usize, key: usize, prev: &[EventId]) -> (Vec<u8>, EventId) {
        let content = json!({ "value": format!("said by {number} at {}", self.made) });
        let (create, levels) = (self.create.clone(), self.power_levels.clone());
        let member = self.members[number].clone();
        let cited = [&create, &levels, &member];
        let key = format!("key {key}");
        let what = ("org.example.state", Some(&*key));
        self.make(what, &user(number), content, &cited, prev)
    }

    /// The next events of a branch.
    fn next(&mut self, case: Case, at: usize, prev: &[EventId]) -> (Vec<u8>, EventId) {
        let number = self.below(self.members.len());
        if case.state_every == 0 || !at.is_multiple_of(case.state_every) {
            return self.message(number, prev);
        }
        if case.branches > 1 {
            // Both the same keys as on the other branches and their own.
            let key = self.below(50);
            return self.state(number, key, prev);
        }
        let (pdu, id) = self.join(number, prev);
        self.members[number] = id.clone();
        (pdu, id)
    }
}

/// A line of `/proc/self/status`, in bytes.
fn memory(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    kilobytes.unwrap_or(0.0) * 1_024.0
}

/// How long this process, which has one thread, has been on a processor.
fn on_processor() -> Duration {
    let schedstat = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = schedstat.split_whitespace().next().and_then(|it| it.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

struct Run {
    room: Room,
    keys: Option<Keys>,
    receives: bool,
    elapsed: Duration,
    soft_failed: usize,
}

impl Run {
    fn take(&mut self, pdus: &[Vec<u8>]) {
        let context = Context { keys: self.keys.as_ref() };
        let start = on_processor();
        for pdu in pdus {
            let receipt = if self.receives {
                let (next, receipt) = self.room.receive(pdu, context);
                self.room = next;
                receipt
            } else {
                self.room.take(&Input::Pdu(pdu.as_slice().into()), context)
            };
            match receipt.outcome {
                Outcome::Decided(Standing::Accepted) => {}
                Outcome::Decided(Standing::SoftFailed(_)) => self.soft_failed += 1,
                other => panic!("{other:?}"),
            }
        }
        self.elapsed += on_processor().saturating_sub(start);
    }
}

fn run(case: Case) {
    let keys = case.keys.then(|| {
        let key = key(SERVER).verifying_key(version().readings.ed25519).unwrap();
        let mut keys = Keys::new();
        keys.insert(
            SERVER,
            "ed25519:1",
            PublishedKey { key, valid_until_ts: None, expired_ts: None },
        );
        keys
    });
    let mut maker = Maker::new(case.keys);
    let mut run = Run {
        room: Room::new(version()),
        keys,
        receives: case.receive,
        elapsed: Duration::ZERO,
        soft_failed: 0,
    };
    let mut last = maker.set_up(case.members, &mut |pdus| run.take(&pdus));
    let (before, set_up) = (memory("VmRSS"), maker.made);
    run.elapsed = Duration::ZERO;
    maker.json = 0;
    let mut pdus = Vec::new();
    while maker.made - set_up < case.events {
        let mut heads = vec![last.clone(); case.branches];
        let length = if case.branches > 1 { BRANCH } else { BLOCK };
        for at in 0..length {
            for head in &mut heads {
                let (pdu, id) = maker.next(case, at, std::slice::from_ref(head));
                pdus.push(pdu);
                *head = id;
            }
        }
        last = heads[0].clone();
        if case.branches > 1 {
            let (pdu, id) = maker.message(0, &heads);
            pdus.push(pdu);
            last = id;
        }
        if pdus.len() >= BLOCK {
            run.take(&std::mem::take(&mut pdus));
        }
    }
    run.take(&pdus);
    drop(pdus);
    let (events, resident) = ((maker.made - set_up) as f64, memory("VmRSS"));
    let each = (resident - before) / events;
    let json = maker.json as f64 / events;
    println!(
        "{:20} {:9.0} {:11.0} {:8.0} {:6.0} {:8.0} {:7.0} {:6} {:6}",
        case.name,
        events,
        events / run.elapsed.as_secs_f64(),
        each,
        json,
        each - json,
        memory("VmHWM") / (1024.0 * 1024.0),
        run.room.current_state().len(),
        run.soft_failed,
    );
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some(at) = arguments.iter().position(|it| it == "--case") {
        let case =
            CASES.iter().find(|case| arguments.get(at + 1).is_some_and(|it| it == case.name));
        run(*case.unwrap());
        return;
    }
    let filters: Vec<_> = arguments.iter().filter(|it| !it.starts_with('-')).collect();
    println!(
        "{:20} {:>9} {:>11} {:>8} {:>6} {:>8} {:>7} {:>6} {:>6}",
        "", "events", "a second", "bytes", "JSON", "above", "MiB", "state", "soft"
    );
    // Without `--bench` it only has to start.
    let is_bench = arguments.iter().any(|it| it == "--bench");
    let wanted =
        |case: &&Case| filters.is_empty() || filters.iter().any(|it| case.name.contains(*it));
    for case in CASES.iter().filter(wanted).filter(|case| is_bench || case.events <= 10_000) {
        let this = env::current_exe().unwrap();
        let status = Command::new(this).args(["--case", case.name]).status().unwrap();
        assert!(status.success(), "{}", case.name);
    }
}
