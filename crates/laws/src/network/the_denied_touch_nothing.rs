use exeunt_event::json::{Object, Value};
use exeunt_event::{Event, EventType, RoomId, ServerName};
use exeunt_homeserver::{Message, Network, Request, Response};
use exeunt_room::{Fingerprint, Room};
use exeunt_version::RoomVersion;

use super::reading::{at, is_success, origin, path, room};
use crate::{About, Answer, Expected, Law, NetworkHistory, NetworkStep, Tally};

pub(super) const LAW: Law = Law {
    id: "F9",
    name: "the-denied-touch-nothing",
    sentence: "A request of a server that the room's ACL denies is refused and leaves the room \
               untouched; events of its users that other servers send are not refused by the ACL.",
    source: "https://spec.matrix.org/v1.19/server-server-api/#server-access-control-lists-acls",
    expected: |_: &RoomVersion| Expected::Holds,
    about: About::Network(check),
};

fn check(history: &NetworkHistory) -> Tally {
    let mut tally = Tally::default();
    for (number, step) in history.steps.iter().enumerate() {
        let Some((message, request, answer)) = step.answered() else { continue };
        let (Some(path), Some(origin)) = (path(request), origin(request)) else { continue };
        let asked = Asked { step, number, message, request, answer, origin };
        match path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["v1", "send", _] => asked.transaction(&mut tally),
            ["v1" | "v2", _, room_id, ..] => {
                tally.count(asked.about(&RoomId::from_received(room_id)));
            }
            _ => {}
        }
    }
    tally
}

/// Whether the room's ACL denies a server; `None` if that is more than a matter of names and `*`.
fn denies(
    network: &Network,
    server: &ServerName,
    room_id: &RoomId,
    asking: &ServerName,
) -> Option<bool> {
    use exeunt_auth::State as _;
    let Some(room) = room(network, server, room_id) else { return Some(false) };
    let state = room.view(room.current_state());
    let Some(acl) = state.entry(&EventType::new("m.room.server_acl"), "") else {
        return Some(false);
    };
    let acl = acl.object();
    let content = acl.get("content").and_then(Value::as_object);
    let ignores_case =
        network.server(server).is_some_and(|server| server.features().acl_ignores_case);
    let is_asking = |glob: &&str| {
        **glob == *"*"
            || **glob == *asking.as_str()
            || ignores_case && glob.eq_ignore_ascii_case(asking.as_str())
    };
    let matches = |name: &str| {
        let list = content.and_then(|content| content.get(name)).and_then(Value::as_array);
        let globs: Vec<&str> = list.unwrap_or_default().iter().filter_map(Value::as_str).collect();
        let is_name = |glob: &&str| {
            **glob == *"*" || glob.chars().all(|c| c.is_ascii_alphanumeric())
        };
        globs.iter().all(is_name).then(|| globs.iter().any(is_asking))
    };
    Some(matches("deny")? || !matches("allow")?)
}

struct Asked<'s> {
    step: &'s NetworkStep,
    number: usize,
    message: &'s Message,
    request: &'s Request,
    answer: &'s Response,
    origin: ServerName,
}

impl Asked<'_> {
    fn is_denied(&self, network: &Network, room_id: &RoomId, asking: &ServerName) -> Option<bool> {
        denies(network, &self.message.to, room_id, asking)
    }

    fn fingerprint(&self, network: &Network, room_id: &RoomId) -> Option<Fingerprint> {
        room(network, &self.message.to, room_id).map(Room::fingerprint)
    }

    fn is_untouched(&self, room_id: &RoomId) -> bool {
        let of = |network| self.fingerprint(network, room_id);
        of(&self.step.before) == of(&self.step.after)
    }

    /// A request about one room.
    fn about(&self, room_id: &RoomId) -> Answer {
        if self.is_denied(&self.step.before, room_id, &self.origin) != Some(true) {
            return Answer::Silent;
        }
        let is_so = !is_success(self.answer) && self.is_untouched(room_id);
        let to = &self.message.to;
        at(self.number, is_so, || format!("{to} does what {} asks, whom the ACL denies", self.origin))
    }

    fn transaction(&self, tally: &mut Tally) {
        let (Some(body), Some(answer)) = (self.request.object(), self.answer.object()) else {
            return;
        };
        let Some(results) = answer.get("pdus").and_then(Value::as_object) else { return };
        let pdus = body.get("pdus").and_then(Value::as_array).unwrap_or_default();
        for pdu in pdus.iter().filter_map(Value::as_object) {
            tally.count(self.pdu(pdu, results).unwrap_or(Answer::Silent));
        }
    }

    fn pdu(&self, pdu: &Object<'_>, results: &Object<'_>) -> Option<Answer> {
        let (before, after) = (&self.step.before, &self.step.after);
        let to = &self.message.to;
        let room_id = RoomId::from_received(pdu.get("room_id")?.as_str()?);
        let room = room(before, to, &room_id)?;
        let event = Event::from_object(pdu, room.version()).ok()?;
        let result = results.get(event.event_id().as_str())?.as_object();
        let error = result.and_then(|result| result.get("error")).and_then(Value::as_str);
        // The ACL may change with another PDU of the same transaction.
        let is_denied = self.is_denied(before, &room_id, &self.origin)?;
        if is_denied != self.is_denied(after, &room_id, &self.origin)? {
            return None;
        }
        let id = event.event_id();
        if is_denied {
            // What is known is known, and a server that is not in the room asks nobody.
            let is_new = room.record(id).is_none();
            let counts = is_new && before.server(to)?.is_resident(&room_id);
            let is_so = self.is_untouched(&room_id) && (!counts || error.is_some());
            let sentence = || format!("{to} takes {id} from {}, whom the ACL denies", self.origin);
            return (counts || !is_so).then(|| at(self.number, is_so, sentence));
        }
        let sender = event.sender().server_name();
        if sender == self.origin || !self.is_denied(before, &room_id, &sender)? {
            return None;
        }
        let is_so = !error.is_some_and(|error| error.contains("ACL"));
        Some(at(self.number, is_so, || format!("{to} refuses {id} by the ACL of its sender's server")))
    }
}
