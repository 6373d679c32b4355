//! What other implementations are known to answer otherwise, and no rule's example shows:
//! the rows of `docs/DIVERGENCES.md`.

use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventId};
use exeunt_version::{Creator, EventIds, RoomIds, RoomVersion};
use serde_json::{Value as Json, json};

use crate::collection::{Collection, Question};
use crate::federation::FULL;
use crate::house::{ALICE, BOB, House};
use crate::pdus::{pdu, question};
use crate::rules::{authorise, bare};

pub(crate) fn collect(into: &mut Collection) {
    for version in RoomVersion::all() {
        unrecognised(into, &version);
        if !FULL.contains(&version.id()) {
            continue;
        }
        let house = House::with_bob(&version);
        levels(into, &house);
        no_users(into, &house);
        empty_join_rules(into, &version);
        rejected_topic(into, &house);
        if version.capabilities.event_ids != EventIds::Sent {
            superfluous_id(into, &house);
        }
        if version.capabilities.room_ids == RoomIds::CreateEvent {
            without_create_event(into, &house);
        }
    }
}

/// The question whether this may happen in the house.
fn ask(into: &mut Collection, name: &str, comment: &str, house: &House, event: Object<'static>) {
    let version = &house.version;
    let parse = |event: &Object<'static>| Event::from_object(event, version).unwrap();
    let pool: Vec<Event> = house.events().iter().map(parse).collect();
    let (_, event) = house.seal(event);
    let request = authorise(version, &parse(&event), &pool, &[], None);
    into.add(Question::new("by-hand", name, comment, request));
}

/// Alice has 100, where she is not above that, and Bob 50.
fn half(version: &RoomVersion) -> Json {
    match version.capabilities.creator {
        Creator::Privileged => json!({ "users": { BOB: 50 } }),
        Creator::Property | Creator::Sender => json!({ "users": { ALICE: 100, BOB: 50 } }),
    }
}

fn levels(into: &mut Collection, house: &House) {
    let mut house = house.clone();
    let kind = "m.room.power_levels";
    house.send(ALICE, kind, Some(""), &half(&house.version.clone()));
    let mut more = half(&house.version);
    more["users"][BOB] = json!(60);
    let comment = "Power levels with a state key, in which their sender has more than before.";
    let event = house.draft(BOB, kind, Some("x"), &more);
    ask(into, "levels aside", comment, &house, event);
    let comment = "Power levels that are no state.";
    let event = house.draft(BOB, kind, None, &half(&house.version));
    ask(into, "levels without a state key", comment, &house, event);
}

fn no_users(into: &mut Collection, house: &House) {
    for membership in ["invite", "ban", "leave"] {
        let content = json!({ "membership": membership });
        let event = house.draft(ALICE, "m.room.member", Some("bob"), &content);
        let comment = format!("A membership, {membership}, of what is no user.");
        ask(into, &format!("{membership} of no user"), &comment, house, event);
    }
}

fn empty_join_rules(into: &mut Collection, version: &RoomVersion) {
    for (name, content) in [("empty", json!({})), ("null", json!({ "join_rule": null }))] {
        let house = House::new(version, &content);
        let content = json!({ "membership": "join", "displayname": "Alice" });
        let event = house.draft(ALICE, "m.room.member", Some(ALICE), &content);
        let comment = "A joined user takes another name where no join rule is named.";
        ask(into, &format!("join rules {name}"), comment, &house, event);
    }
}

/// A room version that one implementation has for itself.
fn unrecognised(into: &mut Collection, version: &RoomVersion) {
    let mut content = json!({ "room_version": "org.matrix.hydra.11" });
    if version.capabilities.creator == Creator::Property {
        content["creator"] = json!(ALICE);
    }
    let fields = json!({ "type": "m.room.create", "state_key": "", "content": content });
    let event = Event::from_object(&pdu(version, &fields), version).unwrap();
    let request = authorise(version, &event, &[], &[], None);
    let comment = "A create event of a room version that the specification does not have.";
    into.add(Question::new("by-hand", "version of its own", comment, request));
}

fn superfluous_id(into: &mut Collection, house: &House) {
    let content = json!({ "msgtype": "m.text", "body": "Exit" });
    let mut event = house.draft(BOB, "m.room.message", None, &content);
    event.insert("event_id", "$event:b.example");
    ask(into, "superfluous ID", "An event that carries an ID, which is not its own.", house, event);
}

/// Two topics, of which the later one was rejected as it was received.
fn rejected_topic(into: &mut Collection, house: &House) {
    let mut house = house.clone();
    let levels = half(&house.version);
    house.send(ALICE, "m.room.power_levels", Some(""), &levels);
    let others = state(&house);
    let mut topic = |who: &str, topic: &str| {
        house.send(who, "m.room.topic", Some(""), &json!({ "topic": topic }))
    };
    let (winter, spring) = (topic(ALICE, "Winter"), topic(BOB, "Spring"));
    let sets = [&winter, &spring].map(|topic| [&others[..], &[topic.to_string()]].concat());
    let comment = "Two states with different topics, of which the later one was rejected.";
    resolve(into, ("rejected topic", comment), &house, &sets, &[spring]);
}

fn without_create_event(into: &mut Collection, house: &House) {
    let mut others = state(house);
    let create = house.room.room_id().unwrap().create_event().to_string();
    others.retain(|id| *id != create);
    let comment = "An empty state, and one without the create event, which no event cites.";
    let name = ("no create event", comment);
    resolve(into, name, house, &[Vec::new(), others], &[]);
}

fn state(house: &House) -> Vec<String> {
    let ids = house.room.event_ids(house.room.current_state());
    ids.into_iter().map(EventId::to_string).collect()
}

fn resolve(
    into: &mut Collection,
    (name, comment): (&str, &str),
    house: &House,
    sets: &[Vec<String>],
    rejected: &[EventId],
) {
    let version = &house.version;
    let parse = |event: &Object<'static>| Event::from_object(event, version).unwrap();
    let events = house.events().iter().map(|event| Value::from(bare(&parse(event))));
    let sets: Vec<Value<'static>> = sets.iter().map(|set| set.clone().into()).collect();
    let fields = [("state_sets", sets.into()), ("events", events.collect::<Vec<_>>().into())];
    let mut request = question("resolve", version, fields);
    if !rejected.is_empty() {
        request.insert("rejected", rejected.iter().map(EventId::to_string).collect::<Vec<_>>());
    }
    into.add(Question::new("by-hand", name, comment, request).filed("divergences"));
}
