//! Events that the rogue makes by hand: backdated, with other citations than they should have, with
//! a depth that is made up, and not the same for everybody.

use exeunt_auth::{Selection, State as _};
use exeunt_event::hashes;
use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventId, UserId};
use exeunt_homeserver::{Draft, Request, compose};
use exeunt_room::{Room, State};
use exeunt_version::{EventIds, LenientNumbers, RoomVersion};

use super::NetworkOp;
use super::game::Game;

impl Game {
    pub(super) fn send_by_hand(&mut self, op: NetworkOp) {
        let NetworkOp::Event { room, kind, back, cite, depth, to } = op else { return };
        let (Some(room_id), Some(rogue)) = (self.room_id(room), self.rogue.clone()) else { return };
        let last = self.servers.len() - 1;
        let Some(room) = self.room(&room_id, last).cloned() else { return };
        let Some(sender) = self.users.get(2 * last).cloned() else { return };
        let version = room.version().clone();
        let now = self.network().now();
        // Who equivocates sends one half of the servers another event.
        let kinds = if to % 4 == 3 { vec![kind, kind + 8] } else { vec![kind] };
        let events: Vec<Event> = kinds
            .into_iter()
            .filter_map(|kind| {
                let draft = self.draft(&sender, kind);
                let mut object = compose(&room, &draft, now);
                backdate(&mut object, &room, back);
                miscite(&mut object, &room, cite);
                lie_about_depth(&mut object, &version, depth);
                self.signed_by_rogue(&rogue, object, &version)
            })
            .collect();
        for (at, name) in self.servers.clone().into_iter().enumerate() {
            let Some(event) = events.get(at % events.len().max(1)) else { return };
            // The rogue itself has it, so that others can ask for it; or not.
            if to >> (2 + at % 8) & 1 == 1 {
                continue;
            }
            let pdus = Value::Array(vec![Value::Object(event.object().into_owned())]);
            let body = Object::from_iter([("pdus", pdus)]).to_canonical(LenientNumbers::Value);
            let request = Request {
                method: "PUT".to_owned(),
                uri: format!("/_matrix/federation/v1/send/{}", self.next()),
                authorization: Vec::new(),
                body: Some(body.into_bytes()),
            };
            let request = self.signed(&rogue, &name, request);
            self.send_at_once(rogue.clone(), name, request);
        }
    }

    /// What the rogue's user says.
    fn draft(&self, sender: &UserId, kind: u16) -> Draft {
        let at = usize::from(kind);
        let other = &self.users[at / 8 % self.users.len()];
        let text = |key: &'static str, value: String| Object::from_iter([(key, value)]);
        let member = |target: &UserId, membership: &str| {
            Draft::member(sender, target, text("membership", membership.to_owned()))
        };
        let draft = |event_type: &str, state_key: Option<&str>, content| Draft {
            event_type: event_type.to_owned(),
            state_key: state_key.map(ToOwned::to_owned),
            sender: sender.clone(),
            content,
        };
        match at % 8 {
            0 | 1 => draft("m.room.topic", Some(""), text("topic", kind.to_string())),
            2 => draft("m.room.message", None, text("body", kind.to_string())),
            3 => member(sender, "join"),
            4 => member(sender, "leave"),
            5 => member(other, if at % 16 < 8 { "invite" } else { "ban" }),
            6 => {
                let users = Object::from_iter([(sender.to_string(), 100)]);
                draft("m.room.power_levels", Some(""), Object::from_iter([("users", users)]))
            }
            _ => draft("m.room.join_rules", Some(""), text("join_rule", "public".to_owned())),
        }
    }
}

/// Puts the event after one of so many events ago, citing what was current then.
fn backdate(object: &mut Object<'static>, room: &Room, back: u16) {
    let dag = room.dag();
    let numbers: Vec<_> = dag.events().collect();
    // Half of the events are where they should be.
    let back = usize::from(back);
    if back.is_multiple_of(2) || numbers.is_empty() {
        return;
    }
    let number = numbers[numbers.len() - 1 - back / 2 % numbers.len()];
    let (Some(id), Some(state)) = (dag.id(number), dag.get(number).and_then(|it| it.state_after()))
    else {
        return;
    };
    let Some(event) = room.event(id) else { return };
    object.insert("prev_events", references([id], room));
    object.insert("depth", event.depth().saturating_add(1));
    cite_by(object, room, state);
}

/// Cites what the auth events selection names of a state.
fn cite_by(object: &mut Object<'static>, room: &Room, state: &State) {
    let mut provisional = object.clone();
    if room.version().capabilities.event_ids == EventIds::Sent {
        provisional.insert("event_id", "$not:signed");
    }
    let Ok(event) = Event::from_object(&provisional, room.version()) else { return };
    let view = room.view(state);
    let keys = Selection::new(&event, room.version()).keys();
    let entries = keys.into_iter().filter_map(|(kind, key)| view.entry(&kind, key));
    let ids: Vec<EventId> = entries.map(|entry| entry.event_id().clone()).collect();
    object.insert("auth_events", references(&ids, room));
}

/// Has a citation left out, or another event of the same type and state key cited.
fn miscite(object: &mut Object<'static>, room: &Room, cite: u16) {
    let Some(Value::Array(cited)) = object.get_mut("auth_events") else { return };
    let cite = usize::from(cite);
    let Some(at) = (cite / 4).checked_rem(cited.len()) else { return };
    match cite % 4 {
        0 => drop(cited.remove(at)),
        1 => {
            let Some(id) = cited[at].as_str().or_else(|| cited[at].as_array()?.first()?.as_str())
            else {
                return;
            };
            let dag = room.dag();
            let event = |id: &EventId| room.event(id);
            let ids: Vec<&EventId> = dag.events().filter_map(|number| dag.id(number)).collect();
            let Some(one) = ids.iter().find(|known| known.as_str() == id).and_then(|id| event(id))
            else {
                return;
            };
            let is_other = |id: &&&EventId| {
                event(id).is_some_and(|event| {
                    event.event_type() == one.event_type()
                        && event.state_key() == one.state_key()
                        && event.event_id() != one.event_id()
                })
            };
            if let Some(other) = ids.iter().find(is_other)
                && let Value::Array(mut others) = references([*other], room)
                && let Some(other) = others.pop()
            {
                cited[at] = other;
            }
        }
        _ => {}
    }
}

fn lie_about_depth(object: &mut Object<'static>, version: &RoomVersion, depth: u16) {
    let most = version.capabilities.maximum_depth;
    let claimed = match depth % 8 {
        0 => 0,
        1 => 1,
        2 => most,
        3 => most - 1,
        _ => return,
    };
    object.insert("depth", claimed);
}

/// References to events, in the form of the room version.
fn references<'e>(ids: impl IntoIterator<Item = &'e EventId>, room: &Room) -> Value<'static> {
    let version = room.version();
    let reference = |id: &EventId| {
        let name = Value::from(id.to_string());
        if version.capabilities.event_ids != EventIds::Sent {
            return name;
        }
        let mut hashes = Object::new();
        if let Some(event) = room.event(id) {
            let hash = hashes::reference_hash(&event.object(), version);
            hashes.insert("sha256", exeunt_event::base64::encode(hash));
        }
        Value::Array(vec![name, Value::Object(hashes)])
    };
    Value::Array(ids.into_iter().map(reference).collect())
}
