//! Law F9: a request that the ACL denies leaves the room untouched; events of a denied server that
//! others relay still pass.

use exeunt_event::json::Value;
use exeunt_event::{Event, RoomId, ServerName, UserId};
use exeunt_homeserver::{Action, Network};
use proptest::prelude::*;
use serde_json::json;

use crate::plan::{EVERYTHING, Manner, Mix, Plan, plans, sample};
use crate::reading::{entry, is_success, object, origin, path, room};
use crate::world::{Happened, Law, Seen, World, content, run};

#[derive(Default)]
struct Acl {
    /// Requests and PDUs of denied servers.
    denied: usize,
    /// Events of denied servers that others sent, and that were taken.
    relayed: usize,
}

/// Whether the room's ACL denies a server, for the ACLs that plans have: names and `*`.
fn denies(network: &Network, at: &ServerName, room_id: &RoomId, server: &ServerName) -> bool {
    let acl = room(network, at, room_id).and_then(|room| entry(room, "m.room.server_acl", ""));
    let Some(acl) = acl else { return false };
    let object = acl.object();
    let content = object.get("content").and_then(Value::as_object);
    let lists = |name: &str| {
        let list = content.and_then(|content| content.get(name)).and_then(Value::as_array);
        let list = list.unwrap_or_default();
        list.iter().any(
            |glob| matches!(glob.as_str(), Some(glob) if glob == "*" || glob == server.as_str()),
        )
    };
    lists("deny") || !lists("allow")
}

impl Law for Acl {
    fn see(&mut self, seen: &Seen<'_>) {
        self.relayed += relayed(seen);
        let Some((message, request, answer)) = seen.answered() else { return };
        let (Some(path), Some(origin)) = (path(request), origin(request)) else { return };
        let at = &message.to;
        let fingerprint = |network: &Network, room_id: &RoomId| {
            room(network, at, room_id).map(exeunt_room::Room::fingerprint)
        };
        match path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["v1", "send", _] => {
                let body = request.body.as_deref().and_then(object);
                let answer = object(&answer.body).unwrap();
                let Some(results) = answer.get("pdus").and_then(Value::as_object) else { return };
                let pdus = body.as_ref().and_then(|body| body.get("pdus")?.as_array());
                for pdu in pdus.unwrap_or_default() {
                    let Some(pdu) = pdu.as_object() else { continue };
                    let room_id = pdu.get("room_id").and_then(Value::as_str);
                    let Some(room_id) = room_id.map(RoomId::from_received) else { continue };
                    let Some(room) = room(seen.before, at, &room_id) else { continue };
                    let Ok(event) = Event::from_object(pdu, room.version()) else { continue };
                    let Some(result) = results.get(event.event_id().as_str()) else { continue };
                    let error = result.as_object().and_then(|result| result.get("error"));
                    // The ACL may change with another PDU of the same transaction.
                    let is_steady = seen.before.server(at).is_some()
                        && denies(seen.before, at, &room_id, &origin)
                            == denies(seen.after, at, &room_id, &origin);
                    if !is_steady {
                        continue;
                    }
                    let is_new = room.record(event.event_id()).is_none();
                    if denies(seen.before, at, &room_id, &origin) {
                        if is_new && seen.before.server(at).unwrap().is_resident(&room_id) {
                            self.denied += 1;
                            assert!(error.is_some(), "{event:?}");
                        }
                        let before = fingerprint(seen.before, &room_id);
                        assert_eq!(fingerprint(seen.after, &room_id), before);
                    } else if denies(seen.before, at, &room_id, &event.sender().server_name()) {
                        let error = error.and_then(Value::as_str).unwrap_or_default();
                        assert!(!error.contains("ACL"), "{error}");
                    }
                }
            }
            ["v1" | "v2", _, room_id, ..] => {
                let room_id = RoomId::from_received(room_id);
                if denies(seen.before, at, &room_id, &origin) {
                    assert!(!is_success(answer), "{} {}", request.uri, answer.status);
                    assert_eq!(
                        fingerprint(seen.after, &room_id),
                        fingerprint(seen.before, &room_id)
                    );
                    self.denied += 1;
                }
            }
            _ => {}
        }
    }
}

/// How many events of users of denied servers came into rooms because others gave them.
fn relayed(seen: &Seen<'_>) -> usize {
    let Happened::Delivered(message) = seen.happened else { return 0 };
    let mut count = 0;
    for room_id in seen.rooms.keys() {
        let at = &message.to;
        let rooms = (room(seen.before, at, room_id), room(seen.after, at, room_id));
        let (Some(before), Some(after)) = rooms else { continue };
        if before.fingerprint() == after.fingerprint() {
            continue;
        }
        for number in after.dag().events() {
            let id = after.dag().id(number).unwrap();
            let sender = after.event(id).unwrap().sender().server_name();
            let is_new = before.record(id).is_none();
            if is_new && sender != message.from && denies(seen.before, at, room_id, &sender) {
                count += 1;
            }
        }
    }
    count
}

fn holds(plan: &Plan) -> (usize, usize) {
    let mut law = Acl::default();
    run(plan, &mut law);
    (law.denied, law.relayed)
}

const MIX: Mix = Mix { acls: 8, strangers: 5, ..EVERYTHING };

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 24))]

    #[test]
    fn who_is_denied_touches_nothing_and_what_is_relayed_passes(plan in plans(MIX)) {
        holds(&plan);
    }
}

#[test]
fn many_are_denied_and_many_are_relayed() {
    let counts: Vec<_> = sample(MIX, 64).iter().map(holds).collect();
    let denied: usize = counts.iter().map(|(denied, _)| denied).sum();
    let relayed: usize = counts.iter().map(|(_, relayed)| relayed).sum();
    eprintln!("{denied} denied, {relayed} relayed");
    assert!(denied >= 20 && relayed >= 3, "{denied} denied, {relayed} relayed");
}

/// The first server denies the third, whose message reaches the second before the ACL does; the
/// second then says something that refers to it.
#[test]
fn an_event_of_a_denied_server_that_another_relays_passes() {
    for version in 1..=12 {
        let manner =
            Manner { specification: 19, forgets: false, strict: false, invalid_signature: false };
        let plan =
            Plan { servers: 3, version, rule: 0, manners: vec![manner; 5], steps: Vec::new() };
        let mut law = Acl::default();
        let mut world = World::new(&plan, &mut law);
        let room_id = world.rooms.keys().next().unwrap().clone();
        let users = ["@a:hs1", "@a:hs2", "@a:hs3"].map(|user| UserId::parse(user).unwrap());
        let [first, second, third] = &users;
        for user in [second, third] {
            let via = vec![first.server_name()];
            world.act_as(user, Action::Join { room_id: room_id.clone(), via }, &mut law);
            world.finish(&mut law);
        }
        let send = |event_type: &str, state_key: Option<&str>, value| Action::Send {
            room_id: room_id.clone(),
            event_type: event_type.to_owned(),
            state_key: state_key.map(ToOwned::to_owned),
            content: content(&value),
        };
        let deny = json!({"allow": ["*"], "deny": ["hs3"]});
        world.act_as(first, send("m.room.server_acl", Some(""), deny), &mut law);
        let from_first = world.network.in_flight().len();
        world.act_as(third, send("m.room.message", None, json!({"body": "?"})), &mut law);
        // The third's message arrives at once, and what the first sent does not.
        while world.network.in_flight().len() > from_first {
            world.deliver(u8::try_from(from_first).unwrap(), &mut law);
        }
        assert!(law.denied > 0, "version {version}");
        assert_eq!(
            [messages(&world, first), messages(&world, second)],
            [0, 1],
            "version {version}"
        );
        world.act_as(second, send("m.room.message", None, json!({"body": "!"})), &mut law);
        world.finish(&mut law);
        assert_eq!(
            [messages(&world, first), messages(&world, second)],
            [2, 2],
            "version {version}"
        );
        assert!(law.relayed > 0, "version {version}");
    }
}

/// How many messages a user's server has in its only room.
fn messages(world: &World, user: &UserId) -> usize {
    let room = room(&world.network, &user.server_name(), world.rooms.keys().next().unwrap());
    let room = room.unwrap();
    let events = room.dag().events().filter_map(|at| room.event(room.dag().id(at)?));
    events.filter(|event| event.event_type().as_str() == "m.room.message").count()
}
