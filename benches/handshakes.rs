//! Handshakes between two homeservers: how many a second, and what each part of them costs.
//!
//! Only the two servers' own steps count: bytes between them take no time, and messages to the
//! room's other servers are made and signed, but not delivered. What each part costs is printed if no
//! filter is given, or the filter `parts`: every part is what the model calls there, on the same
//! values; what remains of the steps is bookkeeping. A part by itself finds all it needs in the
//! processor's caches, so that what remains is rather too much than too little.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark: criterion names its functions, and it may stop"
)]
#![allow(clippy::disallowed_methods, reason = "this is about time")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, criterion_group};
use exeunt_auth::{ServerSignatures, check_state};
use exeunt_benches::{key, object, version};
use exeunt_event::json::{self, Object, Value};
use exeunt_event::signatures::{Keys, PublishedKey, hash_and_sign};
use exeunt_event::{Event, EventId, RoomId, ServerName, UserId, format};
use exeunt_homeserver::{
    Action, Draft, Handshake, Homeserver, Input, Network, Output, Request, Response, Settings,
    Template, authenticate, compose, sign_request,
};
use exeunt_room::{Context, Input as RoomInput, Outcome, Room, Standing, check, check_all};
use exeunt_version::LenientNumbers;
use serde_json::{Value as Json, json};

/// How many members the rooms have.
const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
const NOW: i64 = 1_800_000_000_000;
const ROOM: &str = "!room:one.example";
/// The servers that are in the room; the first is asked.
const RESIDENTS: [&str; 4] = ["one.example", "two.example", "three.example", "four.example"];
const ASKER: &str = "five.example";

fn name(server: &str) -> ServerName {
    ServerName::parse(server).unwrap()
}

fn user(number: usize) -> UserId {
    UserId::parse(&format!("@user-{number}:{}", RESIDENTS[number % RESIDENTS.len()])).unwrap()
}

/// The one who leaves or joins.
fn asking_user() -> UserId {
    UserId::parse(&format!("@romeo:{ASKER}")).unwrap()
}

fn room_id() -> RoomId {
    RoomId::parse(ROOM).unwrap()
}

/// Everybody's keys.
fn keys() -> Keys {
    let mut keys = Keys::new();
    for server in RESIDENTS.into_iter().chain([ASKER]) {
        let key = key(server);
        let published = PublishedKey {
            key: key.verifying_key(version().readings.ed25519).unwrap(),
            valid_until_ts: None,
            expired_ts: None,
        };
        keys.insert(server, key.key_id(), published);
    }
    keys
}

/// A public room, made event by event.
struct Maker {
    room: Room,
    keys: Keys,
    made: usize,
}

impl Maker {
    fn state(
        &mut self,
        (event_type, state_key): (&str, &str),
        sender: &UserId,
        content: impl Into<Json>,
        cited: &[&EventId],
    ) -> EventId {
        self.made += 1;
        let prev: Vec<_> = self.room.forward_extremities();
        let draft = json!({
            "auth_events": cited.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            "content": content.into(),
            "depth": self.made,
            "origin_server_ts": 1_700_000_000_000_usize + self.made,
            "prev_events": prev.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
            "room_id": ROOM,
            "sender": sender.as_str(),
            "state_key": state_key,
            "type": event_type,
        });
        let text = draft.to_string();
        let mut object = object(&text);
        hash_and_sign(&mut object, &key(sender.domain()), &version());
        let pdu = object.to_canonical(LenientNumbers::Value);
        let input = RoomInput::Pdu(pdu.into_bytes().into());
        let receipt = self.room.take(&input, Context { keys: Some(&self.keys) });
        assert_eq!(receipt.outcome, Outcome::Decided(Standing::Accepted));
        receipt.event_id.unwrap()
    }
}

fn room(members: usize) -> Room {
    let mut maker = Maker { room: Room::new(version()), keys: keys(), made: 0 };
    let creator = user(0);
    let join =
        |number: usize| json!({ "displayname": format!("User {number}"), "membership": "join" });
    let content = json!({ "room_version": "11" });
    let create = maker.state(("m.room.create", ""), &creator, content, &[]);
    let key = ("m.room.member", creator.as_str());
    let member = maker.state(key, &creator, join(0), &[&create]);
    let users: serde_json::Map<_, _> = (0..20)
        .map(|number| (user(number).to_string(), json!(if number == 0 { 100 } else { 50 })))
        .collect();
    let content = json!({ "users": users });
    let levels = maker.state(("m.room.power_levels", ""), &creator, content, &[&create, &member]);
    let cited = [&create, &levels, &member];
    let content = json!({ "join_rule": "public" });
    let rules = maker.state(("m.room.join_rules", ""), &creator, content, &cited);
    let content = json!({
        "allow": ["*"],
        "allow_ip_literals": false,
        "deny": ["*.evil.example", "evil.example", "worse.example"],
    });
    maker.state(("m.room.server_acl", ""), &creator, content, &cited);
    let content = json!({ "name": "The Bear and Bucket" });
    maker.state(("m.room.name", ""), &creator, content, &cited);
    for number in 1..members {
        let user = user(number);
        let key = ("m.room.member", user.as_str());
        maker.state(key, &user, join(number), &[&create, &levels, &rules]);
    }
    maker.room
}

/// The servers of a room of so many members, and the one that asks. One of its users is invited.
fn network(members: usize) -> Network {
    let room = room(members);
    let mut network = Network::new(NOW);
    for server in RESIDENTS.into_iter().chain([ASKER]) {
        let mut homeserver = Homeserver::new(key(server), Settings::default()).unwrap();
        if server != ASKER {
            homeserver.host(room.clone()).unwrap();
        }
        network.add(homeserver);
    }
    let invite = Action::Invite { room_id: room_id(), target: asking_user(), reason: None };
    let id = network.act(&user(0), invite).unwrap();
    network.settle(100);
    assert!(network.outcome(id).unwrap().is_ok());
    network
}

fn action(handshake: Handshake) -> Action {
    let room_id = room_id();
    match handshake {
        Handshake::Leave => Action::Leave { room_id, reason: None },
        Handshake::Join => Action::Join { room_id, via: vec![name(RESIDENTS[0])] },
        Handshake::Knock => panic!("knocks are not measured"),
    }
}

/// Two servers in a handshake.
#[derive(Clone)]
struct Pair {
    asker: Homeserver,
    resident: Homeserver,
}

impl Pair {
    fn new(network: &Network) -> Self {
        let server = |of| network.server(&name(of)).unwrap().clone();
        Self { asker: server(ASKER), resident: server(RESIDENTS[0]) }
    }

    /// A handshake until the user is told how it ended. `before` sees every step before it happens.
    fn walk(
        mut self,
        handshake: Handshake,
        mut before: impl FnMut(&Homeserver, &Input),
    ) -> (Self, Vec<Output>) {
        let mut sent = Vec::new();
        let mut input = Input::Client { id: 1, user: asking_user(), action: action(handshake) };
        let mut asks = true;
        loop {
            let server = if asks { &mut self.asker } else { &mut self.resident };
            before(server, &input);
            let (next, outputs) = server.step(NOW, input);
            *server = next;
            let mut goes_on = None;
            for output in outputs {
                match output {
                    Output::Client { outcome, .. } => {
                        outcome.unwrap();
                        return (self, sent);
                    }
                    Output::Answer { id, response } => {
                        goes_on = Some(Input::Answer { id, response: Some(response) });
                    }
                    Output::Request { id, request, .. } if asks => {
                        goes_on = Some(Input::Request { id, request });
                    }
                    other => sent.push(other),
                }
            }
            input = goes_on.unwrap();
            asks = !asks;
        }
    }
}

fn whole(criterion: &mut Criterion) {
    for members in SIZES {
        let pair = Pair::new(&network(members));
        for handshake in [Handshake::Leave, Handshake::Join] {
            let mut group = criterion.benchmark_group(format!("handshakes/{handshake:?}"));
            if handshake == Handshake::Join {
                group.sample_size(10);
            }
            group.bench_function(members.to_string(), |b| {
                b.iter_batched(
                    || pair.clone(),
                    |pair| pair.walk(handshake, |_, _| {}),
                    if handshake == Handshake::Leave {
                        BatchSize::SmallInput
                    } else {
                        BatchSize::PerIteration
                    },
                );
            });
            group.finish();
        }
    }
}

/// What takes longer is sure to be interrupted, and is timed by how long the process, which has one
/// thread, was on a processor. The kernel counts that in ticks, which is too coarse for the rest.
const LONG: Duration = Duration::from_millis(20);

fn on_processor() -> Duration {
    let schedstat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanoseconds = schedstat.split_whitespace().next().and_then(|it| it.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// Something to be timed again and again.
struct Row<'r> {
    name: String,
    times: Vec<Duration>,
    run: Box<dyn FnMut() -> Duration + 'r>,
}

impl<'r> Row<'r> {
    /// Neither the making of what it takes nor the dropping of what it gives is timed.
    fn new<S, T>(
        name: impl Into<String>,
        set_up: impl Fn() -> S + 'r,
        run: impl Fn(S) -> T + 'r,
    ) -> Self {
        let run = move || {
            let given = black_box(set_up());
            let before = on_processor();
            let start = Instant::now();
            let result = black_box(run(given));
            let elapsed = start.elapsed();
            let elapsed =
                if elapsed < LONG { elapsed } else { on_processor().saturating_sub(before) };
            drop(result);
            elapsed
        };
        Self { name: name.into(), times: Vec::new(), run: Box::new(run) }
    }

    /// Once, and what takes little time more often, so that what was run before it counts less.
    fn measure(&mut self) {
        let (mut spent, mut count) = (Duration::ZERO, 0);
        while spent < Duration::from_millis(1) || (count < 3 && spent < LONG) {
            let time = (self.run)();
            self.times.push(time);
            spent += time;
            count += 1;
        }
    }

    /// The time in the middle, in microseconds.
    fn micros(&mut self) -> f64 {
        self.times.sort_unstable();
        self.times[self.times.len() / 2].as_secs_f64() * 1e6
    }
}

/// One handshake that took place: each server before each step, and what happened to it.
struct Course {
    handshake: Handshake,
    steps: Vec<(Homeserver, Input)>,
    transactions: Vec<(ServerName, Request)>,
    keys: Keys,
}

impl Course {
    fn new(pair: &Pair, handshake: Handshake) -> Self {
        let mut steps = Vec::new();
        let walk = pair.clone().walk(handshake, |server, input| {
            steps.push((server.clone(), input.clone()));
        });
        let transactions = walk.1.into_iter().map(|output| match output {
            Output::Request { to, request, .. } => (to, request),
            other => panic!("{other:?}"),
        });
        Self { handshake, steps, transactions: transactions.collect(), keys: keys() }
    }

    fn request(&self, step: usize) -> &Request {
        match &self.steps[step].1 {
            Input::Request { request, .. } => request,
            other => panic!("{other:?}"),
        }
    }

    fn answer(&self, step: usize) -> &Response {
        match &self.steps[step].1 {
            Input::Answer { response, .. } => response.as_ref().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The room at the resident server, before the event.
    fn room(&self) -> &Room {
        self.steps[3].0.room(&room_id()).unwrap()
    }

    /// The event, as the asker signed it.
    fn event(&self) -> Event {
        Event::parse(self.request(3).body.as_deref().unwrap(), &version()).unwrap()
    }

    /// The steps as they are.
    fn whole(&self) -> Vec<Row<'_>> {
        let names = [
            "step 1, asker: a template is asked for",
            "step 2, resident: a template is given",
            "step 3, asker: the event is sent",
            "step 4, resident: the event is taken",
            "step 5, asker: the answer is taken",
        ];
        let steps = self.steps.iter().zip(names);
        let row = |((server, input), name): (&'_ (Homeserver, Input), &str)| {
            let (server, input) = (server.clone(), input.clone());
            Row::new(name, move || input.clone(), move |input| server.step(NOW, input))
        };
        steps.map(row).collect()
    }

    /// What is called in them.
    fn parts(&self) -> Vec<Row<'_>> {
        let mut rows = vec![
            self.requests_signed(),
            self.requests_checked(),
            self.template_composed(),
            self.template_checked(),
            self.event_signed(),
            self.event_checked(),
            self.event_taken(),
        ];
        if self.handshake == Handshake::Join {
            rows.extend([
                self.answer_built(),
                self.answer_parsed(),
                self.state_checked(),
                self.state_taken(),
            ]);
        }
        rows
    }

    fn requests_signed(&self) -> Row<'_> {
        let resident = name(RESIDENTS[0]);
        let mut requests = vec![
            (key(ASKER), self.request(1), resident.clone()),
            (key(ASKER), self.request(3), resident),
        ];
        for (to, request) in &self.transactions {
            requests.push((key(RESIDENTS[0]), request, to.clone()));
        }
        let features = Settings::default().specification.features();
        let bodies: Vec<_> = requests.iter().map(|(_, request, _)| body(request)).collect();
        let bodies = move || bodies.clone();
        Row::new("requests signed", bodies, move |bodies| {
            let requests = requests.iter().zip(&bodies);
            let sign = |((key, request, to), body): (&(_, &Request, _), &Option<Object<'_>>)| {
                sign_request(&request.method, &request.uri, to, body.as_ref(), key, features)
            };
            requests.map(sign).collect::<Vec<_>>()
        })
    }

    fn requests_checked(&self) -> Row<'_> {
        let resident = name(RESIDENTS[0]);
        let requests = [self.request(1), self.request(3)];
        Row::new(
            "requests checked",
            || (),
            move |()| {
                requests.map(|request| authenticate(request, &resident, &self.keys, NOW).unwrap())
            },
        )
    }

    fn template_composed(&self) -> Row<'_> {
        let (version, room) = (version(), self.room());
        let content = Object::from_iter([("membership", self.handshake.membership())]);
        let draft = Draft::member(&asking_user(), &asking_user(), content);
        Row::new(
            "template composed and allowed",
            || (),
            move |()| {
                let object = compose(room, &draft, NOW);
                let event = Event::from_object(&object, &version).unwrap();
                let state = room.view(room.current_state());
                assert!(
                    check_state(&version, &event, state, ServerSignatures::Satisfied).is_allowed()
                );
                object
            },
        )
    }

    fn template_checked(&self) -> Row<'_> {
        let template =
            Template { handshake: self.handshake, room_id: room_id(), user_id: asking_user() };
        let version = std::sync::Arc::new(version());
        let (content, body) = (Object::new(), &self.answer(2).body);
        Row::new(
            "template checked",
            || (),
            move |()| template.check(body, &content, |_| Some(version.clone()), NOW).unwrap(),
        )
    }

    fn event_signed(&self) -> Row<'_> {
        let (version, key) = (version(), key(ASKER));
        let mut bare = self.event().object().into_owned();
        bare.remove("hashes");
        bare.remove("signatures");
        Row::new(
            "event hashed and signed",
            move || bare.clone(),
            move |mut object| {
                hash_and_sign(&mut object, &key, &version);
                Event::from_object(&object, &version).unwrap()
            },
        )
    }

    fn event_checked(&self) -> Row<'_> {
        let (version, body) = (version(), self.request(3).body.as_deref().unwrap());
        Row::new(
            "event: form, hash, signature",
            || (),
            move |()| {
                let parsed = json::parse_any(body).unwrap();
                let event =
                    Event::from_object(parsed.value.as_object().unwrap(), &version).unwrap();
                format::check(&event, &version).unwrap();
                check(event.text().as_bytes(), &version, Context { keys: Some(&self.keys) })
                    .unwrap()
            },
        )
    }

    fn event_taken(&self) -> Row<'_> {
        let context = Context { keys: Some(&self.keys) };
        let text = self.event().shared_text();
        let input = RoomInput::Pdu(text.into());
        let checked = check(input.pdu(), &version(), context).unwrap();
        Row::new(
            "event: rules, graph, state",
            move || checked.clone(),
            move |checked| {
                let mut room = self.room().clone();
                let receipt = room.take_checked_input(Ok(checked), &input, context);
                assert_eq!(receipt.outcome, Outcome::Decided(Standing::Accepted));
                room
            },
        )
    }

    fn answer_built(&self) -> Row<'_> {
        let (room, event) = (self.room(), self.event());
        Row::new(
            "answer: gathered and written",
            || (),
            move |()| {
                let (state, graph) = (room.current_state().entries(), room.dag());
                let told: Vec<_> = state.iter().map(|(_, number)| number).collect();
                let cited = event.auth_events().iter().filter_map(|id| graph.known(id));
                let mut chain = graph.auth().ancestors(told.iter().copied().chain(cited.clone()));
                chain.extend(cited);
                chain.sort_unstable();
                chain.dedup();
                let mut body = String::new();
                for number in chain.into_iter().chain(told) {
                    body.push_str(graph.get(number).unwrap().event(room.version()).unwrap().text());
                    body.push(',');
                }
                body.into_bytes()
            },
        )
    }

    fn answer_parsed(&self) -> Row<'_> {
        let body = &self.answer(4).body;
        Row::new("answer: parsed", || (), move |()| json::parse_any(body).unwrap())
    }

    /// The events of the answer, each once.
    fn received(&self) -> Vec<String> {
        let answer = parsed(&self.answer(4).body);
        let mut events = Vec::new();
        for name in ["auth_chain", "state"] {
            let list = answer.get(name).and_then(Value::as_array).unwrap();
            events.extend(list.iter().map(|event| event.as_object().unwrap().as_received()));
        }
        let mut seen = std::collections::BTreeSet::new();
        events.retain(|event| seen.insert(event.clone()));
        events
    }

    fn state_checked(&self) -> Row<'_> {
        let (events, version) = (self.received(), version());
        Row::new(
            "answer's events: form, hash, signature",
            || (),
            move |()| {
                let bytes: Vec<_> = events.iter().map(String::as_bytes).collect();
                check_all(&bytes, &version, Context { keys: Some(&self.keys) })
            },
        )
    }

    fn state_taken(&self) -> Row<'_> {
        let context = Context { keys: Some(&self.keys) };
        let events = self.received();
        let bytes: Vec<_> = events.iter().map(String::as_bytes).collect();
        let checked = check_all(&bytes, &version(), context);
        let inputs: Vec<_> =
            events.into_iter().map(|text| RoomInput::Outlier(text.into_bytes().into())).collect();
        let at_resident = self.room();
        let state = at_resident.entries(at_resident.current_state()).map(|(_, _, id)| id.clone());
        let joined =
            RoomInput::Joined { pdu: self.event().shared_text().into(), state: state.collect() };
        Row::new(
            "answer's events: rules, graph, state",
            move || checked.clone(),
            move |checked| {
                let mut room = Room::new(version());
                for (checked, input) in checked.into_iter().zip(&inputs) {
                    room.take_checked_input(checked, input, context);
                }
                assert_eq!(
                    room.take(&joined, context).outcome,
                    Outcome::Decided(Standing::Accepted)
                );
                room
            },
        )
    }
}

fn parsed(body: &[u8]) -> Object<'_> {
    json::parse_any(body).unwrap().value.as_object().unwrap().clone()
}

fn body(request: &Request) -> Option<Object<'_>> {
    request.body.as_deref().map(parsed)
}

/// Another server of the room gets the event.
fn told<'n>(network: &'n Network, course: &'n Course) -> Row<'n> {
    let (to, request) = course.transactions.first().unwrap();
    let server = network.server(to).unwrap();
    let input = Input::Request { id: 1, request: request.clone() };
    Row::new(
        "beside: another server takes the event",
        move || input.clone(),
        |input| server.step(NOW, input),
    )
}

/// The resident server's answer to a join, without members.
fn omitted(course: &Course) -> Row<'_> {
    let (server, request) = (&course.steps[3].0, course.request(3));
    let uri = format!("{}?omit_members=true", request.uri);
    let body = body(request).unwrap();
    let features = server.features();
    let request = sign_request("PUT", &uri, server.name(), Some(&body), &key(ASKER), features);
    let input = Input::Request { id: 1, request };
    Row::new(
        "beside: step 4, with members omitted",
        move || input.clone(),
        |input| server.step(NOW, input),
    )
}

/// How long the rows of a table are run by turns.
const TIME: Duration = Duration::from_secs(6);

fn table(network: &Network, handshake: Handshake, members: usize) {
    let course = Course::new(&Pair::new(network), handshake);
    let (mut whole, mut parts) = (course.whole(), course.parts());
    let mut beside = vec![told(network, &course)];
    if handshake == Handshake::Join {
        beside.push(omitted(&course));
    }
    let start = Instant::now();
    while start.elapsed() < TIME {
        for row in whole.iter_mut().chain(&mut parts).chain(&mut beside) {
            row.measure();
        }
    }
    let sum: f64 = whole.iter_mut().map(Row::micros).sum();
    println!("\n{handshake:?}, {members} members");
    let print = |name: &str, micros: f64| {
        println!("  {name:42} {micros:10.1} µs {:6.1} %", 100.0 * micros / sum);
    };
    for row in &mut whole {
        let micros = row.micros();
        print(&row.name.clone(), micros);
    }
    print("the five steps", sum);
    println!();
    let mut rest = sum;
    for row in &mut parts {
        let micros = row.micros();
        rest -= micros;
        print(&row.name.clone(), micros);
    }
    print("bookkeeping", rest);
    println!();
    for row in &mut beside {
        let micros = row.micros();
        print(&row.name.clone(), micros);
    }
}

/// Whole handshakes in rooms of several sizes by turns, so that the ratios mean something on a machine
/// that is not quiet.
fn growth(networks: &[(usize, Network)], handshake: Handshake) {
    let row = |(members, network): &(usize, Network)| {
        let pair = Pair::new(network);
        let walk = move |pair: Pair| pair.walk(handshake, |_, _| {});
        Row::new(format!("{members} members"), move || pair.clone(), walk)
    };
    let mut rows: Vec<_> = networks.iter().map(row).collect();
    let start = Instant::now();
    while start.elapsed() < TIME {
        rows.iter_mut().for_each(Row::measure);
    }
    println!("\n{handshake:?}");
    let least = rows[0].micros();
    for row in &mut rows {
        let micros = row.micros();
        let (rate, ratio) = (1e6 / micros, micros / least);
        println!("  {:42} {micros:10.1} µs {rate:8.1} a second {ratio:8.2}", row.name);
    }
}

criterion_group! {
    name = benches;
    config = exeunt_benches::criterion();
    targets = whole
}

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let mut filters = arguments.iter().filter(|argument| !argument.starts_with('-'));
    let is_bench = arguments.iter().any(|argument| argument == "--bench");
    if is_bench && filters.next().is_none_or(|filter| filter == "parts") {
        let networks = SIZES.map(|members| (members, network(members)));
        for handshake in [Handshake::Leave, Handshake::Join] {
            growth(&networks, handshake);
            for (members, network) in [&networks[0], &networks[3]] {
                table(network, handshake, *members);
            }
        }
    }
}
