//! Law F7: a server signs no template that it did not check. Seen from outside: every event with a
//! server's signature that the server sends anywhere is one that its own user asked for, or one that
//! it is asked to sign as well: an invite of its user, or a join that its user authorises.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_event::json::{Object, Value, parse_any};
use exeunt_event::signatures::{Keys, PublishedKey, signed_by};
use exeunt_event::{Event, RoomId, ServerName, UserId};
use exeunt_homeserver::{Action, Body, Message};
use exeunt_version::RoomVersion;
use proptest::prelude::*;

use crate::plan::{EVERYTHING, Mix, Plan, plans, sample};
use crate::reading::{content, object, path, request};
use crate::world::{Happened, Law, ROGUE, Seen, key, run};

#[derive(Default)]
struct Signatures {
    asked: Vec<(UserId, Action)>,
    /// The templates that were asked for: server, membership, room and user.
    templates: BTreeSet<(ServerName, String, String, String)>,
    seen: BTreeSet<(ServerName, String)>,
    /// How many events of each kind there were.
    counts: BTreeMap<&'static str, usize>,
}

impl Law for Signatures {
    fn see(&mut self, seen: &Seen<'_>) {
        if let Happened::Act { user, action, .. } = seen.happened {
            self.asked.push((user.clone(), action.clone()));
        }
        for message in seen.sent() {
            self.compare_with_template(message);
            let body = match &message.body {
                Body::Request(request) => request.body.as_deref(),
                Body::Answer(answer) => answer.as_ref().map(|answer| answer.body.as_slice()),
            };
            let Some(Ok(parsed)) = body.map(parse_any) else { continue };
            // The rogue server's key is not its own alone.
            if message.from.as_str() != ROGUE {
                self.walk(&message.from, &parsed.value, seen);
            }
        }
    }
}

impl Signatures {
    /// What is submitted is what a template was asked for.
    fn compare_with_template(&mut self, message: &Message) {
        let Some(request) = request(message) else { return };
        let Some(path) = path(request) else { return };
        let [_, name, room_id, last] = &path[..] else { return };
        let of = |membership: &str, user: &str| {
            let (membership, user) = (membership.to_owned(), user.to_owned());
            (message.from.clone(), membership, room_id.clone(), user)
        };
        if let Some(membership) = name.strip_prefix("make_") {
            self.templates.insert(of(membership, last));
        }
        if let Some(membership) = name.strip_prefix("send_") {
            let event = object(request.body.as_deref().unwrap()).unwrap();
            let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
            let content = event.get("content").and_then(Value::as_object).unwrap();
            assert_eq!(content.get("membership").and_then(Value::as_str), Some(membership));
            assert_eq!(text("type"), "m.room.member");
            assert_eq!((text("room_id"), text("sender")), (room_id.as_str(), text("state_key")));
            let asked = of(membership, text("sender"));
            assert!(self.templates.contains(&asked), "{asked:?}");
        }
    }

    fn walk(&mut self, server: &ServerName, value: &Value<'_>, seen: &Seen<'_>) {
        match value {
            Value::Array(list) => list.iter().for_each(|value| self.walk(server, value, seen)),
            Value::Object(object) => {
                if has_signature(object, server) && object.get("sender").is_some() {
                    self.look_at(server, object, seen);
                }
                object.iter().for_each(|(_, value)| self.walk(server, value, seen));
            }
            _ => {}
        }
    }

    fn look_at(&mut self, server: &ServerName, object: &Object<'_>, seen: &Seen<'_>) {
        if !self.seen.insert((server.clone(), object.as_received())) {
            return;
        }
        let room_id = object.get("room_id").and_then(Value::as_str).map(RoomId::from_received);
        let known = room_id.and_then(|room_id| seen.rooms.get(&room_id).cloned());
        // Only create events are without a room ID, and only in the last version.
        let version = known.unwrap_or_else(|| RoomVersion::specified("12").unwrap());
        let Ok(event) = Event::from_object(object, &version) else { return };
        let mut keys = Keys::new();
        let own = key(server.as_str());
        let published = PublishedKey {
            key: own.verifying_key(exeunt_version::Ed25519::Rfc8032).unwrap(),
            valid_until_ts: None,
            expired_ts: None,
        };
        keys.insert(server.as_str(), own.key_id(), published);
        if !signed_by(&event, server, &keys, &version) {
            return;
        }
        let kind = if event.sender().server_name() == *server {
            self.own(&event, seen)
        } else {
            others(&event, server)
        };
        let kind = kind.unwrap_or_else(|| panic!("{server} signed {}", event.text()));
        *self.counts.entry(kind).or_default() += 1;
    }

    /// What the server's user did that became the event.
    fn own(&self, event: &Event, seen: &Seen<'_>) -> Option<&'static str> {
        let (room, sender) = (event.room_id(), event.sender());
        let membership = content(event, "membership");
        let is_member = |target: &UserId, expected: &str| {
            event.event_type().as_str() == "m.room.member"
                && event.state_key() == Some(target.as_str())
                && membership.as_deref() == Some(expected)
        };
        let is_it = |action: &Action| match action {
            Action::Create { .. } => {
                let kinds =
                    ["m.room.create", "m.room.power_levels", "m.room.join_rules", "m.room.member"];
                let is_kind = kinds.contains(&event.event_type().as_str());
                (is_kind && seen.rooms.contains_key(room) && event.depth() <= 4).then_some("create")
            }
            Action::Send { room_id, event_type, state_key, content } => (room_id == room
                && event_type == event.event_type().as_str()
                && state_key.as_deref() == event.state_key()
                && event.object().get("content").and_then(Value::as_object) == Some(content))
            .then_some("send"),
            Action::Invite { room_id, target, .. } => {
                (room_id == room && is_member(target, "invite")).then_some("invite")
            }
            Action::Join { room_id, .. } => {
                (room_id == room && is_member(sender, "join")).then_some("join")
            }
            Action::Knock { room_id, .. } => {
                (room_id == room && is_member(sender, "knock")).then_some("knock")
            }
            Action::Leave { room_id, .. } => {
                (room_id == room && is_member(sender, "leave")).then_some("leave")
            }
            Action::Kick { room_id, target, .. } | Action::Unban { room_id, target } => {
                (room_id == room && is_member(target, "leave")).then_some("kick")
            }
            Action::Ban { room_id, target, .. } => {
                (room_id == room && is_member(target, "ban")).then_some("ban")
            }
            Action::Forget { .. } | Action::BlockInvites(_) | Action::Backfill { .. } => None,
        };
        self.asked.iter().filter(|(user, _)| user == sender).find_map(|(_, action)| is_it(action))
    }
}

/// Why the server signs an event of another server's user.
fn others(event: &Event, server: &ServerName) -> Option<&'static str> {
    let is_local = |user: &str| UserId::parse(user).is_ok_and(|user| user.server_name() == *server);
    if event.event_type().as_str() != "m.room.member" {
        return None;
    }
    match content(event, "membership")?.as_str() {
        "invite" => is_local(event.state_key()?).then_some("countersigned invite"),
        "join" => is_local(&content(event, "join_authorised_via_users_server")?)
            .then_some("countersigned join"),
        _ => None,
    }
}

fn has_signature(object: &Object<'_>, server: &ServerName) -> bool {
    let signatures = object.get("signatures").and_then(Value::as_object);
    signatures.is_some_and(|signatures| signatures.get(server.as_str()).is_some())
}

fn holds(plan: &Plan) -> BTreeMap<&'static str, usize> {
    let mut law = Signatures::default();
    run(plan, &mut law);
    law.counts
}

const MIX: Mix = Mix { falsifies: 8, strangers: 5, ..EVERYTHING };

proptest! {
    #![proptest_config(exeunt_regressions::config!(cases = 24))]

    #[test]
    fn nothing_is_signed_that_was_not_asked_for(plan in plans(MIX)) {
        holds(&plan);
    }
}

#[test]
fn everything_that_can_be_signed_is() {
    let mut counts = BTreeMap::<_, usize>::new();
    for plan in sample(MIX, 48) {
        for (kind, count) in holds(&plan) {
            *counts.entry(kind).or_default() += count;
        }
    }
    eprintln!("{counts:?}");
    for kind in ["create", "send", "invite", "join", "knock", "leave", "countersigned invite"] {
        assert!(counts.get(kind).is_some_and(|count| *count >= 3), "{kind}: {counts:?}");
    }
}
