//! The definition at its edges, on which what is fast must agree.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use exeunt_dag::Number;
use exeunt_event::{Event, EventId, EventType};
use exeunt_forks::cyclic_versions;
use exeunt_resolve::{
    Account, AccountV1, AccountV2, Body, Fate, Keys, Names, Pool, Resolution, StateEvent, StateSet,
    definition, resolve,
};
use exeunt_version::RoomVersion;
use serde_json::{Value as Json, json};

const ALICE: &str = "@alice:a.example";

/// An event of room version 2, in which IDs are sent, so that events may cite later ones.
fn event(id: &str, kind: (&str, Option<&str>), at: i64, cited: &[&str], content: &Json) -> Event {
    let cited: Vec<_> = cited.iter().map(|id| json!([id, {}])).collect();
    let mut pdu = json!({
        "event_id": id, "room_id": "!room:a.example", "type": kind.0, "sender": ALICE,
        "content": content, "depth": at, "origin_server_ts": at, "prev_events": [["$create", {}]],
        "auth_events": cited, "hashes": { "sha256": "" }, "signatures": {},
    });
    if let Some(key) = kind.1 {
        pdu["state_key"] = json!(key);
    }
    Event::parse(pdu.to_string().as_bytes(), &version()).unwrap()
}

fn version() -> RoomVersion {
    RoomVersion::specified("2").unwrap()
}

fn state(id: &str, event_type: &str, at: i64, cited: &[&str]) -> Event {
    event(id, (event_type, Some("")), at, cited, &json!({}))
}

fn create() -> Event {
    event("$create", ("m.room.create", Some("")), 0, &[], &json!({ "creator": ALICE }))
}

fn join(cited: &[&str]) -> Event {
    event("$join", ("m.room.member", Some(ALICE)), 1, cited, &json!({ "membership": "join" }))
}

fn levels(id: &str, at: i64, cited: &[&str]) -> Event {
    let content = json!({ "users": { ALICE: 100 } });
    event(id, ("m.room.power_levels", Some("")), at, cited, &content)
}

fn topic(id: &str, at: i64, cited: &[&str]) -> Event {
    state(id, "m.room.topic", at, cited)
}

fn pool(events: &[Event]) -> Pool {
    Pool::new(events.iter().cloned(), |_| false)
}

fn number(pool: &Pool, id: &str) -> Number {
    pool.dag().known(&EventId::from_received(id)).unwrap()
}

fn numbers(pool: &Pool, ids: &[&str]) -> Vec<Number> {
    ids.iter().map(|id| number(pool, id)).collect()
}

fn set(pool: &Pool, ids: &[&str]) -> StateSet {
    let ids: Vec<_> = ids.iter().map(|id| EventId::from_received(id)).collect();
    pool.state(&ids).unwrap()
}

fn resolved<'a>(pool: &'a Pool, version: &'a RoomVersion, sets: &[StateSet]) -> Resolution<'a> {
    let resolution = definition::resolve(pool.events(version), sets);
    assert_eq!(resolution, resolve(pool.events(version), sets));
    resolution
}

fn v2<'r, 'a>(resolution: &'r Resolution<'a>) -> &'r AccountV2<'a> {
    match &resolution.account {
        Account::V2(account) => account,
        Account::V1(_) => panic!("state resolution v1"),
    }
}

#[test]
fn no_states_give_the_empty_state() {
    let pool = pool(&[create()]);
    for version in cyclic_versions() {
        let resolution = resolved(&pool, &version, &[]);
        assert!(resolution.state().is_empty() && resolution.contested().is_empty());
    }
}

#[test]
fn nothing_is_said_where_nothing_conflicts() {
    let pool = pool(&[create(), join(&["$create"]), levels("$levels", 2, &["$create", "$join"])]);
    let state = set(&pool, &["$create", "$join", "$levels"]);
    let [v1, v2, v2_1] = cyclic_versions();
    let nothing = AccountV2::default();
    for (version, account) in [
        (v1, Account::V1(AccountV1::default())),
        (v2, Account::V2(nothing.clone())),
        (v2_1, Account::V2(AccountV2 { subgraph: Some(Vec::new()), ..nothing })),
    ] {
        let resolution = resolved(&pool, &version, &[state.clone(), state.clone()]);
        assert_eq!(resolution.state(), state);
        assert_eq!(resolution.account, account);
        assert!(resolution.contested().is_empty());
    }
}

#[test]
fn what_only_auth_chains_have_is_contested_and_may_win() {
    let pool = pool(&[
        create(),
        join(&["$create"]),
        levels("$levels", 2, &["$create", "$join"]),
        topic("$topic", 3, &["$create", "$join", "$levels"]),
    ]);
    let sets = [set(&pool, &["$create", "$join"]), set(&pool, &["$create", "$join", "$topic"])];
    let version = version();
    let resolution = resolved(&pool, &version, &sets);
    let key = |event_type| pool.keys().get(&EventType::new(event_type), "").unwrap();
    let mut expected = vec![
        (key("m.room.power_levels"), Some(number(&pool, "$levels"))),
        (key("m.room.topic"), Some(number(&pool, "$topic"))),
    ];
    expected.sort_unstable();
    assert_eq!(resolution.contested(), expected);
    assert_eq!(resolution.unconflicted().collect::<StateSet>(), sets[0]);
    // It is conflicted, though no state has it.
    assert_eq!(v2(&resolution).conflicted, numbers(&pool, &["$topic"]));
    assert_eq!(v2(&resolution).auth_difference, numbers(&pool, &["$join", "$levels"]));
}

#[test]
fn power_events_on_a_cycle_and_what_stands_on_them_have_no_place() {
    let cited = |more: &'static str| ["$create", "$join", more];
    let pool = pool(&[
        create(),
        join(&["$create"]),
        levels("$one", 2, &cited("$two")),
        levels("$two", 3, &cited("$one")),
        levels("$above", 4, &cited("$two")),
        levels("$free", 5, &["$create", "$join"]),
        topic("$topic", 6, &cited("$above")),
    ]);
    let sets = [
        set(&pool, &["$create", "$join", "$above", "$topic"]),
        set(&pool, &["$create", "$join", "$free"]),
    ];
    let version = version();
    let resolution = resolved(&pool, &version, &sets);
    let account = v2(&resolution);
    let mut cyclic = numbers(&pool, &["$one", "$two", "$above"]);
    cyclic.sort_by_key(|event| pool.dag().auth().rank(*event));
    assert_eq!(account.cyclic, cyclic);
    let power_events: Vec<_> = account.power_events.iter().map(|step| step.event).collect();
    assert_eq!(power_events, numbers(&pool, &["$free"]));
    let stories = resolution.stories(pool.events(&version));
    assert_eq!(stories[0].winner.as_ref().map(|it| it.event), Some(number(&pool, "$free")));
    let fates: Vec<_> = cyclic.iter().map(|event| (*event, Fate::Cyclic)).collect();
    assert_eq!(stories[0].losers, fates);
    // They are not among the others either, and where they lead is off the mainline.
    let others: Vec<_> = account.others.iter().map(|it| (it.event, it.key.position)).collect();
    assert_eq!(others, [(number(&pool, "$topic"), None)]);
    assert_eq!(account.mainline, numbers(&pool, &["$free"]));
}

#[test]
fn a_mainline_ends_where_power_levels_come_again() {
    let cited = |more: &'static str| ["$create", "$join", more];
    let pool = pool(&[
        create(),
        join(&["$create"]),
        levels("$one", 2, &cited("$two")),
        levels("$two", 3, &cited("$one")),
        topic("$topic-1", 4, &cited("$one")),
        topic("$topic-2", 5, &cited("$two")),
    ]);
    let sets = [
        set(&pool, &["$create", "$join", "$one", "$topic-1"]),
        set(&pool, &["$create", "$join", "$one", "$topic-2"]),
    ];
    let version = version();
    let resolution = resolved(&pool, &version, &sets);
    let account = v2(&resolution);
    assert_eq!(account.mainline, numbers(&pool, &["$one", "$two"]));
    let others: Vec<_> = account.others.iter().map(|it| (it.event, it.key.position)).collect();
    let topics = numbers(&pool, &["$topic-2", "$topic-1"]);
    assert_eq!(others, [(topics[0], Some(1)), (topics[1], Some(0))]);
}

#[test]
fn missing_events_lead_nowhere_and_are_in_no_list() {
    let pool = pool(&[
        create(),
        join(&["$create"]),
        levels("$levels", 2, &["$create", "$join", "$missing"]),
        topic("$topic", 3, &["$create", "$join", "$missing-levels"]),
    ]);
    let mut first = set(&pool, &["$create", "$join", "$levels"]);
    let missing = pool.dag().number(&EventId::from_received("$missing")).unwrap();
    first.insert(pool.keys().get(&EventType::new("m.room.topic"), "").unwrap(), missing);
    let sets = [first, set(&pool, &["$create", "$join", "$topic"])];
    let version = version();
    let resolution = resolved(&pool, &version, &sets);
    let account = v2(&resolution);
    assert_eq!(account.conflicted, numbers(&pool, &["$levels", "$topic"]));
    assert_eq!(account.auth_difference, []);
    assert_eq!(account.others[0].key.position, None);
}

#[test]
fn a_message_is_walked_through_and_has_no_place() {
    let message = event("$message", ("m.room.message", None), 2, &["$rule"], &json!({}));
    let rule = event(
        "$rule",
        ("m.room.join_rules", Some("")),
        1,
        &["$create", "$join"],
        &json!({ "join_rule": "public" }),
    );
    let pool = pool(&[
        create(),
        join(&["$create"]),
        rule,
        message,
        levels("$levels", 3, &["$create", "$join", "$message"]),
    ]);
    let sets = [set(&pool, &["$create", "$join"]), set(&pool, &["$create", "$join", "$levels"])];
    let version = version();
    let resolution = resolved(&pool, &version, &sets);
    let account = v2(&resolution);
    let difference = numbers(&pool, &["$join", "$rule", "$message"]);
    assert_eq!(account.auth_difference, difference);
    let power_events: Vec<_> = account.power_events.iter().map(|step| step.event).collect();
    assert_eq!(power_events, numbers(&pool, &["$join", "$rule", "$levels"]));
    assert!(account.others.is_empty());
}

#[test]
fn the_first_auth_event_of_a_key_that_was_not_rejected_stands_in() {
    let leave = event(
        "$leave",
        ("m.room.member", Some(ALICE)),
        2,
        &["$create", "$join"],
        &json!({ "membership": "leave" }),
    );
    let outcome = |cited: &[&str], rejected: &str| {
        let events = [
            create(),
            join(&["$create"]),
            leave.clone(),
            state("$seen", "org.example.seen", 3, &["$create", "$join", "$leave"]),
            topic("$topic", 4, cited),
        ];
        let pool = Pool::new(events, |id| id.as_str() == rejected);
        // Both memberships are in both auth chains, and in no state.
        let sets = [set(&pool, &["$create", "$seen"]), set(&pool, &["$create", "$seen", "$topic"])];
        let version = version();
        let resolution = resolved(&pool, &version, &sets);
        assert_eq!(v2(&resolution).others.len(), 1);
        v2(&resolution).others[0].verdict.rule().name()
    };
    assert_eq!(outcome(&["$join", "$leave"], ""), "otherwise");
    assert_eq!(outcome(&["$leave", "$join"], ""), "sender-not-joined");
    assert_eq!(outcome(&["$leave", "$join"], "$leave"), "otherwise");
    assert_eq!(outcome(&["$join"], "$join"), "sender-not-joined");
}

#[test]
fn the_create_event_that_a_room_id_implies_stands_in() {
    let version = RoomVersion::specified("12").unwrap();
    let parse = |pdu: &Json| Event::parse(pdu.to_string().as_bytes(), &version).unwrap();
    let base = |event_type: &str, key: &str, at: i64| {
        json!({
            "type": event_type, "state_key": key, "sender": ALICE, "content": {}, "depth": at,
            "origin_server_ts": at, "prev_events": [], "auth_events": [],
            "hashes": { "sha256": "" }, "signatures": {},
        })
    };
    let create = parse(&base("m.room.create", "", 0));
    let mut join = base("m.room.member", ALICE, 1);
    join["content"] = json!({ "membership": "join" });
    join["room_id"] = json!(create.room_id().as_str());
    join["prev_events"] = json!([create.event_id().as_str()]);
    let join = parse(&join);
    let outcome = |is_rejected: bool| {
        let pool =
            Pool::new([create.clone(), join.clone()], |id| is_rejected && id == create.event_id());
        // No state is asked at first in v2.1, nor is the create event in the auth chain.
        let first = pool.state([create.event_id()]).unwrap();
        let second = pool.state([create.event_id(), join.event_id()]).unwrap();
        let resolution = resolved(&pool, &version, &[first, second]);
        v2(&resolution).others[0].verdict.rule().name()
    };
    assert_eq!(outcome(false), "join-creator");
    assert_eq!(outcome(true), "not-federated");
}

/// An event of version 12, whose room ID is that of a create event.
fn of_room(create: Option<&Event>, sender: &str, kind: (&str, &str), cited: &[&Event]) -> Event {
    let ids: Vec<_> = cited.iter().map(|event| event.event_id().as_str()).collect();
    let mut pdu = json!({
        "type": kind.0, "state_key": kind.1, "sender": sender, "content": { "membership": "join" },
        "depth": 0, "origin_server_ts": 0, "prev_events": [], "auth_events": ids,
        "hashes": { "sha256": "" }, "signatures": {},
    });
    if let Some(create) = create {
        pdu["room_id"] = json!(create.room_id().as_str());
    }
    Event::parse(pdu.to_string().as_bytes(), &RoomVersion::specified("12").unwrap()).unwrap()
}

/// No room has events of two; whoever is asked about such must not mix them up.
#[test]
fn every_event_has_the_create_event_of_its_own_room() {
    const BOB: &str = "@bob:b.example";
    let rooms = [ALICE, BOB].map(|user| of_room(None, user, ("m.room.create", ""), &[]));
    let topics = rooms.each_ref().map(|create| {
        let join = of_room(Some(create), ALICE, ("m.room.member", ALICE), &[]);
        let topic = of_room(Some(create), ALICE, ("m.room.power_levels", "x"), &[&join]);
        [join, topic]
    });
    let pool = pool(&[&rooms[..], topics.as_flattened()].concat());
    let version = RoomVersion::specified("12").unwrap();
    let sets = topics.each_ref().map(|topic| pool.state([topic[1].event_id()]).unwrap());
    let resolution = resolved(&pool, &version, &sets);
    let rules = |number| {
        let steps = &v2(&resolution).power_events;
        let step = steps.iter().find(|step| step.event == number).unwrap();
        step.verdict.rule().name()
    };
    let [of_alice, of_bob] =
        topics.each_ref().map(|topic| rules(pool.dag().known(topic[1].event_id()).unwrap()));
    assert_eq!([of_alice, of_bob], ["power-levels-first", "required-power-level"]);
}

/// An event with what it is known by, and nothing else.
#[derive(Clone)]
struct Bare(Event, Names);

impl Body for Bare {
    fn state_event(&self) -> Option<StateEvent<'_>> {
        Some(StateEvent::new(&self.0, self.1, false))
    }
}

#[test]
fn an_event_whose_time_is_not_kept_beside_it_says_it_itself() {
    let event = topic("$topic", 7, &[]);
    let names = Keys::new().of(&event).unwrap();
    assert_eq!(Bare(event, names).origin_server_ts(), 7);
}

#[test]
fn a_time_before_the_epoch_comes_before_all_after_it() {
    let cited = ["$create", "$join"];
    let pool = pool(&[
        create(),
        join(&["$create"]),
        topic("$late", 5, &cited),
        topic("$early", -5, &cited),
    ]);
    let sets = [set(&pool, &["$join", "$late"]), set(&pool, &["$join", "$early"])];
    let version = version();
    let resolution = resolved(&pool, &version, &sets);
    let times: Vec<_> =
        v2(&resolution).others.iter().map(|step| step.key.origin_server_ts).collect();
    assert_eq!(times, [-5, 5]);
}
