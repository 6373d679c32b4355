use std::collections::{BTreeMap, BTreeSet};

use exeunt_event::json::{Object, Value, parse_any};
use exeunt_event::signatures::{Keys, PublishedKey, signed_by};
use exeunt_event::{Event, RoomId, ServerName, UserId};
use exeunt_homeserver::{Action, Body, Message, Network};
use exeunt_version::RoomVersion;

use super::reading::{at, content, path, request};
use crate::{About, Answer, Expected, Happening, Law, NetworkHistory, Tally};

pub(super) const LAW: Law = Law {
    id: "F7",
    name: "nothing-is-signed-unchecked",
    sentence: "Every event with a server's signature that the server sends is one that its own user \
               asked for, an invite of its user, or a join that its user authorises; and what it \
               submits is the membership for which it asked for a template.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#joining-rooms",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Network(check),
};

fn check(history: &NetworkHistory) -> Tally {
    let mut tally = Tally::default();
    let mut known = Known {
        keys: published(&history.first),
        rogues: &history.rogues,
        rooms: history.rooms().into_iter().collect(),
        asked: Vec::new(),
        templates: BTreeSet::new(),
        seen: BTreeSet::new(),
    };
    for (number, step) in history.steps.iter().enumerate() {
        if let Happening::Acted { user, action, .. } = &step.what {
            known.asked.push((user, action));
        }
        for message in step.sent() {
            if let Some(is_so) = known.is_of_a_template(message) {
                let sentence = || format!("{} submits what it has no template for", message.from);
                tally.count(at(number, is_so, sentence));
            }
            let body = match &message.body {
                Body::Request(request) => request.body.as_deref(),
                Body::Answer(answer) => answer.as_ref().map(|answer| answer.body.as_slice()),
            };
            // The rogues' keys are not theirs alone.
            if let Some(Ok(parsed)) = body.map(parse_any)
                && !known.rogues.contains(&message.from)
            {
                known.walk(&message.from, &parsed.value, number, &mut tally);
            }
        }
    }
    tally
}

/// The servers' public keys.
fn published(network: &Network) -> Keys {
    let mut keys = Keys::new();
    for server in network.servers() {
        if let Some((key_id, key)) = server.published_key() {
            let key = PublishedKey { valid_until_ts: None, expired_ts: None, ..key.clone() };
            keys.insert(server.name().as_str(), key_id, key);
        }
    }
    keys
}

struct Known<'h> {
    keys: Keys,
    rogues: &'h BTreeSet<ServerName>,
    rooms: BTreeMap<RoomId, RoomVersion>,
    asked: Vec<(&'h UserId, &'h Action)>,
    /// The templates that were asked for: server, membership, room and user.
    templates: BTreeSet<[String; 4]>,
    /// What was looked at, with its server.
    seen: BTreeSet<(ServerName, String)>,
}

impl Known<'_> {
    /// Whether what is submitted is what a template was asked for; `None` if nothing is.
    fn is_of_a_template(&mut self, message: &Message) -> Option<bool> {
        let request = request(message)?;
        let path = path(request)?;
        let [_, name, room_id, last] = &path[..] else { return None };
        let of = |membership: &str, user: &str| {
            [message.from.as_str(), membership, room_id, user].map(ToOwned::to_owned)
        };
        if let Some(membership) = name.strip_prefix("make_") {
            self.templates.insert(of(membership, last));
            return None;
        }
        let membership = name.strip_prefix("send_")?;
        let event = request.object().unwrap_or_default();
        let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
        Some(
            content(&event, "membership") == Some(membership)
                && text("type") == "m.room.member"
                && text("room_id") == room_id
                && text("sender") == text("state_key")
                && self.templates.contains(&of(membership, text("sender"))),
        )
    }

    fn walk(&mut self, server: &ServerName, value: &Value<'_>, number: usize, tally: &mut Tally) {
        match value {
            Value::Array(list) => {
                for value in list {
                    self.walk(server, value, number, tally);
                }
            }
            Value::Object(object) => {
                if has_signature(object, server) && object.contains_key("sender") {
                    let answer = self.look_at(server, object, number);
                    tally.count(answer.unwrap_or(Answer::Silent));
                }
                for (_, value) in object.iter() {
                    self.walk(server, value, number, tally);
                }
            }
            _ => {}
        }
    }

    fn look_at(
        &mut self,
        server: &ServerName,
        object: &Object<'_>,
        number: usize,
    ) -> Option<Answer> {
        if !self.seen.insert((server.clone(), object.as_received())) {
            return None;
        }
        let event = match object.get("room_id").and_then(Value::as_str) {
            Some(room_id) => {
                let version = self.rooms.get(&RoomId::from_received(room_id))?;
                self.signed(object, server, version)?
            }
            // Where the room's ID follows from the create event, that has none.
            None => self.rooms.iter().find_map(|(room_id, version)| {
                self.signed(object, server, version).filter(|it| it.room_id() == room_id)
            })?,
        };
        let is_so = if event.sender().server_name() == *server {
            self.is_asked_for(&event)
        } else {
            is_countersigned(&event, server)
        };
        let sentence = || format!("{server} signed {}", event.text());
        Some(match at(number, is_so, sentence) {
            Answer::Broken(mut witness) => {
                witness.events.push(event.event_id().clone());
                Answer::Broken(witness)
            }
            answer => answer,
        })
    }

    /// The event, if it has the server's signature.
    fn signed(
        &self,
        object: &Object<'_>,
        server: &ServerName,
        version: &RoomVersion,
    ) -> Option<Event> {
        let event = Event::from_object(object, version).ok()?;
        signed_by(&event, server, &self.keys, version).then_some(event)
    }

    /// Whether the server's user did what became the event.
    fn is_asked_for(&self, event: &Event) -> bool {
        let mut asked = self.asked.iter().filter(|(user, _)| *user == event.sender());
        asked.any(|(_, action)| self.becomes(action, event))
    }

    fn becomes(&self, action: &Action, event: &Event) -> bool {
        let object = event.object();
        let (room, sender, event_type) =
            (event.room_id(), event.sender(), event.event_type().as_str());
        let is_member = |target: &UserId, expected: &str| {
            event_type == "m.room.member"
                && event.state_key() == Some(target.as_str())
                && content(&object, "membership") == Some(expected)
        };
        match action {
            Action::Create { .. } => {
                let kinds =
                    ["m.room.create", "m.room.power_levels", "m.room.join_rules", "m.room.member"];
                kinds.contains(&event_type) && self.rooms.contains_key(room) && event.depth() <= 4
            }
            Action::Send { room_id, event_type: sent, state_key, content } => {
                room_id == room
                    && sent == event_type
                    && state_key.as_deref() == event.state_key()
                    && object.get("content").and_then(Value::as_object) == Some(content)
            }
            Action::Invite { room_id, target, .. } => {
                room_id == room && is_member(target, "invite")
            }
            Action::Join { room_id, .. } => room_id == room && is_member(sender, "join"),
            Action::Knock { room_id, .. } => room_id == room && is_member(sender, "knock"),
            Action::Leave { room_id, .. } => room_id == room && is_member(sender, "leave"),
            Action::Kick { room_id, target, .. } | Action::Unban { room_id, target } => {
                room_id == room && is_member(target, "leave")
            }
            Action::Ban { room_id, target, .. } => room_id == room && is_member(target, "ban"),
            Action::Forget { .. } | Action::BlockInvites(_) | Action::Backfill { .. } => false,
        }
    }
}

/// Whether the server has a reason to sign an event of another server's user.
fn is_countersigned(event: &Event, server: &ServerName) -> bool {
    let is_local = |user: &str| UserId::parse(user).is_ok_and(|user| user.server_name() == *server);
    let object = event.object();
    event.event_type().as_str() == "m.room.member"
        && match content(&object, "membership") {
            Some("invite") => event.state_key().is_some_and(is_local),
            Some("join") => {
                content(&object, "join_authorised_via_users_server").is_some_and(is_local)
            }
            _ => false,
        }
}

fn has_signature(object: &Object<'_>, server: &ServerName) -> bool {
    let signatures = object.get("signatures").and_then(Value::as_object);
    signatures.is_some_and(|signatures| signatures.contains_key(server.as_str()))
}
